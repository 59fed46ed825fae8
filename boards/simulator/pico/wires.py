"""The I2C wires between the emulated chip and the simulator's chip models."""

from collections.abc import Callable
from typing import Any

from ..bus import Chip
from .parts import emulator

_BITS_A_BYTE = 9  # with the acknowledgement
_SECOND_NS = 1_000_000_000


class Wires:
    """Joins `chips` (by 7-bit address) to an I2C peripheral of `mcu` on the GPIOs `sda` and `scl`.

    `used_ns` is when each address was last spoken to (ns of the emulated clock). Every byte takes its
    time on the wire at `frequency` Hz.
    """

    def __init__(self, mcu: Any, sda: int, scl: int, frequency: int, chips: dict[int, Chip]) -> None:
        self._clock = mcu.clock
        self._i2c = mcu.i2c[sda // 2 % 2]
        self._byte_ns = _BITS_A_BYTE * _SECOND_NS // frequency
        self._chips = chips
        self._address = -1
        self._chip: Chip | None = None
        self.used_ns: dict[int, float] = {}
        self._i2c.on_connect = self._connect
        self._i2c.on_write_byte = self._write
        self._i2c.on_read_byte = self._read
        self._i2c.on_stop = self._stop
        self._probes = _Probes(mcu.gpio[sda], mcu.gpio[scl], chips)

    def _connect(self, address: int, mode: int) -> None:
        chip = self._chips.get(address)
        acknowledged = chip is not None and chip.start(int(mode) == 1)
        self._chip = chip if acknowledged else None
        self._address = address
        self._later(lambda: self._i2c.complete_connect(acknowledged))

    def _write(self, byte: int) -> None:
        acknowledged = self._chip is not None and self._chip.write(byte)
        self._later(lambda: self._i2c.complete_write(acknowledged))

    def _read(self, _acknowledge: bool) -> None:
        byte = 0xFF if self._chip is None else self._chip.read()
        self._later(lambda: self._i2c.complete_read(byte))

    def _stop(self) -> None:
        if self._chip is not None:
            self._chip.stop()
            self._chip = None
        self.used_ns[self._address] = self._clock.nanos
        self._i2c.complete_stop()

    def _later(self, done: Callable[[], None]) -> None:
        self._clock.create_alarm(done).schedule(self._byte_ns)


class _Probes:
    """Acknowledges addresses that CircuitPython clocks out by hand, as the RP2040 cannot send no byte."""

    def __init__(self, sda: Any, scl: Any, chips: dict[int, Chip]) -> None:
        self._low = emulator("gpio_pin").GPIOPinState.LOW
        self._sda, self._scl = sda, scl
        self._chips = chips
        self._was = (True, True)  # levels of SDA and SCL
        self._bits = _IDLE
        self._byte = 0
        self._pulling = False
        for pin in (sda, scl):
            pin.set_input_value(True)  # the pull-ups of the chips' modules
            pin.add_listener(self._edge)

    def _edge(self, _new: object, _old: object) -> None:
        sda = self._sda.value != self._low and not self._pulling
        scl = self._scl.value != self._low
        (sda_was, scl_was), self._was = self._was, (sda, scl)
        if scl and scl_was and sda != sda_was:
            self._bits, self._byte = (_IDLE if sda else 0), 0
        elif scl and not scl_was and 0 <= self._bits < 8:
            self._byte = self._byte << 1 | sda
            self._bits += 1
        elif scl_was and not scl and self._bits == 8:
            self._pulling = self._acknowledges()
            self._bits += 1
        elif scl_was and not scl and self._bits > 8:
            self._pulling, self._bits = False, _IDLE
        sda = self._sda.value != self._low and not self._pulling
        self._was = (sda, scl)
        self._sda.set_input_value(sda)
        self._scl.set_input_value(scl)

    def _acknowledges(self) -> bool:
        chip = self._chips.get(self._byte >> 1)
        if chip is None:
            return False
        acknowledged = chip.start(bool(self._byte & 1))
        chip.stop()
        return acknowledged


_IDLE = -1
