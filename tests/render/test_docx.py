"""The papers as Word files, opened again: layout of the standard, fonts, numbering, odd rankings."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import docx as word
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml.ns import qn
from docx.shared import Pt

from bot.render.docx import docx, in_words, numbered
from models.bulletins.document import TEXT, Appendix, Block, Document
from models.bulletins.of_issue import bulletin
from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from models.messages import Corrected, RankRow, RankTable

NOW = datetime(2021, 5, 21, 2, 12, tzinfo=UTC)
CITIES = [
    f"{name}市公安局" for name in ["长沙", "株洲", "湘潭", "衡阳", "邵阳", "岳阳", "常德", "张家界", "益阳", "郴州"]
]
PAPER = Document(
    title="关于万人关注率情况的通报",
    subtitle="（第2期）",
    recipients="各市州：",
    blocks=(
        Block(TEXT, "现将情况通报如下。"),
        Block(1, "总体"),
        Block(2, "靠前"),
        Block(2, "靠后"),
        Block(1, "下一步"),
    ),
    signed_by="省联席办",
    signed_on=date(2021, 5, 21),
    appendix=Appendix(
        "附表", ("名次", "单位", "数值"), (("1", "长沙市公安局", "989.2"), ("—", "娄底市公安局", "未报"))
    ),
)


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    """The campaign of the notice."""
    return load(HUNAN)


def opened(data: bytes) -> Any:
    """Open a file as Word would."""
    return word.Document(io.BytesIO(data))


def said(paper: Document) -> str:
    """What a paper says, heading numbers included."""
    return "\n".join(text for _, text in numbered([(block.level, block.text) for block in paper.blocks]))


def table(*rows: RankRow, since: int | None = None, **values: Any) -> RankTable:
    """An issue of the hand-out ranking."""
    return RankTable("handouts", "手册资料发放", "份", 0, NOW, rows, number=2, since=since, **values)


def ranked(count: int) -> list[RankRow]:
    """So many cities in order, each a place up or down."""
    return [RankRow(CITIES[n], n + 1, Decimal(1000 - n * 50), n % 3 - 1) for n in range(count)]


def test_page_and_type_follow_the_standard() -> None:
    """A4, its margins, 28 points from line to line, and each kind of text in its font, for Chinese too."""
    file = opened(docx(PAPER))
    section = file.sections[0]
    assert [round(side.mm) for side in (section.page_width, section.page_height)] == [210, 297]
    sides = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(side.mm) for side in sides] == [37, 35, 28, 26]
    fonts = {}
    for name in ("Title", "Body Text", "Heading 1", "Heading 2", "Heading 3", "Heading 4"):
        style = file.styles[name]
        assert style.font.color.rgb == (0, 0, 0)
        fonts[name] = (style.element.rPr.rFonts.get(qn("w:eastAsia")), style.font.size)
        assert style.paragraph_format.line_spacing == (Pt(36) if name == "Title" else Pt(28))
    assert fonts == {
        "Title": ("方正小标宋简体", Pt(22)),
        "Body Text": ("仿宋_GB2312", Pt(16)),
        "Heading 1": ("黑体", Pt(16)),
        "Heading 2": ("楷体_GB2312", Pt(16)),
        "Heading 3": ("仿宋_GB2312", Pt(16)),
        "Heading 4": ("仿宋_GB2312", Pt(16)),
    }


def test_a_missing_font_has_a_substitute() -> None:
    """The font table names what stands in for the fonts that only offices have."""
    with zipfile.ZipFile(io.BytesIO(docx(PAPER))) as parts:
        fonts = parts.read("word/fontTable.xml").decode()
    for name in ("方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312"):
        assert re.search(f'w:name="{name}"><w:altName w:val="[^"]+"', fonts)


def test_the_language_is_chinese() -> None:
    """Where a font is missing a program takes the shapes of the mainland: without it the commas hang in mid-line."""
    with zipfile.ZipFile(io.BytesIO(docx(PAPER))) as parts:
        for part in ("word/styles.xml", "word/settings.xml"):
            assert set(re.findall(r'w:eastAsia="([a-z]{2}-[A-Z]{2})"', parts.read(part).decode())) == {"zh-CN"}


@pytest.mark.parametrize(
    ("title", "lines"),
    [("集中宣传月\n工作总结", 1), ("打击治理电信网络诈骗犯罪集中宣传月\n工作总结", 2), ("长" * 30, 1)],
    ids=["short", "long", "no-words"],
)
def test_a_long_title_breaks_where_its_words_end(title: str, lines: int) -> None:
    """On one line as long as it fits; no half word at the end."""
    file = opened(docx(replace(PAPER, title=title)))
    assert len(file.paragraphs[0].text.split("\n")) == lines
    assert file.core_properties.title == title.replace("\n", "")


def test_figures_stand_right_though_most_are_missing() -> None:
    """A column of figures is one even where most orgs have none."""
    rows = (("1", "长沙市公安局", "989.2"), *(("—", name, "未报") for name in CITIES[1:]))
    (grid,) = opened(docx(replace(PAPER, appendix=Appendix("附表", ("名次", "单位", "数值"), rows)))).tables
    assert [cell.paragraphs[0].alignment for cell in grid.rows[1].cells] == [ALIGN.CENTER, ALIGN.LEFT, ALIGN.RIGHT]


def test_the_text_stands_in_order() -> None:
    """Title, number, recipients, numbered text, what is attached, who signs, the date, the table behind."""
    file = opened(docx(PAPER))
    lines = [paragraph.text.strip() for paragraph in file.paragraphs if paragraph.text.strip()]
    assert lines == [
        "关于万人关注率情况的通报",
        "（第2期）",
        "各市州：",
        "现将情况通报如下。",
        "一、总体",
        "（一）靠前",
        "（二）靠后",
        "二、下一步",
        "附件：附表",
        "省联席办",
        "2021年5月21日",
        "附件",
        "附表",
    ]
    (grid,) = file.tables
    assert [[cell.text for cell in row.cells] for row in grid.rows] == [
        ["名次", "单位", "数值"],
        ["1", "长沙市公安局", "989.2"],
        ["—", "娄底市公安局", "未报"],
    ]
    assert grid.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_pages_are_numbered_outside() -> None:
    """— 1 —: to the right on odd pages, to the left on even ones, as a field."""
    file = opened(docx(PAPER))
    section = file.sections[0]
    assert file.settings.odd_and_even_pages_header_footer
    for footer in (section.footer, section.even_page_footer):
        assert "PAGE" in footer._element.xml
        assert footer.paragraphs[0].text.replace("PAGE", "") == "—  —"


def test_the_red_head_is_there_only_when_asked_for() -> None:
    """Off by default; switched on, the office stands in red over a red line."""
    assert "C00000" not in opened(docx(PAPER)).element.xml
    red = Document.from_json({**PAPER.to_json(), "red_head": "省联席办文件"})
    file = opened(docx(red))
    assert file.paragraphs[0].text == "省联席办文件"
    assert "C00000" in file.element.xml


def test_the_same_paper_is_the_same_file_and_survives_storing() -> None:
    """A repeated delivery sends the same bytes, also of a paper read back from the outbox."""
    assert docx(PAPER) == docx(Document.from_json(PAPER.to_json()))


def test_what_people_wrote_cannot_break_the_file() -> None:
    """Control characters, markup and very long names are text."""
    odd = Document.from_json({**PAPER.to_json(), "title": "<w:p>&\x00\x0b" + "长" * 200, "signed_by": "\ud800甲"})
    assert opened(docx(odd)).paragraphs[0].text.startswith("<w:p>&长")


@pytest.mark.parametrize(
    ("number", "words"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (35, "三十五"), (99, "九十九")]
)
def test_headings_count_in_chinese(number: int, words: str) -> None:
    """As far as any paper goes."""
    assert in_words(number) == words


def test_levels_are_numbered_each_in_its_way() -> None:
    """一、（一）1.（1）, and each starts again under the one above."""
    levels = [1, 2, 3, 4, 4, 3, 2, 3, 1, 2]
    heads = [text for _, text in numbered([(level, "") for level in levels])]
    assert heads == ["一、", "（一）", "1.", "（1）", "（2）", "2.", "（二）", "1.", "二、", "（一）"]


def test_a_bulletin_tells_who_leads_lags_lacks_and_what_was_corrected(campaign: Campaign) -> None:
    """Written from the issue alone."""
    rows = [*ranked(9), RankRow(CITIES[9], None, None)]
    text = said(
        bulletin(
            campaign, table(*rows, since=1, corrections=(Corrected(CITIES[0], Decimal(9), Decimal(1000)),)), NOW, NOW
        )
    )
    assert "应参加排名10家，已参加9家，未报1家。" in text
    assert "最高1,000份，最低600份，中位数800份。" in text
    assert "与第1期相比，名次上升3家，下降3家，不变3家。" in text
    assert (
        "（一）排名靠前的单位\n第1名长沙市公安局，1,000份；第2名株洲市公安局，950份；第3名湘潭市公安局，900份。" in text
    )
    assert "未报送数据的1家：郴州市公安局。" in text
    assert "第1期发布后有单位更正数据：长沙市公安局由9份更正为1,000份。" in text
    assert "宣传月工作总结，5月28日18:00前" in text


def test_the_campaign_file_says_whether_papers_have_a_red_head(campaign: Campaign) -> None:
    """None without it; with it the office's bulletins have one."""
    assert bulletin(campaign, table(*ranked(3)), NOW, NOW).red_head == ""
    red = campaign.model_copy(update={"red_head": "省联席办文件"})
    assert bulletin(red, table(*ranked(3)), NOW, NOW).red_head == "省联席办文件"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([RankRow(name, None, None) for name in CITIES], "目前没有可以排名的数据。"),
        ([RankRow(CITIES[0], 1, Decimal(5))], "仅长沙市公安局有数据，5份。"),
        ([RankRow(name, 1, Decimal(5)) for name in CITIES], "并列第1名长沙市公安局、株洲市公安局"),
        ([RankRow("长" * 40, 1, Decimal(0))], "第1名" + "长" * 40),
        (
            [RankRow(name, 1 + (n > 0), Decimal(n == 0)) for n, name in enumerate(CITIES)],
            f"第1名长沙市公安局，1份；并列第2名{'、'.join(CITIES[1:])}，0份。\n三、",
        ),
        (
            [RankRow(name, min(n, 4), Decimal(9 - min(n, 4))) for n, name in enumerate(CITIES, 1)],
            f"（二）排名靠后的单位\n并列第4名{'、'.join(CITIES[3:])}，5份。",
        ),
        ([RankRow(CITIES[0], None, None, marks=("缺人口数",))], "因缺少数据不能排名1家"),
        ([RankRow(f"单位{n}", n, Decimal(30000 - n)) for n in range(1, 30001)], "应参加排名30,000家"),
    ],
    ids=["no-data", "one", "all-tied", "long-name", "one-leader", "many-last", "no-population", "thirty-thousand"],
)
def test_odd_rankings_make_a_bulletin_too(campaign: Campaign, rows: list[RankRow], expected: str) -> None:
    """It says what is the case, and opens."""
    paper = bulletin(campaign, table(*rows), NOW, NOW)
    assert expected in said(paper)
    assert paper.appendix is not None
    assert len(paper.appendix.rows) <= 501
    assert opened(docx(Document.from_json(paper.to_json()))).paragraphs


@pytest.mark.parametrize(
    ("value", "expected"),
    [("50", "任务还没有全部完成的1家：长沙市公安局。"), ("100", "各单位应完成的任务均已完成。")],
    ids=["half", "all"],
)
def test_a_bulletin_of_duties_names_who_has_not_done_them_all(campaign: Campaign, value: str, expected: str) -> None:
    """Nobody is said to have done everything who has not."""
    shown = replace(table(RankRow(CITIES[0], 1, Decimal(value))), ranking="completion", title="任务完成度", unit="%")
    text = said(bulletin(campaign, shown, NOW, NOW))
    assert expected in text
    assert "均已按要求报送" not in text
