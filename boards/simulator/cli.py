"""The command `fobsim`: runs a simulated token and does what hands and eyes would do to it."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click

import boards
from boards.compiling import Compiler

from . import crystal as crystals
from . import displays, eye, png, state
from .clock import SECOND_NS, RunningClock
from .control import NotRunning, RequestFailed, call
from .hardware import FAULTS
from .hid_host import KEYMAPS
from .links import Link, PtyLink, TcpLink
from .pico.simulator import UID, PicoSimulator
from .process import Clock, Process, Token
from .simulator import FIRMWARE, Simulator

_MACHINERY = 3
_TIMEOUT = 15.0  # seconds for an answer, beside what a button is held for
_MAX_ADVANCE = 20 * 366 * 86400

_state = click.option(
    "--state",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The token's folder: flash, identity and clock.",
)


@contextmanager
def _failures() -> Iterator[None]:
    """Tell of failed machinery in a line, with exit 3."""
    try:
        yield
    except (NotRunning, RequestFailed, state.FolderInUse, state.FolderDamaged, OSError, ValueError) as error:
        click.echo(f"fobsim: {error}", err=True)
        sys.exit(_MACHINERY)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A simulated token: the real firmware on simulated chips.

    Exit: 0 done, 2 wrong usage, 3 no simulator runs there, or it cannot.
    """


@main.command()
@_state
@click.option(
    "--engine",
    type=click.Choice(("cpython", "pico")),
    default="cpython",
    help="What the firmware runs on: this Python, or CircuitPython's own image on an emulated Pico.",
)
@click.option(
    "--uf2",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CircuitPython's image for raspberry_pi_pico, for the engine pico.",
)
@click.option(
    "--mpy-cross",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CircuitPython's compiler, for the engine pico: the firmware goes onto its drive compiled.",
)
@click.option(
    "--board", help="Board to simulate, when the folder is new.  [default: simulator, or raspberry_pi_pico]"
)
@click.option(
    "--epoch", type=click.IntRange(0, 2**32 - 1), help="The world's time at the start, UTC seconds."
)
@click.option("--rtc-ppm", type=click.FloatRange(-500, 500), help="How much too fast the clock chip runs.")
@click.option("--crystal", type=click.Choice(crystals.KINDS), help="What the clock chip's crystal is.")
@click.option(
    "--tcp", metavar="HOST:PORT", help="Serve the data port on a loopback address; port 0 picks one."
)
@click.option("--speed", type=click.FloatRange(0.01, 1000), default=1.0, help="Times the host clock's speed.")
@click.option(
    "--firmware",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=FIRMWARE,
    help="Folder with boot.py and code.py.  [default: the project's]",
)
@click.option("--fault", "faults", multiple=True, type=click.Choice(FAULTS), help="Break some hardware.")
def run(
    folder: Path,
    engine: str,
    uf2: Path | None,
    mpy_cross: Path | None,
    board: str | None,
    epoch: int | None,
    rtc_ppm: float | None,
    crystal: str | None,
    tcp: str | None,
    speed: float,
    firmware: Path,
    faults: tuple[str, ...],
) -> None:
    """Run a token in the foreground until SIGTERM, Ctrl-C or `fobsim stop`.

    The first line of output is JSON with the port of the token, its board, serial number and process id.
    """
    if board is not None and board not in boards.ids():
        raise click.BadParameter(f"known boards: {', '.join(boards.ids())}", param_hint="--board")
    address = None if tcp is None else _loopback(tcp)
    emulated = _image(engine, uf2, mpy_cross, speed)
    with _failures():
        store = state.Folder(folder)
        store.acquire()
        kept = store.load() or (
            state.new(board or "simulator")
            if emulated is None
            else state.Kept(board or "raspberry_pi_pico", UID)
        )
        if board is not None and kept.board != board:
            raise click.UsageError(f"{folder} holds a token on board {kept.board}: leave --board out")
        host_ns = time.time_ns()
        start_ns = kept.world_ns(host_ns) if epoch is None else epoch * SECOND_NS
        link: Link = PtyLink() if address is None else TcpLink(*address)
        simulator: Token
        clock: Clock
        if emulated is None:
            clock = RunningClock(start_ns, speed, time.monotonic_ns)
            simulator = Simulator(
                clock, link, kept, sys.stderr, flash_path=store.flash, firmware=firmware, faults=faults
            )
        else:
            simulator = PicoSimulator(
                emulated,
                start_ns,
                link,
                kept,
                sys.stderr,
                flash_path=store.flash,
                firmware=firmware,
                faults=faults,
                compiler=None if mpy_cross is None else Compiler(mpy_cross),
            )
            clock = simulator.clock
        if rtc_ppm is not None:
            simulator.set_ppb(round(rtc_ppm * 1000))
        if crystal is not None:
            simulator.set_crystal(crystal)
        process = Process(simulator, clock, store)
        first = {"port": link.name, "board": kept.board, "serial": kept.serial, "pid": os.getpid()}
        process.run(announce=lambda: _print(first))
        store.release()


@main.command()
@_state
@click.option("--png", "image", type=click.Path(dir_okay=False, path_type=Path), help="Save a picture too.")
def screen(folder: Path, image: Path | None) -> None:
    """Print what the screen shows as JSON: its texts, read back from the pixels, with their places."""
    with _failures():
        answer = call(folder, "screen", _TIMEOUT)
        display = displays.restore(answer.pop("display"))
        texts = eye.read(displays.pixels(display))
        if image is not None:
            png.save(display, image)
    _print({"on": display.lit, "texts": [asdict(text) for text in texts], **answer})


@main.command()
@_state
@click.argument("button")
@click.option("--hold", type=click.IntRange(1, 600_000), default=100, help="How long, in ms.  [default: 100]")
def press(folder: Path, button: str, hold: int) -> None:
    """Press BUTTON (previous, next, confirm, or another of the board's) and return when it is released.

    Where the board has a knob, next and previous turn it.
    """
    with _failures():
        _print(call(folder, "press", _TIMEOUT + hold / 10, button=button, hold_ms=hold))


@main.command()
@_state
@click.option(
    "--layout", type=click.Choice(KEYMAPS, case_sensitive=False), default="us", help="The computer's keymap."
)
@click.option("--clear", is_flag=True, help="Forget it then.")
def typed(folder: Path, layout: str, clear: bool) -> None:
    """Print what the token has typed into the computer as JSON."""
    with _failures():
        _print(call(folder, "typed", _TIMEOUT, layout=layout, clear=clear))


@main.command()
@_state
@click.option("--advance", type=click.FloatRange(0, _MAX_ADVANCE), default=0.0, help="Seconds to leap ahead.")
@click.option("--temperature", type=click.FloatRange(-40, 85), help="Degrees Celsius from now on.")
def clock(folder: Path, advance: float, temperature: float | None) -> None:
    """Print the world's time and the clock chip's as JSON; with --advance after a leap of the world."""
    with _failures():
        _print(call(folder, "clock", _TIMEOUT + 60, advance=advance, temperature=temperature))


@main.command()
@_state
@click.argument("volts", required=False, type=click.FloatRange(2.5, 4.35))
@click.option("--cable/--no-cable", default=None, help="Plug the cable with the computer in, or pull it out.")
def battery(folder: Path, volts: float | None, cable: bool | None) -> None:
    """Give the battery's cell VOLTS; print it as JSON, and how the token has spent its time."""
    with _failures():
        _print(call(folder, "battery", _TIMEOUT, volts=volts, cable=cable))


@main.command()
@_state
@click.option("--power-cut", is_flag=True, help="Take the clock chip's battery out as well.")
def stop(folder: Path, power_cut: bool) -> None:
    """Stop the token that runs on the folder, and return when it has stopped."""
    with _failures():
        answer = call(folder, "stop", _TIMEOUT, power_cut=power_cut)
        state.Folder(folder).wait_until_free(_TIMEOUT)
    _print(answer)


def _image(engine: str, uf2: Path | None, mpy_cross: Path | None, speed: float) -> Path | None:
    """Return the image for the engine pico, None for cpython."""
    if engine == "cpython":
        for name, value in (("--uf2", uf2), ("--mpy-cross", mpy_cross)):
            if value is not None:
                raise click.UsageError(f"{name} is for --engine pico")
        return None
    if uf2 is None:
        raise click.UsageError(
            "--engine pico needs --uf2 FILE: download CircuitPython 10.1 or newer for raspberry_pi_pico from"
            " https://circuitpython.org/board/raspberry_pi_pico/"
        )
    if speed != 1.0:
        raise click.UsageError("--speed is for --engine cpython: an emulated Pico is as fast as it can be")
    return uf2


def _loopback(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    try:
        name = "127.0.0.1" if host == "localhost" else host.strip("[]")
        if not ip_address(name).is_loopback or not 0 <= int(port) <= 65535:
            raise ValueError
    except ValueError:
        raise click.BadParameter(
            "give a loopback address and a port, such as 127.0.0.1:0", param_hint="--tcp"
        ) from None
    return name, int(port)


def _print(answer: dict[str, Any]) -> None:
    click.echo(json.dumps(answer))
    sys.stdout.flush()
