"""Clock chips behind their Adafruit drivers, in the shape that `tokenfw.clock` takes."""

import time

import adafruit_ds3231

TYPE_CHECKING = False
if TYPE_CHECKING:
    import busio

    from tokenfw.clock import Civil

_ENODEV = 19


class Ds3231:
    """Maxim DS3231. The chip may appear later: it is looked for until it answers."""

    def __init__(self, i2c: "busio.I2C | None") -> None:
        self._i2c = i2c
        self._chip: adafruit_ds3231.DS3231 | None = None

    def _driver(self) -> "adafruit_ds3231.DS3231":
        if self._chip is None:
            if self._i2c is None:
                raise OSError(_ENODEV)
            try:
                self._chip = adafruit_ds3231.DS3231(self._i2c)
            except ValueError:
                raise OSError(_ENODEV) from None
        return self._chip

    def lost_power(self) -> bool:
        return bool(self._driver().lost_power)

    def read(self) -> "Civil":
        now = self._driver().datetime
        return now.tm_year, now.tm_mon, now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec, now.tm_wday

    def write(self, civil: "Civil") -> None:
        self._driver().datetime = time.struct_time(civil + (-1, -1))

    def trim(self) -> int:
        """The aging offset: steps of about 0.1 ppm that slow the oscillator."""
        return int(self._driver().calibration)

    def set_trim(self, steps: int) -> None:
        self._driver().calibration = steps

    def temperature(self) -> int:
        return int(self._driver().temperature * 4)


DRIVERS = {"ds3231": Ds3231}
