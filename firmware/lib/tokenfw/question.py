"""What a request may come to instead of an answer: a question to whoever holds the token, or more work."""

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    Values = dict[str, Any]

# What the screen asks while a press is awaited. kind and the two texts that it is shown with:
#   "code"      issuer, name
#   "pair"      the six digits, ""            (shown, and no press is awaited yet)
#   "own"       the six digits, ""
#   "time"      the new time, the jump with its sign
#   "enroll"    issuer and name, the verifier key's fingerprint
#   "backup"    how many accounts, the recovery key's fingerprint
#   "release"   "", ""
#   "transfer"  the new owner key's fingerprint, ""
Question = namedtuple("Question", ("kind", "first", "second"))


class Pending:
    """An answer to come: when confirm is pressed before `due_ms`, or by itself at that tick."""

    def __init__(
        self, due_ms: int, question: "Question | None", finish: "Callable[[int], Values | Pending]"
    ) -> None:
        self.due_ms = due_ms
        self.question = question  # to show while a press is awaited
        self.finish = finish  # gives the answer, or what to wait for next


def sliced(
    work: "Generator[None, None, Any]", now_ms: int, then: "Callable[[Any, int], Values | Pending]"
) -> Pending:
    """Return the Pending that does `work` a piece a step, up to each `yield`, then `then(result, now_ms)`.

    The screen goes on between the pieces. What `work` raises becomes the answer.
    """

    def finish(then_ms: int) -> "Values | Pending":
        try:
            next(work)
        except StopIteration as end:
            return then(end.value, then_ms)
        return Pending(then_ms, None, finish)

    return Pending(now_ms, None, finish)
