"""python -m tests.gate [FILES]: look through firmware/, or FILES, for what boards lack."""

import sys
from pathlib import Path

from tests.gate import check, firmware

paths = [Path(name).resolve() for name in sys.argv[1:]] or firmware()
lines = check(paths)
print("\n".join(lines) or f"The firmware keeps to what boards have ({len(paths)} files).")
sys.exit(1 if lines else 0)
