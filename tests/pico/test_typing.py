"""The token types on CircuitPython's own image: the host of the emulated USB reads its keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokencore.account import Account
from tokencore.otp import hotp
from tokenfw import views

from boards.compiling import Compiler
from tests.pico.bench import emulated

UTC = 1_800_000_000
SECRET = b"12345678901234567890"
_HID = 3


@pytest.mark.timeout(1800)
def test_a_long_press_types_into_the_host(
    uf2: Path, compiler: Compiler | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pico = emulated(uf2, UTC, tmp_path, compiler)
    assert pico.until(lambda: "No owner yet" in pico.texts())
    hid = pico.simulator.hardware.hid
    keyboards = [part for part in pico.simulator.host.interfaces if part.kind == _HID]  # type: ignore[union-attr]
    assert len(keyboards) == 1

    pico.connect(monkeypatch)
    pico.pair()
    pico.token.add(Account(SECRET, "count", "Example", kind="hotp"))
    pico.token.set_settings(layout="fr")
    pico.token.set_typing("Example", "count", "enter")
    assert pico.until(lambda: "count" in pico.texts())
    for counter, code in enumerate((hotp(SECRET, 0), hotp(SECRET, 1))):
        pressed_ns = pico.now_ns()
        pico.simulator.press("confirm", 1000)
        assert pico.until(lambda: hid.typed("fr").endswith("\n") and hid.released)
        assert hid.typed("fr", clear=True) == code + "\n"
        # 0.8 s of holding; the first time to load the driver takes its time.
        assert pico.now_ns() - pressed_ns < (3.0 if counter == 0 else 1.8) * 1e9
        shown = views.grouped(code)
        assert pico.until(lambda shown=shown: shown in pico.texts())  # type: ignore[misc]
    assert pico.token.accounts()[0].counter == 2
    assert hid.typed("fr") == ""
