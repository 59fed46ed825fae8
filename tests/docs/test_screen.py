"""The README's picture is what the firmware shows today."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageChops

from tests.docs.screen import PAGE, draw


def test_the_picture_is_what_the_token_shows(tmp_path: Path) -> None:
    drawn = tmp_path / "screen.png"
    draw(drawn, tmp_path / "flash.bin")
    difference = ImageChops.difference(Image.open(drawn), Image.open(PAGE))
    assert difference.getbbox() is None, "run: python -m tests.docs.screen build/flash.bin"
