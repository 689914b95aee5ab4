"""An official paper as a value: title, who it is for, numbered headings, paragraphs, one table, who signs and when.

It is frozen with its notice, so that a repeated delivery shows the same. Numbers of headings are the renderer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

TEXT = 0  # level of a paragraph; 1 to 4 are headings: 一、（一）1.（1）


@dataclass(frozen=True, slots=True)
class Block:
    """One heading or paragraph."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Appendix:
    """The table behind the text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # as printed; columns after the second are set to the right


@dataclass(frozen=True, slots=True)
class Document:
    """A whole paper."""

    title: str  # a line break where it may be broken when it does not fit on one line
    subtitle: str  # （第2期）; empty: none
    recipients: str  # 各市州：; empty: none
    blocks: tuple[Block, ...]
    signed_by: str
    signed_on: date
    appendix: Appendix | None = None
    red_head: str = ""  # the office's name over a red line; off by default

    def to_json(self) -> dict[str, Any]:
        """Write it as JSON, for the outbox."""
        appendix = self.appendix
        return {
            "title": self.title,
            "subtitle": self.subtitle,
            "recipients": self.recipients,
            "blocks": [[block.level, block.text] for block in self.blocks],
            "signed_by": self.signed_by,
            "signed_on": self.signed_on.isoformat(),
            "appendix": appendix
            and {"title": appendix.title, "columns": appendix.columns, "rows": [list(row) for row in appendix.rows]},
            "red_head": self.red_head,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Document:
        """Read it back."""
        appendix = data["appendix"]
        return cls(
            title=data["title"],
            subtitle=data["subtitle"],
            recipients=data["recipients"],
            blocks=tuple(Block(level, text) for level, text in data["blocks"]),
            signed_by=data["signed_by"],
            signed_on=date.fromisoformat(data["signed_on"]),
            appendix=appendix
            and Appendix(appendix["title"], tuple(appendix["columns"]), tuple(tuple(row) for row in appendix["rows"])),
            red_head=data["red_head"],
        )
