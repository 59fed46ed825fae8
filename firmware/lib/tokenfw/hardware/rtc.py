"""Clock chips behind their drivers, in the shape that `tokenfw.clock` takes.

A board has one of them: only its driver is loaded.
"""

import time

import microcontroller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import busio

    from tokenfw.clock import Civil, Rtc

_ENODEV = 19
LAST_YEAR = 2099  # chips count two digits, and the drivers' century is the 21st


class Chip:
    """A chip. It may appear later: it is looked for until it answers.

    `thermometer` is "cpu" where the microcontroller's tells the crystal's temperature, else "".
    """

    begun_ms = 0

    def __init__(self, i2c: "busio.I2C | None", thermometer: str = "") -> None:
        self._i2c = i2c
        self._thermometer = thermometer
        self._found: Any = None

    def _open(self, i2c: "busio.I2C") -> "Any":
        """Return the driver, which has `lost_power` and `datetime`. Raises ValueError without a chip."""
        raise NotImplementedError

    @property
    def _driver(self) -> "Any":
        if self._found is None:
            if self._i2c is None:
                raise OSError(_ENODEV)
            try:
                self._found = self._open(self._i2c)
            except ValueError:
                raise OSError(_ENODEV) from None
        return self._found

    def lost_power(self) -> bool:
        return bool(self._driver.lost_power)

    def read(self) -> "Civil":
        now = self._driver.datetime
        return now.tm_year, now.tm_mon, now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec, now.tm_wday

    def write(self, civil: "Civil") -> None:
        """Set the chip. Raises ValueError for a time that it cannot hold."""
        if civil[0] > LAST_YEAR:
            raise ValueError("beyond the years of this clock chip")
        self._driver.datetime = time.struct_time(civil + (-1, -1))

    def trim(self) -> "int | None":
        return None

    def set_trim(self, steps: int) -> None:
        raise NotImplementedError

    def temperature(self) -> "int | None":
        if self._thermometer != "cpu":
            return None
        degrees = microcontroller.cpu.temperature
        return None if degrees is None else int(degrees * 4)


def open_rtc(i2c: "busio.I2C | None", driver: str, thermometer: str = "") -> "Rtc":
    """Return the clock chip of a board file's `driver`. Raises ValueError for an unknown one."""
    if driver == "ds3231":
        from .rtc_ds3231 import Ds3231

        return Ds3231(i2c)
    if driver == "pcf8523":
        from .rtc_pcf8523 import Pcf8523

        return Pcf8523(i2c, thermometer)
    if driver == "pcf8563":
        from .rtc_pcf8563 import Pcf8563

        return Pcf8563(i2c, thermometer)
    if driver == "pcf85063a":
        from .rtc_pcf85063a import Pcf85063a

        return Pcf85063a(i2c, thermometer)
    raise ValueError("the board file's clock chip is not known: " + driver)
