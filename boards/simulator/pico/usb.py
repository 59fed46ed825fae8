"""The host at the far end of the emulated USB: it enumerates, joins the data port to a Link, and keeps
what is typed.

It holds an OUT transfer as long as it has nothing to send, as a host does. The emulator's own host
answers each with an empty packet, which never lets the firmware sleep.
"""

from dataclasses import dataclass, field
from typing import Any

from ..hid_host import HidPort
from ..links import Link

_INTERFACE, _ENDPOINT, _CONFIGURATION = 4, 5, 2
_CDC_DATA, _HID, _IN = 10, 3, 0x80
_KEYBOARD = 1  # the id of CircuitPython's keyboard reports
_HEADER = 9  # bytes of a configuration descriptor before its interfaces


@dataclass
class Interface:
    """A USB interface: class and subclass as the USB-IF numbers them, and its endpoints' addresses."""

    kind: int
    subclass: int
    endpoints: list[int] = field(default_factory=list)


class Host:
    """The host of `device`, an rp2040py device. `interfaces` are those of the last enumeration."""

    def __init__(self, device: Any, link: Link, hid: HidPort) -> None:
        self._cdc = device.cdc
        self._usb = device.mcu.usb_ctrl
        self._link = link
        self._hid = hid
        self._stock_read = self._usb.on_endpoint_read
        self._stock_write = self._usb.on_endpoint_write
        self._stock_reset = self._usb.on_reset
        self._usb.on_endpoint_read = self._armed
        self._usb.on_endpoint_write = self._written
        self._usb.on_reset = self._reset
        self._cdc.on_serial_data = self._from_token
        self._cdc.on_device_connected = self._connected
        self._to_host = bytearray()
        self._forget()

    def _forget(self) -> None:
        self._waiting: dict[int, int] = {}  # OUT endpoint: bytes that the token can take
        self._descriptor = bytearray()
        self._out = self._keys = 0
        self.interfaces: list[Interface] = []
        self.connected = False

    def poll(self) -> None:
        """Move the bytes that have come on either side; call between two runs of the emulator."""
        if self._to_host:
            del self._to_host[: self._link.write(bytes(self._to_host))]
        if not self.connected:
            return
        if self._cdc.dtr != self._link.connected:
            self._cdc.set_control_lines(dtr=self._link.connected, rts=self._link.connected)
        size = self._waiting.get(self._out, 0)
        data = self._link.read(size) if size else b""
        if data:
            del self._waiting[self._out]
            self._usb.endpoint_read_done(self._out, data)

    def _armed(self, endpoint: int, size: int) -> None:
        if endpoint == 0:
            self._stock_read(endpoint, size)
        else:
            self._waiting[endpoint] = size

    def _written(self, endpoint: int, data: bytes | bytearray) -> None:
        if endpoint == 0 and not self.interfaces:
            self._collect(bytes(data))
        if endpoint == self._keys and data[:1] == bytes((_KEYBOARD,)):
            self._hid.receive(bytes(data[1:]))
        self._stock_write(endpoint, data)

    def _collect(self, data: bytes) -> None:
        """Take a part of the configuration descriptor; the host has asked for its header alone before."""
        begins = len(data) > _HEADER and data[0] == _HEADER and data[1] == _CONFIGURATION
        if not begins and not self._descriptor:
            return
        self._descriptor += data
        if len(self._descriptor) >= int.from_bytes(self._descriptor[2:4], "little"):
            self.interfaces = interfaces(bytes(self._descriptor))
            for interface in self.interfaces:
                if interface.kind == _CDC_DATA:  # The last one: the console, if it is open, comes first.
                    self._out = next((e for e in interface.endpoints if not e & _IN), 0)
                elif interface.kind == _HID:
                    self._keys = next((e & ~_IN for e in interface.endpoints if e & _IN), 0)

    def _connected(self) -> None:
        self.connected = True

    def _reset(self) -> None:
        self._stock_reset()
        self._hid.unplug()
        self._forget()

    def _from_token(self, data: bytes | bytearray) -> None:
        self._to_host += data


def interfaces(descriptor: bytes) -> list[Interface]:
    """Return the interfaces that a configuration descriptor tells of."""
    found: list[Interface] = []
    position = 0
    while position + 2 <= len(descriptor) and descriptor[position] >= 2:
        part = descriptor[position : position + descriptor[position]]
        if part[1] == _INTERFACE:
            found.append(Interface(part[5], part[6]))
        elif part[1] == _ENDPOINT and found:
            found[-1].endpoints.append(part[2])
        position += len(part)
    return found
