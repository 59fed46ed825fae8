"""The simulated modules `time`, `supervisor`, `sys`, `gc`, `hashlib` and `micropython`."""

import calendar
import gc
import hashlib
import sys
import time
from types import ModuleType
from typing import Any, NoReturn

from .clock import SECOND_NS
from .context import Context, Reload
from .imports import module
from .safe_mode import NONE, REASONS
from .supply import IDLE

_FREE = 167_000  # bytes of heap as a Pico has them at the start; here there is no end of them
_YEAR_2000 = 946_684_800  # what an RP2040's own clock shows after a reset, UTC seconds
_USB_NAME = 126  # characters of a USB string
_LEAST_SLEEP_NS = 50_000


def _time(context: Context) -> ModuleType:
    def sleep(seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        until_ns = context.hardware.now_ns() + max(int(seconds * SECOND_NS), _LEAST_SLEEP_NS)
        with context.hardware.supply.spending(IDLE):
            context.sleep_until(until_ns)

    def now() -> int:
        return _YEAR_2000 + context.uptime_ns() // SECOND_NS

    def mktime(civil: Any) -> int:
        return calendar.timegm(tuple(civil))

    def localtime(seconds: int | None = None) -> time.struct_time:
        return time.gmtime(now() if seconds is None else seconds)

    return module(
        "time",
        sleep=sleep,
        time=now,
        monotonic=lambda: context.uptime_ns() / SECOND_NS,
        monotonic_ns=context.uptime_ns,
        struct_time=time.struct_time,
        mktime=mktime,
        localtime=localtime,
    )


class _Runtime:
    """`supervisor.runtime`."""

    serial_connected = False
    serial_bytes_available = 0
    autoreload = True
    rgb_status_brightness = 255
    ble_workflow = False

    def __init__(self, context: Context) -> None:
        self._context = context
        self.safe_mode_reason = context.safe_mode

    @property
    def usb_connected(self) -> bool:
        """Whether a host has enumerated the token and the bus is awake."""
        return self._context.hardware.hid.mounted


def _supervisor(context: Context) -> ModuleType:
    def reload() -> NoReturn:
        raise Reload

    def set_usb_identification(
        manufacturer: str = "", product: str = "", vid: int = -1, pid: int = -1
    ) -> None:
        for text in (manufacturer, product):
            if len(text.encode("ascii")) > _USB_NAME:
                raise ValueError(f"length must be <= {_USB_NAME}")

    return module(
        "supervisor",
        ticks_ms=context.ticks_ms,
        reload=reload,
        runtime=_Runtime(context),
        SafeModeReason=module("SafeModeReason", NONE=NONE, **{name: name for name in REASONS}),
        set_usb_identification=set_usb_identification,
    )


class _Hash:
    """A board's hash object: update and digest, which may be called again; no copy, no hexdigest."""

    def __init__(self, name: str, data: Any) -> None:
        self._hash = hashlib.new(name, data)
        self.digest_size = self._hash.digest_size

    def update(self, data: Any) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.digest()


def _new_hash(name: str, data: Any = b"", /) -> _Hash:
    if name not in ("sha1", "sha256"):
        raise ValueError("Unsupported hash algorithm")
    return _Hash(name, data)


def interpreter(modules: dict[str, ModuleType]) -> ModuleType:
    """Return the module `sys` of an interpreter that has loaded `modules`."""
    return module("sys", **{**vars(sys), "modules": modules})


def modules(context: Context) -> dict[str, ModuleType]:
    """Return the system's modules by name."""
    return {
        "time": _time(context),
        "supervisor": _supervisor(context),
        "gc": module("gc", collect=gc.collect, mem_free=lambda: _FREE),
        "hashlib": module("hashlib", new=_new_hash),
        "micropython": module("micropython", const=lambda value: value),
    }
