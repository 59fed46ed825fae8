"""Drives whose cable is pulled at a moment that the test chooses."""

from __future__ import annotations

import random
from pathlib import Path

from provisioner.medium import FolderMedium


class CableCut(BaseException):
    """The cable was pulled: nobody at the desk survives this."""


class Countdown:
    """Counts operations; the one with number `at` (from 0) is cut."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.done = 0

    def cut(self) -> bool:
        """Count one operation, and tell whether it is the one that is cut."""
        self.done += 1
        return self.at is not None and self.done > self.at


class FatDrive:
    """A drive with a host's cache before it, as unkind as FAT allows.

    What has been done since it was last made safe happens, or not, or in part, each for itself and in
    any order that keeps a file's own operations together: a write leaves nothing, a part, a file of the
    right size with other bytes, or all; a rename leaves both names, the old one, the new one, or the
    old one with the target gone; a removal happens or not.
    """

    def __init__(self, content: dict[str, bytes], countdown: Countdown, seed: int = 0) -> None:
        self._safe = dict(content)
        self._seen = dict(content)
        self._waiting: list[tuple[str, str, str, bytes]] = []
        self._countdown = countdown
        self._chance = random.Random(seed)

    def files(self) -> dict[str, int]:
        return {path: len(content) for path, content in self._seen.items()}

    def read(self, path: str) -> bytes:
        return self._seen[path]

    def write(self, path: str, content: bytes) -> None:
        self._seen[path] = content
        self._do("write", path, "", content)

    def flush(self, path: str) -> None:
        self._operation()
        self._settle([item for item in self._waiting if path in item[1:3]])

    def rename(self, old: str, new: str) -> None:
        self._seen[new] = self._seen.pop(old)
        self._do("rename", old, new, b"")

    def remove(self, path: str) -> None:
        self._seen.pop(path, None)
        self._do("remove", path, "", b"")

    def tidy(self, folder: str) -> None:
        pass

    def sync(self) -> None:
        self._operation()
        self._settle(list(self._waiting))

    def after(self) -> dict[str, bytes]:
        """Return what is on the drive when power comes back."""
        return dict(self._safe)

    def _do(self, kind: str, path: str, target: str, content: bytes) -> None:
        self._waiting.append((kind, path, target, content))
        self._operation()

    def _operation(self) -> None:
        if not self._countdown.cut():
            return
        # A file's own operations stay in order: of each file, some first ones happened, the next in part.
        stopped: set[str] = set()
        for kind, path, target, content in self._waiting:
            if path in stopped or target in stopped:
                stopped |= {path, target} - {""}
                continue
            fate = self._chance.choice(("whole", "part", "not"))
            if fate != "whole":
                stopped |= {path, target} - {""}
            if fate == "whole":
                self._apply(kind, path, target, content)
            elif fate == "part":
                self._tear(kind, path, target, content)
        raise CableCut

    def _settle(self, items: list[tuple[str, str, str, bytes]]) -> None:
        for item in items:
            self._apply(*item)
            self._waiting.remove(item)

    def _apply(self, kind: str, path: str, target: str, content: bytes) -> None:
        if kind == "write":
            self._safe[path] = content
        elif kind == "rename":
            self._safe[target] = self._safe.pop(path)
        else:
            self._safe.pop(path, None)

    def _tear(self, kind: str, path: str, target: str, content: bytes) -> None:
        if kind == "write":
            half = content[: len(content) // 2]
            other = half + b"\xff" * (len(content) - len(half))
            self._safe[path] = self._chance.choice((b"", half, other))
        elif kind == "rename" and self._chance.random() < 0.5:
            self._safe[target] = self._safe[path]
        elif kind == "rename":
            self._safe.pop(target, None)


class CutFolder(FolderMedium):
    """A real folder: the process ends before one of its operations, those before are done."""

    def __init__(self, root: Path, countdown: Countdown) -> None:
        super().__init__(root)
        self._countdown = countdown

    def _operation(self) -> None:
        if self._countdown.cut():
            raise CableCut

    def write(self, path: str, content: bytes) -> None:
        self._operation()
        super().write(path, content)

    def flush(self, path: str) -> None:
        self._operation()
        super().flush(path)

    def rename(self, old: str, new: str) -> None:
        self._operation()
        super().rename(old, new)

    def remove(self, path: str) -> None:
        self._operation()
        super().remove(path)

    def sync(self) -> None:
        self._operation()  # the folder is on no drive that could be pulled: nothing waits
