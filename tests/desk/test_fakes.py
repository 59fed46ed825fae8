"""Fake tokens and whoever is in the middle: each is refused, and named for what it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
import serial
from tokencore import channel, errors, frame, messages
from tokencore.account import Account

from provisioner import LinkLost, Token, trust
from provisioner.desk_key import DeskKey
from provisioner.handshake import Handshake
from provisioner.known import KnownToken
from provisioner.link import Link
from provisioner.pairing import DigitsDiffer
from provisioner.session import Session
from tests.desk.conftest import QUICK
from tests.desk.impostor import Impostor, Values
from tests.desk.line import LineToken
from tests.desk.test_cli import run
from tests.firmware.parts import SERIAL

PAIRED_UTC = 1_800_000_000
URI = "otpauth://totp/Example:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example"
COMMANDS = [("add",), ("accounts",), ("sync",), ("unlock",), ("wipe",), ("status",), ("info",), ("pair",)]


class TestAnotherKey:
    """The number of a token that this desk has paired with, on something that is not that token."""

    @pytest.fixture(params=["as it comes", "that calls this desk its owner"])
    def clone(self, request, key: DeskKey):
        key.known.keep(KnownToken(SERIAL, os.urandom(32), PAIRED_UTC))
        with LineToken(paired=False) as other:
            if request.param != "as it comes":
                other.vault.set_owner(key.public)
            yield other

    @pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
    def test_every_command_names_it_and_sends_it_nothing(self, clone: LineToken, command) -> None:
        told = run("--port", clone.port, *command, given=URI, status=1)
        assert SERIAL in told.stderr
        assert "paired on 2027-01-15" in told.stderr
        assert "Do not use it" in told.stderr
        assert set(clone.asked()) <= {"hello", "info", "open"}
        assert clone.app.dispatcher.channels().sessions == []

    def test_a_token_that_was_erased_is_paired_anew_on_the_users_word(self, key: DeskKey) -> None:
        key.known.keep(KnownToken(SERIAL, os.urandom(32), PAIRED_UTC))
        with LineToken(paired=False, presses=True) as line, Token.open(line.port, QUICK, key) as token:
            with pytest.raises(trust.SwappedToken) as caught:
                token.pair(PAIRED_UTC, line.digits)
            assert "--erased" in caught.value.advice
            token.pair(PAIRED_UTC + 86400, line.digits, erased=True)
            assert token.accounts() == []
            known = key.known.find(SERIAL)
            assert known is not None
            assert (known.key, known.paired_date) == (line.vault.identity_public, "2027-01-16")

    @pytest.mark.parametrize("fails", [DigitsDiffer, KeyboardInterrupt])
    def test_a_pairing_that_fails_forgets_no_key_that_was_compared(self, key: DeskKey, fails) -> None:
        real = KnownToken(SERIAL, os.urandom(32), PAIRED_UTC)
        key.known.keep(real)

        def compare() -> str:
            if fails is KeyboardInterrupt:
                raise fails
            return "12345"

        with LineToken(paired=False, presses=True) as line, Token.open(line.port, QUICK, key) as token:
            with pytest.raises(fails):
                token.pair(PAIRED_UTC + 86400, compare, erased=True)
            assert key.known.find(SERIAL) == real
            with pytest.raises(trust.SwappedToken):
                token.add(Account(b"secret", "anna"))
            assert "add" not in line.asked()

    def test_a_desk_that_only_met_a_token_forgets_it_at_once(self, key: DeskKey) -> None:
        key.known.keep(KnownToken(SERIAL, os.urandom(32)))
        with LineToken(paired=False) as line, Token.open(line.port, QUICK, key) as token:
            line.vault.set_owner(os.urandom(32))
            with pytest.raises(errors.HasOwner):
                token.pair(PAIRED_UTC, line.digits, erased=True)
            assert key.known.find(SERIAL) is None


def test_a_token_of_another_number_that_calls_this_desk_its_owner_gets_no_secret(key: DeskKey) -> None:
    with LineToken(paired=False, serial="0123456789ABCDEF") as line:
        line.vault.set_owner(key.public)
        told = json.loads(run("--port", line.port, "--json", "add", given=URI, status=1).stdout)["error"]
        assert told["kind"] == "NotPaired"
        assert "nobody has compared" in told["message"]
        assert len(line.vault) == 0
        assert "add" not in line.asked()


class Middle(Impostor):
    """Between the desk and a token: shakes hands with each, and pairs with the token in the desk's place."""

    def __init__(self, line: LineToken, passes_on: bool) -> None:
        answers = {"pair": self.pair, "reveal": self.reveal, "own": self.own, "cancel": lambda _: {}}
        super().__init__(SERIAL, answers=answers)
        self._up = Session(Link(line.port), QUICK)
        handshake = Handshake(self._up.greeting, self._up.nonce, os.urandom(32))
        handshake.learn(self._up.request)
        self._up.channel, _ = handshake.finish(self._up.request)
        self._passes_on = passes_on  # the desk's commitment and nonce, or his own
        self._nonce = os.urandom(32)

    def pair(self, values: Values) -> Values:
        if not self._passes_on:
            values = {"commitment": channel.commitment(self._nonce)}
        return self._up.request("pair", values)

    def reveal(self, values: Values) -> Values:
        return self._up.request("reveal", values if self._passes_on else {"nonce": self._nonce})

    def own(self, _: Values) -> Values:
        raise AssertionError("the desk went on")

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._up.close()


@pytest.mark.parametrize("passes_on", [True, False])
def test_who_is_in_the_middle_of_a_pairing_is_found_by_the_digits(key: DeskKey, passes_on: bool) -> None:
    with LineToken(paired=False) as line, Middle(line, passes_on) as middle:
        with Token.open(middle.port, QUICK, key) as token, pytest.raises(DigitsDiffer) as caught:
            token.pair(PAIRED_UTC, line.digits)
        assert "somebody" in str(caught.value) + caught.value.advice
        assert [name for name, _ in middle.asked] == ["pair", "reveal", "cancel"]
        assert line.vault.owner == b""
    assert key.known.find(SERIAL) is None


def test_the_digits_of_an_honest_pairing_are_the_same_at_both_ends(key: DeskKey) -> None:
    with LineToken(paired=False, presses=True) as line, Token.open(line.port, QUICK, key) as token:
        token.pair(PAIRED_UTC, line.digits)
        assert line.vault.owner == key.public
        assert token.accounts() == []


def test_who_comes_into_the_middle_later_is_found_by_his_key(line: LineToken, key: DeskKey) -> None:
    with Middle(line, True) as middle, Token.open(middle.port, QUICK, key) as token:
        for attempt in (token.accounts, token.status, lambda: token.unlock("1234")):
            with pytest.raises(trust.SwappedToken, match=SERIAL):
                attempt()
        assert (middle.asked, middle.remote) == ([], b"")


def plainly(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[bytes], list[bytes]]:
    """Return what changes the answer to hello on the line."""

    def changed(data: bytes) -> list[bytes]:
        (payload,) = frame.Decoder().feed(data)
        if payload[0] == channel.SEALED:
            return [data]
        sequence, status, packed = messages.decode_response(payload)
        if status != messages.OK or 2 not in packed:
            return [data]
        row = messages.COMMANDS["hello"]
        values = change(messages.unpack(row.response, packed, False))
        return [frame.encode(messages.encode_response(sequence, row, values))]

    return changed


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda values: {**values, "protocol": 1}, errors.ChannelFailed),
        (lambda values: {name: values[name] for name in values if name != "cipher"}, trust.OldFirmware),
        (lambda values: {**values, "cipher": "ChaChaPoly"}, errors.ChannelFailed),
        (lambda values: {**values, "serial": "0123456789ABCDEF"}, errors.ChannelFailed),
    ],
    ids=["protocol", "no channel", "cipher", "serial"],
)
def test_a_greeting_that_was_changed_on_the_line_leads_to_nothing(line, key, change, fault) -> None:
    line.to_host = plainly(change)
    with Token.open(line.port, QUICK, key) as token, pytest.raises(fault):
        token.add(Account(b"12345678901234567890", "alice"))
    assert len(line.vault) == 0


def resealed(change: Callable[[bytes], bytes]) -> Callable[[bytes], list[bytes]]:
    """Return what changes sealed payloads on the line, in frames that are in order."""

    def changed(data: bytes) -> list[bytes]:
        out = []
        for payload in decoder.feed(data):
            out.append(frame.encode(change(payload) if payload[0] == channel.SEALED else payload))
        return out

    decoder = frame.Decoder()
    return changed


def test_no_changed_bit_of_a_record_is_taken_for_anything(line: LineToken, token: Token) -> None:
    for byte in range(0, 60, 3):

        def flip(payload: bytes, at: int = byte) -> bytes:
            changed = bytearray(payload)
            changed[at % len(changed)] ^= 1 << at % 8
            return bytes(changed)

        line.to_token = resealed(flip)
        with pytest.raises(LinkLost):
            token.add(Account(b"12345678901234567890", f"account {byte}"))
        line.to_token = lambda data: [data]
        assert len(line.vault) == 0
    assert token.add(Account(b"12345678901234567890", "at last")) == 0


def test_what_was_recorded_does_nothing_when_it_is_played_again(line: LineToken) -> None:
    heard: list[bytes] = []

    def record(data: bytes) -> list[bytes]:
        heard.append(data)
        return [data]

    line.to_token = record
    with line.open() as token:
        token.add(Account(b"12345678901234567890", "alice"))
        token.remove("", "alice")
    line.to_token = lambda data: [data]
    with serial.serial_for_url(line.port, timeout=0.05) as played:
        for data in heard * 3:
            played.write(data)
            played.read(1024)
    with line.open() as token:
        assert token.accounts() == []
    assert line.asked().count("add") == 1


def test_an_answer_that_is_not_sealed_is_nobodys_word(line: LineToken, token: Token) -> None:
    """Whoever can write on the line answers in the token's place, and is passed over."""

    def forge(data: bytes) -> list[bytes]:
        sequence = token._session._sequence
        position = messages.encode_response(sequence, messages.COMMANDS["add"], {"position": 0})
        return [frame.encode(position)]

    line.to_host = forge
    with pytest.raises(LinkLost):
        token.add(Account(b"12345678901234567890", "alice"))


def test_a_strangers_handshake_does_not_end_the_owners_session(line: LineToken, token: Token) -> None:
    session = token._session
    stranger = Handshake(session.greeting, session.nonce, os.urandom(32))
    stranger.learn(session.request)
    stranger.finish(session.request)
    assert token.add(Account(b"12345678901234567890", "alice")) == 0
    assert line.asked().count("open") == 2  # the owner's own, and the stranger's
