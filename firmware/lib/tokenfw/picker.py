"""The list of accounts while "previous" or "next" is held: it scrolls faster and faster."""

from tokencore.errors import FobError

from .gestures import scrolled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .vault import Vault

    Rows = tuple[str, ...]

_KEPT = 12  # texts of rows: to read an account takes a board 7 ms


class Picker:
    """Begins at `position` and goes `step` (1 or -1) at a time, round the ends; shows `height` rows."""

    def __init__(self, vault: "Vault", position: int, step: int, height: int, damaged: str) -> None:
        self._vault = vault
        self._start = position
        self._step = step
        self._height = height
        self._damaged = damaged
        self._texts: dict[int, str] = {}
        self.position = position

    def scroll(self, held_ms: int) -> None:
        """Choose the account that a press held for so long has come to."""
        count = len(self._vault)
        self.position = (self._start + self._step * scrolled(held_ms, count)) % count

    def rows(self) -> "tuple[Rows, int]":
        """Return the texts of the accounts around the chosen one, and which of them it is."""
        first = max(0, min(self.position - self._height // 2, len(self._vault) - self._height))
        last = min(first + self._height, len(self._vault))
        return tuple([self._text(position) for position in range(first, last)]), self.position - first

    def _text(self, position: int) -> str:
        if position not in self._texts:
            if len(self._texts) >= _KEPT:
                self._texts.clear()
            try:
                account = self._vault.account(position)
                text = account.issuer + " " + account.name if account.issuer else account.name
            except FobError:
                text = self._damaged
            self._texts[position] = text
        return self._texts[position]
