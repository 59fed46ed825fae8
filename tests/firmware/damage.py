"""Random damage to a token's flash, and what comes of it: python -m tests.firmware.damage NUMBER [SEED]."""

from __future__ import annotations

import random
import sys
from collections import Counter

from tokencore import errors

from tests.firmware.vaults import PIN, WIPE_PIN, Flash, account, contents, opened, set_pin, unlock

SECTOR, PAGE = 4096, 512
NAMES = "abcdef"


def lived(pin: bool, history: list[list[tuple]] | None = None) -> Flash:
    """Return a token with six accounts that has been used for a while, with or without a PIN.

    `history` gets what it held after every step.
    """
    flash = Flash()
    vault = flash.start()
    vault.set_owner(b"o" * 32)
    steps = [lambda name=name: vault.add(account(name)) for name in NAMES + "xy"]
    steps += [lambda: vault.remove(7), lambda: vault.remove(6)]
    steps += [
        lambda position=position: vault.take_counter(position) for position in (0, 1, 1, 2, 2, 2, 3, 4, 5)
    ]
    for step in steps:
        step()
        if history is not None:
            history.append(contents(vault))
    vault.set_clock_floor(1_800_000_000, (1, 2, 3))
    if pin:
        set_pin(vault, PIN, WIPE_PIN)
    return flash


def _noise(rng: random.Random, data: bytearray) -> None:
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _bytes(rng: random.Random, data: bytearray) -> None:
    start, length = rng.randrange(len(data)), rng.choice((1, 16, 300, 5000))
    data[start : start + length] = rng.randbytes(len(data[start : start + length]))


def _blank(rng: random.Random, data: bytearray) -> None:
    size = rng.choice((PAGE, SECTOR, 4 * SECTOR))
    for _ in range(rng.randrange(1, 6)):
        start = rng.randrange(0, len(data), size)
        data[start : start + size] = b"\xff" * len(data[start : start + size])


def _shuffle(rng: random.Random, data: bytearray) -> None:
    size = rng.choice((PAGE, SECTOR))
    for _ in range(rng.randrange(1, 8)):
        source, target = rng.randrange(0, len(data), size), rng.randrange(0, len(data), size)
        piece = data[source : source + size]
        if len(data[target : target + size]) == len(piece):
            data[target : target + size] = piece


def _shorten(rng: random.Random, data: bytearray) -> None:
    del data[rng.choice((rng.randrange(len(data)), rng.randrange(0, len(data), PAGE))) :]


def _lengthen(rng: random.Random, data: bytearray) -> None:
    data += rng.randbytes(rng.choice((1, PAGE, 16 * PAGE)))


DAMAGES = (_noise, _bytes, _blank, _shuffle, _shorten, _lengthen)


def damaged(flash: Flash, rng: random.Random) -> Flash:
    """Return another token with the same flash, but for a few places."""
    store, nvm = bytearray(flash.medium.data), bytearray(flash.secret.nvm.data)
    for _ in range(rng.randrange(1, 4)):
        if store:
            rng.choice(DAMAGES)(rng, store)
    if rng.random() < 0.05:
        _noise(rng, nvm)
    return Flash(bytes(store), bytes(nvm))


def fits(read: list[tuple], held: list[tuple]) -> bool:
    """Return whether every account that was read, but for those that were refused, is what was held."""
    return len(read) == len(held) and all(len(a) == 1 or a == b for a, b in zip(read, held, strict=True))


def try_out(flash: Flash, history: list[list[tuple]]) -> str:
    """Start a token and use all of it; return how it went. Anything else than right or refused asserts.

    Damage that leaves the store as it was at an earlier time, as if all of the flash had been put back,
    cannot be noticed; that is told apart.
    """
    vault = flash.start()
    if vault.locked:
        now_ms = vault.pin.wait_ms(0)
        try:
            if not unlock(vault, PIN, now_ms):
                assert not vault.pin.is_set or vault.locked
                return "refused"
        except errors.StoreFailed:
            return "refused"
    if vault.fault:
        outcome = "refused"
    else:
        read = contents(vault)
        fitting = [number for number, held in enumerate(history) if fits(read, held)]
        assert fitting or not read, "wrong accounts"
        for position in range(len(vault)):
            try:
                assert vault.take_counter(position) == vault.account(position).counter - 1
            except errors.StoreFailed:
                vault.listed(position)
        if not read:
            outcome = "empty"
        elif fitting[-1] < len(history) - 1:
            outcome = "put back"
        else:
            outcome = "right" if all(len(entry) > 1 for entry in read) else "in part"
    vault.wipe()
    assert not vault.fault
    vault.add(account("new"))
    assert [entry[1] for entry in contents(opened(flash))] == ["new"]
    return outcome


def run(pin: bool, number: int, seed: int) -> Counter[str]:
    """Damage a token so many times, each time anew; return how often it went how."""
    history: list[list[tuple]] = []
    flash, rng = lived(pin, history), random.Random(seed)
    return Counter(try_out(damaged(flash, rng), history) for _ in range(number))


if __name__ == "__main__":
    number, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for pin in (False, True):
        print("with a PIN:" if pin else "without a PIN:", dict(run(pin, number // 2, seed)))
