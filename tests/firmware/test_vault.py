"""The sealed vault against a list, over restarts, damage and power cuts at every write."""

from __future__ import annotations

import itertools
import sys

import pytest
import tokenfw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokencore import errors
from tokencore.account import TYPINGS
from tokencore.messages import LANGUAGES, LAYOUTS
from tokencore.noise import run
from tokencore.otp import MAX_COUNTER
from tokenfw.log import Log
from tokenfw.safe import DIRECTORY, SLOTS
from tokenfw.vault import Vault

from provisioner.primitives import HostPrimitives
from tests.firmware.media import PowerCut, RamMedium, RamSecret
from tests.firmware.vaults import (
    CAPACITY,
    PIN,
    WIPE_PIN,
    Flash,
    account,
    contents,
    set_pin,
    state,
    unlock,
)


def filled(flash: Flash, names: str = "abcd") -> Vault:
    vault = flash.start()
    for name in names:
        vault.add(account(name))
    return vault


# What changes a vault, for tests here and elsewhere that cut the power.
OPERATIONS = {
    "add": lambda vault: vault.add(account("new")),
    "rename": lambda vault: vault.rename(1, "Issuer", "other"),
    "move": lambda vault: vault.move(0, 3),
    "remove": lambda vault: vault.remove(2),
    "take_counter": lambda vault: vault.take_counter(1),
    "set_typing": lambda vault: vault.set_typing(1, "enter"),
    "set_clock_floor": lambda vault: vault.set_clock_floor(1_900_000_000, (1, -2, 3)),
    "set_settings": lambda vault: vault.set_settings("fr", "es"),
    "set_owner": lambda vault: vault.set_owner(b"p" * 32),
    "set_sync_keys": lambda vault: vault.set_sync_keys([b"s" * 32, b"t" * 32]),
    "set_pin": lambda vault: set_pin(vault, PIN, WIPE_PIN),
    "wipe": lambda vault: vault.wipe(),
}
WITH_A_PIN = {
    "set_auto_lock": lambda vault: vault.set_auto_lock(77),
    "change_pin": lambda vault: set_pin(vault, PIN),
    "clear_pin": lambda vault: set_pin(vault, b""),
    "fail": lambda vault: unlock(vault, b"0000"),
    "wipe by PIN": lambda vault: unlock(vault, WIPE_PIN),
}


def test_cuts_while_a_pin_is_set_and_set_again_leave_one_key_slot() -> None:
    """What else a cut leaves is tried in test_cuts."""
    before = Flash()
    filled(before)
    for after in itertools.count():
        flash = before.copy()
        vault = flash.start()
        for pin in (PIN, WIPE_PIN):
            flash.medium.cut(after)
            try:
                set_pin(vault, pin)
            except PowerCut:
                pass
            else:
                assert after > 5
                return
            vault = flash.start()
            assert len([place for place in vault.store.used() if place in SLOTS]) == 1
            assert not vault.locked or unlock(vault, pin) or unlock(vault, PIN)
            assert not vault.fault and len(vault) == 4


def test_first_start_cut_at_every_write_begins_anew() -> None:
    for after in itertools.count():
        flash = Flash()
        flash.medium.cut(after)
        try:
            flash.start()
        except PowerCut:
            vault = flash.start()
            assert (vault.fault, len(vault)) == ("", 0)
            vault.add(account("first"))
            assert [each[1] for each in contents(flash.start())] == ["first"]
        else:
            break
    assert after > 10


def test_a_cut_counter_never_goes_back() -> None:
    flash = Flash()
    vault = filled(flash, "a")
    shown = -1
    for after in range(8):
        for _ in range(3):
            flash.medium.cut(after)
            try:
                counter = vault.take_counter(0)
                assert counter > shown
                shown = counter
            except PowerCut:
                pass
            flash.medium.cut(None)
            vault = flash.start()
            assert vault.account(0).counter > shown
    assert shown > 5


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.text("abcxyzé", min_size=1, max_size=3)),
        st.tuples(st.just("remove"), st.integers(0, CAPACITY)),
        st.tuples(st.just("move"), st.integers(0, CAPACITY), st.integers(0, CAPACITY)),
        st.tuples(st.just("rename"), st.integers(0, CAPACITY), st.text("abcxyzé", min_size=1, max_size=3)),
        st.tuples(st.just("type"), st.integers(0, CAPACITY), st.sampled_from(TYPINGS)),
        st.tuples(st.just("set"), st.sampled_from(("", *LAYOUTS)), st.sampled_from(("", *LANGUAGES))),
        st.tuples(st.just("count"), st.integers(0, CAPACITY)),
        st.tuples(st.just("restart")),
    ),
    max_size=30,
)


@given(steps)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_is_a_list_of_unique_accounts(operations: list[tuple]) -> None:
    flash = Flash()
    vault, model = flash.start(), []
    typings: dict[str, str] = {}
    counters: dict[str, int] = {}
    layout, language = "us", ""
    for operation, *arguments in operations:
        before = list(model)
        try:
            if operation == "add":
                vault.add(account(arguments[0]))
                model.append(arguments[0])
                typings[arguments[0]] = "code"
                counters[arguments[0]] = 0
            elif operation == "restart":
                vault = flash.start()
            elif operation == "set":
                vault.set_settings(*arguments)
                layout, language = arguments[0] or layout, arguments[1] or language
            elif arguments[0] >= len(model):
                continue
            elif operation == "remove":
                vault.remove(arguments[0])
                model.pop(arguments[0])
            elif operation == "move":
                vault.move(*arguments)
                model.insert(arguments[1], model.pop(arguments[0]))
            elif operation == "type":
                vault.set_typing(*arguments)
                typings[model[arguments[0]]] = arguments[1]
            elif operation == "count":
                name = model[arguments[0]]
                assert vault.take_counter(arguments[0]) == counters.get(name, 0)
                counters[name] = counters.get(name, 0) + 1
            else:
                vault.rename(arguments[0], "", arguments[1])
                typings[arguments[1]] = typings[model[arguments[0]]]
                counters[arguments[1]] = counters[model[arguments[0]]]
                model[arguments[0]] = arguments[1]
        except errors.AccountExists:
            assert arguments[-1] in model
        except errors.StoreFull:
            assert len(model) == CAPACITY
        except errors.BadValue:
            assert arguments[1] >= len(model)
            model = before
        found = [vault.account(position) for position in range(len(vault))]
        assert [each.name for each in found] == model
        assert [each.typing for each in found] == [typings[name] for name in model]
        assert (vault.layout, vault.language) == (layout, language)


def test_nothing_of_an_account_is_in_the_flash_in_clear() -> None:
    flash = Flash()
    vault = flash.start()
    secret = b"a secret that nobody is to see"
    vault.set_owner(b"o" * 32)
    for name in ("alice@example.org", "bob@example.org"):
        vault.add(account(name, issuer="Example Corp", secret=secret))
    vault.take_counter(0)
    set_pin(vault)
    for clear in (
        secret,
        b"alice",
        b"Example",
        vault.key,
        vault.identity,
        PIN,
        b"o" * 32,
        flash.secret.read(),
    ):
        assert clear not in flash.medium.data


def test_a_removed_record_is_overwritten() -> None:
    flash = Flash()
    vault = filled(flash)
    vault.add(account("gone"))
    place = vault.order[-1]
    vault.take_counter(4)
    records = {Log(flash.copy().medium, CAPACITY + 8).read(place)}
    vault.take_counter(4)
    records.add(Log(flash.copy().medium, CAPACITY + 8).read(place))
    assert all(record in flash.medium.data for record in records) and len(records) == 2
    vault.remove(4)
    assert not [record for record in records if record in flash.medium.data]


def test_a_wipe_starts_anew_with_other_keys() -> None:
    flash = Flash()
    vault = filled(flash)
    vault.set_settings("de", "de")
    vault.set_clock_floor(1_900_000_000, (1, 2))
    vault.set_owner(b"o" * 32)
    vault.note_shown(1_900_000_000)
    set_pin(vault)
    identity, device, key = vault.identity, flash.secret.read(), vault.key
    vault.wipe()
    fresh = ([], b"", (), 0, (1, 2), "de", "de", 0, (False, False, False, 0))
    for each in (vault, flash.start()):
        assert state(each) == fresh
        assert each.shown_utc == 0
        assert each.identity != identity and len(each.identity) == 32
        assert each.identity_public == HostPrimitives().public(each.identity)
        assert each.key != key
    assert flash.secret.read() not in (device, b"")
    vault.add(account("new"))
    assert [each[1] for each in contents(flash.start())] == ["new"]


def test_a_wipe_takes_the_key_first() -> None:
    """As soon as the flash is written a second time after the intent, nothing can be read any more."""
    flash = Flash()
    vault = filled(flash)
    device = flash.secret.read()
    seen = []
    for after in itertools.count():
        other = flash.copy()
        vault = other.start()
        other.medium.cut(after)
        try:
            vault.wipe()
        except PowerCut:
            left = bytes(other.medium.data)
            seen.append((other.secret.read() == device, left == bytes(flash.medium.data)))
        else:
            break
    kept = [secret for secret, _ in seen]
    assert kept == sorted(kept, reverse=True) and True in kept and False in kept
    assert kept.count(True) <= 3, "two mirrors of the intent, and the erasing of the secret that was cut"


def test_the_latest_shown_time_is_stored_once_in_an_hour() -> None:
    flash = Flash()
    vault = flash.start()
    vault.note_shown(1_800_000_000)
    writes = flash.medium.writes
    for utc in range(1_800_000_000, 1_800_003_600, 30):
        vault.note_shown(utc)
    assert flash.medium.writes == writes
    assert vault.shown_utc == 1_800_003_570
    assert flash.start().shown_utc == 1_800_000_000
    vault.note_shown(1_800_003_570, now=True)
    assert flash.start().shown_utc == 1_800_003_570
    vault.note_shown(1_700_000_000)
    vault.note_shown(1_800_007_200)
    assert flash.start().shown_utc == vault.shown_utc == 1_800_007_200
    flash.medium.error = OSError(30, "read-only")
    vault.note_shown(1_900_000_000)  # A code is shown where nothing can be stored.
    assert vault.shown_utc == 1_900_000_000


@pytest.mark.parametrize("typing", ["", "on", "ENTER"])
def test_what_is_no_choice_is_refused_and_changes_nothing(typing: str) -> None:
    flash = Flash()
    vault = filled(flash)
    old = state(vault)
    with pytest.raises(errors.BadValue, match="typing: use off, code or enter"):
        vault.set_typing(0, typing)
    assert state(vault) == state(flash.start()) == old


def test_at_most_four_sync_keys() -> None:
    vault = Flash().start()
    vault.set_sync_keys([bytes([number]) * 32 for number in range(4)])
    with pytest.raises(errors.StoreFull):
        vault.set_sync_keys([bytes([number]) * 32 for number in range(5)])
    assert len(vault.sync_keys) == 4


def test_largest_accounts_and_records_fit() -> None:
    medium, secret = RamMedium(), RamSecret()
    vault = Vault(medium, secret, HostPrimitives(), 150)
    for number in range(150):
        name = f"{number:03d}" + "n" * 61
        vault.add(account(name, issuer="é" * 32, secret=bytes(range(128)), counter=MAX_COUNTER - 1))
    with pytest.raises(errors.StoreFull, match="all 150 places"):
        vault.add(account("one more"))
    vault.set_owner(b"\xff" * 32)
    vault.set_sync_keys([b"\xff" * 32] * 4)
    vault.set_clock_floor(2**32 - 1, [-(2**40)] * 13)
    vault.set_settings("nordic", "de")
    again = Vault(medium, secret, HostPrimitives(), 100)
    assert again.capacity == 150, "what the store was made for"
    assert contents(again) == contents(vault)
    assert again.account(149).secret == bytes(range(128))


def test_last_counter_is_refused() -> None:
    vault = Flash().start()
    vault.add(account("a", counter=MAX_COUNTER - 1))
    assert vault.take_counter(0) == MAX_COUNTER - 1
    with pytest.raises(errors.CounterExhausted):
        vault.take_counter(0)


def test_all_of_several_accounts_are_added_or_none() -> None:
    flash = Flash()
    vault = filled(flash)
    for wrong in (
        [account("x"), account("a")],
        [account("x"), account("x")],
        [account(f"{n}") for n in range(9)],
    ):
        with pytest.raises((errors.AccountExists, errors.StoreFull)):
            vault.add_all(wrong)
        assert [each[1] for each in contents(vault)] == list("abcd")
        assert [each[1] for each in contents(flash.start())] == list("abcd")
    vault.add_all(account(name) for name in "xyz")
    assert [each[1] for each in contents(flash.start())] == list("abcdxyz")


def test_a_refused_write_is_an_error_and_changes_nothing() -> None:
    flash = Flash()
    vault = filled(flash)
    flash.medium.error = OSError(30, "read-only")
    old = state(vault)
    for name, operation in OPERATIONS.items():
        if name != "wipe":
            with pytest.raises(errors.StoreFailed, match="refused a write"):
                operation(vault)
    assert state(vault) == old
    # A wipe takes the key all the same.
    with pytest.raises(errors.StoreFailed, match="refused a write"):
        vault.wipe()
    assert vault.fault and len(vault) == 0
    assert flash.secret.read() == b""
    flash.medium.error = None
    vault.wipe()
    assert not vault.fault
    vault.add(account("new"))


@pytest.mark.parametrize("operation", ["add", "remove"])
def test_operations_that_failed_half_way_leave_nothing_that_looks_altered(operation: str) -> None:
    """A commit that fails in a running token, for want of memory as well, is not tidied up by a restart."""
    flash = Flash()
    vault = filled(flash, "abcdef")
    write, erase = vault.store.write, vault.store.erase

    def refuse(place: int, *_body: bytes) -> None:
        if place == DIRECTORY or (operation == "remove" and not _body):
            raise MemoryError
        write(place, *_body)

    for name in "xyz":
        vault.store.write, vault.store.erase = refuse, refuse if operation == "remove" else erase
        if operation == "remove":
            vault.store.write = write
        with pytest.raises(MemoryError):
            vault.add(account(name)) if operation == "add" else vault.remove(0)
        vault.store.write, vault.store.erase = write, erase
        if operation == "add":
            vault.remove(0)  # Its place is the next one to be taken.
    vault = flash.start()
    assert not vault.fault
    assert [each[1] for each in contents(vault)] == list("def")
    vault.add(account("new"))
    assert [each[1] for each in contents(flash.start())] == [*"def", "new"]


def test_generations_go_round() -> None:
    """An account whose counter has been stored 70,000 times is like any other."""
    flash = Flash()
    vault = filled(flash)
    vault.generations[2:4] = b"\xff\xfd"
    vault.write(9, account("b"), 0xFFFD)
    vault._generation = vault.directory = 0xFFFC
    vault.state_generation = 0xFFFE
    vault.commit_directory()
    for counter in range(6):
        assert vault.take_counter(1) == counter
        vault.set_owner(bytes([counter]) * 32)
        vault = flash.start()
        assert not vault.fault
    assert contents(vault)[1][1:3] == ("b", 6)
    assert run(vault.unlock(b"1234", 0))


class _Full:
    """Has no memory for one module."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "tokenfw.scrubbing":
            raise MemoryError


def test_no_memory_to_overwrite_what_was_leaves_what_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the key slot without a PIN would stay in the flash beside that of the new PIN."""
    flash = Flash()
    vault = filled(flash)
    before = contents(vault)
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "tokenfw.scrubbing", raising=False)
        patch.delattr(tokenfw, "scrubbing", raising=False)
        patch.setattr(sys, "meta_path", [_Full(), *sys.meta_path])
        with pytest.raises(MemoryError):
            run(vault.set_pin(PIN))
        with pytest.raises(MemoryError):
            vault.remove(1)
    for same in (vault, flash.start()):
        assert contents(same) == before
        assert not same.pin.is_set
    run(vault.set_pin(PIN))
    vault.remove(1)
    assert vault.pin.is_set
    assert len(vault) == len(before) - 1
