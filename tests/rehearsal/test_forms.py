"""The forms of a rehearsal: the page, an org's page, CSV, iCalendar; and what is refused."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import select

from bot.__main__ import DONE, WRONG, main
from bot.config import Loaded
from models import amendments, roster_sync
from models.campaign.amended import Kind
from models.people import Person
from models.session import Database, connect
from tests.schedules.world import ZONE

OUTSIDE = "is outside of the campaign; write a day from 2021-05-11 to 2021-06-04"
Capture = pytest.CaptureFixture[str]


def said(config: Path, capsys: Capture, *more: str) -> str:
    """Run `rehearse` and return what it printed."""
    assert main(["rehearse", "--config", str(config), *more]) == DONE
    return capsys.readouterr().out


def test_the_page_groups_a_day_and_says_why_it_was_moved(config: Path, capsys: Capture) -> None:
    """Each day has its weekday; a firing is one entry, with its recipients counted, its text once, and its shift."""
    page = said(config, capsys, "--from", "2021-05-28", "--to", "2021-05-28")
    assert "5月28日 周五" in page
    assert "  09:12  总结到期前提醒（截止当天） → 32家32人" in page
    assert page.count("【反诈宣传月】提示：宣传月工作总结还没报，今天18:00截止。") == 1
    assert "新闻发布会到期前提醒（提前1天） → 省联席办 罗静\n      · 原定5月30日，周日休息，提前到周五" in page


def test_an_org_sees_everything_that_it_gets(config: Path, capsys: Capture) -> None:
    """The page of an org, named by an alias, has the full texts in order and nothing of anybody else."""
    page = said(config, capsys, "--org", "长沙")
    moments = [line.split()[0] for line in page.splitlines() if line.startswith("  0")]
    assert len(moments) > 8
    assert "张三、李四、陈志强" in page
    assert "3. 短视频采用至少1条，5月31日18:00截止（还有4天）" in page
    assert "每日早报" not in page


def test_csv_is_one_row_a_notice(config: Path, capsys: Capture) -> None:
    """It parses again, marked as UTF-8, with wall-clock times in order and texts whole."""
    text = said(config, capsys, "--format", "csv")
    assert text.startswith("\ufeff时间,通道,单位,姓名,规则,内容,规则代号")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) > 400
    assert [row["时间"] for row in rows] == sorted(row["时间"] for row in rows)
    mine = [row for row in rows if row["姓名"] == "张三" and row["规则代号"] == "press-due"]
    assert [row["时间"] for row in mine] == ["2021-05-24 09:12:00"]
    assert (mine[0]["通道"], mine[0]["规则"]) == ("企业微信应用", "新闻发布会到期前提醒")
    assert mine[0]["内容"].splitlines()[1] == "1. 新闻发布会至少1场，5月31日18:00截止（还有7天）"


def test_no_cell_of_the_csv_is_a_formula(config: Path, capsys: Capture) -> None:
    """A name that begins like a formula stays text."""
    people = config.with_name("people.csv")
    people.write_text(people.read_text(encoding="utf-8").replace("张三,", "=1+1,"), encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(said(config, capsys, "--format", "csv", "--to", "2021-05-12"))))
    assert "'=1+1" in {row["姓名"] for row in rows}
    assert "=1+1" not in {row["姓名"] for row in rows}


def test_ics_is_one_event_a_firing(config: Path, capsys: Capture) -> None:
    """It parses again: times in Shanghai, ids that stay the same from one run to the next."""
    first, again = (Calendar.from_ical(said(config, capsys, "--format", "ics", "--to", "2021-05-25")) for _ in range(2))
    events = first.walk("VEVENT")
    ids = [str(event["uid"]) for event in events]
    assert len(set(ids)) == len(ids) > 25
    assert ids == [str(event["uid"]) for event in again.walk("VEVENT")]
    (press,) = [e for e in events if str(e["summary"]).startswith("新闻发布会到期前提醒（提前7天）")]
    assert press.decoded("dtstart") == datetime(2021, 5, 24, 9, 12, tzinfo=ZONE)
    assert "民警安装率100%，5月31日18:00截止（还有7天）" in str(press["description"])


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        (
            ["--from", "2021-05-10"],
            f"--from 2021-05-10 {OUTSIDE}",
        ),
        (
            ["--to", "2022-05-20"],
            f"--to 2022-05-20 {OUTSIDE}",
        ),
        (["--from", "2021-05-20", "--to", "2021-05-19"], "--to 2021-05-19 is before --from 2021-05-20"),
        (["--from", "5月20日"], "--from 5月20日 is no date; write it as 2021-05-11"),
        (["--reporting", "150%"], "--reporting 150% is no share of the orgs; write 0.5 or 50%"),
        (["--org", "长沙市公安"], '--org 长沙市公安 is not in the roster; did you mean "长沙市公安局"? '),
    ],
)
def test_what_makes_no_sense_is_refused(config: Path, capsys: Capture, more: list[str], answer: str) -> None:
    """Days outside of the campaign or in the wrong order, no dates, unknown orgs: exit 2, one line, what to write."""
    assert main(["rehearse", "--config", str(config), *more]) == WRONG
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(answer)
    assert told.err.count("\n") == 1


def test_nothing_is_left_behind(config: Path, capsys: Capture) -> None:
    """A rehearsal makes no database and no other file."""
    before = sorted(path.name for path in config.parent.iterdir())
    said(config, capsys, "--to", "2021-05-12")
    assert sorted(path.name for path in config.parent.iterdir()) == before


def test_a_database_that_is_there_is_asked(
    config: Path, capsys: Capture, loaded: Loaded, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People and changes of the config's database hold; a deadline that was put off moves its reminders."""
    monkeypatch.setenv("BOT_DATABASE_URL", database_url)
    db = Database(connect(database_url))
    start = datetime(2021, 5, 11, tzinfo=ZONE)
    with db.begin() as session:
        roster_sync.sync(session, loaded.roster, "wecom_app", start)
        session.scalars(select(Person).where(Person.name == "张三")).one().name = "章山"
        value = {"due": "2021-05-30T18:00:00+08:00"}
        amendments.add(session, Kind.EXTEND, "summary", start, None, period="all", value=value)
    db.dispose()
    page = said(config, capsys, "--org", "长沙", "--from", "2021-05-27", "--to", "2021-05-28")
    assert "取自数据库" in page
    assert "宣传月工作总结，5月30日18:00截止（还有3天）" in page
    assert "章山" in page
    assert "张三" not in page


@pytest.mark.parametrize(("share", "asked"), [("0", 32), ("50%", 16), ("1.0", 0)])
def test_what_if_some_report(config: Path, capsys: Capture, share: str, asked: int) -> None:
    """Who reports everything in time is not asked once the deadline is there; the others are."""
    text = said(config, capsys, "--reporting", share, "--from", "2021-05-31", "--to", "2021-05-31", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    told = {row["单位"] for row in rows if row["规则代号"] == "summary-overdue"}
    assert len(told) == pytest.approx(asked, abs=4)
    assert bool(told) is bool(asked)
