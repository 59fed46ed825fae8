"""From here on the table alembic_version says what the store's tables are, on every database.

Release 0.1 looks at the version in the SQLite header instead: the new one makes it refuse the store, which
it would otherwise go on writing beside newer programs.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA user_version = 2")
