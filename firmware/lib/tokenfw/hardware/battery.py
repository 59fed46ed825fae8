"""The battery, as far as the board can measure it: by a divider on a pin, or by a gauge on the I2C bus."""

import board

from tokenfw.battery import percent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import busio

    from tokenfw.parts import Battery

_SAMPLES = 8
_FULL_SCALE = 65535


class DividedBattery:
    """A lithium cell of which a pin has 1/`divider`; `empty` and `full` are its voltages in mV."""

    def __init__(self, settings: "dict[str, Any]") -> None:
        import analogio

        self._pin = analogio.AnalogIn(getattr(board, settings["pin"]))
        self._divider: int = settings["divider"]
        self._empty: int = settings["empty"]
        self._full: int = settings["full"]

    def percent(self) -> int:
        value = sum([self._pin.value for _ in range(_SAMPLES)])
        reference_mv = int(self._pin.reference_voltage * 1000)
        mv = value * reference_mv * self._divider // (_FULL_SCALE * _SAMPLES)
        return percent(mv, self._empty, self._full)


class GaugedBattery:
    """A MAX17048, which follows the charge of a lithium cell by itself.

    Adafruit's driver resets it at each start, and with that what it has learned; to look takes one register.
    """

    _CHARGE = bytes([0x04])  # percent, and 1/256 of it

    def __init__(self, i2c: "busio.I2C", address: int) -> None:
        self._i2c = i2c
        self._address = address

    def percent(self) -> int:
        data = bytearray(2)
        if not self._i2c.try_lock():
            return -1
        try:
            self._i2c.writeto_then_readfrom(self._address, self._CHARGE, data)
        except OSError:
            return -1
        finally:
            self._i2c.unlock()
        return min(100, data[0] + (data[1] >> 7))


def open_battery(i2c: "busio.I2C | None", settings: "dict[str, Any] | None") -> "Battery | None":
    """Return the battery of a board file's [battery], None where it cannot be measured."""
    if not settings:
        return None
    if "pin" in settings:
        return DividedBattery(settings)
    return GaugedBattery(i2c, settings["gauge"]) if i2c else None
