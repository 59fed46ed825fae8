"""Buttons by `keypad`, which scans and debounces them in the background, and an encoder by `rotaryio`."""

import board
import keypad

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import microcontroller
    import rotaryio

    Moves = list[tuple[str, bool]]

_WRAP = 1 << 29  # of `supervisor.ticks_ms`, which stamps the events


class Buttons:
    """Pins, what their buttons are called, and each pin's level while its button is down.

    `keypad.Keys` takes one level for all its pins, so pins of another level have a Keys of their own.
    `chord` are the names that, held at the start, ask for maintenance. A detent of `encoder` is a press
    and release of "next", or "previous" the other way round.
    """

    def __init__(
        self,
        pins: "list[microcontroller.Pin]",
        names: "list[str]",
        pressed: "bool | list[bool]",
        chord: "list[str]",
        encoder: "rotaryio.IncrementalEncoder | None" = None,
    ) -> None:
        levels = pressed if isinstance(pressed, list) else [pressed] * len(pins)
        self.chord = chord
        self.keypad = "0" in names
        self.pins = [(names[number], pin, levels[number]) for number, pin in enumerate(pins)]
        self._groups: list[_Group] = []
        self.open()
        self._encoder = encoder
        self._position = encoder.position if encoder else 0

    def open(self) -> None:
        """Scan the pins, after `close`: what is down then is told as a press."""
        for level in (False, True):
            ours = [(name, pin) for name, pin, its in self.pins if its == level]
            if ours:
                self._groups.append(_Group([pin for _, pin in ours], [name for name, _ in ours], level))

    def close(self) -> None:
        """Let go of the pins, which something else may look at then."""
        for group in self._groups:
            group.close()
        self._groups = []

    def events(self) -> "Moves":
        """Return (name, whether it went down) of all that happened since last asked, in order."""
        moves: Moves = []
        stamped: list[tuple[int, str, bool]] = []
        for group in self._groups:
            stamped = _merged(stamped, group.events())
        for _, name, down in stamped:
            moves.append((name, down))
        if self._encoder:
            turned = self._encoder.position - self._position
            self._position += turned
            name = "next" if turned > 0 else "previous"
            moves.extend([(name, True), (name, False)] * abs(turned))
        return moves


class _Group:
    """Buttons of one level."""

    def __init__(self, pins: "list[microcontroller.Pin]", names: "list[str]", level: bool) -> None:
        self._names = names
        self._keys = keypad.Keys(tuple(pins), value_when_pressed=level, pull=True)
        self._keys.reset()  # New Keys take what is down for known; now it is told as a press.

    def close(self) -> None:
        self._keys.deinit()

    def events(self) -> "list[tuple[int, str, bool]]":
        found: list[tuple[int, str, bool]] = []
        stamp = 0
        while True:
            event = self._keys.events.get()
            if event is None:
                break
            stamp = event.timestamp
            found.append((stamp, self._names[event.key_number], event.pressed))
        if self._keys.events.overflowed:
            # A release may be lost: take all for released, what is still down is told anew.
            self._keys.events.clear()
            self._keys.reset()
            found.extend([(stamp, name, False) for name in self._names])
        return found


def _merged(
    first: "list[tuple[int, str, bool]]", second: "list[tuple[int, str, bool]]"
) -> "list[tuple[int, str, bool]]":
    """Return two lists of (ticks, …) in order as one: a board's sort would mix equal ticks."""
    merged: list[tuple[int, str, bool]] = []
    while first and second:
        # The ticks wrap: the shorter way round tells which is earlier.
        later = (second[0][0] - first[0][0]) % _WRAP < _WRAP // 2
        merged.append(first.pop(0) if later else second.pop(0))
    return merged + first + second


def open_buttons(keys: "Any", encoder: "Any") -> Buttons:
    """Return the buttons of a board file's [buttons] and, where it has one, [encoder]."""
    wheel = None
    if encoder:
        import rotaryio  # not on every board

        wheel = rotaryio.IncrementalEncoder(getattr(board, encoder["a"]), getattr(board, encoder["b"]))
    pins, names = [getattr(board, pin) for pin in keys["pins"]], keys["names"]
    return Buttons(pins, names, keys["pressed"], keys.get("maintenance", names), wheel)
