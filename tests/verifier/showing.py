"""A small company's store after a year, and the pages over it in this process, at a time of the test's."""

import random
import socket
import threading
import time
from contextlib import contextmanager
from itertools import count

import uvicorn

from host_verify import operators, service
from host_verify.apikeys import Scope
from host_verify.audit import Actor
from host_verify.core import Status
from host_verify.web.app import make_app
from host_verify.web.limits import Rates
from host_verify.web.parts import Settings

from .parts import NOON, POLICY, account, code_at, open_store

PASSWORD = "correct horse battery"
YEAR = 365 * 86_400
USERS = (
    "anna", "bob", "carl.von.ossietzky@example.org", "dora", "emil", "farid", "grace", "hedy", "ines", "jun",
    "katherine", "linus", "margaret", "noor", "olu", "petra", "quentin", "rosalind", "sofia", "tim",
)  # fmt: skip
VPN, WLAN = Actor("http", "91ab02cd vpn"), Actor("radius", "wlan")


def seed_of(index):
    return account(secret=b"%020d" % index, issuer="Example", name=USERS[index])


def fill(place):
    """Give each user a token; anna has used hers for a year, petra is an admin and quentin of the helpdesk.

    Some are locked, lost, suspended, revoked, new; some were silent. Returns their ids by user.
    """
    chance = random.Random(7)
    with open_store(place) as store:
        tokens = {}
        for index, user in enumerate(USERS):
            added = service.add_token(
                store, user, f"FT-{2_000_417 + 31 * index}", seed_of(index), NOON - YEAR
            )
            tokens[user] = added.id
        logins = [(NOON - YEAR + 86_400 * 2.4 * day + chance.randrange(36_000), 0) for day in range(152)]
        logins = [each for each in logins if not 210 < (each[0] - NOON + YEAR) / 86_400 < 262]
        for index in range(1, 18):
            silent = 290 if index in (2, 3) else chance.random()
            days = [silent + 2.3 * day for day in range(12)]
            logins += [(NOON - int(86_400 * day) - 40_000, index) for day in days]
        for at, index in sorted(logins):
            ahead = (at - NOON + YEAR) * (index % 5 - 2 or 1.3) * (0.3e-6 if index else 1.1e-6)
            code = code_at(seed_of(index), int(at + ahead - chance.choice((2, 4, 9, 15))))
            service.verify(store, USERS[index], code, int(at), POLICY, chance.choice((VPN, WLAN)))
            if chance.random() < 0.12:
                service.verify(store, USERS[index], "000000", int(at) + 20, POLICY, VPN)
        for tried in range(11):
            service.verify(store, "emil", f"00000{tried % 10}", NOON - 840 + 60 * tried, POLICY, VPN)
        service.set_status(store, tokens["bob"], Status.SUSPENDED, NOON - 90_000)
        service.set_status(store, tokens["tim"], Status.REVOKED, NOON - 80_000)
        operators.add(store, "petra", Scope.ADMIN, PASSWORD, NOON - 70_000)
        operators.add(store, "quentin", Scope.HELPDESK, PASSWORD, NOON - 70_000)
    return tokens


class Shown:
    """The pages over a store; `utc` is their time. A code of each user can be had once a time step."""

    def __init__(self, place):
        self.place = place
        self.utc = NOON
        self._steps = count(1)
        settings = Settings(lambda _: open_store(place), lambda: self.utc, POLICY, Rates(user=0), admin=True)
        self.app = make_app(settings)

    def code(self, user):
        """A code of a user that was not given yet; time goes on for it."""
        self.utc = NOON + 30 * next(self._steps)
        return code_at(seed_of(USERS.index(user)), self.utc)


@contextmanager
def served(shown):
    """The pages at an address of this machine."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(shown.app, access_log=False, log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        until = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < until
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
