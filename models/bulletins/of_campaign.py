"""The weekly brief and the closing summary, from the ledger: for the office, or for one org and those under it.

The summary is a draft: 通知 asks every org for one by 28 May, and its figures are here already. What only people know
is left as a place to fill in. Their wording is decided by us 2026-11-24.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import issues
from models.bulletins.document import TEXT, Appendix, Block, Document
from models.bulletins.of_issue import by_place, moment_long, named, upcoming
from models.campaign.definition import Campaign, IndicatorKind
from models.campaign.periods import Period, this_week
from models.duties import DutyState, Standing, states
from models.figures import grouped
from models.ledger import Fact, Report, ReportKind, facts, latest_readings, sums
from models.messages import RankRow, RankTable
from models.people import Org, all_orgs
from models.phrases import duty_name, span

FILL_IN = "（请补充）"
DRAFT = "（初稿，数据来自机器人台账，请核对补充后使用）"
LEADERS = 3  # orgs that a paragraph names


@dataclass(frozen=True, slots=True)
class Line:
    """What one indicator adds up to."""

    name: str
    measure: str
    total: Decimal
    week: Decimal | None  # None: a level, or the week has nothing
    orgs: int
    best: tuple[tuple[str, Decimal], ...]  # orgs with the most, by name
    parts: tuple[tuple[str, Decimal], ...]  # 社区 5, 学校 2


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose paper it is."""

    name: str  # of the org that signs
    org_ids: Collection[int] | None  # None: everybody
    kinds: frozenset[str]

    @property
    def whole(self) -> bool:
        """Tell whether it is about everybody."""
        return self.org_ids is None


def weekly(session: Session, campaign: Campaign, scope: Scope, now: datetime) -> Document:
    """Write the brief of the running campaign week."""
    first, last = this_week(campaign, campaign.local_day(now))
    found = lines(session, campaign, scope, (first, last))
    every = _states(session, campaign, scope, now)
    moved = [line for line in found if line.week]
    done = "、".join(f"{line.name}{_amount(line.week or Decimal(0), line.measure)}" for line in moved)
    days = span(Period("", 0, first, last))
    blocks = [
        Block(TEXT, f"本周（{days}）工作进展如下，数据截至{moment_long(campaign, now)}。"),
        Block(1, "本周进展"),
        Block(TEXT, f"本周新增：{done}。" if done else "本周还没有报送数据。"),
        *(Block(TEXT, text) for text in _told(moved, scope)),
        Block(1, "任务完成情况"),
        *(Block(TEXT, text) for text in _duties(every, scope)),
        *_rankings(session, campaign, scope),
        Block(1, "下周工作"),
        *(Block(TEXT, text) for text in _ahead(campaign, scope, now)),
    ]
    title = f"{campaign.short_name}工作周报"
    return _document(campaign, scope, title, f"（{days}）", blocks, found, campaign.local_day(now), "指标汇总")


def closing(session: Session, campaign: Campaign, scope: Scope, now: datetime) -> Document:
    """Write the draft of the summary."""
    found = lines(session, campaign, scope, None)
    every = _states(session, campaign, scope, now)
    reports, reporters = _counts(session, scope)
    days = span(Period("", 0, campaign.first_day, campaign.last_day))
    taken = (
        f"{reporters}家单位报送{grouped(Decimal(reports))}次" if scope.whole else f"报送{grouped(Decimal(reports))}次"
    )
    blocks = [
        Block(TEXT, f"按照{campaign.name}工作安排（{days}），现将工作开展情况总结如下。{DRAFT}"),
        Block(1, "基本情况"),
        Block(TEXT, f"截至{moment_long(campaign, now)}，共{taken}，涉及{len(found)}项指标。{FILL_IN}"),
        Block(1, "主要做法和成效"),
        *_achieved(found, scope),
        Block(1, "任务完成情况"),
        *(Block(TEXT, text) for text in _duties(every, scope)),
        *_rankings(session, campaign, scope),
        Block(1, "存在的不足"),
        *(Block(TEXT, text) for text in _gaps(every, scope)),
        Block(1, "下一步打算"),
        Block(TEXT, FILL_IN),
    ]
    title = f"{campaign.name}\n工作总结"
    return _document(campaign, scope, title, "", blocks, found, campaign.local_day(now), "各项指标汇总")


def lines(session: Session, campaign: Campaign, scope: Scope, week: tuple[date, date] | None) -> list[Line]:
    """Add up every indicator that has a figure, in file order. week: also what its days bring."""
    names = {org.id: org.name for org in all_orgs(session)}
    known = facts(session, indicators=list(campaign.indicators))
    if scope.org_ids is not None:
        known = [fact for fact in known if fact.org_id in scope.org_ids]
    by_key: dict[str, list[Fact]] = {}
    for fact in known:
        by_key.setdefault(fact.indicator, []).append(fact)
    return [_line(campaign, key, by_key[key], names, week) for key in campaign.indicators if key in by_key]


def _line(
    campaign: Campaign, key: str, known: Sequence[Fact], names: dict[int, str], week: tuple[date, date] | None
) -> Line:
    indicator = campaign.indicators[key]
    level = indicator.kind is IndicatorKind.LEVEL
    values = {place: fact.value for place, fact in latest_readings(known).items()} if level else sums(known)
    by_org: dict[int, Decimal] = {}
    by_part: dict[str, Decimal] = {}
    for (org_id, _, part), value in values.items():
        by_org[org_id] = by_org.get(org_id, Decimal(0)) + value
        by_part[part] = by_part.get(part, Decimal(0)) + value
    inside = [fact.value for fact in known if week and week[0] <= fact.day <= week[1]]
    best = sorted(((names[org_id], value) for org_id, value in by_org.items() if value > 0), key=lambda one: -one[1])
    named_parts = sorted(((part, value) for part, value in by_part.items() if part), key=lambda one: -one[1])
    return Line(
        name=indicator.name,
        measure=indicator.measure,
        total=sum(values.values(), Decimal(0)),
        week=sum(inside, Decimal(0)) if inside and not level else None,
        orgs=sum(value != 0 for value in by_org.values()),
        best=tuple(best[:LEADERS]),
        parts=tuple(named_parts),
    )


def _amount(value: Decimal, measure: str) -> str:
    return f"{grouped(value)}{measure}"


def _told(found: Sequence[Line], scope: Scope) -> Iterator[str]:
    """Name who has done the most, where several report."""
    if not scope.whole:
        return
    for line in found:
        if len(line.best) > 1:
            best = "、".join(f"{org}{_amount(value, line.measure)}" for org, value in line.best)
            yield f"{line.name}累计{_amount(line.total, line.measure)}，{line.orgs}家开展，较多的有{best}。"


def _achieved(found: Sequence[Line], scope: Scope) -> Iterator[Block]:
    if not found:
        yield Block(TEXT, f"台账中还没有数据。{FILL_IN}")
    for line in found:
        yield Block(2, line.name)
        parts = f"，其中{'、'.join(f'{part}{_amount(value, line.measure)}' for part, value in line.parts)}"
        orgs = f"，{line.orgs}家单位开展" if scope.whole else ""
        best = f"。较多的有{'、'.join(f'{org}{_amount(value, line.measure)}' for org, value in line.best)}"
        told = best if scope.whole and len(line.best) > 1 else ""
        yield Block(TEXT, f"共{_amount(line.total, line.measure)}{orgs}{parts if line.parts else ''}{told}。{FILL_IN}")


def _states(session: Session, campaign: Campaign, scope: Scope, now: datetime) -> list[DutyState]:
    found = states(session, campaign, now, org_ids=scope.org_ids)
    return [state for state in found if state.standing.counted or state.standing is Standing.EXCUSED]


def _groups(every: Sequence[DutyState]) -> list[list[DutyState]]:
    groups: dict[tuple[str, str], list[DutyState]] = {}
    for state in every:
        groups.setdefault((state.key, state.period.key), []).append(state)
    return list(groups.values())


def _duties(every: Sequence[DutyState], scope: Scope) -> Iterator[str]:
    if not every:
        yield "目前没有到期或进行中的任务。"
    for found in _groups(every):
        name = duty_name(found[0].duty, found[0].period)
        late = sum(state.standing is Standing.DONE_LATE for state in found)
        done = sum(state.standing.met for state in found)
        excused = sum(state.standing is Standing.EXCUSED for state in found)
        if not scope.whole and len(found) == 1:
            yield f"{name}：{'免报' if excused else '逾期完成' if late else '已完成' if done else '还没有完成'}。"
            continue
        missing = [state.org.name for state in found if state.standing.open]
        parts = [f"应完成{len(found) - excused}家，已完成{done}家"]
        parts += [f"其中逾期{late}家"] if late else []
        parts += [f"未完成{len(missing)}家（{named(missing)}）"] if missing else []
        parts += [f"另有{excused}家免报"] if excused else []
        yield f"{name}：{'，'.join(parts)}。"


def _rankings(session: Session, campaign: Campaign, scope: Scope) -> Iterator[Block]:
    """Tell the newest issue of each ranking: who leads; for one org its own place."""
    told = []
    for key in campaign.rankings:
        table = issues.last_issue(session, key)
        if table is None:
            continue
        ranked = [(row, row.rank, row.value) for row in table.rows if row.rank is not None and row.value is not None]
        if scope.whole:
            places = by_place(table, [one for one in ranked if one[1] <= LEADERS])
        else:
            places = _own_place(table, ranked, scope.name)
        if places:
            told.append(Block(TEXT, f"{table.title}第{table.number}期：{places}。"))
    if told:
        yield Block(1, "排名情况")
        yield from told


def _own_place(table: RankTable, ranked: Sequence[tuple[RankRow, int, Decimal]], name: str) -> str:
    """Tell where one org stands, and whether it shares the place; empty when it is not ranked."""
    for row, rank, value in ranked:
        if row.org == name:
            tied = "并列" if sum(other == rank for _, other, _ in ranked) > 1 else ""
            return f"{tied}第{rank}名，{grouped(value, table.decimals)}{table.unit}"
    return ""


def _gaps(every: Sequence[DutyState], scope: Scope) -> Iterator[str]:
    missing = [group for group in _groups(every) if any(state.standing is Standing.OVERDUE for state in group)]
    for group in missing:
        overdue = [state.org.name for state in group if state.standing is Standing.OVERDUE]
        name = duty_name(group[0].duty, group[0].period)
        yield f"{name}到期未完成{len(overdue)}家：{named(overdue)}。" if scope.whole else f"{name}到期没有完成。"
    yield FILL_IN if missing else f"各项任务没有逾期未完成的。{FILL_IN}"


def _ahead(campaign: Campaign, scope: Scope, now: datetime) -> Iterator[str]:
    coming = upcoming(campaign, now, scope.kinds)
    yield f"近期到期：{'；'.join(coming)}。" if coming else "近期没有到期的任务。"
    yield FILL_IN


def _counts(session: Session, scope: Scope) -> tuple[int, int]:
    query = select(Report.org_id, func.count(Report.id).label("number")).where(
        Report.kind.in_((ReportKind.REPORT, ReportKind.STATEMENT))
    )
    found = {row.org_id: row.number for row in session.execute(query.group_by(Report.org_id))}
    counted = {org_id: n for org_id, n in found.items() if scope.org_ids is None or org_id in scope.org_ids}
    return sum(counted.values()), len(counted)


def _document(
    campaign: Campaign,
    scope: Scope,
    title: str,
    subtitle: str,
    blocks: Sequence[Block],
    found: Sequence[Line],
    signed_on: date,
    appendix: str,
) -> Document:
    weekly_too = any(line.week is not None for line in found)
    columns = (
        "序号",
        "指标",
        "累计",
        *(("本周",) if weekly_too else ()),
        "计量",
        *(("单位数",) if scope.whole else ()),
    )
    rows = []
    for number, line in enumerate(found, 1):
        week = (grouped(line.week) if line.week is not None else "",) if weekly_too else ()
        orgs = (str(line.orgs),) if scope.whole else ()
        rows.append((str(number), line.name, grouped(line.total), *week, line.measure, *orgs))
    return Document(
        title=title,
        subtitle=subtitle,
        recipients="" if scope.whole else f"{campaign.office}：",
        blocks=tuple(blocks),
        signed_by=scope.name,
        signed_on=signed_on,
        appendix=Appendix(f"{campaign.short_name}{appendix}", columns, tuple(rows)) if rows else None,
        red_head=campaign.red_head if scope.whole else "",
    )


def scope_of(campaign: Campaign, orgs: Sequence[Org], below: Collection[int], name: str) -> Scope:
    """Make the scope of an org: everybody for the office, else the org and those under it (below: their ids)."""
    if name == campaign.office:
        return Scope(name, None, frozenset(campaign.kinds))
    return Scope(name, frozenset(below), frozenset(org.kind for org in orgs if org.id in below))
