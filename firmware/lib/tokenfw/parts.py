"""What an App is made of: the shapes of its parts. For a type checker alone; a board never loads this."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    from .views import View

    class Display(Protocol):
        """Shows a View: it never raises for any text, and cuts what is too long with an ellipsis.

        bar_width  pixels of a full bar
        rows       how many rows of a list fit
        still      whether it keeps its picture and is slow to change (e-paper): no bar moves there
        fault      "" or what is wrong with it
        pending    whether it was busy when a view was shown: to be shown again
        busy       whether it has not yet changed all of its picture
        """

        bar_width: int
        rows: int
        still: bool
        fault: str
        pending: bool

        @property
        def busy(self) -> bool: ...

        def show(self, view: View) -> None: ...
        def light(self, level: int) -> None:
            """Be off (0), dim (1) or bright (2)."""

    class Buttons(Protocol):
        """`events` returns what happened since it was last asked, in order: (name, whether it went down).

        Names: "previous", "next", "confirm"; a keypad also has "0" to "9", "clear" and "enter". An encoder's
        turn is a press and release. `chord` are those that ask for maintenance, held at the start; `keypad`
        says whether there is one.
        """

        chord: list[str]
        keypad: bool

        def events(self) -> list[tuple[str, bool]]: ...

    class Link(Protocol):
        """The serial line: `read` returns what has come, at once; `write` sends all or drops it."""

        def read(self) -> bytes: ...
        def write(self, data: bytes) -> None: ...

    class Keyboard(Protocol):
        """Presses keys on the host, and never leaves one down."""

        def open(self) -> None:
            """Make sure that a host listens; raises FobError."""

        def type(self, strokes: Iterable[tuple[int, bool]]) -> None:
            """Press and release each (HID usage, whether with Shift); raises FobError."""

        def step(self, now_ms: int) -> None:
            """Look after keys that the host may still take for held; polled."""

    class Battery(Protocol):
        def percent(self) -> int:
            """Return how full the battery is, -1 where that is not known."""

    class Rest(Protocol):
        def sleep(self, now_ms: int, ms: int) -> None:
            """Let `ms` pass after tick `now_ms`; or more, or start anew, where nobody is there."""

    class Maintenance(Protocol):
        def is_open(self) -> bool:
            """Return whether the drive is open to the host in this run."""

        def erase_and_restart(self) -> None:
            """Erase every secret and restart with the drive open; it does not return."""
