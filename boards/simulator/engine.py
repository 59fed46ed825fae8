"""The `cpython` engine: runs firmware/boot.py and code.py, unmodified, on simulated CircuitPython modules."""

import functools
import traceback
from pathlib import Path
from types import ModuleType
from typing import NoReturn, TextIO

import boards
from boards import bundle

from . import (
    cpy_aesio,
    cpy_alarm,
    cpy_analog,
    cpy_display,
    cpy_hid,
    cpy_keypad,
    cpy_os,
    cpy_pins,
    cpy_rotary,
    cpy_spi,
    cpy_system,
    cpy_usb,
)
from . import safe_mode as safe_modes
from .context import Context, Reload, Reset, Usb
from .files import opener
from .firmware_files import FirmwareFiles
from .flash import PowerCut
from .hardware import Hardware
from .imports import Realm, host_file, host_module
from .machine import NEVER, Machine

# What CPython shares with a board. Everything else that the firmware imports must be on its drive.
_SHARED = (
    *("__future__", "array", "binascii", "builtins", "collections", "errno", "io", "json"),
    *("math", "random", "re", "struct", "traceback"),
)
_OF_USB = ("usb_cdc", "usb_hid", "usb_midi")
# Builtins of CPython that a board lacks.
_LACKING = (
    *("breakpoint", "format", "input", "vars"),
    *("FileNotFoundError", "PermissionError", "UnicodeDecodeError", "UnicodeEncodeError"),
)


class Engine:
    """Runs the firmware in the folder `firmware` on `hardware`. What it prints goes to `console`.

    `safe_mode` is why the first start is one in safe mode, of safe_mode.REASONS, or NONE. `usb` is what a
    host sees: `attached` says whether it sees anything yet. `starts` counts them.
    """

    def __init__(
        self, hardware: Hardware, firmware: Path, console: TextIO, safe_mode: str = safe_modes.NONE
    ) -> None:
        self._hardware = hardware
        self._firmware = firmware
        self._console = console
        self._safe_mode = safe_mode
        self.usb = Usb()
        self.starts = 0
        self.machine = Machine(self._main, hardware.now_ns)

    def _main(self) -> None:
        safe_mode = self._safe_mode
        while True:
            start = _Start(self._hardware, self._firmware, self._console, self.machine, safe_mode)
            self.usb = start.context.usb
            self.starts += 1
            try:
                start.boot()
            except Reset:
                safe_mode = start.context.next_safe_mode
            except PowerCut:
                return


class _Start:
    """From one reset to the next: modules of displays live as long, the firmware's until it ends."""

    def __init__(
        self, hardware: Hardware, firmware: Path, console: TextIO, machine: Machine, safe_mode: str
    ) -> None:
        self._hardware = hardware
        self._firmware = firmware
        self._console = console
        self.context = Context(hardware, machine, self._background, safe_mode)
        self._modules: dict[str, ModuleType] = {}
        self._corrected: dict[str, ModuleType] = {}
        self._native = Realm(self._native_module, host_file, on_board=False)
        self._files = FirmwareFiles(firmware, hardware.board["id"])

    def boot(self) -> None:
        """Run boot.py once, then code.py and, where it has ended, wait. Raises Reset, PowerCut, PowerOff.

        In safe mode safemode.py may run instead of both.
        """
        self._hardware.drive.mount()
        # Without USB there is no host that could write, and nothing to be decided about it.
        self._hardware.drive.writable = not self._hardware.processor.usb
        self.context.usb.attached = not self._hardware.processor.usb
        self._hardware.release_pins(displays_too=True)
        self._make_core()
        cpy_alarm.watch_latch(self.context)
        if self.context.safe_mode != safe_modes.NONE:
            self._stay_safe()
        self._run("boot.py")
        self.context.usb.attached = True
        while True:
            try:
                self._run("code.py")
            except Reload:
                self._end_program()
                continue
            self._end_program()
            self._print("Code done running. Waiting for reset.\n")
            self.context.machine.sleep_until(NEVER, idle=True)

    def _make_core(self) -> None:
        """Make what the core makes before any program: the built-in display, the supply's latch."""
        self._modules = self._system_modules()
        if cpy_display.has_built_in(self._hardware):
            self._corrected = cpy_display.corrected(self._native, self.context)
            modules = {**self._modules, **self._corrected}
            self.context.built_in = cpy_display.built_in(self.context, modules)

    def _stay_safe(self) -> NoReturn:
        """Run safemode.py, whose settings of USB do not last, and wait. Raises Reset, PowerCut, PowerOff."""
        if self.context.safe_mode != safe_modes.USER and not self._run("safemode.py"):
            self.context.safe_mode = safe_modes.SAFEMODE_PY_ERROR
        self.context.usb.reset()
        self._hardware.drive.writable = False
        self._end_program()
        self.context.usb.attached = True
        self._print(f"You are in safe mode because: {self.context.safe_mode}\n")
        while True:
            self.context.machine.sleep_until(NEVER, idle=True)

    def _run(self, name: str) -> bool:
        """Run a file of the firmware as a program of its own; its traceback goes to the console.

        Return whether it ended well; one that is not there did.
        """
        path = self._firmware / name
        if not path.is_file():
            self._print(f"{name} is not on the drive\n")
            return True
        self._modules = self._system_modules()
        realm = Realm(self._device_module, self._device_file, on_board=True)
        self._modules["os"] = cpy_os.os_module(self._hardware.drive, self._files)
        self._modules["sys"] = cpy_system.interpreter(realm.modules)
        for lacking in _LACKING:
            del realm.builtins[lacking]
        realm.builtins["open"] = opener(self._hardware.drive, self._files)
        realm.builtins["print"] = functools.partial(print, file=self._console, flush=True)
        try:
            realm.main(path)
        except SystemExit:
            pass
        except Exception:
            self._print(traceback.format_exc())
            return False
        return True

    def _system_modules(self) -> dict[str, ModuleType]:
        modules = {
            **cpy_pins.modules(self.context),
            **cpy_spi.modules(self.context),
            **cpy_rotary.modules(self.context),
            **cpy_keypad.modules(self.context),
            **cpy_usb.modules(self.context),
            **cpy_hid.modules(self.context),
            **cpy_system.modules(self.context),
            **cpy_analog.modules(self.context),
            **cpy_alarm.modules(self.context),
            **cpy_aesio.modules(),
        }
        if self._hardware.processor.usb:
            return modules
        return {name: made for name, made in modules.items() if name not in _OF_USB}

    def _end_program(self) -> None:
        cpy_display.after_program(self._native)
        self._hardware.release_pins()
        self._hardware.drive.flush()

    def _background(self) -> bool:
        return cpy_display.refresh(self._native)

    def _print(self, text: str) -> None:
        self._console.write(text)
        self._console.flush()

    def _device_module(self, name: str) -> ModuleType | None:
        if name in self._modules:
            return self._modules[name]
        if name in cpy_display.CORRECTED:
            if not self._corrected:
                self._corrected = cpy_display.corrected(self._native, self.context)
            return self._corrected[name]
        if name in cpy_display.BUILT_IN:
            return self._native.load(name)
        return host_module(name) if name in _SHARED else None

    def _device_file(self, name: str, search: list[str] | None) -> Path | None:
        if search is not None:
            return host_file(name, search)
        places = [str(self._firmware / "lib")]
        if name in bundle.PACKAGES and self._firmware == bundle.firmware_folder():
            places.append(str(boards.FOLDER.parent))  # installed: the packages stand beside the boards
        found = host_file(name, places)
        # A bundle has its libraries; for any other folder the host's stand for those of a board, and
        # for what a board has built in.
        borrowed = name in bundle.BUILT_IN or (not self._files.whole and name.startswith(bundle.PREFIX))
        if found is None and borrowed and name not in bundle.NOT_FOR_BOARDS:
            found = host_file(name, None)
        return found

    def _native_module(self, name: str) -> ModuleType | None:
        package = name.partition(".")[0]
        if package == "threading":
            return cpy_display.threading_module()
        if name in self._modules and name not in ("os", "hashlib"):
            return self._modules[name]
        return None if package in cpy_display.PACKAGES else host_module(name)
