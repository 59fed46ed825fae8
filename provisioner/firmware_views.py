"""What the firmware's commands show, as JSON and as lines."""

import hashlib
from pathlib import Path

from boards import bundle as bundler

from .output import Output


def bundle(output: Output, board: str, files: dict[str, bytes], folder: Path, packed: Path) -> None:
    """Show where a bundle is and what it is."""
    size = sum(map(len, files.values()))
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    if output.as_json:
        output.result(
            {
                "board": board,
                "firmware": bundler.version(files),
                "files": len(files),
                "bytes": size,
                "folder": str(folder),
                "zip": str(packed),
                "sha256": digest,
            }
        )
        return
    output.line(f"Firmware {bundler.version(files)} for {board}: {len(files)} files, {size / 1024:.0f} kB")
    output.line(f"Folder:  {folder}")
    output.line(f"Zip:     {packed}")
    output.line(f"SHA-256: {digest}")
