"""The way from a worker's requests to its store: what came in since is judged together."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ..attempts import Attempt, Verdict
from ..store import Store

# One: what comes while it waits for the disk is its next transaction. A second would halve what each does at
# once, and wait for the first one's turn: measured, a sixth more work for each attempt, and later answers.
_THREADS = 1
_MOST = 256  # attempts taken at once

Told = Verdict | BaseException
_Waiting = tuple[Attempt, asyncio.Future[Told]]


class Judges:
    """Judges for the event loop that it is made in."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="judge")
        self._waiting: list[_Waiting] = []
        self._at_work = 0

    def close(self) -> None:
        """Let what was begun be ended."""
        self._threads.shutdown()

    def ask(self, attempt: Attempt) -> asyncio.Future[Told]:
        """Return the future of what `Store.judge` tells of an attempt, which may be an error."""
        future = self._loop.create_future()
        self._waiting.append((attempt, future))
        if self._at_work < _THREADS:
            self._at_work += 1
            # Only when the requests that came with this one have been read.
            self._loop.call_soon(self._begin)
        return future

    def _begin(self) -> None:
        taken, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        if taken:
            self._threads.submit(self._judge, taken)
        else:
            self._at_work -= 1

    def _judge(self, taken: list[_Waiting]) -> None:
        told: Sequence[Told]
        try:
            told = self._store.judge([attempt for attempt, _ in taken])
        except BaseException as error:
            told = [error] * len(taken)
        self._loop.call_soon_threadsafe(self._tell, taken, told)

    def _tell(self, taken: list[_Waiting], told: Sequence[Told]) -> None:
        for (_, future), each in zip(taken, told, strict=True):
            if not future.cancelled():
                future.set_result(each)
        self._begin()
