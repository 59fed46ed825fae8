"""How a store comes to have the tables of this program, and how one that has not is refused."""

import hmac
from pathlib import Path

import sqlalchemy as sa

from . import audit, masterkeys
from .audit import LIBRARY, Actor, Entry
from .database import APPLICATION_ID, Place, explained, must_exist, written
from .errors import VerifierError
from .keys import Master
from .schema import REVISION, alembic_version, store
from .sealing import Root, Sealer

ROOTED = 7  # the revision from which on a store has a root of its own (see `sealing`)
RELEASED = "0001"  # what a file of release 0.1 has: it knew no revisions


def check(connection: sa.Connection, place: Place) -> None:
    """Raise VerifierError, whose text says what to do, unless the store is of this program's revision."""
    found = revision(connection, place)
    if found == REVISION:
        return
    if _is_older(found):
        raise VerifierError(
            f"the store {place} is of an older release (format {found}, this program's is {REVISION}): back "
            "it up, end every host-verify that uses it, then run host-verify migrate; nothing was changed"
        )
    raise VerifierError(
        f"the store {place} has format {found}, this program knows {REVISION}: use the release of "
        "host-verify that wrote it or a newer one; nothing was changed"
    )


def revision(connection: sa.Connection, place: Place) -> str:
    """Return the revision of the store's tables. Raises VerifierError if it is no verifier's store."""
    if connection.dialect.name == "sqlite":
        if connection.exec_driver_sql("PRAGMA application_id").scalar() != APPLICATION_ID:
            raise VerifierError(f"{place} is not a verifier's store: name the right file with --store")
        if connection.exec_driver_sql("PRAGMA user_version").scalar() == int(RELEASED):
            return RELEASED
    elif not sa.inspect(connection).has_table("store"):
        raise VerifierError(f"{place} is not a verifier's store: run host-verify init, or name the right one")
    return connection.execute(sa.select(alembic_version)).scalar() or "none"


def upgrade(place: Place, master: Master, utc: int, by: Actor = LIBRARY) -> tuple[str, str]:
    """Bring a store's tables to this program's revision, wholly or not at all; return from where to where.

    No other program may use the store meanwhile. Raises VerifierError for a newer store.
    """
    must_exist(place)
    with explained(place), written(place) as connection:
        found = revision(connection, place)
        if _is_older(found):
            root = _root(connection, place, found, master)
            sealer = Sealer(root)
            if not hmac.compare_digest(_key_mark(connection), sealer.row_mark(b"store")):
                raise masterkeys.wrong_key(place)
            build(connection, sealer, found, master.before_roots)
            audit.begin(connection, sealer)
            if int(found) < ROOTED:
                masterkeys.begin(connection, master, root, utc)
            audit.append(connection, sealer, [Entry(utc, by, "migrate", f"{found} to {REVISION}")])
        else:
            check(connection, place)
    return found, REVISION


def build(
    connection: sa.Connection, sealer: Sealer, found: str | None = None, before_roots: bytes | None = None
) -> None:
    """Run the migrations from the revision `found`, or from nothing, inside the caller's transaction.

    `before_roots` is the master key of a store that has no root yet.
    """
    from alembic import command  # noqa: PLC0415  # slow to import, and seldom needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["sealer"] = sealer  # for rows that get a new mark
    config.attributes["before_roots"] = before_roots  # for secrets that are sealed anew
    if found == RELEASED:
        command.stamp(config, found)
    command.upgrade(config, REVISION)


def _root(connection: sa.Connection, place: Place, found: str, master: Master) -> Root:
    if int(found) >= ROOTED:
        return masterkeys.unlocked(connection.execute(masterkeys.ALL).fetchall(), place, master).root
    # Marks and the audit's chain stay as they are: they were made under the master key itself.
    if master.before_roots is None:
        raise masterkeys.wrong_key(place)
    return Root.drawn(master.before_roots)


def _key_mark(connection: sa.Connection) -> bytes:
    return connection.execute(sa.select(store.c.key_mark)).scalar() or b""


def _is_older(found: str) -> bool:
    return found.isdigit() and int(found) < int(REVISION)
