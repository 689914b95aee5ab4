"""What ties the parts of a campaign together: within the file, and with the roster, the people and the groups. Pure.

Each function lists problems and raises nothing; loader.load() and the `check` command collect them. An empty list is
good news. Messages name the dotted key, say what is wrong and what to write instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from models.campaign import checks_reading
from models.campaign.checks_rules import (
    FAR_AHEAD,
    FAR_PAST,
    LONGEST,
    Found,
    Known,
    midnight,
    outside,
    rule_problems,
    unknown,
    unknown_each,
)
from models.campaign.definition import (
    Campaign,
    Cycle,
    Duty,
    DutyKind,
    Indicator,
    IndicatorKind,
    Ranking,
    RollUp,
)
from models.campaign.roster import RosterOrg, RosterPerson, folded
from models.campaign.shapes import nearest, one_of
from models.errors import Problem

LADDER = ("liaison", "backup", "superior", "admins")  # the steps of the ladder, lowest first

__all__ = ["Known", "against_groups", "against_people", "against_roster", "ties", "zone_exists"]


def ties(campaign: Campaign, file: str, known: Known | None = None) -> list[Problem]:
    """List what does not fit together inside one campaign, in file order.

    known: keys that count as defined; by default those that the campaign holds.
    """
    known = known or Known.of({name: getattr(campaign, name) for name in Known.__slots__})
    found: list[tuple[str, str, str]] = [*_days(campaign), *_kind_names(campaign)]
    for key, indicator in campaign.indicators.items():
        found += _indicator(campaign, known, f"indicators.{key}", indicator)
    found += _colliding_words(campaign)
    found += checks_reading.problems(campaign)
    for key, duty in campaign.duties.items():
        found += _duty(campaign, known, f"duties.{key}", duty)
    for key, ranking in campaign.rankings.items():
        found += _ranking(campaign, known, f"rankings.{key}", ranking)
    found += _template(campaign, known)
    for table, parts in (("duties", campaign.duties), ("rankings", campaign.rankings)):
        found += _colliding_names(table, {key: (part.name, *part.names) for key, part in parts.items()})
    found += _ladder(campaign)
    for key, rule in campaign.rules.items():
        found += rule_problems(campaign, known, f"rules.{key}", rule)
    return [Problem(file, *problem) for problem in found]


def against_roster(
    campaign: Campaign, orgs: Sequence[RosterOrg], file: str = "campaign", roster_file: str = "roster.csv"
) -> list[Problem]:
    """List where campaign and roster do not fit: office, kinds, and attributes that a ranking or share needs."""
    found = [Problem(file, *problem) for problem in _office(campaign, orgs)]
    for org in orgs:
        if org.kind not in campaign.kinds:
            instead = f"{nearest(org.kind, campaign.kinds)}{one_of(campaign.kinds)}"
            found.append(Problem(roster_file, f"line {org.line}", f'kind "{org.kind}" is not in the campaign', instead))
    for key, ranking in campaign.rankings.items():
        found += [Problem(file, *problem) for problem in _attribute(orgs, f"rankings.{key}", ranking)]
    for key, duty in campaign.duties.items():
        if duty.of and not any(getattr(org, duty.of) for org in orgs if org.kind in duty.audience):
            what = f"no org of {', '.join(duty.audience)} has a {duty.of}"
            found.append(Problem(file, f"duties.{key}.of", what, f"fill the column {duty.of} in {roster_file}"))
    return found


def against_people(campaign: Campaign, people: Sequence[RosterPerson], file: str = "people.csv") -> list[Problem]:
    """List what keeps the office from starting: without an admin of its own nobody can invite anybody."""
    if any(person.role == "admin" and person.org == campaign.office and person.wecom_userid for person in people):
        return []
    what = f"no admin of {campaign.office} with a wecom_userid"
    return [Problem(file, "file", what, f"add a line such as 张三,{campaign.office},admin,zhangsan")]


def against_groups(campaign: Campaign, groups: Collection[str], file: str = "campaign") -> list[Problem]:
    """List the rankings that go to a group which the config does not define."""
    return [
        Problem(
            file,
            f"rankings.{key}.group",
            f"the config has no [groups.{ranking.group}]",
            f"{nearest(ranking.group, groups)}{one_of(sorted(groups))}",
        )
        for key, ranking in campaign.rankings.items()
        if ranking.group not in groups
    ]


def zone_exists(zone: str) -> bool:
    """Tell whether a time zone is known on this machine."""
    try:
        ZoneInfo(zone)
    except (KeyError, OSError, ValueError):  # not found; a folder such as "Asia"; an odd path
        return False
    return True


def _days(campaign: Campaign) -> Found:
    if not zone_exists(campaign.zone):
        yield "zone", f'"{campaign.zone}" is no time zone', 'write, for example, zone = "Asia/Shanghai"'
    first, last = campaign.first_day != FAR_PAST, campaign.last_day != FAR_AHEAD  # False: wrong, and reported as such
    if campaign.first_day > campaign.last_day:
        yield "last_day", f"is before first_day ({campaign.first_day})", "write the campaign's last day"
    if first and last and (campaign.last_day - campaign.first_day).days > LONGEST:
        yield "last_day", f"is more than {LONGEST} days after first_day", "write the campaign's last day"
    if last and campaign.closes_on < campaign.last_day:
        yield "closes_on", f"is before last_day ({campaign.last_day})", "write last_day or a later day"
    if first and campaign.reports_from > campaign.first_day:
        yield "reports_from", f"is after first_day ({campaign.first_day})", "write first_day or an earlier day"
    for day in sorted(set(campaign.rest_days) & set(campaign.work_days)):
        yield "work_days", f"{day} is in rest_days as well", "leave it in one of the two"
    if campaign.quiet.start == campaign.quiet.end:
        yield "quiet.end", "is the same as quiet.start", 'write, for example, end = "08:00"'


def _kind_names(campaign: Campaign) -> Found:
    yield from _colliding_names("kinds", {key: (kind.name, *kind.names) for key, kind in campaign.kinds.items()})


def _template(campaign: Campaign, known: Known) -> Found:
    """Check what 模板 lists: kinds, indicators, and the parts of their dimensions."""
    for kind, names in campaign.template.items():
        if kind != "all":
            yield from unknown_each(f"template.{kind}", "kind of org", [kind], known.kinds)
        for place, name in enumerate(names):
            key, _, part = name.partition("/")
            where = f"template.{kind}[{place}]"
            yield from unknown_each(where, "indicator", [key], known.indicators)
            indicator = campaign.indicators.get(key)
            if indicator is not None and part:
                dimension = campaign.dimensions.get(indicator.by or "")
                yield from unknown_each(where, f"part of {key}", [part], dimension.values if dimension else ())


def _indicator(campaign: Campaign, known: Known, where: str, indicator: Indicator) -> Found:
    if indicator.measure not in indicator.measures:
        yield f"{where}.measures", f"lacks the base measure {indicator.measure}", f'add "{indicator.measure}" = 1'
    elif indicator.measures[indicator.measure] != 1:
        yield f"{where}.measures.{indicator.measure}", "is the base measure, so its factor is 1", "write 1"
    for word, factor in indicator.measures.items():
        if factor <= 0:
            yield f"{where}.measures.{word}", f"{factor} is no factor", "write a number above 0"
    if not indicator.synonyms and not indicator.named_by:
        yield f"{where}.synonyms", "is empty, so nobody can report it", f'write at least ["{indicator.name}"]'
    if indicator.by is None:
        for field in ("named_by", "needs"):
            if getattr(indicator, field):
                yield f"{where}.{field}", "is only for an indicator with by", "add by, or leave it out"
        return
    yield from unknown_each(f"{where}.by", "dimension", (indicator.by,), known.dimensions)
    if indicator.by in campaign.dimensions:
        values = campaign.dimensions[indicator.by].values
        for value in sorted(indicator.named_by.keys() - values.keys()):
            yield f"{where}.named_by.{value}", *unknown(f"value of {indicator.by}", value, values)


def _colliding_words(campaign: Campaign) -> Found:
    """Find words that name two things: indicators (by name, synonym or named_by) or dimension values."""
    owners: dict[str, str] = {}  # folded word -> what it names
    for where, owner, words in _naming(campaign):
        for word in words:
            first = owners.setdefault(folded(word), owner)
            if first != owner:
                yield where, f'"{word}" already names {first}', "leave it in one of the two"


def _naming(campaign: Campaign) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for key, indicator in campaign.indicators.items():
        owner = f"indicators.{key}"
        yield f"{owner}.synonyms", owner, (*indicator.synonyms, indicator.name)
        for value, words in indicator.named_by.items():
            yield f"{owner}.named_by.{value}", f"{owner}.named_by.{value}", words
    for key, dimension in campaign.dimensions.items():
        for value, words in dimension.values.items():
            owner = f"dimensions.{key}.values.{value}"
            yield owner, owner, words


def _colliding_names(table: str, names: Mapping[str, Iterable[str]]) -> Found:
    owners: dict[str, str] = {}
    for key, words in names.items():
        for word in words:
            first = owners.setdefault(folded(word), key)
            if first != key:
                yield f"{table}.{key}.names", f'"{word}" already names {table}.{first}', "leave it in one of the two"


def _duty(campaign: Campaign, known: Known, where: str, duty: Duty) -> Found:
    if not duty.audience:
        yield f"{where}.audience", "is empty", one_of(known.kinds or ())
    yield from unknown_each(f"{where}.audience", "kind", duty.audience, known.kinds)
    if duty.indicator is not None:
        yield from unknown_each(f"{where}.indicator", "indicator", (duty.indicator,), known.indicators)
    if duty.kind is DutyKind.DOCUMENT and duty.indicator is not None:
        yield f"{where}.indicator", "is not for a document", 'leave it out, or write kind = "figure"'
    if duty.kind is not DutyKind.DOCUMENT and duty.indicator is None:
        yield (
            f"{where}.indicator",
            "is missing",
            f'add it, or write kind = "document"; {one_of(known.indicators or ())}',
        )
    yield from _share(campaign, where, duty)
    yield from _due(campaign, where, duty)


def _share(campaign: Campaign, where: str, duty: Duty) -> Found:
    if duty.at_least <= 0:
        yield f"{where}.at_least", f"{duty.at_least} asks for nothing", "write a number above 0"
    if duty.kind is not DutyKind.SHARE:
        if duty.of is not None:
            yield f"{where}.of", "is only for a share", 'leave it out, or write kind = "share"'
        return
    if duty.of is None:
        yield f"{where}.of", "is missing for a share", 'add of = "headcount" or of = "population"'
    if duty.at_least > 1:
        yield f"{where}.at_least", f"{duty.at_least} is above the whole", "write a fraction: 1 is 100 %, 0.8 is 80 %"
    indicator = campaign.indicators.get(duty.indicator or "")
    if indicator and indicator.kind is IndicatorKind.FLOW:
        yield f"{where}.indicator", f'"{duty.indicator}" adds up and is no level', "name an indicator of kind level"


def _due(campaign: Campaign, where: str, duty: Duty) -> Found:
    where = f"{where}.due"
    if duty.cycle is Cycle.WEEKLY:
        if isinstance(duty.due, datetime):
            yield where, "is a date, but the duty is weekly", 'write a time such as "20:00", or cycle = "once"'
    elif isinstance(duty.due, str):
        yield where, "is a time of day, but the duty is due once", 'write 2021-05-28T18:00:00, or cycle = "weekly"'
    elif duty.due is not None:
        yield from midnight(where, duty.due)
        yield from outside(campaign, where, duty.due.date(), campaign.closes_on)


def _ladder(campaign: Campaign) -> Found:
    """Check that the ladder leads upwards, each step later than the one before."""
    steps = campaign.ladder.steps
    places = [LADDER.index(step.to) for step in steps]
    if steps and steps[0].to != "liaison":
        yield "ladder.steps", f'begins with "{steps[0].to}"', 'write { after = 1, to = "liaison" } first'
    elif places != sorted(set(places)):
        yield "ladder.steps", "does not lead upwards", f"write each step once, in the order {', '.join(LADDER)}"
    days = [step.after for step in steps]
    if days != sorted(set(days)):
        yield "ladder.steps", f"has the days {', '.join(map(str, days))}", "write a later day for each next step"


def _ranking(campaign: Campaign, known: Known, where: str, ranking: Ranking) -> Found:
    yield from unknown_each(f"{where}.value", "indicator", ranking.value, known.indicators)
    yield from unknown_each(f"{where}.duties", "duty", ranking.duties, known.duties)
    yield from unknown_each(f"{where}.among", "kind", (ranking.among,), known.kinds)
    if ranking.scale <= 0:
        yield f"{where}.scale", f"{ranking.scale} is no scale", "write a number above 0, for example 10000"
    if ranking.second_approver and ranking.approval == "none":
        yield f"{where}.second_approver", "needs a first one", 'leave it out, or write approval = "required"'
    yield from (
        _completion(campaign, where, ranking)
        if ranking.kind == "completion"
        else _figures(campaign, known, where, ranking)
    )


def _completion(campaign: Campaign, where: str, ranking: Ranking) -> Found:
    """A share of duties has no indicators, attribute or age of its own."""
    for name, given in (
        ("value", ranking.value),
        ("per", ranking.per),
        ("stale_days", ranking.stale_days),
        ("roll_up", ranking.roll_up is not RollUp.NONE),
    ):
        if given:
            yield f"{where}.{name}", "is not for a completion ranking", "leave it out"
    counted = [duty for key, duty in campaign.duties.items() if not ranking.duties or key in ranking.duties]
    if not any(ranking.among in duty.audience for duty in counted):
        yield f"{where}.duties", f'no duty of these is owed by a "{ranking.among}"', "name duties of that kind"


def _figures(campaign: Campaign, known: Known, where: str, ranking: Ranking) -> Found:
    if not ranking.value:
        yield f"{where}.value", "is empty", one_of(known.indicators or ())
    if ranking.duties:
        yield f"{where}.duties", "is only for a completion ranking", "leave it out"
    summed = {campaign.indicators[key].kind for key in ranking.value if key in campaign.indicators}
    if len(summed) > 1:
        yield f"{where}.value", "sums a flow and a level", "name indicators of one kind"
    if ranking.stale_days is not None and summed == {IndicatorKind.FLOW}:
        yield f"{where}.stale_days", "is only for a level", "leave it out"


def _office(campaign: Campaign, orgs: Sequence[RosterOrg]) -> Found:
    office = next((org for org in orgs if org.name == campaign.office), None)
    if office is None:
        names = [org.name for org in orgs]
        instead = f"{nearest(campaign.office, names)}write the name of an org of the roster"
        yield "office", f'"{campaign.office}" is not in the roster', instead
    elif office.parent is not None:
        yield "office", f'"{campaign.office}" stands under {office.parent}', "leave its parent empty in the roster"


def _attribute(orgs: Sequence[RosterOrg], where: str, ranking: Ranking) -> Found:
    members = [org for org in orgs if org.kind == ranking.among]
    if not members:
        yield f"{where}.among", f'no org of the roster is a "{ranking.among}"', "name a kind that the roster has"
    elif ranking.per and not any(getattr(org, ranking.per) for org in members):
        what = f'no "{ranking.among}" of the roster has a {ranking.per}'
        yield f"{where}.per", what, f"fill the column {ranking.per}, or leave per out"
