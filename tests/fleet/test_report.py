"""What the audit tells of a token's clock, and the report of a fleet's, from a real store."""

import io
import json
import random
from itertools import pairwise

import pytest
from rich.console import Console
from tokencore.otp import totp

from host_verify import fleet, render_fleet, report
from host_verify.core import Status, check
from host_verify.policy import Policy
from host_verify.service import add_token, resync, set_status, verify
from host_verify.web import models
from host_verify.windows import accepted_steps, margin
from tests.verifier.parts import NOON, POLICY, account, code_of, new_store, open_store

DAY = 86_400


@pytest.fixture
def store(tmp_path):
    with open_store(new_store(tmp_path)) as store:
        yield store


def secret(number):
    return b"%020d" % number


def add(store, user, number=0, **fields):
    return add_token(store, user, None, account(secret=secret(number), **fields), NOON)


def give(store, user, utc, offset, number=0):
    """Give what a clock that is `offset` s ahead showed 7 s ago."""
    return verify(store, user, totp(secret(number), int(utc - 7 + offset)), utc, POLICY)


def live(store, user, days, ppm=0.0, number=0):
    """Log in once a day; return the time of the last login."""
    chance = random.Random(number)
    for day in range(days):
        utc = NOON + day * DAY + chance.randrange(3600)
        assert give(store, user, utc, ppm * 1e-6 * (utc - NOON), number).accepted
    return utc


def test_the_history_ends_with_what_the_store_believes(store):
    token = add(store, "anna")
    utc = live(store, "anna", 40, ppm=11)
    assert not verify(store, "anna", "000000", utc, POLICY).accepted
    moments = fleet.history(store, token, POLICY)
    believed = store.token(token.id).state.drift
    assert len(moments) == 40
    assert (moments[-1].at, moments[-1].offset) == (utc, believed.offset)
    assert moments[-1].rate_ppm == pytest.approx(believed.rate * 1e6)
    for before, after in pairwise(moments):
        assert before.at < after.at and before.step < after.step
        # The clock that it was, 11 ppm fast, is in every interval and window.
        ahead = 11e-6 * (after.at - NOON)
        assert after.shown_low <= ahead <= after.shown_high
        assert after.window_low < ahead < after.window_high
    assert moments[-1].window_high - moments[-1].window_low < moments[1].window_high - moments[1].window_low
    assert fleet.history(store, token, POLICY, most=5)[-1].at == utc


def test_the_history_follows_a_clock_that_was_set_and_one_that_was_found(store):
    token = add(store, "anna")
    utc = live(store, "anna", 30)
    for offset in (200, 40_000 // 2):
        utc += DAY
        if offset < 300:
            assert not give(store, "anna", utc, offset).accepted
            assert give(store, "anna", utc + 40, offset).accepted
            utc += 40
        else:
            codes = [totp(secret(0), utc + offset + later) for later in (-30, 0)]
            assert resync(store, "anna", *codes, utc, POLICY).accepted
        assert fleet.history(store, token, POLICY)[-1].offset == pytest.approx(offset, abs=30)
        assert store.token(token.id).state.drift.offset == pytest.approx(offset, abs=30)


def test_counters_have_a_window_and_no_history(store):
    token = add(store, "anna", kind="hotp", counter=3)
    assert verify(store, "anna", code_of(account(secret=secret(0)), 3), NOON, POLICY).accepted
    assert fleet.history(store, token, POLICY) == []
    assert fleet.now(token, POLICY, NOON).codes == POLICY.look_ahead + 1


@pytest.mark.parametrize(("digits", "one"), [(6, 2148 / 2**31), (7, 215 / 2**31), (8, 22 / 2**31)])
def test_the_odds_are_those_of_the_best_guess(digits, one):
    assert fleet.odds(3, digits) == pytest.approx(3 * one)
    assert 3 * 10**-digits < fleet.odds(3, digits) < 3.1 * 10**-digits


@pytest.mark.parametrize("pause", [0, 30 * DAY, 400 * DAY])
def test_the_codes_of_a_window_are_those_that_are_accepted(store, pause):
    token = add(store, "anna")
    utc = live(store, "anna", 30) + DAY + pause
    token = store.token(token.id)
    key, window = store.key(token), fleet.now(token, POLICY, utc)
    counted = []
    for second in range(utc, utc + 30):
        steps = accepted_steps(key, token.state.drift, second, POLICY)
        right = [
            step
            for step in range(steps.start - 15, steps.stop + 15)
            if check(key, token.state, code_of(account(secret=secret(0)), step), second, POLICY)[0].step
            is not None
        ]
        assert right == list(steps)
        counted.append(len(right))
    assert sum(counted) / 30 == pytest.approx(window.codes, abs=0.04)


def test_the_report_counts_what_a_guesser_gets_and_leaves_out_what_is_out_of_use(store):
    for number, user in enumerate(("anna", "bob", "bob")):
        add(store, user, number)
    live(store, "anna", 40)
    add(store, "carl", 3, kind="hotp")
    lost = add(store, "dora", 4)
    set_status(store, lost.id, Status.SUSPENDED, NOON)
    utc = NOON + 41 * DAY
    found = report.survey(store, POLICY, utc)
    assert (found.clocks, found.unseen, found.counters) == (1, 2, 1)
    windows = [fleet.now(token, POLICY, utc) for token in store.tokens() if token.user in ("anna", "bob")]
    assert found.mean_codes == pytest.approx(sum(window.codes for window in windows) / 3)
    assert found.mean_odds == pytest.approx(sum(window.odds for window in windows) / 3)
    assert found.most_odds == max(window.odds for window in windows)
    assert [(each.user, each.tokens) for each in found.several] == [("bob", 2)]
    assert found.several[0].odds == pytest.approx(2 * fleet.odds(3, 6))
    assert found.offsets[0] == pytest.approx(0, abs=10)
    assert found.leaving == []


def test_a_token_that_is_silent_is_named_before_it_needs_two_codes(store):
    token = add(store, "anna")
    utc = live(store, "anna", 60)
    drift = store.token(token.id).state.drift
    widest = 10 + 30 * POLICY.silence_window
    day = next(n for n in range(400) if margin(drift, utc + n * DAY, 30, POLICY)[1] == widest)
    assert 60 < day < 200
    for days, named in ((0, False), (day - 20, False), (day - 10, True), (day + 100, True)):
        found = report.survey(store, POLICY, utc + days * DAY)
        assert [each.id for each in found.leaving] == ([token.id] if named else [])
    (leaving,) = found.leaving
    assert leaving.user == "anna"
    assert leaving.when == pytest.approx(utc + day * DAY, abs=DAY)
    assert "silent" in leaving.why


def test_tokens_at_the_edge_of_what_is_followed_are_named(store):
    narrow = Policy(max_offset=55)
    token = add(store, "anna")
    utc = live(store, "anna", 50, ppm=11)
    found = report.survey(store, narrow, utc)
    assert [(each.id, each.when > utc) for each in found.leaving] == [(token.id, True)]
    assert "offset" in found.leaving[0].why
    assert "faster" in report.survey(store, Policy(max_rate=5), utc).leaving[0].why
    assert report.survey(store, POLICY, utc).leaving == []


def test_the_report_is_shown_for_people_and_as_data(store):
    for number, user in enumerate(("anna", "bob", "bob")):
        add(store, user, number)
    add(store, "dora", 7, kind="hotp")
    utc = live(store, "anna", 60) + 300 * DAY
    found = report.survey(store, POLICY, utc)
    data = json.loads(json.dumps(render_fleet.data(found)))
    models.Fleet.model_validate(data, strict=True)
    assert data["leaving"][0]["user"] == "anna"
    assert data["codes"]["tokens"] == {"3": 2, "13": 1}
    assert set(data) == set(models.Fleet.model_fields)
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(render_fleet.text(found))
    shown = console.export_text()
    for each in (
        "1 with a clock that is known, 2 of",
        "in a million",
        "About to leave",
        "anna",
        "silent",
        "bob",
    ):
        assert each in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_report_of_an_empty_store_says_so(store):
    found = report.survey(store, POLICY, NOON)
    assert render_fleet.data(found)["offset"] is None
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(render_fleet.text(found))
    assert "0 with a clock" in console.export_text()
