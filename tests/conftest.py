"""Options of the whole suite, and how hypothesis looks for cases: the same ones in every run."""

from __future__ import annotations

import gc
import os
import signal
import sys

import pytest
from hypothesis import settings

settings.register_profile("fobsmith", derandomize=True, deadline=None)
settings.load_profile("fobsmith")

# Else each worker would compile all tests anew, and each of the programs that they start the suite.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell's background job ignores SIGINT, and so would all that the tests start; Ctrl-C is one of them.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--circuitpython",
        metavar="PATH",
        help="also run the portable code on this CircuitPython: a unix build with a board's features",
    )
    parser.addoption(
        "--pico-uf2",
        metavar="FILE",
        help="also run the firmware on this CircuitPython image for raspberry_pi_pico, emulated (minutes)",
    )
    parser.addoption(
        "--mpy-cross",
        metavar="PATH",
        help="with --pico-uf2: with a firmware that this mpy-cross of CircuitPython's has compiled",
    )


def pytest_collection_finish() -> None:
    """Keep what the collection has made out of every later garbage collection: it stays to the end."""
    gc.collect()
    gc.freeze()
