"""The way to the desk of a board without USB: a serial line on two pins."""

import board
import busio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_RECEIVER = 2048  # bytes: a frame and more, which may come whole between two steps


class UartLink:
    """A serial line on two pins. A host opens it whenever it likes, so nobody knows whether one listens."""

    def __init__(self, settings: "Any") -> None:
        self._uart = busio.UART(
            getattr(board, settings["tx"]),
            getattr(board, settings["rx"]),
            baudrate=settings["baudrate"],
            timeout=0,
            receiver_buffer_size=_RECEIVER,
        )

    def read(self) -> bytes:
        return self._uart.read() or b""

    def write(self, data: bytes) -> None:
        self._uart.write(data)
