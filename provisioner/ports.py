"""Finding tokens: by what USB says about a port, then by asking.

Only ports that may be a token are written to: opening a port resets some boards, and bytes on a
modem's or a printer's line do harm. A port that does not answer is closed within a second.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from serial.tools import list_ports  # type: ignore[import-untyped]

from .client import Token
from .faults import (
    Ambiguous,
    BadAnswer,
    BadInput,
    DeskError,
    LinkLost,
    NotAToken,
    NoToken,
    PortBusy,
    PortDenied,
)
from .model import Progress, Report

PRODUCT = "Fobsmith"  # How the USB product of a token begins, whatever the board's vendor.
CONSOLE_INTERFACE = "CircuitPython CDC "  # Its REPL: never written to.
DATA_INTERFACE = "CircuitPython CDC2 "
# Vendor ids that boards with CircuitPython's USB stack announce themselves with.
VENDORS = {
    0x239A: "Adafruit",
    0x2E8A: "Raspberry Pi",
    0x303A: "Espressif",
    0x1915: "Nordic",
    0x1B4F: "SparkFun",
    0x1209: "pid.codes",
    0x16D0: "MCS",
    0x1D50: "OpenMoko",
    0x2341: "Arduino",
    0x2886: "Seeed",
}
ASK_S = (0.4, 0.4)  # Seconds to wait for an answer to hello after each of two sendings.
LIMIT_S = 1.5  # A port that cannot even be opened by then is given up.

TOKEN, CONSOLE, NEWER, BUSY, DENIED, OTHER, GONE, NOT_ASKED = (
    "token",
    "console",
    "other version",
    "in use",
    "no permission",
    "not a token",
    "gone",
    "not asked",
)


@dataclass(frozen=True)
class Port:
    """A serial port and what is there. `vid` and `pid` are None where it is not on USB."""

    device: str
    state: str = NOT_ASKED
    product: str = ""
    vid: int | None = None
    pid: int | None = None
    usb_serial: str = ""
    interface: str = ""
    token_serial: str = ""

    @property
    def likely(self) -> bool:
        """Whether the port may be asked without being told to."""
        if self.interface.startswith((CONSOLE_INTERFACE, DATA_INTERFACE)):
            return self.interface.startswith(DATA_INTERFACE)
        return self.vid in VENDORS or self.product.startswith(PRODUCT)


def search(
    extra: Iterable[str] = (),
    every: bool = False,
    comports: Callable[[], Iterable[Any]] = list_ports.comports,
    report: Report | None = None,
) -> list[Port]:
    """Return every serial port with its state, the tokens first.

    `extra` are ports or URLs that the system does not list; they are asked too. `every` asks all
    but known consoles. `comports` lists the system's ports as pyserial does.
    """
    ports = {port.device: port for port in map(_described, comports())}
    groups: dict[Any, list[str]] = {}
    for port in ports.values():
        if port.likely or (every and not port.interface.startswith(CONSOLE_INTERFACE)):
            groups.setdefault(_board(port), []).append(port.device)
    for device in extra:
        # A link such as those in /dev/serial/by-id is the port that it leads to.
        if os.path.realpath(device) not in ports:
            ports[device] = Port(device)
            groups[device] = [device]
    _ask_all([[ports[device] for device in group] for group in groups.values()], ports, report)
    return sorted(ports.values(), key=lambda port: (port.state != TOKEN, _natural(port)))


def choose(ports: Iterable[Port]) -> str:
    """Return the device of the one token among `ports`. Raises NoToken, or Ambiguous for several."""
    ports = list(ports)
    tokens = [port for port in ports if port.state == TOKEN]
    if len(tokens) > 1:
        listed = [f"{port.device} (serial number {port.token_serial})" for port in tokens]
        raise Ambiguous("several tokens are here", listed, "Choose one: provisioner --port PORT …")
    if not tokens:
        hindered = [f"{port.device}: {port.state}" for port in ports if port.state in (NEWER, BUSY, DENIED)]
        raise NoToken("no token was found" + (f" ({', '.join(hindered)})" if hindered else ""))
    return tokens[0].device


def ask(port: Port) -> Port:
    """Return `port` with its state: opened, greeted and closed again."""
    try:
        with Token.open(port.device, ASK_S) as token:
            return replace(port, state=TOKEN, token_serial=token.serial)
    except (NotAToken, BadInput):
        return replace(port, state=OTHER)
    except BadAnswer:
        return replace(port, state=NEWER)
    except PortBusy:
        return replace(port, state=BUSY)
    except PortDenied:
        return replace(port, state=DENIED)
    except DeskError as error:
        return replace(port, state=GONE if isinstance(error, LinkLost) else OTHER)


def _ask_all(groups: list[list[Port]], ports: dict[str, Port], report: Report | None) -> None:
    """Ask the groups in parallel and put what they answer into `ports`."""
    answers: dict[str, Port] = {}

    def ask_group(group: list[Port]) -> None:
        # A board's console comes before its data port: ask from the end, and a token's console never.
        for port in sorted(group, key=_natural, reverse=True):
            if any(answers[other.device].state == TOKEN for other in group if other.device in answers):
                answers[port.device] = replace(port, state=CONSOLE)
            else:
                answers[port.device] = ask(port)

    # Daemons: on some systems opening a port can hang, and the program must still end.
    threads = [threading.Thread(target=ask_group, args=(group,), daemon=True) for group in groups]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + LIMIT_S * max(map(len, groups), default=0)
    for done, thread in enumerate(threads):
        if report:
            report(Progress("ports", done, len(threads)))
        thread.join(max(0.0, deadline - time.monotonic()))
    for group in groups:
        for port in group:
            ports[port.device] = answers.get(port.device, replace(port, state=OTHER))


def _described(info: Any) -> Port:
    interface = info.interface or ""
    return Port(
        device=info.device,
        state=CONSOLE if interface.startswith(CONSOLE_INTERFACE) else NOT_ASKED,
        product=info.product or "",
        vid=info.vid,
        pid=info.pid,
        usb_serial=info.serial_number or "",
        interface=interface,
    )


def _natural(port: Port) -> list[tuple[int, str]]:
    """Return a key that sorts COM9 before COM10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split("([0-9]+)", port.device)]


def _board(port: Port) -> Any:
    """Return what the ports of one board have in common; a port of unknown board stands alone."""
    if port.usb_serial and not port.interface:
        return port.vid, port.pid, port.usb_serial
    return port.device
