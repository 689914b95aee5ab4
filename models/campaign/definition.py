"""The campaign file as frozen values. Shapes only: loader.py reads the file and checks what ties its parts together.

Every class mirrors one kind of table in the file, so the TOML can be read beside this page. Unknown keys are errors.
Read by handlers (reading, answers), schedules (rules) and models (duties, rankings); nobody changes a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]
HourMinute = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]  # wall clock in campaign.zone
Words = tuple[Annotated[str, Field(min_length=1)], ...]


class Frozen(BaseModel):
    """Base of all parts: immutable, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class IndicatorKind(Enum):
    """How reports of one indicator add up."""

    FLOW = "flow"  # each report adds
    LEVEL = "level"  # a reading that replaces the last one


class Dimension(Frozen):
    """What an indicator is split by, e.g. the places of visit or the platforms of fans."""

    name: str  # as people say it: 场所, 平台
    values: dict[str, Words]  # value as stored -> the words that name it (the value itself included by the loader)


class Plausible(Frozen):
    """Above these a single report is asked about before it counts. All optional; None is no limit."""

    once: Decimal | None = None  # in base measure, whatever the org
    per_resident: Decimal | None = None  # times the org's population
    per_head: Decimal | None = None  # times the org's headcount
    times_history: Decimal | None = None  # times the largest single report this org has made so far


class Indicator(Frozen):
    """One figure that is collected. Figures are stored in the base measure."""

    name: str
    kind: IndicatorKind = IndicatorKind.FLOW
    measure: str  # the base measure, shown after every figure: 册, 条, 万元
    measures: dict[str, Decimal]  # accepted measure word -> factor to the base measure
    synonyms: Words = ()  # phrases that name the indicator
    by: Key | None = None  # the dimension it is split by
    named_by: dict[str, Words] = {}  # dimension value -> phrases that name indicator and value at once (进社区)
    needs: Words = ()  # a dimension word names this indicator only beside one of these (抖音 + 粉丝)
    rivals: Words = ()  # measure words that count different things: two of them in one report are asked about
    follows: tuple[Key, ...] = ()  # bare persons right after figures of these are its own (讲座3场 240人)
    gives_way_to: Key | None = None  # in a sentence that names that one, its figures are that one's (财会培训)
    plausible: Plausible = Plausible()
    hint: str = ""  # one short example that a liaison could copy


class OrgKind(Frozen):
    """A kind of org that reports."""

    name: str  # 市州, 运营商
    names: Words = ()  # other words by which an admin may call the whole kind


class Cycle(Enum):
    """How often a duty falls due."""

    ONCE = "once"  # over the whole campaign
    WEEKLY = "weekly"  # each campaign week


class DutyKind(Enum):
    """What meets a duty."""

    FIGURE = "figure"  # an indicator reaches at_least
    SHARE = "share"  # a level reaches at_least as a share of an attribute of the org
    DOCUMENT = "document"  # a file is handed in, or its sending is stated


@dataclass(frozen=True, slots=True)
class Moved:
    """Where admins have put the deadlines of a duty while the campaign runs (models/campaign/amended.py)."""

    due: Mapping[str, datetime] = field(default_factory=dict)  # period key -> aware, in place of the file's
    own: Mapping[tuple[int, str], datetime] = field(default_factory=dict)  # (org id, period key) -> that org's own
    since: Mapping[tuple[str, datetime], datetime] = field(default_factory=dict)  # (period key, deadline) -> set when


class Duty(Frozen):
    """What an audience owes."""

    name: str
    kind: DutyKind = DutyKind.FIGURE
    audience: tuple[Key, ...]  # org kinds
    indicator: Key | None = None  # for figure and share
    at_least: Decimal = Decimal(1)  # base measure; for share a fraction of the attribute (1 is 100 %)
    of: Literal["population", "headcount"] | None = None  # for share
    cycle: Cycle = Cycle.ONCE
    due: datetime | HourMinute | None = (
        None  # once: wall clock in campaign.zone; weekly: time on the last day of the week
    )
    pledge: Words = ()  # words that must be said for it to be met, the first is shown (已覆盖全部用户)
    names: Words = ()  # short names for commands: 短信, 总结
    source: str = ""  # clause of the notice, or "decided by us" with the date
    _moved: Moved = PrivateAttr(default_factory=Moved)  # no file can set it

    @property
    def moved(self) -> Moved:
        """Return where its deadlines were put while the campaign runs."""
        return self._moved

    def with_moved(self, moved: Moved) -> Self:
        """Return it with other deadlines."""
        copy = self.model_copy()
        copy._moved = moved
        return copy


class Shift(Enum):
    """What a rule does when its day is no working day."""

    NONE = "none"
    EARLIER = "earlier"
    LATER = "later"


class Late(Enum):
    """What happens to an occurrence that could not fire in time."""

    SEND = "send"  # send it late, up to max_late
    NEWEST = "newest"  # of several missed ones of one rule send only the newest, if not past max_late
    SKIP = "skip"  # record it as skipped


class Before(Frozen):
    """Fires some days before the deadline of a duty."""

    duty: Key
    days: tuple[Annotated[int, Field(ge=0, le=60)], ...]  # 0 is the day itself
    at: HourMinute


class Overdue(Frozen):
    """Fires each working day after the deadline of a duty, until closes_on."""

    duty: Key
    at: HourMinute


class Weekly(Frozen):
    """Fires on a weekday of each campaign week."""

    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    at: HourMinute
    first_on: date | None = None  # replaces the weekday in the first campaign week (which may start mid-week)


class Daily(Frozen):
    """Fires each day, or each working day, of the campaign."""

    at: HourMinute
    workdays_only: bool = True


class On(Frozen):
    """Fires once."""

    at: datetime  # wall clock in campaign.zone


class RuleKind(Enum):
    """What a rule says when it fires."""

    REMIND = "remind"  # a duty to all its audience, or only to who still owes it
    MISSING_LIST = "missing-list"  # who failed a duty in the period that has ended, to the admins
    RANKING = "ranking"  # issue a ranking: to its group if its approval is "none", else a preview to the admins
    BRIEF = "brief"  # where things stand, to the admins
    NOTICE = "notice"  # a fixed text to an audience
    PAPER = "paper"  # the draft of an official paper, to the admins


class Rule(Frozen):
    """What the clock does. Exactly one of before, overdue, weekly, daily, on says when."""

    name: str
    kind: RuleKind
    before: Before | None = None
    overdue: Overdue | None = None
    weekly: Weekly | None = None
    daily: Daily | None = None
    on: On | None = None
    duty: Key | None = None  # for remind and missing-list where the timing names none
    ranking: Key | None = None
    paper: Literal["weekly", "closing"] | None = None  # the week's brief, or the summary of the campaign
    to: Literal["all", "missing", "admins"] = "missing"
    audience: tuple[Key, ...] = ()  # org kinds, for notice; empty is everyone
    text: str = ""  # for notice, or to open a reminder; {name} {org} {due} are filled in
    shift: Shift = Shift.NONE
    late: Late = Late.SEND
    max_late_hours: Annotated[int, Field(ge=0, le=240)] = 24
    closing: bool = False  # also runs after last_day, until closes_on
    version: int = 1  # raised by hand when an edit must not fire again what has fired
    source: str = ""
    _amended: RuleAmended = PrivateAttr(default_factory=lambda: RuleAmended())  # no file can set it

    @property
    def amended(self) -> RuleAmended:
        """Return what admins have done to it while the campaign runs."""
        return self._amended

    def with_amended(self, amended: RuleAmended) -> Self:
        """Return it with other pauses and another origin."""
        copy = self.model_copy()
        copy._amended = amended
        return copy


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which a rule says nothing."""

    start: datetime  # aware
    end: datetime | None = None  # aware; None: until somebody takes it up again


@dataclass(frozen=True, slots=True)
class RuleAmended:
    """What admins have done to a rule while the campaign runs (models/campaign/amended.py)."""

    filed: Rule | None = None  # as the file has it, when its times were changed
    since: datetime | None = None  # firings of the changed rule count after this moment
    outdated: bool = False  # its times were changed, but the file has a newer version since, which holds
    pauses: tuple[Pause, ...] = ()  # oldest first

    def paused(self, scheduled_at: datetime, now: datetime) -> bool:
        """Tell whether a firing that is due and not taken up by now falls into a pause, or meets one."""
        return any(each.end is None or (each.start <= now and each.end > scheduled_at) for each in self.pauses)


class RollUp(Enum):
    """Whether the figures of the orgs under a ranked one count for it. Each figure counts once, for the nearest."""

    NONE = "none"
    ADD = "add"  # every org reports only its own: all are added
    FILL = "fill"  # who reports an indicator means all under it too; else what stands directly under it is added


class Ranking(Frozen):
    """A ranked list of organisations, never of persons. Ranks by figures, or (kind completion) by duties done."""

    name: str
    names: Words = ()
    kind: Literal["figures", "completion"] = "figures"
    value: tuple[Key, ...] = ()  # indicators whose figures are summed
    duties: tuple[Key, ...] = ()  # for completion: those that are counted; all when empty
    among: Key  # org kind
    period: Literal["all", "week", "last-week"] = "all"  # which days count: the campaign's, or a campaign week's
    roll_up: RollUp = RollUp.NONE
    per: Literal["population", "headcount"] | None = None
    scale: Decimal = Decimal(1)  # the ratio is multiplied by this: 10000 for 每万人
    unit: str  # shown after the value: 人/万人
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    direction: Literal["high", "low"] = "high"  # which end is rank 1
    approval: Literal["required", "none"] = "required"
    second_approver: bool = False  # two admins of the office must say yes
    group: Key = "office"
    stale_days: Annotated[int, Field(ge=1)] | None = None  # a level older than this is marked
    note: str = ""  # printed below: formula, source of the population
    source: str = ""


class Quiet(Frozen):
    """When nothing is pushed. Answers to people are not pushed, so they are never held."""

    start: HourMinute = "21:00"
    end: HourMinute = "08:00"
    daily_cap: Annotated[int, Field(ge=1)] = 3  # reminders to one person a day


class LadderStep(Frozen):
    """Who is told from some working day after a deadline on."""

    after: Annotated[int, Field(ge=1, le=20)]  # working days after the deadline's day; 1 is the next working day
    to: Literal["liaison", "backup", "superior", "admins"]


class Ladder(Frozen):
    """How what is overdue goes up, from step to step. It rides on the overdue rules; without steps nothing goes up."""

    steps: tuple[LadderStep, ...] = ()
    source: str = ""


class Campaign(Frozen):
    """One campaign. Build it with loader.load(), which also checks what ties the parts together."""

    key: Key
    name: str
    short_name: str  # what people call it: 反诈宣传月
    zone: str = "Asia/Shanghai"
    first_day: date
    last_day: date  # the last day on which everything runs
    reports_from: date  # figures dated earlier are asked about
    closes_on: date  # until then only closing rules run
    office: str  # the org that runs it; its admins stand at the top of the tree
    red_head: str = ""  # in red over a line on its official papers, such as 省联席办文件; none without it
    rest_days: tuple[date, ...] = ()  # days off beside the legal calendar
    work_days: tuple[date, ...] = ()  # working days beside the legal calendar
    quiet: Quiet = Quiet()
    ladder: Ladder = Ladder()
    kinds: dict[Key, OrgKind]
    dimensions: dict[Key, Dimension] = {}
    indicators: dict[Key, Indicator]
    duties: dict[Key, Duty]
    rules: dict[Key, Rule]
    rankings: dict[Key, Ranking] = {}
    groups: dict[Key, str] = {}  # group as in the config -> what people call it
    template: dict[Key, Words] = {}  # org kind (or all) -> indicators, or indicator/part, of 模板 beside what is owed
    reading: dict[str, Words] = {}  # word lists of the reader: see handlers/reading/lexicon.py

    @cached_property
    def tz(self) -> ZoneInfo:
        """The campaign's zone. loader.load() has checked that it exists."""
        return ZoneInfo(self.zone)

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Every phrase that names an indicator, or helps to."""
        found: set[str] = set()
        for indicator in self.indicators.values():
            found |= {indicator.name, *indicator.synonyms, *indicator.needs}
            found |= {phrase for named in indicator.named_by.values() for phrase in named}
        return tuple(found)

    def local_day(self, moment: datetime) -> date:
        """Return the calendar date of an aware moment in the campaign's zone."""
        return moment.astimezone(self.tz).date()

    def duties_of(self, kind: str) -> Mapping[str, Duty]:
        """Return the duties whose audience holds this org kind, in file order."""
        return {key: duty for key, duty in self.duties.items() if kind in duty.audience}
