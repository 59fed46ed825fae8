"""The fonts on the drive are what the strokes and letters say, and the small font writes what it is given."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tokenfw import letters

from .draw import DIGITS, FONTS, files


def test_the_files_are_what_is_drawn() -> None:
    drawn = files()
    assert {path.name: path.read_bytes() for path in FONTS.iterdir()} == drawn, (
        "run: python -m tests.fonts.draw"
    )


@pytest.mark.parametrize("name", DIGITS)
def test_digits_are_unlike(name: str) -> None:
    """Any two digits differ by at least a fifth of their ink: no two may be taken for each other."""
    with Image.open(FONTS / f"{name}.bmp") as sheet:
        image = sheet.convert("L").point(lambda value: value > 127 and 255)
    width = image.width // 11
    cells = [image.crop((n * width, 0, (n + 1) * width, image.height)).tobytes() for n in range(11)]
    assert not any(cells[10])
    for number, cell in enumerate(cells[:10]):
        for other in cells[:number]:
            unlike = sum(a != b for a, b in zip(cell, other, strict=True))
            assert unlike > max(sum(map(bool, cell)), sum(map(bool, other))) / 5


def test_a_reader_of_bmp_sees_the_letters() -> None:
    """The files are plain BMPs, as any viewer takes them."""
    with Image.open(io.BytesIO(files()["letters.bmp"])) as sheet:
        assert sheet.size == (6 * len(letters.EXTRA), 12)
        for place, character in enumerate(letters.EXTRA):
            assert sheet.crop((6 * place, 0, 6 * place + 6, 12)).getbbox(), character


def test_tiles() -> None:
    every = [chr(code) for code in range(0x20, 0x7F)] + list(letters.EXTRA)
    assert [letters.tile(character) for character in every] == list(range(len(every)))
    assert letters.tile("語") == letters.tile("\n") == letters.tile("?")


@given(st.text(max_size=80), st.integers(1, 40))
def test_fit(text: str, columns: int) -> None:
    fitted = letters.fit(text, columns)
    assert len(fitted) <= columns
    assert fitted == text or (fitted.endswith("…") and text.startswith(fitted[:-1]))


@given(st.text("ab ö", max_size=80), st.integers(1, 24), st.integers(1, 5))
def test_wrap(text: str, columns: int, lines: int) -> None:
    wrapped = letters.wrap(text, columns, lines)
    assert len(wrapped) <= lines
    assert all(line and len(line) <= columns for line in wrapped)
    if not wrapped or not wrapped[-1].endswith("…"):
        assert "".join(wrapped).replace(" ", "") == text.replace(" ", "")
    if lines * columns > 2 * len(text):
        assert not any(line.endswith("…") for line in wrapped)


def test_wrap_breaks_at_spaces() -> None:
    assert letters.wrap("Laufwerk offen, es gibt keine Codes", 17, 3) == [
        "Laufwerk offen,",
        "es gibt keine",
        "Codes",
    ]
    assert letters.wrap("one two three", 7, 1) == ["one tw…"]


def test_the_battery_fills() -> None:
    signs = [letters.battery(percent) for percent in range(101)]
    assert sorted(set(signs), key=signs.index) == sorted(set(signs))
    assert len(set(signs)) == 5
    assert signs[letters.LOW] != signs[letters.LOW - 1]
