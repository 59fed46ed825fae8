"""Pins of the microcontroller: who uses one, what drives it, and what is connected to it."""

from collections.abc import Callable

from .button import Button

_QUARTER_NS = 8_000_000  # from one quarter step of a knob that is turned to the next
_QUARTERS = ((True, True), (True, False), (False, False), (False, True))  # levels of A and B


class Pin:
    """A pin. `outside` gives the level that something connected to it makes at a time (ns), or None.

    `driven` is the level, 0 to 1, that the microcontroller makes itself, None while it makes none; `changed`
    is called after each change of it.
    """

    def __init__(self, name: str, outside: Callable[[int], bool | None] | None = None) -> None:
        self.name = name
        self.outside = outside
        self.owner: object = None
        self.driven: float | None = None
        self.changed: Callable[[], None] | None = None

    def __repr__(self) -> str:
        return f"board.{self.name}"

    def claim(self, owner: object) -> None:
        """Take the pin for one use. Raises ValueError where it has one."""
        if self.owner is not None and self.owner is not owner:
            raise ValueError(f"{self.name} in use")
        self.owner = owner

    def release(self, owner: object) -> None:
        """Give the pin back, if it is `owner`'s."""
        if self.owner is owner:
            self.owner = None
            self.drive(None)

    def drive(self, level: float | None) -> None:
        """Make a level, or none."""
        before, self.driven = self.driven, level
        if self.changed is not None and before != level:
            self.changed()

    def read(self, now_ns: int, pull_up: bool) -> bool:
        """Return the level at `now_ns` for an input."""
        level = None if self.outside is None else self.outside(now_ns)
        return pull_up if level is None else level


def contact(button: Button, level: bool) -> Callable[[int], bool | None]:
    """Return what a button does to its pin: connect it to `level` while it is pressed."""
    return lambda now_ns: level if button.level(now_ns) else None


class Knob:
    """A rotary encoder: two contacts that open and close four times from one detent to the next."""

    def __init__(self) -> None:
        self._times: list[int] = []  # ns, ascending: a quarter step at each
        self._steps: list[int] = []
        self._settled = 0

    def turn(self, start_ns: int, detents: int) -> int:
        """Turn it by so many detents, clockwise where positive; return when it rests (ns)."""
        at_ns = max(start_ns, self._times[-1] + _QUARTER_NS if self._times else start_ns)
        for _quarter in range(4 * abs(detents)):
            self._times.append(at_ns)
            self._steps.append(1 if detents > 0 else -1)
            at_ns += _QUARTER_NS
        return at_ns

    def quarters(self, now_ns: int) -> int:
        """Return the quarter steps that it has made until then."""
        while self._times and self._times[0] <= now_ns:
            del self._times[0]
            self._settled += self._steps.pop(0)
        return self._settled

    def contact(self, which: int) -> Callable[[int], bool]:
        """Return the level of contact A (0) or B (1)."""
        return lambda now_ns: _QUARTERS[self.quarters(now_ns) % 4][which]
