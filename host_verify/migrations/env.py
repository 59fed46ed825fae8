"""What Alembic runs: the migrations, on the connection that `migrate` hands over, in its transaction."""

from alembic import context

from host_verify.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite's own DDL is transactional too; `migrate` begins and ends the transaction.
    transactional_ddl=True,
)
context.run_migrations()
