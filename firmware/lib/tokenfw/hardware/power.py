"""Sleep between two steps: short while somebody may look, and as deep as the board can when nobody does.

A board file's [power] says after how many seconds of nobody there and no host on USB the board sleeps deeply
(`deep_sleep_s`), and whether it sleeps lightly until then (`light_sleep`). A button wakes it. `display_sleep`
is the command that puts a built-in display to sleep whose supply nothing cuts. After a deep sleep everything
starts anew, and the time comes from the clock chip as after any start.
"""

import time

import board
import supervisor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import digitalio

    from tokenfw.app import App

    from .buttons import Buttons

_LIGHT_MS = 10000  # the longest light sleep: a host that is plugged in meanwhile waits for so long
_SETTLE_S = 0.05  # in which `keypad` sees the button that woke the board, after bouncing
_BUSY_S = 0.1  # between two looks at whether e-paper is being refreshed
_LATCH_S = 1  # a latch that has not cut the power by then does not feed the board


class Power:
    """Puts `app` to sleep between its steps.

    `latch` is the name of the output that holds a battery's supply, and that CircuitPython has made high.
    """

    def __init__(
        self, app: "App", buttons: "Buttons", settings: "dict[str, Any]", latch: "str | None"
    ) -> None:
        self._app = app
        self._buttons = buttons
        self._latch: digitalio.DigitalInOut | None = getattr(board, latch) if latch else None
        self._deep_ms: int = settings.get("deep_sleep_s", 0) * 1000
        self._light: bool = settings.get("light_sleep", False)
        self._wake: list[str] | None = settings.get("wake")
        self._display: Any = getattr(board, "DISPLAY", None)
        self._display_sleep: int | None = settings.get("display_sleep")
        self._since_ms: int | None = None  # the tick since which nobody is there
        if _woken():
            self._forget_press()  # It is held at a start, and asks for nothing there.

    def sleep(self, now_ms: int, ms: int) -> None:
        """Let `ms` pass, which the app has asked for at tick `now_ms`, or more where nobody is there."""
        if not self._deep_ms or not self._app.screen.light.idle or supervisor.runtime.usb_connected:
            self._since_ms = None
            time.sleep(ms / 1000)
            return
        if self._since_ms is None:
            self._since_ms = now_ms
        left_ms = self._since_ms + self._deep_ms - now_ms
        if left_ms <= 0:
            self._since_ms = None
            self._lock(now_ms)
            self._sleep_deeply()
        elif self._light:
            self._sleep_lightly(min(left_ms, _LIGHT_MS))
        else:
            time.sleep(ms / 1000)

    def _sleep_lightly(self, ms: int) -> None:
        import alarm

        buttons = self._alarms()
        until = alarm.time.TimeAlarm(monotonic_time=(time.monotonic_ns() // 1000000 + ms) / 1000)
        cause = alarm.light_sleep_until_alarms(until, *buttons)
        self._buttons.open()
        if cause in buttons:
            # The press that wakes does nothing else.
            self._forget_press()
            self._app.screen.touch(time.monotonic_ns() // 1000000)

    def _lock(self, now_ms: int) -> None:
        """Lock, as the start after the sleep would find it: e-paper shows meanwhile what it showed last."""
        self._app.lock(now_ms)
        self._app.step(now_ms)
        while self._app.screen.display.pending:
            time.sleep(_BUSY_S)
            self._app.step(now_ms)

    def _sleep_deeply(self) -> None:
        if self._latch is not None:
            while getattr(self._display, "busy", False):
                time.sleep(_BUSY_S)  # or half a picture would stay on the paper
            self._latch.value = False
            time.sleep(_LATCH_S)
            self._latch.value = True  # A cable feeds the board: it goes on.
            return
        if self._display_sleep is not None:
            self._display.bus.send(self._display_sleep, b"")
        import alarm

        alarm.exit_and_deep_sleep_until_alarms(*self._alarms())

    def _alarms(self) -> "list[Any]":
        """Return an alarm for each button that may wake the board; the buttons are closed for it."""
        import alarm

        self._buttons.close()
        made = []
        for name, pin, level in self._buttons.pins:
            if self._wake is None or name in self._wake:
                made.append(alarm.pin.PinAlarm(pin, value=level, pull=True))
        return made

    def _forget_press(self) -> None:
        time.sleep(_SETTLE_S)
        self._buttons.events()


def _woken() -> bool:
    """Whether a button has woken the board from a deep sleep."""
    try:
        import alarm
    except ImportError:
        return False
    return alarm.wake_alarm is not None
