"""The installed service in processes of its own, as an operator starts it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import httpx2

from host_verify import apikeys
from host_verify.apikeys import Scope
from host_verify.database import Place

from .parts import MASTER, NOON, open_store

COMMAND = [sys.executable, "-c", "from host_verify.cli import main; main()"]


def environment(place: Place) -> dict[str, str]:
    """What tells the command where the store and its key are."""
    url = place.url.set(drivername=place.url.get_backend_name()).render_as_string(hide_password=False)
    return os.environ | {"HOST_VERIFY_STORE": url, "FOB_KEY": MASTER.hex()}


class Started:
    """A command that listens, in a process of its own; it ends with the `with` block, by SIGTERM.

    `where` is what its first line names; `said` is its log once it has ended.
    """

    def __init__(
        self, place: Place, command: str, *options: str, key: Sequence[str] = ("--key-env", "FOB_KEY")
    ) -> None:
        words = [*COMMAND, *key, command, "--listen", "127.0.0.1:0", "--rate-user", "0"]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # a pipe that nobody reads would stop it
        self.process = subprocess.Popen(
            [*words, *options], env=environment(place), stdout=subprocess.PIPE, stderr=self._log
        )
        line = self.process.stdout.readline().decode()
        assert line.startswith("Listening on "), self.process.communicate()
        self.where = line.split()[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        self._log.seek(0)
        self.said = self._log.read().decode()
        self._log.close()
        assert self.process.returncode == 0, self.said


class Serving(Started):
    """A running service over a store, which must be there."""

    def __init__(self, place: Place, *options: str, **more: Sequence[str]) -> None:
        with open_store(place) as store:
            self.keys = {scope: apikeys.add(store, str(scope), scope, NOON)[1] for scope in Scope}
        super().__init__(place, "serve", *options, **more)
        self.url = self.where

    def __enter__(self) -> Self:
        until = time.monotonic() + 60
        while True:
            try:
                with self.client() as client:
                    assert client.get("/readyz").status_code == 200
                return self
            except httpx2.TransportError:
                assert time.monotonic() < until
                time.sleep(0.05)

    def client(self, scope: Scope = Scope.VERIFY, **more: object) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {self.keys[scope]}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30, **more)

    def workers(self) -> list[int]:
        """The ids of the worker processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [
            int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]
