"""A service over a store with tokens, for those who ask it, and codes that nobody gave yet."""

import re
from contextlib import contextmanager

from host_verify.database import file_place
from host_verify.service import add_token
from tests.docs.pages import ROOT

from .parts import NOON, account, code_of, new_store, open_store
from .serving import Serving

FILES = ROOT / "docs/doors"
USERS = ("bob", "root", "DOM\\bob", "zo\u00c3\u00ab")  # the last is what rlm_rest would make of zoë


@contextmanager
def filled(folder):
    """The running service; each of USERS has a counter token."""
    place = file_place(new_store(folder))
    with open_store(place) as store:
        for index, user in enumerate(USERS):
            add_token(store, user, None, token_of(index), NOON)
    _GIVEN.clear()
    with Serving(place) as serving:
        yield serving


def token_of(index):
    return account(kind="hotp", secret=b"%020d" % index)


_GIVEN = {}


def fresh(index=0):
    """A code of a user's that was not given yet."""
    _GIVEN[index] = _GIVEN.get(index, -1) + 1
    return code_of(token_of(index), _GIVEN[index])


def configuration(folder, url, key, mode=0o600):
    """The file of docs/doors/pam, filled in."""
    text = (FILES / "pam/client.toml").read_text()
    text = text.replace("https://verifier.example", url)
    text = re.sub(r'key = ".*"', f'key = "{key}"', text)
    file = folder / "client.toml"
    file.touch(0o600)
    file.write_text(text)
    file.chmod(mode)
    return file
