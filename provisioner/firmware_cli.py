"""The commands for a token's firmware: bundle, flash, verify-firmware. No logic, as in `cli`."""

from pathlib import Path
from typing import Any

import click

from . import bundles, firmware_views, installing, ports, verifying
from .desk import Desk
from .failure import REFUSED

_accept = click.option("--accept-unlocked", is_flag=True, help="Go on with a board that cannot be locked.")
_mpy_cross = click.option(
    "--mpy-cross",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PATH",
    help="CircuitPython's compiler: the firmware goes onto the board compiled.",
)


@click.command("bundle")
@click.option("--board", required=True, metavar="ID", help="The board, as CircuitPython calls it.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Where the folder and the zip go.  [default: here]",
)
@_mpy_cross
@_accept
@click.pass_obj
def make_bundle(desk: Desk, board: str, output: Path, mpy_cross: Path | None, accept_unlocked: bool) -> None:
    """Make a board's files, as folder and zip.

    The same bytes on every computer: firmware, libraries, the board's settings, and a manifest.
    """
    files = bundles.load(board, accept_unlocked, bundles.compiler(mpy_cross))
    folder, packed = bundles.write(files, output, bundles.name(board, files))
    firmware_views.bundle(desk.output, board, files, folder, packed)


@click.command()
@click.option("--board", metavar="ID", help="The board; needed if it is in its boot loader.")
@click.option(
    "--uf2",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="CircuitPython's image, for a board in its boot loader.",
)
@click.option(
    "--sha256", metavar="HEX", help="The image's SHA-256; without --uf2 the image is downloaded and compared."
)
@click.option(
    "--drive",
    "paths",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the board's drive is mounted.  [default: look for it]",
)
@click.option("--replace", is_flag=True, help="Remove another program from the drive.")
@click.option("--erase-vault", is_flag=True, help="Remove the accounts, too.")
@_mpy_cross
@_accept
@click.option("--no-wait", is_flag=True, help="Do not wait for the token to restart and answer.")
@click.pass_obj
def flash(desk: Desk, /, no_wait: bool, mpy_cross: Path | None, **wishes: Any) -> None:
    """Put the firmware onto a board.

    CircuitPython comes first, if the board is in its boot loader. Everything is read back and
    compared. If the cable comes loose, run it again.
    """

    def tokens() -> list[str]:
        if desk.port:
            return [desk.port]
        return [port.device for port in ports.search(desk.search) if port.state == ports.TOKEN]

    wanted = installing.Wishes(wait=not no_wait, compiler=bundles.compiler(mpy_cross), **wishes)
    with desk.output.progress() as report:
        done = installing.install(wanted, tokens, desk.output.note, report)
    firmware_views.installed(desk.output, done)


@click.command("verify-firmware")
@_mpy_cross
@click.pass_obj
def verify_firmware(desk: Desk, mpy_cross: Path | None) -> None:
    """Compare the token's files with the firmware.

    Exit 1 where one differs, is missing, or is there and should not be; each is named. A firmware that
    was flashed with --mpy-cross is compared with what the same compiler makes.
    """
    compiler = bundles.compiler(mpy_cross)
    with desk.token() as token:
        info = token.info()
        files = bundles.load(info.board, accept_unlocked=True, compiler=compiler)
        with desk.output.progress() as report:
            found = verifying.compare(token, files, report)
    firmware_views.comparison(desk.output, info, files, found)
    if not found.good:
        click.get_current_context().exit(REFUSED)


COMMANDS = (make_bundle, flash, verify_firmware)
