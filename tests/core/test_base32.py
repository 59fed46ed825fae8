"""Base32 against the standard library, and what people mistype."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokencore import base32
from tokencore.errors import BadValue


@given(st.binary(max_size=200))
def test_is_that_of_the_standard_library(data: bytes) -> None:
    text = base64.b32encode(data).decode()
    assert base32.encode(data) == text.rstrip("=")
    for form in (text, text.rstrip("="), text.lower(), " ".join(text), text.rstrip("=") + "\n"):
        assert base32.decode(form) == data


@given(st.text(max_size=40))
def test_whatever_is_accepted_the_standard_library_reads_alike(text: str) -> None:
    try:
        data = base32.decode(text)
    except BadValue:
        return
    stripped = "".join(text.split()).rstrip("=").upper()
    assert base64.b32decode(stripped + "=" * (-len(stripped) % 8)) == data


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ABC1", "character 4 is not base32"),
        ("AB CD-EF", "character 6 is not base32"),
        ("\u017fAAAAAAA", "character 1 is not base32"),  # its upper case is S
        ("\uff21AAAAAAA", "character 1 is not base32"),  # full width
        ("AA=A", "character 4 follows the padding"),
        ("A", "1 base32 characters are not whole bytes"),
        ("ABC", "3 base32 characters"),
        ("ABCDEF", "6 base32 characters"),
        ("AA=", "need 6 '=' of padding or none"),
        ("AAAAAAAA=", "need 0 '=' of padding"),
    ],
)
def test_a_slip_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(BadValue) as caught:
        base32.decode(text)
    assert words in str(caught.value)
    assert caught.value.field == "secret"
    assert len(text) < 4 or text not in str(caught.value)
