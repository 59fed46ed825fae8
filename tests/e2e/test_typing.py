"""Typing as users see it: the desk's choices, a long press, and what the computer has got."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokencore.otp import hotp

from tests.e2e.fob import Fob, run

SECRET = b"12345678901234567890"
URI = "otpauth://hotp/Door:door?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Door&counter=3"


def typed(fob: Fob, *options: str) -> dict:
    done = run("fobsim", "typed", "--state", str(fob.folder), *options)
    assert done.returncode == 0, done.stderr
    answer: dict = json.loads(done.stdout)
    return answer


def test_a_long_press_types_what_the_desk_has_chosen(tmp_path: Path) -> None:
    with Fob(tmp_path / "token") as fob:
        fob.do("add", "-", given=URI)
        assert typed(fob) == {"layout": "us", "text": "", "released": True}
        fob.ask("press", button="confirm", hold_ms=1500)
        assert typed(fob)["text"] == hotp(SECRET, 3)
        fob.do("typing", "Door", "enter")
        assert fob.do("settings", "--layout", "fr") == {"layout": "fr", "language": "en"}
        assert typed(fob, "--clear")["text"] == hotp(SECRET, 3)
        fob.ask("press", button="confirm", hold_ms=1500)
        assert typed(fob, "--layout", "FR") == {
            "layout": "fr",
            "text": hotp(SECRET, 4) + "\n",
            "released": True,
        }
        assert typed(fob, "--layout", "us")["text"] != hotp(SECRET, 4) + "\n"
        assert fob.do("accounts")["accounts"][0]["counter"] == 5


@pytest.mark.parametrize(
    ("options", "status"), [(("--layout", "modhex"), 2), (("--layout", "de"), 3)], ids=["layout", "folder"]
)
def test_wrong_use(tmp_path: Path, options: tuple[str, ...], status: int) -> None:
    assert run("fobsim", "typed", "--state", str(tmp_path), *options).returncode == status
