"""CircuitPython's image as a UF2 file: what it is for, and where it comes from.

The format is Microsoft's (github.com/microsoft/uf2): blocks of 512 bytes, each with its address, its
number and the family of chips that it is for.
"""

import hashlib
import re
import struct
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from boards.bundle import CIRCUITPYTHON

from .faults import BadInput, DeskError
from .model import Progress, Report

RELEASE = "10.2.1"  # what is downloaded
SITE = "https://downloads.circuitpython.org/bin"
# Chips as board files have them. An RP2350's image may begin with a block for any address.
_FAMILIES = {"rp2040": 0xE48BFF56, "rp2350": 0xE48BFF59, "esp32s3": 0xC47E5767, "nrf52840": 0xADA52840}
_ABSOLUTE = 0xE48BFF57
_BLOCK, _HEAD, _MOST = 512, 32, 476
_FIRST, _SECOND, _END = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_FAMILY_KNOWN = 0x2000
_LARGEST = 32 << 20
_TIMEOUT = 30.0
_CHUNK = 1 << 16


class WrongImage(BadInput):
    """The file is not CircuitPython for this board, or too old."""


class NoImage(DeskError):
    """CircuitPython's image could not be had."""


@dataclass(frozen=True)
class Image:
    """A UF2 file: `families` that its blocks are for, `content` of all blocks together."""

    families: frozenset[int]
    content: bytes

    def version(self) -> str:
        """Return CircuitPython's version, "" where it is something else."""
        found = re.search(rb"Adafruit CircuitPython (\d[\w.+-]*) on \d{4}-\d\d-\d\d", self.content)
        return found[1].decode() if found else ""


def parse(data: bytes) -> Image:
    """Return what a UF2 file holds. Raises WrongImage."""
    left: dict[int, int] = {}  # blocks to come, by family
    contents = []
    if not data or len(data) % _BLOCK:
        raise WrongImage("that is not a UF2 file, or a part of one")
    for offset in range(0, len(data), _BLOCK):
        first, second, flags, _, size, _, count, family = struct.unpack_from("<8I", data, offset)
        (end,) = struct.unpack_from("<I", data, offset + _BLOCK - 4)
        if (first, second, end) != (_FIRST, _SECOND, _END) or size > _MOST or not flags & _FAMILY_KNOWN:
            raise WrongImage("that is not a UF2 file, or a damaged one")
        left[family] = left.get(family, count) - 1
        contents.append(data[offset + _HEAD : offset + _HEAD + size])
    if any(left.values()):
        raise WrongImage("that is only a part of a UF2 file")
    return Image(frozenset(left), b"".join(contents))


def check(data: bytes, board_id: str, chip: str) -> str:
    """Return the version of CircuitPython in a UF2 file, made for the board.

    Raises WrongImage with what to take instead.
    """
    image = parse(data)
    take = f"take CircuitPython for {board_id}: {page(board_id)}"
    if chip in _FAMILIES and image.families - {_ABSOLUTE} != {_FAMILIES[chip]}:
        raise WrongImage(f"that image is not for this board's {chip}", take)
    version = image.version()
    if not version:
        raise WrongImage("that image is not CircuitPython", take)
    if board_id.encode() + b"\0" not in image.content:
        raise WrongImage(f"that image is CircuitPython for another board than {board_id}", take)
    if too_old(version):
        raise WrongImage(f"that image is CircuitPython {version}: {at_least()} is needed", take)
    return version


def too_old(version: str) -> bool:
    """Whether the firmware does not run on that version of CircuitPython."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is None or (int(found[1]), int(found[2])) < CIRCUITPYTHON


def at_least() -> str:
    """Return the oldest version that will do, for a text."""
    return "{}.{} or newer".format(*CIRCUITPYTHON)


def page(board_id: str) -> str:
    """Return where people find CircuitPython for a board."""
    return f"https://circuitpython.org/board/{board_id}/"


def address(board_id: str, site: str = SITE) -> str:
    """Return where the image of RELEASE for a board is."""
    return f"{site}/{board_id}/en_US/adafruit-circuitpython-{board_id}-en_US-{RELEASE}.uf2"


def read(path: Path, sha256: str | None) -> bytes:
    """Return what a UF2 file holds; its SHA-256 has to be `sha256` (hex) if that is given."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256.lower():
        raise BadInput(f"{path} has another SHA-256 than {sha256}", "Do not use that file")
    return data


def fetch(board_id: str, sha256: str | None, report: Report | None = None) -> bytes:
    """Return the image for a board from circuitpython.org. Raises NoImage, without `sha256` at once."""
    if sha256 is None:
        raise NoImage(
            "the board is in its boot loader and needs CircuitPython first",
            f"Download it from {page(board_id)} and give it with --uf2 FILE. No checksums are published; if"
            f" you have that of {address(board_id)}, --sha256 HEX downloads it",
        )
    return download(address(board_id), sha256, report)


def download(url: str, sha256: str, report: Report | None = None) -> bytes:
    """Return the file at `url`, whose SHA-256 has to be `sha256` (hex). Raises NoImage."""
    data = bytearray()
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:  # noqa: S310 - ours, or the tests'
            total = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(_CHUNK):
                data += chunk
                if len(data) > _LARGEST:
                    raise NoImage(f"{url} is too large for an image")
                if report:
                    report(Progress("download", len(data), max(total, len(data))))
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", error)
        raise NoImage(
            f"{url} cannot be downloaded: {why}", "Download it elsewhere and give it with --uf2 FILE"
        ) from None
    if hashlib.sha256(data).hexdigest() != sha256.lower():
        raise NoImage(
            f"{url} has another SHA-256 than the one given",
            "Do not use that file. Check the number that you gave, and try again",
        )
    return bytes(data)
