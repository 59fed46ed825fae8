"""What feeds the board, and where its time goes: at rest between steps, asleep, or off."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

IDLE, LIGHT, DEEP, OFF = "idle", "light", "deep", "off"
STATES = (IDLE, LIGHT, DEEP, OFF)
LOWEST_MV, HIGHEST_MV = 2500, 4350


def _nothing() -> dict[str, int]:
    return dict.fromkeys(STATES, 0)


@dataclass
class Supply:
    """The cell's voltage, and whether a cable feeds the board too.

    `spent_ns` is the time in each of STATES since the token was plugged in.
    `wake` is what ended the deep sleep before the start that is next: "pin", "time" or nothing ("").
    `cpu_quarters` is by how much the microcontroller's thermometer shows too much, degrees Celsius times 4.
    """

    now_ns: Callable[[], int]
    battery_mv: int = 3900
    cable: bool = True
    wake: str = ""
    cpu_quarters: int = 18
    spent_ns: dict[str, int] = field(default_factory=_nothing)
    _since_ns: int = 0
    _state: str = ""
    _entered_ns: int = 0

    def __post_init__(self) -> None:
        self._since_ns = self.now_ns()

    def begin(self) -> None:
        """The token is plugged in: count anew."""
        self._since_ns, self.spent_ns, self.wake = self.now_ns(), _nothing(), ""

    @contextmanager
    def spending(self, state: str) -> Iterator[None]:
        """Count the time in there as spent in that state."""
        self._state, self._entered_ns = state, self.now_ns()
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._state:
            self.spent_ns[self._state] += self.now_ns() - max(self._entered_ns, self._since_ns)
            self._state = ""

    def take_wake(self) -> str:
        """Return what woke the board for the start that begins; the next one begins by itself."""
        wake, self.wake = self.wake, ""
        return wake

    def shares(self) -> dict[str, float]:
        """Return the part of the time since `begin` that was spent in each state."""
        if self._state:
            state = self._state
            self._leave()
            self._state, self._entered_ns = state, self.now_ns()
        whole_ns = max(1, self.now_ns() - self._since_ns)
        return {state: round(spent / whole_ns, 4) for state, spent in self.spent_ns.items()}
