"""What the fuzzers know is replayed, a few thousand frames are sent again and altered, and both would see."""

from __future__ import annotations

import pytest
from tokencore import cbor, channel, errors, frame, messages
from tokencore.account import Account

from tests.fuzz import __main__ as command
from tests.fuzz import corpus
from tests.fuzz.frames import Attacker
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_known_breaks_nothing(target: str) -> None:
    inputs = corpus.read(target)
    assert len(inputs) > 10
    for data in inputs:
        try:
            TARGETS[target](data)
        except BaseException as error:
            error.add_note(f"for the input {data.hex()}")
            raise


def test_every_target_can_be_named() -> None:
    assert tuple(TARGETS) == command.NAMES


def test_the_targets_see(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(cbor, "decode", lambda data: 0)
        with pytest.raises(AssertionError):
            TARGETS["cbor"](b"\x01")
    with monkeypatch.context() as broken:
        broken.setattr(frame.Decoder, "feed", lambda self, data: [data])
        with pytest.raises(AssertionError):
            TARGETS["frame"](b"\x01ab")
    with monkeypatch.context() as broken:
        broken.setattr(messages, "pack", lambda fields, values: {})
        with pytest.raises(AssertionError):
            for data in corpus.read("messages"):
                TARGETS["messages"](data)
    with monkeypatch.context() as broken:
        broken.setattr("tokenfw.about.info", lambda app, values, now_ms: app.vault.remove(0) or {})
        with pytest.raises(AssertionError):
            for data in corpus.read("channel"):
                TARGETS["channel"](data)
    wrong = Account(b"wrong", "a")
    with monkeypatch.context() as broken:
        broken.setattr("tokenfw.vault.Vault.account", lambda self, position: wrong)
        with pytest.raises(AssertionError):
            TARGETS["vault"](b"")


def test_nothing_that_was_recorded_or_altered_is_accepted() -> None:
    """`python -m tests.fuzz.frames` sends 100,000."""
    report = Attacker(7).run(2000)
    assert report.accepted.total() == 0, report.accepted
    assert report.sent.total() == 2000
    assert min(report.sent.values()) > 120


@pytest.mark.parametrize("fault", ["replays are taken", "nothing is authentic"])
def test_the_attacker_would_see(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_any(self: channel.Channel, record: bytes) -> bytes | None:
        if fault == "replays are taken":
            self._opened = -1
            return whole(self, record)
        try:
            return whole(self, record) or record[5:-16]
        except errors.FobError:
            return None

    whole = channel.Channel.open
    attacker = Attacker(8)
    monkeypatch.setattr(channel.Channel, "open", open_any)
    try:
        attacker.run(200)
    except (AssertionError, errors.FobError):
        return  # the owner is kept from working
    assert attacker.report.accepted
