"""What the pico engine is made of, as far as it needs no image: UF2 files, descriptors, refusals."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from boards.simulator.pico.chip import check_uf2
from boards.simulator.pico.usb import interfaces

_RP2040, _RP2350 = 0xE48BFF56, 0xE48BFF59


def _uf2(family: int = _RP2040, address: int = 0x10000000) -> bytes:
    head = struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0x2000, address, 256, 0, 1, family)
    return head + bytes(476) + struct.pack("<I", 0x0AB16F30)


def test_image_for_the_chip_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "image.uf2"
    path.write_bytes(_uf2() + _uf2(address=0x100FEF00))
    check_uf2(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a UF2 file"),
        (b"x" * 512, "not a UF2 file"),
        (_uf2() + b"x", "not a UF2 file"),
        (_uf2(family=_RP2350), "not for a Pico's RP2040"),
        (_uf2(address=0x100FF000), "not for a Pico's RP2040"),
        (_uf2(address=0x20000000), "not for a Pico's RP2040"),
    ],
)
def test_other_files_are_refused_with_what_to_take(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "image.uf2"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{why}.* take CircuitPython's for raspberry_pi_pico"):
        check_uf2(path)


def test_interfaces_are_read_from_a_descriptor() -> None:
    descriptor = bytes(
        [
            *(9, 2, 39, 0, 2, 1, 0, 128, 50),  # configuration
            *(9, 4, 0, 0, 1, 2, 2, 0, 0),  # communications
            *(5, 36, 0, 16, 1),  # class-specific
            *(7, 5, 0x81, 3, 8, 0, 16),
            *(9, 4, 1, 0, 2, 10, 0, 0, 0),  # data
            *(7, 5, 0x02, 2, 64, 0, 0),
            *(7, 5, 0x82, 2, 64, 0, 0),
        ]
    )
    found = [(part.kind, part.subclass, part.endpoints) for part in interfaces(descriptor)]
    assert found == [(2, 2, [0x81]), (10, 0, [0x02, 0x82])]
    assert len(interfaces(descriptor + b"\x00")) == 2
