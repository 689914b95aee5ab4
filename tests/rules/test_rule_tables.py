"""The tables of rules: what fires when, and what is due for whom. A line of a .tsv file is one case; # is a comment."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from models.audience import Audience
from models.campaign.definition import Campaign, Late, Moved, Quiet, Rule
from models.duties import DutyState, OrgState, Standing, evaluate
from models.messages import Draft, Recipient, Text
from models.quiet import release
from models.spreading import spread
from schedules import owed
from schedules.late import decide
from schedules.rules import Firing, Window, firings, plan
from tests.schedules.world import SHORT, ZONE, at, facts_of, org_states, reachable

HERE = Path(__file__).parent
NAMES = {number: name for name, number in SHORT.items()}


def rows(name: str, columns: int) -> list[list[str]]:
    """Read a table; every line must have all columns."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    assert all(len(row) == columns for row in cells), [row for row in cells if len(row) != columns]
    return cells


def numbered(cases: list[list[str]]) -> list[str]:
    """Return ids that a terminal can print."""
    return [f"row{number}" for number in range(1, len(cases) + 1)]


FIRINGS = rows("firings.tsv", 5)
DUE = rows("due.tsv", 5)
DUTIES = rows("duties.tsv", 7)
LATE = rows("late.tsv", 5)
RELEASES = rows("release.tsv", 4)


def campaign_with(hunan: Campaign, days: str, rule: str) -> Campaign:
    """Return a campaign of one rule. days: first..last..closes, MM-DD in 2021 or YYYY-MM-DD; empty for the notice's."""
    if rule.startswith("@"):
        rules = {key: hunan.rules[key] for key in rule[1:].split("+")}
    else:
        rules = {"rule": Rule.model_validate(tomllib.loads(f"rule = {{ name = '规则', {rule} }}")["rule"])}
    update: dict[str, object] = {"rules": rules}
    if days:
        head, *settings = days.split() if ".." in days else ["05-11..05-31..06-04", *days.split()]
        first, last, closes = (date.fromisoformat(day if len(day) > 5 else f"2021-{day}") for day in head.split(".."))
        update |= {"first_day": first, "last_day": last, "closes_on": closes}
        update["reports_from"] = first if ".." in days else hunan.reports_from
        duties = dict(hunan.duties)
        for setting in settings:
            key, value = setting.split("=")
            duty, _, what = key.partition(".")
            if what:
                duties[duty] = duties[duty].model_copy(update={what: Decimal(value)})
            elif key in duties:
                due = at(value.replace("T", " "), first.year) if "T" in value else value
                duties[key] = duties[key].model_copy(update={"due": due})
            else:
                update[key] = tuple(date.fromisoformat(f"{first.year}-{day}") for day in value.split(","))
        update["duties"] = duties
    return hunan.model_copy(update=update)


def written(campaign: Campaign, found: list[Firing]) -> str:
    """Write firings as a table does: MM-DD HH:MM, with the week of the duty after @."""
    lines = []
    for firing in found:
        local = firing.scheduled_at.astimezone(campaign.tz)
        week = f" @{firing.period.start:%m-%d}" if firing.period and firing.period.number else ""
        lines.append(f"{local:%m-%d %H:%M}{week}")
    return ", ".join(lines) or "-"


@pytest.mark.parametrize("row", FIRINGS, ids=numbered(FIRINGS))
def test_rules_fire_when_the_table_says(hunan: Campaign, row: list[str]) -> None:
    """Each rule fires inside the window at the moments of the table, and at no other."""
    why, days, rule, window, expected = row
    campaign = campaign_with(hunan, days, rule)
    year = campaign.first_day.year
    start, end = window.split(" .. ") if window else ("01-01 00:00", "12-31 23:59")
    found = firings(campaign, Window(at(start, year), at(end, year)))
    assert written(campaign, found) == expected, why


def told(drafts: list[Draft]) -> str:
    """Write drafts as a table does: 移动=sms-weekly, 长沙=press+summary."""
    return " ".join(f"{NAMES[d.recipient.org_id or 0]}={'+'.join(a.duty for a in d.abouts)}" for d in drafts) or "-"


@pytest.mark.parametrize("row", DUE, ids=numbered(DUE))
def test_reminders_go_to_whom_the_table_says(hunan: Campaign, row: list[str]) -> None:
    """What is due at one moment, with what was reported until then, goes to those who owe it, one message each."""
    why, rules, moment, reported, expected = row
    now = at(moment)
    known = [fact for fact in facts_of(reported) if fact.made_at <= now]
    wanted = [
        firing
        for firing in plan(campaign_with(hunan, "", f"@{rules}"))
        if firing.scheduled_at.astimezone(ZONE).date() == now.astimezone(ZONE).date() and firing.scheduled_at <= now
    ]
    assert wanted, "no such firing on that day"
    states = evaluate(hunan, org_states(), known, now)
    drafts = owed.what_is_due(hunan, wanted, states, Audience(reachable(), office_id=1), now)
    assert told(drafts) == expected, why


def changed(
    orgs: Iterable[OrgState], words: Iterable[str]
) -> tuple[list[OrgState], set[tuple[int, str]], dict[tuple[int, str], datetime]]:
    """Change orgs as a table says: joined=05-17, headcount=-, excused, due=06-02T18:00; of one of all 联通.left=05-20.

    Returns the orgs, (org id, period key) of those that are excused, and deadlines of their own.
    """
    known = {org.id: org for org in orgs}
    excused = set()
    own: dict[tuple[int, str], datetime] = {}
    for word in words:
        who, dot, what = word.rpartition(".")
        field, _, value = what.partition("=")
        for org_id in [SHORT[who]] if dot else list(known):
            if field == "excused":
                excused.add((org_id, value))
            elif field == "due":
                own[org_id, "all"] = at(value.replace("T", " "))
            elif field == "headcount":
                known[org_id] = replace(known[org_id], headcount=None if value == "-" else int(value))
            else:
                known[org_id] = replace(known[org_id], **{f"{field}_on": date.fromisoformat(f"2021-{value}")})
    return list(known.values()), excused, own


WORDS = {Standing.DONE_LATE: "late"}


def stands(states: Sequence[DutyState]) -> str:
    """Write how a duty stands for one org as the table does."""
    if not states:
        return "none"
    (state,) = states
    standing = WORDS.get(state.standing, state.standing.value)
    more = [word for word, said in (("word", state.pledge_missing), ("gone", state.gone)) if said]
    return " ".join([standing, f"{state.have}/{state.need}", *more])


def overview(states: Sequence[DutyState]) -> str:
    """Write how many have met a duty, of how many, and who is asked for it."""
    met, counted = sum(state.standing.met for state in states), sum(state.standing.counted for state in states)
    return f"{met}/{counted}: {' '.join(NAMES[state.org.id] for state in states if state.asked) or '-'}"


@pytest.mark.parametrize("row", DUTIES, ids=numbered(DUTIES))
def test_duties_stand_as_the_table_says(hunan: Campaign, row: list[str]) -> None:
    """Who owes what for which period, how much of it is there, in time, late, excused or not owed at all."""
    why, days, who, duty, moment, reported, expected = row
    campaign = campaign_with(hunan, days, "@welcome")
    now = at(moment)
    key, _, week = duty.partition("#")
    name, *words = who.split()
    orgs, free, own = changed([org for org in org_states() if name in ("*", NAMES[org.id])], words)
    campaign = campaign.model_copy(
        update={"duties": campaign.duties | {key: campaign.duties[key].with_moved(Moved(own=own))}}
    )
    known = [fact for fact in facts_of(reported) if fact.made_at <= now]
    found = evaluate(campaign, orgs, known, now, [key], {(org_id, key, period) for org_id, period in free})
    chosen = [state for state in found if not week or state.period.number == int(week)]
    assert (overview(chosen) if name == "*" else stands(chosen)) == expected, why


@pytest.mark.parametrize("row", LATE, ids=numbered(LATE))
def test_missed_firings_meet_the_fate_of_the_table(hunan: Campaign, row: list[str]) -> None:
    """Each missed firing fires or is skipped, with a reason that an admin understands."""
    why, policy, missed, moment, expected = row
    late, hours, *rest = policy.split()
    rule = Rule.model_validate(
        {"name": "规则", "kind": "brief", "daily": {"at": "09:12"}, "late": late, "max_late_hours": int(hours)}
    )
    useful_until = at(" ".join(rest)) if rest else None
    found = [
        Firing("rule", 1, at(when), at(when).date(), at(when).date(), rule, useful_until=useful_until)
        for when in missed.split(", ")
    ]
    fates = ["fires" if verdict.fires else verdict.reason for verdict in decide(found, at(moment))]
    assert ", ".join(fates) == expected, why


def test_an_older_firing_stays_superseded_by_one_that_is_taken_up(hunan: Campaign) -> None:
    """A firing left over beside a newer one that has gone out already is skipped, not sent after it."""
    old, new = (f for f in plan(hunan) if f.rule_key == "summary-due" and f.day.day in (27, 28))
    (verdict,) = decide([old], at("05-28 09:20"), {("summary-due", 1): new.scheduled_at})
    assert (verdict.fires, verdict.telling) == (False, False)


def test_a_list_is_not_superseded_by_that_of_another_week(hunan: Campaign) -> None:
    """Two lists that come late together are of two weeks: both go, also when the rule sends only the newest."""
    rule = hunan.rules["sms-list"].model_copy(update={"late": Late.NEWEST})
    campaign = hunan.model_copy(update={"rules": {"sms-list": rule}, "rest_days": tuple(off("05-17", "05-21"))})
    verdicts = decide(plan(campaign), at("05-24 11:00"))
    assert [(f"{v.firing.scheduled_at:%m-%d %H:%M}", v.fires) for v in verdicts] == [
        ("05-24 01:17", True),
        ("05-24 01:18", True),
    ]


def off(first: str, last: str) -> list[date]:
    """List the days from one to another, both included."""
    start, end = at(f"{first} 00:00").astimezone(ZONE).date(), at(f"{last} 00:00").astimezone(ZONE).date()
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


@pytest.mark.parametrize("row", RELEASES, ids=numbered(RELEASES))
def test_notices_leave_when_the_table_says(hunan: Campaign, row: list[str]) -> None:
    """Quiet hours hold a notice until morning; nothing leaves in a minute in which everybody pushes."""
    why, quiet, moment, expected = row
    start, end = quiet.split("-")
    campaign = hunan.model_copy(update={"quiet": Quiet(start=start, end=end)})
    assert f"{release(campaign, at(moment)).astimezone(ZONE):%m-%d %H:%M}" == expected, why


def drafts_for(count: int) -> list[Draft]:
    """Return equal notices to so many persons of so many orgs."""
    return [
        Draft(Recipient("wecom_app", f"u{number}", number, number), Text("x"), "rule", at("05-11 09:12"))
        for number in range(count)
    ]


def test_few_notices_leave_together(hunan: Campaign) -> None:
    """Two hundred notices keep their moment, so that equal texts go in one call."""
    assert spread(drafts_for(200)) == drafts_for(200)


@pytest.mark.parametrize("count", [2_000, 30_000])
def test_many_notices_are_spread_evenly(count: int) -> None:
    """So many leave in groups of about one call of the platform, each org always in the same group."""
    moments = Counter(draft.not_before for draft in spread(drafts_for(count)))
    groups = {2_000: 6, 30_000: 30}[count]
    assert len(moments) == groups
    assert max(moments) - min(moments) == timedelta(seconds=20) * (groups - 1)
    assert max(moments.values()) < 1.25 * count / groups
    assert min(moments.values()) > 0.75 * count / groups


def test_an_org_keeps_its_moment() -> None:
    """Who is told together with others than before leaves at the same offset, as long as they are about as many."""
    every = {draft.recipient.org_id: draft.not_before for draft in spread(drafts_for(2_000))}
    fewer = {draft.recipient.org_id: draft.not_before for draft in spread(drafts_for(2_000)[::3])}
    assert fewer == {org_id: every[org_id] for org_id in fewer}


@pytest.mark.parametrize("minute", [25, 28, 29, 55, 59])
def test_no_group_leaves_on_the_mark(minute: int) -> None:
    """However long many notices are spread, none leaves in the minute in which everybody pushes."""
    begin = drafts_for(1)[0].not_before.replace(minute=minute)
    found = spread([replace(draft, not_before=begin) for draft in drafts_for(30_000)])
    assert not {draft.not_before.minute for draft in found} & {0, 30}


def test_the_tables_hold_sixty_cases() -> None:
    """Together the two tables hold at least sixty cases, and the one of duties a hundred and twenty."""
    assert len(FIRINGS) + len(DUE) >= 60
    assert len(DUTIES) >= 120


def test_the_month_is_laid_out_in_order(hunan: Campaign) -> None:
    """The plan is sorted, has no moment on :00 or :30, and each firing only once."""
    found = plan(hunan)
    assert [f.scheduled_at for f in found] == sorted(f.scheduled_at for f in found)
    assert len({f.key for f in found}) == len(found)
    assert not {f.scheduled_at.minute for f in found} & {0, 30}


def test_a_window_is_half_open(hunan: Campaign) -> None:
    """Windows that touch share no firing and lose none."""
    edge = at("05-11 09:12")
    before = firings(hunan, Window(at("05-01 00:00"), edge))
    after = firings(hunan, Window(edge, at("07-01 00:00")))
    assert tuple(before + after) == plan(hunan)
    assert after[0].rule_key == "sms-monday"


def test_the_notation_of_facts_reads_day_and_moment() -> None:
    """@05-12/05-13 08:00 is a figure of 12 May reported on the 13th."""
    (fact,) = facts_of("移动:sms=5@05-12/05-13 08:00")
    assert (fact.day, fact.made_at) == (date(2021, 5, 12), at("05-13 08:00"))
