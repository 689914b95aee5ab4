"""Official papers as DOCX, laid out as GB/T 9704-2012 asks: page, margins, type, line pitch, numbered headings.

The named fonts are those of government offices and are not shipped: Word and WPS take the alternatives that the file
names where one is missing. What people wrote goes in as plain runs, never as fields or markup.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from typing import Any

import docx as word
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_BREAK, WD_LINE_SPACING
from docx.opc.oxml import serialize_part_xml
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from models.bulletins.document import TEXT, Appendix, Document

TITLE_FONT, H1_FONT, H2_FONT, BODY_FONT = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312"
PAGE_FONT, LATIN_FONT = "宋体", "Times New Roman"
INSTEAD = {  # what stands in where a font is missing
    TITLE_FONT: "方正小标宋_GBK;华文中宋;宋体;Noto Serif CJK SC",
    H1_FONT: "SimHei;Noto Sans CJK SC",
    H2_FONT: "楷体;KaiTi;STKaiti;Noto Serif CJK SC",
    BODY_FONT: "仿宋;FangSong;STFangsong;Noto Serif CJK SC",
    PAGE_FONT: "SimSun;Noto Serif CJK SC",
}
TITLE, BODY, SMALL, PAGE = Pt(22), Pt(16), Pt(12), Pt(14)  # 二号, 三号, 小四, 四号
PITCH, TITLE_PITCH = Pt(28), Pt(36)  # line pitch; the title's is wider
CHAR = 320  # twips: one character of the body
RED = RGBColor(0xC0, 0x00, 0x00)
STAMP = (2021, 1, 1, 0, 0, 0)  # of every part: the same paper is the same file, however often it is made
DIGITS = "零一二三四五六七八九"
TITLE_ROOM = 20  # characters of a title's line
NO_FIGURE = ("未报", "—")  # what stands in the place of one
SHORT = 4  # characters: a column of such words stands centred
HEADING_FONTS = {1: (H1_FONT, False), 2: (H2_FONT, False), 3: (BODY_FONT, True), 4: (BODY_FONT, False)}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def docx(paper: Document) -> bytes:
    """Lay out a paper. The same paper gives the same bytes, which a repeated call to the platform needs."""
    file: Any = word.Document()
    _page(file)
    _styles(file)
    _alternatives(file)
    if paper.red_head:
        _red_head(file, paper.red_head)
    _title(file, paper.title, paper.subtitle)
    if paper.recipients:
        _paragraph(file, paper.recipients, "Body Text", indent=False)
    for level, text in numbered([(block.level, block.text) for block in paper.blocks]):
        last = _paragraph(file, text, "Body Text" if level == TEXT else f"Heading {level}")
        last.paragraph_format.keep_with_next = level != TEXT
    ending = file.paragraphs[-1:]
    if paper.appendix:
        ending += [_paragraph(file, text, "Body Text") for text in ("", f"附件：{paper.appendix.title}")]
    for paragraph in ending:  # who signs and the date never stand on a page without text
        paragraph.paragraph_format.keep_with_next = True
    _signature(file, paper)
    if paper.appendix:
        _appendix(file, paper.appendix)
    _properties(file, paper)
    buffer = io.BytesIO()
    file.save(buffer)
    return _stamped(buffer.getvalue())


def numbered(blocks: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Number headings by level: 一、（一）1.（1）; each level starts again under the one above."""
    counts = [0] * 5
    for level, text in blocks:
        if level == TEXT:
            yield level, text
            continue
        counts[level] += 1
        counts[level + 1 :] = [0] * (4 - level)
        yield level, f"{_number(level, counts[level])}{text}"


def _number(level: int, count: int) -> str:
    return (f"{in_words(count)}、", f"（{in_words(count)}）", f"{count}.", f"（{count}）")[level - 1]


def in_words(count: int) -> str:
    """Write 1 to 99 in Chinese: 一, 十, 十二, 二十, 三十五."""
    tens, ones = divmod(count, 10)
    return f"{DIGITS[tens] if tens > 1 else ''}{'十' if tens else ''}{DIGITS[ones] if ones or not tens else ''}"


def _page(file: Any) -> None:
    """Set A4 with the standard's margins, and page numbers: odd pages to the right, even ones to the left."""
    section = file.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    file.settings.odd_and_even_pages_header_footer = True
    for footer, align in ((section.footer, ALIGN.RIGHT), (section.even_page_footer, ALIGN.LEFT)):
        line = footer.paragraphs[0]
        line.alignment = align
        line.paragraph_format.left_indent = line.paragraph_format.right_indent = PAGE
        for piece in ("— ", None, " —"):
            run = line.add_run(piece or "")
            _font(run.font, PAGE_FONT, PAGE, run._element)
            if piece is None:
                _field(run._element, "PAGE")


def _field(run: Any, code: str) -> None:
    for kind, text in (("begin", ""), ("", code), ("end", "")):
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run.append(mark)


def _styles(file: Any) -> None:
    styles = file.styles
    for language in (styles.element.iter(qn("w:lang")), file.settings.element.iter(qn("w:themeFontLang"))):
        for element in language:  # else a program takes the shapes of another country where a font is missing
            element.set(qn("w:eastAsia"), "zh-CN")
    _style(styles["Normal"], BODY_FONT, BODY)
    body = _style(styles["Body Text"], BODY_FONT, BODY)
    body.paragraph_format.alignment = ALIGN.JUSTIFY
    _style(styles["Title"], TITLE_FONT, TITLE, pitch=TITLE_PITCH).paragraph_format.alignment = ALIGN.CENTER
    for level, (font, bold) in HEADING_FONTS.items():
        heading = _style(styles[f"Heading {level}"], font, BODY, bold=bold)
        heading.paragraph_format.keep_with_next = True
    table = _style(styles.add_style("公文表格", 1), BODY_FONT, SMALL, pitch=Pt(20))
    table.base_style = styles["Normal"]


def _style(style: Any, font: str, size: Pt, *, bold: bool = False, pitch: Pt = PITCH) -> Any:
    """Set a style's type and spacing, and take away what the template gives it: colour, italics, borders."""
    _font(style.font, font, size, style.element)
    style.font.bold, style.font.italic, style.font.color.rgb = bold, False, RGBColor(0, 0, 0)
    layout = style.paragraph_format
    layout.space_before = layout.space_after = Pt(0)
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, pitch
    border = style.element.get_or_add_pPr().find(qn("w:pBdr"))
    if border is not None:
        border.getparent().remove(border)
    return style


def _font(font: Any, name: str, size: Pt, element: Any) -> None:
    """Name the font for Chinese as well: without eastAsia Word takes its own."""
    font.name, font.size = LATIN_FONT, size
    fonts = element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), name)
    fonts.set(qn("w:hint"), "eastAsia")


def _alternatives(file: Any) -> None:
    """Name a substitute for each font in the font table of the file."""
    part = next(part for part in file.part.package.iter_parts() if str(part.partname) == "/word/fontTable.xml")
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{instead}"/><w:charset w:val="86"/></w:font>'
        for name, instead in INSTEAD.items()
    )
    root = parse_xml(part.blob)
    root.extend(parse_xml(f"<w:fonts {nsdecls('w')}>{fonts}</w:fonts>"))
    part._blob = serialize_part_xml(root)  # the library has no other way into this part


def _red_head(file: Any, office: str) -> None:
    line = file.add_paragraph(style="Title")
    run = line.add_run(_clean(office))
    run.font.color.rgb, run.font.size = RED, Pt(36)
    line.paragraph_format.line_spacing = Pt(60)
    line.paragraph_format.space_after = PITCH
    edge = f'<w:pBdr {nsdecls("w")}><w:bottom w:val="single" w:sz="18" w:space="6" w:color="C00000"/></w:pBdr>'
    line._element.get_or_add_pPr().append(parse_xml(edge))


def _title(file: Any, title: str, subtitle: str) -> None:
    """Set a title; one that is too long for a line breaks where its words end, as the standard asks."""
    whole = title.replace("\n", "")
    line = file.add_paragraph(_clean(whole if len(whole) <= TITLE_ROOM else title), style="Title")
    line.paragraph_format.space_before = PITCH
    if subtitle:
        below = file.add_paragraph(style="Body Text")
        below.alignment = ALIGN.CENTER
        run = below.add_run(_clean(subtitle))
        _font(run.font, H2_FONT, BODY, run._element)
    file.add_paragraph(style="Body Text")


def _paragraph(file: Any, text: str, style: str, *, indent: bool = True) -> Any:
    paragraph = file.add_paragraph(_clean(text), style=style)
    if indent:
        _indent(paragraph, firstLineChars=200, firstLine=2 * CHAR)
    return paragraph


def _indent(paragraph: Any, **values: int) -> None:
    """Indent in characters, with twips beside for programs that do not know them."""
    element = paragraph._element.get_or_add_pPr().get_or_add_ind()
    for name, value in values.items():
        element.set(qn(f"w:{name}"), str(value))


def _signature(file: Any, paper: Document) -> None:
    """Set who signs and the date at the right, the date four characters in, who signs centred over it."""
    on = paper.signed_on
    written = f"{on.year}年{on.month}月{on.day}日"
    half = (len(written) * 0.75 - len(paper.signed_by)) / 2  # digits are half as wide, about half of a date is digits
    for text, right in ((paper.signed_by, max(0.0, 4 + half)), (written, 4.0)):
        line = file.add_paragraph(_clean(text), style="Body Text")
        line.alignment = ALIGN.RIGHT
        line.paragraph_format.keep_with_next = text != written
        if text != written:
            line.paragraph_format.space_before = PITCH * 2
        _indent(line, rightChars=int(right * 100), right=int(right * CHAR))


def _appendix(file: Any, appendix: Appendix) -> None:
    mark = file.add_paragraph(style="Heading 1")
    mark.add_run().add_break(WD_BREAK.PAGE)
    mark.add_run("附件")
    _title(file, appendix.title, "")
    table = file.add_table(rows=1, cols=len(appendix.columns), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    widths = _widths(appendix)
    for column, width in zip(table.columns, widths, strict=True):  # LibreOffice reads these, Word the cells'
        column.width = width
    _row(table.rows[0], appendix.columns, appendix, widths, head=True)
    for row in appendix.rows:
        _row(table.add_row(), row, appendix, widths)


def _row(row: Any, values: Sequence[str], appendix: Appendix, widths: Sequence[Mm], *, head: bool = False) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))
    for number, (cell, value, width) in enumerate(zip(row.cells, values, widths, strict=True)):
        cell.width, cell.vertical_alignment = width, WD_ALIGN_VERTICAL.CENTER
        line = cell.paragraphs[0]
        line.style = "公文表格"
        run = line.add_run(_clean(value))
        if head:
            _font(run.font, H1_FONT, SMALL, run._element)
        line.alignment = ALIGN.CENTER if head or number == 0 else _side(appendix, number)


def _side(appendix: Appendix, number: int) -> Any:
    """Set a column of figures to the right, one of words to the left."""
    written = [row[number] for row in appendix.rows]
    said = [text for text in written if text and text not in NO_FIGURE]
    figures = sum(re.fullmatch(r"[+-]?[\d,.]+", text) is not None for text in said)
    if figures * 2 > len(said):
        return ALIGN.RIGHT
    return ALIGN.LEFT if max(map(len, said), default=0) > SHORT else ALIGN.CENTER


def _widths(appendix: Appendix) -> list[Mm]:
    """Share out the 156 mm of the text body by what the columns hold."""
    needs = []
    for number, title in enumerate(appendix.columns):
        longest = max([len(title), *(len(row[number]) for row in appendix.rows)])
        needs.append(min(max(longest, 3), 14) + (2 if number == 1 else 1))
    return [Mm(round(156 * need / sum(needs))) for need in needs]


def _properties(file: Any, paper: Document) -> None:
    made = datetime.combine(paper.signed_on, time(0), tzinfo=UTC).replace(tzinfo=None)
    properties = file.core_properties
    properties.title, properties.author = _clean(paper.title.replace("\n", "")), _clean(paper.signed_by)
    properties.created = properties.modified = made
    properties.last_modified_by, properties.comments = "", ""


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def _stamped(data: bytes) -> bytes:
    """Pack the parts again without the moment they were packed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return buffer.getvalue()
