"""A store of numbered records over flash: a circular log, kept twice, that a power cut leaves old or new.

A commit appends its record at the log's head in the first mirror, then in the second. Before the head comes
to the oldest record that is still in use, that record is appended anew, in the long run at most two with
each commit. So every page is written as often as every other, and a commit costs one or two erases in each
mirror. Sequences count the pages that were written; the newest says which sequence every page must have.

A cut may lose the flash sector that was being written, and the pages around it with it. Nobody tells where
in the file the sectors begin: a page and its mirror are far enough apart in any case, and the margins keep
the drive's other files out of the store's sectors. At the start the headers of one mirror are read, and
what a cut can have torn is compared in both and made equal.
"""

from tokencore.errors import StoreFailed

from .pages import EMPTY, MARGIN, MAX_BODY, NOTHING, PAGE, SECTOR, Pages, body, size_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .pages import Medium

MAX_IDS = 254
_ERASING = 254  # the id of a page whose body is the id of a record that is being erased
_STRIDE = 2  # records that a commit moves
_BATCH = 4  # pages that one commit writes at most
_REACH = _BATCH + SECTOR - 1  # pages before or after the newest that a cut can have torn
_LEAST = 2 * SECTOR  # room that an ordinary commit needs


class Log:
    """Records of ids 0 to `ids` - 1 (`ids` at most MAX_IDS) on `medium`, of at most MAX_BODY bytes each.

    A medium of size 0, or one whose first start was cut, is made ready. One that was made for more or
    fewer is taken as it is: `ids` then says what it has room for. Raises StoreFailed.
    """

    def __init__(self, medium: "Medium", ids: int) -> None:
        self._pages = Pages(medium, pages_for(ids))
        size = size_of(medium)
        if size < self._pages.size() and _is_blank(medium, size):
            self._pages.make()
            self._reset()
            return
        self._pages.count = (size // PAGE - 2 * MARGIN) // 2
        if self._pages.count < pages_for(1) or self._pages.size() != size:
            raise StoreFailed("the token's memory is damaged: it has been cut short")
        self._reset()
        self._open()

    def read(self, id: int) -> "bytes | None":
        """Return the body last committed to record `id`, or None where there is none.

        Raises StoreFailed where both copies of it are damaged: an older one does not take its place, and
        when it is moved an empty body does.
        """
        page = self._page_of(id)
        if page is None:
            return None
        found = self._body(page)
        if found is None:
            raise StoreFailed("the token's memory is damaged: a record in it cannot be read")
        return found

    def write(self, id: int, body: bytes) -> None:
        """Commit `body` to record `id`: all of it, or nothing."""
        if not 0 <= id < self.ids or len(body) > MAX_BODY:
            raise ValueError("a record that the store has no room for")
        self._append(id, body, id)

    def erase(self, id: int) -> None:
        """Overwrite every page that ever held record `id` with zeros, in both mirrors."""
        if any(held == id for held in self._held):
            # Noted first, so that a start after a cut ends it, and knows that any sector may be torn.
            self._append(_ERASING, bytes([id]), id)
            self._finish(id)

    def used(self) -> "list[int]":
        """Return the ids that have a record."""
        return [id for id in range(self.ids) if self._page_of(id) is not None]

    def clear(self) -> None:
        """Overwrite everything with zeros: what was committed last goes last, and is whole until then."""
        last = self._head % self._pages.count
        for mirror in (0, 1):
            self._pages.zero(mirror, 0, last)
            self._pages.zero(mirror, last + 1, self._pages.count)
        self._pages.zero(1, last, last + 1)
        self._pages.zero(0, last, last + 1)
        self._reset()

    def _reset(self) -> None:
        count = self._pages.count
        self.ids = min((count - 16) // 2, count - 96, MAX_IDS)
        self._head = 0  # the newest sequence
        self._held = bytearray(bytes([NOTHING]) * count)  # the id in each page
        self._newest = bytearray(2 * self.ids)  # for each id its newest page + 1
        self._room = count  # pages ahead of the head that hold nothing of use
        self._lost: list[int] = []  # pages whose damaged record has been moved

    def _open(self) -> None:
        count = self._pages.count
        sequences = []
        for page in range(count):
            sequence, self._held[page] = self._pages.glance(page)
            sequences.append(sequence)
        self._head = self._find_head(sequences)
        if not self._head:
            return
        for page in range(count):
            if sequences[page] != self._expected(page):
                self._held[page] = NOTHING
        del sequences
        note = self._body(self._head % count)
        erased = note[0] if note and self._held[self._head % count] == _ERASING else -1
        # The last commit, or the one after it, may have been cut, with the sectors around.
        ahead = _REACH + 1 if erased < 0 else count
        around = [sequence % count for sequence in range(self._head - _REACH, self._head + ahead)]
        # First what is whole in the second mirror alone: another cut may tear that when it is written to.
        for page in [page for page in around if self._mend(page)]:
            self._pages.put(1, page, self._pages.get(0, page))
        for sequence in range(self._head + 1, self._head + count + 1):
            self._note(sequence % count)
        self._room = 0
        self._make_room()
        if erased >= 0:
            self._finish(erased)

    def _find_head(self, sequences: "list[int]") -> int:
        """Return the newest sequence of a whole page; what turns out to be torn is taken out."""
        while True:
            newest = max(sequences)
            page = newest % self._pages.count
            if not newest or self._pages.whole(self._pages.get(0, page), page, newest):
                break
            sequence, id = self._pages.parse(self._pages.get(1, page), page)
            if sequence == newest:
                break  # Whole, or both are damaged: who reads it is told.
            sequences[page], self._held[page] = sequence, id
        if not newest and not self._pages.make_blank():
            raise StoreFailed("the token's memory is damaged: nothing in it can be read")
        return newest

    def _mend(self, page: int) -> bool:
        """Write a page's first copy anew if a cut has torn it; return whether the second is to be like it."""
        first, second = self._pages.get(0, page), self._pages.get(1, page)
        expected = self._expected(page)
        if first == EMPTY or self._pages.whole(first, page, expected):
            self._held[page] = NOTHING if first == EMPTY else first[4]
            return first != second
        if self._pages.whole(second, page, expected):
            self._held[page] = second[4]
            self._pages.put(0, page, second)
        elif second == EMPTY:
            self._held[page] = NOTHING
            self._pages.put(0, page, EMPTY)
        elif 0 < (page - self._head) % self._pages.count <= _REACH:
            # No cut has done that, and what was there may have been newer than what is taken for the newest.
            raise StoreFailed("the token's memory is damaged: its newest records cannot be read")
        return False

    def _append(self, id: int, body: bytes, dying: int) -> None:
        """Commit a page, and with it some of the oldest records; `dying` is the id that it makes obsolete."""
        while self._room < _LEAST:
            self._commit(self._moved(_BATCH, NOTHING))
        low = self._pages.count // 4 + _LEAST
        batch = self._moved(_STRIDE, dying) if self._room < low else []
        batch.append(self._pages.pack(self._head + len(batch) + 1, id, body))
        self._commit(batch)
        while self._lost:
            page = self._lost.pop()
            self._pages.zero(0, page, page + 1)
            self._pages.zero(1, page, page + 1)

    def _moved(self, most: int, dying: int) -> "list[bytes]":
        """Return the oldest records in use, but for `dying`, as the pages that they make at the head."""
        batch: list[bytes] = []
        sequence = self._head - self._pages.count + 1 + self._room
        while len(batch) < most and sequence <= self._head:
            page = sequence % self._pages.count
            id = self._held[page]
            if id != dying and self._page_of(id) == page:
                found = self._body(page)
                if found is None:
                    self._lost.append(page)
                batch.append(self._pages.pack(self._head + len(batch) + 1, id, found or b""))
            sequence += 1
        return batch

    def _commit(self, batch: "list[bytes]") -> None:
        start = (self._head + 1) % self._pages.count
        split = min(len(batch), self._pages.count - start)
        for mirror in (0, 1):
            self._pages.put(mirror, start, b"".join(batch[:split]))
            if split < len(batch):
                self._pages.put(mirror, 0, b"".join(batch[split:]))
        for data in batch:
            self._head += 1
            self._held[self._head % self._pages.count] = data[4]
            self._note(self._head % self._pages.count)
        self._room -= len(batch)
        self._make_room()

    def _finish(self, id: int) -> None:
        """Make all pages of a record empty; then note that it is done."""
        for mirror in (0, 1):
            start = 0
            while start < self._pages.count:
                end = start
                while end < self._pages.count and self._held[end] == id:
                    end += 1
                self._pages.zero(mirror, start, end)
                start = end + 1
        for page in range(self._pages.count):
            if self._held[page] == id:
                self._held[page] = NOTHING
        self._newest[2 * id : 2 * id + 2] = b"\0\0"
        self._make_room()
        self._append(NOTHING, b"", NOTHING)

    def _body(self, page: int) -> "bytes | None":
        for mirror in (0, 1):
            data = self._pages.get(mirror, page)
            if self._pages.whole(data, page, self._expected(page)) and data[4] == self._held[page]:
                return body(data)
        return None

    def _expected(self, page: int) -> int:
        """Return the sequence that a page has if nothing is wrong with it."""
        return self._head - (self._head - page) % self._pages.count

    def _page_of(self, id: int) -> "int | None":
        if not 0 <= id < self.ids:
            return None
        page = self._newest[2 * id] << 8 | self._newest[2 * id + 1]
        return page - 1 if page else None

    def _note(self, page: int) -> None:
        """Take a page for the newest of its id."""
        id = self._held[page]
        if id < self.ids:
            self._newest[2 * id] = (page + 1) >> 8
            self._newest[2 * id + 1] = (page + 1) & 255

    def _make_room(self) -> None:
        """Count the pages ahead of the head that may be overwritten."""
        while self._room < self._pages.count:
            page = (self._head + 1 + self._room) % self._pages.count
            if self._page_of(self._held[page]) == page:
                return
            self._room += 1


def pages_for(ids: int) -> int:
    """Return the pages of one mirror: so many that ten years of 100 operations a day do not wear them out."""
    return -(-max(2 * ids + 16, ids + 96) // SECTOR) * SECTOR


def _is_blank(medium: "Medium", size: int) -> bool:
    """Whether there is nothing but what a first start leaves that was cut."""
    return not any(medium.read(offset, PAGE).strip(b"\xff\0") for offset in range(0, size, PAGE))
