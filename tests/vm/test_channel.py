"""Handshake, pairing, resumption and PIN on a board's interpreters."""

from __future__ import annotations

import pytest
from tokencore import errors, messages

from tests.vm.interpreters import Interpreter


@pytest.mark.parametrize("cipher", ["AESGCM", "ChaChaPoly"])
def test_a_desk_and_its_token(board_vm: Interpreter, cipher: str) -> None:
    interpreter = board_vm.roomy()
    ((kind, seen),) = interpreter.run([("channel life", interpreter.drive_file(), cipher)])
    assert kind == "ok", seen
    pressed = (messages.PRESS_AWAITED, messages.OK)
    assert seen == [
        *("stranger", errors.NotOwner.status, True, pressed, "owner"),
        *(True, 0, messages.OK),
        *(messages.OK, errors.Locked.status, errors.WrongPin.status, messages.OK, messages.OK),
        *(pressed, errors.NotOwner.status, "stranger"),
    ]
