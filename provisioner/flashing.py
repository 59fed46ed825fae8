"""Putting a bundle onto a drive so that a cable pulled at any moment leaves nothing half.

boot.py closes the drive at the next start, so it is the first to go and the last to come: as long as
it is missing, the drive is open and flashing can be repeated, and the firmware gives no codes but
shows that the drive is open. code.py goes next and comes last but one, so no code ever runs above half
a firmware. Between those two, everything is written and read back; the last ones under another name,
so that they appear whole. No others are renamed: FAT cut in a rename has one file under two names.
"""

from collections.abc import Callable
from dataclasses import dataclass

from boards import bundle as bundler

from .faults import DeskError
from .medium import DriveLost, Medium
from .model import Progress, Report

BOOT, CODE = "boot.py", "code.py"
NEW = ".new"
_MANAGED = ("lib/", "texts/", "fonts/")
_CODE_SUFFIXES = (".py", ".mpy")
_PROGRAMS = ("code", "main")  # what CircuitPython runs, with any of the endings below
_ENDINGS = (".py", ".txt", ".txt.py", ".py.txt", ".txt.txt", ".py.py")
_HELLO = b'print("Hello World!")'  # the program on a new drive


class ForeignProgram(DeskError):
    """The drive holds somebody else's program."""

    exit_status = 2
    advice = "Copy what you want to keep, then run the command again with --replace"


class DriveWrong(DeskError):
    """The drive does not give back what was written."""

    advice = "The drive may be damaged: format it (docs/flashing.md) and run the command again"


@dataclass(frozen=True)
class Flashed:
    """What was done: `written` and `removed` files; all of the bundle's `checked` ones were read back."""

    written: int
    removed: int
    checked: int


def refuse_foreign(medium: Medium) -> None:
    """Raise ForeignProgram where the drive has a program that is neither ours nor a new drive's."""
    present = medium.files()
    if bundler.MANIFEST in present or "lib/tokenfw/__init__.py" in present:
        return
    for path in sorted(present):
        if _is_program(path) and medium.read(path).strip() not in (b"", _HELLO):
            raise ForeignProgram(f"{path} on the drive is another program: it would be removed")


def flash(medium: Medium, files: dict[str, bytes], report: Report | None = None) -> Flashed:
    """Make the drive hold `files` and nothing else that runs. The vault and other data stay.

    Raises DriveLost or DriveFull; run again, it goes on. Raises DriveWrong where what is read back is
    not what was written.
    """
    tell = report or _nothing
    present = medium.files()
    changed = _changed(medium, files, present, tell)
    stale = [path for path in present if path not in files and _is_managed(path)]
    if not changed and not stale:
        return Flashed(0, 0, len(files))
    _disarm(medium, present)
    for path in stale:
        if not _is_first(path):
            medium.remove(path)
    for folder in _MANAGED:
        medium.tidy(folder)
    medium.sync()
    last = [path for path in (CODE, bundler.MANIFEST, BOOT) if path in files]
    waiting = [path for path in changed if path not in last]
    total = len(waiting) + len(last)
    for done, path in enumerate(waiting):
        tell(Progress("copy", done, total))
        _put(medium, path, files[path])
    for done, path in enumerate(last, len(waiting)):
        tell(Progress("copy", done, total))
        _put(medium, path + NEW, files[path])
    medium.sync()
    tell(Progress("copy", total, total))
    _check(medium, files, {path: path + NEW for path in last}, tell)
    for path in last:
        medium.rename(path + NEW, path)
        medium.sync()
    _check(medium, {path: files[path] for path in last}, {}, _nothing)
    return Flashed(total, len(stale), len(files))


def _changed(
    medium: Medium, files: dict[str, bytes], present: dict[str, int], tell: Callable[[Progress], None]
) -> list[str]:
    """Return the files that are missing or other, in the bundle's order."""
    found = []
    for done, (path, content) in enumerate(files.items()):
        tell(Progress("look", done, len(files)))
        if present.get(path) != len(content) or not _holds(medium, path, content):
            found.append(path)
    tell(Progress("look", len(files), len(files)))
    return found


def _holds(medium: Medium, path: str, content: bytes) -> bool:
    try:
        return medium.read(path) == content
    except DriveLost:
        return False  # A damaged file is written anew; if the whole drive is gone, that will tell.


def _disarm(medium: Medium, present: dict[str, int]) -> None:
    """Take away what opens and runs the old firmware, in the order that keeps the drive open."""
    for path in present:
        if path.lower() == BOOT:
            medium.remove(path)
            medium.sync()
    for path in present:
        if _is_first(path) and path.lower() != BOOT:
            medium.remove(path)
    medium.sync()


def _put(medium: Medium, path: str, content: bytes) -> None:
    medium.write(path, content)
    medium.flush(path)


def _check(
    medium: Medium, files: dict[str, bytes], names: dict[str, str], tell: Callable[[Progress], None]
) -> None:
    """Read every file back; `names` are those that do not have their final one yet."""
    for done, (path, content) in enumerate(files.items()):
        tell(Progress("check", done, len(files)))
        if medium.read(names.get(path, path)) != content:
            raise DriveWrong(f"{path} was written and does not read back the same")
    tell(Progress("check", len(files), len(files)))


def _is_program(path: str) -> bool:
    name = path.lower()
    return any(name == stem + ending for stem in _PROGRAMS for ending in _ENDINGS)


def _is_first(path: str) -> bool:
    """Whether a file goes before the others do."""
    return _is_program(path) or path.lower() == BOOT or path == bundler.MANIFEST


def _is_managed(path: str) -> bool:
    """Whether a file is of some firmware: in its folders, or code that could be run or imported."""
    name = path.lower()
    code = name.endswith((*_CODE_SUFFIXES, *(suffix + NEW for suffix in _CODE_SUFFIXES)))
    return name.startswith(_MANAGED) or code or _is_program(path) or name in _LEFT


_LEFT = tuple(name + NEW for name in (bundler.MANIFEST, "board.toml", "settings.toml"))


def _nothing(_progress: Progress) -> None:
    """Tell nobody."""
