"""The way to the desk: the USB data port that boot.py has opened, or a serial line on a board without USB."""

import board

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tokenfw.parts import Link

_WRITE_SECONDS = 0.5  # a host that does not read must not stop the screen for longer
_RECEIVER = 1024  # bytes: more than a frame, which may come whole between two steps


class NoLink:
    """Stands for the port in maintenance, which has the console in its place."""

    def read(self) -> bytes:
        return b""

    def write(self, data: bytes) -> None:
        pass


class UsbLink:
    """The second USB serial port: its bytes are frames, the console is elsewhere."""

    def __init__(self) -> None:
        import usb_cdc  # not on every board

        if usb_cdc.data is None:
            raise RuntimeError("no data port: boot.py is missing or another one is on the drive")
        self._port = usb_cdc.data
        self._port.timeout = 0
        self._port.write_timeout = _WRITE_SECONDS

    def read(self) -> bytes:
        waiting = self._port.in_waiting
        return bytes(self._port.read(waiting)) if waiting else b""

    def write(self, data: bytes) -> None:
        self._port.write(data)


class UartLink:
    """A serial line on two pins. A host opens it whenever it likes, so nobody knows whether one listens."""

    def __init__(self, settings: "Any") -> None:
        import busio

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


def open_link(uart: "Any") -> "Link":
    """Return the link of a board; `uart` is its board file's [uart], if there is one."""
    return UartLink(uart) if uart else UsbLink()
