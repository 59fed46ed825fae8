"""Frames over a serial port, or over anything else that pyserial has a URL for.

The port is opened for this program alone: a second one gets PortBusy instead of half of the answers.
"""

import errno
import time
from collections import deque

import serial  # type: ignore[import-untyped]
from tokencore import frame

from .faults import BadInput, DeskError, LinkLost, PortBusy, PortDenied, PortMissing

BAUD_RATE = 115200  # Without meaning on USB; for a token behind a real UART.
_POLL_S = 0.05  # The longest wait for a byte before the deadline is looked at again.
_WRITE_S = 2.0

_OPEN_FAULTS: dict[int, tuple[type[DeskError], str]] = {
    errno.EAGAIN: (PortBusy, "another program is using it"),
    errno.EBUSY: (PortBusy, "another program is using it"),
    errno.EACCES: (PortDenied, "you have no permission to use it"),
    errno.EPERM: (PortDenied, "you have no permission to use it"),
    errno.ENOENT: (PortMissing, "there is no such port"),
    errno.ENODEV: (PortMissing, "the device is gone"),
    errno.ENXIO: (PortMissing, "the device is gone"),
    errno.EIO: (PortMissing, "the device is gone"),
    errno.EISDIR: (PortMissing, "it is a folder"),
}


class Link:
    """One open port. `port` is a device name or a pyserial URL (socket://, rfc2217://, …).

    Raises PortMissing, PortDenied, PortBusy or BadInput on opening, LinkLost ever after.
    """

    def __init__(self, port: str) -> None:
        self.port = port
        self._serial = _open(port)
        self._decoder = frame.Decoder()
        self._payloads: deque[bytes] = deque()

    def send(self, payload: bytes) -> None:
        """Send `payload` (bytes, at most frame.MAX_PAYLOAD) as one frame."""
        try:
            self._serial.write(frame.encode(payload))
        except serial.SerialTimeoutException:
            raise LinkLost(f"{self.port} takes no more data") from None
        except (OSError, serial.SerialException):
            raise self._lost() from None

    def receive(self, deadline: float) -> bytes | None:
        """Return the next payload, or None when none has come by `deadline` (of time.monotonic)."""
        while not self._payloads:
            try:
                data = self._serial.read(max(1, self._serial.in_waiting))
            except (OSError, serial.SerialException):
                raise self._lost() from None
            self._payloads.extend(self._decoder.feed(data))
            if not self._payloads and time.monotonic() >= deadline:
                return None
        return self._payloads.popleft()

    def close(self) -> None:
        """Close the port; once closed, nothing more happens."""
        self._serial.close()

    def _lost(self) -> LinkLost:
        return LinkLost(f"the connection to {self.port} is lost")


def _open(port: str) -> serial.SerialBase:
    # pyserial's RFC 2217 client refuses a write timeout.
    write_timeout = None if port.lower().startswith("rfc2217:") else _WRITE_S
    try:
        return serial.serial_for_url(
            port, BAUD_RATE, timeout=_POLL_S, write_timeout=write_timeout, exclusive=True
        )
    except (OSError, serial.SerialException) as error:
        fault, why = _open_fault(error)
        raise fault(f"cannot open {port}: {why}") from None
    except (ValueError, TypeError, KeyError):
        raise BadInput(
            f"{port} is not a port",
            "Give a device (/dev/ttyACM0, COM3) or a URL that pyserial knows (socket://HOST:PORT)",
        ) from None


def _open_fault(error: OSError) -> tuple[type[DeskError], str]:
    if error.errno in _OPEN_FAULTS:
        return _OPEN_FAULTS[error.errno]
    text = str(error)
    # pyserial keeps the number only on POSIX; on Windows a port in use is a PermissionError.
    if "PermissionError" in text:
        return PortBusy, "another program is using it"
    if "FileNotFoundError" in text:
        return PortMissing, "there is no such port"
    if "refused" in text:
        return PortMissing, "nothing listens there"
    return PortMissing, "it cannot be used as a serial port"
