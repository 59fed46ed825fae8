"""The way to the desk: the USB data port that boot.py has opened, or a serial line on a board without USB."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tokenfw.parts import Link

_WRITE_SECONDS = 0.5  # a host that does not read must not stop the screen for longer


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


def open_link(uart: "Any") -> "Link":
    """Return the link of a board; `uart` is its board file's [uart], if there is one."""
    if not uart:
        return UsbLink()
    from .link_uart import UartLink  # one board has it, and it takes memory

    return UartLink(uart)
