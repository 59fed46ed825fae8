"""How a locked token looks. Loaded while it is locked.

Of the PIN that is being entered nothing is ever shown but how many digits have been taken, and that no longer
once it is being checked: every PIN looks the same then.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .views import View, Views

DIGITS, BACK = 10, 10  # the wheel has ten digits and, after them, the way back
DOTS = 18  # the most that are shown
LEAST = 4  # digits of a PIN
DOT = "•"
_STILL_S = 30  # between two pictures of the waiting time on a still display
_ALL = 10  # tries


def entry(
    make: "Views", taken: int, wheel: int = -1, left: int = _ALL, note: str = "", keypad: bool = False
) -> "View":
    """The PIN is being entered: `taken` digits have been.

    wheel  the digit that it stands at, or BACK; below 0 it is hidden
    note   "wrong" after a wrong PIN, "short" after one that was too short, else ""
    """
    texts = make.texts
    dots = (DOT + " ") * taken if taken * 2 <= DOTS else DOT * min(taken, DOTS)
    dots = dots.rstrip()
    if note == "short":
        hint = texts("pin_short")
    elif taken >= LEAST:
        hint = texts("pin_enter" if keypad else "pin_done")
    elif left < _ALL:
        hint = texts("tries", left)
    else:
        hint = texts("pin_take") if wheel >= 0 else ""
    if wheel < 0:
        message = texts("pin_wrong" if note == "wrong" else "locked_message")
        if not taken:
            # Nothing has been entered: what to begin with stands where the dots will.
            dots = texts("pin_keys" if keypad else "pin_buttons")
        return make.compose("locked", texts("locked"), "", hint, "", message, -1, dots)
    if wheel == BACK:
        return make.compose("locked", texts("locked"), "", hint, "", texts("pin_back"), -1, dots)
    return make.compose("locked", texts("locked"), "", hint, str(wheel), "", -1, dots)


def working(make: "Views", done: int, whole: int) -> "View":
    """The PIN is being checked."""
    bar = make.bar(min(done, whole), whole)
    return make.compose(
        "unlocking", make.texts("unlocking"), "", "", "", make.texts("unlocking_message"), bar
    )


def waiting(make: "Views", left_ms: int, whole_ms: int, left: int) -> "View":
    """A wrong PIN was entered too often: nothing can be entered before the waiting time is over."""
    seconds = -(-left_ms // 1000)
    if make.still:
        seconds = -(-seconds // _STILL_S) * _STILL_S
    message = make.texts("pin_wait", "%d:%02d" % (seconds // 60, seconds % 60))
    bar = make.bar(left_ms, whole_ms)
    return make.compose(
        "pin_wait", make.texts("pin_wrong"), "", "", "", message, bar, make.texts("tries", left)
    )


def last(make: "Views") -> "View":
    """One more wrong PIN erases everything: a press says that this has been read."""
    return make.compose(
        "pin_last", make.texts("pin_last"), "", "", "", make.texts("pin_last_message"), -1, _press(make)
    )


def elsewhere(make: "Views", left: int = _ALL) -> "View":
    """The PIN has other characters than digits: it is typed at the computer."""
    title = make.texts("tries", left) if left < _ALL else make.texts("locked")
    return make.compose("locked", title, "", "", "", make.texts("pin_elsewhere"), -1, "provisioner unlock")


def erased(make: "Views") -> "View":
    """The last wrong PIN has erased everything. The wipe PIN ends here too: nobody can tell which it was."""
    return make.compose(
        "pin_erased", make.texts("pin_wrong"), "", "", "", make.texts("pin_erased"), -1, _press(make)
    )


def _press(make: "Views") -> str:
    return make.texts("failure_small")
