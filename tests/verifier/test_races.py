"""Many processes on one store: no code twice, no failure lost, no "database is locked"."""

import multiprocessing
from collections import Counter

import pytest

from host_verify import audit
from host_verify.core import Reason
from host_verify.policy import Policy
from host_verify.service import add_token, resync, verify

from .parts import NOON, POLICY, account, code_at, code_of, open_store

WORKERS = 8
ROUNDS = {"sqlite": 150, "postgresql": 50}
GUESSES = 25  # of each worker
OPENINGS = 4  # of each of 32
PATIENT = Policy(throttle_after=1000, lock_after=1000)


@pytest.fixture
def filled(place):
    with open_store(place) as store:
        add_token(store, "anna", None, account(), NOON)
        add_token(store, "bob", None, account(kind="hotp", secret=b"b" * 20), NOON)
    return place


def at_once(task, place, workers=WORKERS):
    """Run `task(place, number, barrier)` in that many processes; return what each returned."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # or each process would import all by itself
    barrier = context.Barrier(workers, timeout=120)
    results = context.Queue()
    processes = [
        context.Process(target=_worker, args=(task, place, number, barrier, results))
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        return [results.get(timeout=240) for _ in processes]
    finally:
        for process in processes:
            process.join(30)
            if process.is_alive():
                process.kill()


def _worker(task, place, number, barrier, results):
    try:
        results.put(task(place, number, barrier))
    except BaseException as error:
        barrier.abort()
        results.put(f"{type(error).__name__}: {error}")


def present_every_code(place, number, barrier):
    """Every round all workers give the same new code at the same instant: anna's, then bob's."""
    found = []
    with open_store(place) as store:
        for turn in range(ROUNDS[place.url.get_backend_name()]):
            if turn % 2:
                user, code = "bob", code_of(account(kind="hotp", secret=b"b" * 20), turn)
            else:
                user, code = "anna", code_at(account(), NOON + 30 * turn)
            barrier.wait()
            found.append(str(verify(store, user, code, NOON + 30 * turn, POLICY).reason))
    return found


def test_eight_processes_that_present_one_code_at_one_instant_get_one_acceptance(filled):
    answers = at_once(present_every_code, filled)
    assert not [answer for answer in answers if isinstance(answer, str)]
    for turn, together in enumerate(zip(*answers, strict=True)):
        assert Counter(together) == {"accepted": 1, "replayed": WORKERS - 1}, turn
    with open_store(filled) as store:
        examined = audit.examine(store)
        assert examined.faults == []
        assert examined.entries == 3 + WORKERS * len(answers[0])
        assert [token.version for token in store.tokens()] == [len(answers[0]) // 2] * 2
    assert len(answers[0]) in ROUNDS.values()


def resynchronise_at_once(place, number, barrier):
    with open_store(place) as store:
        codes = [code_at(account(), NOON + seconds) for seconds in (3000, 3030)]
        barrier.wait()
        return resync(store, "anna", *codes, NOON, POLICY).reason


def test_one_pair_of_codes_brings_a_token_back_once(filled):
    assert Counter(at_once(resynchronise_at_once, filled)) == {
        Reason.ACCEPTED: 1,
        Reason.REPLAYED: WORKERS - 1,
    }


def give_wrong_codes(place, number, barrier):
    with open_store(place) as store:
        barrier.wait()
        return [verify(store, "anna", wrong(), NOON, PATIENT).reason for _ in range(GUESSES)]


def give_one_wrong_code(place, number, barrier):
    with open_store(place) as store:
        barrier.wait()
        return verify(store, "anna", wrong(), NOON, POLICY).reason


def wrong():
    near = {code_at(account(), NOON + 30 * shift) for shift in range(-30, 31)}
    return next(code for code in ("000000", "111111", "222222") if code not in near)


def test_no_failure_is_lost(filled):
    answers = at_once(give_wrong_codes, filled)
    assert answers == [[Reason.WRONG_CODE] * GUESSES] * WORKERS
    with open_store(filled) as store:
        assert store.tokens("anna")[0].state.failures == GUESSES * WORKERS


def test_guesses_at_one_instant_are_throttled_as_if_they_had_come_in_turn(filled):
    answers = Counter(at_once(give_one_wrong_code, filled))
    assert answers == {Reason.WRONG_CODE: 3, Reason.THROTTLED: WORKERS - 3}
    with open_store(filled) as store:
        assert store.tokens("anna")[0].state.failures == 3


def open_check_close(place, number, barrier):
    barrier.wait()
    for turn in range(OPENINGS):
        with open_store(place) as store:
            verify(store, "anna", code_at(account(), NOON + 300 * turn), NOON + 300 * turn, POLICY)
            add_token(store, f"user{number}", None, account(secret=b"%10d%10d" % (number, turn)), NOON)
    return "done"


def test_thirty_two_processes_that_open_and_close_are_never_told_that_the_store_is_locked(filled):
    assert at_once(open_check_close, filled, workers=32) == ["done"] * 32
    with open_store(filled) as store:
        assert len(store.tokens()) == 2 + 32 * OPENINGS
