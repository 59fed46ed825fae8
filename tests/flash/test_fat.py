"""Flashing onto a real FAT file system, cut after every sector that is written."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from boards import bundle
from provisioner.flashing import flash
from tests.flash.test_cuts import DATA, STARTS, check
from tests.flash.test_cuts import NEW as FIRMWARE

fatfs = pytest.importorskip("fatfs", reason="fatfs-ng is not installed: pip install 'fobsmith[pico]'")
SECTOR, SECTORS = 512, 2048


class RecordingDisk(fatfs.RamDisk):  # type: ignore[misc]
    """Keeps each write of a sector, in order."""

    def __init__(self, image: bytearray) -> None:
        super().__init__(image, sector_size=SECTOR)
        self.writes: list[tuple[int, bytes]] = []

    def write(self, sector: int, count: int, data: bytes) -> None:
        for number in range(0, count, SECTOR):
            self.writes.append((sector + number // SECTOR, bytes(data[number : number + SECTOR])))
        super().write(sector, count, data)


class FatMedium:
    """ChaN's FatFs as the drive: it writes through at once, and renames in two steps."""

    def __init__(self, volume: Any) -> None:
        self._volume = volume

    def files(self) -> dict[str, int]:
        found = {}
        for folder, _, names in self._volume.walk("/"):
            for name in names:
                path = f"{folder.rstrip('/')}/{name}"
                found[path[1:]] = len(self._volume.read_file(path))
        return found

    def read(self, path: str) -> bytes:
        content: bytes = self._volume.read_file("/" + path)
        return content

    def write(self, path: str, content: bytes) -> None:
        for end in [index for index, letter in enumerate(path) if letter == "/"]:
            if not self._volume.isdir("/" + path[:end]):
                self._volume.mkdir("/" + path[:end])
        self._volume.write_file("/" + path, content)

    def flush(self, path: str) -> None: ...

    def rename(self, old: str, new: str) -> None:
        if self._volume.isfile("/" + new):
            self._volume.remove("/" + new)
        self._volume.rename("/" + old, "/" + new)

    def remove(self, path: str) -> None:
        self._volume.remove("/" + path)

    def tidy(self, folder: str) -> None: ...

    def sync(self) -> None: ...

    def contents(self) -> dict[str, bytes]:
        return {path: self.read(path) for path in self.files()}


@contextmanager
def mounted(image: bytearray, make: bool = False) -> Iterator[tuple[FatMedium, RecordingDisk]]:
    disk = RecordingDisk(image)
    partition = fatfs.Partition(disk)
    if make:
        partition.mkfs()
    partition.mount()
    try:
        yield FatMedium(fatfs.PartitionExtended(partition)), disk
    finally:
        partition.unmount()


def _flashed(old: dict[str, bytes], new: dict[str, bytes]) -> tuple[bytes, list[tuple[int, bytes]]]:
    """Return the image before flashing, and the writes that flashing made."""
    image = bytearray(SECTOR * SECTORS)
    with mounted(image, make=True) as (medium, _):
        for path, content in old.items():
            medium.write(path, content)
    before = bytes(image)
    with mounted(image) as (medium, disk):
        flash(medium, new)
        writes = list(disk.writes)
        assert medium.contents() == new | DATA
    return before, writes


def _cut(before: bytes, writes: list[tuple[int, bytes]], at: int) -> bytearray:
    image = bytearray(before)
    for sector, data in writes[:at]:
        image[sector * SECTOR : (sector + 1) * SECTOR] = data
    return image


@pytest.mark.parametrize("start", sorted(STARTS))
def test_every_sector(start: str) -> None:
    old = STARTS[start]
    before, writes = _flashed(old | DATA, FIRMWARE)
    assert len(writes) > 20
    for at in range(len(writes) + 1):
        image = _cut(before, writes, at)
        with mounted(image) as (medium, _):
            check(medium.contents(), old, FIRMWARE, DATA)
            flash(medium, FIRMWARE)
            assert medium.contents() == FIRMWARE | DATA


def test_the_real_firmware_cut_and_cut_again() -> None:
    new = bundle.files("raspberry_pi_pico")
    old = {path: content + b"\n# older\n" for path, content in new.items()} | {"lib/gone.py": b""}
    chance = random.Random(3)
    before, writes = _flashed(old | DATA, new)
    assert len(writes) > 500
    # Where files of the root come and go, and here and there in between.
    ends = {*range(12), *range(len(writes) - 12, len(writes)), *chance.sample(range(len(writes)), 6)}
    for number, at in enumerate(sorted(ends)):
        image = _cut(before, writes, at)
        for _ in itertools.repeat(None, number % 3):
            with mounted(image) as (medium, disk):
                check(medium.contents(), old, new, DATA)
                start = bytes(image)
                flash(medium, new)
                again = list(disk.writes)
            image = _cut(start, again, chance.randrange(len(again) + 1))
        with mounted(image) as (medium, _):
            check(medium.contents(), old, new, DATA)
            flash(medium, new)
            assert medium.contents() == new | DATA
