"""The store of release 0.1: tokens in an SQLite file."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "store",
        sa.Column("key_mark", sa.LargeBinary, nullable=False),
        sa.Column("created", _whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("serial", sa.Text, unique=True),
        sa.Column("created", _whole, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("algorithm", sa.Text, nullable=False),
        sa.Column("digits", _whole, nullable=False),
        sa.Column("period", _whole, nullable=False),
        sa.Column("t0", _whole, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("next_step", sa.Text, nullable=False),
        sa.Column("failures", _whole, nullable=False),
        sa.Column("failed_at", _whole, nullable=False),
        sa.Column("drift", sa.Text),
        sa.Column("version", _whole, nullable=False),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("token_user", "token", ["user"])
