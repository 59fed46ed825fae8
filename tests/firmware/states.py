"""One view or more of each state that the screen can be in, for tests of renderers and texts."""

from __future__ import annotations

from tokencore.account import Account
from tokenfw import asking, pinviews
from tokenfw.question import Question
from tokenfw.views import View, Views

SECRET = b"12345678901234567890"
TOTP = Account(SECRET, "alice@example.com", "Example Bank")
HOTP = Account(SECRET, "alice", "Door", kind="hotp", digits=8)
LONG = Account(SECRET, "wolfgang.amadeus@salzburg.example", "Internationale Gesellschaft für Musik")
STEP = 1_800_000_000 // 30
ERRORS = (
    "StoreFailed",
    "CounterExhausted",
    "NoSuchAccount",
    "ClockNotSet",
    "ClockFailed",
    "NoHost",
    "TypingOff",
    "MemoryError",
    "a class without a text",
)


def every_view(make: Views) -> dict[str, View]:
    """Return views by a name that begins with their screen's."""
    rows = tuple(["Example Bank alice@example.com", "Door alice", "Server root", "Größe ñandú"])
    views = {
        "unpaired": make.plain("unpaired"),
        "first": make.plain("first"),
        "totp": make.totp(TOTP, "1/3", ("123456", ""), STEP, 20_000, 0),
        "totp next": make.totp(TOTP, "1/3", ("123456", "345678"), STEP, 4_000, 0),
        "totp doubt": make.totp(TOTP, "1/3", ("123456", "345678"), STEP, 9_000, 3),
        "totp long": make.totp(LONG, "99/100", ("12345678", "34567890"), STEP, 30_000, 0),
        "totp set back": make.totp(TOTP, "1/3", ("123456", "345678"), STEP, 20_000, 3, True),
        "hotp": make.hotp(HOTP, "2/3", "12345678", 29_000, 30_000),
        "hotp_idle": make.account("hotp_idle", HOTP, "2/3"),
        "list": make.accounts("2/4", rows, 1),
        **questions(make),
        **locked(make),
        "typing": make.typing(TOTP, "1/3"),
        "typing typed": make.typing(TOTP, "1/3", True),
        "clock_not_set": make.account("clock_not_set", TOTP, "1/3"),
        "clock_failed": make.account("clock_failed", TOTP, "1/3"),
        "erase": make.erase(2_000, 5_000),
        "maintenance": make.plain("maintenance"),
        "failure damaged": make.damaged("3/3"),
        "fault": make.plain("fault"),
        "open": make.plain("open"),
    }
    for kind in ERRORS:
        views["failure " + kind] = make.failure(kind)
    make.battery = 9
    views["low_battery"] = make.low_battery()
    views["totp battery"] = make.totp(TOTP, "1/3", ("123456", ""), STEP, 20_000, 0)
    make.battery = -1
    return views


def questions(make: Views) -> dict[str, View]:
    """Return every kind of question."""
    asked = {
        "question code": Question("code", "Example Bank", "alice@example.com"),
        "question code of no issuer": Question("code", "", "alice"),
        "question time": Question("time", "2027-01-15 08:00", "+1 d 02:03"),
        "question time first": Question("time", "2027-01-15 08:00", ""),
        "question enroll": Question("enroll", "Example Bank: alice@example.com", "1f0c 7a2e"),
        "pair": Question("pair", "058231", ""),
        "pair own": Question("own", "058231", ""),
        "grave backup": Question("backup", "100", "1f0c 7a2e"),
        "grave release": Question("release", "", ""),
        "grave transfer": Question("transfer", "1f0c 7a2e 93b4 d5e8", ""),
    }
    return {name: asking.look(make, question, 11_000) for name, question in asked.items()}


def locked(make: Views) -> dict[str, View]:
    """Return the views of a token with a PIN."""
    return {
        "locked": make.plain("locked"),
        "locked idle": pinviews.entry(make, 0),
        "locked idle keypad": pinviews.entry(make, 0, keypad=True),
        "locked wheel": pinviews.entry(make, 0, 7),
        "locked wheel taken": pinviews.entry(make, 3, 0, 9),
        "locked wheel done": pinviews.entry(make, 6, 4, 9),
        "locked wheel back": pinviews.entry(make, 6, pinviews.BACK, 9),
        "locked keypad": pinviews.entry(make, 4, keypad=True),
        "locked short": pinviews.entry(make, 3, 2, note="short"),
        "locked long": pinviews.entry(make, 64, 2),
        "locked wrong": pinviews.entry(make, 0, left=8, note="wrong"),
        "locked elsewhere": pinviews.elsewhere(make),
        "locked elsewhere wrong": pinviews.elsewhere(make, 8),
        "unlocking": pinviews.working(make, 20, 50),
        "pin_wait": pinviews.waiting(make, 83_000, 120_000, 4),
        "pin_last": pinviews.last(make),
        "pin_erased": pinviews.erased(make),
    }
