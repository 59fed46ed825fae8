"""A hardware security module in software, for the tests: SoftHSM 2 with a token of its own."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

PIN = "48151623"
CONFIGURATION = "SOFTHSM2_CONF"


def library() -> Path | None:
    """Where SoftHSM's library is, or None."""
    found = [
        *Path("/usr/lib").glob("*/softhsm/libsofthsm2.so"),
        *Path("/usr/lib").glob("softhsm/libsofthsm2.so"),
    ]
    return found[0] if found else None


def why_not() -> str:
    """Why there can be none here; empty if there can."""
    if library() is None or shutil.which("softhsm2-util") is None:
        return "SoftHSM is not installed (Debian: softhsm2)"
    return "" if find_spec("pkcs11") else "python-pkcs11 is not installed (the extra hsm)"


class Module:
    """A token `fob` in `folder`. The library looks at its configuration once in a process."""

    def __init__(self, folder: Path) -> None:
        (folder / "tokens").mkdir()
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
        os.environ[CONFIGURATION] = str(configuration)
        self.pin_file = folder / "pin"
        self.pin_file.touch(0o600)
        self.pin_file.write_text(PIN + "\n")
        words = ["--init-token", "--free", "--label", "fob", "--so-pin", "11111111", "--pin", PIN]
        subprocess.run(["softhsm2-util", *words], check=True, capture_output=True)

    def remove(self) -> None:
        del os.environ[CONFIGURATION]

    def uri(self, label: str, token: str = "fob", pin_file: bool = True) -> str:
        end = f"&pin-source=file:{self.pin_file}" if pin_file else ""
        return f"pkcs11:token={token};object={label}?module-path={library()}{end}"
