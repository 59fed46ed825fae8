"""Hardware that is broken, a host that vanishes, and a line full of noise: the token goes on or says why."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import serial
from tokencore import frame, messages

from tests.e2e.fob import Fob
from tests.firmware.hosts import something

URI = "otpauth://totp/ACME:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME"


@pytest.mark.parametrize("fault", ["rtc-silent", "rtc-month13", "rtc-backwards", "rtc-frozen"])
def test_a_broken_clock_chip_gives_no_code_and_is_said(tmp_path: Path, fault: str) -> None:
    with Fob(tmp_path / "token") as fob:
        fob.do("sync")
        fob.do("add", "-", given=URI)
        fob.ask("clock", advance=60.0)  # Or one that runs backwards is soon before the time it was set to.
    with Fob(tmp_path / "token", "--fault", fault) as fob:
        fob.do("info")  # It has started.
        fob.ask("clock", advance=20.0)
        _, texts = fob.screen()
        assert "Clock error" in texts
        assert not [text for text in texts if text.replace(" ", "").isdigit()]
        info = fob.do("info")
        assert info["clock"] == "failed" and "clock chip" in info["faults"]
        done = fob.desk("code", "alice")
        assert done.returncode == 1
        assert json.loads(done.stdout)["error"]["kind"] == "ClockFailed"


def test_a_token_without_a_display_still_serves_the_desk(tmp_path: Path) -> None:
    with Fob(tmp_path / "token", "--fault", "display-absent") as fob:
        assert "display does not answer" in fob.do("info")["faults"]
        fob.do("sync")
        fob.do("add", "-", given=URI)
        assert fob.do("info")["accounts"] == 1


def test_a_clock_chip_without_power_is_not_set(tmp_path: Path) -> None:
    with Fob(tmp_path / "token") as fob:
        fob.do("sync")
        fob.do("add", "-", given=URI)
        fob.ask("stop", power_cut=True)
        fob.process.wait(10)
    with Fob(tmp_path / "token") as fob:
        assert fob.do("info")["clock"] == "not set"
        _, texts = fob.screen()
        assert "Clock not set" in texts


def label_of(command: messages.Command) -> dict[str, str]:
    label = {"issuer": "ACME", "name": "alice"}
    return label if command.request[:1] and command.request[0].name == "issuer" else {}


def sealed_frames(fob: Fob, requests: Iterable[tuple[messages.Command, dict[str, Any]]]) -> list[bytes]:
    """Return the frames that the owner's desk would send for some requests, one after the other."""
    with fob.open() as token:
        token.status()
        channel = token._session.channel
        assert channel is not None
        return [
            frame.encode(channel.seal(messages.encode_request(0xFFFF + number, command, values)))
            for number, (command, values) in enumerate(requests)
        ]


def test_a_host_that_vanishes_in_any_command_loses_nothing(tmp_path: Path) -> None:
    rng = random.Random(6238)
    with Fob(tmp_path / "token") as fob:
        fob.do("add", "-", given=URI)
        asked = [
            (command, {field.name: something(field) for field in command.request} | label_of(command))
            for command in messages.COMMANDS
            if command.name != "add"
        ]
        plain = [frame.encode(messages.encode_request(0xFFFF, *each)) for each in asked]
        for request in plain + sealed_frames(fob, asked):
            for cut in rng.sample(range(1, len(request) - 1), 2):
                with serial.serial_for_url(fob.port, timeout=0) as line:
                    line.write(request[:cut])
        with serial.serial_for_url(fob.port, timeout=0) as line:
            line.write(os.urandom(50_000))
        listed = fob.do("accounts")["accounts"]
        assert [(account["issuer"], account["name"]) for account in listed] == [("ACME", "alice")]


def test_a_question_that_nobody_waits_for_any_more_goes_away(tmp_path: Path) -> None:
    with Fob(tmp_path / "token", "--speed", "10") as fob:
        fob.do("add", "-", given=URI.replace("totp/", "hotp/") + "&counter=0")
        (asking,) = sealed_frames(fob, [(messages.COMMANDS["code"], {"issuer": "ACME", "name": "alice"})])
        with serial.serial_for_url(fob.port, timeout=0) as line:
            line.write(asking)
        fob.ask("clock", advance=1.0)
        assert "Send code?" in fob.screen()[1]
        fob.ask("clock", advance=messages.CONFIRM_MS / 1000)
        assert "Send code?" not in fob.screen()[1]
        assert fob.do("accounts")["accounts"][0]["counter"] == 0
