"""A whole enrolment leaves no seed, PIN or code on the line, and neither seed nor PIN at the desk."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from provisioner.primitives import HostPrimitives
from tests.desk import tap

SECRET = b"12345678901234567890"


def test_nothing_of_an_enrolment_is_heard(tmp_path: Path) -> None:
    heard = tap.enrolment(tmp_path)
    assert (len(heard.seeds), len(heard.pins), len(heard.codes)) == (2, 2, 1)
    assert len(heard.line) > 4000
    assert set(heard.found().values()) == {0}


def test_all_of_it_is_heard_where_nothing_is_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same enrolment with a cipher that hides nothing: this is how the tap would tell."""
    monkeypatch.setattr(HostPrimitives, "seal", lambda self, key, nonce, ad, plaintext: plaintext + bytes(16))
    monkeypatch.setattr(HostPrimitives, "open", lambda self, key, nonce, ad, sealed: sealed[:-16])
    found = tap.enrolment(tmp_path).found()
    assert found["seeds on the line"] >= 1
    assert found["PINs on the line"] >= 2
    assert found["codes on the line"] >= 1
    assert found["seeds at the desk"] == found["PINs at the desk"] == 0


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        SECRET[::-1],
        SECRET.hex().encode(),
        SECRET.hex().upper().encode(),
        " ".join(SECRET.hex()[at : at + 4] for at in range(0, 40, 4)).encode(),
        *[base64.b32encode(b"_" * shift + SECRET + b"_" * 7) for shift in range(5)],
        *[base64.b32encode(b"_" * shift + SECRET + b"_" * 7).lower() for shift in range(5)],
        *[base64.b64encode(b"_" * shift + SECRET + b"_" * 7) for shift in range(3)],
        *[base64.urlsafe_b64encode(b"\xff" * shift + SECRET + b"\xff" * 7) for shift in range(3)],
    ],
)
def test_a_secret_is_found_in_every_writing(written: bytes) -> None:
    assert tap.occurrences(SECRET, b"before " + written + b" after") >= 1
    assert tap.occurrences(SECRET[:9] + b"?" + SECRET[10:], b"before " + written + b" after") == 0
