"""roster.csv and people.csv: what a clerk may get wrong, and how each is said."""

from __future__ import annotations

from datetime import date

import pytest

from models.campaign import checks, roster
from models.campaign.definition import Campaign
from models.campaign.roster import RosterOrg
from models.errors import Problem

ORGS = "org,kind,parent,population,headcount,aliases\n办公室,office,,,,\n甲市局,city,办公室,1000,20,甲|甲市\n"
PEOPLE = "name,org,role,wecom_userid\n"


def orgs(text: str | bytes) -> tuple[tuple[RosterOrg, ...], list[str]]:
    """Return the orgs of a roster and its problems without the file name."""
    found, problems = roster.parse_orgs(text if isinstance(text, bytes) else text.encode())
    return found, said(problems)


def people(text: str) -> list[str]:
    """Return the problems of people against ORGS, without the file name."""
    return said(roster.parse_people(text.encode(), orgs(ORGS)[0])[1])


def said(problems: list[Problem]) -> list[str]:
    """Return problems as lines without the file name."""
    return [str(problem).partition(": ")[2] for problem in problems]


def test_a_good_roster() -> None:
    """Every column comes back as a plain value, and empty cells as None."""
    found, problems = orgs(
        "org,kind,parent,population,headcount,aliases,code,joined_on,left_on\n"
        "办公室,office,,,,,,,\n"
        "甲市局,city,办公室,１０００,20, 甲 |甲市|,4301,2021-05-12,2021/5/30\n"
    )
    assert problems == []
    joined, left = date(2021, 5, 12), date(2021, 5, 30)
    assert found[0] == RosterOrg("办公室", "office", None, None, None, (), line=2)
    assert found[1] == RosterOrg("甲市局", "city", "办公室", 1000, 20, ("甲", "甲市"), "4301", joined, left, 3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_encodings_of_excel_and_wps(encoding: str) -> None:
    """UTF-8 with or without byte order mark and GBK read alike."""
    assert orgs(ORGS.encode(encoding)) == orgs(ORGS)


def test_windows_line_ends_and_blank_lines() -> None:
    """Lines are counted as an editor shows them."""
    found, problems = orgs(ORGS.replace("\n", "\r\n").replace("甲市局", "\r\n,,,,,\r\n甲市局"))
    assert problems == []
    assert found[1].line == 5


def test_a_parent_by_its_alias() -> None:
    """A parent or an org may be called by its alias; what comes back is the name."""
    found, problems = orgs(ORGS + "乙区,county,甲市,,,\n")
    assert problems == []
    assert found[2].parent == "甲市局"
    persons, problems_ = roster.parse_people((PEOPLE + "张三, 甲 ,Liaison,zs\n").encode(), found)
    assert problems_ == []
    assert (persons[0].org, persons[0].role, persons[0].backup) == ("甲市局", "liaison", False)


def test_cells_that_look_like_formulas_stay_text() -> None:
    """Nothing is worked out on reading."""
    found, problems = orgs(ORGS + '"=1+1",city,,,,@x|+y\n')
    assert problems == []
    assert (found[2].name, found[2].aliases) == ("=1+1", ("@x", "+y"))


NAME = "write the name or an alias of an org of the roster"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("乙,city,丙,,,", f'line 4: parent "丙" is not in the roster; {NAME}'),
        ("乙,city,甲市居,,,", f'line 4: parent "甲市居" is not in the roster; {NAME}'),
        ("乙,city,乙,,,", "line 4: parents go in a circle: 乙 -> 乙; leave one parent empty"),
        (
            "乙,city,丙,,,\n丙,city,丁,,,\n丁,city,丙,,,",
            "line 5: parents go in a circle: 丙 -> 丁 -> 丙; leave one parent empty",
        ),
        (
            "甲市局,city,,,,",
            'line 4: "甲市局" already names 甲市局 on line 3; write each name and alias for one org only',
        ),
        (
            "乙,city,,,,甲 市",
            'line 4: "甲 市" already names 甲市局 on line 3; write each name and alias for one org only',
        ),
        (
            "乙,city,,1.2万,,",
            'line 4: population "1.2万" does not fit; write a whole number above 0, or leave it empty',
        ),
        ("乙,city,,,-3,", 'line 4: headcount "-3" does not fit; write a whole number above 0, or leave it empty'),
        ("乙,city,,0,,", 'line 4: population "0" does not fit; write a whole number above 0, or leave it empty'),
        (",city,,,,", "line 4: org is empty; write the org's name"),
        ("乙,,,,,", "line 4: kind is empty; write a kind of the campaign, such as city"),
        ("乙,city,,1,000,,", "line 4: has 7 cells, the header 6; put a cell that holds a comma in quotes"),
        ('乙,city,,,,"甲', 'line 4: cannot be read: unexpected end of data; close the quotes; a quote itself is ""'),
    ],
)
def test_wrong_lines_of_the_roster(line: str, expected: str) -> None:
    """Each mistake is said once, at its line."""
    assert orgs(f"{ORGS}{line}\n")[1] == [expected]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ["line 1: is empty; write the header org,kind,parent,population,headcount,aliases"]),
        (b"\xff\xfeo\x00r\x00g\x00", ["file: is neither UTF-8 nor GBK; save it as CSV UTF-8"]),
        (
            b"org,kind,parent,population,headcount,alias\n",
            [
                "line 1: column aliases is missing; write org,kind,parent,population,headcount,aliases",
                'line 1: column "alias" is unknown; known are org, kind, parent, population, headcount, aliases, code, '
                "joined_on, left_on",
            ],
        ),
        (
            b"org,kind,parent,population,headcount,aliases,org\n",
            ['line 1: column "org" stands twice; write each column once'],
        ),
    ],
)
def test_a_roster_without_its_columns(data: bytes, expected: list[str]) -> None:
    """A file that is no roster at all is told by its first line."""
    assert orgs(data) == ((), expected)


def test_dates_of_joining_and_leaving() -> None:
    """A date that is none, and leaving before joining."""
    header = "org,kind,parent,population,headcount,aliases,code,joined_on,left_on\n"
    assert orgs(header + "甲,city,,,,,1,5月12日,\n乙,city,,,,,1,2021-05-12,2021-05-11\n")[1] == [
        'line 2: joined_on "5月12日" does not fit; write a date such as 2021-05-11, or leave it empty',
        "line 3: left_on 2021-05-11 is before joined_on 2021-05-12; write the later day in left_on",
        'line 3: code "1" already stands on line 2; write each code once',
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("张三,乙市局,liaison,zs", f'line 2: org "乙市局" is not in the roster; {NAME}'),
        ("张三,,liaison,zs", "line 2: org is empty; write the name of an org of the roster"),
        ("张三,甲,boss,zs", 'line 2: role "boss" is unknown; write one of liaison, admin, viewer'),
        ("张三,甲,联络员,zs", 'line 2: role "联络员" is unknown; write one of liaison, admin, viewer'),
        (",甲,liaison,zs", "line 2: name is empty; write the person's name"),
        (
            "张三,甲,liaison,zs\n李四,甲,liaison,ZS",
            'line 3: wecom_userid "ZS" stands on line 2 already; '
            "write each userid once (capitals do not count), or the same name with another org",
        ),
        (
            "张三,甲,liaison,张三",
            'line 2: wecom_userid "张三" is no userid; write up to 64 ASCII characters, no spaces',
        ),
    ],
)
def test_wrong_lines_of_the_people(line: str, expected: str) -> None:
    """Each mistake is said once, at its line."""
    assert people(f"{PEOPLE}{line}\n") == [expected]


def test_a_person_in_two_orgs_and_persons_without_a_userid() -> None:
    """One person may stand on a line for each org; who joins later has no userid yet."""
    assert people(PEOPLE + "张三,甲,liaison,zs\n张三,办公室,viewer,zs\n李四,甲,liaison,\n王五,甲,liaison,\n") == []


def test_backups() -> None:
    """yes marks a backup; anything but yes and no is asked about."""
    header = "name,org,role,wecom_userid,backup\n"
    persons, problems = roster.parse_people(
        f"{header}张三,甲,liaison,a,YES\n李四,甲,liaison,b,x\n".encode(), orgs(ORGS)[0]
    )
    assert [person.backup for person in persons] == [True, False]
    assert said(problems) == ['line 3: backup "x" is unknown; write yes, or leave it empty']


def test_all_problems_at_once_in_line_order() -> None:
    """A roster with three mistakes names three lines, top to bottom."""
    found = orgs(f"{ORGS}乙,city,丙,x,,\n丁,city,,,,甲\n,city,,,,\n")[1]
    assert [line.split(":")[0] for line in found] == ["line 4", "line 4", "line 5", "line 6"]


def org(name: str, kind: str, **fields: int) -> RosterOrg:
    """Return an org of a roster."""
    values: dict[str, int | None] = {"population": None, "headcount": None, **fields}
    return RosterOrg(name, kind, None, values["population"], values["headcount"], (), line=fields.get("line", 2))


def test_a_ranking_over_an_attribute_that_nobody_has(hunan: Campaign) -> None:
    """Without population no follow rate, without headcount no share; one org that has it is enough."""
    bare = [org("省联席办", "office"), org("甲", "city")]
    fill = 'no "city" of the roster has a {0}; fill the column {0}, or leave per out'
    assert said(checks.against_roster(hunan, bare)) == [
        "rankings.follow-rate.per: " + fill.format("population"),
        "rankings.handbook-per-10k.per: " + fill.format("population"),
        "rankings.app-rate.per: " + fill.format("headcount"),
        "duties.police-follow.of: no org of city has a headcount; fill the column headcount in roster.csv",
        "duties.app-rate.of: no org of city has a headcount; fill the column headcount in roster.csv",
    ]
    assert checks.against_roster(hunan, [*bare, org("乙", "city", population=1, headcount=1)]) == []


def test_office_and_kinds_must_be_known_on_both_sides(hunan: Campaign) -> None:
    """The office stands in the roster, and each kind of the roster in the campaign."""
    found = checks.against_roster(hunan, [RosterOrg("甲", "citty", None, 1, 1, (), line=7)], "c.toml", "r.csv")
    kinds = "known are office, department, city, county, carrier, bank"
    lines = [str(problem) for problem in found]
    assert lines[:2] == [
        'c.toml: office: "省联席办" is not in the roster; write the name of an org of the roster',
        f'r.csv: line 7: kind "citty" is not in the campaign; did you mean "city"? {kinds}',
    ]
    assert 'c.toml: rankings.handouts.among: no org of the roster is a "city"; name a kind that the roster has' in lines


def test_the_office_stands_at_the_top(hunan: Campaign) -> None:
    """An office under another org could not act for all."""
    office = RosterOrg("省联席办", "office", "甲", None, None, ())
    found = checks.against_roster(hunan, [org("甲", "city", population=1, headcount=1), office])
    assert said(found) == ['office: "省联席办" stands under 甲; leave its parent empty in the roster']


def test_an_office_needs_an_admin_who_can_be_reached(hunan: Campaign) -> None:
    """The first admins stand in people.csv, with their accounts."""
    persons = roster.parse_people(
        "name,org,role,wecom_userid\n张三,省联席办,admin,\n".encode(), [org("省联席办", "office")]
    )[0]
    assert said(checks.against_people(hunan, persons)) == [
        "file: no admin of 省联席办 with a wecom_userid; add a line such as 张三,省联席办,admin,zhangsan"
    ]


def test_a_group_that_the_config_does_not_define(hunan: Campaign) -> None:
    """A ranking goes to a group with a robot."""
    found = said(checks.against_groups(hunan, {"ofice"}))
    assert len(found) == len(hunan.rankings)
    assert found[0] == (
        'rankings.follow-rate.group: the config has no [groups.office]; did you mean "ofice"? known are ofice'
    )
