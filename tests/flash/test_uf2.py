"""CircuitPython's image: what it is for is read from it, and a download must have its SHA-256."""

from __future__ import annotations

import hashlib
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from provisioner import uf2
from provisioner.faults import BadInput
from provisioner.model import Progress

PICO, RP2040, RP2350, ABSOLUTE = "raspberry_pi_pico", 0xE48BFF56, 0xE48BFF59, 0xE48BFF57


def blocks(content: bytes, family: int = RP2040) -> list[bytes]:
    parts = [content[start : start + 256].ljust(256, b"\0") for start in range(0, len(content), 256)]
    return [
        struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0x2000, 0x10000000 + 256 * n, 256, n, len(parts), family)
        + part
        + bytes(512 - 32 - 256 - 4)
        + struct.pack("<I", 0x0AB16F30)
        for n, part in enumerate(parts)
    ]


def content(version: str = "10.2.1", board: str = PICO) -> bytes:
    # As in a real image: the texts lie anywhere, also across two blocks.
    banner = f"Adafruit CircuitPython {version} on 2026-08-01; Some board with a chip"
    return bytes(230) + banner.encode() + b"\0Board ID:%s\0" + board.encode() + b"\0" + bytes(3000)


def image(version: str = "10.2.1", board: str = PICO, family: int = RP2040) -> bytes:
    return b"".join(blocks(content(version, board), family))


def test_the_version_is_read() -> None:
    assert uf2.check(image(), PICO, "rp2040") == "10.2.1"
    assert uf2.check(image("10.1.0-beta.1"), PICO, "rp2040") == "10.1.0-beta.1"


def test_an_rp2350_s_image_may_have_a_block_for_any_address() -> None:
    data = blocks(bytes(256), ABSOLUTE)[0] + image(board="raspberry_pi_pico2", family=RP2350)
    assert uf2.check(data, "raspberry_pi_pico2", "rp2350") == "10.2.1"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a UF2 file"),
        (b"x" * 512, "not a UF2 file"),
        (image()[:-1], "not a UF2 file"),
        (image()[:-512], "only a part"),
        (image()[:100] + b"\0" * 412 + image()[512:], "damaged"),
        (image(family=RP2350), "not for this board's rp2040"),
        (b"".join(blocks(bytes(600))), "not CircuitPython"),
        (image(board="raspberry_pi_pico2"), "another board than raspberry_pi_pico"),
        (image("10.0.3"), "10.1 or newer"),
        (image("9.2.4"), "10.1 or newer"),
    ],
)
def test_other_images_are_refused(data: bytes, why: str) -> None:
    with pytest.raises(uf2.WrongImage, match=why):
        uf2.check(data, PICO, "rp2040")


@pytest.mark.parametrize(
    ("version", "old"),
    [
        ("10.1.0", False),
        ("10.10.0", False),
        ("11.0.0-alpha.1", False),
        ("10.0.9", True),
        ("9.9", True),
        ("", True),
    ],
)
def test_what_is_too_old(version: str, old: bool) -> None:
    assert uf2.too_old(version) is old


def test_a_file_s_sha256_is_compared(tmp_path: Path) -> None:
    (tmp_path / "a.uf2").write_bytes(b"image")
    digest = hashlib.sha256(b"image").hexdigest()
    assert uf2.read(tmp_path / "a.uf2", None) == uf2.read(tmp_path / "a.uf2", digest.upper()) == b"image"
    with pytest.raises(BadInput, match="another SHA-256"):
        uf2.read(tmp_path / "a.uf2", "0" * 64)


@pytest.fixture
def site() -> Iterator[str]:
    class Files(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == f"/{PICO}/en_US/adafruit-circuitpython-{PICO}-en_US-{uf2.RELEASE}.uf2"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(image() if found else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Files)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_download_must_have_its_sha256(site: str) -> None:
    told: list[Progress] = []
    digest = hashlib.sha256(image()).hexdigest()
    assert uf2.download(uf2.address(PICO, site), digest, told.append) == image()
    assert told[-1].done == len(image())
    with pytest.raises(uf2.NoImage, match="another SHA-256"):
        uf2.download(uf2.address(PICO, site), "0" * 64)


def test_without_a_network_it_says_what_to_do(site: str) -> None:
    for url in (f"{site}/none", "http://127.0.0.1:1/x"):
        with pytest.raises(uf2.NoImage, match="cannot be downloaded") as failed:
            uf2.download(url, "0" * 64)
        assert "--uf2 FILE" in failed.value.advice
    with pytest.raises(uf2.NoImage) as failed:
        uf2.fetch(PICO, None)
    assert f"https://circuitpython.org/board/{PICO}/" in failed.value.advice
    assert uf2.address(PICO) in failed.value.advice
