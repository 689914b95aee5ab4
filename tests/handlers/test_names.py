"""What a name means: exact before part before sound, the closest alone or a choice, and fast with 30,000 orgs."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.names import OrgNames, folded, matching_names, org_names
from handlers.pinyin import person_spelt, spelt
from models.campaign.loader import HUNAN
from models.campaign.roster import load
from models.people import Org, touch_roster
from models.session import Database

PEOPLE = {1: "张三", 2: "张三丰", 3: "曾强", 4: "欧阳雪", 5: "李四", 6: "张三"}


@pytest.fixture(scope="module")
def hunan() -> tuple[OrgNames, list[str]]:
    """The names of the Hunan roster, and the official names by id."""
    orgs = load(HUNAN.with_name("roster.csv"), HUNAN.with_name("people.csv")).orgs
    return OrgNames((key, org.name, org.aliases) for key, org in enumerate(orgs)), [org.name for org in orgs]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("长沙市公安局", ["长沙市公安局"]),
        ("长沙", ["长沙市公安局"]),
        ("长沙市", ["长沙市公安局"]),
        (" 长 沙 市 ", ["长沙市公安局"]),
        ("长沙公安局", ["长沙市公安局"]),
        ("cs", ["长沙市公安局"]),
        ("CSS", ["长沙市公安局"]),
        ("csgaj", ["长沙市公安局"]),
        ("cssgaj", ["长沙市公安局"]),
        ("changsha", ["长沙市公安局"]),
        ("ｃｓ", ["长沙市公安局"]),
        ("岳麓", ["岳麓区"]),
        ("麓", ["岳麓区"]),
        ("ylq", ["岳麓区"]),
        ("湘西州公安局", ["湘西自治州公安局"]),
        ("湘西公安", ["湘西自治州公安局"]),
        ("移动公司", ["中国移动湖南公司"]),
        ("电信", ["中国电信湖南公司"]),
        ("hnyd", ["中国移动湖南公司"]),
        ("湖南银", ["湖南银保监局"]),
        ("工行", ["工商银行湖南省分行"]),
        ("gh", ["工商银行湖南省分行"]),
        ("rmyh", ["人民银行长沙中心支行"]),
        ("yy", ["岳阳市公安局", "益阳市公安局"]),
        ("火星", []),
        ("app", []),
        ("q", []),
        ("", []),
        ("*", []),
        ("长", ["人民银行长沙中心支行", "长沙市公安局"]),
    ],
)
def test_what_an_org_is_called(hunan: tuple[OrgNames, list[str]], written: str, meant: list[str]) -> None:
    """Only the closest kind of likeness counts; several of that kind are all returned, in roster order."""
    index, names = hunan
    found = index.find(folded(written), keep_all, loose=True)[1] if written else []
    assert [names[key] for key in found] == meant


def keep_all(_: int) -> bool:
    """Keep every org."""
    return True


@pytest.mark.parametrize("written", ["cs", "csgaj", "changsha", "移动公司"])
def test_not_by_sound_where_it_may_be_no_name(hunan: tuple[OrgNames, list[str]], written: str) -> None:
    """In a report or a correction a word is an org only when it is written like one."""
    assert hunan[0].find(folded(written), keep_all, loose=False) == (0, [])


def test_within_decides_before_the_likeness(hunan: tuple[OrgNames, list[str]]) -> None:
    """Among few orgs a short part is enough."""
    index, names = hunan
    assert [names[key] for key in index.find("公安局", lambda key: names[key].startswith("株"), loose=True)[1]] == [
        "株洲市公安局"
    ]


@pytest.mark.parametrize(
    ("written", "near"),
    [("长沙市工安局", ["长沙市公安局"]), ("岳麗区", []), ("株州市公安局", ["株洲市公安局"]), ("今天天气不错", [])],
)
def test_what_is_close(hunan: tuple[OrgNames, list[str]], written: str, near: list[str]) -> None:
    """A slip of the pen is offered when little else could be meant."""
    index, names = hunan
    assert [names[key] for key in index.close_to(written, keep_all)][:1] == near


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        ("张三", [1, 6]),
        ("张三丰", [2]),
        ("丰", [2]),
        ("zs", [1, 6]),
        ("zsf", [2]),
        ("zq", [3]),
        ("zengqiang", [3]),
        ("oyx", [4]),
        ("oy", [4]),
        ("三", [1, 2, 6]),
        ("王五", []),
        ("z", []),
    ],
)
def test_what_a_person_is_called(written: str, ids: list[int]) -> None:
    """Persons go by name, by a part and by their initials, surnames as surnames are read."""
    assert matching_names(PEOPLE, folded(written)) == ids


@pytest.mark.parametrize(
    ("name", "initials"), [("长沙", "cs"), ("重庆", "cq"), ("湘西州", "xxz"), ("工商银行", "gsyh"), ("3G办", "3gb")]
)
def test_initials(name: str, initials: str) -> None:
    """Characters that are read in several ways are read as in the whole name."""
    assert spelt(name)[0] == initials


def test_surnames() -> None:
    """曾, 单, 仇 and their like sound different as surnames."""
    assert [person_spelt(name)[0] for name in ("曾强", "单志", "仇英", "李四")] == ["zq", "sz", "qy", "ls"]


def test_the_index_follows_the_roster(db: Database) -> None:
    """A new org is found at once, a new name after the roster was touched; nothing is read again without need."""
    with db.begin() as session:
        session.add(Org(name="甲局", kind="city", aliases=[], position=1))
        session.flush()
        first = org_names(session)
        assert first.exact("甲局")
        assert org_names(session) is first
        session.add(Org(name="乙局", kind="city", aliases=[], position=2))
        session.flush()
        assert org_names(session).exact("乙局")
    with db.begin() as session:
        session.scalars(select(Org).where(Org.name == "乙局")).one().name = "丙局"
        touch_roster(session)
        session.flush()
        assert org_names(session).exact("丙局")
        assert not org_names(session).exact("乙局")
