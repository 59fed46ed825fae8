"""The image that the device tests run on; without one they skip."""

from __future__ import annotations

from pathlib import Path

import pytest

from boards.compiling import Compiler

MINUTES = 60


@pytest.fixture(scope="session")
def uf2(request: pytest.FixtureRequest) -> Path:
    """Return the image of `--pico-uf2`."""
    path = request.config.getoption("--pico-uf2")
    if path is None:
        pytest.skip(
            "run these on CircuitPython itself, on an emulated Pico, with pytest --pico-uf2 FILE tests/pico"
            " (FILE: CircuitPython 10.1 or newer for raspberry_pi_pico)"
        )
    return Path(path).resolve()


@pytest.fixture(scope="session")
def compiler(request: pytest.FixtureRequest) -> Compiler | None:
    """Return the compiler of `--mpy-cross`, None where the firmware is to be source on the drive."""
    path = request.config.getoption("--mpy-cross")
    return None if path is None else Compiler(Path(path))
