"""The firmware's own files, as they appear on the simulated drive beside those that it has written.

The simulator runs them from a folder of the host. So that the firmware can read itself, the drive
shows that folder, as it is at that moment, and the libraries that a board would have; read-only.
"""

from collections.abc import Callable
from pathlib import Path

from boards import bundle

_EIO = 5


class FirmwareFiles:
    """What `folder` adds to the drive of a board. Paths begin with "/"."""

    def __init__(self, folder: Path, board_id: str) -> None:
        self._folder = folder
        self._board_id = board_id
        self._libraries: dict[str, bytes] | None = None
        self._places: dict[str, Path] = {}  # where files have been found: to find all takes milliseconds
        self.whole = (folder / bundle.MANIFEST).is_file()  # a bundle: it has its libraries

    def sizes(self) -> dict[str, int]:
        """Return path and size of every file. Raises OSError."""
        found = {f"/{path}": file.stat().st_size for path, file in self._own().items()}
        if not self.whole:
            found |= {path: len(content) for path, content in self._others().items()}
        return found

    def reader(self, path: str) -> Callable[[], bytes] | None:
        """Return what reads a file, None where there is none. Raises OSError."""
        name = path.lstrip("/")
        place = self._places.get(name)
        if place is None or not place.is_file():
            place = None if name in bundle.STORES else self._own().get(name)
        if place is not None:
            self._places[name] = place
            return place.read_bytes
        # Only what can be a library is looked for among them: to find all takes a tenth of a second.
        if not self.whole and path.startswith((f"/lib/{bundle.PREFIX}", f"/{bundle.MANIFEST}")):
            content = self._others().get(path)
            return None if content is None else lambda: content
        return None

    def _own(self) -> dict[str, Path]:
        if not self.whole:
            return bundle.own(self._folder)
        found = {path.relative_to(self._folder).as_posix(): path for path in self._folder.rglob("*")}
        return {name: path for name, path in found.items() if path.is_file() and name not in bundle.STORES}

    def _others(self) -> dict[str, bytes]:
        """Return what no folder holds: the libraries, which are the host's, and the manifest."""
        if self._libraries is None:
            try:
                made = bundle.files(self._board_id, self._folder)
            except bundle.LibraryMissing as error:
                raise OSError(_EIO, str(error)) from None
            own = self._own()
            self._libraries = {f"/{path}": content for path, content in made.items() if path not in own}
            del self._libraries["/board.toml"]  # the drive has it
        return self._libraries
