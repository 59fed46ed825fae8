"""Requests that come again: a client that hears nothing sends the same packet once more (RFC 5080 2.2.2).

Judged twice, the code would be a replay the second time, and the user out. So what was answered is kept for
a while, and what is being judged is not begun again.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

KEPT_SECONDS = 30.0
_MOST = 65_536  # answers; beyond, the oldest go


@dataclass(slots=True)
class _Seen:
    until: float
    answer: bytes | None = None


class Answers:
    """What was answered to whom, for any number of threads. `clock` is monotonic seconds.

    A request is known by its sender and all its bytes, identifier and authenticator among them: were an
    authenticator used for a second request, that one would be judged by itself.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: OrderedDict[Hashable, _Seen] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, request: Hashable) -> tuple[bool, bytes | None]:
        """Return whether the request is new, and, if it is not, its answer or None while there is none."""
        now = self._clock()
        with self._lock:
            while self._seen and (len(self._seen) >= _MOST or next(iter(self._seen.values())).until <= now):
                self._seen.popitem(last=False)
            known = self._seen.get(request)
            if known is not None:
                return False, known.answer
            self._seen[request] = _Seen(now + KEPT_SECONDS)
            return True, None

    def answered(self, request: Hashable, answer: bytes) -> None:
        """Keep the answer to a request that was begun."""
        with self._lock:
            if request in self._seen:
                self._seen[request].answer = answer

    def forget(self, request: Hashable) -> None:
        """Let a request that could not be answered be judged when it comes again."""
        with self._lock:
            self._seen.pop(request, None)
