"""Statements for any number of rows at once, as the databases' drivers take them.

SQLAlchemy's own cost more for each row than the database does. Every name in them is the schema's; every
value is a parameter.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

Statements = dict[str, str]  # by the database's name


def columns(table: sa.Table) -> str:
    """Return all columns of a table, as a SELECT lists them."""
    return ", ".join(f'{table.name}."{column.name}"' for column in table.columns)


def insertion(table: sa.Table) -> Statements:
    """Return what adds rows of all columns."""
    names = [column.name for column in table.columns]
    listed = ", ".join(f'"{name}"' for name in names)
    into = f"INSERT INTO {table.name} ({listed}) "
    return {
        "sqlite": f"{into}VALUES ({', '.join('?' for _ in names)})",
        "postgresql": f"{into}SELECT * FROM {_unnested(table, names)}",  # noqa: S608
    }


def change(table: sa.Table, names: Sequence[str], by: str) -> Statements:
    """Return what gives rows new values of the columns `names`; each row is found by its `by`, given last."""
    new = ", ".join(f'"{name}" = new."{name}"' for name in names)
    listed = ", ".join(f'"{name}"' for name in (*names, by))
    unnested = _unnested(table, (*names, by))
    return {
        "sqlite": f"UPDATE {table.name} SET {', '.join(f'{name} = ?' for name in names)} WHERE {by} = ?",  # noqa: S608
        "postgresql": f"UPDATE {table.name} SET {new} FROM {unnested} AS new({listed}) "  # noqa: S608
        f'WHERE {table.name}."{by}" = new."{by}"',
    }


def run(connection: sa.Connection, statements: Statements, rows: Sequence[tuple[Any, ...]]) -> int:
    """Run a statement for all rows, of which there is one at least; return how many it wrote."""
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql(statements["sqlite"], list(rows)).rowcount
    turned = tuple(list(column) for column in zip(*rows, strict=True))
    return connection.exec_driver_sql(statements["postgresql"], turned).rowcount


def _unnested(table: sa.Table, names: Sequence[str]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    arrays = (f"%s::{table.c[name].type.compile(dialect)}[]" for name in names)
    return f"unnest({', '.join(arrays)})"
