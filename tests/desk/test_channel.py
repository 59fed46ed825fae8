"""The channel as the desk has it, against the other half of the same handshake."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provisioner import Token, desk_key
from provisioner.desk_key import DeskKey, NoDeskKey
from provisioner.known import KnownToken
from provisioner.session import ChannelLost
from provisioner.trust import NotPaired, SwappedToken
from tests.desk.conftest import QUICK
from tests.desk.impostor import PRIMITIVES, Impostor

SERIAL = "E0C9125B0D9B0C2F"


@pytest.fixture
def desk(tmp_path: Path) -> DeskKey:
    desk_key.init(tmp_path / "desk.key")
    return desk_key.load(tmp_path / "desk.key", lambda: b"")


def status(role: str = "stranger", paired: bool = False) -> dict:
    quiet = dict.fromkeys(("locked", "pin", "digits", "wipe_pin"), False)
    return {"role": role, "paired": paired, "tries": 10, "wait": 0, "auto_lock": 0, **quiet}


def test_anybody_may_ask_for_the_status_and_the_desks_key_stays_unknown() -> None:
    with Impostor(SERIAL, answers={"status": lambda _: status()}) as impostor:
        with Token.open(impostor.port, QUICK) as token:
            assert token.status().role == "stranger"
        first = impostor.remote
        with Token.open(impostor.port, QUICK) as token:
            token.status()
    assert len({first, impostor.remote, bytes(32)}) == 3


def test_a_token_is_known_by_its_key(desk: DeskKey) -> None:
    with Impostor(SERIAL, answers={"status": lambda _: status(), "lock": lambda _: {}}) as impostor:
        key = PRIMITIVES.public(impostor.private)
        desk.known.keep(KnownToken(SERIAL, key, 1_800_000_000))
        with Token.open(impostor.port, QUICK, desk) as token:
            token.lock()
        assert impostor.remote == desk.public
        assert impostor.asked == [("lock", {})]


@pytest.mark.parametrize("paired", [1_800_000_000, 0])
def test_another_key_under_the_same_number_is_named_and_learns_nothing(desk: DeskKey, paired: int) -> None:
    """Neither a request nor the desk's own key reaches it: the third message is never sent."""
    desk.known.keep(KnownToken(SERIAL, os.urandom(32), paired))
    with (
        Impostor(SERIAL, answers={"status": lambda _: status("owner", True)}) as impostor,
        Token.open(impostor.port, QUICK, desk) as token,
    ):
        for attempt in (token.status, token.lock, token.accounts):
            with pytest.raises(SwappedToken) as caught:
                attempt()
            assert SERIAL in str(caught.value)
            assert ("2027-01-15" in str(caught.value)) is (paired > 0)
        assert impostor.remote == b""
        assert impostor.asked == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (status(), "no owner yet"),
        (status("owner", True), "nobody has compared"),
        (status("stranger", True), "owned by another desk"),
    ],
    ids=["new", "transferred", "another's"],
)
def test_nothing_but_the_status_is_asked_of_a_token_that_was_never_paired(desk, told, words) -> None:
    with (
        Impostor(SERIAL, answers={"status": lambda _: told, "unlock": lambda _: {}}) as impostor,
        Token.open(impostor.port, QUICK, desk) as token,
    ):
        with pytest.raises(NotPaired, match=words) as caught:
            token.unlock("1234")
        assert "provisioner" in caught.value.advice
        assert {name for name, _ in impostor.asked} == {"status"}
    assert desk.known.find(SERIAL) is None


def test_without_a_desk_key_nothing_is_sent() -> None:
    with (
        Impostor(SERIAL, answers={"status": lambda _: status()}) as impostor,
        Token.open(impostor.port, QUICK) as token,
    ):
        for attempt in (token.lock, lambda: token.unlock("1234"), lambda: token.set_time(10**9, 0, 0)):
            with pytest.raises(NoDeskKey) as caught:
                attempt()
            assert "provisioner desk init" in caught.value.advice
        assert (impostor.remote, impostor.asked) == (b"", [])


def test_a_token_whose_clock_was_set_is_met_and_then_known(desk: DeskKey) -> None:
    answers = {"set_time": lambda _: {}, "status": lambda _: status("clock", True)}
    with (
        Impostor(SERIAL, answers=answers) as impostor,  # type: ignore[arg-type]
        Token.open(impostor.port, QUICK, desk) as token,
    ):
        token.set_time(10**9, 0, 0)
    met = desk.known.find(SERIAL)
    assert met is not None
    assert (met.key, met.is_paired) == (PRIMITIVES.public(impostor.private), False)
    with (
        Impostor(SERIAL, answers=answers) as other,  # type: ignore[arg-type]
        Token.open(other.port, QUICK, desk) as token,
        pytest.raises(SwappedToken, match="was here before"),
    ):
        token.set_time(10**9, 0, 0)


def test_a_known_token_is_taken_up_again_without_a_handshake(desk: DeskKey) -> None:
    """And the secret for that is another one each time."""
    with Impostor(SERIAL, answers={"status": lambda _: status("owner", True)}) as impostor:
        desk.known.keep(KnownToken(SERIAL, PRIMITIVES.public(impostor.private), 1_800_000_000))
        seen = set()
        for _ in range(4):
            with Token.open(impostor.port, QUICK, desk) as token:
                assert token.status().role == "owner"
            known = desk.known.find(SERIAL)
            assert known is not None
            seen.add(known.resumption)
        assert (impostor.handshakes, len(seen)) == (1, 4)
        assert b"" not in seen


def test_a_secret_that_the_token_has_forgotten_costs_a_handshake_and_nothing_else(desk: DeskKey) -> None:
    with Impostor(SERIAL, answers={"status": lambda _: status("owner", True)}) as impostor:
        key = PRIMITIVES.public(impostor.private)
        desk.known.keep(KnownToken(SERIAL, key, 1_800_000_000, os.urandom(32)))
        for _ in range(2):
            with Token.open(impostor.port, QUICK, desk) as token:
                token.status()
        assert impostor.handshakes == 1


def test_a_proof_that_is_not_the_tokens_is_not_taken(desk: DeskKey) -> None:
    """Somebody who answers any resumption without knowing the secret is asked for his key."""
    with Impostor(SERIAL, answers={"status": lambda _: status("owner", True)}) as impostor:
        desk.known.keep(KnownToken(SERIAL, os.urandom(32), 1_800_000_000, b"s" * 32))
        impostor._resumed = lambda values: {"nonce": bytes(32), "mac": bytes(32)}  # type: ignore[method-assign]
        with Token.open(impostor.port, QUICK, desk) as token, pytest.raises(SwappedToken):
            token.status()
        assert impostor.asked == []


@pytest.mark.parametrize("harmless", [True, False])
def test_a_token_that_has_forgotten_the_channel_is_asked_again_where_nothing_is_done_twice(
    desk: DeskKey, harmless: bool
) -> None:
    answers = {"status": lambda _: status("owner", True), "lock": lambda _: {}}
    with Impostor(SERIAL, answers=answers) as impostor:  # type: ignore[arg-type]
        desk.known.keep(KnownToken(SERIAL, PRIMITIVES.public(impostor.private), 1_800_000_000))
        with Token.open(impostor.port, QUICK, desk) as token:
            token.status()
            impostor.forget()
            if harmless:
                assert token.status().role == "owner"
            else:
                with pytest.raises(ChannelLost) as caught:
                    token.lock()
                assert caught.value.uncertain
                token.lock()
        assert impostor.handshakes == 2
