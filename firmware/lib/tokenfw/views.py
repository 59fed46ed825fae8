"""What the screen says, as data: a pure function of the state gives a `View`, a renderer draws it.

Every screen has the same places: title and corner in the first line, subtitle in the second, in the
middle a code in large digits, a message or the rows of a list, under it a bar, at the bottom a small line.
"""

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.account import Account

    from .texts import Texts

# All that the screen can be; a renderer may give each its own look.
SCREENS = (
    "unpaired",  # nobody owns it yet
    "first",  # no account yet
    "totp",
    "hotp",
    "hotp_idle",  # a counter-based account before its code is asked for
    "list",
    "question",
    "grave",  # a question whose press gives everything away
    "pair",  # six digits to compare
    "typing",
    "clock_not_set",
    "clock_failed",
    "locked",  # and how its PIN is being entered
    "unlocking",
    "pin_wait",
    "pin_last",
    "pin_erased",
    "erase",  # the question before maintenance
    "maintenance",
    "low_battery",
    "failure",  # of an operation at the buttons, or an account that is damaged
    "fault",  # of the token's memory
    "open",  # this board cannot be locked
)

QUESTIONS = ("question", "grave", "pair")

# bar: length in pixels of the display's bar_width, or -1 where the screen has none
# battery: percent, or -1 where it is not measured
# rows, row: the texts of a list and the index of the chosen one; () and 0 where there is none
View = namedtuple(
    "View",
    (
        "screen",
        "title",
        "corner",
        "subtitle",
        "code",
        "message",
        "bar",
        "small",
        "battery",
        "rows",
        "row",
    ),
)

NEXT_MS = 5000  # how long before its step the next code is shown
DOUBT_MS = 2000  # a clock that may be off by less is shown as good


class Views:
    """Makes views for one display, in one language.

    texts      the language
    bar_width  pixels of a full bar
    still      an e-paper display: no bar, and a time step's view stays the same all through it
    mark       stands before the corner: "!" on a board that cannot be locked
    battery    percent, or -1; kept up to date by whoever measures it
    """

    def __init__(self, texts: "Texts", bar_width: int, still: bool = False, mark: str = "") -> None:
        self.texts = texts
        self.battery = -1
        self._width = bar_width
        self.still = still
        self._mark = mark

    def plain(self, screen: str, corner: str = "", bar: int = -1) -> View:
        """A screen with nothing but its texts: title, message and small line."""
        return self.compose(
            screen, self.texts(screen), corner, "", "", self._message(screen), bar, self._small(screen)
        )

    def account(self, screen: str, account: "Account", place: str) -> View:
        """A screen of an account without a code: "hotp_idle", "clock_not_set" or "clock_failed"."""
        return self._account(screen, account, place, "", self._message(screen), -1, self._small(screen))

    def totp(
        self,
        account: "Account",
        place: str,
        codes: "tuple[str, str]",
        step: int,
        left_ms: int,
        doubt_s: int,
        set_back: bool = False,
    ) -> View:
        """A time-based code, its countdown, and the clock's doubt; in the last five seconds the next code.

        `set_back`: the clock was, and stands before a time whose code has been shown already.

        On a still display: both codes, and until when the first is good. `codes` are of `step`, of which
        `left_ms` are left, and of the one after it, "" where that is not to be shown yet.
        """
        upcoming = self.texts("next_code", grouped(codes[1])) if codes[1] else ""
        if self.still:
            until = self.texts("valid_until", clock_time((step + 1) * account.period + account.t0))
            small = until + " ±%d s" % doubt_s if doubt_s else until
            if set_back:
                upcoming += " - " + self.texts("set_back")
            return self._account("totp", account, place, codes[0], upcoming, -1, small)
        small, bar = upcoming, self.bar(left_ms, account.period * 1000)
        if left_ms > NEXT_MS:
            small = self.texts("clock_doubt", doubt_s) if doubt_s else ""
            if set_back:
                small = self.texts("set_back")
        return self._account("totp", account, place, codes[0], "", bar, small)

    def hotp(self, account: "Account", place: str, code: str, left_ms: int, whole_ms: int) -> View:
        """A counter-based code, for as long as it is shown."""
        return self._account("hotp", account, place, code, "", self.bar(left_ms, whole_ms))

    def typing(self, account: "Account", place: str, typed: bool = False) -> View:
        """The code is being typed into the host, or has just been."""
        return self._account("typing", account, place, "", self._message("typed" if typed else "typing"))

    def accounts(self, place: str, rows: "tuple[str, ...]", row: int) -> View:
        """Some accounts of the list, the chosen one among them."""
        return View(
            "list", self.texts("list"), self._mark + place, "", "", "", -1, "", self.battery, rows, row
        )

    def erase(self, held_ms: int, whole_ms: int) -> View:
        """Asks whether everything is to be erased; the bar fills while confirm is held."""
        return self.plain("erase", "", self.bar(held_ms, whole_ms))

    def low_battery(self) -> View:
        return self.plain("low_battery", "%d %%" % self.battery)

    def failure(self, kind: str) -> View:
        """An operation at the buttons failed with an error of class `kind`."""
        title, message = self.texts("failure"), self.texts(kind, None, "failure_message")
        return self.compose("failure", title, "", "", "", message, -1, self._small("failure"))

    def damaged(self, place: str) -> View:
        """The account at this place cannot be read; those around it can."""
        return self.compose("failure", self.texts("damaged"), place, "", "", self._message("damaged"))

    def _message(self, screen: str) -> str:
        return self.texts(screen + "_message")

    def _small(self, screen: str) -> str:
        return self.texts(screen + "_small")

    def bar(self, left_ms: int, whole_ms: int) -> int:
        return -1 if self.still else bar(left_ms, whole_ms, self._width)

    def _account(
        self,
        screen: str,
        account: "Account",
        place: str,
        code: str = "",
        message: str = "",
        bar: int = -1,
        small: str = "",
    ) -> View:
        """The screen of one account."""
        code = grouped(code) if code else ""
        return self.compose(screen, account.issuer, place, account.name, code, message, bar, small)

    def compose(
        self,
        screen: str,
        title: str,
        corner: str,
        subtitle: str,
        code: str,
        message: str,
        bar: int = -1,
        small: str = "",
    ) -> View:
        corner = self._mark + corner
        return View(screen, title, corner, subtitle, code, message, bar, small, self.battery, (), 0)


def grouped(code: str) -> str:
    """Return a code in two groups, as people read it aloud: 123 456, 123 4567, 1234 5678."""
    half = len(code) // 2
    return code[:half] + " " + code[half:]


def bar(left_ms: int, whole_ms: int, width: int) -> int:
    """Return how many of `width` pixels stand for the time left, rounded up: 0 only at the end."""
    return (min(max(left_ms, 0), whole_ms) * width + whole_ms - 1) // whole_ms


def doubt_s(bound_ms: "int | None") -> int:
    """Return by how many seconds the clock may be off, 0 where that is too little to matter."""
    return 0 if bound_ms is None or bound_ms < DOUBT_MS else (bound_ms + 999) // 1000


def corner(position: int, count: int) -> str:
    return "%d/%d" % (position + 1, count)


def clock_time(utc: int) -> str:
    """Return the time of day of UTC second `utc`: 12:34:30."""
    return "%02d:%02d:%02d" % (utc // 3600 % 24, utc // 60 % 60, utc % 60)
