"""Many tokens into the store at once, on each database: all or none, whatever is there or comes meanwhile."""

import itertools
import random

import pytest

from host_verify import audit
from host_verify import store as store_module
from host_verify.core import Status
from host_verify.errors import VerifierError
from host_verify.intake import Problem, Seed, take
from host_verify.service import add_token, assign, verify

from .parts import NOON, POLICY, account, code_at, new_store, open_store


def seeds(count, first=0):
    return [
        Seed(f"line {n}", account(secret=n.to_bytes(20, "big"), name=f"u{n}"), f"u{n}", f"S{n}")
        for n in range(first, first + count)
    ]


def test_all_come_in_with_their_audit_and_work(place):
    with open_store(place) as store:
        report = take(store, seeds(1203), NOON, "a file")
        assert (len(report.added), report.problems, report.known) == (1203, [], [])
        tokens = store.tokens()
        assert {token.user for token in tokens} == {f"u{n}" for n in range(1203)}
        assert {token.state.status for token in tokens} == {Status.NEW}
        code = code_at(account(secret=(1202).to_bytes(20, "big")), NOON)
        assert verify(store, "u1202", code, NOON, POLICY).accepted
        assert audit.examine(store).faults == []
        entries = [linked.entry for linked in audit.every(store)]
        assert [entry.action for entry in entries].count("import token") == 1203
        assert [entry.reason for entry in entries if entry.action == "import"] == ["1203 tokens from a file"]


def test_one_that_is_there_keeps_all_out_or_is_passed_over(place):
    with open_store(place) as store:
        there = add_token(store, "anna", "S7", account(secret=(3).to_bytes(20, "big")), NOON)
        report = take(store, seeds(10), NOON, "a file")
        assert [(problem.place, problem.why) for problem in report.problems] == [
            ("line 3", f"token {there.id} of anna has this secret"),
            ("line 7", f"token {there.id} of anna has this serial number"),
        ]
        assert len(store.tokens()) == 1
        # What is passed over is known by its secret; a serial number that another token has stays a fault.
        report = take(store, seeds(10), NOON, "a file", skip_known=True)
        assert [problem.place for problem in report.problems] == ["line 7"]
        report = take(store, seeds(7), NOON, "a file", skip_known=True)
        assert (len(report.added), len(report.known), report.problems) == (6, 1, [])
        assert len(store.tokens()) == 7
        assert take(store, seeds(7), NOON, "a file", skip_known=True).added == []


def test_one_secret_twice_in_a_file_keeps_all_out_or_comes_in_once(place):
    with open_store(place) as store:
        twice = [*seeds(2), Seed("line 3", seeds(2)[1].account)]
        report = take(store, twice, NOON, "a file")
        assert [problem.place for problem in report.problems] == ["line 3"]
        assert store.tokens() == []
        report = take(store, twice, NOON, "a file", skip_known=True)
        assert (len(report.added), [known.place for known in report.known]) == (2, ["line 3"])
        assert len(store.tokens()) == 2


def test_what_reading_has_met_keeps_all_out(place):
    with open_store(place) as store:
        report = take(store, seeds(2), NOON, "a file", problems=[Problem("line 9", "no")])
        assert (len(report.added), len(report.problems)) == (2, 1)
        assert store.tokens() == []


@pytest.mark.parametrize(
    ("user", "serial"), [("a\nb", None), (" a", None), ("a", ""), ("a", "x" * 65), ("a" * 256, "")]
)
def test_names_that_cannot_be_are_problems(place, user, serial):
    with open_store(place) as store:
        report = take(store, [Seed("line 1", account(), user, serial)], NOON, "a file")
        assert len(report.problems) == 1
        assert store.tokens() == []


def test_what_is_added_meanwhile_is_seen(place, monkeypatch):
    with open_store(place) as store, open_store(place) as other:
        write, told = store.write, []

        def late(*arguments, **more):
            if not told:
                told.append(take(other, seeds(1, 4), NOON, "another"))
            return write(*arguments, **more)

        monkeypatch.setattr(store, "write", late)
        report = take(store, seeds(10), NOON, "a file")
        assert [problem.place for problem in report.problems] == ["line 4"]
        assert len(store.tokens()) == 1


def test_ids_drawn_twice_are_drawn_again(place, monkeypatch):
    with open_store(place) as store:
        taken = add_token(store, "anna", None, account(), NOON).id
        ids = itertools.chain(
            [taken, "00000001", "00000001", "00000002"], map("{:08x}".format, range(50, 99))
        )
        monkeypatch.setattr(store_module.secrets, "token_hex", lambda _: next(ids))
        report = take(store, seeds(3), NOON, "a file")
        assert len({token.id for _, token in report.added} | {taken}) == 4
        assert len(store.tokens()) == 4


def test_ids_are_found_however_many_are_taken(tmp_path, monkeypatch):
    """As with a million tokens in the store, where some of each 100,000 draw an id that is taken."""
    drawn = random.Random(7)
    monkeypatch.setattr(store_module.secrets, "token_hex", lambda _: f"{drawn.randrange(3000):08x}")
    with open_store(new_store(tmp_path)) as store:
        for first in (0, 700, 1400):
            assert len(take(store, seeds(700, first), NOON, "a file").added) == 700
        tokens = store.tokens()
        assert len({token.id for token in tokens}) == len(tokens) == 2100
        assert {store.account(token).secret for token in tokens} == {
            n.to_bytes(20, "big") for n in range(2100)
        }


def test_a_store_that_never_takes_it_is_an_error(place, monkeypatch):
    with open_store(place) as store:
        monkeypatch.setattr(store, "write", lambda *_, **__: False)
        with pytest.raises(VerifierError, match="changes too fast"):
            take(store, seeds(1), NOON, "a file")


def test_a_token_goes_from_user_to_user_with_its_state(place):
    with open_store(place) as store:
        take(store, [Seed("line 1", account(), serial="S1")], NOON, "a file")
        (token,) = store.tokens("")
        assert assign(store, token.id, "anna", NOON).user == "anna"
        code = code_at(account(), NOON)
        assert verify(store, "anna", code, NOON, POLICY).accepted
        assert assign(store, token.id, "bob", NOON).state.next_step > 0
        assert verify(store, "bob", code, NOON, POLICY).reason == "replayed"
        assert store.tokens("anna") == []
        reasons = [linked.entry.reason for linked in audit.every(store) if linked.entry.action == "assign"]
        assert reasons == ["nobody's before", "'anna' before"]
