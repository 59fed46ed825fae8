"""Flash with random damage, and flash that an attacker with a programmer has changed: right or refused.

The attacker writes to the log as the firmware does (he knows its format), without knowing any key.
"""

from __future__ import annotations

import itertools

import pytest
from tokencore import errors
from tokenfw.device import FIRST, STATE
from tokenfw.log import Log
from tokenfw.safe import DIRECTORY, INTENT, SLOTS

from tests.firmware.damage import NAMES, lived, run
from tests.firmware.vaults import CAPACITY, Flash, account, contents, opened, set_pin, unlock

NUMBER = 150  # each; `python -m tests.firmware.damage` tries thousands


@pytest.mark.parametrize("pin", [False, True])
def test_random_damage_is_survived_or_refused(pin: bool) -> None:
    outcomes = run(pin, NUMBER, 1)
    assert outcomes["right"] > NUMBER // 10 and outcomes["refused"] > NUMBER // 20
    assert outcomes["put back"] <= NUMBER // 20, outcomes


def attacked(flash: Flash) -> tuple[Flash, Log]:
    """Return another token with the same flash, and the log through which the attacker changes it."""
    other = flash.copy()
    return other, Log(other.medium, CAPACITY + FIRST)


def records(flash: Flash) -> dict[int, bytes]:
    """Return what stands in the flash at each place, as an attacker reads it out."""
    log = attacked(flash)[1]
    return {place: log.read(place) or b"" for place in log.used()}


def test_swapped_records_are_refused_and_the_others_go_on() -> None:
    flash = lived(False)
    found, whole = records(flash), contents(flash.start())
    for first, second in itertools.permutations(range(FIRST, FIRST + 3), 2):
        other, log = attacked(flash)
        log.write(first, found[second])
        log.write(second, found[first])
        vault = other.start()
        for position, entry in enumerate(contents(vault)):
            if position + FIRST in (first, second):
                assert entry == (
                    f"the account at position {position + 1} is damaged or was altered in the token's memory",
                )
                with pytest.raises(errors.StoreFailed):
                    vault.take_counter(position)
            else:
                assert entry == whole[position]
        # The one that is refused can be removed by the name that the list gives it.
        vault.remove(vault.find("", vault.listed(first - FIRST).name))
        assert len(vault) == len(NAMES) - 1


def test_a_record_that_was_taken_away_is_missed() -> None:
    flash = lived(False)
    whole = contents(flash.start())
    other, log = attacked(flash)
    log.erase(FIRST + 2)
    vault = other.start()
    assert contents(vault)[2] == ("the account at position 3 is missing in the token's memory",)
    assert contents(vault)[:2] + contents(vault)[3:] == whole[:2] + whole[3:]


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_a_counter_that_was_put_back_is_refused(steps: int) -> None:
    flash = lived(False)
    old = records(flash)[FIRST]
    vault = flash.start()
    for _ in range(steps):
        vault.take_counter(0)
    assert old in flash.medium.data, "an attacker finds it in the log even if he comes late"
    other, log = attacked(flash)
    log.write(FIRST, old)
    vault = other.start()
    assert contents(vault)[0] == (
        "the account at position 1 was put back to an older state in the token's memory",
    )
    assert contents(vault)[1:] == contents(flash.start())[1:]


@pytest.mark.parametrize("adds", [1, 2, 5])
def test_a_list_from_before_accounts_were_added_loses_none_silently(adds: int) -> None:
    flash = lived(False)
    old = records(flash)[DIRECTORY]
    vault = flash.start()
    for number in range(adds):
        vault.add(account(f"added {number}"))
    other, log = attacked(flash)
    log.write(DIRECTORY, old)
    if adds > 1:
        assert "altered" in other.start().fault
        log.write(DIRECTORY, records(flash)[DIRECTORY])
        assert len(other.start()) == len(NAMES) + adds
    else:  # The limit: that is what a power cut in the last add leaves, too.
        assert len(other.start()) == len(NAMES)


def test_an_account_that_is_newer_than_the_list_says_is_refused() -> None:
    flash = lived(False)
    old = records(flash)[DIRECTORY]
    vault = flash.start()
    for _ in range(2):
        vault.take_counter(0)
    other, log = attacked(flash)
    log.write(DIRECTORY, old)
    assert contents(other.start())[0] == (
        "the account at position 1 does not fit the list, which was put back, in the token's memory",
    )


def test_an_earlier_account_of_the_same_place_is_refused() -> None:
    flash = lived(False)
    old = records(flash)[FIRST + 5]
    vault = flash.start()
    vault.remove(5)
    vault.add(account("g"))
    other, log = attacked(flash)
    log.write(FIRST + 5, old)
    assert "put back" in contents(other.start())[5][0]


def change(flash: Flash, place: int) -> None:
    """Change what stands at a place twice, then something else, as use would."""
    vault = opened(flash)
    for number in range(2):
        if place == DIRECTORY:
            vault.move(0, 1)
            vault.take_counter(3)
        elif place == STATE:
            vault.set_owner(bytes([number]) * 32)
        else:
            set_pin(vault, b"%04d" % number)
    vault.move(0, 1)
    vault.set_clock_floor(1_900_000_000)


@pytest.mark.parametrize("place", [STATE, DIRECTORY, *SLOTS])
def test_keys_and_lists_that_were_put_back_are_refused(place: int) -> None:
    flash = lived(place in SLOTS)
    old = records(flash)
    place = place if place in old else SLOTS[1 - SLOTS.index(place)]
    before = flash.copy()
    change(flash, place)
    for wrong in (old[place], b"", old[FIRST], bytes(len(old[place])), old[place][:-1]):
        other, log = attacked(flash)
        log.write(place, wrong)
        for index in SLOTS:
            if place in SLOTS and index != place:
                log.erase(index)
        vault = other.start()
        if vault.locked:
            assert unlock(vault), "the PIN of the slot that was put back"
        assert "altered" in vault.fault, place
        with pytest.raises(errors.StoreFailed):
            vault.account(0)
    assert not opened(before).fault


@pytest.mark.parametrize("pin", [False, True])
def test_keys_and_lists_that_were_taken_away_are_missed(pin: bool) -> None:
    flash = lived(pin)
    for place in [place for place in records(flash) if place in (STATE, DIRECTORY, *SLOTS)]:
        other, log = attacked(flash)
        log.erase(place)
        assert "missing" in other.start().fault, "while it is locked, too"
        other.start().wipe()
        assert not other.start().fault


def test_a_store_that_was_made_smaller_is_refused() -> None:
    flash = lived(False)
    smaller = Flash(nvm=bytes(flash.secret.nvm.data))
    log = Log(smaller.medium, FIRST + len(NAMES))
    assert log.ids < FIRST + CAPACITY
    for place, record in records(flash).items():
        log.write(place, record)
    assert "cut short" in smaller.start().fault


def test_records_of_another_token_are_refused() -> None:
    mine, other = lived(False), lived(False)
    stranger = Flash(bytes(other.medium.data), bytes(mine.secret.nvm.data))
    assert "altered" in stranger.start().fault
    flash, log = attacked(mine)
    for place, record in records(other).items():
        if place >= FIRST:
            log.write(place, record)
    assert [len(entry) for entry in contents(flash.start())] == [1] * len(NAMES)


def test_without_the_device_secret_nothing_opens_and_nothing_is_lost() -> None:
    flash = lived(False)
    other = Flash(bytes(flash.medium.data))
    vault = other.start()
    assert "own key is gone" in vault.fault and len(vault) == 0
    assert other.medium.data == flash.medium.data
    with pytest.raises(errors.StoreFailed, match="own key is gone"):
        vault.add(account("new"))
    vault.wipe()
    assert not other.start().fault


def test_an_attacker_can_wipe_but_settings_of_his_are_checked() -> None:
    flash = lived(False)
    other = b"\xa3\1\2\2\x0c\7\x81\0"  # with what a clock has learned
    for intent in (b"", b"\xff", b"\x80", b"\x85\0\0\0\0\0", b"\xa2\1\2\2\x0c", b"\xa1\1\x18\x63", other):
        other, log = attacked(flash)
        log.write(INTENT, intent)
        vault = other.start()
        assert (vault.fault, len(vault), vault.layout, vault.clock_record) == ("", 0, "us", ())
        assert not other.start().fault


def test_the_limit_a_whole_flash_that_was_put_back_is_not_noticed() -> None:
    flash = lived(False)
    before = flash.copy()
    counter = flash.start().take_counter(0)
    assert before.start().take_counter(0) == counter
