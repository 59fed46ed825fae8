"""The drive that the emulated Pico gets: what is no longer the firmware's does not stay in its folder."""

from __future__ import annotations

import pytest

from boards.simulator.pico import drive

pytest.importorskip(
    "fatfs", reason="the emulated Pico's drive is made with fatfs-ng: pip install 'fobsmith[pico]'"
)
SIZE = 1 << 20


def test_what_is_not_in_the_firmware_goes_from_its_folder_alone() -> None:
    image = bytearray(SIZE)
    first = {"code.py": b"1", "lib/a.py": b"1", "lib/inner/b.py": b"1", "store.bin": b"accounts"}
    assert drive.write(image, first) == list(first)
    second = {"code.py": b"1", "lib/a.mpy": b"2", "lib/inner/b.mpy": b"2"}
    assert drive.write(image, second, "lib") == ["lib/a.mpy", "lib/inner/b.mpy"]
    assert all(drive.read(image, path) == content for path, content in second.items())
    assert drive.read(image, "store.bin") == b"accounts"
    for path in ("lib/a.py", "lib/inner/b.py"):
        with pytest.raises(FileNotFoundError):
            drive.read(image, path)
