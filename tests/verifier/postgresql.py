"""A PostgreSQL server for the tests: its own data folder, a socket there, nothing on the network."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from host_verify.database import Place, place_of

_NAMES = itertools.count()


def programs() -> Path | None:
    """The folder of initdb and postgres: on the PATH, or where Debian puts them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


def why_not() -> str:
    """Why no server can be had here; empty if one can."""
    if programs() is None:
        return "PostgreSQL is not installed (Debian: postgresql)"
    if os.geteuid() == 0 and not _has_account():
        return "PostgreSQL does not run as root, and there is no account postgres"
    return ""


def _has_account() -> bool:
    return any(entry.pw_name == "postgres" for entry in pwd.getpwall())


class Server:
    """A running server; each test has its own part of it."""

    def __init__(self, durable: bool = False) -> None:
        self._durable = durable
        self.folder = Path(tempfile.mkdtemp(prefix="fob-pg-"))
        # It refuses to run as root.
        self._as = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        self._bin = programs()
        self._data = self.folder / "data"
        subprocess.run(
            [self._bin / "initdb", "-D", self._data, "-U", "fob", "-A", "trust", "-E", "UTF8", "--locale=C"],
            check=True, capture_output=True, cwd=self.folder, **self._as,
        )  # fmt: skip
        self.start()

    def start(self) -> None:
        # It is crashed by some tests, the machine by none: so without fsync, but where times are measured.
        fsync = f"fsync={'on' if self._durable else 'off'}"
        options = ["-k", self.folder, "-c", "listen_addresses=", "-c", fsync]
        self._process = subprocess.Popen(
            [self._bin / "postgres", "-D", self._data, *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder, **self._as,
        )  # fmt: skip
        until = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT drops all connections and shuts down, SIGQUIT is a crash."""
        self._process.send_signal(how)
        self._process.wait(60)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, name: str) -> str:
        return f"postgresql://fob@/{name}?host={self.folder}"

    def new_database(self) -> Place:
        """Return the place of a new empty database."""
        name = f"t{next(_NAMES)}"
        self.run("postgres", f"CREATE DATABASE {name}")
        return place_of(self.url(name))

    def new(self) -> Place:
        """Return a new empty place: a schema, which is made and removed much faster than a database."""
        name = f"s{next(_NAMES)}"
        self.run("postgres", f"CREATE SCHEMA {name}")
        return place_of(self.url("postgres") + f"&options=-csearch_path%3D{name}")

    def run(self, name: str, statement: str, *values: object) -> None:
        """Run a statement behind the verifier's back."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute(statement, values)
