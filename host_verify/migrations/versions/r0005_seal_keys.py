"""The keys to which tokens seal the seeds that they draw themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "seal_key",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("public", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created", _whole, nullable=False),
        sa.Column("retired", _whole),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
