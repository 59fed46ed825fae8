"""The commands for a token's firmware: bundle, flash, verify-firmware. No logic, as in `cli`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import bundles, firmware_views, verifying
from .failure import REFUSED

if TYPE_CHECKING:
    from .cli import Desk

_accept = click.option("--accept-unlocked", is_flag=True, help="Go on with a board that cannot be locked.")


@click.command("bundle")
@click.option("--board", required=True, metavar="ID", help="The board, as CircuitPython calls it.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Where the folder and the zip go.  [default: here]",
)
@_accept
@click.pass_obj
def make_bundle(desk: "Desk", board: str, output: Path, accept_unlocked: bool) -> None:
    """Make what goes onto a board's drive, as a folder and a zip.

    The same bytes on every computer: firmware, libraries, the board's settings, and a manifest.
    """
    files = bundles.load(board, accept_unlocked)
    folder, packed = bundles.write(files, output, bundles.name(board, files))
    firmware_views.bundle(desk.output, board, files, folder, packed)


@click.command("verify-firmware")
@click.pass_obj
def verify_firmware(desk: "Desk") -> None:
    """Compare the files on the token with those that belong there.

    Exit 1 where one differs, is missing, or is there and should not be; each is named.
    """
    with desk.token() as token:
        info = token.info()
        files = bundles.load(info.board, accept_unlocked=True)
        with desk.output.progress() as report:
            found = verifying.compare(token, files, report)
    firmware_views.comparison(desk.output, info, files, found)
    if not found.good:
        click.get_current_context().exit(REFUSED)


COMMANDS = (make_bundle, verify_firmware)
