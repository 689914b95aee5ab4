"""请假 and 销假: reminders of who is away go to who stands in; the person can report all the same.

A liaison or admin does it for himself, an admin for people of his orgs, who are told. It moves no right and no figure,
and is taken back with one word, so that no code is wanted. Decided by us 2026-11-24.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from handlers import wording
from handlers.ahead import find_days
from handlers.base import REPORTERS, Context, Match, route
from handlers.headed import reads_as_report
from handlers.names import orgs_called
from handlers.people import rights
from models import leave
from models.audience import of_org, recipient
from models.campaign.workdays import Workdays
from models.errors import UserError
from models.leave import Leave
from models.messages import Draft, Reply, Text
from models.outbox import add
from models.people import Contact, Org, Person, Role
from models.quiet import release
from models.roles import held_by, held_in, nearest_admins

LONGEST = 40  # characters of a message that may be a leave
LONGEST_NAME = 4  # characters of a name in a text that is no command
LONG = 10  # days; from here on an end with the campaign is worth a word about handing over (decided by us 2026-11-24)
RULE = "leave"  # stands in for a rule's key with the notices about leaves
_NUMBER = re.compile(r"第?\s*(\d{1,2})\s*段?\s*$")
_COMMAND = re.compile(r"^(?:我|本人)?(?:想|要|需要|申请)*(?:请假|休假|请个假)(?=$|\s)")
_QUESTION = re.compile(r"[几谁吗呢么?？人\d]")  # 今天请假了几个人
_WORDS = re.compile(r"(?:请|休)(?:个|一下|年|病|事|公)?假")
_FILLER = re.compile(
    r"我|本人|想|要|需要|申请|因为?公?|有事|出差|生病|身体不适|病假|年假|事假|公休|开会|培训|学习|探亲|产假|婚假"
    r"|[上下]午|全天|半天|一天|登记|吧|了|的|,|，|。|:|：|从|起|开始|共|号|日"
)


@dataclass(frozen=True)
class Wish:
    """What a message asks for."""

    days: tuple[date, date] | None
    name: str  # of somebody else; empty: the sender
    more: bool = False  # it names days beside these


def read(ctx: Context, text: str) -> Wish:
    """Read who is away and when."""
    rest = _WORDS.sub(" ", text, count=1)
    found = find_days(rest, ctx.today)
    words = [_FILLER.sub("", word) for word in (found.rest if found else rest).split()]
    name = "".join(words)
    name = "" if name == ctx.known.person.name else name
    if found is None:
        return Wish(None, name)
    return Wish((found.first, found.last), name, find_days(found.rest, ctx.today) is not None)


def is_leave(ctx: Context, match: Match) -> bool:
    """Tell whether a text asks for a leave: 请假 …, 我明天请假, 王芳请假3天; not 5月20日请假学生3人."""
    text = match.text
    if ctx.sender is None or len(text) > LONGEST or "\n" in text or not _WORDS.search(text):
        return False
    if _COMMAND.match(text):
        return not reads_as_report(ctx, _COMMAND.sub("", text))
    wish = read(ctx, text)
    if wish.days is None:  # 何军 请假, 株洲请假: somebody is named, and nothing else
        return bool(wish.name) and (_is_person(ctx, wish.name) or bool(orgs_called(ctx.session, wish.name)))
    return len(wish.name) <= LONGEST_NAME and not _QUESTION.search(wish.name)


def _is_person(ctx: Context, name: str) -> bool:
    return ctx.session.scalar(select(Person.id).where(Person.name == name).limit(1)) is not None


@route(
    "leave",
    roles=REPORTERS,
    examples=("请假 5月20日到5月24日", "请假 王芳 5月20日到5月24日"),
    help="请假：写上起止日期，期间的提醒发给候补联络员",
    accepts=is_leave,
)
def take_leave(ctx: Context, match: Match) -> Reply:
    """Note a leave; without days say which are noted."""
    wish = read(ctx, match.text)
    if wish.more:
        raise UserError("leave-one-stretch", example=_example(ctx, ctx.known.person, own=True))
    person = _person(ctx, wish.name)
    own = person.id == ctx.known.person.id
    orgs = _orgs(ctx, person)
    if wish.days is None:
        noted = leave.coming(ctx.session, [person.id], ctx.today)
        if not noted or (wish.name and _WORDS.sub("", match.text).split()[1:]):
            raise UserError("leave-how", example=_example(ctx, person, own=own))
        listed = list(map(_written, noted))
        lines = [wording.leave_listed(person.name, listed), wording.leave_end(person.name, listed, own=own)]
        return Reply("\n".join(lines), outcome="shown")
    days, changes = _within(ctx, wish.days)
    same = [e for e in leave.coming(ctx.session, [person.id], ctx.today) if (e.first_on, e.last_on) == days]
    if same:
        return Reply(wording.leave_same(person.name, *days), outcome="repeat")
    row, replaced = leave.note(ctx.session, person.id, days, ctx.known.person.id, ctx.now)
    ctx.audit("leave", f"person:{person.id}", orgs[0].id, after={"days": _written(row)})
    changes += [wording.leave_replaces(list(map(_written, replaced)))] if replaced else []
    workdays = Workdays(ctx.campaign).count(date.fromordinal(days[0].toordinal() - 1), days[1])
    standing = leave.coming(ctx.session, [person.id], ctx.today)
    changes += [wording.leave_together(list(map(_written, standing)))] if len(standing) > 1 else []
    lines = wording.leave_noted(person.name, *days, workdays, changes)
    return Reply("\n".join([*lines, *_covered(ctx, person, orgs, row, own=own)]), outcome="leave")


def _person(ctx: Context, name: str) -> Person:
    """Return who is away: the sender, or for an admin a person of his orgs."""
    if not name:
        return ctx.known.person
    if any(each.isdecimal() for each in name):
        raise UserError("leave-no-such-day", example=_example(ctx, ctx.known.person, own=True))
    if not _is_person(ctx, name) and (called := orgs_called(ctx.session, name)):
        raise _for_an_org(ctx, called[0])
    if Role.ADMIN in ctx.known.roles:
        return rights.find_person(ctx, name)
    if not _is_person(ctx, name):
        raise UserError("leave-how", example=_example(ctx, ctx.known.person, own=True))
    raise UserError("leave-own-only", name=name)


def _for_an_org(ctx: Context, org: Org) -> UserError:
    """Return the answer to a leave of an org: it is people who go, and who of them there are."""
    if Role.ADMIN not in ctx.known.roles or org.id not in ctx.scope(Role.ADMIN):
        return UserError("leave-how", example=_example(ctx, ctx.known.person, own=True))
    held = [each for each in held_in(ctx.session, [org.id]) if each.role is Role.LIAISON]
    if not held:
        return UserError("leave-nobody-there", org=org.name)
    names = "、".join(dict.fromkeys(each.person.name for each in held))
    return UserError("leave-org", org=org.name, names=names, example=_example(ctx, held[0].person, own=False))


def _orgs(ctx: Context, person: Person) -> list[Org]:
    """List the orgs that a person reports for, or runs. Raises UserError("leave-no-duty")."""
    held = [each for each in held_by(ctx.session, [person.id]) if each.role in REPORTERS]
    if person.id != ctx.known.person.id:
        scope = ctx.scope(Role.ADMIN)
        held = [each for each in held if each.org.id in scope]
    found = {each.org.id: each.org for each in held if each.role is Role.LIAISON} or {e.org.id: e.org for e in held}
    if not found:
        raise UserError("leave-no-duty", name=person.name)
    return list(found.values())


def _example(ctx: Context, person: Person, *, own: bool) -> str:
    first = date.fromordinal(ctx.today.toordinal() + 1)
    last = date.fromordinal(ctx.today.toordinal() + 3)
    days = f"{wording.day_words(first)}到{wording.day_words(last)}"
    return f"请假 {days}" if own else f"请假 {person.name} {days}"


def _within(ctx: Context, days: tuple[date, date]) -> tuple[tuple[date, date], list[str]]:
    """Return the days that can be noted, and what was changed about them. Raises UserError."""
    first, last = days
    if last < first:
        raise UserError("leave-backwards", first=wording.day_words(first), last=wording.day_words(last))
    if last < ctx.today:
        raise UserError("leave-over", days=wording.leave_days(first, last))
    end, changes = ctx.campaign.closes_on, []
    if first > end or ctx.today > end:
        raise UserError("leave-after-close", name=ctx.campaign.short_name, day=wording.day_words(end))
    if first < ctx.today:
        first = ctx.today
        changes.append(wording.leave_from_today(first))
    if last > end:
        last = end
        changes.append(wording.leave_until_close(ctx.campaign, end))
    return (first, last), changes


Covers = list[tuple[Org, list[Contact]]]  # who gets the reminders of each org; [] when nobody stands in


def covers(ctx: Context, person_id: int, orgs: Sequence[Org], row: Leave) -> Covers:
    """Return who gets the reminders of each org during a leave."""
    away = {person_id, *leave.away_between(ctx.session, row.first_on, row.last_on)}
    found = [(org, of_org(ctx.session, org.id, away)) for org in orgs]
    return [(org, [] if people.deserted(org.id) else people.reporters(org.id)) for org, people in found]


def _stand_ins(ctx: Context, person_id: int, found: Covers, row: Leave) -> Covers:
    """Return of those only who would not be told if the person were there."""
    away = leave.away_between(ctx.session, row.first_on, row.last_on) - {person_id}
    usual = {org.id: of_org(ctx.session, org.id, away).reporters(org.id) for org, _ in found}
    return [(org, [each for each in contacts if each not in usual[org.id]]) for org, contacts in found]


def _covered(ctx: Context, person: Person, orgs: Sequence[Org], row: Leave, *, own: bool) -> list[str]:
    """Say who stands in, and tell them; when nobody does, tell the admins."""
    found = covers(ctx, person.id, orgs, row)
    shown = [(org.name, [contact.name for contact in contacts]) for org, contacts in found]
    lines = wording.leave_cover(shown, own=own)
    days = _written(row)
    if not own:
        rights.tell(ctx, person, wording.leave_own_told(ctx.campaign, ctx.known.person.name, days))
    stand_ins = _stand_ins(ctx, person.id, found, row)
    _tell_covers(ctx, stand_ins, lambda names: wording.leave_cover_told(ctx.campaign, person.name, names, days))
    alone = [org for org, contacts in found if not contacts]
    if alone and not own:
        lines.append(wording.leave_find_backup(alone[0].name))
    elif alone:
        admins = [each for each in nearest_admins(ctx.session, alone[0])[1] if each.person_id != person.id]
        names = [org.name for org in alone]
        _send(ctx, admins, wording.leave_alone_told(ctx.campaign, person.name, names, days))
        lines.append(wording.leave_admins_told([each.name for each in admins]))
    if row.last_on == ctx.campaign.closes_on and (row.last_on - row.first_on).days >= LONG:
        lines.append(wording.leave_long(person.name, own=own))
    standing = leave.coming(ctx.session, [person.id], ctx.today)
    return [*lines, wording.leave_end(person.name, list(map(_written, standing)), own=own)]


def _tell_covers(ctx: Context, found: Covers, say: Callable[[list[str]], str]) -> None:
    by_person: dict[int, tuple[Contact, list[str]]] = {}
    for org, contacts in found:
        for contact in contacts:
            by_person.setdefault(contact.person_id, (contact, []))[1].append(org.name)
    for contact, names in by_person.values():
        if contact.person_id != ctx.known.person.id:
            _send(ctx, [contact], say(list(dict.fromkeys(names))))


def _send(ctx: Context, contacts: Sequence[Contact], text: str) -> None:
    at = release(ctx.campaign, ctx.now)
    drafts = [Draft(recipient(contact), Text(text), RULE, at) for contact in contacts]
    add(ctx.session, drafts, ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)


def _written(row: Leave) -> str:
    return wording.leave_days(row.first_on, row.last_on)


@route(
    "leave-end",
    words=("销假", "提前销假", "我要销假", "取消请假", "结束请假", "取消休假"),
    takes_rest=True,
    roles=REPORTERS,
    examples=("销假", "销假 2", "销假 王芳"),
    help="销假：取消请假，提醒照常发给您；销假 2：只取消第2段",
)
def end_leave(ctx: Context, match: Match) -> Reply:
    """Take every leave back that runs or is to come, or the one that is named by its number or first day."""
    found = find_days(match.rest, ctx.today)
    number = None if found else _NUMBER.search(match.rest)
    name = (found.rest if found else _NUMBER.sub("", match.rest)).strip()
    person = _person(ctx, "" if name in (ctx.known.person.name, "我") else name)
    own = person.id == ctx.known.person.id
    orgs = _orgs(ctx, person)
    noted = leave.coming(ctx.session, [person.id], ctx.today)
    if not noted:
        raise UserError("leave-none", name=person.name)
    if found is not None:
        noted = [_begun_on(ctx, person, noted, found.first)]
    elif number is not None:
        noted = [_numbered(person, noted, int(number[1]))]
    ended = leave.end(ctx.session, noted, ctx.now)
    left = [_written(row) for row in leave.coming(ctx.session, [person.id], ctx.today)]
    days = list(map(_written, ended))
    ctx.audit("leave-end", f"person:{person.id}", orgs[0].id, before={"days": "、".join(days)})
    if not own:
        rights.tell(ctx, person, wording.leave_own_over(ctx.campaign, ctx.known.person.name))
    covered = [each for row in ended for each in _stand_ins(ctx, person.id, covers(ctx, person.id, orgs, row), row)]
    _tell_covers(ctx, covered, lambda names: wording.leave_cover_over(ctx.campaign, person.name, names, days))
    return Reply(wording.leave_taken_back(person.name, days, left, own=own), outcome="leave-ended")


def _numbered(person: Person, noted: Sequence[Leave], number: int) -> Leave:
    """Return the leave that a number means, as 请假 lists them. Raises UserError."""
    if not 1 <= number <= len(noted):
        raise UserError("leave-no-such", name=person.name, days=wording.leave_stretches(list(map(_written, noted))))
    return noted[number - 1]


def _begun_on(ctx: Context, person: Person, noted: Sequence[Leave], day: date) -> Leave:
    """Return the leave that begins on a day, or runs. Raises UserError: back on a later day may mean a shorter one."""
    for place, row in enumerate(noted, 1):
        if row.first_on == day or row.first_on < day <= min(row.last_on, ctx.today):
            return row
        if row.first_on < day <= row.last_on:
            before = date.fromordinal(day.toordinal() - 1)
            raise UserError(
                "leave-within",
                day=wording.day_words(day),
                days=_written(row),
                number=place,
                example=f"{wording.day_words(row.first_on)}到{wording.day_words(before)}",
            )
    raise UserError("leave-no-such", name=person.name, days=wording.leave_stretches(list(map(_written, noted))))


def leave_lines(ctx: Context, org: Org) -> list[str]:
    """Write the leaves of who reports for an org, for 我的."""
    held = held_in(ctx.session, [org.id])
    names = {each.person.id: each.person.name for each in held if each.role is Role.LIAISON}
    lines = []
    for row in leave.coming(ctx.session, names, ctx.today) if names else []:
        ((_, contacts),) = covers(ctx, row.person_id, [org], row)
        lines.append(wording.leave_line(names[row.person_id], _written(row), [each.name for each in contacts]))
    return lines
