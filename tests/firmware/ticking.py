"""A clock chip that goes by a bench's ticks to the millisecond."""

from __future__ import annotations

from tokenfw.setting import civil

from tests.firmware.parts import Bench, RamRtc


class Chip(RamRtc):
    """A chip whose second begins when it is written, `ppb` too fast by the token's ticks."""

    def __init__(self, bench: Bench, ppb: int = 0) -> None:
        self._bench = bench
        self.ppb = ppb
        self._second, self._since = bench.rtc.utc, bench.ms
        super().__init__(bench.rtc.utc, bench.rtc.lost)

    def read(self) -> tuple[int, ...]:
        passed = self._bench.ms - self._since
        return civil(self._second + (passed + passed * self.ppb // 10**9) // 1000)

    def write(self, value: tuple[int, ...]) -> None:
        super().write(value)
        self._second, self._since = self.utc, self._bench.ms
