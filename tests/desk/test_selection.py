"""Which account a NAME stands for."""

from __future__ import annotations

import pytest
from tokencore.errors import NoSuchAccount

from provisioner.faults import Ambiguous
from provisioner.model import AccountInfo
from provisioner.selection import select

LABELS = [
    ("GitHub", "alice"),
    ("GitHub", "bob"),
    ("Bank", "alice"),
    ("Mail", "carol"),
    ("", "GitHub"),
    ("", "solo"),
    ("A:B", "C"),
    ("A", "B:C"),
    ("#1", "#2"),
    ("Other", "GitHub:alice"),
]
ACCOUNTS = [
    AccountInfo(position, issuer, name, "totp", "SHA1", 6, 30, 0, 0)
    for position, (issuer, name) in enumerate(LABELS)
]


@pytest.mark.parametrize(
    ("wanted", "position"),
    [
        ("GitHub:alice", 0),
        ("bob", 1),
        ("Bank", 2),
        ("carol", 3),
        ("Mail", 3),
        (":GitHub", 4),
        (":solo", 5),
        ("solo", 5),
        ("B:C", 7),
        ("#7", 6),
        ("#8", 7),
        ("#2", 8),
        ("Other:GitHub:alice", 9),
    ],
)
def test_one_account_is_meant(wanted: str, position: int) -> None:
    assert select(ACCOUNTS, wanted).position == position


@pytest.mark.parametrize(
    ("wanted", "candidates"),
    [
        ("alice", ["GitHub:alice", "Bank:alice"]),
        ("GitHub", ["GitHub:alice", "GitHub:bob", ":GitHub"]),
        ("A:B:C", ["#7", "#8"]),
    ],
)
def test_several_are_listed_so_that_each_can_be_chosen(wanted: str, candidates: list[str]) -> None:
    with pytest.raises(Ambiguous) as caught:
        select(ACCOUNTS, wanted)
    assert caught.value.candidates == candidates
    assert len({select(ACCOUNTS, candidate).position for candidate in candidates}) == len(candidates)


@pytest.mark.parametrize(
    "wanted", ["", "nobody", "github", "GitHub:", "#0", "#11", "#-1", "#x", "#", "#\u0661"]
)
def test_none_is_refused(wanted: str) -> None:
    with pytest.raises(NoSuchAccount):
        select(ACCOUNTS, wanted)


def test_a_slip_of_the_finger_gets_a_suggestion() -> None:
    with pytest.raises(NoSuchAccount, match="GitHub:alice"):
        select(ACCOUNTS, "GitHub:alcie")
