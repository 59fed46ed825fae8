"""`provisioner verify-firmware` names every file that is not as it should be."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from boards import bundle
from provisioner import Token, bundles, verifying
from tests.desk.line import LineToken
from tests.e2e.fob import Fob
from tests.firmware.test_attest import RamContents

FILES = {
    "boot.py": b"boot",
    "code.py": b"code",
    "empty.py": b"",
    "lib/large.bin": random.Random(1).randbytes(3 * verifying.PIECE + 17),
    "lib/one.py": bytes(verifying.PIECE),
}


@pytest.fixture
def contents() -> RamContents:
    return RamContents({f"/{path}": content for path, content in FILES.items()})


@pytest.fixture
def token(contents: RamContents) -> Iterator[Token]:
    with LineToken() as line:
        line.app.contents = lambda: contents
        with line.open() as client:
            yield client


def test_what_is_as_it_should_be(token: Token) -> None:
    found = verifying.compare(token, FILES)
    assert found == verifying.Comparison(5, [], [], [], 0)
    assert found.good


@pytest.mark.parametrize("place", [0, verifying.PIECE - 1, verifying.PIECE, 3 * verifying.PIECE, -1])
def test_a_change_in_any_piece_is_found(token: Token, contents: RamContents, place: int) -> None:
    changed = bytearray(FILES["lib/large.bin"])
    changed[place] ^= 1
    contents.files["/lib/large.bin"] = bytes(changed)
    found = verifying.compare(token, FILES)
    assert (found.differ, found.missing, found.extra, found.same) == (["lib/large.bin"], [], [], 4)
    assert not found.good


def test_every_kind_of_difference_is_named(token: Token, contents: RamContents) -> None:
    contents.files["/code.py"] += b" "
    contents.files["/empty.py"] = b"x"
    contents.files["/lib/one.py"] = b""
    del contents.files["/boot.py"]
    contents.files |= {
        "/lib/time.mpy": b"",
        "/Code.py": b"",
        "/boot_out.txt": b"a",
        "/.fseventsd/no_log": b"",
        "/System Volume Information/IndexerVolumeGuid": b"",
        "/.fseventsd.py": b"",
    }
    found = verifying.compare(token, FILES)
    assert found.differ == ["code.py", "empty.py", "lib/one.py"]
    assert found.missing == ["boot.py"]
    assert found.extra == [".fseventsd.py", "Code.py", "lib/time.mpy"]
    assert (found.system, found.same) == (3, 1)


def test_a_file_that_shrinks_meanwhile_differs(token: Token, contents: RamContents) -> None:
    walk = contents.walk
    contents.walk = lambda: iter([*walk(), ("/gone.py", 3)])  # type: ignore[method-assign]
    assert verifying.compare(token, FILES | {"gone.py": b"123"}).differ == ["gone.py"]


def _flashed(folder: Path, board: str) -> dict[str, bytes]:
    files = bundle.files(board)
    bundles.write(files, folder, "flashed")
    return files


def test_a_change_in_every_file_of_a_running_token(tmp_path: Path) -> None:
    """One bit in every file at once, while the token runs from that folder."""
    files = _flashed(tmp_path, "simulator")
    firmware = tmp_path / "flashed"
    chance = random.Random(7)
    with Fob(tmp_path / "token", "--firmware", str(firmware), "--speed", "20") as fob:
        answer = fob.do("verify-firmware")
        assert answer["good"] and answer["same"] == len(files)
        with fob.open() as token:
            token.status()  # What shakes hands is loaded from the folder when it is needed.
            # The simulator puts the board's file on the drive itself; that one is in no folder.
            changed = [path for path, content in files.items() if content and path != "board.toml"]
            for path in changed:
                content = bytearray(files[path])
                # The table of commands is read at each request: its first line, a remark, is changed.
                place = 2 if path.endswith("commands.txt") else chance.randrange(len(content))
                content[place] ^= 1 << chance.randrange(8)
                (firmware / path).write_bytes(content)
            found = verifying.compare(token, files)
            for path in changed:
                (firmware / path).write_bytes(files[path])
            assert found.differ == sorted(changed)
        assert len(changed) > 60

        (firmware / "lib/evil.mpy").write_bytes(b"")
        (firmware / "safemode.py").unlink()
        done = fob.desk("verify-firmware")
        assert done.returncode == 1
        answer = json.loads(done.stdout)
        assert "lib/evil.mpy" in answer["extra"] and "safemode.py" in answer["missing"]
        assert not answer["good"]
