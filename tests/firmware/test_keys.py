"""PBKDF2 against hashlib; what a PIN does: tries, waits, the tenth failure, the wipe PIN, over restarts."""

from __future__ import annotations

import hashlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokencore import errors, hkdf
from tokencore.noise import run
from tokenfw import pin as pins
from tokenfw.device import FIRST
from tokenfw.keys import KEY, SLICE, TRIES, Altered, Sealer, ahead, state_key
from tokenfw.log import Log
from tokenfw.safe import SLOTS
from tokenfw.slots import Slot

from provisioner.primitives import HostPrimitives
from tests.firmware.media import PowerCut
from tests.firmware.vaults import CAPACITY, PIN, WIPE_PIN, Flash, account, contents, opened, set_pin, unlock

HOST = HostPrimitives()
WAITS_S = [0, 0, 0, 0, 30, 60, 120, 240, 480, 960]  # by the number of failures


@pytest.fixture
def flash() -> Flash:
    """A token with two accounts, a PIN and a wipe PIN, after a start."""
    flash = Flash()
    vault = flash.start()
    vault.set_owner(b"o" * 32)
    vault.add_all([account("a"), account("b", counter=7)])
    set_pin(vault, PIN, WIPE_PIN)
    return flash


def waited(tries: int) -> int:
    """Return a tick by which so many failures have been waited for."""
    return 1000 * sum(WAITS_S[: tries + 1])


@given(st.binary(max_size=130), st.binary(max_size=20), st.integers(1, 200))
def test_stretching_is_pbkdf2(pin: bytes, salt: bytes, rounds: int) -> None:
    assert run(pins.stretch(pin, salt, rounds)) == hashlib.pbkdf2_hmac("sha256", pin, salt, rounds)


@pytest.mark.parametrize(
    ("pin", "salt", "rounds", "begins"),
    [
        (b"passwd", b"salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"),
        (b"Password", b"NaCl", 80000, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"),
    ],
)
def test_stretching_gives_the_values_of_rfc_7914(pin: bytes, salt: bytes, rounds: int, begins: str) -> None:
    assert run(pins.stretch(pin, salt, rounds)).hex() == begins


@pytest.mark.parametrize("rounds", [1, 2, SLICE, SLICE + 1, SLICE + 2, 2000])
def test_a_try_yields_as_often_as_the_state_says(rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "SECOND_ROUNDS", rounds)
    flash = Flash()
    set_pin(flash.start())
    vault = flash.start()
    assert len(list(vault.unlock(PIN, 0))) == vault.pin.slices == -(-(rounds - 1) // SLICE)
    assert not vault.locked


@pytest.mark.parametrize(
    ("ms_per_slice", "rounds"), [(18, 2200), (17, 2300), (1000, 1000), (1, 40000), (0, 2000), (None, 2000)]
)
def test_rounds_take_a_second_of_the_board(ms_per_slice: int | None, rounds: int) -> None:
    now = itertools.count(0, ms_per_slice or 0)
    assert run(pins.measured(None if ms_per_slice is None else lambda: next(now))) == rounds


def test_time_that_others_take_while_it_is_measured_does_not_count() -> None:
    now_ms = 0
    work = pins.measured(lambda: now_ms)
    with pytest.raises(StopIteration) as end:
        while True:
            next(work)
            now_ms += 500  # the application's own step, in which the clock goes on
    assert end.value.value == 2000


@given(st.integers(0, 255), st.integers(0, 65535), st.binary(max_size=400), st.data())
def test_a_record_opens_only_as_it_was_sealed(place: int, generation: int, body: bytes, data) -> None:
    sealer = Sealer(HOST, bytes(KEY))
    record = sealer.seal(place, generation, body)
    assert sealer.open(place, record) == (generation, body)
    other = bytearray(record)
    other[data.draw(st.integers(0, len(record) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    for wrong, where in ((bytes(other), place), (record, place ^ 1), (record[:-1], place), (b"", place)):
        with pytest.raises(Altered):
            sealer.open(where, wrong)
    with pytest.raises(Altered):
        Sealer(HOST, b"\1" * KEY).open(place, record)


@given(st.integers(0, 65535), st.integers(-32768, 32767))
def test_generations_are_compared_modulo_65536(known: int, steps: int) -> None:
    assert ahead((known + steps) & 0xFFFF, known) == steps


def test_waiting_doubles_and_begins_anew_after_a_restart(flash: Flash) -> None:
    vault = opened(flash)
    vault.lock()
    now_ms = 5000
    for failures in range(1, TRIES):
        assert not unlock(vault, b"0000", now_ms)
        assert vault.pin.left == TRIES - failures
        wait_ms = 1000 * WAITS_S[failures]
        assert vault.pin.wait_ms(now_ms) == wait_ms
        assert flash.start().pin.wait_ms(0) == wait_ms
        if wait_ms:
            for pin in (PIN, WIPE_PIN, b"0000"):
                with pytest.raises(errors.PinWait, match=f"wait {WAITS_S[failures]} s"):
                    unlock(vault, pin, now_ms)
            with pytest.raises(errors.PinWait, match="wait 1 s"):
                unlock(vault, PIN, now_ms + wait_ms - 1)
        assert vault.pin.left == TRIES - failures, "to be told to wait is no try"
        now_ms += wait_ms
    assert unlock(vault, PIN, now_ms)
    assert vault.pin.left == flash.start().pin.left == TRIES
    assert len(contents(vault)) == 2


@pytest.mark.parametrize("restarts", [False, True])
def test_the_tenth_failure_wipes(flash: Flash, restarts: bool) -> None:
    vault = flash.start()
    image, secret, identity = bytes(flash.medium.data), flash.secret.read(), vault.identity
    for tried in range(TRIES):
        if restarts:
            vault = flash.start()
        assert vault.locked and len(vault) == 0
        assert not unlock(vault, b"0000", waited(tried))
    assert (vault.fault, len(vault), vault.pin.is_set, vault.locked, vault.owner) == (
        "",
        0,
        False,
        False,
        b"",
    )
    assert flash.secret.read() not in (b"", secret)
    assert vault.identity not in (b"", identity)
    # What was in the flash is not in it any more, in no page.
    pages = {image[at : at + 512] for at in range(0, len(image), 512)} - {bytes(512)}
    assert not [page for page in pages if page in flash.medium.data]


def test_a_try_that_is_broken_off_counts(flash: Flash) -> None:
    for tried in range(1, TRIES + 1):
        vault = flash.start()
        assert vault.pin.left == TRIES - tried + 1
        next(vault.unlock(PIN, waited(tried - 1)))
        assert vault.pin.left == TRIES - tried
    # Its last one was, too: the right PIN comes too late.
    assert len(flash.start()) == 0
    assert not flash.start().pin.is_set


def test_a_right_try_in_the_running_program_after_the_last_was_broken_off_wipes(flash: Flash) -> None:
    vault = flash.start()
    for tried in range(TRIES):
        next(vault.unlock(PIN, waited(tried)))
    assert not unlock(vault, PIN, waited(TRIES))
    assert not vault.pin.is_set and len(vault) == 0


@pytest.mark.parametrize("pin", [PIN, b"0000", WIPE_PIN], ids=["right", "wrong", "wipe PIN"])
def test_a_try_is_stored_before_it_is_made_and_never_refunded(flash: Flash, pin: bytes) -> None:
    for after in itertools.count():
        other = flash.copy()
        vault = other.start()
        other.medium.cut(after)
        checked = False
        try:
            for _ in vault.unlock(pin, 0):
                checked = True
        except PowerCut:
            again = other.start()
            if again.fault or not again.pin.is_set:  # Only the wipe PIN ends like that.
                assert pin == WIPE_PIN and checked and not again.fault and len(again) == 0
            else:
                assert again.pin.failures == 1 or not checked or (pin == PIN and again.pin.failures == 0)
                assert contents(opened(other)) == contents(opened(flash))
        else:
            break
    assert after >= 2


def test_the_wipe_pin_costs_one_derivation_and_leaves_an_empty_token(flash: Flash) -> None:
    counts = []
    for pin in (PIN, b"0000", WIPE_PIN):
        vault = flash.copy().start()
        assert vault.pin.wipe_set
        counts.append(len(list(vault.unlock(pin, 0))))
    assert counts == [flash.start().pin.slices] * 3
    other = flash.copy()
    vault = other.start()
    assert unlock(vault, WIPE_PIN)
    for each in (vault, other.start()):
        assert (each.locked, len(each), each.pin.is_set, each.owner, each.fault) == (False, 0, False, b"", "")


@pytest.mark.parametrize(
    ("pin", "good"),
    [
        (b"", False),
        (b"123", False),
        (b"1234", True),
        (b"1" * 64, True),
        (b"1" * 65, False),
        ("é" * 3, False),
        ("é" * 4, True),
        ("é" * 64, True),
        ("€" * 42, True),
        ("€" * 43, False),
        (b"\xff\xfe\xfd\xfc", False),
        (b"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3", False),
    ],
)
def test_a_pin_has_4_to_64_characters(flash: Flash, pin: bytes | str, good: bool) -> None:
    pin = pin if isinstance(pin, bytes) else pin.encode()
    vault = opened(flash)
    if good:
        set_pin(vault, pin)
        vault.lock()
        assert unlock(vault, pin)
    else:
        with pytest.raises(errors.BadValue, match="pin: use 4 to 64 characters"):
            unlock(vault, pin)
        if pin:
            with pytest.raises(errors.BadValue, match="pin: use 4 to 64 characters"):
                set_pin(vault, pin)
            with pytest.raises(errors.BadValue, match="wipe_pin: use 4 to 64 characters"):
                set_pin(vault, PIN, pin)
        assert flash.start().pin.left == TRIES, "what cannot be a PIN is no try"


def test_a_pin_is_taken_as_it_comes() -> None:
    composed, decomposed = "Zürich".encode(), "Zu\u0308rich".encode()
    flash = Flash()
    vault = flash.start()
    set_pin(vault, composed)
    vault.lock()
    assert not unlock(vault, decomposed)
    assert unlock(vault, composed)


@pytest.mark.parametrize(
    ("pin", "digits"), [(b"0123456789", True), (b"123a", False), ("\uff11\uff12\uff13\uff14".encode(), False)]
)
def test_whether_buttons_can_enter_it_is_told(pin: bytes, digits: bool) -> None:
    flash = Flash()
    set_pin(flash.start(), pin)
    assert flash.start().pin.digits == digits


def test_a_wipe_pin_needs_another_pin_beside_it(flash: Flash) -> None:
    vault = opened(flash)
    for pin, wipe_pin in ((b"", WIPE_PIN), (PIN, PIN)):
        with pytest.raises(errors.BadValue, match="wipe_pin: it needs a PIN beside it"):
            set_pin(vault, pin, wipe_pin)
    assert flash.start().pin.wipe_set


def test_a_locked_token_lets_nobody_set_a_pin(flash: Flash) -> None:
    vault = flash.start()
    with pytest.raises(errors.Locked):
        set_pin(vault, b"9999")
    vault = opened(flash)
    work = vault.set_pin(b"9999")
    next(work)
    vault.lock()
    with pytest.raises(errors.Locked):
        run(work)
    assert unlock(flash.start(), PIN)


def test_a_changed_or_cleared_pin_leaves_the_old_slot_nowhere() -> None:
    flash = Flash()
    vault = flash.start()
    for pin in (PIN, b"9999", b"", b"a passphrase"):
        old = Flash(bytes(flash.medium.data), bytes(flash.secret.nvm.data))
        records = [record for index in SLOTS if (record := Log(old.medium, CAPACITY + FIRST).read(index))]
        assert len(records) == 1 and records[0] in flash.medium.data
        set_pin(vault, pin)
        assert records[0] not in flash.medium.data
        if vault.pin.is_set:
            vault.lock()
            assert not [
                wrong for wrong in (PIN, b"9999", b"a passphrase") if wrong != pin and unlock(vault, wrong)
            ]
            assert unlock(vault, pin)


def test_an_unlocking_that_a_wipe_or_another_pin_overtakes_opens_nothing(flash: Flash) -> None:
    vault = flash.start()
    work = vault.unlock(PIN, 0)
    next(work)
    vault.wipe()
    assert not run(work)
    assert len(vault) == 0
    set_pin(vault, PIN)
    vault.lock()
    work, other = vault.unlock(PIN, 0), vault.unlock(PIN, 0)
    next(work)
    assert run(other)
    set_pin(vault, b"0000")
    vault.lock()
    assert not run(work), "it was the PIN when it was entered, and is none any more"
    assert vault.locked


def test_what_locking_takes_away_and_leaves(flash: Flash) -> None:
    vault = opened(flash)
    changes = vault.changes
    vault.lock()
    assert vault.locked and len(vault) == 0 and vault.changes > changes
    for operation in (
        lambda: vault.account(0),
        lambda: vault.listed(0),
        lambda: vault.find("", "a"),
        lambda: vault.add(account("c")),
        lambda: vault.add_all([account("c")]),
        lambda: vault.rename(0, "", "c"),
        lambda: vault.move(0, 1),
        lambda: vault.remove(0),
        lambda: vault.take_counter(0),
        lambda: vault.set_typing(0, "off"),
    ):
        with pytest.raises(errors.Locked, match="unlock it with its PIN"):
            operation()
    vault.set_clock_floor(1_900_000_000, (1, 2))
    vault.set_settings("de", "de")
    vault.set_owner(b"p" * 32)
    vault.set_sync_keys([b"s" * 32])
    vault.note_shown(1_900_000_001, now=True)
    vault.set_auto_lock(60)
    for again in (vault, flash.start()):
        assert again.locked and not again.fault
        assert (again.clock_floor, again.clock_record, again.layout) == (1_900_000_000, (1, 2), "de")
        assert (again.owner, again.sync_keys, again.shown_utc) == (b"p" * 32, (b"s" * 32,), 1_900_000_001)
        assert again.auto_lock_s == 60
    assert [each[1] for each in contents(opened(flash))] == ["a", "b"]


def test_a_token_without_a_pin_does_not_lock() -> None:
    vault = Flash().start()
    vault.lock()
    assert not vault.locked and vault.auto_lock_s == 0
    assert unlock(vault, b"1234")
    set_pin(vault)
    assert vault.auto_lock_s == 300
    vault.set_auto_lock(0)
    assert vault.auto_lock_s == 0


def test_who_takes_the_tries_away_has_one_more(flash: Flash) -> None:
    Log(flash.medium, CAPACITY + FIRST).erase(2)
    vault = flash.start()
    assert vault.pin.left == 1
    with pytest.raises(errors.PinWait):
        unlock(vault, PIN, 0)
    assert unlock(vault, PIN, waited(TRIES))
    Log(flash.medium, CAPACITY + FIRST).write(2, b"\0" * 32)
    vault = flash.start()
    assert not unlock(vault, b"0000", waited(TRIES))
    assert not vault.pin.is_set and len(vault) == 0


def test_the_wipe_pin_cannot_be_taken_away(flash: Flash) -> None:
    log = Log(flash.medium, CAPACITY + FIRST)
    (index,) = [index for index in SLOTS if log.read(index)]
    record = bytearray(log.read(index) or b"")
    record[14] ^= 2
    log.write(index, bytes(record))
    assert "altered" in flash.start().fault


def test_secrets_are_in_no_text(flash: Flash) -> None:
    pin, wipe_pin, wrong = b"canary-pin", b"canary-wipe", b"canary-wrong"
    vault = opened(flash)
    set_pin(vault, pin, wipe_pin)
    vault.lock()
    texts = []
    for tried in range(6):
        try:
            texts.append(repr(vault.unlock(wrong, 0)))
            unlock(vault, wrong, waited(tried) if tried < 5 else 0)
        except errors.FobError as error:
            texts += [str(error), repr(error)]
    assert unlock(vault, pin, waited(TRIES))
    slot, device = vault.slot, flash.secret.read()
    texts += [repr(thing) for thing in (vault, slot, vault.pin, Sealer(HOST, device), vault.account(0))]
    texts += [str(vault.pin.__dict__), vault.fault]
    secrets = [
        pin,
        wipe_pin,
        wrong,
        vault.key,
        device,
        state_key(device),
        vault.identity,
        account("a").secret,
    ]
    for text in texts:
        for secret in secrets:
            assert secret.hex() not in text and repr(secret)[2:-1] not in text
    assert "wait" in " ".join(texts)


def test_the_keys_hang_together_as_documented() -> None:
    device, key, salt = b"D" * 32, b"K" * 32, b"S" * 16
    stretched = hashlib.pbkdf2_hmac("sha256", PIN, salt, 1000)
    slot = Slot.make(HOST, device, key, salt, 1000, stretched, True)
    wrapping = hkdf.hkdf(salt, device + stretched, b"fobsmith vault slot", 32)
    assert Sealer(HOST, wrapping).open(0, slot.encode()[37:]) == (0, key)
    again = Slot.decode(slot.encode())
    assert again.unwrap(HOST, device, stretched) == key
    for wrong in ((b"E" * 32, stretched), (device, b""), (device, b"x" * 32)):
        assert again.unwrap(HOST, *wrong) == b""


moves = st.lists(
    st.sampled_from(["right", "wrong", "wipe", "restart", "wait", "lock", "change", "clear", "break off"]),
    max_size=25,
)


@given(moves)
@settings(deadline=None, max_examples=40)
def test_tries_are_what_a_model_says(steps: list[str]) -> None:
    flash = Flash()
    vault = flash.start()
    vault.add(account("a"))
    set_pin(vault, PIN, WIPE_PIN)
    is_set, failures, since_ms, now_ms, held = True, 0, 0, 0, 1
    for step in steps:
        if step == "restart":
            vault, since_ms, now_ms = flash.start(), 0, 0
            if failures >= TRIES:
                is_set, failures, held = False, 0, 0
        elif step == "wait":
            now_ms += 100_000
        elif step == "lock":
            vault.lock()
        elif step in ("change", "clear"):
            if not vault.locked:
                set_pin(vault, PIN if step == "change" else b"", WIPE_PIN if step == "change" else b"")
                is_set, failures = step == "change", 0
        elif not is_set:
            assert unlock(vault, b"0000", now_ms)
        elif failures < TRIES and now_ms - since_ms < 1000 * WAITS_S[failures]:
            with pytest.raises(errors.PinWait):
                unlock(vault, PIN, now_ms)
        elif failures >= TRIES:
            assert not unlock(vault, PIN, now_ms)
            is_set, failures, held = False, 0, 0
        elif step == "break off":
            next(vault.unlock(PIN, now_ms))
            failures, since_ms = failures + 1, now_ms
        else:
            pin = {"right": PIN, "wrong": b"0000", "wipe": WIPE_PIN}[step]
            assert unlock(vault, pin, now_ms) == (step != "wrong")
            failures, since_ms = (failures + 1, now_ms) if step == "wrong" else (0, 0)
            if step == "wipe" or failures >= TRIES:
                is_set, failures, held = False, 0, 0
        assert (vault.pin.is_set, vault.pin.failures if is_set else 0) == (is_set, failures)
        assert not vault.fault
        if not vault.locked:
            assert len(vault) == held
