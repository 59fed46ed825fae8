"""When the display is bright, dim or off: one that always shows the same burns it in."""

OFF, DIM, BRIGHT = 0, 1, 2


class Light:
    """Dims `dim_ms` and goes off `off_ms` after the last touch; a `still` display stays as it is."""

    def __init__(self, dim_ms: int, off_ms: int, still: bool) -> None:
        self._dim_ms, self._off_ms, self._still = dim_ms, off_ms, still
        self._touched_ms: int | None = None
        self.level = BRIGHT
        self.idle = False  # nobody has touched it for `off_ms`

    def touch(self, now_ms: int) -> bool:
        """Make it bright. Return whether one could see it before: if not, a press only wakes it."""
        seen = self.level != OFF
        self._touched_ms = now_ms
        self.step(now_ms)
        return seen

    def step(self, now_ms: int) -> None:
        """Let time pass."""
        if self._touched_ms is None:
            self._touched_ms = now_ms
        untouched_ms = now_ms - self._touched_ms
        self.idle = untouched_ms >= self._off_ms
        if self._still:
            return
        self.level = OFF if self.idle else DIM if untouched_ms >= self._dim_ms else BRIGHT
