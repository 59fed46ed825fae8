"""The databases that the verifier is tested on."""

from pathlib import Path

import pytest

from host_verify.database import file_place
from host_verify.keys import SoftwareMaster
from host_verify.service import add_token
from host_verify.store import create

from .asking import TOKEN, Web
from .parts import MASTER, NOON, new_store
from .postgresql import Server, why_not


@pytest.fixture(scope="session")
def postgresql():
    """A running PostgreSQL server."""
    if reason := why_not():
        pytest.skip(reason)
    server = Server()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_place(request, tmp_path):
    """Where no store is yet, on each database."""
    if request.param == "sqlite":
        return file_place(tmp_path / "verifier.db")
    return request.getfixturevalue("postgresql").new()


@pytest.fixture
def place(empty_place):
    """An empty store, on each database."""
    if empty_place.url.get_backend_name() == "sqlite":
        new_store(Path(empty_place.url.database).parent)
    else:
        create(empty_place, SoftwareMaster(MASTER), NOON)
    return empty_place


@pytest.fixture
def web(place):
    """The HTTP application over a store with one token of anna's, on each database."""
    web = Web(place)
    with web.client, web.store:
        web.token = add_token(web.store, "anna", "A-1", TOKEN, NOON)
        yield web
