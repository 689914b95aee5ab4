"""The campaign of the notice, as it stands in the file."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

import pytest

from models.campaign import checks, loader, roster
from models.campaign.definition import Campaign, DutyKind, IndicatorKind, RuleKind

EXAMPLES = loader.HUNAN.parent
KEYS = [
    "handbook",
    "leaflet",
    "poster",
    "banner",
    "board",
    "screen",
    "broadcast",
    "video",
    "view",
    "post",
    "news",
    "press",
    "event",
    "lecture",
    "visit",
    "reach",
    "consult",
    "sms",
    "app",
    "dissuade",
    "saved",
    "submitted",
    "adopted",
    "accountant",
    "atm",
    "cinema",
    "fans",
    "police_follow",
    "police_app",
]


def test_it_has_every_indicator_of_the_catalogue(hunan: Campaign) -> None:
    """The keys are those of the catalogue, in its order; three of them are levels."""
    assert list(hunan.indicators) == KEYS
    levels = [key for key, indicator in hunan.indicators.items() if indicator.kind is IndicatorKind.LEVEL]
    assert levels == ["fans", "police_follow", "police_app"]


@pytest.mark.parametrize(
    ("key", "base", "word", "factor"),
    [
        ("handbook", "册", "本", "1"),
        ("saved", "万元", "元", "0.0001"),
        ("saved", "万元", "亿元", "10000"),
        ("sms", "条", "万条", "10000"),
        ("view", "次", "万", "10000"),
        ("consult", "人次", "人", "1"),
    ],
)
def test_measures_convert_exactly(hunan: Campaign, key: str, base: str, word: str, factor: str) -> None:
    """A measure word converts to the base measure without a rounding error."""
    assert hunan.indicators[key].measure == base
    assert hunan.indicators[key].measures[word] == Decimal(factor)


def test_places_and_platforms_are_those_of_the_notice(hunan: Campaign) -> None:
    """Five places and five platforms, and each names itself (通知 三（四）, 四（二）)."""
    places, platforms = hunan.dimensions["place"].values, hunan.dimensions["platform"].values
    assert list(places) == ["社区", "学校", "单位", "家庭", "乡村"]
    assert list(platforms) == ["人民日报", "视频号", "微博", "抖音", "快手"]
    assert all(words[0] == value for value, words in [*places.items(), *platforms.items()])


def test_duties_are_those_of_the_notice(hunan: Campaign) -> None:
    """Each duty of the notice is there with its audience, and nothing that the notice does not ask."""
    assert {key: duty.audience for key, duty in hunan.duties.items()} == {
        "summary": ("department", "city", "carrier", "bank"),
        "press": ("city", "office"),
        "sms-weekly": ("carrier",),
        "video-submit": ("city",),
        "video-adopted": ("city",),
        "police-follow": ("city",),
        "app-rate": ("city",),
    }
    assert hunan.duties["summary"].kind is DutyKind.DOCUMENT
    assert hunan.duties["sms-weekly"].pledge[0] == "已覆盖全部用户"


def test_times_are_aware_in_the_campaigns_zone(hunan: Campaign) -> None:
    """28 May 18:00 means 18:00 in China."""
    due = hunan.duties["summary"].due
    assert isinstance(due, datetime)
    assert due.isoformat() == "2021-05-28T18:00:00+08:00"
    assert all(rule.on.at.tzinfo is hunan.tz for rule in hunan.rules.values() if rule.on)


def test_only_the_follow_rate_goes_out_without_a_yes(hunan: Campaign) -> None:
    """The notice orders that ranking itself; an admin looks at the others first (decisions 13)."""
    assert [key for key, ranking in hunan.rankings.items() if ranking.approval == "none"] == ["follow-rate"]
    assert hunan.rankings["follow-rate"].scale == 10000
    assert hunan.rankings["app-rate"].per == "headcount"


def test_every_part_names_its_source(hunan: Campaign) -> None:
    """Duties, rankings and rules cite a clause of the notice or say that we decided."""
    for part in [*hunan.duties.values(), *hunan.rankings.values(), *hunan.rules.values()]:
        assert re.search(r"通知 (正文|附件|[三四]（)|decided by us", part.source), part.name


def test_nothing_is_pushed_on_the_hour_or_half_hour(hunan: Campaign) -> None:
    """The platform asks bots to stay off :00 and :30, and people sleep between 21:00 and 08:00."""
    for key, rule in hunan.rules.items():
        timing = rule.before or rule.overdue or rule.weekly or rule.daily
        at = f"{rule.on.at:%H:%M}" if rule.on else timing.at if timing else ""
        assert at[3:] not in ("00", "30"), key
        assert hunan.quiet.end <= at < hunan.quiet.start, key


def test_after_the_last_day_only_closing_rules_are_left(hunan: Campaign) -> None:
    """What runs in June: wrap-up, overdue summary, last lists, final rankings and figures (decisions 16)."""
    closing = {key for key, rule in hunan.rules.items() if rule.closing}
    lists = {"sms-list-last", "press-list-last"}
    finals = {key for key in hunan.rules if key.endswith("-final")}
    assert closing == {"wrap-up", "summary-overdue", "closing-paper-last"} | lists | finals
    assert {hunan.rules[key].ranking for key in finals} == set(hunan.rankings)


def test_everybody_gets_the_opening_notice(hunan: Campaign) -> None:
    """The month opens on 11 May with one notice to all."""
    rule = hunan.rules["welcome"]
    assert (rule.kind, rule.to, rule.audience) == (RuleKind.NOTICE, "all", ())
    assert rule.on is not None
    assert rule.on.at.date() == hunan.first_day


def test_the_sample_roster_fits(hunan: Campaign) -> None:
    """Campaign, roster, people and group fit together: 14 cities with their census population, all reachable."""
    files = roster.load(EXAMPLES / "roster.csv", EXAMPLES / "people.csv")
    assert checks.against_roster(hunan, files.orgs) == []
    assert checks.against_people(hunan, files.people) == []
    assert checks.against_groups(hunan, {"office"}) == []
    count = {kind: sum(org.kind == kind for org in files.orgs) for kind in hunan.kinds}
    assert count == {"office": 1, "department": 12, "city": 14, "county": 3, "carrier": 3, "bank": 3}
    assert sum(org.population or 0 for org in files.orgs) == 66444864  # Hunan, census of 2020
    liaisons = {person.org for person in files.people if person.role == "liaison" and not person.backup}
    assert liaisons == {org.name for org in files.orgs}
