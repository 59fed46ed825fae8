"""Finding boards that show a drive: in their UF2 boot loader, or with CircuitPython's CIRCUITPY.

Every function takes the root below which it looks, so that each system's search is the same code on all.
"""

import re
import string
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .faults import Ambiguous, DeskError

LOADER, CIRCUITPY = "boot loader", "CircuitPython"
_FILES = {"INFO_UF2.TXT": LOADER, "boot_out.txt": CIRCUITPY}
_LONGEST = 8192  # bytes of either file
_FAT = ("vfat", "msdos", "exfat", "fuseblk", "fat")
# The begin of a boot loader's Board-ID, and the chip that it stands for in a board file. RP2040's and
# RP2350's are in the chip's own ROM and do not know the board.
_CHIPS = {"RPI-RP2": "rp2040", "RP2350": "rp2350", "ESP32S3-": "esp32s3", "nRF52840-": "nrf52840"}


class NoDrive(DeskError):
    """No board shows a drive."""

    advice = (
        "A new board: hold its boot button while you plug it in, and its boot loader appears as a drive. "
        "A locked token shows none: hold its buttons (docs/boards.md says which) while you plug it in and "
        "confirm, which erases its secrets and opens the drive once. If the computer does not mount drives "
        "by itself, mount it and give its folder with --drive"
    )


@dataclass(frozen=True)
class Board:
    """A board's drive at `path`. `kind` is LOADER or CIRCUITPY.

    board    CIRCUITPY: CircuitPython's id of the board    LOADER: the boot loader's own Board-ID
    version  of CircuitPython, or of the boot loader
    chip     as a board file has it, "" where the drive does not tell
    uid      CIRCUITPY: the chip's number, as USB shows it
    """

    path: Path
    kind: str
    board: str
    version: str
    chip: str = ""
    uid: str = ""


def search(system: str = sys.platform, root: Path = Path("/")) -> list[Board]:
    """Return the boards whose drives `system` (as sys.platform has it) shows, by path."""
    return inspect_all(places(system, root))


def mounts() -> list[Path]:
    """Return the folders where this system mounts drives."""
    return places(sys.platform, Path("/"))


def places(system: str, root: Path) -> list[Path]:
    """Return the folders below `root` where `system` mounts drives."""
    if system == "win32":
        # A and B are floppy drives: looking at an empty one takes seconds.
        return [_letter(letter, root) for letter in string.ascii_uppercase[2:]]
    if system == "darwin":
        return _children(root / "Volumes")
    mounted = _mounted(_text(root / "proc/mounts", 1 << 20), root)
    automatic = [root / "media", *_children(root / "media"), *_children(root / "run/media")]
    return [*mounted, *(place for folder in automatic for place in _children(folder))]


def inspect_all(paths: Iterable[Path]) -> list[Board]:
    """Return the boards at `paths`, each drive once, by path."""
    found = {}
    for path in paths:
        board = inspect(path)
        if board is not None:
            found[path.resolve()] = board
    return sorted(found.values(), key=lambda board: str(board.path))


def inspect(path: Path) -> Board | None:
    """Return the board whose drive is mounted at `path`, None where there is none."""
    for name, kind in _FILES.items():
        text = _text(path / name, _LONGEST)
        if text:
            return _loader(path, text) if kind == LOADER else _circuitpy(path, text)
    return None


def choose(found: list[Board]) -> Board:
    """Return the only board of `found`. Raises NoDrive, or Ambiguous for several."""
    if not found:
        raise NoDrive("no board shows a drive")
    if len(found) > 1:
        listed = [f"{board.path} ({board.kind}, {board.board})" for board in found]
        raise Ambiguous("several boards show a drive", listed, "Choose one: --drive PATH")
    return found[0]


def _loader(path: Path, text: str) -> Board | None:
    name = re.search(r"^Board-ID: *(\S.*?)\s*$", text, re.MULTILINE)
    version = re.search(r"Bootloader v?(\S+)", text)
    if name is None:
        return None
    chip = next((chip for begin, chip in _CHIPS.items() if name[1].startswith(begin)), "")
    return Board(path, LOADER, name[1], version[1] if version else "", chip)


def _circuitpy(path: Path, text: str) -> Board | None:
    version = re.search(r"CircuitPython (\S+) on ", text)
    board = re.search(r"^Board ID: *(\w+)", text, re.MULTILINE)
    uid = re.search(r"^UID: *([0-9A-Fa-f]+)", text, re.MULTILINE)
    if version is None or board is None:
        return None
    return Board(path, CIRCUITPY, board[1], version[1], uid=uid[1].upper() if uid else "")


def _mounted(table: str, root: Path) -> Iterator[Path]:
    """Yield the mount points of FAT file systems in /proc/mounts; spaces stand there as \\040."""
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) > 2 and fields[2] in _FAT:
            yield root / re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[1]).lstrip("/")


def _letter(letter: str, root: Path) -> Path:
    """Return the drive of that letter: C:\\ on Windows, a folder C elsewhere."""
    return Path(f"{letter}:\\") if root == Path("/") and sys.platform == "win32" else root / letter


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def _text(path: Path, longest: int) -> str:
    """Return what `path` holds, "" where it cannot be read: a drive may vanish at any moment."""
    try:
        with path.open("rb") as file:
            return file.read(longest).decode("utf-8", "replace")
    except OSError:
        return ""
