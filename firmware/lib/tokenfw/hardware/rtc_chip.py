"""What clock chips have in common, in the shape that `tokenfw.clock` takes."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import busio

LAST_YEAR = 2099  # chips count two digits of the 21st century
_ENODEV = 19


class Chip:
    """A chip. It may appear later: it is looked for until it answers."""

    begun_ms = 0

    def __init__(self, i2c: "busio.I2C | None") -> None:
        self._i2c = i2c
        self._found: Any = None

    def _open(self, i2c: "busio.I2C") -> "Any":
        """Return what the chip is reached by. Raises ValueError without a chip."""
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
