"""What the screen says, as data: a pure function of the state gives a `View`, a renderer draws it.

Every screen has the same places: title and corner in the first line, subtitle in the second, in the
middle a code in large digits, a message or the rows of a list, under it a bar, at the bottom a small line.
"""

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.account import Account

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
    "failure",  # of an operation at the buttons
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


def _view(
    screen: str,
    title: str = "",
    corner: str = "",
    subtitle: str = "",
    code: str = "",
    message: str = "",
    bar: int = -1,
    small: str = "",
    battery: int = -1,
    rows: "tuple[str, ...]" = (),
    row: int = 0,
) -> View:
    return View(screen, title, corner, subtitle, code, message, bar, small, battery, rows, row)


def grouped(code: str) -> str:
    """Return a code in two groups, as people read it aloud: 123 456, 123 4567, 1234 5678."""
    half = len(code) // 2
    return code[:half] + " " + code[half:]


def bar(left_ms: int, whole_ms: int, width: int) -> int:
    """Return how many of `width` pixels stand for the time left, rounded up: 0 only at the end."""
    return (max(left_ms, 0) * width + whole_ms - 1) // whole_ms


def corner(position: int, count: int) -> str:
    return "%d/%d" % (position + 1, count)


def empty() -> View:
    return _view("first", title="No accounts", message="Add one at a desk", small="provisioner add")


def fault(text: str) -> View:
    return _view("fault", "Memory fault", "", text, message="Codes are off", small="provisioner info")


def doubt(bound_ms: "int | None") -> str:
    """Return by how much the clock may be off, "±3 s", or "" where that is too little to matter."""
    if bound_ms is None or bound_ms < DOUBT_MS:
        return ""
    return "clock ±%d s" % ((bound_ms + 999) // 1000)


def totp(
    account: "Account", place: str, codes: "tuple[str, str]", left_ms: int, width: int, doubt: str
) -> View:
    """A time-based code, its countdown and the clock's doubt; in the last five seconds the next code."""
    small = "next " + grouped(codes[1]) if left_ms <= NEXT_MS else doubt
    length = bar(left_ms, account.period * 1000, width)
    return _view("totp", account.issuer, place, account.name, grouped(codes[0]), bar=length, small=small)


def clock_unusable(account: "Account", place: str, screen: str) -> View:
    """No code: one from a wrong time would be refused, and looks like a good one."""
    message = "Clock error" if screen == "clock_failed" else "Clock not set"
    return _view(screen, account.issuer, place, account.name, message=message, small="provisioner sync")


def hotp_idle(account: "Account", place: str) -> View:
    return _view(
        "hotp_idle",
        account.issuer,
        place,
        account.name,
        message="Press confirm",
        small="for the next code",
    )


def hotp_code(account: "Account", place: str, code: str, left_ms: int, whole_ms: int, width: int) -> View:
    length = bar(left_ms, whole_ms, width)
    return _view("hotp", account.issuer, place, account.name, grouped(code), bar=length)


def question(issuer: str, name: str, left_ms: int, whole_ms: int, width: int) -> View:
    """A host asks for a code: a press of confirm lets it out."""
    length = bar(left_ms, whole_ms, width)
    return _view(
        "question", "Send code?", subtitle=issuer or name, message="Press confirm", bar=length, small=name
    )


def failure(text: str) -> View:
    """An operation at the buttons failed."""
    return _view("failure", "Failed", message=text, small="press any button")
