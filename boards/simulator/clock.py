"""The world's clock: UTC in nanoseconds, at the speed of the host's clock or faster, or moved by hand."""

from collections.abc import Callable

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000


class ManualClock:
    """A clock that only its owner moves; tests use it, so that no test sleeps."""

    def __init__(self, utc_ns: int) -> None:
        self._now_ns = utc_ns

    def now_ns(self) -> int:
        """Return the world's UTC in ns."""
        return self._now_ns

    def advance(self, ns: int) -> None:
        """Let `ns` pass at once."""
        self._now_ns += ns


class RunningClock:
    """A clock that runs `speed` times as fast as `host_ns`, a monotonic clock of the host in ns."""

    def __init__(self, utc_ns: int, speed: float, host_ns: Callable[[], int]) -> None:
        self._utc_ns = utc_ns
        self._speed = speed
        self._host_ns = host_ns
        self._start_ns = host_ns()

    def now_ns(self) -> int:
        """Return the world's UTC in ns."""
        return self._utc_ns + int((self._host_ns() - self._start_ns) * self._speed)

    def advance(self, ns: int) -> None:
        """Let `ns` pass at once."""
        self._utc_ns += ns

    def host_seconds_until(self, utc_ns: int) -> float:
        """Return how many seconds of the host's clock remain until `utc_ns`; 0 where it has passed."""
        return max(0.0, (utc_ns - self.now_ns()) / self._speed / SECOND_NS)


Clock = ManualClock | RunningClock
