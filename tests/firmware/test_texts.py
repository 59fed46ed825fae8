"""The screen's texts: the same keys in every language, each drawable and short enough for its place."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from tokencore import errors
from tokencore.messages import LANGUAGES
from tokenfw import typing, views
from tokenfw.board_file import parse
from tokenfw.texts import Texts, value_of

from tests.firmware.parts import drive
from tests.firmware.states import ERRORS, every_view

FOLDER = Path(__file__).parents[2] / "firmware/texts"
COLUMNS = 21  # of the smallest display: 128 pixels, 6 a character
NARROWEST = 19  # of the colour displays of 240 pixels, 12 a character, less their margins
PAPER = 24  # of an e-paper of 288 pixels; and twice as many in small, below its code
LINES = 2  # of a message on the smallest
SMALL = ("title", "small", "corner")
DRAWN = "äöüÄÖÜßáéíóúñ¿¡ÁÉÍÓÚÑ±…•"  # beside ASCII


def table(language: str) -> dict[str, object]:
    return parse((FOLDER / f"{language}.toml").read_text("utf-8"))[""]


def speaking(language: str) -> Texts:
    texts = Texts(drive)
    texts.speak(language)
    return texts


def test_every_language_has_a_file() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_say_the_same_things(language: str) -> None:
    ours, english = table(language), table("en")
    assert list(ours) == list(english)
    for key, text in ours.items():
        assert isinstance(text, str) and text.strip() == text
        assert text or key[-6:] == "_small"
        assert text.count("%") == str(english[key]).count("%") <= 1, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_character_can_be_drawn(language: str) -> None:
    for key, text in table(language).items():
        assert not [sign for sign in str(text) if not (" " <= sign <= "~" or sign in DRAWN)], key


@pytest.mark.parametrize("still", [False, True], ids=["moving", "still"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_fits_its_place(language: str, still: bool) -> None:
    for name, view in every_view(views.Views(speaking(language), 128, still)).items():
        if name == "totp long":
            continue  # An account's own names may be too long.
        title = len(view.title) + (len(view.corner) + 1 if view.corner else 0)
        assert title <= NARROWEST, (name, view.title)
        assert len(view.small) <= (PAPER if still else NARROWEST), (name, view.small)
        if still and view.code:
            assert len(view.message) <= 2 * PAPER
        else:
            assert len(textwrap.wrap(view.message, COLUMNS)) <= LINES, (name, view.message)
        assert len(view.subtitle) <= NARROWEST or view.subtitle.startswith("Example Bank: "), name


def test_the_views_use_every_text_and_no_other() -> None:
    used = set()

    class Watched(Texts):
        def __call__(self, key: str, value: object = None, other: str = "") -> str:
            used.add(key)
            return super().__call__(key, value, other)

    texts = Watched(drive)
    texts.speak("en")
    for still in (False, True):
        every_view(views.Views(texts, 128, still))
    assert used - {"a class without a text"} == set(table("en"))


def test_errors_have_a_text_each_or_a_common_one() -> None:
    make = views.Views(speaking("en"), 128)
    for kind in ERRORS[:-2]:
        assert hasattr(errors, kind) or hasattr(typing, kind)
        assert make.failure(kind).message != make.failure("FobError").message
    assert make.failure("FobError").message == "That did not work"


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_key_is_read_as_in_the_whole_file(language: str) -> None:
    text = (FOLDER / f"{language}.toml").read_text("utf-8")
    assert {key: value_of(text, key) for key in table(language)} == table(language)
    assert value_of(text, "lis") is None and value_of(text, "no such key") is None
    for damaged in ('a = "', 'a = "b', 'a = "b" c"', "a = 1", 'a = "\\n"'):
        assert value_of(f"# texts\n{damaged}", "a") is None, damaged


def test_without_its_files_a_token_still_says_what_it_means() -> None:
    def read(path: str) -> str:
        raise OSError(2)

    texts = Texts(read)
    texts.speak("de")
    assert texts("clock_failed_message") == "clock failed message"
    assert texts("next_code", "123 456") == "next code 123 456"


def test_an_unknown_or_damaged_language_is_english() -> None:
    def read(path: str) -> str:
        return "no TOML" if path == "/texts/de.toml" else drive(path)

    for language in ("de", "fr", "../board", ""):
        texts = Texts(read)
        texts.speak(language)
        assert texts("question_message") == "Press confirm"
    texts.speak("es")
    assert texts("question_message") == "Pulsa OK"
