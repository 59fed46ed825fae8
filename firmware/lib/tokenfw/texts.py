"""The screen's texts in one language: a file of `/texts`, data like the board file.

A key is English in short. Where a text is missing the key stands for it, so a token without its texts
still says what it means.
"""

from tokencore.messages import LANGUAGES

from .board_file import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT = LANGUAGES[0]


class Texts:
    """`read` returns the text of a file on the drive, given its path. Raises OSError where there is none."""

    def __init__(self, read: "Callable[[str], str] | None" = None) -> None:
        self._read = read
        self._table: dict[str, object] = {}
        self.language = DEFAULT

    def speak(self, language: str) -> None:
        """Take the texts of `language`; where its file is missing or damaged, English."""
        self.language = language
        for name in (language, DEFAULT):
            try:
                if self._read and name in LANGUAGES:
                    self._table = parse(self._read("/texts/%s.toml" % name))[""]
                    return
            except (OSError, ValueError):
                pass  # The next one, and in the end the keys: a token must show its codes.
        self._table = {}

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def __call__(self, key: str, value: object = None) -> str:
        """Return the text of `key`, with `value` in its place where there is one."""
        text = str(self._table.get(key, key.replace("_", " ")))
        if value is None:
            return text
        # A text without its place for the value would hide it.
        return text.replace("%", str(value), 1) if "%" in text else text + " " + str(value)
