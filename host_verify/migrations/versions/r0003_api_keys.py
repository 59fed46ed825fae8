"""The keys by which other programs may ask over HTTP."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("created", _whole, nullable=False),
        sa.Column("revoked", _whole),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
