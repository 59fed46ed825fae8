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
    "first",  # no account yet
    "totp",
    "hotp",
    "hotp_idle",  # a counter-based account before its code is asked for
    "list",
    "question",
    "typing",
    "clock_not_set",
    "clock_failed",
    "locked",
    "erase",  # the question before maintenance
    "maintenance",
    "low_battery",
    "failure",  # of an operation at the buttons, or an account that is damaged
    "fault",  # of the token's memory
    "open",  # this board cannot be locked
)

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
        self._still = still
        self._mark = mark

    def first(self) -> View:
        texts = self.texts
        return self._view(
            "first", texts("no_accounts"), message=texts("add_at_a_desk"), small=texts("provisioner_add")
        )

    def totp(
        self, account: "Account", place: str, codes: "tuple[str, str]", step: int, left_ms: int, doubt_s: int
    ) -> View:
        """A time-based code, its countdown, and the clock's doubt; in the last five seconds the next code.

        On a still display: both codes, and until when the first is good. `codes` are of `step`, of which
        `left_ms` are left, and of the one after it, "" where that is not to be shown yet.
        """
        upcoming = self.texts("next_code", grouped(codes[1])) if codes[1] else ""
        if self._still:
            until = self.texts("valid_until", clock_time((step + 1) * account.period + account.t0))
            small = until + " ±%d s" % doubt_s if doubt_s else until
            return self._account("totp", account, place, codes[0], upcoming, -1, small)
        small = upcoming
        if left_ms > NEXT_MS:
            small = self.texts("clock_doubt", doubt_s) if doubt_s else ""
        return self._account(
            "totp", account, place, codes[0], "", self._bar(left_ms, account.period * 1000), small
        )

    def hotp(self, account: "Account", place: str, code: str, left_ms: int, whole_ms: int) -> View:
        """A counter-based code, for as long as it is shown."""
        return self._account("hotp", account, place, code, "", self._bar(left_ms, whole_ms))

    def hotp_idle(self, account: "Account", place: str) -> View:
        texts = self.texts
        message, small = texts("press_confirm"), texts("for_the_next_code")
        return self._account("hotp_idle", account, place, "", message, -1, small)

    def clock_unusable(self, account: "Account", place: str, screen: str) -> View:
        """No code: one from a wrong time would be refused, and looks like a good one."""
        message, small = self.texts(screen), self.texts("provisioner_sync")
        return self._account(screen, account, place, "", message, -1, small)

    def damaged(self, place: str) -> View:
        """The account at this place cannot be read; those around it can."""
        texts = self.texts
        return self._view("failure", texts("damaged_account"), place, message=texts("remove_at_a_desk"))

    def accounts(self, place: str, rows: "tuple[str, ...]", row: int) -> View:
        """Some accounts of the list, the chosen one among them."""
        return self._view("list", self.texts("accounts"), place, rows=rows, row=row)

    def question(self, issuer: str, name: str, left_ms: int, whole_ms: int) -> View:
        """A host asks for a code: a press of confirm lets it out."""
        return self._view(
            "question",
            self.texts("send_code"),
            subtitle=issuer or name,
            message=self.texts("press_confirm"),
            bar=self._bar(left_ms, whole_ms),
            small=name if issuer else "",
        )

    def typing(self, account: "Account", place: str, typed: bool = False) -> View:
        """The code is being typed into the host, or has just been."""
        message = self.texts("code_typed" if typed else "typing_the_code")
        return self._account("typing", account, place, "", message)

    def locked(self) -> View:
        return self._view("locked", self.texts("locked"), message=self.texts("enter_the_pin"))

    def erase(self, held_ms: int, whole_ms: int) -> View:
        """Asks whether everything is to be erased; the bar fills while confirm is held."""
        texts = self.texts
        return self._view(
            "erase",
            texts("erase_everything"),
            message=texts("hold_confirm"),
            bar=self._bar(held_ms, whole_ms),
            small=texts("other_button_leaves"),
        )

    def maintenance(self) -> View:
        texts = self.texts
        message, small = texts("drive_is_open"), texts("unplug_to_leave")
        return self._view("maintenance", texts("maintenance"), message=message, small=small)

    def low_battery(self) -> View:
        texts = self.texts
        corner = "%d %%" % self.battery
        return self._view("low_battery", texts("battery_low"), corner, message=texts("charge_it"))

    def failure(self, kind: str) -> View:
        """An operation at the buttons failed with an error of class `kind`."""
        texts = self.texts
        message = texts(kind if kind in texts else "that_did_not_work")
        return self._view("failure", texts("failed"), message=message, small=texts("press_any_button"))

    def fault(self) -> View:
        """The token's memory cannot be used; the desk is told why."""
        texts = self.texts
        message, small = texts("codes_are_off"), texts("provisioner_info")
        return self._view("fault", texts("memory_fault"), message=message, small=small)

    def cannot_be_locked(self) -> View:
        """Nothing protects what this board keeps."""
        texts = self.texts
        message, small = texts("cannot_be_locked"), texts("press_any_button")
        return self._view("open", texts("not_locked"), message=message, small=small)

    def _bar(self, left_ms: int, whole_ms: int) -> int:
        return -1 if self._still else bar(left_ms, whole_ms, self._width)

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
        return self._view(screen, account.issuer, place, account.name, code, message, bar, small)

    def _view(
        self,
        screen: str,
        title: str = "",
        corner: str = "",
        subtitle: str = "",
        code: str = "",
        message: str = "",
        bar: int = -1,
        small: str = "",
        rows: "tuple[str, ...]" = (),
        row: int = 0,
    ) -> View:
        corner = self._mark + corner
        return View(screen, title, corner, subtitle, code, message, bar, small, self.battery, rows, row)


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
