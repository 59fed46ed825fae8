"""What the screen says, as data: a pure function of the state gives a `View`, a renderer draws it.

Every screen has the same places: title and corner in the first line, subtitle in the second, in the
middle a code in large digits or a message, under it a bar, at the bottom a small line.
"""

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.account import Account

# bar: length in pixels, or -1 where the screen has none
View = namedtuple("View", ("title", "corner", "subtitle", "code", "message", "bar", "small"))

NEXT_MS = 5000  # how long before its step the next code is shown
DOUBT_MS = 2000  # a clock that may be off by less is shown as good
BLANK = View("", "", "", "", "", -1, "")


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
    return View("No accounts", "", "", "", "Add one at a desk", -1, "provisioner add")


def fault(text: str) -> View:
    return View("Memory fault", "", text, "", "Codes are off", -1, "provisioner info")


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
    return View(account.issuer, place, account.name, grouped(codes[0]), "", length, small)


def clock_unusable(account: "Account", place: str, message: str) -> View:
    """No code: one from a wrong time would be refused, and looks like a good one."""
    return View(account.issuer, place, account.name, "", message, -1, "provisioner sync")


def hotp_idle(account: "Account", place: str) -> View:
    return View(account.issuer, place, account.name, "", "Press confirm", -1, "for the next code")


def hotp_code(account: "Account", place: str, code: str, left_ms: int, whole_ms: int, width: int) -> View:
    return View(account.issuer, place, account.name, grouped(code), "", bar(left_ms, whole_ms, width), "")


def question(issuer: str, name: str, left_ms: int, whole_ms: int, width: int) -> View:
    """A host asks for a code: a press of confirm lets it out."""
    return View("Send code?", "", issuer or name, "", "Press confirm", bar(left_ms, whole_ms, width), name)


def failure(text: str) -> View:
    """An operation at the buttons failed."""
    return View("Failed", "", "", "", text, -1, "press any button")
