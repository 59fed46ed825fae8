"""The eye reads back what the real displayio has drawn through the real driver and the controller."""

import random
import string
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tokenfw.letters import EXTRA

from boards.bundle import firmware_folder
from boards.simulator import eye

from .parts import Bench

WIDTH, HEIGHT = 6, 12  # a glyph's cell
Place = tuple[str, int, int, int]  # text, x, y, scale

DRAW = """
import time, board, busio, displayio, i2cdisplaybus, terminalio, vectorio
from adafruit_display_text.label import Label
from adafruit_displayio_ssd1306 import SSD1306

displayio.release_displays()
i2c = busio.I2C(board.GP5, board.GP4, frequency=1000000)
bus = i2cdisplaybus.I2CDisplayBus(i2c, device_address=0x3C)
display = SSD1306(bus, width=128, height=64, auto_refresh=False)
white = displayio.Palette(1)
white[0] = 0xFFFFFF
for number, (texts, bars) in enumerate(SCREENS):
    group = displayio.Group()
    for text, x, y, scale in texts:
        label = Label(terminalio.FONT, color=0xFFFFFF, scale=scale, text=text, base_alignment=False)
        label.anchor_point = (0, 0)
        label.anchored_position = (x, y)
        group.append(label)
    for x, y, width, height in bars:
        group.append(vectorio.Rectangle(pixel_shader=white, width=width, height=height, x=x, y=y))
    display.root_group = group
    display.refresh()
    say(number)
    time.sleep(1)
"""


def draw(folder: Path, screens: list[Any]) -> list[list[eye.Text]]:
    """Return what the eye reads on each of `screens`, lists of (texts, bars)."""
    bench = Bench(folder, f"SCREENS = {screens!r}\n{DRAW}")
    seen = []
    for number in range(len(screens)):
        while len(bench.said()) <= number:
            bench.run(0.1)
        seen.append(bench.simulator.texts())
    return seen


def sample(source: random.Random) -> tuple[list[Place], list[tuple[int, int, int, int]]]:
    """Return texts at random places, below each other, and now and then a bar."""
    texts: list[Place] = []
    bars = []
    y = source.randint(0, 5)
    while True:
        scale = source.choice((1, 1, 2, 3))
        if y + HEIGHT * scale > 64:
            return texts, bars
        x = source.randint(0, 40)
        room = (128 - x) // (WIDTH * scale)
        letters = [source.choice(string.printable[:94]) for _ in range(source.randint(2, room))]
        letters[source.randrange(len(letters))] = source.choice(string.ascii_letters + string.digits)
        if len(letters) > 4:
            letters[source.randint(1, len(letters) - 2)] = " "
        texts.append(("".join(letters), x, y, scale))
        y += HEIGHT * scale + source.randint(0, 3)
        if source.random() < 0.3 and y < 60:
            bars.append((source.randint(0, 9), y + 1, source.randint(1, 110), source.randint(1, 3)))
            y += 5


def test_random_screens(tmp_path: Path) -> None:
    source = random.Random(20)
    screens = [sample(source) for _ in range(60)]
    for (texts, _bars), seen in zip(screens, draw(tmp_path, screens), strict=True):
        assert [(text.text, text.x, text.y, text.scale) for text in seen] == texts


def test_every_glyph_at_every_scale(tmp_path: Path) -> None:
    letters = string.printable[:94]
    screens = []
    for scale in (1, 2, 3):
        room = 128 // (WIDTH * scale) - 2
        for start in range(0, len(letters), room):
            screens.append(([("A" + letters[start : start + room] + "A", 1, 2, scale)], []))
    for (texts, _bars), seen in zip(screens, draw(tmp_path, screens), strict=True):
        assert [(text.text, text.x, text.y, text.scale) for text in seen] == texts


def test_a_bar_is_no_text(tmp_path: Path) -> None:
    bars = [[(0, 49, width, height)] for width in (1, 2, 5, 6, 10, 15, 40, 128) for height in (1, 2, 3)]
    bars += [[(x, 14, 1, 40), (x + 5, 14, 1, 40), (0, 24, 80, 1)] for x in (10, 30)]
    screens = [([("Bank 12", 0, 0, 1)], bar) for bar in bars]
    for (_texts, bar), seen in zip(screens, draw(tmp_path, screens), strict=True):
        assert [text.text for text in seen] == ["Bank 12"], bar


def test_dark_on_light(tmp_path: Path) -> None:
    code = DRAW.replace(
        "color=0xFFFFFF,", "color=0, background_color=0xFFFFFF, padding_left=1, padding_top=1,"
    )
    bench = Bench(tmp_path, f"SCREENS = [([('Menu 42', 20, 10, 1)], [])]\n{code}")
    bench.run(1)
    seen = bench.simulator.texts()
    assert [(text.text, text.inverse) for text in seen] == [("Menu 42", True)]


def test_nothing_is_read_while_the_display_is_off(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path, f"SCREENS = [([('Secret', 20, 10, 1)], [])]\n{DRAW}display.sleep()\ntime.sleep(9)"
    )
    bench.run(0.9)
    assert [text.text for text in bench.simulator.texts()] == ["Secret"]
    bench.run(1)
    assert bench.simulator.texts() == []


def sheet(name: str) -> Image.Image:
    with Image.open(firmware_folder() / "fonts" / f"{name}.bmp") as image:
        return image.convert("RGB")


def rows(image: Image.Image) -> list[list[tuple[int, int, int]]]:
    data = image.tobytes()
    pixels = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    return [pixels[at : at + image.width] for at in range(0, len(pixels), image.width)]


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_every_letter_of_our_own(scale: int) -> None:
    letters, texts = sheet("letters"), []
    picture = Image.new("RGB", (320, 240))
    columns = 300 // (WIDTH * scale)
    for line, start in enumerate(range(0, len(EXTRA), columns)):
        part = EXTRA[start : start + columns]
        drawn = letters.crop((start * WIDTH, 0, (start + len(part)) * WIDTH, HEIGHT))
        drawn = drawn.resize((drawn.width * scale, drawn.height * scale), Image.Resampling.NEAREST)
        picture.paste(drawn, (7, 5 + line * 13 * scale))
        texts.append(part)
    assert [text.text for text in eye.read(rows(picture))] == texts


@pytest.mark.parametrize("ground", [(0, 0, 0), (255, 255, 255), (0, 40, 90)], ids=["dark", "paper", "blue"])
@pytest.mark.parametrize(
    "path", sorted((firmware_folder() / "fonts").glob("digits-*.bmp")), ids=lambda p: p.stem
)
def test_every_digit_in_colour(path: Path, ground: tuple[int, int, int]) -> None:
    """Shades at a digit's rim do not matter, nor on which ground it stands."""
    image = sheet(path.stem).convert("L")
    cell = image.width // 11
    colour = (0, 0, 0) if sum(ground) > 380 else (255, 184, 48)
    painted = Image.composite(
        Image.new("RGB", image.size, colour), Image.new("RGB", image.size, ground), image
    )
    for digits in ("012", "345", "678", "9012"):
        picture = Image.new("RGB", (320, 170), ground)
        for place, digit in enumerate(digits):
            left = int(digit) * cell
            picture.paste(painted.crop((left, 0, left + cell, image.height)), (20 + place * cell, 30))
        seen = eye.read(rows(picture))
        assert [(text.text, text.x, text.y) for text in seen] == [(digits, 20, 30)]


def test_a_colour_picture_is_read_quickly() -> None:
    """Of 320 x 170 pixels: well under a second, on a slow machine too."""
    picture = Image.new("RGB", (320, 170))
    letters = sheet("letters").resize((720, 24), Image.Resampling.NEAREST)
    for y in range(4, 150, 24):
        picture.paste(letters, (4, y))
    began = time.process_time()
    eye.read(rows(picture))
    assert time.process_time() - began < 1
