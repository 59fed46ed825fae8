"""A whole token, as a board would run it: the App over a file on the drive, moved by hand.

The file is the board's own class for it; clock chip, screen, buttons and line are the tests' usual ones.
"""

import gc
import sys

import crypto
import drive
from tokenfw.secret import Secret

from tests.firmware.parts import Bench, RamFlash, RamKeyboard

_token = {}
_nvm = {}  # by the path of the store; it outlives a restart


def start(path: str, utc: int, lost: bool, capacity: int) -> list:
    """Start a token, or the same one again, on the file `path`."""
    _token.clear()
    gc.collect()
    _token["keyboard"] = RamKeyboard()
    flash = RamFlash(drive.DriveFile(path), Secret(_nvm.setdefault(path, bytearray(128))))
    _token["bench"] = Bench(
        flash,
        utc,
        lost,
        capacity,
        crypto.BoardPrimitives() if crypto.aesio else None,
        keyboard=lambda: _token["keyboard"],
        unload=_unload,
    )
    # As tokenfw.hardware does.
    _unload(
        *["tokenfw." + name for name in ("opening", "slots", "mending", "scrubbing", "erasing", "upgrade")]
    )
    return run(0)


def _unload(*names: str) -> None:
    for name in names:
        if sys.modules.pop(name, None):
            package, _, last = name.rpartition(".")
            delattr(sys.modules[package], last)


def run(ms: int) -> list:
    """Let time pass and return what the token has answered and shows."""
    bench = _token["bench"]
    for passed in range(0, ms, 250):
        bench.run(min(250, ms - passed))
        del bench.display.views[:-1]  # a board has no room for all that was shown
    bench.run()
    return seen(bench)


def press(*names: str) -> list:
    bench = _token["bench"]
    bench.press(*names)
    return seen(bench)


def hold(ms: int) -> list:
    """Hold confirm for so long; return the strokes that were typed since the start."""
    moves = _token["bench"].queue.moves
    moves.append(("confirm", True))
    run(ms)
    moves.append(("confirm", False))
    run(100)
    return [list(stroke) for stroke in _token["keyboard"].strokes]


def send(command: str, values: dict) -> list:
    bench = _token["bench"]
    bench.send(command, **values)
    return seen(bench)


def set_time(utc: int, after_ms: int) -> list:
    """Send `set_time` for the tick `after_ms` from now, press where asked to, and wait for the answer."""
    bench = _token["bench"]
    end = bench.ms + after_ms
    bench.send("set_time", utc=utc, at=end)
    if bench.app.question:
        bench.press("confirm")
    return run(max(0, end - bench.ms))


def feed(data: bytes) -> list:
    """Put raw bytes on the line."""
    bench = _token["bench"]
    bench.queue.incoming += data
    bench.run()
    return seen(bench)


def seal(message: bytes) -> list:
    """Send a message, whatever it is, in the owner's channel."""
    bench = _token["bench"]
    bench.give(bench.connected().seal(message))
    return seen(bench)


def chip(name: str, value: object) -> list:
    """Change the clock chip: its `utc`, `lost`, `error` or `nonsense`."""
    setattr(_token["bench"].rtc, name, value)
    return run(0)


def listing(start: int) -> list:
    """Return the names of one page of the list, from position `start`."""
    page = _token["bench"].ask("list", start=start)
    return [account["name"] for account in page["accounts"]]


def seen(bench: Bench) -> list:
    views = bench.display.views
    del views[:-1]
    answers = []
    for sequence, status, packed in bench.answers():
        answers.append((sequence, status, packed))
    return [answers, tuple(views[-1])] if views else [answers, None]


OPERATIONS = {
    "start": start,
    "run": run,
    "press": press,
    "hold": hold,
    "send": send,
    "set_time": set_time,
    "feed": feed,
    "seal": seal,
    "chip": chip,
    "listing": listing,
}
