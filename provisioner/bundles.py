"""The bundle of a board as the desk uses it: loaded, as a folder and as a zip, the same bytes everywhere."""

import io
import os
import shutil
import zipfile
from pathlib import Path

import boards
from boards import bundle
from boards.compiling import Compiler, CompilerWrong

from .faults import BadInput, DeskError

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip and a FAT drive can hold
_SECONDS = 315_532_800  # the same, UTC
_FILE_MODE, _FOLDER_MODE = 0o644, 0o755
_REGULAR = 0o100000
_UNIX = 3
_WHERE = "docs/flashing.md says where CircuitPython's mpy-cross is to be had"


class NoBundle(DeskError):
    """The bundle cannot be made here."""

    exit_status = 2


class Unlocked(BadInput):
    """The board cannot be locked, and the user has not said that this is known."""

    advice = "Use another board for real accounts. To go on all the same: --accept-unlocked"


def compiler(path: Path | None) -> Compiler | None:
    """Return the mpy-cross at `path`, None for a bundle of source. Raises BadInput where it is none."""
    try:
        return None if path is None else Compiler(path)
    except CompilerWrong as error:
        raise BadInput(str(error), _WHERE) from None


def load(board_id: str, accept_unlocked: bool = False, compiler: Compiler | None = None) -> dict[str, bytes]:
    """Return {path on the drive: content} for a board, compiled where there is a `compiler`.

    Raises BadInput for an unknown one, Unlocked for one that cannot close its console unless
    `accept_unlocked`, NoBundle where a library is missing or the compiler fails.
    """
    try:
        promises = boards.load(board_id).get("promises", {})
        if not promises.get("console_closed", True) and not accept_unlocked:
            raise Unlocked(
                f"{board_id} cannot be locked: whoever plugs it in reads every secret on it"
                " through its console"
            )
        return bundle.files(board_id, compiler=compiler)
    except boards.UnknownBoard as error:
        raise BadInput(str(error)) from None
    except (bundle.LibraryMissing, CompilerWrong) as error:
        raise NoBundle(str(error)) from None


def name(board_id: str, files: dict[str, bytes]) -> str:
    """Return what the folder of a bundle is called, and its zip without the ending."""
    return f"fobsmith-{board_id}-{bundle.version(files)}" + ("-mpy" if bundle.is_compiled(files) else "")


def archive(files: dict[str, bytes]) -> bytes:
    """Return `files` as a zip: sorted, uncompressed, without a time or a user of this computer."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _TIME)
            entry.create_system = _UNIX
            entry.external_attr = (_REGULAR | _FILE_MODE) << 16
            packed.writestr(entry, content)
    return out.getvalue()


def write(files: dict[str, bytes], output: Path, called: str) -> tuple[Path, Path]:
    """Write the folder `called` and its zip below `output`; return both. An older bundle is replaced.

    Raises BadInput where something else stands there, or `output` cannot be written.
    """
    folder, packed = output / called, output / f"{called}.zip"
    if folder.exists() and not (folder / bundle.MANIFEST).is_file():
        raise BadInput(f"{folder} is there and is no bundle", "Choose another folder with --output")
    making = output / f".{called}.making"
    try:
        output.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(making, ignore_errors=True)
        _write_folder(files, making)
        shutil.rmtree(folder, ignore_errors=True)
        making.replace(folder)
        packed.write_bytes(archive(files))
        _plain(packed, _FILE_MODE)
    except OSError as error:
        raise BadInput(f"cannot write to {output}: {error.strerror or error}") from None
    return folder, packed


def _write_folder(files: dict[str, bytes], folder: Path) -> None:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        _plain(place, _FILE_MODE)
    for inner in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        _plain(inner, _FOLDER_MODE)
    _plain(folder, _FOLDER_MODE)


def _plain(path: Path, mode: int) -> None:
    """Take away what this computer would add: the user's mask and the time."""
    path.chmod(mode)
    os.utime(path, (_SECONDS, _SECONDS))
