"""Overwriting what a log held: loaded when something is removed."""

from .pages import NOTHING, SECTOR

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
    runs = _runs(log, id)
    for mirror in (0, 1):
        for start, end in runs:
            log.pages.zero(mirror, start, end)
    for start, end in runs:
        for page in range(start, end):
            log.held[page] = NOTHING
    log.forget(id)
    log.make_room()
    log.append(NOTHING, b"", NOTHING)


def _runs(log: "Log", id: int) -> "list[tuple[int, int]]":
    """Return first pages and ends of what to empty: the record's pages, and between them what is in no use.

    Each run rewrites every sector in it once, so few long ones are better than many short ones.
    """
    runs: list[tuple[int, int]] = []
    head = log.head % log.pages.count
    for page in range(log.pages.count):
        if log.held[page] == id:
            start, end = runs.pop() if runs else (page, page)
            if page - end >= SECTOR or any(log.in_use(each) or each == head for each in range(end, page)):
                runs.append((start, end))
                start = page
            runs.append((start, page + 1))
    return runs


def clear(log: "Log") -> None:
    """Overwrite everything with zeros, what was committed last as the last."""
    pages, last = log.pages, log.head % log.pages.count
    for mirror in (0, 1):
        pages.zero(mirror, 0, last)
        pages.zero(mirror, last + 1, pages.count)
    pages.zero(1, last, last + 1)
    pages.zero(0, last, last + 1)
    log.reset()
