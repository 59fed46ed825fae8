"""Mutated frames into the dispatcher: what `python -m tests.fuzz.dispatcher` does a million times."""

from __future__ import annotations

import pytest
from tokencore import errors, messages

from tests.fuzz.dispatcher import Fuzzer, fuzz

REACHED = {
    *(messages.OK, messages.PRESS_AWAITED),
    *(
        errors.BadMessage.status,
        errors.UnknownCommand.status,
        errors.BadValue.status,
        errors.OutOfOrder.status,
    ),
    *(errors.AccountExists.status, errors.NoSuchAccount.status, errors.Cancelled.status),
}


@pytest.mark.parametrize("seed", [2, 3])
def test_mutated_frames_do_no_harm(seed: int) -> None:
    report = fuzz(3000, seed)
    assert set(report.statuses) >= REACHED  # else the frames would not get past the first checks
    assert min(report.kinds.values()) > 3000 / len(report.kinds) / 2


def test_the_same_seed_gives_the_same_run() -> None:
    runs = [Fuzzer(4), Fuzzer(4)]
    for run in runs:
        run.run(300)
    assert runs[0].report.statuses == runs[1].report.statuses
    assert runs[0].bench.medium.data == runs[1].bench.medium.data


@pytest.mark.parametrize("fault", ["raises", "firmware failed", "leaks", "silent"])
def test_the_fuzzer_sees(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bytes] = []

    def broken(app: object, values: dict, now_ms: int) -> dict:
        if fault == "leaks":
            kept.append(bytes(50_000))
            return {}
        raise ZeroDivisionError

    if fault == "raises":
        monkeypatch.setattr("tokenfw.clock.Clock.step", lambda self, now_ms: 1 // (now_ms < 500))
    elif fault == "silent":
        monkeypatch.setattr("tokenfw.commands.Dispatcher.receive", lambda self, payload, now_ms: [])
    else:
        monkeypatch.setattr("tokenfw.about.cancel", broken)
    expected = ZeroDivisionError if fault == "raises" else AssertionError
    with pytest.raises(expected):
        fuzz(600, 5)
