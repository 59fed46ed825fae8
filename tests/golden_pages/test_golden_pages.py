"""The screens are what the golden pictures show, and what an eye reads on them is what the views say."""

from __future__ import annotations

import random

import pytest
from PIL import Image
from tokencore.messages import LANGUAGES
from tokenfw.views import SCREENS as ALL
from tokenfw.views import View

from boards.simulator import eye

from . import GOLDEN, drawn
from .page import Shown, page
from .render import render
from .states import SCREENS, Screen, State, states


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", SCREENS)
def test_no_pixel_differs(screen: str, language: str) -> None:
    wrong = {one.name: one.differing for one in drawn(screen, language) if one.differing}
    assert not wrong, "look at build/screens.html after: python -m tests.golden_pages"


@pytest.mark.parametrize("screen", SCREENS)
def test_every_state_has_a_picture(screen: str) -> None:
    shown = {state.view.screen for state in states(SCREENS[screen], "en").values()}
    assert shown == set(ALL)


@pytest.mark.parametrize("board", ["adafruit_feather_rp2040", "adafruit_macropad_rp2040"])
def test_all_controllers_of_a_class_show_the_same(board: str) -> None:
    """SH1107 and SH1106 get other bytes than SSD1306, and show the same picture."""
    screen = SCREENS["mono-128x64"]
    wanted = states(screen, "en")
    pictures = render(Screen(board, screen.bar_width, screen.rows), wanted.values())
    for name, picture in zip(wanted, pictures, strict=True):
        if name != "light-dim":  # each has its own scale of contrast
            golden = GOLDEN / "mono-128x64/en" / f"{name}.png"
            with Image.open(golden) as image:
                assert not Shown("", "", name, picture, image).differing, name


@pytest.mark.parametrize("screen", ["mono-128x64", "wide-240x135", "paper-296x128"])
def test_nothing_stays_of_what_was_shown_before(screen: str) -> None:
    """Only what changes is drawn: in any order the pictures are the same."""
    wanted = list(states(SCREENS[screen], "en").items())
    random.Random(screen).shuffle(wanted)
    pictures = render(SCREENS[screen], [state for _name, state in wanted])
    for (name, _state), picture in zip(wanted, pictures, strict=True):
        with Image.open(GOLDEN / screen / "en" / f"{name}.png") as image:
            assert not Shown("", "", name, picture, image).differing, name


@pytest.mark.parametrize("screen", ["mono-128x64", "square-240x240", "paper-296x128"])
def test_any_text_can_be_shown(screen: str) -> None:
    """Nothing that an account, a language or a mistake puts into a view stops the renderer."""
    source = random.Random(screen)
    alphabet = "aW1 /!?…±ÄßÑ\n\t\0\x7f\ud800語😀\ue003"

    def text(longest: int) -> str:
        return "".join(source.choice(alphabet) for _ in range(source.choice((0, 1, 5, longest))))

    def view() -> View:
        code = source.choice(("", text(12), "123 456", "12345678", "1234 56789 0", " "))
        rows = tuple(text(40) for _ in range(source.randint(0, 9)))
        return View(
            source.choice((*ALL, "unheard of")),
            text(64),
            source.choice((text(9), "7/100", "0/0", "9/5", "1/1")),
            text(64),
            code,
            text(200),
            source.choice((-1, 0, 1, 57, 400)),
            text(64),
            source.choice((-1, 0, 14, 15, 100, 250)),
            rows,
            source.randint(0, 9),
        )

    wanted = [State(view()) for _ in range(80)]
    assert len(list(render(SCREENS[screen], wanted))) == 80


@pytest.mark.parametrize("screen", SCREENS)
def test_an_eye_reads_the_pictures(screen: str) -> None:
    for name, state in states(SCREENS[screen], "en").items():
        with Image.open(GOLDEN / screen / "en" / f"{name}.png") as image:
            colours = image.convert("RGB")
        data = colours.tobytes()
        pixels = list(zip(data[::3], data[1::3], data[2::3], strict=True))
        rows = [pixels[at : at + colours.width] for at in range(0, len(pixels), colours.width)]
        seen = [text.text for text in eye.read(rows)]
        view = state.view
        if name == "light-off" and not SCREENS[screen].still:
            assert not seen
            continue
        if name == "light-dim":
            continue  # too dark for a threshold
        if view.code:
            assert view.code in seen, name
        text = " ".join(seen)
        assert view.corner in text and view.message in text and view.small in text, name
        for row in view.rows:
            assert row[:12] in text, name


def test_the_page_tells_a_difference() -> None:
    dark, light = Image.new("RGB", (4, 2)), Image.new("RGB", (4, 2))
    light.putpixel((1, 1), (0, 0, 1))
    same, other = Shown("a-4x2", "en", "same", dark, dark), Shown("a-4x2", "en", "other", light, dark)
    gone = Shown("a-4x2", "en", "gone", None, dark)
    assert (same.differing, other.differing, gone.differing) == (0, 1, 8)
    assert "0 differing pixels" in page([same])
    assert "2 of them differ" in page([same, other, gone])
