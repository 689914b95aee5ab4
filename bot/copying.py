"""Copies a whole database into or out of an SQLite file, table by table, for backup.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, inspect, select, text

from models.migrations import run as migrations
from models.session import connect

CHUNK = 1000  # rows at a time

Row = dict[str, Any]


def to_sqlite(source: Engine, file: Path) -> None:
    """Copy a PostgreSQL database of the newest schema, as of one moment, into a new SQLite file."""
    target = connect(f"sqlite:///{file}")
    try:
        migrations.upgrade(target)
        with source.connect() as reading, target.begin() as writing:
            reading.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            _copy(reading, writing)
    finally:
        target.dispose()


def from_sqlite(file: Path, target: Engine) -> bool:
    """Copy an SQLite file into a PostgreSQL database, both of the newest schema. False when that holds rows already."""
    source = connect(f"sqlite:///{file}")
    try:
        with source.connect() as reading, target.begin() as writing:
            if any(counts(writing).values()):
                return False
            _copy(reading, writing)
            count_on(writing)
        return True
    finally:
        source.dispose()


def counts(connection: Connection) -> dict[str, int]:
    """Return how many rows each of our tables holds."""
    present = set(inspect(connection).get_table_names())
    tables = [table for table in migrations.metadata().sorted_tables if table.name in present]
    return {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}


def _copy(source: Connection, target: Connection) -> None:
    """Copy every row of every table; what is pointed to comes first."""
    for table in migrations.metadata().sorted_tables:
        found = source.execution_options(yield_per=CHUNK).execute(select(table).order_by(*table.primary_key))
        for part in _parts(table, (dict(row) for row in found.mappings())):
            target.execute(insert(table), part)


def _parts(table: Table, rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Yield rows in portions; of a table that points to itself, such as orgs in a tree, the upper ones first."""
    own = next((key.parent.name for key in table.foreign_keys if key.column.table is table), None)
    ordered: Iterable[Row] = rows if own is None else _down(list(rows), own)
    part: list[Row] = []
    for row in ordered:
        part.append(row)
        if len(part) == CHUNK:
            yield part
            part = []
    if part:
        yield part


def _down(rows: list[Row], above: str) -> Iterator[Row]:
    below: dict[Any, list[Row]] = {}
    for row in rows:
        below.setdefault(row[above], []).append(row)
    level = below.get(None, [])
    while level:
        yield from level
        level = [row for upper in level for row in below.get(upper["id"], [])]


def count_on(target: Connection) -> None:
    """Let PostgreSQL number new rows after the highest that came in."""
    for table in migrations.metadata().sorted_tables:
        name = table.name
        if "id" in table.columns and target.scalar(text(f"SELECT pg_get_serial_sequence('{name}', 'id')")):
            sequence, highest = f"pg_get_serial_sequence('{name}', 'id')", f"(SELECT max(id) FROM {name})"
            target.execute(text(f"SELECT setval({sequence}, {highest}) WHERE {highest} IS NOT NULL"))
