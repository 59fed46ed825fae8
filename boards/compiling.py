"""CircuitPython's own compiler, mpy-cross, which spares a board compiling its firmware.

A board that gets source compiles each module when it is first needed, which takes time, and two to four times
the memory that stays.
"""

import re
import subprocess
from pathlib import Path

MAGIC = b"C\x06"  # CircuitPython's, and the version of the format that 9.x and 10.x read
SUFFIX = ".mpy"
_TOLD = re.compile(r"CircuitPython (\d+\.\d+\.\d+[\w.+-]*) .*mpy-cross emitting mpy v(\d+)\.")
_LEVEL = "-O3"  # without what only tracebacks on a console tell: a token's is closed
_SECONDS = 30.0


class CompilerWrong(ValueError):
    """The program is not the mpy-cross that is needed, or it has failed."""


class Compiler:
    """The mpy-cross at `path`, of CircuitPython `version`.

    Raises CompilerWrong where it is another program, MicroPython's for instance, or of an older format.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        told = _TOLD.match(self._run("--version").decode("utf-8", "replace"))
        if told is None:
            raise CompilerWrong(
                f"{path} is not CircuitPython's mpy-cross, which names its version: MicroPython's is another"
            )
        self.version = told[1]
        if int(told[2]) != MAGIC[1]:
            raise CompilerWrong(f"{path} is of CircuitPython {self.version}: take that of 10.1 or newer")

    def compile(self, path: str, source: bytes) -> bytes:
        """Return the .mpy of a module that has `path` on the drive. Raises CompilerWrong."""
        made = self._run(_LEVEL, "-s", path.rpartition("/")[2], "-", source=source)
        if made[: len(MAGIC)] != MAGIC:
            raise CompilerWrong(f"{self._path} has made no .mpy of {path}")
        return made

    def _run(self, *arguments: str, source: bytes = b"") -> bytes:
        try:
            done = subprocess.run(
                [self._path, *arguments], input=source, capture_output=True, timeout=_SECONDS, check=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            told = getattr(error, "stderr", b"") or b""
            why = told.decode("utf-8", "replace").strip() or str(error)
            raise CompilerWrong(f"{self._path} cannot be used as mpy-cross: {why}") from None
        return done.stdout
