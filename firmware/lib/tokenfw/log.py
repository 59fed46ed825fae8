"""A store of numbered records over flash: a circular log, kept twice, that a power cut leaves old or new.

A commit appends its record at the log's head in the first mirror, then in the second. Before the head comes
to the oldest record that is still in use, that record is appended anew, in the long run at most two with
each commit. So every page is written as often as every other, and a commit costs one or two erases in each
mirror. Sequences count the pages that were written; the newest says which sequence every page must have.

A cut may lose the flash sector that was being written, and the pages around it with it. Nobody tells where
in the file the sectors begin: a page and its mirror are far enough apart in any case, and the margins keep
the drive's other files out of the store's sectors. What a cut has torn is mended at the start: see `mending`.
"""

from tokencore.errors import StoreFailed

from .pages import MAX_BODY, NOTHING, SECTOR, Pages, body

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .pages import Medium

MAX_IDS = 254
BATCH = 4  # pages that one commit writes at most
_STRIDE = 2  # records that it moves, in the long run
_LEAST = 2 * SECTOR  # room that an ordinary commit needs


class Log:
    """Records of ids 0 to `ids` - 1 (`ids` at most MAX_IDS) on `medium`, of at most MAX_BODY bytes each.

    A medium of size 0, or one whose first start was cut, is made ready. One that was made for more or
    fewer is taken as it is: `ids` then says what it has room for. Raises StoreFailed, and OSError where the
    medium cannot be read.

    Beside its methods, for the modules that open and scrub it:

        pages   the pages in both mirrors
        head    the newest sequence
        held    the id in each page, NOTHING where it holds no record
        room    how many pages ahead of the head hold nothing that is in use
    """

    def __init__(self, medium: "Medium", ids: int) -> None:
        from .mending import open_log  # Needed at the start only.

        self.pages = Pages(medium, pages_for(ids))
        self.reset()
        open_log(self, medium)

    def reset(self) -> None:
        """Take all pages for empty."""
        count = self.pages.count
        self.ids = min((count - 16) // 2, count - 96, MAX_IDS)
        self.head = 0
        self.held = bytearray(bytes([NOTHING]) * count)
        self.room = count
        self._newest = bytearray(2 * self.ids)  # for each id its newest page + 1
        self._lost: list[int] = []  # pages whose damaged record has been moved

    def read(self, id: int) -> "bytes | None":
        """Return the body last committed to record `id`, or None where there is none.

        Raises StoreFailed where both copies of it are damaged: an older one does not take its place, and
        when it is moved an empty body does.
        """
        page = self._page_of(id)
        if page is None:
            return None
        found = self.body(page)
        if found is None:
            raise StoreFailed("the token's memory is damaged: a record in it cannot be read")
        return found

    def write(self, id: int, body: bytes) -> None:
        """Commit `body` to record `id`: all of it, or nothing."""
        if not 0 <= id < self.ids or len(body) > MAX_BODY:
            raise ValueError("a record that the store has no room for")
        self.append(id, body, id)

    def erase(self, id: int) -> None:
        """Overwrite every page that ever held record `id` with zeros, in both mirrors."""
        from .scrubbing import erase

        erase(self, id)

    def used(self) -> "list[int]":
        """Return the ids that have a record."""
        return [id for id in range(self.ids) if self._page_of(id) is not None]

    def clear(self) -> None:
        """Overwrite everything with zeros: what was committed last goes last, and is whole until then."""
        from .scrubbing import clear

        clear(self)

    def append(self, id: int, body: bytes, dying: int) -> None:
        """Commit a page, and with it some of the oldest records; `dying` is the id that it makes obsolete."""
        while self.room < _LEAST:
            self._commit(self._moved(BATCH, NOTHING))
        low = self.pages.count // 4 + _LEAST
        batch = self._moved(_STRIDE, dying) if self.room < low else []
        batch.append(self.pages.pack(self.head + len(batch) + 1, id, body))
        self._commit(batch)
        while self._lost:
            page = self._lost.pop()
            self.pages.zero(0, page, page + 1)
            self.pages.zero(1, page, page + 1)

    def body(self, page: int) -> "bytes | None":
        """Return the body of a page, None where both copies are damaged."""
        for mirror in (0, 1):
            data = self.pages.get(mirror, page)
            if self.pages.whole(data, page, self.expected(page)) and data[4] == self.held[page]:
                return body(data)
        return None

    def expected(self, page: int) -> int:
        """Return the sequence that a page has if nothing is wrong with it."""
        return self.head - (self.head - page) % self.pages.count

    def note(self, page: int) -> None:
        """Take a page for the newest of the id that it holds."""
        id = self.held[page]
        if id < self.ids:
            self._newest[2 * id] = (page + 1) >> 8
            self._newest[2 * id + 1] = (page + 1) & 255

    def forget(self, id: int) -> None:
        """Take no page for the newest of record `id`."""
        self._newest[2 * id : 2 * id + 2] = b"\0\0"

    def in_use(self, page: int) -> bool:
        """Whether a page is the newest of its record."""
        return self._page_of(self.held[page]) == page

    def make_room(self) -> None:
        """Count the pages ahead of the head that may be overwritten."""
        while self.room < self.pages.count:
            if self.in_use((self.head + 1 + self.room) % self.pages.count):
                return
            self.room += 1

    def _moved(self, most: int, dying: int) -> "list[bytes]":
        """Return the oldest records in use, but for `dying`, as the pages that they make at the head."""
        batch: list[bytes] = []
        sequence = self.head - self.pages.count + 1 + self.room
        while len(batch) < most and sequence <= self.head:
            page = sequence % self.pages.count
            id = self.held[page]
            if id != dying and self.in_use(page):
                found = self.body(page)
                if found is None:
                    self._lost.append(page)
                batch.append(self.pages.pack(self.head + len(batch) + 1, id, found or b""))
            sequence += 1
        return batch

    def _commit(self, batch: "list[bytes]") -> None:
        start = (self.head + 1) % self.pages.count
        split = min(len(batch), self.pages.count - start)
        for mirror in (0, 1):
            self.pages.put(mirror, start, b"".join(batch[:split]))
            if split < len(batch):
                self.pages.put(mirror, 0, b"".join(batch[split:]))
        for data in batch:
            self.head += 1
            self.held[self.head % self.pages.count] = data[4]
            self.note(self.head % self.pages.count)
        self.room -= len(batch)
        self.make_room()

    def _page_of(self, id: int) -> "int | None":
        if not 0 <= id < self.ids:
            return None
        page = self._newest[2 * id] << 8 | self._newest[2 * id + 1]
        return page - 1 if page else None


def pages_for(ids: int) -> int:
    """Return the pages of one mirror: so many that ten years of 100 operations a day do not wear them out."""
    return -(-max(2 * ids + 16, ids + 96) // SECTOR) * SECTOR
