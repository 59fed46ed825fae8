"""The simulated `aesio`: NIST SP 800-38A's examples, and what CircuitPython says to misuse."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from boards.simulator.cpy_aesio import AES, MODE_CBC, MODE_CTR, MODE_ECB

KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
IV = bytes(range(16))
COUNTER = bytes(range(0xF0, 0x100))
PLAIN = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
FIRST = "f3eed1bdb5d2a03c064b5a7e3db181f8"  # ECB-AES256, F.1.5
CBC = (  # F.2.5
    "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
    "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"
)
CTR = (  # F.5.5
    "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
    "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"
)


def encrypted(aes: AES, *pieces: bytes) -> str:
    """Return what a cipher makes of pieces, one call for each."""
    out = b""
    for piece in pieces:
        into = bytearray(len(piece))
        aes.encrypt_into(piece, into)
        out += into
    return out.hex()


def test_the_examples_of_the_standard() -> None:
    assert encrypted(AES(KEY), PLAIN[:16]) == encrypted(AES(KEY, MODE_ECB), PLAIN[:16]) == FIRST
    assert encrypted(AES(KEY, MODE_CBC, IV), PLAIN) == CBC
    assert encrypted(AES(KEY, MODE_CBC, IV), PLAIN[:32], b"", PLAIN[32:]) == CBC
    assert encrypted(AES(KEY, MODE_CTR, COUNTER), PLAIN) == CTR


@pytest.mark.parametrize("mode", [MODE_ECB, MODE_CBC, MODE_CTR])
def test_decryption_is_the_other_way(mode: int) -> None:
    there, back = AES(KEY, mode, COUNTER), AES(KEY, mode, COUNTER)
    for piece in (PLAIN[:16], PLAIN[16:32], PLAIN[32:48]):
        middle, end = bytearray(16), bytearray(16)
        there.encrypt_into(piece, middle)
        back.decrypt_into(memoryview(middle), end)
        assert bytes(end) == piece != bytes(middle)


def test_a_counter_goes_on_with_a_whole_block_and_wraps_round() -> None:
    assert encrypted(AES(KEY, MODE_CTR, COUNTER), PLAIN[:5])[:10] == CTR[:10]
    assert encrypted(AES(KEY, MODE_CTR, COUNTER), bytes(5), PLAIN[16:32])[10:] == CTR[32:64]
    wrapped = encrypted(AES(KEY, MODE_CTR, b"\xff" * 16), bytes(32))
    assert wrapped[32:] == encrypted(AES(KEY, MODE_CTR), bytes(16))


def test_a_new_key_begins_anew_in_the_same_mode() -> None:
    aes = AES(hashlib.sha256(b"other").digest(), MODE_CBC, COUNTER)
    encrypted(aes, PLAIN)
    aes.rekey(KEY, IV)
    assert (aes.mode, encrypted(aes, PLAIN)) == (MODE_CBC, CBC)
    aes.mode = MODE_CTR
    aes.rekey(KEY, COUNTER)
    assert encrypted(aes, PLAIN) == CTR


MISUSES: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: AES(b"x" * 15), ValueError, "Key must be 16, 24, or 32 bytes long"),
    (lambda: AES(KEY).rekey(b""), ValueError, "Key must be 16, 24, or 32 bytes long"),
    (lambda: AES(KEY, 3), NotImplementedError, "Requested AES mode is unsupported"),
    (lambda: setattr(AES(KEY), "mode", 9), NotImplementedError, "Requested AES mode is unsupported"),
    (lambda: AES(KEY, MODE_CTR, b"x"), ValueError, "IV length must be 16"),
    (lambda: AES(KEY).rekey(KEY, bytes(17)), ValueError, "IV length must be 16"),
    (lambda: AES(KEY).encrypt_into(IV, bytearray(17)), ValueError, "must be the same length"),
    (lambda: AES(KEY).encrypt_into(bytes(32), bytearray(32)), ValueError, "ECB only operates on 16 bytes"),
    (lambda: AES(KEY, MODE_CBC).decrypt_into(b"x", bytearray(1)), ValueError, "CBC blocks must be multiples"),
    (lambda: AES(KEY).encrypt_into(IV, IV), TypeError, "object with buffer protocol required"),
]


@pytest.mark.parametrize(("misuse", "error", "text"), MISUSES)
def test_misuse_is_refused_in_the_boards_words(
    misuse: Callable[[], object], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        misuse()
