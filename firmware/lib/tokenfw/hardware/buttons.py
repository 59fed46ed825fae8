"""Buttons by `keypad`, which scans and debounces them in the background."""

import keypad

TYPE_CHECKING = False
if TYPE_CHECKING:
    import microcontroller


class Buttons:
    """Pins and what their buttons are called; `pressed` is a pin's level while its button is down."""

    def __init__(self, pins: "list[microcontroller.Pin]", names: "list[str]", pressed: bool) -> None:
        self._names = names
        self._keys = keypad.Keys(tuple(pins), value_when_pressed=pressed, pull=True)

    def pressed(self) -> "list[str]":
        names: list[str] = []
        while True:
            event = self._keys.events.get()
            if event is None:
                return names
            if event.pressed:
                names.append(self._names[event.key_number])
