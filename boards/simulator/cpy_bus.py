"""What `busio.I2C` and `busio.SPI` have in common: pins that they hold, and a lock."""

from typing import Self

from .pins import Pin

GONE = "Object has been deinitialized and can no longer be used. Create a new object."


class Bus:
    """A bus on `pins`, which nothing else may use meanwhile."""

    def __init__(self, *pins: Pin) -> None:
        self._pins = pins
        for pin in pins:
            pin.claim(self)
        self._locked = False
        self.outlived = False  # held by a display when code.py ended

    def deinit(self) -> None:
        for pin in self._pins:
            pin.release(self)
        self._pins = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.deinit()

    def try_lock(self) -> bool:
        if self._locked or not self._pins:
            return False
        self._locked = True
        return True

    def unlock(self) -> None:
        self._locked = False
