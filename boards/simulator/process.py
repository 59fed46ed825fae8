"""`fobsim run`: a simulator in the world's time, with its port open, until it is told to stop."""

import selectors
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from .clock import MS_NS, SECOND_NS, RunningClock
from .control import Reply, RequestFailed, Server
from .machine import NEVER
from .pico.simulator import EmulatedClock, PicoSimulator
from .simulator import FirmwareStuck, Simulator
from .state import Folder

_PATIENCE = 0.05  # seconds that firmware at work may keep the loop from its other duties
_KEEP_SECONDS = 20.0  # host's time after which the state is kept although the clock chip was not set
_LONGEST_PAUSE = 2.0  # seconds
_SETTLED_NS = 100 * MS_NS  # after a press or a leap, in which the screen follows

Token = Simulator | PicoSimulator
Clock = RunningClock | EmulatedClock


class Process:
    """The loop around a token: firmware that is due, requests, signals, and keeping its state."""

    def __init__(self, simulator: Token, clock: Clock, folder: Folder) -> None:
        self._simulator = simulator
        self._clock = clock
        self._folder = folder
        self._selector = selectors.SelectSelector()  # the others round a timeout up to a millisecond
        self._server = Server(folder.path, self._selector, self._handle)
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._stopping = False
        self._drain = False
        self._keep_at, self._stores = 0.0, 0

    def run(self, announce: Callable[[], None]) -> None:
        """Run until SIGTERM, SIGINT or a request to stop; then keep what is to be kept.

        `announce` is called when all of that works and the token has power.
        """
        self._listen_to_signals()
        try:
            self._simulator.power_on()
            self._keep()
            announce()
            while not self._stopping:
                for key, _events in self._selector.select(self._pause()):
                    self._server.serve(key.fileobj)
                self._simulator.step(_PATIENCE)
                self._server.send_due(self._clock.now_ns())
                if self._stores != self._simulator.rtc.stores or time.monotonic() > self._keep_at:
                    self._keep()
        finally:
            self._simulator.power_off(drain=self._drain)
            self._keep()
            self._server.send_due(NEVER)
            self._server.close()
            self._simulator.close()
            self._selector.close()
            signal.set_wakeup_fd(-1)
            self._wake_receiver.close()
            self._wake_sender.close()

    def _listen_to_signals(self) -> None:
        for side in (self._wake_receiver, self._wake_sender):
            side.setblocking(False)
        self._selector.register(self._wake_receiver, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._wake_sender.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, *_signal: Any) -> None:
        self._stopping = True

    def _keep(self) -> None:
        self._stores, self._keep_at = self._simulator.rtc.stores, time.monotonic() + _KEEP_SECONDS
        self._folder.save(self._simulator.keep(time.time_ns()))

    def _pause(self) -> float:
        """Return the seconds of the host's clock until something is due."""
        wake_ns = self._simulator.wake_ns
        if wake_ns is None:
            return 0.0
        due_ns = self._server.due_ns()
        next_ns = wake_ns if due_ns is None else min(wake_ns, due_ns)
        return min(self._clock.host_seconds_until(next_ns), _LONGEST_PAUSE)

    def _handle(self, request: dict[str, Any]) -> tuple[Reply, int]:
        do = request.get("do")
        if do == "screen":
            return {"display": self._simulator.hardware.display.state(), **self._times()}, 0
        if do == "press":
            return self._press(request)
        if do == "typed":
            return self._typed(request), 0
        if do == "clock":
            return self._advance(request)
        if do == "battery":
            return self._feed(request)
        if do == "stop":
            self._stopping, self._drain = True, bool(request.get("power_cut"))
            return {"stopped": True}, NEVER
        raise RequestFailed("this simulator does not know that request: it is of another version")

    def _press(self, request: dict[str, Any]) -> tuple[Reply, int]:
        button = str(request.get("button"))
        if button not in self._simulator.hardware.controls:
            known = ", ".join(self._simulator.hardware.controls)
            raise RequestFailed(f"this board has no button {button!r}: choose one of {known}")
        released_ns = self._simulator.press(button, int(request["hold_ms"]))
        return {"pressed": button}, released_ns + _SETTLED_NS

    def _typed(self, request: dict[str, Any]) -> Reply:
        layout, hid = str(request.get("layout")), self._simulator.hardware.hid
        try:
            text = hid.typed(layout, bool(request.get("clear")))
        except ValueError as error:
            raise RequestFailed(f"the keyboard sent what no keyboard sends: {error}") from None
        return {"layout": layout, "text": text, "released": hid.released}

    def _advance(self, request: dict[str, Any]) -> tuple[Reply, int]:
        seconds = float(request.get("advance", 0))
        if request.get("temperature") is not None:
            self._simulator.set_temperature(float(request["temperature"]))
            self._keep()
        if seconds:
            self._leap(int(seconds * SECOND_NS))
            self._keep()
        return self._times(), self._clock.now_ns() + (_SETTLED_NS if seconds else 0)

    def _feed(self, request: dict[str, Any]) -> tuple[Reply, int]:
        if request.get("cable") is not None:
            self._simulator.set_cable(bool(request["cable"]))
        if request.get("volts") is not None:
            self._simulator.set_battery(float(request["volts"]))
        return self._simulator.fed(), 0

    def _leap(self, ns: int) -> None:
        try:
            while ns > 0 and not self._stopping:
                ns -= self._simulator.leap(ns)
        except FirmwareStuck as error:
            raise RequestFailed(str(error)) from None

    def _times(self) -> Reply:
        rtc = self._simulator.rtc
        utc_ns = self._clock.now_ns()
        return {
            "utc": utc_ns // SECOND_NS,
            "utc_ms": utc_ns // MS_NS,
            "rtc_utc": rtc.utc(),
            "rtc_lost_power": rtc.lost_power,
            "temperature": rtc.temperature_quarters / 4,
        }
