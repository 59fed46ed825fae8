"""The pictures of the README and of docs/screens.md are what the firmware shows today."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageChops

from tests.docs.screen import DOCS, draw, draw_all


def same(drawn: Path, shown: Path) -> bool:
    with Image.open(drawn) as one, Image.open(shown) as other:
        return ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox() is None


def test_the_picture_is_what_the_token_shows(tmp_path: Path) -> None:
    drawn = tmp_path / "screen.png"
    draw(drawn, tmp_path / "flash.bin")
    assert same(drawn, DOCS / "screen.png"), "run: python -m tests.docs.screen"


def test_the_page_shows_each_class_of_displays(tmp_path: Path) -> None:
    page = (DOCS / "screens.md").read_text("utf-8")
    for drawn in draw_all(tmp_path):
        assert f"screens/{drawn.name}" in page
        assert same(drawn, DOCS / "screens" / drawn.name), "run: python -m tests.docs.screen"
