"""Blinka's EPaperDisplay, corrected where it differs from a board's.

- Commands that are left out are None in Blinka, which then sends them.
- It takes a refresh for done while the display is busy, and waits for an attribute that it does not have.
- The time until the next refresh is in seconds on a board, in ms in Blinka.
- Where nothing has changed, there is nothing to refresh.
- Inverted bits become negative words in Blinka, which a buffer does not take; here their bytes are inverted.
"""

from types import ModuleType
from typing import Any

from .imports import Realm, module

_COMMANDS = (
    "set_column_window_command",
    "set_row_window_command",
    "set_current_column_command",
    "set_current_row_command",
)
_NO_COMMAND = 0x100
_COMMAND = 0  # what Blinka's buses are told that they send: displayio's DISPLAY_COMMAND


def corrected(native: Realm) -> dict[str, ModuleType]:
    """Return the module `epaperdisplay` by name."""
    displayio = native.load("displayio")
    base: Any = native.load("epaperdisplay").EPaperDisplay

    class EPaperDisplay(base):  # type: ignore[misc]
        auto_refresh = False  # its background work is but to end a refresh

        def __init__(self, display_bus: Any, start_sequence: Any, stop_sequence: Any, **options: Any) -> None:
            for command in _COMMANDS:
                options.setdefault(command, _NO_COMMAND)
            refresh = options["refresh_display_command"]
            if not isinstance(refresh, int):
                options["refresh_display_command"] = refresh[0]
            inverted = {
                options[f"write_{ram}_ram_command"]: options.pop(f"{ram}_bits_inverted", False)
                for ram in ("black", "color")
                if options.get(f"write_{ram}_ram_command") is not None
            }
            super().__init__(display_bus, start_sequence, stop_sequence, **options)
            self._inverted = {bytes([command]) for command, inverts in inverted.items() if inverts}
            self._ram = b""  # the command that is being carried out
            self._core._send, self._send = self._send_inverted, self._core._send
            if not isinstance(refresh, int):
                self._refresh_sequence = bytes(refresh)
            if self._busy is not None:
                self._busy.outlived = True

        def _send_inverted(self, kind: int, chip_select: int, data: Any) -> None:
            if kind == _COMMAND:
                self._ram = bytes(data)
            elif self._ram in self._inverted:
                data = bytes(byte ^ 0xFF for byte in data)
            self._send(kind, chip_select, data)

        @property
        def time_to_refresh(self) -> float:
            return super().time_to_refresh / 1000  # type: ignore[no-any-return]

        @property
        def busy(self) -> bool:
            self._background()
            return bool(self._refreshing)

        def _get_refresh_areas(self) -> list[Any]:
            areas: list[Any] = []
            if self._core.full_refresh:
                self._core.current_group._prepare_full_refresh()
                return [self._core.area]
            self._core.current_group._get_refresh_areas(areas)
            return [self._core.area] if areas and self._core.row_command == _NO_COMMAND else areas

        def _background(self) -> None:
            if not getattr(self, "_refreshing", False):
                return
            if self._busy is not None:
                done = self._busy.value != self._busy_state
            else:
                now_ms = native.load("time").monotonic() * 1000
                done = now_ms - self._core.last_refresh > self._refresh_time_ms
            if done:
                self._refreshing = False
                self._send_command_sequence(False, self._stop_sequence)

        def _reset(self) -> None:
            self._core.set_root_group(native.load("displayio._group").circuitpython_splash)
            self._core.full_refresh = True

        def _after_program(self) -> None:
            self._refresh()

    assert displayio
    return {"epaperdisplay": module("epaperdisplay", EPaperDisplay=EPaperDisplay)}
