"""The simulated module `alarm`, and the latch that holds a board's supply.

As the ports of CircuitPython 10 do it: an alarm's pin must be free; a deep sleep ends with a reset, or, where
a host is on USB, is a pretence that ends with a new start of code.py alone; an RP2040's time alarms
have whole seconds.
"""

from types import ModuleType
from typing import NoReturn

from .clock import SECOND_NS
from .context import Context, Reload, Reset
from .imports import module
from .pins import Pin
from .supply import DEEP, LIGHT, OFF

WITHOUT = ("rp2350",)  # microcontrollers for which CircuitPython has no such module
_LOOK_NS = SECOND_NS // 20  # between two looks at the pins; nobody presses a button for less


class PinAlarm:
    """`alarm.pin.PinAlarm` for levels."""

    def __init__(self, context: Context, pin: Pin, value: bool, pull: bool) -> None:
        if pin.owner is not None:
            raise ValueError(f"{pin.name} in use")
        self.pin, self.value = pin, value
        self._now_ns = context.hardware.now_ns
        self._rest = not value if pull else False

    def due_ns(self) -> int | None:
        """Return None: nobody knows when somebody will press."""
        return None

    def rings(self) -> bool:
        """Whether the pin has its level now."""
        return self.pin.read(self._now_ns(), self._rest) == self.value


class TimeAlarm:
    """`alarm.time.TimeAlarm`; `due` is in ns of the world's clock."""

    def __init__(self, context: Context, monotonic_time: float) -> None:
        now_ns = context.hardware.now_ns()
        ahead_ns = int(monotonic_time * SECOND_NS) - context.uptime_ns()
        if ahead_ns < 0:
            raise ValueError("Time is in the past.")
        if context.hardware.board.get("microcontroller") == "rp2040":
            ahead_ns = -(-ahead_ns // SECOND_NS) * SECOND_NS
        self.monotonic_time = monotonic_time
        self._due_ns = now_ns + ahead_ns
        self._now_ns = context.hardware.now_ns

    def due_ns(self) -> int | None:
        return self._due_ns

    def rings(self) -> bool:
        return self._now_ns() >= self._due_ns


Alarm = PinAlarm | TimeAlarm


def _wait(context: Context, state: str, alarms: tuple[Alarm, ...]) -> Alarm:
    """Return the first alarm that rings; without alarms wait until somebody takes the power away."""
    with context.hardware.supply.spending(state):
        while True:
            for alarm in alarms:
                if alarm.rings():
                    return alarm
            times = [due for alarm in alarms if (due := alarm.due_ns()) is not None]
            context.machine.sleep_until(min([context.hardware.now_ns() + _LOOK_NS, *times]), idle=True)


def _record(alarm: Alarm) -> str:
    return "pin" if isinstance(alarm, PinAlarm) else "time"


def watch_latch(context: Context) -> None:
    """Turn the board off when its firmware lets go of the latch, but for a cable; a button turns it on."""
    hardware = context.hardware
    if hardware.core.latch is None:
        return
    latch = hardware.pins[hardware.core.latch]

    def changed() -> None:
        if latch.driven != 0 or hardware.supply.cable:
            return
        hardware.drive.flush()
        hardware.power(False)
        with hardware.supply.spending(OFF):
            while not any(button.level(hardware.now_ns()) for button in hardware.buttons.values()):
                context.machine.sleep_until(hardware.now_ns() + _LOOK_NS, idle=True)
        hardware.power(True)
        raise Reset

    latch.changed = changed


def modules(context: Context) -> dict[str, ModuleType]:
    """Return the module of sleep by name, {} where the microcontroller's CircuitPython has none."""
    if context.hardware.board.get("microcontroller") in WITHOUT:
        return {}

    def make_pin(pin: Pin, value: bool, edge: bool = False, pull: bool = False) -> PinAlarm:
        if edge:
            raise NotImplementedError("alarms of edges are not simulated")
        return PinAlarm(context, pin, value, pull)

    def make_time(*, monotonic_time: float) -> TimeAlarm:
        return TimeAlarm(context, monotonic_time)

    def light_sleep(*alarms: Alarm) -> Alarm | None:
        if not alarms:
            return None
        found = _wait(context, LIGHT, alarms)
        made.__dict__["wake_alarm"] = found
        return found

    def deep_sleep(*alarms: Alarm) -> NoReturn:
        hardware = context.hardware
        hardware.drive.flush()
        if hardware.hid.mounted:
            context.wake = _record(_wait(context, LIGHT, alarms))
            raise Reload
        hardware.release_pins()
        hardware.supply.wake = _record(_wait(context, DEEP, alarms))
        raise Reset

    pin, time = module("alarm.pin", PinAlarm=make_pin), module("alarm.time", TimeAlarm=make_time)
    made = module(
        "alarm",
        pin=pin,
        time=time,
        wake_alarm=context.wake or None,
        light_sleep_until_alarms=light_sleep,
        exit_and_deep_sleep_until_alarms=deep_sleep,
    )
    return {"alarm": made, "alarm.pin": pin, "alarm.time": time}
