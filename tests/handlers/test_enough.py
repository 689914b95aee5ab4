"""What wants reminders to end, and what only sounds like it."""

from __future__ import annotations

import pytest

from handlers.enough import whom


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("别催了", ""),
        ("不要再催", ""),
        ("请不要一直提醒我了", ""),
        ("停止提醒", ""),
        ("能不能别天天催?", ""),
        ("不用提醒我们了", ""),
        ("别催株洲了", "株洲"),
        ("不要给株洲市公安局发提醒", "株洲市公安局"),
        ("不要提醒群众转账", "群众转账"),  # no org is called so: left to the reader
        ("不要再催，手册500册", None),
        ("提醒群众100人", None),
        ("催报 短信", None),
        ("明天再提醒", None),
        ("取消推迟", None),
        ("已停止发放", None),
    ],
)
def test_what_wants_reminders_to_end(text: str, name: str | None) -> None:
    """An empty name is the sender himself; None is another kind of text."""
    assert whom(text) == name
