"""New roster files: every problem by line, what would change, and doing exactly that."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from bot import roster_files
from bot.channels.wecom_app import NAME
from models.audit import AuditRow, verify
from models.campaign import loader
from models.campaign.roster import Roster, RosterOrg, RosterPerson
from models.errors import ConfigError
from models.glance import look
from models.people import Membership, Org, Person, Role, contacts
from models.roster_import import Plan, apply, plan
from models.roster_sync import sync
from models.session import Database
from tests.store.delivering import START

TODAY = date(2021, 5, 11)
OFFICE = RosterOrg("省联席办", "office", None, None, None, ("联席办",), line=2)
CITY = RosterOrg("长沙市公安局", "city", "省联席办", 10047914, 12000, ("长沙",), code="430100", line=3)
COUNTY = RosterOrg("长沙县公安局", "county", "长沙市公安局", None, None, (), line=4)
WANG = RosterPerson("王芳", "长沙市公安局", "liaison", "WangFang", line=2)
LI = RosterPerson("李强", "省联席办", "admin", "liqiang", line=3)
FIRST = Roster((OFFICE, CITY, COUNTY), (WANG, LI))


def bring_in(db: Database, roster: Roster = FIRST, *, close: bool = False) -> Plan:
    """Plan and apply; returns the plan."""
    with db.begin() as session:
        planned = plan(session, roster, NAME, TODAY)
        apply(session, planned, NAME, START, close_missing=TODAY if close else None)
    return planned


def planned(db: Database, roster: Roster) -> list[str]:
    """Return the report of a dry run."""
    with db.read() as session:
        return roster_files.report(plan(session, roster, NAME, TODAY), close_missing=False)


def noted(db: Database) -> list[tuple[str, object, object]]:
    """Return the audit without the first load; the chain holds."""
    with db.read() as session:
        assert verify(session) is None
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
    assert rows[0].action == "roster"
    return [(row.action, row.before, row.after) for row in rows[1:]]


def test_same_files_change_nothing(db: Database) -> None:
    """What has been brought in is not brought in again, and the first load is one row in the audit."""
    bring_in(db)
    assert planned(db, FIRST) == []
    assert bring_in(db).changes == 0
    assert noted(db) == []


def test_what_changes(db: Database) -> None:
    """Added, renamed and changed orgs and people are listed by line, done on apply, and noted from what to what."""
    bring_in(db)
    renamed = replace(CITY, name="长沙市公安局反诈中心", headcount=12500, left_on=date(2021, 5, 31))
    moved = replace(COUNTY, parent="长沙市公安局反诈中心", aliases=("长县",))
    new = RosterOrg("浏阳市公安局", "county", "长沙市公安局反诈中心", 1400000, None, ("浏阳",), line=5)
    people = (
        replace(WANG, name="王小芳", org="长沙市公安局反诈中心", backup=True),
        LI,
        RosterPerson("赵敏", "浏阳市公安局", "liaison", "ZhaoMin", line=4),
        RosterPerson("赵敏", "长沙县公安局", "viewer", "zhaomin", line=5),
        RosterPerson("没账号", "浏阳市公安局", "liaison", "", line=6),
    )
    roster = Roster((OFFICE, renamed, moved, new), people)
    report = planned(db, roster)
    assert report == [
        "= org 长沙市公安局 (line 3): is called 长沙市公安局反诈中心 from now on",
        "~ org 长沙市公安局反诈中心 (line 3): headcount 12000 -> 12500, left_on nothing -> 2021-05-31",
        "~ org 长沙县公安局 (line 4): aliases nothing -> 长县",
        "+ org 浏阳市公安局 (line 5): county under 长沙市公安局反诈中心",
        "= person 王芳 (line 2): is called 王小芳 from now on; "
        "if that is somebody else, the row wants an account of its own",
        "~ person 王小芳 (line 2): backup liaison of 长沙市公安局反诈中心",
        "+ person 赵敏 (line 4): liaison of 浏阳市公安局",
        "+ person 赵敏 (line 5): viewer of 长沙县公安局",
    ]
    assert noted(db) == []  # a dry run writes nothing
    bring_in(db, roster)
    assert planned(db, roster) == []
    assert noted(db) == [
        ("org-renamed", {"name": "长沙市公安局"}, {"name": "长沙市公安局反诈中心"}),
        ("org-changed", {"headcount": 12000, "left_on": None}, {"headcount": 12500, "left_on": "2021-05-31"}),
        ("org-changed", {"aliases": []}, {"aliases": ["长县"]}),
        ("org-added", None, noted(db)[3][2]),
        ("person-renamed", {"name": "王芳"}, {"name": "王小芳"}),
        ("role-changed", {"role": "liaison", "backup": False}, {"role": "liaison", "backup": True}),
        ("person-added", None, {"name": "赵敏"}),
        ("role-added", None, {"role": "liaison"}),
        ("role-added", None, {"role": "viewer"}),
    ]
    with db.read() as session:
        orgs = {org.name: org for org in session.scalars(select(Org))}
        assert orgs["长沙县公安局"].parent_id == orgs["长沙市公安局反诈中心"].id
        assert len(session.scalars(select(Person)).all()) == 3
        sender = look(session, NAME, "ZHAOMIN", START)
    assert sender is not None
    assert len(sender.memberships) == 2


def test_old_name_among_the_aliases(db: Database) -> None:
    """Without a code, an org whose old name stands among its aliases is the same org under a new name."""
    bring_in(db)
    roster = Roster((OFFICE, CITY, replace(COUNTY, name="长沙县反诈中心", aliases=("长沙县公安局",))), (WANG, LI))
    assert planned(db, roster) == [
        "= org 长沙县公安局 (line 4): is called 长沙县反诈中心 from now on",
        "~ org 长沙县反诈中心 (line 4): aliases nothing -> 长沙县公安局",
    ]
    bring_in(db, roster)
    with db.read() as session:
        assert len(session.scalars(select(Org)).all()) == 3


def test_gone_orgs_stay_unless_they_are_closed(db: Database) -> None:
    """An org that is not in the file stays open; closing says so in the audit, and no file opens it again."""
    bring_in(db)
    fewer = Roster((OFFICE, CITY), (WANG, LI))
    assert planned(db, fewer) == [
        "- org 长沙县公安局: not in the file, stays as it is; --close-missing ends what it owes"
    ]
    bring_in(db, fewer)
    with db.read() as session:
        assert session.scalars(select(Org).where(Org.left_on.is_not(None))).all() == []
    bring_in(db, fewer, close=True)
    assert noted(db) == [("org-closed", {"left_on": None}, {"left_on": "2021-05-11"})]
    assert planned(db, FIRST) == [
        "! line 4: 长沙县公安局 left on 2021-05-11 and stays so; write a later left_on to change it"
    ]
    bring_in(db)
    with db.read() as session:
        assert [org.left_on for org in session.scalars(select(Org).order_by(Org.id))] == [None, None, TODAY]
    bring_in(db, Roster((OFFICE, CITY, replace(COUNTY, left_on=date(2021, 5, 31))), ()))
    assert noted(db)[-1] == ("org-changed", {"left_on": "2021-05-11"}, {"left_on": "2021-05-31"})


def test_who_was_switched_off_stays_off(db: Database) -> None:
    """No file brings back a person who was switched off, a role that was ended, or people it does not name."""
    bring_in(db)
    with db.begin() as session:
        session.scalars(select(Person).where(Person.name == "王芳")).one().active = False
        session.scalars(select(Membership).where(Membership.person_id == 2)).one().ended_at = START
    renamed = Roster(FIRST.orgs, (replace(WANG, name="王小芳", backup=True), LI))
    assert planned(db, renamed) == [  # and whose role has ended is nobody that a file has forgotten
        "! people line 2: 王小芳 was switched off and stays so; invite again in chat",
        "! people line 3: 李强 was admin of 省联席办 until 2021-05-11 and stays without; give the role again in chat",
    ]
    bring_in(db, renamed)
    bring_in(db, Roster(FIRST.orgs, ()), close=True)
    with db.read() as session:
        assert contacts(session, NAME) == []
        assert len(session.scalars(select(Person)).all()) == 2
    assert noted(db) == []


MISSING = "not in the file; the roles stay"
HOW = "to end them, say in chat 停用, 免去 or 交接 with the name"


def test_roles_that_the_file_does_not_give(db: Database) -> None:
    """A role that the file gives no more holds on, and each plan says so, until it is ended in chat."""
    bring_in(db)
    fewer = Roster(FIRST.orgs, (replace(WANG, org="省联席办", role="admin"), replace(LI, role="viewer", line=5)))
    kept = [
        "= person 王芳 (line 2): is still liaison of 长沙市公安局, which the file does not say; files end no role; "
        "end it in chat: 免去 王芳 联络员 长沙市公安局",
        "= person 李强 (line 5): is still admin of 省联席办, which the file does not say; files end no role; "
        "end it in chat: 免去 李强 管理员 省联席办",
    ]
    assert planned(db, fewer) == [
        "~ person 王芳 (line 2): admin of 省联席办",
        "~ person 李强 (line 5): viewer of 省联席办",
        *kept,
    ]
    bring_in(db, fewer, close=True)
    assert planned(db, fewer) == kept
    with db.begin() as session:
        ended = select(Membership).where(Membership.person_id == 2, Membership.role == Role.ADMIN)
        session.scalars(ended).one().ended_at = START
    assert planned(db, fewer) == kept[:1]
    assert [action for action, _, _ in noted(db)] == ["role-added", "role-added"]


def test_people_who_are_not_in_the_file(db: Database) -> None:
    """Who has a role and is not in the file keeps it; one line names the first ten, however many they are."""
    bring_in(db, Roster(FIRST.orgs, (WANG, LI)))
    assert planned(db, Roster(FIRST.orgs, (LI,))) == [
        f"- people: 1 person has a role and is {MISSING}: 王芳; {HOW}",
    ]
    joined = replace(WANG, wecom_userid="")  # in the file without an account: it is she, who joined with a code
    assert planned(db, Roster(FIRST.orgs, (joined, LI))) == []
    more = [RosterPerson(f"路{n}", "省联席办", "viewer", f"lu{n}", line=n) for n in range(4, 14)]
    bring_in(db, Roster(FIRST.orgs, (WANG, LI, *more)))
    names = ", ".join(["王芳", *(each.name for each in more[:9])])
    assert planned(db, Roster(FIRST.orgs, (LI,))) == [
        f"- people: 11 people have roles and are {MISSING}: {names} ...; {HOW}"
    ]
    with db.begin() as session:
        session.scalars(select(Person).where(Person.name == "王芳")).one().active = False
    with db.read() as session:
        counted = roster_files.counts(plan(session, Roster(FIRST.orgs, (LI,)), NAME, TODAY))
    assert counted == (
        "orgs: 0 added, 0 renamed, 0 changed, 0 not in the file; people: 0 added, 0 renamed, 0 changed, "
        "10 not in the file; 0 roles that the file does not give; 0 to look at"
    )


def test_a_word_for_two(db: Database) -> None:
    """A name that now also means an org which only the database has is pointed out."""
    bring_in(db)
    roster = Roster(
        (OFFICE, CITY, RosterOrg("宁乡市公安局", "county", None, None, None, ("长沙县公安局",), line=4)), ()
    )
    taken = Roster((*FIRST.orgs, RosterOrg("县局", "county", None, None, None, (), line=5)), ())
    bring_in(db, taken)
    report = planned(db, replace_names(taken, "县局"))
    assert report[-1] == '! line 4: "县局" also names 县局, which is not in the file; the bot will ask which is meant'
    assert planned(db, roster)[0].startswith("= org 长沙县公安局 (line 4): is called 宁乡市公安局")


def replace_names(roster: Roster, alias: str) -> Roster:
    """Leave the last org out and give its name to the one before as an alias."""
    *others, last, _ = roster.orgs
    return Roster((*others, replace(last, aliases=(alias,))), ())


def test_a_restart_does_not_turn_an_import_back(db: Database) -> None:
    """The config's own files are brought in once for each content, so that an import of others stands."""
    with db.begin() as session:
        assert sync(session, FIRST, NAME, START)
    bring_in(db, Roster((OFFICE, replace(CITY, headcount=5), COUNTY), (WANG, LI)))
    with db.begin() as session:
        assert not sync(session, FIRST, NAME, START)
    with db.read() as session:
        assert session.scalars(select(Org.headcount).where(Org.name == CITY.name)).one() == 5
    with db.begin() as session:
        assert sync(session, Roster((OFFICE, replace(CITY, headcount=7), COUNTY), (WANG, LI)), NAME, START)
    with db.read() as session:
        assert session.scalars(select(Org.headcount).where(Org.name == CITY.name)).one() == 7


GOOD = "org,kind,parent,population,headcount,aliases\n省联席办,office,,,,\n长沙市公安局,city,省联席办,1000,200,长沙\n"
PEOPLE = "name,org,role,wecom_userid\n王芳,长沙市公安局,liaison,w1\n"


@pytest.mark.parametrize(
    ("orgs", "people", "problems"),
    [
        (GOOD + "长沙市公安局,city,省联席办,1,1,\n", PEOPLE, ["roster.csv: line 4: "]),
        (GOOD + "株洲,town,省联席办,1,1,\n", PEOPLE, ["roster.csv: line 4: "]),
        (GOOD + "株洲,city,省公安,many,0,\n", PEOPLE, ["roster.csv: line 4: "] * 3),
        (GOOD + "株洲,city,株洲,1,1,长沙\n", PEOPLE, ["roster.csv: line 4: "] * 2),
        (GOOD + ",city,省联席办,1,1,\n", PEOPLE, ["roster.csv: line 4: "]),
        (GOOD + '"株洲,city,省联席办,1,1,\n', PEOPLE, ["roster.csv: line 4: "]),
        (GOOD, PEOPLE + "李强,长沙公安,boss,w 2\n", ["people.csv: line 3: "] * 3),
        (GOOD, PEOPLE + "李强,长沙,viewer,W1\n", ["people.csv: line 3: "]),
        (GOOD, "name,role\n", ["people.csv: line 1: "] * 2),
        ("", "", ["roster.csv: line 1: ", "people.csv: line 1: "]),
        (GOOD.replace("省联席办", "省办"), PEOPLE, ["hunan-2021: office"]),
    ],
    ids=range(11),
)
def test_problems_by_line(tmp_path: Path, orgs: str, people: str, problems: list[str]) -> None:
    """Every problem of both files is told at once, each with its file and line and what to write instead."""
    (tmp_path / "roster.csv").write_text(orgs, encoding="utf-8")
    (tmp_path / "people.csv").write_text(people, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        roster_files.read(loader.load(loader.HUNAN), tmp_path / "roster.csv", tmp_path / "people.csv")
    told = str(caught.value).splitlines()
    for wanted in set(problems):
        assert sum(line.startswith(wanted) for line in told) >= problems.count(wanted), told


def test_workbooks_read_like_csv(tmp_path: Path) -> None:
    """The first sheet of a workbook is read like a CSV: numbers, days, empty rows, and its own row numbers."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["org", "kind", "parent", "population", "headcount", "aliases", "joined_on"],
        ["省联席办", "office"],
        [],
        ["长沙市公安局\n", "city", "省联席办", 10047914.0, 12000, "长沙", date(2021, 5, 12)],
        ["株洲市公安局", "town", "省联席办", 1.5],
    ):
        sheet.append(row)
    book.create_sheet("另一页").append(["never", "read"])
    book.save(tmp_path / "roster.xlsx")
    people = tmp_path / "people.csv"
    people.write_text(PEOPLE, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        roster_files.read(loader.load(loader.HUNAN), tmp_path / "roster.xlsx", people)
    assert [problem.where for problem in caught.value.problems if problem.file == "roster.xlsx"] == ["line 5"] * 2
    sheet.delete_rows(5)
    book.save(tmp_path / "roster.xlsx")
    roster = roster_files.read(loader.load(loader.HUNAN), tmp_path / "roster.xlsx", people)
    city = roster.orgs[1]
    assert (city.name, city.population, city.joined_on, city.line) == ("长沙市公安局", 10047914, date(2021, 5, 12), 4)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"org,kind\n", b"\xd0\xcf\x11\xe0 old xls"])
def test_no_workbook(tmp_path: Path, content: bytes) -> None:
    """What is called .xlsx and is none is one problem, no traceback."""
    path = tmp_path / "roster.xlsx"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"roster\.xlsx: file: is no workbook"):
        roster_files.as_csv(path)
