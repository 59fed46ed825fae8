"""A sync over a line with jitter, and with a token that takes long to seal what it says."""

from __future__ import annotations

import pytest

from provisioner import sync
from tests.desk import sync_jitter
from tests.desk.slow_token import UTC, slow_token
from tests.pico.bench import simulated


def test_the_clock_is_right_to_50_ms_after_jitter_of_40_ms() -> None:
    """`python -m tests.desk.sync_jitter --runs 200` does it more often."""
    fob = simulated(sync_jitter.UTC)
    try:
        assert fob.until(lambda: bool(fob.texts()))
        with fob.connected():
            fob.pair()
            found = sync_jitter.measured(fob, 25, 40, seed=3)
    finally:
        fob.simulator.close()
    assert max(abs(error) for error, _said in found) <= sync_jitter.AIM_MS
    assert len({error for error, _said in found}) > 10, "or the jitter does nothing"


@pytest.mark.parametrize("seal_ms", [0, 10, 40])
def test_sealing_takes_time_and_moves_no_clock(seal_ms: int) -> None:
    """Half of it would, were the answer taken to leave when it was made."""
    fob = slow_token(open_ms=20, seal_ms=seal_ms)
    with fob.connected():
        done = sync.synchronise(fob.token, fob.now_ns)
        assert abs(done.after.tick_zero_ns - UTC * 10**9) <= 2_000_000, "the world's, when its ticks began"
        assert abs(done.after.offset_ns) <= 2_000_000
        # 20 ms of opening are behind `received`, and all of sealing before `written`.
        assert done.after.uncertainty_ns < 3_000_000
