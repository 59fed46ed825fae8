"""The audit: every decision and change, in a chain, and its head."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", _whole, primary_key=True, autoincrement=False),
        sa.Column("at", _whole, nullable=False),
        sa.Column("door", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("user", sa.Text),
        sa.Column("token", sa.Text),
        sa.Column("link", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("audit_token", "audit", ["token", "seq"])
    op.create_table(
        "audit_head",
        sa.Column("seq", _whole, nullable=False),
        sa.Column("link", sa.LargeBinary, nullable=False),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
