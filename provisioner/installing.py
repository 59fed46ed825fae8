"""From a bare board to a token that answers: boot loader, CircuitPython, firmware, restart.

Each step looks at what is there, so the whole can be run again after any interruption.
"""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import boards
from boards import bundle
from boards.compiling import Compiler

from . import bundles, drives, flashing, uf2
from .client import Token
from .drives import CIRCUITPY, LOADER, Board
from .faults import BadInput, DeskError
from .flashing import Flashed
from .medium import FolderMedium
from .model import Info, Progress, Report
from .restart import restart

APPEAR_S = 60.0  # a drive after CircuitPython was copied; 4 MiB over full-speed USB take some 20 s
RESTART_S = 120.0  # a person has to find the button
_LOOK_S = 0.5
_CHUNK = 1 << 15

Find = Callable[[], list[Board]]


class WrongBoard(BadInput):
    """The board is another one than was asked for, or one that cannot be used."""


class NoShow(DeskError):
    """What should have appeared after a step did not."""


@dataclass(frozen=True)
class Wishes:
    """What the user wants: `board` None for the one that is found, `paths` () for wherever drives are.

    `compiler` is the mpy-cross for a compiled firmware, None for source.
    """

    board: str | None = None
    paths: tuple[Path, ...] = ()
    uf2: Path | None = None
    sha256: str | None = None
    replace: bool = False
    erase_vault: bool = False
    accept_unlocked: bool = False
    compiler: Compiler | None = None
    wait: bool = True


@dataclass(frozen=True)
class Installed:
    """What was done to a board: `info` is what the token at `port` told, None if nobody waited for it."""

    board: str
    drive: Path
    circuitpython: str
    flashed: Flashed
    port: str | None = None
    info: Info | None = None


def install(
    wishes: Wishes, tokens: Callable[[], list[str]], say: Callable[[str], None], report: Report
) -> Installed:
    """Make a token of the board that shows a drive. `tokens` lists the ports with tokens.

    `say` tells people what to do. Raises DeskError; each says what to do, and to run it again is safe.
    """
    found = drives.choose(fitting(_look(wishes.paths), wishes.board))
    board = board_id(found, wishes.board)
    files = bundles.load(board, wishes.accept_unlocked, wishes.compiler)
    image = None if wishes.uf2 is None else uf2.read(wishes.uf2, wishes.sha256)
    if found.kind == LOADER:
        before = {other.path for other in drives.search()} - {found.path}
        if image is None:
            image = uf2.fetch(board, wishes.sha256, report)
        uf2.check(image, board, str(boards.load(board)["microcontroller"]))
        copy_image(found, image, report)
        found = await_drive(lambda: _new(wishes.paths, before), board, report)
    check_circuitpython(found, image)
    check_compiler(found, wishes.compiler)
    flashed = write(found, files, wishes.replace, wishes.erase_vault, report)
    done = Installed(board, found.path, found.version, flashed)
    if not restart(found.uid) and wishes.wait:
        say("Now press the board's reset button, or unplug it and plug it in again.")
    if not wishes.wait:
        return done
    port, info = await_token(tokens, found.uid, report)
    if (info.board, info.firmware) != (board, bundle.version(files)):
        raise WrongBoard(
            f"the token at {port} is {info.board} with firmware {info.firmware}, not the one that was flashed"
        )
    return replace(done, port=port, info=info)


def board_id(found: Board, wanted: str | None) -> str:
    """Return the board's id. Raises WrongBoard where `wanted` is another board's, or nobody knows."""
    if found.kind == CIRCUITPY:
        if wanted not in (None, found.board):
            raise WrongBoard(
                f"the board at {found.path} is {found.board}, not {wanted}",
                f"If its CircuitPython was meant for another board, start its boot loader, or say"
                f" --board {found.board}",
            )
        wanted = found.board
    known = _known(found.chip)
    if wanted is None:
        raise WrongBoard(
            f"a boot loader ({found.board}) does not tell which board it is on",
            f"Say --board ID: {', '.join(known)}" if known else "No board with that chip is known",
        )
    if wanted not in known:
        raise WrongBoard(f"{wanted} is not a board for this drive", f"Known are: {', '.join(known)}")
    return wanted


def check_circuitpython(found: Board, image: bytes | None) -> None:
    """Raise WrongBoard where a board runs another CircuitPython than it should.

    `image` is the UF2 that the user gave: one that is on the board already is no reason to stop.
    """
    again = (
        "Start the boot loader (hold the boot button while you plug the board in, or press reset twice)"
        " and run the command again with --uf2 FILE"
    )
    if uf2.too_old(found.version):
        raise WrongBoard(f"the board runs CircuitPython {found.version}: {uf2.at_least()} is needed", again)
    if image is not None:
        version = uf2.parse(image).version()
        if version != found.version:
            raise WrongBoard(f"the board runs CircuitPython {found.version}, the file is {version}", again)


def check_compiler(found: Board, compiler: Compiler | None) -> None:
    """Raise WrongBoard where a board's CircuitPython is not the one that its firmware is compiled for."""
    if compiler is not None and _major(compiler.version) != _major(found.version):
        raise WrongBoard(
            f"the board runs CircuitPython {found.version}, the mpy-cross is of {compiler.version}",
            f"Take mpy-cross of CircuitPython {_major(found.version)}: docs/flashing.md says where from",
        )


def _major(version: str) -> str:
    return version.partition(".")[0]


def copy_image(found: Board, image: bytes, report: Report | None = None) -> None:
    """Copy a UF2 file to a boot loader, which then starts it."""
    place = found.path / "CIRCUITPY.UF2"
    # The boot loader restarts with the last block, often before the system has closed the file.
    with contextlib.suppress(OSError), place.open("wb", buffering=0) as file:
        for offset in range(0, len(image), _CHUNK):
            if report:
                report(Progress("image", offset, len(image)))
            file.write(image[offset : offset + _CHUNK])


def await_drive(find: Find, wanted: str, report: Report | None = None, seconds: float = APPEAR_S) -> Board:
    """Return the CIRCUITPY drive of the board once it is there. Raises NoShow, WrongBoard."""
    begin = time.monotonic()
    while (passed := time.monotonic() - begin) < seconds:
        if report:
            report(Progress("appear", int(passed), int(seconds)))
        found = [board for board in find() if board.kind == CIRCUITPY]
        # The one that is wanted, or the complaint about another one.
        for board in sorted(found, key=lambda board: board.board != wanted):
            board_id(board, wanted)
            return board
        time.sleep(_LOOK_S)
    raise NoShow(
        "CircuitPython was copied, but its drive CIRCUITPY did not appear",
        "Unplug the board, plug it in, and run the command again. If it shows its boot loader again, the"
        " image is for another board. If it was a token before, it is locked still: see docs/flashing.md",
    )


def write(
    found: Board,
    files: dict[str, bytes],
    foreign: bool = False,
    erase_vault: bool = False,
    report: Report | None = None,
) -> Flashed:
    """Put the bundle onto a CIRCUITPY drive, in place of a `foreign` program too. Raises as flashing does."""
    medium = FolderMedium(found.path)
    if not foreign:
        flashing.refuse_foreign(medium)
    if erase_vault:
        for store in bundle.STORES:
            medium.wipe(store)
    return flashing.flash(medium, files, report)


def await_token(
    tokens: Callable[[], list[str]], uid: str, report: Report | None = None, seconds: float = RESTART_S
) -> tuple[str, Info]:
    """Return the port and what the token there says of itself, once one answers.

    `tokens` lists the ports with tokens; `uid` is the number of the one that is meant, "" for any.
    """
    begin = time.monotonic()
    while (passed := time.monotonic() - begin) < seconds:
        if report:
            report(Progress("restart", int(passed), int(seconds)))
        for port in tokens():
            with contextlib.suppress(DeskError), Token.open(port) as token:
                if uid in ("", token.serial):
                    return port, token.info()
        time.sleep(_LOOK_S)
    raise NoShow(
        "the firmware is on the board and was read back, but no token answered",
        "Unplug it, plug it in and look at its screen; then see what is there: provisioner ports --all",
    )


def _known(chip: str) -> list[str]:
    """Return the boards for a chip, all real ones where it is not known."""
    found = [(name, boards.load(name).get("microcontroller")) for name in boards.ids()]
    return [name for name, its in found if its is not None and chip in ("", its)]


def _look(paths: tuple[Path, ...]) -> list[Board]:
    """Return the boards at `paths`, or wherever the system mounts drives."""
    if not paths:
        return drives.search()
    found = drives.inspect_all(paths)
    if not found:
        raise drives.NoDrive(
            f"{', '.join(map(str, paths))}: there is no boot_out.txt and no INFO_UF2.TXT",
            "Give the folder where the board's drive is mounted",
        )
    return found


def fitting(found: list[Board], board: str | None) -> list[Board]:
    """Return the drives that may be `board`'s, if there are any among several."""
    if board is None or len(found) < 2:
        return found
    chip = boards.load(board).get("microcontroller") if board in boards.ids() else None
    return [each for each in found if each.board == board or each.chip == chip] or found


def _new(paths: tuple[Path, ...], before: set[Path]) -> list[Board]:
    """Return the boards that have appeared."""
    return [each for each in drives.inspect_all([*paths, *drives.mounts()]) if each.path not in before]
