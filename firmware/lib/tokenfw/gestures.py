"""What a finger means: the edges of buttons and the ticks go in, gestures come out.

A gesture is (kind, button, ms that it was held):

    down   the button went down
    held   it is still down: at every poll
    long   it has been down for LONG_MS: once
    short  it came up before that
    up     it came up after that
    both   the two of PAIR have been down together for LONG_MS: once

Of two buttons at once only the later one means anything; of the two of PAIR it is neither held nor long.
"""

DOWN, HELD, LONG, SHORT, UP, BOTH = "down", "held", "long", "short", "up", "both"
PAIR = ("next", "confirm")  # every board has them
LONG_MS = 800
SCROLL_MS = 500  # held for so long, "previous" and "next" begin to scroll

TYPE_CHECKING = False
if TYPE_CHECKING:
    Gesture = tuple[str, str, int]


class Gestures:
    """The buttons as they are now."""

    def __init__(self) -> None:
        self.down: list[str] = []  # all that are down
        self._button = ""  # the one that a gesture is being made with
        self._since_ms = 0
        self._long = False
        self._paired = False  # whether the other one of PAIR was down when it went down

    @property
    def busy(self) -> bool:
        """Whether a gesture is being made."""
        return self._button != ""

    @property
    def paired(self) -> bool:
        """Whether it is being made with both of PAIR."""
        return self.busy and self._paired

    def feed(self, button: str, down: bool, now_ms: int, heard: bool = True) -> "list[Gesture]":
        """Take an edge; a press that is not `heard` means nothing until it is over."""
        if down:
            if button not in self.down:
                self.down.append(button)
            self.ignore()
            if not heard:
                return []
            self._button, self._since_ms, self._long = button, now_ms, False
            self._paired = button in PAIR and self._both()
            return [(DOWN, button, 0)]
        if button in self.down:
            self.down.remove(button)
        if button != self._button:
            return []
        self.ignore()
        held_ms = now_ms - self._since_ms
        if self._paired and held_ms >= LONG_MS:
            return []
        return [(UP if self._long else SHORT, button, held_ms)]

    def poll(self, now_ms: int) -> "list[Gesture]":
        """Return what the button that is down means by now, once all edges have been fed."""
        if not self._button:
            return []
        held_ms = now_ms - self._since_ms
        if self._paired:
            if held_ms < LONG_MS or not self._both():
                return []
            gesture = (BOTH, self._button, held_ms)
            self.ignore()
            return [gesture]
        gestures = [(HELD, self._button, held_ms)]
        if held_ms >= LONG_MS and not self._long:
            self._long = True
            gestures.append((LONG, self._button, held_ms))
        return gestures

    def _both(self) -> bool:
        return PAIR[0] in self.down and PAIR[1] in self.down

    def ignore(self) -> None:
        """Let the press that goes on mean nothing more."""
        self._button = ""


def scrolled(held_ms: int, count: int) -> int:
    """Return how many of `count` rows a press has scrolled: faster and faster, 100 rows in 4.5 s."""
    ms = held_ms - SCROLL_MS
    return 0 if ms < 0 else 1 + (4000 * ms + 5 * count * ms * ms // 100) // 1000000
