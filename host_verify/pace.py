"""When a refusal leaves: on a whole step, so that its time tells nothing of its cause."""

import math

REFUSAL_STEP = 0.010  # s


def rest(came: float, now: float) -> float:
    """Return the seconds from `now` to the next whole step after `came`; both are monotonic seconds."""
    took = now - came
    return math.ceil(took / REFUSAL_STEP) * REFUSAL_STEP - took
