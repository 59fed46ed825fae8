"""Locks the installed versions of the bundle's libraries: `python -m tests.boards.libraries`.

What is locked is named by the sections of boards/libraries.lock; each keeps its `when`.
"""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path
from typing import Any

import boards
from boards.bundle import PREFIX, Library, libraries

FILE = boards.FOLDER / "libraries.lock"
_HEAD = """\
# The libraries that go onto a board: what boards/bundle.py takes, file by file, by its SHA-256.
# `when` is the part of a board file that makes a board need the library; without it all do.
# Written by: python -m tests.boards.libraries
"""


def installed(library: Library) -> Library:
    """Return `library` as it is installed here."""
    distribution = metadata.distribution(library.name)
    found = {}
    for file in sorted(map(str, distribution.files or ())):
        if file.endswith(".py") and file.startswith(PREFIX):
            content = Path(str(distribution.locate_file(file))).read_bytes()
            found[file] = hashlib.sha256(content).hexdigest()
    return Library(library.name, distribution.version, found, library.when)


def text(locked: list[Library]) -> str:
    """Return what boards/libraries.lock says of these libraries."""
    parts = [_HEAD]
    for library in locked:
        parts.append(f'[{library.name}]\nversion = "{library.version}"\n')
        if library.when:
            parts.append(f"when = {_inline(library.when)}\n")
        parts.append(f"[{library.name}.files]\n")
        parts += [f'"{path}" = "{digest}"\n' for path, digest in sorted(library.files.items())]
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_inline(inner)}" for key, inner in value.items()) + " }"
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


if __name__ == "__main__":
    FILE.write_text(text([installed(library) for library in libraries()]), "utf-8", newline="\n")
