"""The screen's texts in one language: a file of `/texts`, data like the board file.

A text is read from its file when it is first shown, and a few are kept: all of them would take 3 kB of a
board's heap. Where one is missing its key stands for it, so a token without its texts still shows its codes.
"""

from tokencore.messages import LANGUAGES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DEFAULT = LANGUAGES[0]
_KEPT = 8


class Texts:
    """`read` gives the text of a file on the drive in pieces. Raises OSError where there is none."""

    def __init__(self, read: "Callable[[str], Iterable[str]] | None" = None) -> None:
        self._read = read
        self._kept: dict[str, str] = {}
        self.language = DEFAULT

    def speak(self, language: str) -> None:
        """Take the texts of `language`; one that it lacks is English."""
        self.language = language
        self._kept.clear()

    def _find(self, key: str) -> "str | None":
        for language in (self.language, DEFAULT):
            try:
                if self._read and language in LANGUAGES:
                    found = value_of(self._read("/texts/%s.toml" % language), key)
                    if found is not None:
                        return found
            except OSError:
                pass  # The next one: a token must show its codes.
        return None

    def __call__(self, key: str, value: object = None, other: str = "") -> str:
        """Return the text of `key`, or else of key `other`, with `value` in its place where there is one."""
        text = self._kept.get(key)
        if text is None:
            text = self._find(key)
            if text is None:
                text = self(other) if other else key.replace("_", " ")
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[key] = text
        if value is None:
            return text
        # A text without its place for the value would hide it.
        return text.replace("%", str(value), 1) if "%" in text else text + " " + str(value)


def value_of(pieces: "Iterable[str]", key: str) -> "str | None":
    """Return the text of one key of a file of texts, None where it is not there or no plain text.

    The file comes in pieces of any size; nothing else of it is kept or looked at.
    """
    begin, rest = key + ' = "', ""
    for piece in pieces:
        lines = (rest + piece).split("\n")
        rest = lines.pop()
        for line in lines:
            if line.startswith(begin):
                return _plain(line, len(begin))
    return _plain(rest, len(begin)) if rest.startswith(begin) else None


def _plain(line: str, start: int) -> "str | None":
    value = line[start:].strip()
    whole = value and value.find('"') == len(value) - 1 and "\\" not in value
    return value[:-1] if whole else None
