"""The files of the drive over the wire: listed in pages, digested in pieces, the vault never."""

from __future__ import annotations

import hashlib
import hmac
import io
import random
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest
from tokencore import errors, messages

from boards import bundle
from tests.firmware.parts import Bench

KEY = bytes(range(32))


class RamContents:
    """A drive's files in memory; `opened` keeps the files that were."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.opened: list[BinaryIO] = []

    def walk(self) -> Iterator[tuple[str, int]]:
        for path, content in self.files.items():
            yield path, len(content)

    def open_file(self, path: str) -> BinaryIO:
        if path not in self.files:
            raise OSError(2)
        self.opened.append(io.BytesIO(self.files[path]))
        return self.opened[-1]


def bench(files: dict[str, bytes]) -> tuple[Bench, RamContents]:
    token, contents = Bench(), RamContents(files)
    token.app.contents = lambda: contents
    token.ask("hello", protocol=1, nonce=bytes(8))
    return token, contents


def expected(key: bytes, path: str, offset: int, content: bytes) -> bytes:
    head = bytes([len(path.encode())]) + path.encode() + offset.to_bytes(4, "big")
    return hmac.digest(key, head + len(content).to_bytes(4, "big") + content, hashlib.sha256)


def digest(token: Bench, path: str, offset: int, length: int, key: bytes = KEY) -> bytes:
    token.send("digest", path=path, key=key, offset=offset, length=length)
    token.run(2000)
    mac: bytes = token.result("digest")["mac"]
    return mac


def listed(token: Bench) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = token.ask("files", start=len(found))["files"]
        if not page:
            return found
        found += page


def test_all_files_are_listed_in_pages() -> None:
    files = {f"/lib/package/module_{number}.py": bytes(number) for number in range(100)}
    token, _ = bench(files)
    assert {item["path"]: item["size"] for item in listed(token)} == {
        path: len(content) for path, content in files.items()
    }


def test_a_page_always_fits_into_a_frame() -> None:
    for length in range(1, 260, 3):
        for letter in ("x", "é", "漢"):
            token, _ = bench({f"/{number}{letter * length}": b"" for number in range(40)})
            paths = [item["path"] for item in listed(token)]
            assert len(paths) == 40
            assert max(len(path.encode()) for path in paths) <= messages.MAX_PATH


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 0), (0, 1), (0, 511), (0, 512), (0, 513), (7, 2041), (0, 20000), (19999, 1), (20000, 0)],
)
def test_a_digest_is_the_hmac_of_place_and_content(offset: int, length: int) -> None:
    content = random.Random(1).randbytes(20000)
    token, contents = bench({"/a.py": content})
    piece = content[offset : offset + length]
    assert digest(token, "/a.py", offset, length) == expected(KEY, "/a.py", offset, piece)
    assert contents.opened[-1].closed


def test_key_path_offset_and_length_are_in_it() -> None:
    token, _ = bench({"/a": bytes(100), "/b": bytes(100)})
    other = bytes(32)
    macs = [
        digest(token, "/a", 0, 50),
        digest(token, "/b", 0, 50),
        digest(token, "/a", 1, 50),
        digest(token, "/a", 0, 51),
        digest(token, "/a", 0, 50, other),
    ]
    assert len(set(macs)) == len(macs)


def test_the_screen_goes_on_while_a_large_file_is_read() -> None:
    most = {field.name: field.high for field in messages.COMMANDS["digest"].request}["length"]
    token, _ = bench({"/a": bytes(most)})
    token.send("digest", path="/a", key=KEY, offset=0, length=most)
    steps = 0
    while not token.queue.sent:
        token.ms += token.app.step(token.ms)
        steps += 1
    # 2 KiB a step at most, so a step never takes long.
    assert steps >= most // 2048
    assert token.result("digest")["mac"] == expected(KEY, "/a", 0, bytes(most))


def test_another_request_ends_a_digest() -> None:
    most = {field.name: field.high for field in messages.COMMANDS["digest"].request}["length"]
    token, _ = bench({"/a": bytes(most)})
    token.send("digest", path="/a", key=KEY, offset=0, length=most)
    token.send("files", start=0)
    token.run(2000)
    statuses = [status for _, status, _ in token.answers()]
    assert statuses == [errors.Cancelled.status, messages.OK]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"path": "/no.py", "offset": 0, "length": 1}, "path"),
        ({"path": "", "offset": 0, "length": 1}, "path"),
        ({"path": "/a", "offset": 0, "length": 101}, "length"),
        ({"path": "/a", "offset": 101, "length": 1}, "length"),
    ],
)
def test_what_is_not_there_is_refused(values: dict[str, Any], field: str) -> None:
    token, contents = bench({"/a": bytes(100)})
    token.send("digest", key=KEY, **values)
    token.run(100)
    with pytest.raises(errors.BadValue, match=field):
        token.result("digest")
    assert all(file.closed for file in contents.opened)


def test_a_token_without_a_drive_says_so() -> None:
    with pytest.raises(errors.UnknownCommand):
        Bench().ask("files", start=0)


def test_ten_thousand_changes_of_one_byte_are_all_found() -> None:
    """Each in a random place of a random file, by the token's own handler."""
    original = {f"/{path}": content for path, content in bundle.files("raspberry_pi_pico").items()}
    token, contents = bench(dict(original))
    chance = random.Random(2026)
    paths = sorted(path for path, content in original.items() if content)
    weights = [len(original[path]) for path in paths]
    for number in range(10_000):
        (path,) = chance.choices(paths, weights)
        content = bytearray(original[path])
        place = chance.randrange(len(content))
        content[place] ^= chance.randrange(1, 256)
        contents.files[path] = bytes(content)
        start = place - place % 4096
        piece = original[path][start : start + 4096]
        key = number.to_bytes(32, "big")
        token.send("digest", path=path, key=key, offset=start, length=len(piece))
        while not token.queue.sent:
            token.run(1, step=1)
        assert token.result("digest")["mac"] != expected(key, path, start, piece)
        contents.files[path] = original[path]
        if number % 100 == 0:  # and what is not changed is not blamed
            assert digest(token, path, start, len(piece), key) == expected(key, path, start, piece)
