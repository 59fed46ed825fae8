"""The code on the display is that of another implementation, and changes with the world's clock."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.e2e.fob import Fob, texts

SECRET_HEX = "3132333435363738393031323334353637383930"
SECRET_BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
PERIOD = 2
EDGES = 3


def oathtool(utc: int) -> str:
    done = subprocess.run(
        [
            "oathtool",
            "--totp=sha256",
            "--digits=8",
            f"--time-step-size={PERIOD}s",
            f"--now=@{utc}",
            SECRET_HEX,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.skipif(shutil.which("oathtool") is None, reason="oathtool is not installed (Debian: oathtool)")
@pytest.mark.parametrize("options", [(), ("--tcp", "127.0.0.1:0")], ids=["pty", "socket"])
def test_the_screen_shows_oathtools_code_across_the_edges(tmp_path: Path, options: tuple[str, ...]) -> None:
    with Fob(tmp_path / "token", *options) as fob:
        assert fob.port.startswith("socket://" if options else "/dev/")
        uri = f"otpauth://totp/edge?secret={SECRET_BASE32}&algorithm=SHA256&digits=8&period={PERIOD}"
        fob.do("sync")
        fob.do("add", "-", given=uri)
        frames = [fob.ask("screen")]
        while frames[-1]["utc_ms"] < frames[0]["utc_ms"] + (EDGES + 1) * PERIOD * 1000:
            time.sleep(0.01)
            frame = fob.ask("screen")
            if frame["display"] != frames[-1]["display"]:
                frames.append(frame)
    late = []
    first = frames[0]["utc_ms"] // (PERIOD * 1000) + 1
    for edge in range(first, first + EDGES):
        utc = edge * PERIOD
        before = [frame for frame in frames if frame["utc_ms"] < utc * 1000 - 20]
        after = frames[len(before) :]
        # The clock was set to within some ms: just before the edge either code may stand there.
        assert shown(before[-1]) == oathtool(utc - 1)
        # While the bus carries the new picture, part of it is still the old one.
        changed = next(frame for frame in after if shown(frame) == oathtool(utc))
        late.append(changed["utc_ms"] - utc * 1000)
    # A loaded machine may be late once, not at half of the edges.
    assert median(late) <= 100, late


def shown(frame: dict[str, Any]) -> str:
    codes = [text for text in texts(frame) if re.fullmatch(r"\d{4} \d{4}", text)]
    return codes[0].replace(" ", "") if len(codes) == 1 else ""
