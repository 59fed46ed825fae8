"""Frames against the COBS library and zlib, and their law: noise costs what it hits, and no more."""

from __future__ import annotations

import itertools
import random
import tracemalloc
import zlib

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st
from tokencore import frame

payloads = st.binary(max_size=frame.MAX_PAYLOAD) | st.integers(0, frame.MAX_PAYLOAD).map(
    lambda size: b"\x01" * size
)


RUNS = [b"\x01" * size + b"\0" for size in (252, 253, 254, 255, 508)]


def by_others(payload: bytes) -> bytes:
    return b"\0" + cobs.encode(payload + zlib.crc32(payload).to_bytes(4, "little")) + b"\0"


@given(payloads)
def test_a_frame_is_what_others_make_of_it(payload: bytes) -> None:
    assert frame.encode(payload) == by_others(payload)


@pytest.mark.parametrize("size", [0, 1, 249, 250, 251, 253, 254, 255, 504, 508, 509, 1019, 1023, 1024])
@pytest.mark.parametrize("filling", [b"\0", b"\x01", b"\xff", b"\0\x01", *RUNS])
def test_sizes_about_the_blocks(size: int, filling: bytes) -> None:
    payload = (filling * size)[:size]
    assert frame.encode(payload) == by_others(payload)
    assert frame.Decoder().feed(frame.encode(payload)) == [payload]


@given(st.lists(payloads, max_size=4), st.lists(st.integers(0, 5000), max_size=8))
def test_any_split_of_the_stream_gives_the_same(sent: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(map(frame.encode, sent))
    decoder = frame.Decoder()
    got: list[bytes] = []
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for start, end in itertools.pairwise(edges):
        got += decoder.feed(stream[start:end])
    assert got == sent
    assert decoder.dropped == 0


@given(st.binary(max_size=3000), payloads)
def test_noise_before_a_frame_never_costs_it(noise: bytes, payload: bytes) -> None:
    decoder = frame.Decoder()
    got = decoder.feed(noise)
    assert decoder.feed(frame.encode(payload)) == [payload]
    assert got == [] or frame.encode(got[0]) in b"\0" + noise


@given(payloads, st.data())
def test_a_damaged_frame_is_dropped_and_the_next_one_is_whole(payload: bytes, data: st.DataObject) -> None:
    sent = bytearray(frame.encode(payload))
    place = data.draw(st.integers(1, len(sent) - 2))
    sent[place] ^= data.draw(st.integers(1, 255))
    decoder = frame.Decoder()
    assert payload not in decoder.feed(bytes(sent))
    assert decoder.feed(frame.encode(b"next")) == [b"next"]
    assert decoder.dropped >= 1


def test_an_overlong_frame_is_read_to_its_end_without_being_kept() -> None:
    decoder = frame.Decoder()
    assert decoder.feed(b"\0" + b"\x01" * 2000) == []
    tracemalloc.start()
    for _ in range(1000):
        assert decoder.feed(b"\x01" * 1000) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000
    assert decoder.feed(frame.encode(b"next")) == [b"next"]
    assert decoder.dropped == 1


def test_the_end_of_an_overlong_frame_is_no_frame_of_its_own() -> None:
    decoder = frame.Decoder()
    decoder.feed(b"\0" + b"\x01" * 1030)
    assert decoder.feed(frame.encode(b"hidden").strip(b"\0") + b"\0") == []
    assert decoder.dropped == 1


@pytest.mark.parametrize("body", [b"", b"abc", b"payload" + bytes(4), bytes(8)])
def test_each_bad_frame_counts_once(body: bytes) -> None:
    decoder = frame.Decoder()
    assert decoder.feed(b"\0" + cobs.encode(body) + b"\0\0\0") == []
    assert decoder.dropped == 1
    assert decoder.feed(b"\0\x05ab\0") == []  # cut: five were promised
    assert decoder.dropped == 2


def test_one_byte_over_the_limit_is_refused_on_both_sides() -> None:
    with pytest.raises(ValueError, match="1024"):
        frame.encode(bytes(frame.MAX_PAYLOAD + 1))
    decoder = frame.Decoder()
    assert decoder.feed(by_others(bytes(frame.MAX_PAYLOAD + 1))) == []
    assert decoder.dropped == 1


def test_a_megabyte_of_noise_holds_no_frame() -> None:
    decoder = frame.Decoder()
    rng = random.Random(4226)
    for _ in range(1000):
        assert decoder.feed(rng.randbytes(1000)) == []
    assert decoder.dropped > 1000
