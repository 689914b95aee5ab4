"""The weekly brief and the closing summary, from a real ledger."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from sqlalchemy import select

from models import issues
from models.bulletins.of_campaign import Scope, closing, weekly
from models.excuses import Excuse
from models.messages import RankRow, RankTable
from models.people import Org, Person
from tests.render.test_docx import said
from tests.schedules.world import World

Make = Callable[..., World]


def test_the_weekly_brief_and_the_summary_come_from_the_ledger(make_world: Make) -> None:
    """Figures of every indicator, of the week and altogether; for one org only its own."""
    world = make_world("05-20 10:00")
    world.report("长沙:handbook=5000@05-13; 长沙:handbook=200@05-19; 株洲:handbook=800@05-19; 长沙:visit/社区=5@05-19")
    with world.session() as session:
        everybody = Scope("省联席办", None, frozenset(world.campaign.kinds))
        brief = said(weekly(session, world.campaign, everybody, world.clock.now()))
        whole = closing(session, world.campaign, everybody, world.clock.now())
        own = Scope("长沙市公安局", frozenset({2}), frozenset({"city"}))
        mine = closing(session, world.campaign, own, world.clock.now())
    assert "本周新增：宣传手册1,000册、" in brief
    assert "宣传手册累计6,000册，2家开展，较多的有长沙市公安局5,200册、株洲市公安局800册。" in brief
    assert "共6,000册，2家单位开展。" in said(whole)
    assert "每周防骗提醒短信（5月11日至16日）到期未完成3家：湖南移动、湖南电信、湖南联通。" in said(whole)
    assert "共5,200册。" in said(mine)
    assert "其中社区5次" in said(mine)
    assert mine.recipients == "省联席办："
    assert mine.appendix is not None
    assert mine.appendix.rows[0][:3] == ("1", "宣传手册", "5,200")


def test_a_summary_names_ties_as_the_bulletin_does(make_world: Make) -> None:
    """Who shares a place stands together under 并列, and however many do, the sentence stays short."""
    world = make_world("05-20 10:00")
    names = [f"第{n}支队" for n in range(200)]
    rows = [RankRow(name, 1, Decimal(5)) for name in names] + [RankRow("长沙市公安局", 201, Decimal(1))]
    table = RankTable("handouts", "手册资料发放", "份", 0, world.clock.now(), tuple(rows))
    everybody = Scope("省联席办", None, frozenset(world.campaign.kinds))
    with world.session() as session:
        issues.publish(session, table, world.clock.now())
        whole = said(closing(session, world.campaign, everybody, world.clock.now()))
        papers = [
            said(closing(session, world.campaign, Scope(name, frozenset(), frozenset()), world.clock.now()))
            for name in (names[7], "长沙市公安局")
        ]
    assert f"手册资料发放第1期：并列第1名{'、'.join(names[:20])}等200家，5份。" in whole
    assert names[20] not in whole
    assert "手册资料发放第1期：并列第1名，5份。" in papers[0]
    assert "手册资料发放第1期：第201名，1份。" in papers[1]


def test_a_summary_without_a_single_figure_says_so(make_world: Make) -> None:
    """Nothing is invented; the places to fill in are there."""
    world = make_world("05-20 10:00")
    with world.session() as session:
        paper = closing(session, world.campaign, Scope("省联席办", None, frozenset()), world.clock.now())
    assert "台账中还没有数据。（请补充）" in said(paper)
    assert paper.appendix is None


def test_who_is_excused_is_not_counted_and_is_said(make_world: Make) -> None:
    """应完成 leaves out whom an admin has excused; the paper of that org says so."""
    world = make_world("05-20 10:00")
    with world.session() as session:
        org = session.scalars(select(Org).where(Org.name == "长沙市公安局")).one()
        admin = Person(name="李强", active=True, created_at=world.clock.now())
        session.add(admin)
        session.flush()
        session.add(Excuse(org_id=org.id, duty="press", made_at=world.clock.now(), made_by_id=admin.id))
        session.flush()
        everybody = Scope("省联席办", None, frozenset(world.campaign.kinds))
        brief = said(weekly(session, world.campaign, everybody, world.clock.now()))
        own = Scope(org.name, frozenset({org.id}), frozenset({"city"}))
        mine = said(weekly(session, world.campaign, own, world.clock.now()))
    (line,) = (each for each in brief.splitlines() if each.startswith("新闻发布会"))
    assert line.endswith("另有1家免报。")
    assert "长沙市公安局" not in line
    assert "新闻发布会至少1场：免报。" in mine
