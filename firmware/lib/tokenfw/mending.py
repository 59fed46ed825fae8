"""Opening a log: finding its newest page, and mending what a power cut has torn. Not needed afterwards.

The headers of the first mirror are read, and the pages around the newest in both: a cut tears no others,
but while a record is being erased. Nothing is written where nothing is torn.
"""

from tokencore.errors import StoreFailed

from .log import BATCH, pages_for
from .pages import EMPTY, MARGIN, NOTHING, PAGE, SECTOR
from .scrubbing import ERASING, finish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .log import Log
    from .pages import Medium

_REACH = BATCH + SECTOR - 1  # pages before or after the newest that a cut can have torn


def open_log(log: "Log", medium: "Medium") -> None:
    """Open a log on its medium, or make it ready. Raises StoreFailed where it is damaged."""
    pages, size = log.pages, medium.size()
    if size < pages.size() and _is_blank(medium, size):
        pages.make()
        return
    pages.count = (size // PAGE - 2 * MARGIN) // 2
    if pages.count < pages_for(1) or pages.size() != size:
        raise StoreFailed("the token's memory is damaged: it has been cut short")
    log.reset()
    sequences = []
    for page in range(pages.count):
        sequence, log.held[page] = _glance(log, page)
        sequences.append(sequence)
    log.head = _find_head(log, sequences)
    if log.head:
        for page in range(pages.count):
            if sequences[page] != log.expected(page):
                log.held[page] = NOTHING
        del sequences
        _go_on(log)


def _glance(log: "Log", page: int) -> "tuple[int, int]":
    """Return (sequence, id) of a page by its header in the first mirror or, if torn, in the second."""
    header = log.pages.header(0, page)
    if header == EMPTY[: len(header)]:
        return 0, NOTHING
    sequence, id = log.pages.parse(header, page)
    return (sequence, id) if sequence else log.pages.parse(log.pages.header(1, page), page)


def _go_on(log: "Log") -> None:
    count = log.pages.count
    note = log.body(log.head % count)
    erased = note[0] if note and log.held[log.head % count] == ERASING else -1
    # The last commit, or the one after it, may have been cut, with the sectors around.
    ahead = _REACH + 1 if erased < 0 else count
    around = [sequence % count for sequence in range(log.head - _REACH, log.head + ahead)]
    # First what is whole in the second mirror alone: another cut may tear that when it is written to.
    for page in [page for page in around if _mend(log, page)]:
        log.pages.put(1, page, log.pages.get(0, page))
    for sequence in range(log.head + 1, log.head + count + 1):
        log.note(sequence % count)
    log.room = 0
    log.make_room()
    if erased >= 0:
        finish(log, erased)


def _find_head(log: "Log", sequences: "list[int]") -> int:
    """Return the newest sequence of a whole page; what turns out to be torn is taken out."""
    pages = log.pages
    while True:
        newest = max(sequences)
        page = newest % pages.count
        if not newest or pages.whole(pages.get(0, page), page, newest):
            break
        sequence, id = pages.parse(pages.get(1, page), page)
        if sequence == newest:
            break  # Whole, or both are damaged: who reads it is told.
        sequences[page], log.held[page] = sequence, id
    if not newest and not _make_blank(log):
        raise StoreFailed("the token's memory is damaged: nothing in it can be read")
    return newest


def _mend(log: "Log", page: int) -> bool:
    """Write a page's first copy anew if a cut has torn it; return whether the second is to be like it."""
    first, second = log.pages.get(0, page), log.pages.get(1, page)
    expected = log.expected(page)
    if first == EMPTY or log.pages.whole(first, page, expected):
        log.held[page] = NOTHING if first == EMPTY else first[4]
        return first != second
    if log.pages.whole(second, page, expected):
        log.held[page] = second[4]
        log.pages.put(0, page, second)
    elif second == EMPTY:
        log.held[page] = NOTHING
        log.pages.put(0, page, EMPTY)
    elif 0 < (page - log.head) % log.pages.count <= _REACH:
        # No cut has done that, and what was there may have been newer than what is taken for the newest.
        raise StoreFailed("the token's memory is damaged: its newest records cannot be read")
    return False


def _make_blank(log: "Log") -> bool:
    """Empty the torn sector that a cut leaves of a first commit or a clearing; False if there is more."""
    torn = []
    for page in range(log.pages.count):
        for mirror in (0, 1):
            data = log.pages.get(mirror, page)
            if data != EMPTY:
                torn.append((mirror, page, data.strip(b"\xff\0")))
    if len([True for _, _, noise in torn if noise]) > SECTOR:
        return False
    for mirror, page, _ in torn:
        log.pages.zero(mirror, page, page + 1)
    return True


def _is_blank(medium: "Medium", size: int) -> bool:
    """Whether there is nothing but what a first start leaves that was cut."""
    return not any(medium.read(offset, PAGE).strip(b"\xff\0") for offset in range(0, size, PAGE))
