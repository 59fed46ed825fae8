"""A push button whose contacts bounce: a level as a function of time."""

import random
from bisect import bisect_right

BOUNCE_NS = 6_000_000  # the longest that the contacts chatter after an edge


class Button:
    """One button. `seed` decides how each of its edges bounces, so that a run can be repeated."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - chatter of contacts, not a secret
        self._times = [-1]  # ns, ascending; from each of them on the contact is as in `_levels`
        self._levels = [False]

    def press(self, start_ns: int, hold_ns: int) -> int:
        """Press at `start_ns` for `hold_ns`; return when the contact has come to rest again (ns).

        A press cannot begin before the one before has ended: it is moved behind it.
        """
        start_ns = max(start_ns, self._times[-1] + 1)
        del self._times[:-1], self._levels[:-1]
        self._edge(start_ns, True)
        return self._edge(max(start_ns + hold_ns, self._times[-1] + 1), False)

    def edges(self) -> list[tuple[int, bool]]:
        """Return when (ns) the contact closes (True) or opens, chatter included, in the last press."""
        return list(zip(self._times, self._levels, strict=True))

    def level(self, now_ns: int) -> bool:
        """Whether the contact is closed at `now_ns`."""
        return self._levels[max(0, bisect_right(self._times, now_ns) - 1)]

    def _edge(self, at_ns: int, closed: bool) -> int:
        chatter = sorted(self._random.sample(range(1, BOUNCE_NS), 2 * self._random.randint(1, 4)))
        for number, offset in enumerate([0, *chatter]):
            self._times.append(at_ns + offset)
            self._levels.append(closed if number % 2 == 0 else not closed)
        return self._times[-1]
