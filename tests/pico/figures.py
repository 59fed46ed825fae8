"""Measures the firmware on the emulated Pico: python -m tests.pico.figures [--mpy-cross PATH] FILE [PART ...]
(FILE is CircuitPython's UF2; PART one of PARTS. With CircuitPython's mpy-cross the firmware is compiled.)

First the firmware as it is: from a reset to USB and to the first code, and what the owner's desk waits for.
Then with a few lines added to code.py, which leave in a file what only the board can tell: heap, and the
time of a code; and once more while a desk is connected.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tokencore import messages
from tokencore.account import Account
from tokenfw.discipline import of_chip
from tokenfw.vault import Vault

from boards.compiling import Compiler
from boards.simulator import eye, state
from boards.simulator.bcd import to_bcd
from boards.simulator.links import MemoryLink
from boards.simulator.pico import drive
from boards.simulator.pico.chip import DRIVE_START, NVM_START
from boards.simulator.pico.simulator import UID, PicoSimulator
from boards.simulator.simulator import FIRMWARE
from provisioner import sync
from provisioner.known import KnownToken
from provisioner.primitives import HostPrimitives
from tests.firmware.media import RamMedium, RamSecret
from tests.pico.bench import Fob

Image = tuple[Path, Compiler | None]  # CircuitPython's UF2, and what compiles the firmware for it

NOW = 1_800_000_000
ACCOUNTS = 100
PIN = "246813"
_MEASURE = """\
def _note(label, value):
    with open("/figures.txt", "a") as file:
        file.write("%s=%d\\n" % (label, value))
def _largest():
    low, high = 0, gc.mem_free()
    while high - low > 64:
        middle = (low + high) // 2
        try:
            bytearray(middle)
            low = middle
        except MemoryError:
            high = middle
    return low
def _free(label):
    gc.collect()
    _note("free " + label, gc.mem_free())
    _note("largest " + label, _largest())
def _run(seconds):
    end = time.monotonic_ns() + seconds * 1000000000
    while time.monotonic_ns() < end:
        time.sleep(app.step(time.monotonic_ns() // 1000000) / 1000)
"""
_INSIDE = """\
_run(2)
_free("with 100 accounts")
from tokencore import otp
for _name in ("SHA1", "SHA256", "SHA512"):
    _start = time.monotonic_ns()
    _key = otp.HmacKey(_name, b"12345678901234567890")
    otp.code(_key.digest(otp.moving_factor(1)), 6)
    _note("us first " + _name, (time.monotonic_ns() - _start) // 1000)
    _start = time.monotonic_ns()
    otp.code(_key.digest(otp.moving_factor(2)), 6)
    _note("us code " + _name, (time.monotonic_ns() - _start) // 1000)
del _key
_free("after SHA-512")
_note("end", 0)
while True:
    _run(60)
"""
_LISTEN = """\
_last = -1
while True:
    _run(1)
    _now = time.monotonic_ns() // 1000000000
    if _now // 4 != _last:
        _last = _now // 4
        _free("at %d s" % _now)
"""


def hundred_accounts(owner: bytes) -> tuple[bytes, bytes, bytes]:
    """Return nvm, store and public key of a token with that owner and a hundred accounts, set a day ago."""
    medium, secret = RamMedium(), RamSecret()
    vault = Vault(medium, secret, HostPrimitives(), ACCOUNTS)
    vault.set_owner(owner)
    for number in range(ACCOUNTS):
        vault.add(Account(bytes([number + 1]) * 20, f"name{number:02d}@example.org", "Example"))
    discipline = of_chip("ds3231")
    discipline.sync(NOW - 86400, 0, 20, None, 0, 0)
    vault.set_clock_floor(NOW - 86400, discipline.record())  # or the next sync has to be pressed
    return bytes(secret.nvm.data), bytes(medium.data), vault.identity_public


def set_clock(simulator: PicoSimulator) -> None:
    """Give the clock chip the world's time, as if it had been set before."""
    kept = simulator.rtc.state()
    civil = datetime.fromtimestamp(simulator.clock.now_ns() // 10**9, UTC)
    fields = (
        civil.second,
        civil.minute,
        civil.hour,
        civil.isoweekday(),
        civil.day,
        civil.month,
        civil.year % 100,
    )
    registers = bytearray.fromhex(kept["registers"])
    registers[:7] = bytes(map(to_bcd, fields))
    registers[15] &= 0x7F  # the oscillator has not stopped
    simulator.rtc.restore({**kept, "registers": registers.hex(), "second_ns": simulator.clock.now_ns()})


class Token:
    """A token with a hundred accounts and its clock set, that has just been given power."""

    def __init__(self, image: Image, firmware: Path = FIRMWARE) -> None:
        kept = state.Kept("raspberry_pi_pico", UID)
        link = MemoryLink()
        uf2, compiler = image
        self.simulator = PicoSimulator(
            uf2, NOW * 10**9, link, kept, io.StringIO(), firmware=firmware, compiler=compiler
        )
        self.fob = Fob(self.simulator, link, lambda: self.simulator.step(0.0) and None)
        self.chip = self.simulator._chip
        memory = bytearray(self.chip.memory())
        files = memory[DRIVE_START - NVM_START :]
        nvm, store, public = hundred_accounts(self.fob.desk.public)
        self.fob.desk.known.keep(KnownToken(UID.upper(), public, NOW))
        drive.write(files, {"store.bin": store})
        memory[DRIVE_START - NVM_START :] = files
        memory[: len(nvm)] = nvm
        self.chip.load(bytes(memory))
        set_clock(self.simulator)
        self.simulator.power_on()

    def until(self, done: Callable[[], bool], patience: float = 0.0) -> float:
        """Run until `done()`, which is asked after so many seconds of the host's clock each.

        Return the seconds of the token's time that it took.
        """
        begin_ns, end = self.chip.now_ns(), time.monotonic() + 3600
        while not done():
            if time.monotonic() > end:
                raise TimeoutError("the token does not come so far")
            self.simulator.step(patience)
        return (self.chip.now_ns() - begin_ns) / 1e9

    def code_since(self, at_ns: float) -> bool:
        """Return whether a picture that was drawn since `at_ns` shows a code."""
        if self.simulator._shown_ns <= at_ns:
            return False
        texts = [text.text.replace(" ", "") for text in eye.read(self.simulator.hardware.display.picture())]
        return any(text.isdigit() and len(text) == 6 for text in texts)

    def file(self, path: str) -> str:
        """Return a file of the drive, "" while it is not there."""
        try:
            return self.simulator.file(path).decode(errors="replace")  # it may be half written
        except FileNotFoundError:
            return ""


def starts(image: Image) -> None:
    """Print how long the unchanged firmware takes to its first code."""
    token = Token(image)
    _start("first power-on with a new drive", token)
    token.until(lambda: token.chip.now_ns() > 8e9)
    token.chip.restart()
    _start("reset, drive as the last run left it", token)


def _start(label: str, token: Token) -> None:
    begin_ns = token.chip.now_ns()
    usb = token.until(lambda: token.simulator.host.connected)
    token.until(lambda: token.code_since(begin_ns))
    code = (token.simulator._shown_ns - begin_ns) / 1e9
    print(f"{label}: USB {usb:.2f} s, first code {code:.2f} s", flush=True)


def desk(token: Token) -> None:
    """Print how long the owner's desk waits for what."""
    fob = token.fob
    assert fob.until(lambda: token.code_since(0), 20)
    fob.until(lambda: False, 3)  # what is prepared while idle

    def timed(label: str, ask: Callable[[], Any]) -> Any:
        begin_ns = fob.now_ns()
        answer = ask()
        since_ns = max(begin_ns, fob.pressed_ns)
        since = "the press" if since_ns > begin_ns else "the request"
        print(f"{label}: {(fob.now_ns() - since_ns) / 1e6:.0f} ms from {since}", flush=True)
        return answer

    with fob.connected():
        timed("handshake and status", fob.token.status)
        timed("status", fob.token.status)
        timed("info", fob.token.info)
        done = timed("sync", lambda: sync.synchronise(fob.token, fob.now_ns))
        print(f"off after it: {done.after.offset_ns / 1e6:.1f} ± {done.after.uncertainty_ns / 1e6:.1f} ms")
        timed("code", lambda: fob.code("Example", "name00@example.org"))
        timed("list of 100", fob.token.accounts)
        timed("PIN set", lambda: fob.token.set_pin(PIN))
        timed("lock", fob.token.lock)
        timed("unlock", lambda: fob.token.unlock(PIN))
        timed("PIN taken away", lambda: fob.token.set_pin(""))
        fob.token.remove("Example", "name99@example.org")
        values = messages.account_fields(Account(b"none", "alice", "Bank"))
        key = HostPrimitives().public(bytes(range(32)))
        with fob.pressing("New account?"):
            timed("enrolment", lambda: fob.token.enroll(values, bytes(32), key))
    fob.until(lambda: False, 4)  # in which it prepares for another one
    with fob.connected():
        timed("session taken up and status", fob.token.status)


def changed(image: Image, end: str) -> Iterator[Token]:
    """Yield a token whose code.py ends in another way."""
    with tempfile.TemporaryDirectory() as folder:
        firmware = Path(folder) / "firmware"
        shutil.copytree(FIRMWARE, firmware)
        whole = (firmware / "code.py").read_text()
        (firmware / "code.py").write_text(whole[: whole.rindex("while True:")] + _MEASURE + end)
        yield Token(image, firmware)


def inside(image: Image) -> None:
    """Print what the firmware itself can tell."""
    for token in changed(image, _INSIDE):
        token.until(lambda token=token: "end=0" in token.file("figures.txt"), 2.0)  # type: ignore[misc]
        print(token.file("figures.txt").replace("end=0\n", ""), end="")


def connected(image: Image) -> None:
    """Print the heap while a desk does all that it can; collections in between make the times longer."""
    for token in changed(image, _LISTEN):
        try:
            desk(token)
        finally:
            print(token.file("figures.txt"), end="")


PARTS: dict[str, Callable[[Image], None]] = {
    "starts": starts,
    "desk": lambda image: desk(Token(image)),
    "inside": inside,
    "connected": connected,
}

if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m tests.pico.figures")
    asked.add_argument("uf2", type=Path, metavar="FILE")
    asked.add_argument("parts", nargs="*", choices=list(PARTS), metavar="PART", help=", ".join(PARTS))
    asked.add_argument("--mpy-cross", type=Path, metavar="PATH")
    given = asked.parse_args()
    compiler = None if given.mpy_cross is None else Compiler(given.mpy_cross)
    for name in given.parts or PARTS:
        PARTS[name]((given.uf2, compiler))
