"""How each question to the holder looks. Loaded when a host asks one, for that is when memory is needed.

All have one look: what is asked in the title, what it is about below it, then what to do, a bar for the time
that is left, and at the bottom what tells one such question from another. What gives everything away warns.
"""

from tokencore.messages import CONFIRM_MS, PAIR_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .question import Question
    from .views import View, Views

_GRAVE = ("backup", "release", "transfer")
_SHOWN = 9  # of a fingerprint: 8 hex digits in two groups


def look(make: "Views", question: "Question", left_ms: int) -> "View":
    """Return the view of `question`, which ends in `left_ms`."""
    kind, first, second = question
    texts, bar = make.texts, make.bar(left_ms, PAIR_MS if kind == "pair" else CONFIRM_MS)
    if kind in ("pair", "own"):
        code = first[:3] + " " + first[3:]
        return make.compose("pair", texts(kind), "", texts(kind + "_subtitle"), code, "", bar)
    subtitle, small = first, ""
    if kind == "code":
        subtitle, small = first or second, second if first else ""
    elif kind == "time":
        small = texts("jump", second) if second else ""
    elif kind == "backup":
        subtitle = texts("accounts", first)
    elif kind == "release":
        subtitle, small = texts("release_subtitle"), texts("release_small")
    elif kind == "transfer":
        subtitle, small = texts("key", first[:_SHOWN]), texts("release_small")
    if kind in ("enroll", "backup"):
        small = texts("key", second[:_SHOWN])
    screen = "grave" if kind in _GRAVE else "question"
    return make.compose(screen, texts(kind), "", subtitle, "", texts("question_message"), bar, small)
