"""The table of commands as a file on the drive, which may be damaged there."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tokencore import account, messages, otp, rows
from tokencore.errors import StoreFailed

TABLE = Path(rows.__file__).with_name("commands.txt").read_bytes()


def test_a_damaged_table_is_refused_and_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bit anywhere: a row is read, is not there, or is refused; one that is far from it is as it was."""
    whole = {"info": messages.COMMANDS["info"], "digest": messages.COMMANDS["digest"]}
    file = tmp_path / "commands.txt"
    monkeypatch.setattr(rows, "_FILE", str(file))
    chance = random.Random(3)
    refused = same = 0
    for _ in range(400):
        damaged = bytearray(TABLE)
        damaged[chance.randrange(len(TABLE))] ^= 1 << chance.randrange(8)
        file.write_bytes(damaged)
        for name, row in whole.items():
            try:
                same += rows.find(name) == row
            except StoreFailed:
                refused += 1
    assert refused > 0
    assert same > 600  # of 800
    file.unlink()
    with pytest.raises(StoreFailed, match="flash it again"):
        rows.find("info")


@pytest.mark.parametrize(("name", "who"), [("remove", "owner"), ("set_time", "clock"), ("list", "owner")])
def test_a_row_that_names_nobody_who_may_ask_is_refused(
    name: str, who: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bit in that word must not let everybody ask."""
    file = tmp_path / "commands.txt"
    monkeypatch.setattr(rows, "_FILE", str(file))
    whole = f" {name} {who}|".encode()
    assert TABLE.count(whole) == 1
    start = TABLE.index(whole) + len(whole) - 1 - len(who)
    for place in range(start, start + len(who)):
        for bit in range(7):
            damaged = bytearray(TABLE)
            damaged[place] ^= 1 << bit
            file.write_bytes(damaged)
            try:
                found = rows.find(name)
            except StoreFailed:
                continue
            assert found is None


@pytest.mark.parametrize(
    ("command", "field", "most"),
    [
        ("digest", "path", messages.MAX_PATH),
        ("set_time", "uncertainty", messages.MAX_DOUBT_MS),
        ("set_time", "utc", account.MAX_TIME),
        ("info", "utc", account.MAX_TIME),
        ("rename", "new_name", account.MAX_LABEL),
        ("code", "counter", otp.MAX_COUNTER),
    ],
)
def test_the_limits_that_code_has_too_are_the_tables(command: str, field: str, most: int) -> None:
    row = messages.COMMANDS[command]
    limits = {each.name: each.high for each in (*row.request, *row.response) if each.name == field}
    assert limits == {field: most}
