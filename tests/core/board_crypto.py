"""The firmware's cryptography on CPython: its file, over the simulated aesio or as without."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING
from unittest import mock

from boards.simulator import cpy_aesio
from boards.simulator.simulator import FIRMWARE

if TYPE_CHECKING:
    from tokencore.primitives import Primitives

FILE = FIRMWARE / "lib/tokenfw/hardware/crypto.py"


def board_primitives(cipher: str) -> Primitives:
    """Return a board's primitives; `cipher` "ChaChaPoly" is those of a board without aesio."""
    aesio = cpy_aesio.modules()["aesio"] if cipher == "AESGCM" else None
    spec = importlib.util.spec_from_file_location(f"crypto_{cipher}", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, {"aesio": aesio}):
        spec.loader.exec_module(module)
    primitives: Primitives = module.BoardPrimitives()
    assert primitives.cipher == cipher
    return primitives
