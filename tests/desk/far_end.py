"""The far end of a serial line, as a thread of the test plays it at a pseudo-terminal."""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from typing import Self


class FarEnd:
    """`port` is the near end's device. As a context manager it does `serve` until the block ends."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.vanish()

    def vanish(self) -> None:
        """Unplug what is at the far end."""
        self._over.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    @property
    def over(self) -> bool:
        """Whether it is to end."""
        return self._over.is_set()

    def heard(self, seconds: float) -> bytes:
        """Return what the near end has sent, waiting so long for it; b"" for nothing."""
        return os.read(self.master, 4096) if select.select([self.master], [], [], seconds)[0] else b""

    def serve(self) -> None:
        """Look at the line once, and answer."""
        raise NotImplementedError

    def _run(self) -> None:
        try:
            while not self.over:
                self.serve()
        finally:
            os.close(self._slave)
            os.close(self.master)
