"""What the commands show: JSON for programs, text and tables for people.

Nothing that a token or a port says reaches the terminal as it came: control characters and
those that turn the direction of writing are shown as escapes.
"""

import json
import sys
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from . import model
from .failure import Failure

_JOINERS = "\u200c\u200d"  # Part of ordinary words in some scripts.
_GAUGE_WIDTH = 20
_PATIENCE_S = 0.5
_STEPS = {
    "accounts": "Reading accounts",
    "press": "Press confirm on the token",
    "exchange": "Comparing clocks",
    "second": "Waiting for the second's edge",
    "ports": "Asking ports",
    "open": "Greeting the token",
    "backup": "Reading the sealed accounts",
    "restore": "Adding the accounts",
    "files": "Asking for the files",
    "digest": "Comparing the files",
    "download": "Downloading CircuitPython",
    "image": "Copying CircuitPython",
    "appear": "Waiting for the drive CIRCUITPY",
    "look": "Looking at the drive",
    "copy": "Copying the firmware",
    "check": "Reading it back",
    "restart": "Waiting for the token",
}


def safe(text: str) -> str:
    """Return `text` with everything that acts on a terminal, or hides, as an escape."""
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return character
    return character.encode("unicode_escape").decode("ascii")


class Output:
    """Where results go: stdout as JSON or for people; progress and prompts go to stderr."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._console = Console(highlight=False)
        self._errors = Console(stderr=True, highlight=False)

    def result(self, data: Any) -> None:
        """Print `data` as one line of JSON, in ASCII."""
        print(json.dumps(data).replace("\x7f", "\\u007f"), flush=True)

    def line(self, text: str) -> None:
        """Print one line for people."""
        self._console.print(Text(safe(text)), soft_wrap=True)

    def note(self, text: str) -> None:
        """Print one line on stderr, for people."""
        self._errors.print(Text(safe(text)), soft_wrap=True)

    def awaits(self, what: str, text: str, seconds: int) -> None:
        """Say on stderr that something is to be done by a person within so many seconds."""
        if self.as_json:
            print(json.dumps({f"{what}_awaited": {"seconds": seconds}}), file=sys.stderr, flush=True)
        else:
            self.note(text)

    def failure(self, failure: Failure) -> None:
        """Show why the command failed: on stdout as JSON, on stderr for people."""
        if self.as_json:
            self.result({"error": failure.data})
            return
        self.note(f"Error: {failure.text}")
        for candidate in failure.candidates:
            self.note(f"  {candidate}")
        if failure.advice:
            self.note(failure.advice)

    def table(self, columns: list[tuple[str, dict[str, Any]]], rows: list[list[str]]) -> None:
        """Print a table as wide as the terminal; long cells go on in the next line."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for title, options in columns:
            table.add_column(title, overflow="fold", **options)
        for row in rows:
            table.add_row(*[Text(safe(cell)) for cell in row])
        self._console.print(table)

    @contextmanager
    def progress(self) -> Iterator[model.Report]:
        """Yield what shows progress: a bar on a terminal, elsewhere only that a press is awaited."""
        if self.as_json or not self._errors.is_terminal:
            yield _Quiet(self)
            return
        bar = _Bar(self._errors)
        try:
            yield bar.report
        finally:
            bar.stop()


class _Bar:
    """A bar for each step, shown once the work takes long enough to be looked at."""

    def __init__(self, console: Console) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}")
        self._bar = Progress(*columns, console=console, transient=True)
        self._tasks: dict[str, TaskID] = {}
        self._timer = threading.Timer(_PATIENCE_S, self._bar.start)
        self._timer.daemon = True
        self._timer.start()

    def report(self, progress: model.Progress) -> None:
        left = ""
        if progress.step == "press":
            left = f"{-(-(progress.total - progress.done) // 1000)} s"
            self._bar.start()  # There is something to do for the user, at once.
        if progress.step not in self._tasks:
            self._tasks[progress.step] = self._bar.add_task(_STEPS[progress.step], left="")
        task = self._tasks[progress.step]
        self._bar.update(task, completed=progress.done, total=progress.total, left=left)

    def stop(self) -> None:
        self._timer.cancel()
        self._timer.join()
        self._bar.stop()


class _Quiet:
    """Progress where no bar is wanted: says once that a press is awaited, for nothing goes on without."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._said = False

    def __call__(self, progress: model.Progress) -> None:
        if progress.step != "press" or self._said:
            return
        self._said = True
        seconds = progress.total // 1000
        self._output.awaits("press", f"{_STEPS['press']} within {seconds} s", seconds)


def gauge(used: int, capacity: int) -> str:
    """Return how full the token is, as "12 of 100" and a bar."""
    filled = _GAUGE_WIDTH * used // capacity if capacity else _GAUGE_WIDTH
    if used and not filled:
        filled = 1
    return f"{used} of {capacity} [{'#' * filled}{'.' * (_GAUGE_WIDTH - filled)}]"


def plain_streams() -> None:
    """Let a terminal of few characters get escapes for the others instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
