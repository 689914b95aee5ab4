"""What admins change while the campaign runs, laid over the campaign file. Pure: rows in, campaign out."""

from __future__ import annotations

from datetime import datetime

import pytest

from models.campaign.amended import EVERYTHING, STEP, Amendment, Kind, amended, retimed
from models.campaign.definition import Campaign, RuleKind
from models.campaign.firings import filed, plan
from models.campaign.loader import HUNAN, load, parse
from models.campaign.periods import deadline, deadlines, periods
from models.duties import Standing, evaluate
from models.errors import ConfigError
from tests.schedules.world import ZONE, at, facts_of, org_states


@pytest.fixture(scope="module")
def hunan() -> Campaign:
    """The campaign of the notice."""
    return load(HUNAN)


def extend(
    number: int, made: str, due: str | None, subject: str = "summary", period: str = "all", org: int | None = None
) -> Amendment:
    """Return a 延期; without due a 取消延期."""
    value = {} if due is None else {"due": at(due).isoformat()}
    return Amendment(number, Kind.EXTEND, subject, at(made), period, org, value)


def pause(number: int, made: str, subject: str, until: str | None = None) -> Amendment:
    """Return a 暂停."""
    return Amendment(number, Kind.PAUSE, subject, at(made), value={"until": until and at(until).isoformat()})


def resume(number: int, made: str, subject: str) -> Amendment:
    """Return a 恢复."""
    return Amendment(number, Kind.RESUME, subject, at(made))


def retime(number: int, made: str, subject: str, over: int = 1, **timing: object) -> Amendment:
    """Return a 改规则; without timing a 恢复规则."""
    return Amendment(number, Kind.RULE, subject, at(made), value={"over": over, "timing": timing or None})


def moments(campaign: Campaign, rule: str) -> list[str]:
    """List when a rule fires, in Shanghai."""
    return [f"{f.scheduled_at.astimezone(ZONE):%m-%d %H:%M}" for f in plan(campaign) if f.rule_key == rule]


def standing(campaign: Campaign, org: str, now: str, reported: str = "") -> tuple[Standing, datetime]:
    """Return how the summary stands for an org, and its deadline."""
    states = evaluate(campaign, org_states(), facts_of(reported), at(now), ["summary"])
    return next((state.standing, state.due_at) for state in states if state.org.name.startswith(org))


def test_without_amendments_it_is_the_campaign_of_the_file(hunan: Campaign) -> None:
    """Nothing changed is the very same campaign."""
    assert amended(hunan, []) is hunan


def test_no_file_can_set_what_only_admins_do() -> None:
    """The places in which changes are kept are no keys of the campaign file."""
    text = HUNAN.read_text(encoding="utf-8")
    for table, line in (("[duties.summary]", "_moved = {}"), ("[rules.welcome]", "_amended = {}")):
        with pytest.raises(ConfigError, match=line.split()[0]):
            parse(text.replace(table, f"{table}\n{line}"), "x.toml")


EXTENSIONS = [
    # amendments, moments of summary-due, of summary-overdue
    ("the file's own", [], "05-21 05-25 05-27 05-28", "05-31 06-01 06-02 06-03 06-04"),
    (
        "moved before anything fired",
        [extend(1, "05-12 09:00", "06-02 18:00")],
        "05-26 05-28 06-01 06-02",
        "06-03 06-04",
    ),
    (
        "moved after two fired: those of before are over",
        [extend(1, "05-26 12:00", "06-02 18:00")],
        "05-28 06-01 06-02",
        "06-03 06-04",
    ),
    ("moved when some are overdue", [extend(1, "05-31 12:00", "06-02 18:00")], "06-01 06-02", "06-03 06-04"),
    (
        "moved twice: the last holds",
        [extend(1, "05-26 12:00", "06-02 18:00"), extend(2, "05-27 12:00", "06-01 18:00")],
        "05-28 05-31 06-01",
        "06-02 06-03 06-04",
    ),
    (
        "taken back",
        [extend(1, "05-20 12:00", "06-02 18:00"), extend(2, "05-22 12:00", None)],
        "05-25 05-27 05-28",
        "05-31 06-01 06-02 06-03 06-04",
    ),
    (
        "taken back when the file's is past: overdue from then on",
        [extend(1, "05-27 12:00", "06-02 18:00"), extend(2, "05-31 12:00", None)],
        "",
        "06-01 06-02 06-03 06-04",
    ),
    (
        "one org: asked before its own as well",
        [extend(1, "05-20 12:00", "06-02 18:00", org=2)],
        "05-21 05-25 05-26 05-27 05-28 06-01 06-02",
        "05-31 06-01 06-02 06-03 06-04",
    ),
    (
        "an unknown duty",
        [extend(1, "05-20 12:00", "06-02 18:00", subject="gone")],
        "05-21 05-25 05-27 05-28",
        "05-31 06-01 06-02 06-03 06-04",
    ),
    (
        "an unknown period",
        [extend(1, "05-20 12:00", "06-02 18:00", period="2021-W99")],
        "05-21 05-25 05-27 05-28",
        "05-31 06-01 06-02 06-03 06-04",
    ),
]


@pytest.mark.parametrize(
    ("why", "changes", "due", "overdue"), EXTENSIONS, ids=[f"case{n}" for n in range(len(EXTENSIONS))]
)
def test_an_extension_moves_the_reminders(
    hunan: Campaign, why: str, changes: list[Amendment], due: str, overdue: str
) -> None:
    """Reminders go before the new deadline, chases after it; what would have fired before the change is over."""
    campaign = amended(hunan, changes)
    assert moments(campaign, "summary-due") == [f"{day} 09:12" for day in due.split()], why
    assert moments(campaign, "summary-overdue") == [f"{day} 09:12" for day in overdue.split()], why


def test_an_extension_of_all_holds_for_everybody(hunan: Campaign) -> None:
    """What was overdue is owed again, and what came late is in time."""
    campaign = amended(hunan, [extend(1, "05-29 12:00", "06-02 18:00")])
    assert standing(hunan, "长沙", "05-30 12:00")[0] is Standing.OVERDUE
    assert standing(campaign, "长沙", "05-30 12:00") == (Standing.OWED, at("06-02 18:00"))
    late = "长沙:!summary@05-29"
    assert standing(hunan, "长沙", "05-30 12:00", late)[0] is Standing.DONE_LATE
    assert standing(campaign, "长沙", "05-30 12:00", late)[0] is Standing.DONE
    assert standing(campaign, "长沙", "06-02 18:01")[0] is Standing.OVERDUE


def test_an_extension_of_one_org_holds_for_it_alone(hunan: Campaign) -> None:
    """The others are overdue at their deadline, it is at its own; a later one of all does not shorten or undo it."""
    own = extend(1, "05-20 12:00", "06-02 18:00", org=2)
    campaign = amended(hunan, [own])
    assert standing(campaign, "长沙", "05-30 12:00") == (Standing.OWED, at("06-02 18:00"))
    assert standing(campaign, "株洲", "05-30 12:00")[0] is Standing.OVERDUE
    both = amended(hunan, [own, extend(2, "05-21 12:00", "06-01 18:00")])
    assert standing(both, "长沙", "05-30 12:00") == (Standing.OWED, at("06-02 18:00"))
    further = amended(hunan, [own, extend(2, "05-21 12:00", "06-03 18:00")])
    assert standing(further, "长沙", "05-30 12:00") == (Standing.OWED, at("06-03 18:00"))
    back = amended(hunan, [own, extend(2, "05-29 12:00", None, org=2)])
    assert standing(back, "长沙", "05-30 12:00") == (Standing.OVERDUE, at("05-28 18:00"))


def test_reminders_of_an_own_deadline_ask_only_who_has_it(hunan: Campaign) -> None:
    """Each reminder names the deadlines that it is before; one that is before two of them asks for both."""
    campaign = amended(hunan, [extend(1, "05-20 12:00", "06-02 18:00", org=2)])
    dues = {f"{f.day:%m-%d}": {f"{due:%m-%d}" for due in f.dues} for f in plan(campaign) if f.rule_key == "summary-due"}
    assert dues["05-27"] == {"05-28"}
    assert dues["05-26"] == dues["06-01"] == dues["06-02"] == {"06-02"}
    assert dues["05-28"] == {"05-28", "06-02"}  # the day itself, and 3 days before a Wednesday, from Sunday to Friday


def test_a_week_can_be_put_off_and_its_list_with_it(hunan: Campaign) -> None:
    """The list of who failed a week waits until its new deadline is past; the next week's goes as planned."""
    week = periods(hunan, hunan.duties["sms-weekly"])[0]
    campaign = amended(hunan, [extend(1, "05-14 12:00", "05-18 18:00", "sms-weekly", week.key)])
    duty = campaign.duties["sms-weekly"]
    assert deadline(campaign, duty, week) == at("05-18 18:00")
    assert deadlines(campaign, duty, week) == [at("05-18 18:00")]
    assert moments(campaign, "sms-list") == ["05-19 09:17", "05-24 09:17"]
    assert moments(hunan, "sms-list") == ["05-17 09:17", "05-24 09:17"]


def test_a_list_put_off_beyond_the_last_day_still_goes(hunan: Campaign) -> None:
    """The list is not lost with the end of the campaign, as long as it is before everything closes."""
    campaign = amended(hunan, [extend(1, "05-20 12:00", "06-01 18:00", "sms-weekly", "2021-W20")])
    assert moments(campaign, "sms-list") == ["05-17 09:17", "06-02 09:17"]


def test_a_list_put_off_onto_the_day_of_another_does_not_replace_it(hunan: Campaign) -> None:
    """Two lists of one rule on one morning go a minute apart, each of its own week."""
    week = periods(hunan, hunan.duties["sms-weekly"])[0]
    campaign = amended(hunan, [extend(1, "05-14 12:00", "05-23 18:00", "sms-weekly", week.key)])
    lists = [f for f in plan(campaign) if f.rule_key == "sms-list" and f.day.day == 24]
    assert [(f"{f.scheduled_at.astimezone(ZONE):%H:%M}", f.period and f.period.number) for f in lists] == [
        ("09:17", 1),
        ("09:18", 2),
    ]


PAUSES = [
    # amendments, scheduled, now, paused?
    ("a named rule", [pause(1, "05-20 12:00", "summary-due")], "05-21 09:12", "05-21 09:12", True),
    ("before the pause", [pause(1, "05-20 12:00", "summary-due")], "05-20 09:12", "05-20 09:12", True),
    ("another rule", [pause(1, "05-20 12:00", "press-due")], "05-21 09:12", "05-21 09:12", False),
    ("all", [pause(1, "05-20 12:00", EVERYTHING)], "05-21 09:12", "05-21 09:12", True),
    ("until: within", [pause(1, "05-20 12:00", "summary-due", "05-22 00:00")], "05-21 09:12", "05-21 09:12", True),
    ("until: over", [pause(1, "05-20 12:00", "summary-due", "05-22 00:00")], "05-25 09:12", "05-25 09:12", False),
    (
        "until: was within, looked at later",
        [pause(1, "05-20 12:00", "summary-due", "05-22 00:00")],
        "05-21 09:12",
        "05-22 08:00",
        True,
    ),
    (
        "until: at its very end",
        [pause(1, "05-20 12:00", "summary-due", "05-21 09:12")],
        "05-21 09:12",
        "05-21 09:12",
        False,
    ),
    (
        "taken up again",
        [pause(1, "05-20 12:00", "summary-due"), resume(2, "05-20 18:00", "summary-due")],
        "05-21 09:12",
        "05-21 09:12",
        False,
    ),
    (
        "was within, taken up since",
        [pause(1, "05-20 12:00", "summary-due"), resume(2, "05-21 12:00", "summary-due")],
        "05-21 09:12",
        "05-21 12:01",
        True,
    ),
    (
        "all paused, one taken up",
        [pause(1, "05-20 12:00", EVERYTHING), resume(2, "05-20 18:00", "summary-due")],
        "05-21 09:12",
        "05-21 09:12",
        False,
    ),
    (
        "one paused, all taken up",
        [pause(1, "05-20 12:00", "summary-due"), resume(2, "05-20 18:00", EVERYTHING)],
        "05-21 09:12",
        "05-21 09:12",
        False,
    ),
    (
        "paused twice: the last end holds",
        [pause(1, "05-20 12:00", "summary-due"), pause(2, "05-20 13:00", "summary-due", "05-21 00:00")],
        "05-21 09:12",
        "05-21 09:12",
        False,
    ),
    (
        "paused again after its end",
        [pause(1, "05-18 12:00", "summary-due", "05-19 00:00"), pause(2, "05-20 13:00", "summary-due")],
        "05-21 09:12",
        "05-21 09:12",
        True,
    ),
    ("a rule that is gone", [pause(1, "05-20 12:00", "gone")], "05-21 09:12", "05-21 09:12", False),
]


@pytest.mark.parametrize(
    ("why", "changes", "scheduled", "now", "paused"), PAUSES, ids=[f"case{n}" for n in range(len(PAUSES))]
)
def test_a_pause_covers_what_is_due_in_it(
    hunan: Campaign, why: str, changes: list[Amendment], scheduled: str, now: str, paused: bool
) -> None:
    """A firing that falls into a pause, or is taken up in one, is paused."""
    rule = amended(hunan, changes).rules["summary-due"]
    assert rule.amended.paused(at(scheduled), at(now)) is paused, why


def test_a_pause_of_all_leaves_the_briefs_alone(hunan: Campaign) -> None:
    """The admins' morning brief goes on, so that they see that everything else is paused."""
    campaign = amended(hunan, [pause(1, "05-20 12:00", EVERYTHING)])
    going_on = {rule.kind for rule in campaign.rules.values() if not rule.amended.pauses}
    assert going_on == {RuleKind.BRIEF}


BEFORE = {"duty": "summary", "days": [5, 2, 0], "at": "10:12"}


def test_a_changed_rule_has_a_version_of_its_own_and_counts_from_then(hunan: Campaign) -> None:
    """Its old firings are none of the plan, the new ones only after the change; back to the file is a version too."""
    edit = retime(7, "05-26 12:00", "summary-due", before=BEFORE)
    campaign = amended(hunan, [edit])
    rule = campaign.rules["summary-due"]
    assert (rule.version, retimed(rule), filed(rule)) == (STEP + 7, True, hunan.rules["summary-due"])
    assert moments(campaign, "summary-due") == ["05-28 10:12"]
    restored = amended(hunan, [edit, retime(8, "05-26 13:00", "summary-due")])
    again = restored.rules["summary-due"]
    assert (again.version, retimed(again)) == (STEP + 8, False)
    assert moments(restored, "summary-due") == ["05-27 09:12", "05-28 09:12"]


def test_a_newer_version_of_the_file_wins_over_an_edit_in_chat(hunan: Campaign) -> None:
    """A raised version in the file makes an edit of before outdated, and it is marked so."""
    rule = hunan.rules["summary-due"].model_copy(update={"version": 2})
    newer = hunan.model_copy(update={"rules": {**hunan.rules, "summary-due": rule}})
    found = amended(newer, [retime(7, "05-26 12:00", "summary-due", before=BEFORE)]).rules["summary-due"]
    assert (found.version, retimed(found), found.amended.outdated) == (2, False, True)
    fresh = amended(newer, [retime(9, "05-26 12:00", "summary-due", over=2, before=BEFORE)]).rules["summary-due"]
    assert (fresh.version, retimed(fresh), fresh.amended.outdated) == (2 * STEP + 9, True, False)


def test_a_timing_that_the_program_does_not_know_changes_nothing(hunan: Campaign) -> None:
    """What another version of the program has stored cannot break the clock."""
    for timing in ({"monthly": {"at": "09:12"}}, {"before": {"duty": "summary"}}):
        found = amended(hunan, [retime(7, "05-12 12:00", "summary-due", **timing)])
        assert moments(found, "summary-due") == moments(hunan, "summary-due")


def test_pauses_and_edits_of_one_rule_keep_each_other(hunan: Campaign) -> None:
    """A rule that is paused and then changed is paused still, and the other way round."""
    edit = retime(2, "05-20 12:00", "summary-due", before=BEFORE)
    for changes in ([pause(1, "05-20 11:00", "summary-due"), edit], [edit, pause(3, "05-20 13:00", EVERYTHING)]):
        rule = amended(hunan, changes).rules["summary-due"]
        assert rule.amended.pauses
        assert retimed(rule)
