"""The simulated module `usb_hid`: the devices that boot.py has enabled, and their reports to the host."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from .clock import MS_NS, SECOND_NS
from .context import Context
from .imports import module

_READY_NS = 2 * SECOND_NS  # how long send_report waits for the endpoint
_LOOK_NS = 10 * MS_NS  # between two looks while nobody reads it

# usage page, usage, report ids, lengths of their IN reports and of their OUT reports
_KEYBOARD = (0x01, 0x06, (1,), (8,), (1,))
_MOUSE = (0x01, 0x02, (2,), (4,), (0,))
_CONSUMER_CONTROL = (0x0C, 0x01, (3,), (2,), (0,))
_DEFAULT = (_KEYBOARD, _MOUSE, _CONSUMER_CONTROL)


def modules(context: Context) -> dict[str, ModuleType]:
    """Return the module by name as a start of boot.py or code.py finds it."""
    usb = context.usb

    class Device:
        """`usb_hid.Device`."""

        KEYBOARD: "Device"
        MOUSE: "Device"
        CONSUMER_CONTROL: "Device"

        def __init__(
            self,
            *,
            report_descriptor: Any,
            usage_page: int,
            usage: int,
            report_ids: Sequence[int],
            in_report_lengths: Sequence[int],
            out_report_lengths: Sequence[int],
        ) -> None:
            if not len(report_ids) == len(in_report_lengths) == len(out_report_lengths):
                raise ValueError(
                    "report_ids, in_report_lengths, and out_report_lengths must all be the same length"
                )
            self.usage_page, self.usage = usage_page, usage
            self._lengths = dict(zip(report_ids, in_report_lengths, strict=True))
            self.row = usage_page, usage, report_ids, in_report_lengths, out_report_lengths

        def send_report(self, report: Any, report_id: int | None = None) -> None:
            """Give a report to the host. Raises OSError where it takes none for two seconds.

            A host that sleeps is asked to wake up, and the report is lost.
            """
            if report_id is None and len(self._lengths) == 1:
                (report_id,) = self._lengths
            if report_id not in self._lengths:
                raise ValueError("Invalid report_id")
            data = bytes(report)
            if len(data) != self._lengths[report_id]:
                raise ValueError(f"report length must be {self._lengths[report_id]}")
            port = context.hardware.hid
            end_ns = context.hardware.now_ns() + _READY_NS
            while not (usb.hid and port.ready) and (now_ns := context.hardware.now_ns()) < end_ns:
                context.sleep_until(port.wait_ns(min(now_ns + _LOOK_NS, end_ns)))
            if port.asleep:
                return
            if not (usb.hid and port.ready):
                raise OSError("USB busy")
            if (self.usage_page, self.usage) == _KEYBOARD[:2]:
                port.send(data)

        def get_last_received_report(self, report_id: int | None = None) -> bytes | None:
            """Return None: this host never lights a keyboard's lamps."""

    def device(row: tuple[Any, ...]) -> Device:
        page, usage, ids, lengths_in, lengths_out = row
        return Device(
            report_descriptor=b"",
            usage_page=page,
            usage=usage,
            report_ids=ids,
            in_report_lengths=lengths_in,
            out_report_lengths=lengths_out,
        )

    def enable(devices: Sequence[Device], boot_device: int = 0) -> None:
        if not all(isinstance(item, Device) for item in devices):
            raise TypeError("devices must be of type Device")
        usb.change("hid", bool(devices))
        usb.hid_devices = tuple(item.row for item in devices)
        made.devices = tuple(map(device, usb.hid_devices))  # type: ignore[attr-defined]

    Device.KEYBOARD, Device.MOUSE, Device.CONSUMER_CONTROL = map(device, _DEFAULT)
    rows = (_DEFAULT if usb.hid_devices is None else usb.hid_devices) if usb.hid else ()
    made = module(
        "usb_hid",
        Device=Device,
        devices=tuple(map(device, rows)),
        enable=enable,
        disable=lambda: enable(()),
        get_boot_device=lambda: 0,
        set_interface_name=lambda name: None,
    )
    return {"usb_hid": made}
