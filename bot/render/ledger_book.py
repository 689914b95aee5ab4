"""The ledger as a workbook: totals, by org, every figure with its original text, every change.

Called by `export` and by delivery, with a session that only reads. The words are those of the chat.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache

from sqlalchemy.orm import Session

from bot.render.xlsx import Book, Column, Formula, Share, Sheet, Value
from handlers import wording
from models import audit, records
from models.campaign.definition import Campaign, Cycle, IndicatorKind
from models.duties import DutyState, OrgState, Standing, settle
from models.ledger import Fact, latest_readings, sums
from models.people import Org, all_orgs
from models.records import Record, Snapshot

Item = tuple[str, str]  # indicator, part

RECORDS = (
    Column("编号", 9),
    Column("单位", 22),
    Column("填报人", 10),
    Column("所属日期", 12),
    Column("上报时间", 17),
    Column("项目", 18),
    Column("分项", 12),
    Column("计入数", 14),
    Column("原报数", 14),
    Column("计量", 8),
    Column("约数", 6),
    Column("累计数", 8),
    Column("状态", 9),
    Column("被哪条改", 10),
    Column("来源", 8),
    Column("改的哪条", 10),
    Column("数字原文", 20),
    Column("消息原文", 60),
)
VALUE, NAME, STATE = (
    "'明细'!$H:$H",
    "'明细'!$F:$F",
    "'明细'!$M:$M",
)  # columns of RECORDS that the totals are checked against
CHANGES = (
    Column("序号", 8),
    Column("时间", 17),
    Column("操作人", 10),
    Column("单位", 22),
    Column("操作", 14),
    Column("对象", 18),
    Column("原来", 36),
    Column("改为", 36),
    Column("消息原文", 60),
    Column("校验码", 15),
)
ORG = (
    Column("单位", 24),
    Column("类别", 12),
    Column("上级单位", 18),
    Column("上报条数", 10),
    Column("最近上报", 17),
)
SUMMARY_WIDTHS = (26, 16, 12, 16, 12, 12, 12, 18)


class _Totals:
    """What the figures add up to, taken in while the ledger is walked through once."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.messages: dict[int, set[int]] = {}  # org -> reports that count
        self.last: dict[int, datetime] = {}

    def take(self, record: Record) -> None:
        """Count a figure that stands."""
        self.facts.append(record.fact)
        self.messages.setdefault(record.org_id, set()).add(record.number)
        self.last[record.org_id] = max(record.made_at, self.last.get(record.org_id, record.made_at))

    def by_org(self, campaign: Campaign) -> Mapping[tuple[int, str, str], Decimal]:
        """Return what stands by (org, indicator, part): the sum of a flow, the last reading of a level."""
        levels = {key for key, each in campaign.indicators.items() if each.kind is IndicatorKind.LEVEL}
        figures = [fact for fact in self.facts if wording.is_figure(fact.indicator)]
        readings = latest_readings(fact for fact in figures if fact.indicator in levels)
        totals = sums(fact for fact in figures if fact.indicator not in levels)
        return totals | {key: fact.value for key, fact in readings.items()}


def ledger_book(session: Session, campaign: Campaign, shot: Snapshot) -> bytes:
    """Make the workbook of a snapshot."""
    org_ids = records.within(session, shot)
    orgs = [org for org in all_orgs(session) if org_ids is None or org.id in org_ids]
    names = {org.id: org.name for org in all_orgs(session)}
    roots = [] if shot.roots is None else [names[root] for root in shot.roots]
    title = wording.export_title(campaign, roots)
    book = Book(shot.as_of.astimezone(campaign.tz), title)
    items = _items(session, campaign, shot)
    summary = book.sheet("汇总", SUMMARY_WIDTHS, "A6")
    by_org = book.sheet("按单位", [*(column.width for column in ORG), *[12] * len(items)], "B2")
    ledger = book.sheet("明细", [column.width for column in RECORDS], "B2")
    changes = book.sheet("改动", [column.width for column in CHANGES], "A2")
    totals = _write_ledger(ledger, campaign, records.records(session, shot))
    figures = totals.by_org(campaign)
    _write_orgs(by_org, campaign, orgs, names, items, totals, figures)
    head = [title, wording.export_as_of(campaign, shot.as_of)]
    head.append(wording.export_chain(audit.verify(session), audit.head(session)))
    states = settle(session, campaign, [OrgState.of(org) for org in orgs], totals.facts, shot.as_of)
    _write_summary(summary, campaign, head, items, totals, figures, states)
    _write_changes(changes, session, campaign, shot)
    return book.data()


def _items(session: Session, campaign: Campaign, shot: Snapshot) -> list[Item]:
    """List what has figures that count, in the campaign file's order; what it does not know stands at the end."""
    known = {
        (record.indicator, record.part)
        for record in records.records(session, shot)
        if record.ended_by is None and wording.is_figure(record.indicator)
    }
    order = {key: number for number, key in enumerate(campaign.indicators)}

    def place(item: Item) -> tuple[int, int, str, str]:
        indicator, part = item
        by = campaign.indicators[indicator].by if indicator in order else None
        parts = list(campaign.dimensions[by].values) if by else []
        return order.get(indicator, len(order)), parts.index(part) if part in parts else len(parts), indicator, part

    return sorted(known, key=place)


def _write_ledger(sheet: Sheet, campaign: Campaign, rows: Iterable[Record]) -> _Totals:
    name = cache(lambda indicator, part: wording.item_name(campaign, indicator, part))
    totals = _Totals()
    sheet.header([column.title for column in RECORDS])
    for record in rows:
        if record.ended_by is None:
            totals.take(record)
        figure = wording.is_figure(record.indicator)
        indicator = campaign.indicators.get(record.indicator)
        sheet.row(
            (
                record.number,
                record.org,
                record.person,
                record.day,
                record.made_at.astimezone(campaign.tz),
                name(record.indicator, record.part),
                record.part,
                record.value if figure else None,
                record.stated if figure else None,
                indicator.measure if indicator else None,
                "约" if record.approx else None,
                "累计" if record.cumulative else None,
                wording.record_state(record.ended_kind),
                record.ended_by,
                wording.KINDS[record.kind],
                record.about,
                record.as_written,
                record.text,
            )
        )
    sheet.filter(1, len(RECORDS))
    return totals


def _write_orgs(
    sheet: Sheet,
    campaign: Campaign,
    orgs: Sequence[Org],
    names: Mapping[int, str],
    items: Sequence[Item],
    totals: _Totals,
    figures: Mapping[tuple[int, str, str], Decimal],
) -> None:
    """Write a line an org, also for who has reported nothing: an empty cell is no report, 0 is a reported nothing."""
    sheet.header([*(column.title for column in ORG), *(_heading(campaign, item) for item in items)])
    for org in orgs:
        last = totals.last.get(org.id)
        kind = campaign.kinds.get(org.kind)
        head: list[Value] = [
            org.name,
            kind.name if kind else org.kind,
            names.get(org.parent_id or 0),
            len(totals.messages.get(org.id, ())),
            last.astimezone(campaign.tz) if last else None,
        ]
        sheet.row([*head, *(figures.get((org.id, *item)) for item in items)])
    sheet.filter(1, len(ORG) + len(items))
    if items and orgs:
        added = [_sum(figures, item) for item in items]
        reports = sum(len(each) for each in totals.messages.values())
        sheet.row(["合计", None, None, reports, None, *added], bold=True)


def _heading(campaign: Campaign, item: Item) -> str:
    indicator = campaign.indicators.get(item[0])
    measure = f"（{indicator.measure}）" if indicator else ""
    return f"{wording.item_name(campaign, *item)}{measure}"


def _sum(figures: Mapping[tuple[int, str, str], Decimal], item: Item) -> Decimal:
    return sum((value for (_, indicator, part), value in figures.items() if (indicator, part) == item), Decimal(0))


def _write_summary(
    sheet: Sheet,
    campaign: Campaign,
    head: Sequence[str],
    items: Sequence[Item],
    totals: _Totals,
    figures: Mapping[tuple[int, str, str], Decimal],
    states: Sequence[DutyState],
) -> None:
    """Write the totals and, below, how far each duty is.

    Totals are numbers, since a phone's preview works nothing out; beside those that add up stands a formula over the
    ledger, for who opens it in Excel and wants to see that it comes to the same.
    """
    sheet.title(head[0])
    for line in head[1:]:
        sheet.row([line])
    sheet.row([])
    sheet.header(["项目", "合计", "计量", "按明细核对", "上报单位", "明细条数", "统计方式"])
    counted: dict[Item, int] = {}
    for fact in totals.facts:
        counted[fact.indicator, fact.part] = counted.get((fact.indicator, fact.part), 0) + 1
    reporting: dict[Item, int] = {}
    added: dict[Item, Decimal] = {}
    for (_, name, part), value in figures.items():
        item = (name, part)
        reporting[item] = reporting.get(item, 0) + 1
        added[item] = added.get(item, Decimal(0)) + value
    for item in items:
        definition = campaign.indicators.get(item[0])
        way = wording.way_of_counting(campaign, item[0])
        check = f'SUMIFS({VALUE},{NAME},A{sheet.rows + 1},{STATE},"计入")'
        flow = definition is None or definition.kind is IndicatorKind.FLOW
        sheet.row(
            [
                wording.item_name(campaign, *item),
                added[item],
                definition.measure if definition else None,
                Formula(check) if flow else None,
                reporting[item],
                counted[item],
                way,
            ]
        )
    sheet.row([])
    _write_duties(sheet, campaign, states)


def _write_duties(sheet: Sheet, campaign: Campaign, states: Sequence[DutyState]) -> None:
    sheet.header(["任务", "期间", "应完成", "已完成", "其中迟报", "未完成", "完成率", "截止"])
    groups: dict[tuple[str, datetime], list[DutyState]] = {}
    for state in states:
        if state.standing.counted:
            groups.setdefault((state.key, state.due_at), []).append(state)
    for (key, due_at), group in groups.items():
        duty, period = campaign.duties[key], group[0].period
        done = sum(state.standing.met for state in group)
        late = sum(state.standing is Standing.DONE_LATE for state in group)
        weekly = duty.cycle is Cycle.WEEKLY
        days = f"{period.start.month}.{period.start.day}至{period.end.month}.{period.end.day}" if weekly else "全程"
        share = Share(Decimal(done) / len(group))
        due = due_at.astimezone(campaign.tz)
        sheet.row([duty.name, days, len(group), done, late, len(group) - done, share, due])


def _write_changes(sheet: Sheet, session: Session, campaign: Campaign, shot: Snapshot) -> None:
    names = records.names(session)
    sheet.header([column.title for column in CHANGES])
    for change in records.changes(session, shot):
        row = change.row
        sheet.row(
            (
                row.id,
                row.at.astimezone(campaign.tz),
                wording.actor(names, row),
                names.orgs.get(row.org_id or 0),
                wording.ACTIONS.get(row.action, "改动"),
                wording.subject_words(campaign, names, row),
                wording.state_words(campaign, names, row.before),
                wording.state_words(campaign, names, row.after),
                change.text,
                row.hash[:12],
            )
        )
    sheet.filter(1, len(CHANGES))
