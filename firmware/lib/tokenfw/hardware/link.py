"""The USB data port that boot.py has opened."""

import usb_cdc

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
