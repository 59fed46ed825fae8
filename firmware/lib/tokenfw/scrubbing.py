"""Overwriting what a log held: loaded when something is removed."""

from .pages import NOTHING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .log import Log

ERASING = 254  # the id of a page whose body is the id of a record that is being erased


def erase(log: "Log", id: int) -> None:
    """Overwrite every page that ever held a record with zeros."""
    if any(held == id for held in log.held):
        # Noted first, so that a start after a cut ends it, and knows that any sector may be torn.
        log.append(ERASING, bytes([id]), id)
        finish(log, id)


def finish(log: "Log", id: int) -> None:
    """Make all pages of a record empty; then note that it is done."""
    for mirror in (0, 1):
        start = 0
        while start < log.pages.count:
            end = start
            while end < log.pages.count and log.held[end] == id:
                end += 1
            log.pages.zero(mirror, start, end)
            start = end + 1
    log.forget(id)
    log.make_room()
    log.append(NOTHING, b"", NOTHING)


def clear(log: "Log") -> None:
    """Overwrite everything with zeros, what was committed last as the last."""
    pages, last = log.pages, log.head % log.pages.count
    for mirror in (0, 1):
        pages.zero(mirror, 0, last)
        pages.zero(mirror, last + 1, pages.count)
    pages.zero(1, last, last + 1)
    pages.zero(0, last, last + 1)
    log.reset()
