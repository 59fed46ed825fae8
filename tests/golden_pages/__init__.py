"""Every state of the screen on every class of displays, against pictures that somebody has looked at."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from .page import Shown
from .render import render
from .states import SCREENS, states

GOLDEN = Path(__file__).parents[1] / "golden/screens"


def drawn(screen: str, language: str) -> list[Shown]:
    """Return all pictures of a class of displays in a language, drawn now, beside the golden ones."""
    folder = GOLDEN / screen / language
    there = {path.stem: _read(path) for path in sorted(folder.glob("*.png"))}
    wanted = states(SCREENS[screen], language)
    pictures = render(SCREENS[screen], wanted.values())
    shown = [
        Shown(screen, language, name, picture, there.pop(name, None))
        for name, picture in zip(wanted, pictures, strict=True)
    ]
    return shown + [Shown(screen, language, name, None, picture) for name, picture in there.items()]


def _read(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.copy()
