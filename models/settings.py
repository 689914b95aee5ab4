"""Small facts that are made once and kept: the anchor of the demo clock, keys that sign links."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.session import insert_new


class Setting(Base):
    """One named fact."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


def keep(session: Session, key: str, value: Any) -> Any:
    """Store a fact unless it is there already; return what stands."""
    insert_new(session, Setting, {"key": key, "value": value}, ["key"])
    return session.get_one(Setting, key, populate_existing=True).value


def put(session: Session, key: str, value: Any) -> None:
    """Store a fact, in place of what stood there."""
    session.merge(Setting(key=key, value=value))


def get(session: Session, key: str) -> Any | None:
    """Return a fact, or None."""
    setting = session.get(Setting, key, populate_existing=True)
    return setting.value if setting else None
