"""When a refusal leaves: on a whole step, so that its time tells nothing of its cause."""

import math

REFUSAL_STEP = 0.010  # s
PIN_STEP = 0.050  # s: to look at a PIN takes longer, and is done only behind a right code


def rest(came: float, now: float, pins: bool) -> float:
    """Return the seconds from `now` to the next whole step after `came`; both are monotonic seconds.

    `pins` tells whether any user has a PIN.
    """
    step = PIN_STEP if pins else REFUSAL_STEP
    took = now - came
    return math.ceil(took / step) * step - took
