"""How fast PINs can be tried on this machine, and how long that takes; and trying them."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.crack.image import Found

# Hashcat v6.2.6's published benchmark of an RTX 4090: mode 10900, PBKDF2-HMAC-SHA256, 999 iterations.
GPU = "one RTX 4090"
GPU_SOURCE = "https://gist.github.com/Chick3nman/32e662a5bb63bc4f51b847bb422222fd"
GPU_RATE, GPU_ROUNDS = 8_865_700, 999
_CHUNK = 250  # PINs that a process tries at once
WORDS = 7776  # in a diceware list
SPACES = {
    "4 digits": 10**4,
    "6 digits": 10**6,
    "8 digits": 10**8,
    "4 diceware words": WORDS**4,
    "6 diceware words": WORDS**6,
    "12 random letters and digits": 62**12,
}
_UNITS = (("years", 31_557_600), ("days", 86_400), ("hours", 3600), ("minutes", 60), ("seconds", 1))


def gpu_rate(rounds: int) -> float:
    """Return guesses a second on GPU, by its published rate scaled by rounds."""
    return GPU_RATE * GPU_ROUNDS / rounds


def duration(seconds: float) -> str:
    """Return a time for people, to two digits."""
    if seconds < 1:
        return "under a second"
    for unit, size in _UNITS:
        if seconds >= size:
            amount = seconds / size
            return f"{amount:.2g} {unit}" if amount < 100 else f"{amount:,.0f} {unit}"
    raise AssertionError


def _timed(salt: bytes, rounds: int, seconds: float) -> int:
    tried, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        hashlib.pbkdf2_hmac("sha256", b"%06d" % tried, salt, rounds)
        tried += 1
    return tried


def measured(found: Found, seconds: float, cores: int) -> float:
    """Return how many PINs a second `cores` processes can try, having tried for so many seconds."""
    slot = found.slot
    with ProcessPoolExecutor(cores) as pool:
        work = [pool.submit(_timed, slot.salt, slot.rounds, seconds) for _ in range(cores)]
        return sum(each.result() for each in work) / seconds


def digits(length: int) -> Iterator[bytes]:
    """Yield all PINs of so many digits."""
    return (b"%0*d" % (length, number) for number in range(10**length))


def _try(found: Found, pins: list[bytes]) -> bytes | None:
    slot = found.slot
    for pin in pins:
        stretched = hashlib.pbkdf2_hmac("sha256", pin, slot.salt, slot.rounds)
        if slot.unwrap(found.primitives, found.device, stretched):
            return pin
    return None


def search(found: Found, pins: Iterable[bytes], cores: int) -> tuple[bytes | None, int]:
    """Try PINs until one is right; return it, or None, and how many have been tried."""
    source, tried = iter(pins), 0
    with ProcessPoolExecutor(cores) as pool:
        while batch := [list(itertools.islice(source, _CHUNK)) for _ in range(cores)]:
            batch = [chunk for chunk in batch if chunk]
            if not batch:
                return None, tried
            for chunk, right in zip(batch, pool.map(_try, [found] * len(batch), batch), strict=True):
                tried += len(chunk)
                if right is not None:
                    return right, tried
    return None, tried
