"""The simulated `busio.UART`: on the pins of the board file's [uart] the link is at the other end."""

from typing import Any

from .clock import SECOND_NS
from .context import Context
from .cpy_bus import GONE
from .pins import Pin

_BITS = 10  # a byte on the line, with its start and stop bits


class UART:
    """`busio.UART`: bytes come in while somebody looks; what finds the buffer full is lost."""

    def __init__(
        self,
        context: Context,
        tx: Pin | None,
        rx: Pin | None,
        *,
        baudrate: int = 9600,
        timeout: float = 1.0,
        receiver_buffer_size: int = 64,
    ) -> None:
        if baudrate < 1 or receiver_buffer_size < 1:
            raise ValueError("baudrate and receiver_buffer_size must be at least 1")
        if timeout != 0:
            raise NotImplementedError("a read that waits is not simulated: give timeout=0")
        self._pins = tuple(pin for pin in (tx, rx) if pin is not None)
        for pin in self._pins:
            pin.claim(self)
        wires = context.hardware.board.get("uart", {})
        self._sends = tx is not None and tx.name == wires.get("tx")
        self._receives = rx is not None and rx.name == wires.get("rx")
        self._context = context
        self.baudrate = baudrate
        self._size = receiver_buffer_size
        self._fifo = bytearray()

    def deinit(self) -> None:
        for pin in self._pins:
            pin.release(self)
        self._pins = ()

    def __enter__(self) -> "UART":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.deinit()

    @property
    def in_waiting(self) -> int:
        self._check()
        self._context.machine.poll()
        if self._receives and len(self._fifo) < self._size:
            self._fifo += self._context.hardware.link.read(self._size - len(self._fifo))
        return len(self._fifo)

    def read(self, nbytes: int | None = None) -> bytes | None:
        """Return what has come, at most `nbytes`; None where nothing has."""
        count = self.in_waiting if nbytes is None else min(nbytes, self.in_waiting)
        taken = bytes(self._fifo[:count])
        del self._fifo[:count]
        return taken or None

    def write(self, buf: Any) -> int:
        self._check()
        sent = bytes(memoryview(buf).cast("B"))
        if self._sends:
            self._context.hardware.link.write(sent)  # nothing says whether anybody listens
        self._context.machine.spend(len(sent) * _BITS * SECOND_NS // self.baudrate)
        return len(sent)

    def _check(self) -> None:
        if not self._pins:
            raise ValueError(GONE)
