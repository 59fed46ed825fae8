"""Users with rows of their own, replacement codes, the administrators' page, and steps in the audit.

A token that was disabled is suspended from here on. Its row says so under a new mark, for which the store's
key is needed; what a row looked like then is written down here, whatever becomes of it later.
"""

import hmac
import json

import sqlalchemy as sa
from alembic import context, op

revision = "0006"
down_revision = "0005"

_whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NAMES = (
    *("id", "user", "serial", "created", "kind", "algorithm", "digits", "period", "t0", "issuer", "name"),
    *("sealed", "fingerprint", "status", "next_step", "failures", "failed_at", "drift", "version", "mark"),
)
_token = sa.table("token", *map(sa.column, _NAMES))
_SEALED = 11  # the columns before it say whose and what the token is
_AT_ONCE = 1000


def upgrade() -> None:
    people = op.create_table(
        "person",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("created", _whole, nullable=False),
        sa.Column("pin", sa.LargeBinary),
        sa.Column("pin_set", _whole),
        sa.Column("locked", _whole),
        sa.Column("version", _whole, nullable=False),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_index(
        "person_pin",
        "person",
        ["name"],
        sqlite_where=sa.text("pin IS NOT NULL"),
        postgresql_where=sa.text("pin IS NOT NULL"),
    )
    op.create_table(
        "replacement",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("created", _whole, nullable=False),
        sa.Column("until", _whole, nullable=False),
        sa.Column("used", _whole),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("replacement_token", "replacement", ["token"])
    op.create_table(
        "operator",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("password", sa.LargeBinary, nullable=False),
        sa.Column("created", _whole, nullable=False),
        sa.Column("revoked", _whole),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "operator_session",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("created", _whole, nullable=False),
        sa.Column("seen", _whole, nullable=False),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("operator_session_operator", "operator_session", ["operator"])
    op.add_column("audit", sa.Column("step", sa.Text))
    op.create_index("audit_at", "audit", ["at"])
    op.create_index("audit_user", "audit", ["user", "seq"])
    _name(people)
    _suspend()


def _name(people: sa.Table) -> None:
    """Give every user of a token a row, as old as the first of the tokens."""
    connection = op.get_bind()
    first = sa.func.min(_token.c.created)
    users = sa.select(_token.c.user, first).where(_token.c.user != "").group_by(_token.c.user)
    rows = []
    for name, created in connection.execute(users).fetchall():
        content = _canonical(["person", name, created, None, None, None, 0])
        rows.append({"name": name, "created": created, "version": 0, "mark": _mark(content)})
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(people.insert(), rows[start : start + _AT_ONCE])


def _suspend() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(_token).where(_token.c.status == "disabled")).fetchall():
        before = dict(row._mapping)
        if not hmac.compare_digest(_mark(_content(before)), before["mark"]):
            continue  # altered by someone: it stays so, and is refused when it is used
        after = before | {"status": "suspended", "version": before["version"] + 1}
        connection.execute(
            sa.update(_token).where(_token.c.id == before["id"]),
            {"status": "suspended", "version": after["version"], "mark": _mark(_content(after))},
        )


def _content(row: dict[str, object]) -> bytes:
    values = [value.hex() if isinstance(value := row[name], bytes) else value for name in _NAMES]
    return _canonical([_canonical(values[:_SEALED]).decode(), *values[_SEALED:-1]])


def _canonical(values: list[object]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode()


def _mark(content: bytes) -> bytes:
    mark: bytes = context.config.attributes["sealer"].row_mark(content)
    return mark
