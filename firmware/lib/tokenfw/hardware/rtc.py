"""Opens the clock chip that a board file names. Needed once: afterwards this module is let go.

A board has one of them: only its driver is loaded.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import busio

    from tokenfw.clock import Rtc


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
