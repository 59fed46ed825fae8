"""The simulated module `keypad`: Keys, scanned in the background every 20 ms."""

from collections import deque
from types import ModuleType
from typing import Any

from .clock import SECOND_NS
from .context import Context
from .imports import module
from .pins import Pin

_CATCH_UP_NS = 10 * SECOND_NS  # no press lies farther back than that


class Event:
    """A key's transition; two are equal where key and direction are."""

    def __init__(self, key_number: int = 0, pressed: bool = True, timestamp: int = 0) -> None:
        self.key_number = key_number
        self.pressed = pressed
        self.timestamp = timestamp

    @property
    def released(self) -> bool:
        return not self.pressed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Event) and (self.key_number, self.pressed) == (
            other.key_number,
            other.pressed,
        )

    def __hash__(self) -> int:
        return hash((self.key_number, self.pressed))


class EventQueue:
    """Events in order; when it is full, new ones are lost and `overflowed` says so."""

    def __init__(self, keys: "Keys", max_events: int) -> None:
        self._keys = keys
        self._events: deque[Event] = deque()
        self._max_events = max_events
        self.overflowed = False

    def add(self, event: Event) -> None:
        if len(self._events) < self._max_events:
            self._events.append(event)
        else:
            self.overflowed = True

    def get(self) -> Event | None:
        self._keys.scan()
        return self._events.popleft() if self._events else None

    def get_into(self, event: Event) -> bool:
        found = self.get()
        if found is None:
            return False
        event.key_number, event.pressed = found.key_number, found.pressed
        event.timestamp = found.timestamp
        return True

    def clear(self) -> None:
        self._events.clear()
        self.overflowed = False

    def __len__(self) -> int:
        self._keys.scan()
        return len(self._events)

    def __bool__(self) -> bool:
        return len(self) > 0


class Keys:
    """`keypad.Keys`. The scans that were due are made up for when somebody looks at the events."""

    def __init__(self, context: Context, pins: Any, pressed: bool, pull: bool, **options: Any) -> None:
        self._context = context
        self._pins: tuple[Pin, ...] = tuple(pins)
        for pin in self._pins:
            pin.claim(self)
        self._pressed = pressed
        # Without a pull a free line may read as anything: here, as not pressed.
        self._free = not pressed
        self._interval_ns = int(options.get("interval", 0.020) * SECOND_NS)
        self._threshold: int = options.get("debounce_threshold", 1)
        self.key_count = len(self._pins)
        self.events = EventQueue(self, options.get("max_events", 64))
        # As in CircuitPython, and unlike after `reset`: what is down now is not told as a press.
        self._counters = [0] * self.key_count
        self._next_ns = context.hardware.now_ns()

    def reset(self) -> None:
        """Take all keys for released from now on."""
        self._counters = [-self._threshold] * self.key_count
        self._next_ns = self._context.hardware.now_ns()

    def deinit(self) -> None:
        for pin in self._pins:
            pin.release(self)

    def __enter__(self) -> "Keys":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.deinit()

    def scan(self) -> None:
        """Do the scans that are due."""
        self._context.machine.poll()
        now_ns = self._context.hardware.now_ns()
        missed = (now_ns - _CATCH_UP_NS - self._next_ns) // self._interval_ns
        self._next_ns += max(0, missed) * self._interval_ns
        while self._next_ns <= now_ns:
            self._scan_at(self._next_ns, self._context.ticks_at(self._next_ns))
            self._next_ns += self._interval_ns

    def _scan_at(self, at_ns: int, ticks: int) -> None:
        for number, pin in enumerate(self._pins):
            pressed = pin.read(at_ns, self._free) == self._pressed
            if self._debounce(number, pressed):
                self.events.add(Event(number, pressed, ticks))

    def _debounce(self, number: int, pressed: bool) -> bool:
        """Count towards the state seen; at zero the state has changed and the counter leaps to its end."""
        toward = 1 if pressed else -1
        if self._counters[number] == toward * self._threshold:
            return False
        self._counters[number] += toward
        if self._counters[number] == 0:
            self._counters[number] = toward * self._threshold
            return True
        return False


def modules(context: Context) -> dict[str, ModuleType]:
    """Return the module `keypad` by name."""

    def make_keys(pins: Any, *, value_when_pressed: bool, pull: bool = True, **options: Any) -> Keys:
        return Keys(context, pins, value_when_pressed, pull, **options)

    return {"keypad": module("keypad", Keys=make_keys, Event=Event, EventQueue=EventQueue)}
