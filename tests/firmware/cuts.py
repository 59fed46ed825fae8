"""Cuts the power at every write of everything that a token stores: python -m tests.firmware.cuts [ROUNDS]

Each operation is cut in each sector write of store and nvm, by each kind of damage, wherever the store
begins in a sector, and once more while the next start mends that. What is stored afterwards must be the
old or the new state. Then come ROUNDS (1,000 unless told) cuts at chance in a long run of codes and PINs: no
counter may go back, and no try may be forgotten.
"""

from __future__ import annotations

import hashlib
import itertools
import random
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tokenfw import pin as pins
from tokenfw.pages import PAGE
from tokenfw.vault import Vault

from tests.firmware import test_upgrade
from tests.firmware.media import DAMAGES, PowerCut
from tests.firmware.test_vault import OPERATIONS, WITH_A_PIN
from tests.firmware.vaults import PIN, Flash, account, opened, set_pin, state, unlock

PASSPHRASE = b"a passphrase"
RESTORED = ("e", "f", "g")
PHASES = tuple(range(0, 8 * PAGE, PAGE))
AGES = (0, 104, 230)  # codes before it: the log's end is another, and passed
_STEPS: dict[str, tuple[Callable[[Vault], object], ...]] = {
    **{name: (operation,) for name, operation in {**OPERATIONS, **WITH_A_PIN}.items()},
    "unlock": (lambda vault: vault.lock(), lambda vault: unlock(vault, PASSPHRASE)),
    "restore": tuple(lambda vault, name=name: vault.add(account(name)) for name in RESTORED),
}
NAMES = tuple(_STEPS)
_PIN = ("unlock", *WITH_A_PIN)


class Counts(NamedTuple):
    """How many cuts left the old state, one between the steps of the operation, and the new."""

    old: int
    between: int
    new: int

    def __add__(self, other: tuple) -> Counts:
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))


@contextmanager
def quick_pins() -> Iterator[None]:
    """Let the host stretch PINs, a hundred times as fast; they come out the same."""

    def stretch(pin: bytes, salt: bytes, rounds: int) -> Generator[None, None, bytes]:
        for _ in range(0, rounds, 400):
            yield
        return hashlib.pbkdf2_hmac("sha256", pin, salt, rounds)

    own, pins.stretch = pins.stretch, stretch
    try:
        yield
    finally:
        pins.stretch = own


class Unplugged(Exception):
    """The power failed while nothing was written."""


def before(name: str, age: int, phase: int) -> Flash:
    """Return the flash of a token with four accounts, an owner and, where it takes one, a PIN."""
    flash = Flash()
    flash.medium.phase = phase
    vault = flash.start()
    for each in "abcd":
        vault.add(account(each))
    vault.set_owner(b"o" * 32)
    for _ in range(age):
        vault.take_counter(0)
    if name in _PIN:
        set_pin(vault, PASSPHRASE, b"864200")
    return flash


def cut(name: str, damage: str, age: int = 0, phase: int = 0, stride: int = 1) -> Counts:
    """Cut an operation at every `stride`-th write, and again while that is mended."""
    flash = before(name, age, phase)
    states = _states(name, _copy(flash))
    found = [0] * len(states)
    for after in itertools.count(0, stride):
        token = _copy(flash)
        vault = opened(token, PASSPHRASE)
        token.medium.cut(after, damage)
        try:
            for step in _STEPS[name]:
                step(vault)
        except PowerCut:
            token.medium.cut(after % 7, damage)
            vault = _start(token)
            token.medium.cut(None)
            assert not vault.fault, (name, damage, age, phase, after, vault.fault)
            assert _twice(vault), (name, damage, age, phase, after)
            left = _state(vault)
            assert left in states, (name, damage, age, phase, after)
            found[states.index(left)] += 1
            assert _state(token.start())[:-1] == left[:-1], "the next start changes nothing"
        else:
            return Counts(found[0], sum(found[1:-1]), found[-1])
    raise AssertionError


def first_start(damage: str, phase: int = 0) -> int:
    """Cut the first start at every write: the next makes an empty token. Return how often it was cut."""
    for after in itertools.count():
        flash = Flash()
        flash.medium.phase = phase
        flash.medium.cut(after, damage)
        try:
            flash.start()
        except PowerCut:
            flash.medium.cut(after % 7, damage)
            vault = _start(flash)
            flash.medium.cut(None)
            assert (vault.fault, len(vault)) == ("", 0), (damage, phase, after)
            vault.add(account("first"))
            assert _state(flash.start()) == _state(vault)
        else:
            return after
    raise AssertionError


def _states(name: str, flash: Flash) -> list[tuple]:
    """Return the states that an operation may leave, in their order."""
    vault = opened(flash, PASSPHRASE)
    states = [_state(_copy(flash).start())]
    for step in _STEPS[name]:
        step(vault)
        after = _state(_copy(flash).start())
        if after != states[-1]:
            states.append(after)
    if name in ("unlock", "wipe by PIN"):  # The try is stored first.
        states.insert(1, (*states[0][:-1], 1))
    assert len(states) > 1
    return states


def _state(vault: Vault) -> tuple:
    """Return all that a token knows that has just been started, and how many tries it counts."""
    failures = vault.pin.failures
    if vault.locked:
        assert unlock(vault, PASSPHRASE) or unlock(vault, PIN)
        vault.pin.failures = 0
    return (*state(vault), failures)


def _twice(vault: Vault) -> bool:
    """Return whether each page that is in use is the same in both mirrors: another cut costs nothing."""
    assert vault.log is not None
    pages, log = vault.log.pages, vault.log
    return all(pages.get(0, page) == pages.get(1, page) for page in range(pages.count) if log.in_use(page))


def _copy(flash: Flash) -> Flash:
    copy = flash.copy()
    copy.medium.phase = flash.medium.phase
    return copy


def _start(flash: Flash) -> Vault:
    try:
        return flash.start()
    except PowerCut:
        return flash.start()


def run(rounds: int, seed: int = 1) -> tuple[int, int]:
    """Take codes and try PINs, cut at chance; return how many codes were shown and wrong PINs checked."""
    chance = random.Random(seed)
    flash = before("unlock", 0, chance.choice(PHASES))
    shown, tries, codes, checks = -1, 0, 0, 0
    for _ in range(rounds):
        vault = _start(flash)
        assert vault.locked
        assert vault.pin.failures >= tries, "a try was forgotten"
        tries = vault.pin.failures
        flash.medium.cut(chance.randrange(16), chance.choice(tuple(DAMAGES)))
        try:
            while tries < 3 and chance.random() < 0.4:
                wrong = _begun(vault, b"0000")
                tries, checks = tries + 1, checks + 1
                _go_on(wrong, chance)
            right = _begun(vault, PASSPHRASE)
            tries += 1
            try:
                _go_on(right, chance)
            except PowerCut:
                tries = 0  # It may have been taken back before.
                raise
            tries = 0
            while chance.random() < 0.9:
                counter = vault.take_counter(0)
                assert counter > shown, "a code was shown twice"
                shown, codes = counter, codes + 1
        except (PowerCut, Unplugged):
            pass
        flash.medium.cut(None)
    return codes, checks


def _begun(vault: Vault, pin: bytes) -> Iterator[None]:
    """Return the rest of a try whose check begins now: from here on it counts, whatever happens."""
    work = vault.unlock(pin, 10**9)
    next(work)
    return work


def _go_on(check: Iterator[None], chance: random.Random) -> None:
    """Check a PIN to its end, unless the power fails between two pieces."""
    for _piece in check:
        if chance.random() < 0.01:
            raise Unplugged


def everything() -> Iterator[tuple[str, Counts]]:
    """Yield every operation with its counts."""
    for name in NAMES:
        total = Counts(0, 0, 0)
        for damage, phase, age in itertools.product(DAMAGES, PHASES, AGES):
            total += cut(name, damage, age, phase)
        yield name, total


def main(rounds: int) -> None:
    starts = [
        (name, sum(operation(damage, phase) for damage, phase in itertools.product(DAMAGES, PHASES)))
        for name, operation in (("first start", first_start), ("upgrade", test_upgrade.cut))
    ]
    for name, count in starts:
        print(f"{name:16} {count:6} cuts: all as if there had been none", flush=True)
    sum_of_all = Counts(0, 0, sum(count for _, count in starts))
    for name, counts in everything():
        print(
            f"{name:16} {sum(counts):6} cuts: {counts.old} old, {counts.between} between, {counts.new} new",
            flush=True,
        )
        sum_of_all += counts
    print(f"{sum(sum_of_all)} cuts in all, each left the old or the new state")
    codes, checks = run(rounds)
    print(f"{rounds} cuts at chance: {codes} codes, none twice; {checks} wrong PINs, none forgotten")


if __name__ == "__main__":
    with quick_pins():
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
