"""别催了, 停止提醒: nothing is stopped by such a text, but it is told what can be done about it, and how.

A liaison's reminders end with the report, may be put off, or go to who stands in; an admin can pause rules, excuse an
org or stop what waits. Decided by us 2026-11-24.
"""

from __future__ import annotations

import re

from handlers import wording
from handlers.base import EVERYBODY, Context, Match, route
from handlers.names import orgs_called
from models.duties import states
from models.messages import Reply
from models.people import Role
from models.phrases import short_name

LONGEST = 30  # characters of a message that may say so
_HUSH = re.compile(
    r"^(?:好了?[,，]?|请|麻烦|你们?|您|机器人|能不能|可不可以)*"
    r"(?:停止|停掉|停下|关闭|关掉|取消|先?别|不要|不用|不必|不想|甭)(?:给|向|对)?(?P<whom>.{0,20}?)(?:再|老是?|总是?|一直|天天|发)*"
    r"(?:催报|催办|催促|催|提醒)(?:短信|消息|通知)?(?:(?:我们?|咱们?|人)?(?:了|啦|吧|行吗|好吗|行不行|[?？])*|(?P<org>[^,，。\d]{2,20}?)(?:了|啦|吧)?)$"
)
_NOBODY = re.compile(r"^(?:再|老是?|总是?|一直|天天|发|我们?|咱们?|给|\s)*$")


def whom(text: str) -> str | None:
    """Return whose reminders are to end: a name, or nothing for the sender's own; None when it says no such thing."""
    if len(text) > LONGEST or "\n" in text:
        return None
    found = _HUSH.match(text)
    if found is None:
        return None
    name = (found["whom"] or "") + (found["org"] or "")
    return "" if _NOBODY.match(name) else name.strip()


def is_enough(ctx: Context, match: Match) -> bool:
    """Tell whether a text wants reminders to end: 别催了, 停止提醒, 不要再催株洲; not 不要提醒群众转账."""
    name = whom(match.text)
    return name == "" or (name is not None and bool(orgs_called(ctx.session, name)))


@route(
    "enough",
    roles=EVERYBODY,
    examples=("别催了", "停止提醒"),
    unlisted="nobody looks for it; whoever says it is told what there is",
    accepts=is_enough,
)
def tell_how_it_ends(ctx: Context, match: Match) -> Reply:
    """Say how reminders end for the sender, and for an admin what he can stop."""
    name = whom(match.text) or ""
    if Role.ADMIN in ctx.known.roles:
        orgs = orgs_called(ctx.session, name) if name else []
        duty = short_name(next(iter(ctx.campaign.duties.values())))
        org = orgs[0].name if orgs else "单位"
        return Reply(wording.admin_can_stop(duty, org, "" if ctx.runs_office else ctx.campaign.office), outcome="shown")
    if not ctx.own_orgs():
        return Reply(wording.viewers_are_not_reminded(), outcome="shown")
    every = states(ctx.session, ctx.campaign, ctx.now, org_ids=[org.id for org in ctx.own_orgs()])
    owed = sorted((state for state in every if state.asked), key=lambda state: state.due_at)
    if not owed:
        return Reply(wording.nothing_to_remind_of(), outcome="shown")
    names = list(dict.fromkeys(short_name(state.duty) for state in owed))
    return Reply(wording.how_reminders_end(names, wording.how_to_meet(ctx.campaign, owed[0])), outcome="shown")
