"""What the firmware's commands show, as JSON and as lines."""

import hashlib
from dataclasses import asdict
from pathlib import Path

from boards import bundle as bundler

from .installing import Installed
from .model import Info
from .output import Output
from .verifying import Comparison


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


def installed(output: Output, done: Installed) -> None:
    """Show what was put onto a board, and the token that it is now."""
    flashed, info = done.flashed, done.info
    if output.as_json:
        result = {"board": done.board, "drive": str(done.drive), "circuitpython": done.circuitpython}
        token = {"port": done.port} | asdict(info) if info else None
        output.result(result | asdict(flashed) | {"token": token})
        return
    output.line(f"Board: {done.board}, CircuitPython {done.circuitpython}, at {done.drive}")
    output.line(
        f"Files: {flashed.written} written, {flashed.removed} old ones removed, {flashed.checked} compared"
    )
    if info:
        output.line(f"Token: {info.serial} at {done.port}, firmware {info.firmware}")
        output.line("Done. Set its clock next: provisioner sync")
    else:
        output.line("Done. Restart it, and look at it with: provisioner info")


def comparison(output: Output, info: Info, files: dict[str, bytes], found: Comparison) -> None:
    """Show how a token's files compare with those of this program."""
    version = bundler.version(files)
    if output.as_json:
        told = {"board": info.board, "serial": info.serial, "firmware": info.firmware, "expected": version}
        output.result(told | asdict(found) | {"good": found.good})
        return
    output.line(f"Token {info.serial} ({info.board}) says it runs firmware {info.firmware}")
    if info.firmware != version:
        output.line(f"Compared with firmware {version}, which this program has")
    named = (("differs", found.differ), ("missing", found.missing), ("extra", found.extra))
    rows = [[what, path] for what, paths in named for path in paths]
    if rows:
        output.table([("", {"no_wrap": True}), ("File", {})], rows)
        output.line(f"{found.same} of {len(files)} files are as they should be")
        if bundler.is_compiled(files):
            output.line("Compiled files agree only with those of the mpy-cross that they were flashed with")
    else:
        output.line(f"All {found.same} files are as they should be, and there are no others")
