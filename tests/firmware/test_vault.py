"""The vault against a list, over restarts, damage and power cuts at every write."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokencore import cbor, errors
from tokencore.account import TYPINGS, Account
from tokencore.messages import LANGUAGES, LAYOUTS
from tokencore.otp import MAX_COUNTER
from tokenfw.slices import SLOT, Slices
from tokenfw.vault import Vault

from tests.firmware.parts import PowerCut, RamMedium

CAPACITY = 12


def account(name: str, **values) -> Account:
    return Account(**{"secret": name.encode() * 3, "name": name, "kind": "hotp", **values})


def contents(vault: Vault) -> list[tuple]:
    accounts = [vault.account(position) for position in range(len(vault))]
    return [(a.issuer, a.name, a.counter, a.secret, a.digits, a.typing) for a in accounts]


def state(vault: Vault) -> tuple:
    return contents(vault), vault.clock_floor, vault.clock_record, vault.layout, vault.language


def filled(medium: RamMedium, names: str = "abcd") -> Vault:
    vault = Vault(medium, CAPACITY)
    for name in names:
        vault.add(account(name))
    return vault


OPERATIONS = {
    "add": lambda vault: vault.add(account("new")),
    "rename": lambda vault: vault.rename(1, "Issuer", "other"),
    "move": lambda vault: vault.move(0, 3),
    "remove": lambda vault: vault.remove(2),
    "take_counter": lambda vault: vault.take_counter(1),
    "set_clock_floor": lambda vault: vault.set_clock_floor(1_900_000_000, (1, -2, 3)),
    "set_settings": lambda vault: vault.set_settings("fr", "es"),
    "set_typing": lambda vault: vault.set_typing(1, "enter"),
    "wipe": lambda vault: vault.wipe(),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_power_cut_at_every_write_leaves_old_or_new(name: str) -> None:
    operation = OPERATIONS[name]
    before = RamMedium()
    vault = filled(before)
    image = bytes(before.data)
    old = state(vault)
    operation(vault)
    new = state(vault)
    assert old != new
    cut_points = 0
    while True:
        medium = RamMedium(image)
        vault = Vault(medium, CAPACITY)
        medium.cut_after = cut_points
        try:
            operation(vault)
        except PowerCut:
            medium.cut_after = None
            again = Vault(medium, CAPACITY)
            assert not again.fault
            assert state(again) in (old, new)
            # What the cut left is mended: a second, harmless start finds nothing more to write.
            writes = medium.writes
            Vault(medium, CAPACITY)
            assert medium.writes == writes
            cut_points += 1
        else:
            break
    assert cut_points >= 2


def test_first_start_cut_at_every_write_begins_anew() -> None:
    for cut in range(10):
        medium = RamMedium()
        medium.cut_after = cut
        with contextlib.suppress(PowerCut):
            Vault(medium, CAPACITY)
        medium.cut_after = None
        vault = Vault(medium, CAPACITY)
        assert not vault.fault
        assert len(vault) == 0
        vault.add(account("first"))
    assert len(medium.data) == (CAPACITY + 1) * 2 * SLOT


def test_a_cut_counter_never_goes_back() -> None:
    medium = RamMedium()
    vault = filled(medium, "a")
    shown = -1
    for cut in (0, 1, 2) * 5:
        medium.cut_after = cut
        try:
            shown = max(shown, vault.take_counter(0))
            assert shown == vault.account(0).counter - 1
        except PowerCut:
            pass
        medium.cut_after = None
        vault = Vault(medium, CAPACITY)
        assert vault.account(0).counter > shown


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
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_is_a_list_of_unique_accounts(operations: list[tuple]) -> None:
    medium = RamMedium()
    vault, model = Vault(medium, CAPACITY), []
    typings: dict[str, str] = {}
    layout, language = "us", ""
    for operation, *arguments in operations:
        before = list(model)
        try:
            if operation == "add":
                vault.add(account(arguments[0]))
                model.append(arguments[0])
                typings[arguments[0]] = "code"
            elif operation == "restart":
                vault = Vault(medium, CAPACITY)
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
                vault.take_counter(arguments[0])
            else:
                vault.rename(arguments[0], "", arguments[1])
                typings[arguments[1]] = typings[model[arguments[0]]]
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


def test_a_removed_secret_is_overwritten() -> None:
    medium = RamMedium()
    vault = filled(medium)
    vault.add(account("gone", secret=b"a secret to be forgotten"))
    assert b"a secret to be forgotten" in medium.data
    vault.remove(4)
    assert b"a secret to be forgotten" not in medium.data


def test_a_wipe_overwrites_everything_and_starts_anew() -> None:
    medium = RamMedium()
    vault = filled(medium)
    vault.set_settings("de", "de")
    vault.set_clock_floor(1_900_000_000, (1, 2))
    vault.wipe()
    assert state(vault) == ([], 0, (1, 2), "de", "de")
    assert b"aaa" not in medium.data
    assert state(Vault(medium, CAPACITY)) == state(vault)


def test_an_image_of_version_0_1_opens_and_takes_settings() -> None:
    image = (Path(__file__).parents[1] / "golden/vault.bin").read_bytes()
    medium = RamMedium(image)
    vault = Vault(medium, CAPACITY)
    assert medium.data == image, "to open it changes nothing"
    assert not vault.fault
    assert vault.capacity == 7
    record = (1800000000, 1790000000, 12, -345, 6789, 100, 3, 2)
    old = state(vault)
    assert old == (
        [
            ("", "bob", 42, bytes(range(20)), 6, "code"),
            ("i" * 64, "é" * 32, 0, b"\xff" * 128, 6, "code"),
            ("ACME", "alice", 0, b"12345678901234567890", 8, "code"),
        ],
        *(1_800_000_000, record, "us", ""),
    )
    vault.set_settings(language="de")
    vault.set_typing(2, "off")
    vault.take_counter(0)
    again = Vault(medium, CAPACITY)
    assert state(again)[1:] == (1_800_000_000, record, "us", "de")
    assert [account[-1] for account in contents(again)] == ["code", "code", "off"]


def test_a_choice_of_a_newer_firmware_is_passed_over() -> None:
    medium = RamMedium()
    vault = filled(medium)
    directory = {1: 1, 2: bytes((1, 2, 3, 4)), 3: 0, 4: CAPACITY, 5: "dvorak", 7: "tlh", 8: "new"}
    Slices(medium, CAPACITY + 1).write(0, cbor.encode(directory))
    again = Vault(medium, CAPACITY)
    assert state(again) == state(vault)


@pytest.mark.parametrize("typing", ["", "on", "ENTER"])
def test_what_is_no_choice_is_refused_and_changes_nothing(typing: str) -> None:
    medium = RamMedium()
    vault = filled(medium)
    image = bytes(medium.data)
    with pytest.raises(errors.BadValue, match="typing: use off, code or enter"):
        vault.set_typing(0, typing)
    assert medium.data == image


def test_largest_accounts_fit() -> None:
    vault = Vault(RamMedium(), 100)
    for number in range(100):
        name = f"{number:03d}" + "n" * 61
        vault.add(account(name, issuer="é" * 32, secret=bytes(range(128)), counter=MAX_COUNTER - 1))
    with pytest.raises(errors.StoreFull):
        vault.add(account("one more"))
    assert contents(vault)[99][3] == bytes(range(128))


def test_last_counter_is_refused() -> None:
    vault = Vault(RamMedium(), CAPACITY)
    vault.add(account("a", counter=MAX_COUNTER - 1))
    assert vault.take_counter(0) == MAX_COUNTER - 1
    with pytest.raises(errors.CounterExhausted):
        vault.take_counter(0)


def test_damage_is_said_and_nothing_is_lost() -> None:
    medium = RamMedium()
    filled(medium)
    image = bytes(medium.data)
    both = (0, (CAPACITY + 1) * SLOT)
    for damaged, words in (
        (_without(image, both), "damaged"),
        (image[: len(image) // 2], "cut short"),
        (_directory(image, format=2), "newer firmware"),
    ):
        medium = RamMedium(damaged)
        vault = Vault(medium, CAPACITY)
        assert words in vault.fault
        for name, operation in OPERATIONS.items():
            if name != "wipe":
                with pytest.raises(errors.StoreFailed, match=words):
                    operation(vault)
        assert medium.data == damaged
        vault.wipe()
        assert not vault.fault
        assert Vault(medium, CAPACITY).add(account("new")) == 0


def _without(image: bytes, offsets: tuple[int, ...]) -> bytes:
    data = bytearray(image)
    for offset in offsets:
        data[offset : offset + SLOT] = bytes(SLOT)
    return bytes(data)


def _directory(image: bytes, format: int) -> bytes:
    medium = RamMedium(image)
    Slices(medium, CAPACITY + 1).write(0, cbor.encode({1: format, 2: b"", 3: 0, 4: CAPACITY}))
    return bytes(medium.data)


def test_one_damaged_account_leaves_the_others() -> None:
    medium = RamMedium()
    filled(medium)
    medium = RamMedium(_without(bytes(medium.data), (2 * SLOT, (CAPACITY + 1 + 2) * SLOT)))
    vault = Vault(medium, CAPACITY)
    assert vault.account(0).name == "a"
    with pytest.raises(errors.StoreFailed, match="position 2"):
        vault.account(1)
    vault.remove(1)
    assert [vault.account(position).name for position in range(3)] == ["a", "c", "d"]


def test_a_refused_write_is_an_error_and_changes_nothing() -> None:
    medium = RamMedium()
    vault = filled(medium)
    medium.error = OSError(30, "read-only")
    old = contents(vault)
    for operation in OPERATIONS.values():
        with pytest.raises(errors.StoreFailed, match="refused a write"):
            operation(vault)
    assert contents(vault) == old
