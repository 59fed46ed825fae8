"""The audit: everything is in it, no secret is, and what is done to it afterwards is found and located."""

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from host_verify import apikeys, audit
from host_verify.apikeys import Scope
from host_verify.audit import Actor, Fault
from host_verify.cli import cli
from host_verify.core import Status
from host_verify.database import written
from host_verify.errors import VerifierError
from host_verify.service import add_token, resync, set_status, verify
from host_verify.session import Session

from .parts import MASTER, NOON, POLICY, SECRET, account, code_at, open_store

BY = Actor("http", "3f9a1c02 vpn")
TABLE = sa.table(
    "audit", *map(sa.column, ("seq", "at", "door", "actor", "action", "reason", "user", "token", "link"))
)


@pytest.fixture
def store(place):
    with open_store(place) as store:
        yield store


def live(store):
    """Some days of a store's life: ten entries after the one that made it."""
    token = add_token(store, "anna", None, account(), NOON, BY)
    verify(store, "anna", code_at(account(), NOON), NOON, POLICY, BY)
    verify(store, "anna", code_at(account(), NOON), NOON, POLICY, BY)
    verify(store, "anna", "000000", NOON + 1, POLICY, BY)
    verify(store, "nobody", "000000", NOON + 2, POLICY, BY)
    verify(store, "no\0body", "000000", NOON + 3, POLICY, BY)
    resync(store, "anna", "000000", "111111", NOON + 4, POLICY, BY)
    set_status(store, token.id, Status.SUSPENDED, NOON + 5, BY)
    key, _ = apikeys.add(store, "vpn", Scope.VERIFY, NOON + 6, BY)
    apikeys.revoke(store, key.id, NOON + 7, BY)
    return token, key


def tamper(place, *statements):
    with written(place) as connection:
        for statement in statements:
            connection.execute(sa.text(statement) if isinstance(statement, str) else statement)


def test_every_decision_and_change_is_in_it_with_actor_door_and_reason(store):
    token, key = live(store)
    found = [linked.entry for linked in audit.every(store)]
    assert [(each.at - NOON, each.action, each.reason, each.user, each.token) for each in found] == [
        (0, "make store", "done", None, None),
        (0, "add token", "done", "anna", token.id),
        (0, "verify", "accepted", "anna", token.id),
        (0, "verify", "replayed", "anna", token.id),
        (1, "verify", "wrong_code", "anna", token.id),
        (2, "verify", "unknown_user", "nobody", None),
        (3, "verify", "unknown_user", None, None),
        (4, "resync", "wrong_code", "anna", token.id),
        (5, "set status", "suspended", "anna", token.id),
        (6, "add API key", f"{key.id} verify", None, None),
        (7, "revoke API key", key.id, None, None),
    ]
    assert {each.actor for each in found[1:]} == {BY}
    assert [linked.seq for linked in audit.latest(store, 3, user="anna")] == [5, 8, 9]
    assert [linked.seq for linked in audit.latest(store, 100, token=token.id)] == [2, 3, 4, 5, 8, 9]
    examined = audit.examine(store)
    assert (examined.entries, examined.faults) == (11, [])
    assert examined.head == list(audit.every(store))[-1].link.hex()


def test_what_is_refused_by_the_store_is_in_neither(store):
    add_token(store, "anna", None, account(), NOON)
    with pytest.raises(VerifierError):
        add_token(store, "bob", None, account(), NOON)
    assert len(list(audit.every(store))) == 2


def test_no_code_and_no_secret_is_in_it(store):
    _, text = apikeys.add(store, "vpn", Scope.VERIFY, NOON)
    live(store)
    said = repr(
        [
            (linked.entry.actor, linked.entry.action, linked.entry.reason, linked.entry.user)
            for linked in audit.every(store)
        ]
    )
    for secret in (code_at(account(), NOON), "000000", SECRET.decode(), text, MASTER.hex()):
        assert secret not in said


@pytest.mark.parametrize("column", ["at", "door", "actor", "action", "reason", "user", "token", "link"])
@pytest.mark.parametrize("seq", [1, 5, 11])
def test_one_byte_altered_is_found_and_located(store, place, seq, column):
    live(store)
    (row,) = store.read(sa.select(TABLE).where(TABLE.c.seq == seq))
    value = getattr(row, column)
    if isinstance(value, bytes):
        changed = value[:-1] + bytes([value[-1] ^ 1])
    elif isinstance(value, int):
        changed = value + 1
    else:
        changed = (value or "") + "x"
    tamper(place, sa.update(TABLE).where(TABLE.c.seq == seq).values({column: changed}))
    faults = audit.examine(store).faults
    assert faults[0] == Fault(seq, seq, "altered")
    # A link is also what the next entry, or the head, was bound to.
    after = {5: [Fault(6, 6, "altered")], 1: [Fault(2, 2, "altered")], 11: [Fault(11, 11, "not the head's")]}
    assert faults[1:] == (after[seq] if column == "link" else [])


def test_missing_entries_are_found_wherever_they_were(store, place):
    live(store)
    tamper(place, "DELETE FROM audit WHERE seq IN (4, 5)")
    assert audit.examine(store).faults == [Fault(4, 5, "missing")]
    tamper(place, "DELETE FROM audit WHERE seq = 1")
    assert audit.examine(store).faults == [Fault(1, 1, "missing"), Fault(4, 5, "missing")]


def test_the_newest_entries_cannot_be_taken_away_unnoticed(store, place):
    live(store)
    tamper(place, "DELETE FROM audit WHERE seq > 9")
    assert audit.examine(store).faults == [Fault(10, 11, "missing")]
    tamper(place, "UPDATE audit_head SET seq = 9")
    assert "head" in audit.examine(store).faults[-1].what
    tamper(place, "DELETE FROM audit", "DELETE FROM audit_head")
    assert "head" in audit.examine(store).faults[0].what


def test_entries_that_changed_places_are_found(store, place):
    live(store)
    tamper(
        place,
        "UPDATE audit SET seq = 99 WHERE seq = 4",
        "UPDATE audit SET seq = 4 WHERE seq = 6",
        "UPDATE audit SET seq = 6 WHERE seq = 99",
    )
    assert {fault.first for fault in audit.examine(store).faults} >= {4, 6}


def test_an_entry_put_in_is_found(store, place):
    live(store)
    tamper(
        place,
        sa.insert(TABLE).values(
            seq=12, at=NOON, door="cli", actor="root", action="verify", reason="accepted", link=b"l" * 32
        ),
    )
    assert Fault(12, 12, "altered") in audit.examine(store).faults


@pytest.mark.parametrize("statement", ["DELETE FROM audit_head", "UPDATE audit_head SET seq = seq + 1"])
def test_nothing_is_accepted_where_it_could_not_be_told(store, place, statement):
    add_token(store, "anna", None, account(), NOON)
    tamper(place, statement)
    with pytest.raises(VerifierError, match="audit's head"):
        verify(store, "anna", code_at(account(), NOON), NOON, POLICY)
    assert store.tokens()[0].state.next_step == 0


def test_the_commands(tmp_path, monkeypatch):
    monkeypatch.setenv("HOST_VERIFY_STORE", f"sqlite:///{tmp_path}/verifier.db")

    def run(*arguments, status=0, given=""):
        result = CliRunner().invoke(cli, arguments, input=given)
        assert result.exit_code == status, result.output
        return result.stdout

    run("init")
    run("check", "anna", given="123456", status=1)
    shown = run("audit", "show")
    assert "make store" in shown
    assert "unknown_user" in shown
    exported = [json.loads(line) for line in run("audit", "export").splitlines()]
    assert [(each["seq"], each["door"], each["action"]) for each in exported] == [
        (1, "cli", "make store"),
        (2, "cli", "verify"),
    ]
    assert json.loads(run("--json", "audit", "show", "--user", "anna"))["entries"] == exported[1:]
    assert json.loads(run("audit", "export", "--after", "1")) == exported[1]
    whole = json.loads(run("--json", "audit", "verify"))
    assert whole == {"whole": True, "entries": 2, "head": exported[1]["link"], "faults": []}
    assert f"The audit is whole: 2 entries, head {whole['head']}" in run("audit", "verify")
    with open_with_key(tmp_path) as store:
        tamper(store.place, "UPDATE audit SET reason = 'accepted' WHERE seq = 2")
    assert run("audit", "verify", status=1).startswith("Entry 2: altered\nThe audit is not as it was written")
    assert json.loads(run("--json", "audit", "verify", status=1))["faults"] == [
        {"first": 2, "last": 2, "what": "altered"}
    ]


def open_with_key(folder):
    from host_verify.database import file_place
    from host_verify.opening import Opener

    return Opener(file_place(folder / "verifier.db"), folder / "verifier.db.key").open()


def test_an_account_without_a_name_is_named_by_its_number(monkeypatch):
    monkeypatch.setattr("os.getuid", lambda: 3_999_999_999)
    assert Session(None, False, POLICY).actor == Actor("cli", "uid 3999999999")
