"""Rows of the tables as nouns of workflow/, and back. A column and the field that it keeps have one name."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, insert, true, update


def made[Noun](kind: type[Noun], values: Mapping[str, Any]) -> Noun:
    """A dataclass out of those values that it has fields for."""
    return kind(**{field.name: values[field.name] for field in fields(kind) if field.name in values})  # type: ignore[arg-type]


def row_of(table: Table, noun: object) -> dict[str, Any]:
    """Those fields of a noun that the table has columns for."""
    return {name: value for name, value in vars(noun).items() if name in table.c}


def found[Noun](connection: Connection, kind: type[Noun], wanted: Select[Any]) -> list[Noun]:
    return [made(kind, row._asdict()) for row in connection.execute(wanted)]


def matching(table: Table, **values: Any) -> ColumnElement[bool]:
    """Rows with these values; nobody asks for a value that is None."""
    return and_(true(), *(table.c[name] == value for name, value in values.items() if value is not None))


def add(connection: Connection, table: Table, noun: object, **more: Any) -> None:
    connection.execute(insert(table).values(row_of(table, noun) | more))


def change(connection: Connection, table: Table, which: ColumnElement[bool], values: Mapping[str, Any]) -> bool:
    """Whether there was such a row."""
    return connection.execute(update(table).where(which).values(values)).rowcount > 0


def save(connection: Connection, table: Table, noun: object) -> None:
    """Changes the row of this primary key, or adds it. Only for writers that queue."""
    row = row_of(table, noun)
    key = and_(*(column == row[column.name] for column in table.primary_key))
    if not change(connection, table, key, row):
        connection.execute(insert(table).values(row))
