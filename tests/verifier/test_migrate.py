"""Schemas: what a new store has, how a released one gets there, and that no other is used."""

import shutil
import sqlite3

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner

import host_verify.migrate as migration
from host_verify.cli import cli
from host_verify.core import Reason, Status
from host_verify.database import file_place, opened, written
from host_verify.errors import NotDone, VerifierError
from host_verify.keys import SoftwareMaster
from host_verify.people import person_of
from host_verify.schema import REVISION, metadata, person
from host_verify.service import verify
from host_verify.store import create
from tests.docs.pages import ROOT

from .parts import MASTER, NOON, POLICY, account, code_at, code_of, open_store

RELEASED = ROOT / "tests/golden/verifier-0.1.db"


@pytest.fixture
def released(tmp_path):
    """A copy of a store that release 0.1 wrote."""
    path = tmp_path / "verifier.db"
    shutil.copy(RELEASED, path)
    path.chmod(0o600)
    return path


def upgrade(place, master=MASTER):
    return migration.upgrade(place, SoftwareMaster(master), NOON)


def dump(path):
    with sqlite3.connect(path) as database:
        found = [database.execute("PRAGMA user_version").fetchone(), *database.iterdump()]
    database.close()
    return found


def test_the_migrations_are_one_line_and_end_in_the_programs_revision():
    config = Config()
    config.set_main_option("script_location", str(ROOT / "host_verify/migrations"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert scripts.get_heads() == [REVISION]
    assert revisions == [f"{number:04}" for number in range(len(revisions), 0, -1)]


def test_a_new_stores_tables_are_those_of_the_program(place):
    with opened(place) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_sqlite_holds_every_table_to_its_types(tmp_path):
    create(file_place(tmp_path / "new.db"), SoftwareMaster(MASTER), NOON)
    with sqlite3.connect(tmp_path / "new.db") as database:
        strict = {
            row[1]: row[5] for row in database.execute("PRAGMA table_list").fetchall() if row[2] == "table"
        }
    database.close()
    assert {name for name in metadata.tables if strict[name]} == set(metadata.tables)


def test_a_released_store_is_refused_until_it_is_migrated(released):
    before = dump(released)
    with pytest.raises(VerifierError, match=r"older release .* host-verify migrate"):
        open_store(released)
    assert dump(released) == before


def test_a_released_store_is_upgraded_with_all_that_is_in_it(released):
    before = dump(released)
    assert upgrade(file_place(released)) == ("0001", REVISION)
    with open_store(released) as store:
        (anna,), (bob,) = store.tokens("anna"), store.tokens("bob")
        assert (anna.serial, anna.state.drift.offset) == ("A-1", 40.5)
        # The code that release 0.1 accepted stays used up.
        assert verify(store, "anna", code_at(account(), NOON + 30), NOON, POLICY).reason is Reason.REPLAYED
        assert verify(store, "anna", code_at(account(), NOON + 60), NOON + 30, POLICY).accepted
        last = account(secret=b"b" * 20, kind="hotp", digits=8, algorithm="SHA256")
        assert bob.state.next_step == 2**64 - 1
        assert verify(store, "bob", code_of(last, 2**64 - 1), NOON, POLICY).accepted
        (zoe,), (dave,) = store.tokens("Zo\u00eb"), store.tokens("dave")
        assert (zoe.state.status, zoe.state.failures, zoe.period) == (Status.SUSPENDED, 4, 60)
        assert dave.state.status is Status.REVOKED
        rows = store.read(sa.select(person).order_by(person.c.name))
        people = [person_of(row, store.sealer, store.place) for row in rows]
        assert [each.name for each in people] == ["Zo\u00eb", "anna", "bob", "dave"]
        assert [each.created for each in people] == [each.created for each in (zoe, anna, bob, dave)]
    # Release 0.1 no longer takes it for its own.
    assert before[0] == (1,)
    assert dump(released)[0] == (2,)


def test_a_suspended_tokens_row_that_was_altered_stays_refused_after_a_migration(released):
    with sqlite3.connect(released) as database:
        database.execute("UPDATE token SET failures = 0 WHERE status = 'disabled'")
    database.close()
    upgrade(file_place(released))
    with open_store(released) as store:
        assert len(store.tokens("anna")) == 1
        with pytest.raises(VerifierError, match="damaged"):
            store.tokens("Zo\u00eb")


def test_an_upgraded_store_has_the_tables_of_a_new_one(released, tmp_path):
    upgrade(file_place(released))
    create(file_place(tmp_path / "new.db"), SoftwareMaster(MASTER), NOON)
    tables = []
    for path in (released, tmp_path / "new.db"):
        with opened(file_place(path)) as engine, engine.connect() as connection:
            look = sa.inspect(connection)
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
            tables.append(
                {
                    name: [(column["name"], str(column["type"]), column["nullable"]) for column in columns]
                    for (_, name), columns in look.get_multi_columns().items()
                }
            )
    assert tables[0] == tables[1]


def test_migrating_needs_the_stores_key(released):
    before = dump(released)
    with pytest.raises(VerifierError, match="another key"):
        upgrade(file_place(released), bytes(32))
    assert dump(released) == before


def test_migrating_twice_changes_nothing(place):
    assert upgrade(place) == (REVISION, REVISION)
    with open_store(place) as store:
        assert store.tokens() == []


def test_a_migration_that_fails_changes_nothing(released, monkeypatch):
    before = dump(released)
    monkeypatch.setattr(migration, "REVISION", "9999")
    with pytest.raises(Exception, match="9999"):
        upgrade(file_place(released))
    assert dump(released) == before


def test_a_newer_store_is_neither_used_nor_migrated(place):
    with written(place) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for use in (open_store, upgrade):
        with pytest.raises(VerifierError, match=r"format 9999.*a newer one; nothing was changed"):
            use(place)


def test_a_store_that_forgot_its_revision_is_refused(place):
    with written(place) as connection:
        connection.execute(sa.text("DELETE FROM alembic_version"))
    for use in (open_store, upgrade):
        with pytest.raises(VerifierError, match="has format none"):
            use(place)


def test_a_store_is_not_made_twice(place):
    with pytest.raises(NotDone, match="nothing was changed"):
        create(place, SoftwareMaster(MASTER), NOON)


def test_a_database_of_something_else_is_refused(postgresql):
    place = postgresql.new()
    for use in (open_store, upgrade):
        with pytest.raises(VerifierError, match="is not a verifier's store"):
            use(place)


def test_the_command_says_what_it_did(released, monkeypatch):
    options = ["--store", f"sqlite:///{released}", "--key-env", "FOB_KEY"]
    monkeypatch.setenv("FOB_KEY", MASTER.hex())
    said = CliRunner().invoke(cli, [*options, "migrate"])
    assert said.exit_code == 0
    assert f"from format 0001 to {REVISION}" in said.stdout
    said = CliRunner().invoke(cli, [*options, "--json", "migrate"])
    assert f'"from": "{REVISION}", "to": "{REVISION}"' in said.stdout
    said = CliRunner().invoke(cli, ["--store", f"sqlite:///{released}.none", *options[2:], "migrate"])
    assert said.exit_code == 3
    assert "there is no store" in said.stderr
    assert not released.with_name("verifier.db.none").exists()
