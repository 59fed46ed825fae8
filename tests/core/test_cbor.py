"""CBOR against cbor2, and strictness: one value has one form."""

from __future__ import annotations

import io

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokencore import cbor
from tokencore.errors import BadMessage

texts = st.text(max_size=30)
scalars = (
    st.integers(-(2**64), 2**64 - 1)
    | st.sampled_from([0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, -24, -25])
    | st.booleans()
    | st.binary(max_size=40)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 2**64 - 1), inner, max_size=4),
    max_leaves=12,
).filter(lambda value: depth(value) <= cbor.MAX_DEPTH)


def depth(value: object) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(values)
def test_is_the_deterministic_form_of_cbor2(value: object) -> None:
    data = cbor.encode(value)
    assert data == cbor2.dumps(value, canonical=True)
    assert cbor.decode(data) == cbor2.loads(data) == value


@pytest.mark.parametrize("size", [19, 20, 21, 22, 23, 24, 255, 256])
def test_a_count_is_no_simple_value(size: int) -> None:
    for value in ([7] * size, {key: 7 for key in range(size)}, "x" * size, b"x" * size):
        assert cbor.encode(value) == cbor2.dumps(value, canonical=True)
        assert cbor.decode(cbor.encode(value)) == value


@pytest.mark.parametrize("point", [0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF])
def test_characters_about_the_edges_of_utf_8(point: int) -> None:
    for text in (chr(point), "é" + chr(point) * 3):
        assert cbor.decode(cbor2.dumps(text, canonical=True)) == text


@given(st.binary(max_size=64))
def test_only_its_own_form_is_read(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except BadMessage:
        return
    assert cbor.encode(value) == data


@given(values, st.data())
def test_a_cut_or_longer_message_is_refused(value: object, data: st.DataObject) -> None:
    whole = cbor.encode(value)
    cut = data.draw(st.integers(0, len(whole) - 1))
    for damaged in (whole[:cut], whole + b"\0"):
        with pytest.raises(BadMessage):
            cbor.decode(damaged)


@pytest.mark.parametrize(
    ("hexed", "words"),
    [
        ("1817", "shortest"),
        ("190018", "shortest"),
        ("1b00000000ffffffff", "shortest"),
        *((head + "ff" * 16, "outside the subset") for head in ("1c", "1d", "1e", "3c", "5c", "fc")),
        ("f814", "outside the subset"),
        ("d4", "outside the subset"),
        ("1affffff", "ends early"),
        ("9fff", "outside the subset"),
        ("5f41aaff", "outside the subset"),
        ("f6", "outside the subset"),
        ("f93c00", "outside the subset"),
        ("fb3ff0000000000000", "outside the subset"),
        ("c11a514b67b0", "outside the subset"),
        ("a2020101 02", "ascending"),
        ("a201020103", "ascending"),
        ("a1616101", "ascending"),
        ("61ff", "UTF-8"),
        ("62c0af", "UTF-8"),
        ("9b7fffffffffffffff", "ends early"),
        ("bb7fffffffffffffff", "ends early"),
        ("5b7fffffffffffffff", "ends early"),
        ("81818181818181818100", "nested too deep"),
        ("", "ends early"),
    ],
)
def test_what_is_outside_the_subset_is_named(hexed: str, words: str) -> None:
    with pytest.raises(BadMessage, match=words):
        cbor.decode(bytes.fromhex(hexed))


def test_six_levels_are_read() -> None:
    assert cbor.decode(bytes.fromhex("81a10081a1008181" + "00")) == [{0: [{0: [[0]]}]}]
    for deeper in ("81a10081a100818181" + "00", "81a10081a10081" + "81a0"):
        with pytest.raises(BadMessage, match="nested too deep"):
            cbor.decode(bytes.fromhex(deeper))


@pytest.mark.parametrize(
    "value", [None, 1.5, object(), 1 << 64, -(1 << 64) - 1, {"a": 1}, {-1: 1}, {1 << 64: 1}]
)
def test_what_cannot_be_written_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError):
        cbor.encode(value)


def test_cbor2_reads_what_a_session_sends() -> None:
    from tokencore import messages

    request = messages.encode_request(7, messages.COMMANDS["list"], {"start": 300})
    assert cbor2.load(io.BytesIO(request)) == [7, 3, {1: 300}]
