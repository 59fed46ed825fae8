"""The processor: firmware in a thread of its own, that runs only while the simulator lets it.

The two threads hand control to each other, so that the firmware's calls of `sleep` are the only places
where anything else happens. That makes a run with a clock moved by hand repeatable.
"""

import threading
from collections.abc import Callable

from .clock import MS_NS

_POLLS = 200  # looks at the time without a sleep, after which one costs time as on a real processor
NEVER = 1 << 80  # ns; the firmware has ended or waits for ever


class PowerOff(BaseException):
    """Raised in the firmware's thread to end it: the supply is gone."""


class Machine:
    """Runs `program` between calls of `resume`. `wake_ns` is when it wants to be resumed next."""

    def __init__(self, program: Callable[[], None], now_ns: Callable[[], int]) -> None:
        self._program = program
        self._now_ns = now_ns
        self._go = threading.Semaphore(0)
        self._parked = threading.Semaphore(0)
        self._killed = False
        self._polls = 0
        self._busy_ns = 0
        self.wake_ns = now_ns()
        self.running = False
        self.idle = False  # whether it sleeps because it asked to
        self._thread = threading.Thread(target=self._main, name="firmware", daemon=True)
        self._thread.start()

    # For the simulator's thread.

    def resume(self, patience: float) -> bool:
        """Let the firmware run until it sleeps or ends; False where it still runs after `patience` s.

        Called again then, it goes on waiting.
        """
        if not self.running:
            self.running = True
            self._go.release()
        if self._parked.acquire(timeout=patience):
            self.running = False
        return not self.running

    def kill(self, patience: float) -> bool:
        """End the firmware where it sleeps or next touches the hardware; return whether it has ended."""
        self._killed = True
        if self._thread.is_alive():
            self.resume(patience)
            self._thread.join(patience)
        return not self._thread.is_alive()

    @property
    def ended(self) -> bool:
        """Whether the firmware's thread has ended."""
        return not self._thread.is_alive()

    # For the firmware's thread.

    def sleep_until(self, wake_ns: int, idle: bool = False) -> None:
        """Give control away until the world's clock has reached `wake_ns`."""
        self._polls = self._busy_ns = 0
        self.idle = idle
        self.wake_ns = wake_ns
        self._parked.release()
        self._go.acquire()
        self.check()

    def check(self) -> None:
        """Raise PowerOff if the supply is gone."""
        if self._killed:
            raise PowerOff

    def poll(self) -> None:
        """Count a look at the time or at a port: in a loop without a sleep they let time pass too."""
        self.check()
        self._polls += 1
        if self._polls >= _POLLS:
            self.sleep_until(self._now_ns() + MS_NS)

    def spend(self, ns: int) -> None:
        """Let the time pass that the hardware needs, in steps of at least a millisecond."""
        self.check()
        self._busy_ns += ns
        if self._busy_ns >= MS_NS:
            self.sleep_until(self._now_ns() + self._busy_ns)

    def _main(self) -> None:
        self._go.acquire()
        try:
            self.check()
            self._program()
        except PowerOff:
            pass
        finally:
            self.wake_ns, self.idle = NEVER, True
            self._parked.release()
