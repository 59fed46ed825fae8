"""The only code that knows CircuitPython's hardware: `building` makes the App that a board file describes.

Here is what an App goes on using, for `building` itself is let go.
"""

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokenfw.attest import Contents

    from .keyboard import Keyboard


def unload(*names: str) -> None:
    """Forget the modules of those full names, which were loaded by their packages' names."""
    for name in names:
        if sys.modules.pop(name, None):
            package, _, last = name.rpartition(".")
            delattr(sys.modules[package], last)


def ticks() -> int:
    return time.monotonic_ns() // 1000000


class Awake:
    """The sleep of a board that has no other."""

    def sleep(self, _now_ms: int, ms: int) -> None:
        time.sleep(ms / 1000)


def open_keyboard() -> "Keyboard":
    from .keyboard import Keyboard  # Not everybody types, and it takes memory.

    return Keyboard()


def load_contents() -> "Contents":
    from . import contents

    return contents
