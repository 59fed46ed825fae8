"""The image that the device tests run on; without one they skip."""

from __future__ import annotations

from pathlib import Path

import pytest

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
