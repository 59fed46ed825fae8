"""The simulated modules `usb_cdc`, `usb_midi` and `storage`."""

from types import ModuleType
from typing import Any

from .clock import MS_NS, SECOND_NS
from .context import Context
from .imports import module

FIFO = 256  # bytes that the USB stack keeps of what the host has sent


class Serial:
    """`usb_cdc.Serial`. timeout and write_timeout: None waits for ever, 0 never, else seconds."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._link = context.hardware.link
        self._fifo = bytearray()
        self.timeout: float | None = None
        self.write_timeout: float | None = None
        self.out_waiting = 0

    @property
    def connected(self) -> bool:
        return self._link.connected

    @property
    def in_waiting(self) -> int:
        self._context.machine.poll()
        if len(self._fifo) < FIFO:
            self._fifo += self._link.read(FIFO - len(self._fifo))
        return len(self._fifo)

    def read(self, size: int = 1) -> bytes:
        buffer = bytearray(size)
        return bytes(buffer[: self.readinto(buffer)])

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        waited = _Wait(self._context, self.timeout)
        count = 0
        while True:
            ready = min(self.in_waiting, len(view) - count)
            view[count : count + ready] = self._fifo[:ready]
            del self._fifo[:ready]
            count += ready
            if count == len(view) or waited.over():
                return count

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        waited = _Wait(self._context, self.write_timeout)
        count = 0
        while True:
            count += self._link.write(bytes(view[count:]))
            if count == len(view) or waited.over():
                return count

    def flush(self) -> None:
        self._context.machine.check()

    def reset_input_buffer(self) -> None:
        while self.in_waiting:
            self._fifo.clear()

    def reset_output_buffer(self) -> None:
        self._context.machine.check()


class _Wait:
    """A wait of at most `timeout` seconds, a millisecond at a time."""

    def __init__(self, context: Context, timeout: float | None) -> None:
        self._context = context
        self._until_ns = None if timeout is None else context.hardware.now_ns() + int(timeout * SECOND_NS)

    def over(self) -> bool:
        """Whether the time is up; if not, a millisecond has passed."""
        if self._until_ns is not None and self._context.hardware.now_ns() >= self._until_ns:
            return True
        self._context.sleep_until(self._context.hardware.now_ns() + MS_NS)
        return False


class _NoConsole:
    """The console port with no host on it."""

    connected = False
    in_waiting = 0
    timeout: float | None = None
    write_timeout: float | None = None

    def read(self, size: int = 1) -> bytes:
        return b""

    def write(self, data: Any) -> int:
        return len(data)


def modules(context: Context) -> dict[str, ModuleType]:
    """Return the modules by name as a start of boot.py or code.py finds them."""
    usb = context.usb

    def enable_cdc(*, console: bool = True, data: bool = False) -> None:
        usb.change("console", console)
        usb.change("data", data)

    data = Serial(context) if usb.attached and usb.data else None
    return {
        "usb_cdc": module(
            "usb_cdc",
            enable=enable_cdc,
            disable=lambda: enable_cdc(console=False, data=False),
            console=_NoConsole() if usb.console else None,
            data=data,
            Serial=Serial,
        ),
        "usb_midi": module(
            "usb_midi",
            enable=lambda: usb.change("midi", True),
            disable=lambda: usb.change("midi", False),
            ports=(),
        ),
        "storage": _storage(context),
    }


def _storage(context: Context) -> ModuleType:
    drive = context.hardware.drive

    def enable(enabled: bool) -> None:
        context.usb.change("drive", enabled)
        drive.writable = not enabled

    def remount(mount_path: str, readonly: bool = False, **_options: Any) -> None:
        if mount_path != "/":
            raise OSError(22, "Invalid argument")
        if context.usb.attached and context.usb.drive:
            raise RuntimeError("Cannot remount path when visible via USB.")
        drive.writable = not readonly

    return module(
        "storage",
        disable_usb_drive=lambda: enable(False),
        enable_usb_drive=lambda: enable(True),
        remount=remount,
        getmount=lambda path: module("VfsFat", readonly=not drive.writable, label="CIRCUITPY"),
    )
