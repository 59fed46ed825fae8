"""Accounts of version 0.1 taken over: the released image, images with damage, and a cut at every write."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from tokencore.account import Account
from tokenfw.upgrade import open_upgraded
from tokenfw.vault import Vault

from provisioner.primitives import HostPrimitives
from tests.firmware.format1 import SLOT, image
from tests.firmware.media import DAMAGES, Power, PowerCut, RamMedium, RamSecret
from tests.firmware.vaults import account, contents

CAPACITY = 12
GOLDEN = (Path(__file__).parents[1] / "golden/vault.bin").read_bytes()
RECORD = (1800000000, 1790000000, 12, -345, 6789, 100, 3, 2)


class Token:
    """A token with a file of version 0.1 on its drive and a newer firmware."""

    def __init__(self, old: bytes, new: bytes = b"", nvm: bytes = b"\xff" * 4096, phase: int = 0) -> None:
        self.power = Power()
        self.old, self.new = RamMedium(old, self.power, phase), RamMedium(new, self.power, phase)
        self.secret = RamSecret(nvm, self.power)

    def start(self) -> Vault:
        return open_upgraded(self.old, self.new, self.make) if self.old.size() else self.make(self.new, 0)

    def make(self, medium: RamMedium, least: int) -> Vault:
        return Vault(medium, self.secret, HostPrimitives(), max(CAPACITY, least))


def state(vault: Vault) -> tuple:
    return contents(vault), vault.clock_floor, vault.clock_record, vault.layout, vault.language


def test_the_released_image_is_taken_over() -> None:
    token = Token(GOLDEN)
    vault = token.start()
    assert state(vault) == (
        [
            ("", "bob", 42, bytes(range(20)), 6, "code"),
            ("i" * 64, "é" * 32, 0, b"\xff" * 128, 6, "code"),
            ("ACME", "alice", 0, b"12345678901234567890", 8, "code"),
        ],
        *(1_800_000_000, RECORD, "us", ""),
    )
    assert token.old.size() == 0
    assert b"12345678901234567890" not in token.new.data
    assert state(token.start()) == state(vault)


def test_a_full_store_keeps_its_order_and_settings() -> None:
    accounts = [
        account(f"{number:03d}", issuer="i" * 64, secret=bytes([number]) * 128) for number in range(100)
    ]
    accounts[5].typing = "enter"
    token = Token(image(accounts, 100))
    vault = token.start()
    assert [each[1] for each in contents(vault)] == [each.name for each in accounts]
    assert vault.account(5).typing == "enter"
    assert state(vault)[1:] == (1_800_000_000, (1, -2, 3), "de", "es")


def cut(damage: str, phase: int) -> int:
    """Cut the start that takes over seven accounts at every write, and the next one; return how often."""
    old = image([account(name) for name in "abcdefg"], CAPACITY)
    expected = state(Token(old).start())
    for after in itertools.count():
        token = Token(old, phase=phase)
        token.new.cut(after, damage)
        try:
            token.start()
        except PowerCut:
            token.new.cut(after % 5, damage)
            try:
                vault = token.start()
            except PowerCut:
                vault = token.start()
            token.new.cut(None)
            assert not vault.fault, (damage, phase, after)
            assert state(vault) == expected
            assert token.old.size() == 0
            assert state(token.start()) == expected
        else:
            return after
    raise AssertionError


def test_a_cut_at_every_write_leaves_the_accounts_there_once() -> None:
    points = [cut(damage, SLOT * (3 * number % 8)) for number, damage in enumerate(DAMAGES)]
    print(f"upgrade: {sum(points)} cuts")
    assert min(points) > 50


@pytest.mark.parametrize(
    ("old", "words"),
    [
        (image([account("a")], 7)[:SLOT].join([b"\x5a" * SLOT] * 2) + b"\x5a" * 7 * 2 * SLOT, "unreadable"),
        (image([account("a")], 7, version=2), "newer firmware"),
        (image([account("a")], 150, version=2), "newer firmware"),
        (image([Account(b"s", name=str(n)) for n in range(151)], 200), "places are taken"),
    ],
)
def test_what_cannot_be_taken_over_is_said_and_stays_until_it_is_wiped(old: bytes, words: str) -> None:
    token = Token(old)
    for _ in range(2):
        vault = token.start()
        assert words in vault.fault
        assert token.old.data == old
    vault.wipe()
    assert (vault.fault, token.old.size()) == ("", 0)
    vault.add(account("new"))
    assert [each[1] for each in contents(token.start())] == ["new"]


def test_a_damaged_account_is_left_out() -> None:
    old = bytearray(image([account(name) for name in "abc"], 7))
    for place in (2, 8 + 2):
        old[place * SLOT : (place + 1) * SLOT] = b"\xff" * SLOT
    vault = Token(bytes(old)).start()
    assert [each[1] for each in contents(vault)] == ["a", "c"]


def test_a_first_start_of_version_0_1_that_was_cut_is_nothing_to_take_over() -> None:
    for old in (bytes(16 * SLOT), b"\xff" * 4096 + bytes(4096)):
        token = Token(old)
        vault = token.start()
        assert (vault.fault, len(vault), token.old.size()) == ("", 0, 0)


def test_a_drive_that_refuses_writes_keeps_the_old_accounts() -> None:
    old = image([account("a")], CAPACITY)
    token = Token(old)
    token.new.error = OSError(28, "full")
    vault = token.start()
    assert "refused a write" in vault.fault
    assert token.old.data == old
    token.new.error = None
    assert [each[1] for each in contents(token.start())] == ["a"]
