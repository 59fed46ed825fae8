"""The flash of a released token, opened by the present firmware."""

from __future__ import annotations

from tests.firmware.golden_store import OWNER, RECORD, SYNC_KEY, kept
from tests.firmware.golden_store import filled as filled_anew
from tests.firmware.vaults import PIN, Flash, contents, opened, state, unlock


def test_it_opens_and_has_everything() -> None:
    flash = kept()
    before = bytes(flash.medium.data)
    vault = flash.start()
    assert flash.medium.data == before, "to open it changes nothing"
    assert (vault.fault, vault.capacity, vault.locked, len(vault)) == ("", 10, True, 0)
    assert (vault.owner, vault.sync_keys, len(vault.identity)) == (OWNER, (SYNC_KEY,), 32)
    assert (vault.clock_floor, vault.clock_record) == (1_800_000_000, RECORD)
    assert (vault.layout, vault.language, vault.auto_lock_s, vault.shown_utc) == (
        "de",
        "es",
        77,
        1_800_000_123,
    )
    assert not unlock(vault, b"0000")
    assert unlock(vault, PIN)
    assert contents(vault) == [
        ("ACME", "alice", 0, b"12345678901234567890", 8, "enter"),
        ("", "bob", 142, bytes(range(20)), 6, "code"),
        ("i" * 64, "é" * 32, 0, b"\xff" * 128, 6, "code"),
    ]
    assert vault.take_counter(1) == 142
    vault.remove(0)
    assert [each[1] for each in contents(opened(flash))] == ["bob", "é" * 32]


def test_a_token_filled_today_has_the_same() -> None:
    assert state(filled_anew(Flash())) == state(opened(kept()))
