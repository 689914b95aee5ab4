"""The declarative base, and the two column types that keep figures exact and times aware on both databases."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

FIGURE_SCALE = 6  # decimals kept: 1 yuan is 0.0001 万元
FIGURE_LIMIT = Decimal(10) ** 12  # below this a figure and sums of a million of them fit in 64 bits


class Base(DeclarativeBase):
    """Base of every table. Constraint names are fixed, so that migrations can name them on both databases.

    Enums are stored as their words in plain text columns: a native enum would need a migration a word.
    """

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        enum.Enum: Enum(
            enum.Enum, native_enum=False, length=20, values_callable=lambda kind: [item.value for item in kind]
        )
    }
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC. SQLite has no zones: it is stripped on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments: a naive one has already lost what day it is in Shanghai."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give an aware one")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Figure(TypeDecorator[Decimal]):
    """An exact figure, kept as a whole number of millionths: SQLite has no decimals, and a float would drift.

    Sums may be made in SQL; func.sum() over such a column comes back as Decimal too.
    Raises ValueError for what does not fit: more than 6 decimals, or 10^12 and more.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Turn a Decimal into millionths."""
        return None if value is None else _millionths(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Turn millionths back into a Decimal without trailing zeros (3E+1 is written 30)."""
        return None if value is None else _figure(value)


def as_read(value: Decimal) -> Decimal:
    """Return a figure as the database gives it back. Raises ValueError for what it cannot hold."""
    return _figure(_millionths(value))


def _millionths(value: Any) -> int:
    figure = Decimal(value)
    if not figure.is_finite() or abs(figure) >= FIGURE_LIMIT:
        raise ValueError(f"figure {value} out of range")
    scaled = figure.scaleb(FIGURE_SCALE)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"figure {value} has more than {FIGURE_SCALE} decimals")
    return int(scaled)


def _figure(millionths: Any) -> Decimal:
    figure = Decimal(int(millionths)).scaleb(-FIGURE_SCALE)
    whole = figure.to_integral_value()
    return whole if whole == figure else figure.normalize()
