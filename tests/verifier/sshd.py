"""An sshd on a free port whose PAM service is a temporary one; nothing of the machine's own is touched."""

import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
MODULES = next(iter(sorted(Path("/lib").glob("*/security"))), Path("/lib/security"))
_PRIVILEGES = Path("/run/sshd")  # where sshd confines its unprivileged part


def why_not(module: str) -> str:
    """Why no sshd with that PAM module can be had here; empty if one can."""
    if not SSHD or not shutil.which("ssh"):
        return "sshd is not installed (Debian: openssh-server, openssh-client)"
    if os.geteuid() != 0:
        return "an sshd that asks PAM runs as root only"
    if not (MODULES / module).exists():
        return f"{module} is not installed (Debian: libpam-modules, libpam-radius-auth)"
    return ""


class Sshd:
    """Runs while the `with` block does. `auth` are lines of a PAM file; all else in it permits."""

    def __init__(self, auth: str, settings: str = "") -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fob-sshd-"))
        # The service is named after the program, so it gets a name that nobody has.
        self._service = f"fob-{secrets.token_hex(6)}"
        self._pam = Path("/etc/pam.d") / self._service
        self._program = self._folder / self._service
        self._made_privileges = False
        self._process: subprocess.Popen | None = None
        self._auth, self._settings = auth, settings

    def __enter__(self):
        # One at a time, for what the first makes for all and takes away again.
        self._turn = os.open(self._pam.parent, os.O_RDONLY)
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            self._start()
        except BaseException:
            self._remove()
            raise
        return self

    def _start(self) -> None:
        self._made_privileges = not _PRIVILEGES.exists()
        _PRIVILEGES.mkdir(mode=0o755, exist_ok=True)
        self._program.symlink_to(SSHD)
        for name in ("host", "user"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self._folder / name], check=True
            )
        (self._folder / "user.pub").rename(self._folder / "authorized")
        self._pam.write_text(
            f"{self._auth}\naccount required pam_permit.so\nsession required pam_permit.so\n"
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        config = self._folder / "config"
        config.write_text(
            f"ListenAddress 127.0.0.1:{self.port}\nHostKey {self._folder}/host\nPidFile none\n"
            f"AuthorizedKeysFile {self._folder}/authorized\nStrictModes no\nPermitRootLogin yes\n"
            f"PrintMotd no\nUseDNS no\nMaxAuthTries 1\n{self._settings}\n"
        )
        newer = subprocess.run(
            [SSHD, "-t", "-f", config, "-o", f"PAMServiceName={self._service}"],
            capture_output=True,
            check=False,
        )
        named = [] if newer.returncode else ["-o", f"PAMServiceName={self._service}"]
        self._log = (self._folder / "log").open("wb")
        self._process = subprocess.Popen(
            [self._program, "-D", "-e", "-f", config, *named], stdout=self._log, stderr=self._log
        )
        until = time.monotonic() + 30
        while True:
            assert self._process.poll() is None, self.said()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < until, self.said()
                time.sleep(0.05)

    def said(self) -> str:
        """What sshd has logged."""
        return (self._folder / "log").read_text()

    def login(self, code: str, user: str = "root", *options: str) -> bool:
        """Log in as somebody does who types `code` where he is asked; return whether he is in."""
        asked = self._folder / "askpass"
        asked.write_text('#!/bin/sh\nprintf "%s\\n" "$FOB_TYPED"\n')
        asked.chmod(0o700)
        run = subprocess.run(
            ["ssh", "-F", "none", "-p", str(self.port), "-i", self._folder / "user",
             "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
             "-o", "IdentitiesOnly=yes", "-o", "NumberOfPasswordPrompts=1", *options,
             f"{user}@127.0.0.1", "echo", "in"],
            env={"PATH": os.environ["PATH"], "SSH_ASKPASS": str(asked), "SSH_ASKPASS_REQUIRE": "force",
                 "FOB_TYPED": code},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return run.returncode == 0 and run.stdout == "in\n"

    def __exit__(self, *_):
        self._remove()

    def _remove(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(30)
            self._log.close()
        self._pam.unlink(missing_ok=True)
        if self._made_privileges:
            _PRIVILEGES.rmdir()
        shutil.rmtree(self._folder)
        os.close(self._turn)
