"""Reminders: who is asked for what, in which words, and what was asked today already.

The clock's rules (schedules) and an admin's 催报 (handlers) write the same reminder here, and delivery's last look
(schedules/silence.py) rewrites it with the same words. One message a person, however much is owed.

Tone (decisions 7): 通知, 提示, 催办; says what is owed, until when and how to answer in one line, demands no answer at
once, names no person. Texts stay under the platform's 2048 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.audience import Audience, recipient
from models.campaign.definition import Campaign, Duty, DutyKind, Rule, RuleKind
from models.duties import DutyState, Standing
from models.figures import grouped
from models.messages import About, Draft, Text
from models.outbox import Notice, Status
from models.people import Contact
from models.phrases import duty_name, fitted, short_name, until
from models.spreading import spread

CHASE = "chase"  # stands in for a rule's key with the reminders that an admin sends
OVERDUE_LIFE = timedelta(hours=12)  # a chase of something overdue; the next working day's follows (decided by us)
WITHDRAWN = (Status.CANCELLED, Status.EXPIRED)  # what nobody got does not count for the cap
ANNOUNCED, REMINDED, CHASED = "通知", "提示", "催办"  # the three tones, soft to firm
EXAMPLES = 3  # how many duties a reminder shows an example for
_CHASE_LOCK = 7_202_105_12  # advisory lock on PostgreSQL: of two chases at once the second sees the first


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing to remind an org's people of."""

    rule_key: str
    rule: Rule | None  # None: an admin asks
    state: DutyState


@dataclass(slots=True)
class _Parcel:
    """What one person is reminded of."""

    contact: Contact
    first: Ask
    states: dict[About, DutyState] = field(default_factory=dict)


def write(campaign: Campaign, asks: Iterable[Ask], audience: Audience, at: datetime) -> list[Draft]:
    """Write one reminder a person, in the order of asks and roster.

    at: aware, when they leave; they say what is true then.

    A draft carries the key of the first ask that had something for the person, and what it asks for in `abouts`. An
    org that nobody has joined gets none.
    """
    parcels: dict[int, _Parcel] = {}
    for ask in asks:
        for contact in audience.reporters(ask.state.org.id):
            parcel = parcels.setdefault(contact.person_id, _Parcel(contact, ask))
            parcel.states.setdefault(about(ask.state), ask.state)
    return spread([_draft(campaign, parcel, at) for parcel in parcels.values()])


def _draft(campaign: Campaign, parcel: _Parcel, at: datetime) -> Draft:
    ahead = [state.due_at for state in parcel.states.values() if state.due_at > at]
    return Draft(
        recipient=recipient(parcel.contact),
        content=compose(campaign, parcel.first.rule, parcel.states.values(), at),
        rule=parcel.first.rule_key,
        not_before=at,
        expires_at=max(ahead) if ahead else at + OVERDUE_LIFE,
        abouts=tuple(parcel.states),
    )


def about(state: DutyState) -> About:
    """Return what a notice about a state asks for."""
    return About(state.key, state.org.id, state.period.key)


def compose(campaign: Campaign, rule: Rule | None, states: Iterable[DutyState], at: datetime) -> Text:
    """Word a reminder: what is owed, until when, how to answer. Equal duties give equal texts, whoever owes them."""
    order = {key: place for place, key in enumerate(campaign.duties)}
    return Text(reminder(campaign, rule, sorted(states, key=lambda s: (s.due_at, order[s.key], s.org.id)), at))


def reminder(campaign: Campaign, rule: Rule | None, states: Sequence[DutyState], at: datetime) -> str:
    """Word a reminder of one or several duties of one person, in the order given. rule: None when an admin asks."""
    level = _level(rule, states)
    head = f"【{campaign.short_name}】{level}：{_opening(rule, states, campaign, at)}"
    if len(states) == 1:
        asking = "" if level == ANNOUNCED or _begun(states[0]) else "还没报"
        line = f"{_owed(campaign, states[0], at, asking)}{'，方便时请补上' if level == CHASED else ''}。"
        return fitted([f"{head}{line}", how(campaign, states)])
    named = len({state.org.id for state in states}) > 1
    orgs = [f"{state.org.name} " if named else "" for state in states]
    lines = [
        f"{n}. {org}{_owed(campaign, state, at)}" for n, (org, state) in enumerate(zip(orgs, states, strict=True), 1)
    ]
    first = f"{head}有{len(states)}项还没报齐："
    return fitted([first, *lines], how(campaign, states), more="还有{}项，回“我的”看全部")


def _level(rule: Rule | None, states: Sequence[DutyState]) -> str:
    if all(state.standing is Standing.OVERDUE for state in states):
        return CHASED
    return ANNOUNCED if rule is not None and rule.to == "all" else REMINDED


def _opening(rule: Rule | None, states: Sequence[DutyState], campaign: Campaign, at: datetime) -> str:
    if rule is None or not rule.text:
        return ""
    orgs = "、".join(dict.fromkeys(state.org.name for state in states))
    name = "、".join(dict.fromkeys(state.duty.name for state in states))
    return rule.text.format(name=name, org=orgs, due=until(campaign, states[0].due_at, at)).strip() + "\n"


def _owed(campaign: Campaign, state: DutyState, at: datetime, asking: str = "") -> str:
    name = duty_name(state.duty, state.period)
    return f"{name}{asking}，{until(campaign, state.due_at, at)}{_so_far(campaign, state)}"


def _begun(state: DutyState) -> bool:
    return state.pledge_missing or state.have > 0


def _so_far(campaign: Campaign, state: DutyState) -> str:
    """Say what is there already, so that nobody reports it twice."""
    if state.pledge_missing:
        return f"，数字已收到，还差一句“{state.duty.pledge[0]}”"
    if not 0 < state.have < state.need or state.duty.indicator is None:
        return ""
    measure = campaign.indicators[state.duty.indicator].measure
    return f"，已报{grouped(state.have)}{measure}，还差{grouped(state.need - state.have)}{measure}"


def how(campaign: Campaign, states: Sequence[DutyState]) -> str:
    """Say in one line how to answer; an example for the first few of the duties."""
    if all(state.pledge_missing for state in states):
        return f"属实的话，直接回“{states[0].duty.pledge[0]}”就行。"
    figures = [_example(campaign, state) for state in states if state.duty.kind is not DutyKind.DOCUMENT]
    documents = [statement(state.duty) for state in states if state.duty.kind is DutyKind.DOCUMENT]
    parts = []
    if figures:
        parts.append(f"办了直接回复即可，例如“{'，'.join(list(dict.fromkeys(figures))[:EXAMPLES])}”。")
    if documents:
        parts.append(f"交了回一句“{'”“'.join(dict.fromkeys(documents))}”就行。")
    return "".join(parts) + "已报的不用再回。"


def statement(duty: Duty) -> str:
    """Return the sentence by which a liaison says that a document was handed in: 总结已报送."""
    return f"{short_name(duty)}已报送"


def _example(campaign: Campaign, state: DutyState) -> str:
    if state.pledge_missing:
        return state.duty.pledge[0]
    indicator = campaign.indicators[state.duty.indicator or ""]
    return indicator.hint or f"{indicator.name}1{indicator.measure}"


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder of today that went out or waits."""

    notice_id: int
    person_id: int | None
    abouts: frozenset[About]
    rule: str
    at: datetime  # campaign time at which it was written


def reminded_today(session: Session, campaign: Campaign, now: datetime) -> list[Reminded]:
    """List the reminders written since midnight, oldest first; an admin's included, the withdrawn left out."""
    rules = [key for key, rule in campaign.rules.items() if rule.kind is RuleKind.REMIND]
    query = (
        select(Notice.id, Notice.person_id, Notice.abouts, Notice.rule, Notice.created_at)
        .where(
            Notice.rule.in_([*rules, CHASE]),
            Notice.created_at >= midnight(campaign, now),
            Notice.created_at <= now,
            Notice.status.not_in(WITHDRAWN),
        )
        .order_by(Notice.id)
    )
    return [
        Reminded(notice_id, person_id, frozenset(About(**item) for item in abouts), rule, at)
        for notice_id, person_id, abouts, rule, at in session.execute(query)
    ]


def at_the_cap(campaign: Campaign, reminded: Iterable[Reminded]) -> set[int | None]:
    """Return the persons who have had as many reminders today as quiet.daily_cap allows."""
    counts: dict[int | None, int] = {}
    for each in reminded:
        counts[each.person_id] = counts.get(each.person_id, 0) + 1
    return {person for person, count in counts.items() if count >= campaign.quiet.daily_cap}


def midnight(campaign: Campaign, now: datetime) -> datetime:
    """Return the beginning of the campaign's day, aware UTC."""
    return datetime.combine(campaign.local_day(now), time(0), tzinfo=campaign.tz).astimezone(UTC)


def one_chase_at_a_time(session: Session) -> None:
    """Let chases be written one after the other until commit. On SQLite writers wait for each other anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHASE_LOCK})
