"""The store's tables, as SQLAlchemy sees them; `migrations` is how a database comes to have them.

A test holds the two together on every database that is supported.
"""

import sqlalchemy as sa

REVISION = "0007"  # of the migration that this program's tables are made by

metadata = sa.MetaData()

# 64 bits everywhere; SQLite's INTEGER has them.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

store = sa.Table(
    "store",
    metadata,
    sa.Column("key_mark", sa.LargeBinary, nullable=False),
    sa.Column("created", WHOLE, nullable=False),
    sqlite_strict=True,
)

token = sa.Table(
    "token",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("serial", sa.Text, unique=True),
    sa.Column("created", WHOLE, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("algorithm", sa.Text, nullable=False),
    sa.Column("digits", WHOLE, nullable=False),
    sa.Column("period", WHOLE, nullable=False),
    sa.Column("t0", WHOLE, nullable=False),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # The shared secret, encrypted (see `sealing`).
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    # Keyed: one secret cannot stand twice, or its codes would count twice.
    sa.Column("fingerprint", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("next_step", sa.Text, nullable=False),  # decimal: up to 2**64, which 64 bits do not hold
    sa.Column("failures", WHOLE, nullable=False),
    sa.Column("failed_at", WHOLE, nullable=False),
    sa.Column("drift", sa.Text),  # JSON list, see records
    sa.Column("version", WHOLE, nullable=False),  # grows with each change
    sa.Column("mark", sa.LargeBinary, nullable=False),  # keyed: the row is as the verifier wrote it
    sa.Index("token_user", "user"),
    sqlite_strict=True,
)

# Each user of a token has a row here.
person = sa.Table(
    "person",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("created", WHOLE, nullable=False),
    sa.Column("pin", sa.LargeBinary),  # salt and Argon2id, sealed like a seed
    sa.Column("pin_set", WHOLE),
    sa.Column("locked", WHOLE),  # by hand, since then
    sa.Column("version", WHOLE, nullable=False),  # grows with each change
    sa.Column("mark", sa.LargeBinary, nullable=False),
    sqlite_strict=True,
)
_with_pin = person.c.pin.is_not(None)
sa.Index("person_pin", person.c.name, sqlite_where=_with_pin, postgresql_where=_with_pin)

# Codes in place of a lost token's; each is accepted once.
replacement = sa.Table(
    "replacement",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),  # keyed; the code itself is nowhere
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("created", WHOLE, nullable=False),
    sa.Column("until", WHOLE, nullable=False),  # the first second in which it is accepted no more
    sa.Column("used", WHOLE),
    sa.Column("mark", sa.LargeBinary, nullable=False),
    sa.Index("replacement_token", "token"),
    sqlite_strict=True,
)

# Users who may sign in to the administrators' page.
operator = sa.Table(
    "operator",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  # a user's, whose token is the second factor
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("password", sa.LargeBinary, nullable=False),  # salt and Argon2id
    sa.Column("created", WHOLE, nullable=False),
    sa.Column("revoked", WHOLE),
    sa.Column("mark", sa.LargeBinary, nullable=False),
    sqlite_strict=True,
)

operator_session = sa.Table(
    "operator_session",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),  # keyed, of the cookie
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("created", WHOLE, nullable=False),
    sa.Column("seen", WHOLE, nullable=False),
    sa.Column("mark", sa.LargeBinary, nullable=False),
    sa.Index("operator_session_operator", "operator"),
    sqlite_strict=True,
)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),  # keyed; the key itself is nowhere
    sa.Column("created", WHOLE, nullable=False),
    sa.Column("revoked", WHOLE),
    sa.Column("mark", sa.LargeBinary, nullable=False),
    sqlite_strict=True,
)

# The master keys that open the store; each row has the store's root, wrapped under its key.
master_key = sa.Table(
    "master_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    sa.Column("created", WHOLE, nullable=False),
    sa.Column("mark", sa.LargeBinary, nullable=False),
    sqlite_strict=True,
)

# The X25519 keys that tokens seal their seeds to; the newest is given out, the others still open.
seal_key = sa.Table(
    "seal_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # the public key's fingerprint, 16 hexadecimal digits
    sa.Column("public", sa.LargeBinary, nullable=False),
    # The private key, sealed like a seed; empty once the key is retired.
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("created", WHOLE, nullable=False),
    sa.Column("retired", WHOLE),
    sa.Column("mark", sa.LargeBinary, nullable=False),
    sqlite_strict=True,
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", WHOLE, primary_key=True, autoincrement=False),
    sa.Column("at", WHOLE, nullable=False),
    sa.Column("door", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("user", sa.Text),
    sa.Column("token", sa.Text),
    sa.Column("link", sa.LargeBinary, nullable=False),  # keyed, of the entry and of the link before
    sa.Column("step", sa.Text),  # decimal: the time step or counter of an accepted code
    sa.Index("audit_token", "token", "seq"),
    sa.Index("audit_user", "user", "seq"),
    sa.Index("audit_at", "at"),
    sqlite_strict=True,
)

# One row: how many entries there are, and the newest link.
audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("seq", WHOLE, nullable=False),
    sa.Column("link", sa.LargeBinary, nullable=False),
    sa.Column("mark", sa.LargeBinary, nullable=False),
    sqlite_strict=True,
)

alembic_version = sa.table("alembic_version", sa.column("version_num", sa.Text))
