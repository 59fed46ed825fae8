"""Measures the heap of the interpreter that runs it: heap_probe.py ROOT WHAT [FILE]; prints label=bytes.

WHAT is "nothing", "imports", "totp SHA1" and the like, "app", whose accounts are in FILE, or "typing", for
which FILE is the folder with adafruit_hid. Runs on MicroPython and, "typing" alone, on CircuitPython.
"""

import gc
import sys

UTC = 1_800_000_000


def used() -> int:
    gc.collect()
    return gc.mem_alloc()


def largest_free() -> int:
    """Return the size in bytes of the largest piece that can be had."""
    gc.collect()
    low, high = 0, gc.mem_free()
    while low < high:
        middle = (low + high + 1) // 2
        try:
            bytearray(middle)
            low = middle
        except MemoryError:
            high = middle - 1
        gc.collect()
    return low


def imports(*names: str) -> None:
    for name in names:
        before = used()
        __import__(name)
        print(f"{name}={used() - before}")


def totp(algorithm: str) -> None:
    from tokencore import otp

    otp.totp(b"12345678901234567890", UTC, 6, 30, 0, algorithm)  # the first use imports SHA-512
    gc.collect()
    if gc.mem_free() > 1 << 20:
        gc.disable()
    before = gc.mem_alloc()
    otp.totp(b"12345678901234567890", UTC + 30, 6, 30, 0, algorithm)
    print(f"garbage={gc.mem_alloc() - before}")


def app(path: str) -> None:
    import crypto

    for name in (
        "tokencore.messages",
        "tokenfw.vault",
        "tokenfw.app",
        "tokenfw.presses",
        "tokenfw.commands",
        "drive",
        "tests.firmware.parts",
    ):
        __import__(name)
        gc.collect()
    bench_class = sys.modules["tests.firmware.parts"].Bench
    before = used()
    from tokenfw.secret import Secret

    with open(path[:-4] + ".nvm", "rb") as nvm:
        secret = Secret(bytearray(nvm.read()))
    flash = sys.modules["tests.firmware.parts"].RamFlash(sys.modules["drive"].DriveFile(path), secret)
    bench = bench_class(flash, UTC, False, 100, crypto.BoardPrimitives())
    bench.run(2000)
    for start in range(100):
        bench.ask("list", start=start)
        bench.press("next")
        del bench.display.views[:-1]
    print(f"objects={used() - before}")
    print(f"all={used()}")
    print(f"largest={largest_free()}")


class _Host:
    """The modules `usb_hid` and `supervisor` of a board with a computer that listens."""

    usb_connected = True
    usage_page, usage = 1, 6

    def send_report(self, report: bytes) -> None: ...


def typing(libraries: str) -> None:
    sys.path.append(libraries)
    host = _Host()
    host.devices, host.runtime = (host,), host
    sys.modules["usb_hid"] = sys.modules["supervisor"] = host
    for name in ("tokencore.messages", "tokenfw.vault", "tokenfw.app"):
        __import__(name)
    before = used()
    from tokenfw.typing import Typist, strokes

    code = used()
    from keyboard import Keyboard

    typist = Typist(Keyboard())
    keyboard = used()
    typist._keyboard.open()
    driver = used()
    typist._keyboard.type(strokes("12345678", "fr", True))
    print(f"code={code - before}")
    print(f"keyboard={keyboard - code}")
    print(f"driver={driver - keyboard}")
    print(f"all={used() - before}")


def main(root: str, what: str, path: str = "") -> None:
    sys.path.append(root + "/tests/vm")
    if sys.implementation.name == "micropython":
        import board_like

        board_like.become()
    sys.path.extend([root + "/firmware/lib", root + "/firmware/lib/tokenfw/hardware", root])
    if what == "imports":
        imports(
            "tokencore.otp",
            "tokencore.messages",
            "tokenfw.vault",
            "tokenfw.app",
            "tokenfw.presses",
            "tokenfw.commands",
            "tokencore.sha512",
        )
    elif what == "app":
        app(path)
    elif what == "typing":
        typing(path)
    elif what != "nothing":
        totp(what.split(" ")[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
