"""The inputs that the fuzzers begin with and the suite replays: one file a target, an input in hex a line."""

from __future__ import annotations

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"


def read(target: str) -> list[bytes]:
    """Return the inputs of a target."""
    path = FOLDER / f"{target}.txt"
    return [bytes.fromhex(line) for line in path.read_text().splitlines()] if path.exists() else []


def write(target: str, inputs: list[bytes]) -> None:
    """Keep `inputs` of a target, each once, the shortest first."""
    FOLDER.mkdir(exist_ok=True)
    lines = sorted({data.hex() for data in inputs}, key=lambda line: (len(line), line))
    (FOLDER / f"{target}.txt").write_text("".join(line + "\n" for line in lines))


def unpack(target: str, folder: Path) -> None:
    """Write the inputs of a target into a folder, a file each, as libFuzzer takes them."""
    for data in read(target):
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def pack(folder: Path) -> list[bytes]:
    """Return the inputs that a folder holds."""
    return [path.read_bytes() for path in folder.iterdir()]
