"""The errors we raise on purpose.

    BotError
    ├── UserError       a person can put it right: code and fields, worded in handlers/wording.py, logged at info
    ├── ConfigError     refuse to start: every problem of the files, each with its place and what to write instead
    └── SendError       (bot/channels/base.py) a channel refused or did not answer; retryable or not

Whatever is no BotError is a bug: roll back, store a failed inbox row, apologise once, log the trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class BotError(Exception):
    """Base of every error that is raised on purpose."""


class UserError(BotError):
    """What the person asked for cannot be done, and the person can put it right.

    code:   a short key such as "no-such-report"; handlers/wording.py holds one sentence for each.
    fields: what that sentence needs, as plain values.
    """

    def __init__(self, code: str, /, **fields: object) -> None:
        super().__init__(code, fields)
        self.code = code
        self.fields = fields

    def __str__(self) -> str:
        inside = " ".join(f"{key}={value!r}" for key, value in self.fields.items())
        return f"{self.code} {inside}".rstrip()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file that people write."""

    file: str  # the file's name or path, as the reader knows it
    where: str  # a dotted key (duties.press.indicator) or a place (line 12)
    what: str  # what is wrong, in plain words
    instead: str  # what to write instead
    line: int = 0  # in which the key stands, or the table around it; 0: not known

    def __str__(self) -> str:
        line = f" (line {self.line})" if self.line else ""
        return " ".join(f"{self.file}: {self.where}{line}: {self.what}; {self.instead}".split())


class ConfigError(BotError):
    """The files do not say what the bot needs; all their problems at once. str() is one line a problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(tuple(problems))
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)
