"""The registers of a chip on the I2C bus, behind `adafruit_bus_device`, and numbers in BCD."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def read(device: "Any", register: int, count: int) -> bytearray:
    """Return what stands in `count` registers from `register` on. Raises OSError."""
    data = bytearray(count)
    with device:
        device.write_then_readinto(bytes([register]), data)
    return data


def write(device: "Any", register: int, data: bytes) -> None:
    """Write `data` into the registers from `register` on. Raises OSError."""
    with device:
        device.write(bytes([register]) + data)


def decimal(byte: int) -> int:
    return (byte >> 4) * 10 + (byte & 0x0F)


def bcd(numbers: "tuple[int, ...]") -> bytes:
    return bytes([number // 10 * 16 + number % 10 for number in numbers])
