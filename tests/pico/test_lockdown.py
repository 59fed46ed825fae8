"""What a USB host finds on CircuitPython's own image: each cell of the table in docs/security.md."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from boards.simulator import safe_mode
from tests.docs.security import BOOTS, boot_py, matrix
from tests.pico.bare import SLEEP, Bare, firmware

_base: list[Bare] = []  # what the forks go on from


def _restarted(reason: str) -> tuple[str, int]:
    """In a fork of its own: restart for that reason, and return what was found and after how many resets."""
    (token,) = _base
    before = token.chip.resets
    token.chip.restart(reason)
    return token.found(), token.chip.resets - before


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("boot", BOOTS)
def test_matrix_is_true(boot: str, uf2: Path) -> None:
    files = firmware("safemode.py", "settings.toml")
    token = Bare(uf2, {**files, "boot.py": boot_py(boot), "code.py": SLEEP})
    assert token.found() == matrix()[safe_mode.NONE, boot]
    _base[:] = [token]
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
        found = dict(
            zip(safe_mode.REASONS, pool.map(_restarted, safe_mode.REASONS, chunksize=1), strict=True)
        )
    assert {reason: state for reason, (state, _resets) in found.items()} == {
        reason: matrix()[reason, boot] for reason in safe_mode.REASONS
    }
    # safemode.py has run, and has made a start of its own, for every reason but the user's.
    assert {reason: resets for reason, (_state, resets) in found.items()} == {
        reason: 1 if reason == safe_mode.USER else 2 for reason in safe_mode.REASONS
    }


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("safemode", [None, b"raise RuntimeError\n"], ids=["missing", "failing"])
def test_without_safemode_py_safe_mode_is_open(safemode: bytes | None, uf2: Path) -> None:
    token = Bare(uf2, {"boot.py": boot_py("as it is"), "code.py": SLEEP, "safemode.py": safemode})
    assert token.found() == "closed"
    token.chip.restart("HARD_FAULT")
    assert token.found() == "open"
    assert token.chip.resets == 1
