"""FreeRADIUS on a free port, out of a temporary folder, with the files of docs/doors/freeradius."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.docs.pages import ROOT

from .radius import SHARED

FILES = ROOT / "docs/doors/freeradius"
PROGRAM = shutil.which("freeradius", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
_LIBRARIES = Path("/usr/lib/freeradius")

# What a radiusd.conf as it is installed says too, as far as these files need it.
_MAIN = """
prefix = /usr
confdir = {folder}
raddbdir = {folder}
logdir = {folder}
run_dir = {folder}
libdir = {libraries}
log {{
	destination = stdout
}}
security {{
	reject_delay = 0
}}
thread pool {{
	start_servers = 2
	max_servers = 8
	min_spare_servers = 1
	max_spare_servers = 8
}}
client here {{
	ipaddr = 127.0.0.1
	secret = "{secret}"
	require_message_authenticator = {required}
}}
modules {{
	always reject {{
		rcode = reject
	}}
	always ok {{
		rcode = ok
	}}
	$INCLUDE {folder}/rest
}}
$INCLUDE {folder}/site
"""


def why_not() -> str:
    """Why no FreeRADIUS can be had here; empty if one can."""
    if not PROGRAM or not (_LIBRARIES / "rlm_rest.so").exists():
        return "FreeRADIUS or its rlm_rest is not installed (Debian: freeradius, freeradius-rest)"
    return ""


class FreeRadius:
    """Asks the verifier at `url` with an API key, while the `with` block runs."""

    def __init__(self, url: str, key: str, secret: str = SHARED.decode(), required: bool = True) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fob-radius-"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._put("rest", (FILES / "rest").read_text(), r"http://127\.0\.0\.1:8480", url)
        self._put("site", (FILES / "site").read_text(), r"port = 1812", f"port = {self.port}")
        self._put("fobsmith.key", (FILES / "key").read_text(), r'"fob_\w*[^"]*"', f'"{key}"')
        words = {"folder": self._folder, "libraries": _LIBRARIES, "secret": secret}
        (self._folder / "radiusd.conf").write_text(
            _MAIN.format(**words, required="yes" if required else "no")
        )
        (self._folder / "dictionary").touch()

    def _put(self, name: str, text: str, example: str, real: str) -> None:
        text, count = re.subn(example, lambda _: real, text)
        assert count == 1, name
        file = self._folder / name
        file.touch(0o600)
        file.write_text(text)

    def __enter__(self):
        self._log = (self._folder / "log").open("wb")
        self._process = subprocess.Popen(
            [PROGRAM, "-f", "-l", "stdout", "-d", self._folder, "-n", "radiusd"],
            stdout=self._log, stderr=self._log, cwd=self._folder,
        )  # fmt: skip
        until = time.monotonic() + 30
        while b"Ready to process requests" not in (self._folder / "log").read_bytes():
            if self._process.poll() is not None or time.monotonic() > until:
                said = self.said()
                self.__exit__()
                raise AssertionError(said)
            time.sleep(0.05)
        return self

    def said(self) -> str:
        """What it has logged."""
        return (self._folder / "log").read_text()

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(30)
        self._log.close()
        shutil.rmtree(self._folder)
