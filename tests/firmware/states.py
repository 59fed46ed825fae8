"""One view or more of each state that the screen can be in, for tests of renderers and texts."""

from __future__ import annotations

from tokencore.account import Account
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
        "first": make.plain("first"),
        "totp": make.totp(TOTP, "1/3", ("123456", ""), STEP, 20_000, 0),
        "totp next": make.totp(TOTP, "1/3", ("123456", "345678"), STEP, 4_000, 0),
        "totp doubt": make.totp(TOTP, "1/3", ("123456", "345678"), STEP, 9_000, 3),
        "totp long": make.totp(LONG, "99/100", ("12345678", "34567890"), STEP, 30_000, 0),
        "hotp": make.hotp(HOTP, "2/3", "12345678", 29_000, 30_000),
        "hotp_idle": make.account("hotp_idle", HOTP, "2/3"),
        "list": make.accounts("2/4", rows, 1),
        "question": make.question("Example Bank", "alice@example.com", 14_000, 15_000),
        "typing": make.typing(TOTP, "1/3"),
        "typing typed": make.typing(TOTP, "1/3", True),
        "clock_not_set": make.account("clock_not_set", TOTP, "1/3"),
        "clock_failed": make.account("clock_failed", TOTP, "1/3"),
        "locked": make.plain("locked"),
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
