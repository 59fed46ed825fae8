"""The master keys that open a store, and secrets sealed under the store's own root.

Until here every secret was sealed under the master key itself. Each is opened and sealed anew, and its row
gets a new mark; what the rows looked like then is written down here, whatever becomes of them later.
"""

import hmac
import json
from collections.abc import Callable

import sqlalchemy as sa
from alembic import context, op

from host_verify.sealing import decrypted, derived

revision = "0007"
down_revision = "0006"

_whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FIXED = ("id", "user", "serial", "created", "kind", "algorithm", "digits", "period", "t0", "issuer", "name")
_CHANGING = ("sealed", "fingerprint", "status", "next_step", "failures", "failed_at", "drift", "version")
_token = sa.table("token", *map(sa.column, (*_FIXED, *_CHANGING, "mark")))
_seal_key = sa.table("seal_key", *map(sa.column, ("id", "public", "sealed", "created", "retired", "mark")))
_AT_ONCE = 1000

Row = dict[str, object]


def upgrade() -> None:
    op.create_table(
        "master_key",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("created", _whole, nullable=False),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    if context.config.attributes["before_roots"] is None:
        return  # the store is new
    _reseal(_token, _of_token, _token_content)
    _reseal(_seal_key, _of_seal_key, _seal_key_content)


def _reseal(table: sa.TableClause, bound: Callable[[Row], bytes], content: Callable[[Row], bytes]) -> None:
    """Seal the secret of each row anew. What was altered by someone stays so, and is refused when used."""
    connection = op.get_bind()
    sealer = context.config.attributes["sealer"]
    key = derived(context.config.attributes["before_roots"], b"seal")
    change = sa.update(table).where(table.c.id == sa.bindparam("known"))
    page = sa.select(table).order_by(table.c.id).limit(_AT_ONCE)
    after = ""
    while rows := connection.execute(page.where(table.c.id > after)).fetchall():
        changes = []
        for row in rows:
            values = dict(row._mapping)
            secret = decrypted(key, values["sealed"], bound(values))
            if secret is None or not hmac.compare_digest(sealer.row_mark(content(values)), values["mark"]):
                continue
            values["sealed"] = sealer.seal(secret, bound(values))
            mark = sealer.row_mark(content(values))
            changes.append({"known": values["id"], "sealed": values["sealed"], "mark": mark})
        if changes:
            connection.execute(change, changes)
        after = rows[-1].id


def _of_token(row: Row) -> bytes:
    return _canonical([row[name] for name in _FIXED])


def _token_content(row: Row) -> bytes:
    return _canonical([_of_token(row).decode(), *(_plain(row[name]) for name in _CHANGING)])


def _of_seal_key(row: Row) -> bytes:
    return json.dumps(["seal_key", row["id"], _plain(row["public"]), row["created"]]).encode()


def _seal_key_content(row: Row) -> bytes:
    names = ("id", "public", "sealed", "created", "retired")
    return json.dumps(["seal_key", *(_plain(row[name]) for name in names)]).encode()


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


def _canonical(values: list[object]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode()
