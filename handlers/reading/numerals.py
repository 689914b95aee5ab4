"""Chinese and Arabic numerals to Decimal. Own grammar, no floats; knows nothing of indicators or measures.

Reads 1,200, 1.2万余, 13万2, 三万五, 十万零一千, 两千余, 十几, 上百, ranges (四五千, 300到400) and vague amounts
(几百, 若干).
Called by tokens.py. Rivals' known misreadings (rivals.md 3.6 item 59) are fixed tests in tests/reading/numerals.tsv.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"两": 2, "〇": 0}
DIGITS |= dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True)) | {"俩": 2, "仨": 3}
UNITS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
BIG = {"万": 10**4, "亿": 10**8}
_MULTIPLIER = {"W": 10**4, "K": 10**3, **UNITS, **BIG}

_H = "零一二三四五六七八九两壹贰叁肆伍陆柒捌玖十百千拾佰仟"
_NUMERAL = re.compile(
    rf"""
    (?P<dotted>(?<![\d.])\d+(?:\.\d+){{2,}})
    |(?P<arabic>(?<![\d.])(?:\d{{1,3}}(?:,\d{{3}})+(?![\d.]*\d)
                            |\d{{1,3}}(?:\ \d{{3}})*?\ 0\d\d(?:\ \d{{3}})*(?![\d.])  # 1 000: no number begins with 0
                            |\d+(?:\.\d+)?))
        (?P<more1>[余多来几])?
        (?:\ ?(?P<times>[十百千万]?[万亿]|[百千]|WAN|[WK](?![A-Z])))?
        (?P<tail>(?<=[万亿千百])(?:零\d{{1,3}}(?!\d)|(?:\d{{1,4}}[千百十])+|\d{{1,4}}(?![\d.%月日号:])|[{_H}]+(?![月日号])))?
        (?P<more2>[余多来几])?
    |(?P<vague>(?:好几|几|数)(?:[十百千]*[万亿]|[十百千])|(?:好几|几|半|大半|小半)大?(?=[箱包捆盒袋摞沓]|车(?!间))|好几(?=[本册份张条块场堂户家人名起台部篇])|百十|一(?:屋子?|院子?|教室|会场|操场|广场|大厅|礼堂)(?=人)|若干|好多|很多|不少|许多|大量|一批|一些)
    |(?P<over>上[十百千]*[万亿]|上[百千])
    |(?P<han>[{_H}]+(?:[万亿][{_H}]*)*(?:点[{_H}]+[万亿]?)?|(?:[百千][万亿]?|[万亿])(?=余))
        (?P<more3>[余多来几][十百千]?[万亿]?|(?<=[百千万])把(?=[份本册张条人户]))?
    """,
    re.VERBOSE,
)
_LONGEST = 40  # characters of a numeral; longer ones are no figure that anybody reports
_RUN_ON = re.compile("[百千万亿]一$")
_SCALES = frozenset("百千万亿佰仟")
_ONE_OF = frozenset("个位名场起笔")
_PIECE = re.compile(r"(\d+)([千百十])")


class Shape(Enum):
    """How definite a numeral is."""

    EXACT = "exact"
    RANGE = "range"
    VAGUE = "vague"


@dataclass(slots=True)
class Numeral:
    """A numeral of the text. value is the number as stated (for a range its lower end, for a vague one None)."""

    start: int
    end: int
    value: Decimal | None
    approx: bool = False
    shape: Shape = Shape.EXACT
    upper: Decimal | None = None  # of a range
    han: bool = False  # in Chinese characters: may be part of a word, so a lone digit wants a measure word
    scaled: bool = False  # written with 万, 亿, 千 ...


def scan(text: str) -> list[Numeral]:
    """Return the numerals of a levelled text in order, not overlapping. Never raises; linear in the length."""
    found: list[Numeral] = []
    for match in _NUMERAL.finditer(text):
        numeral = _read(match)
        if numeral is not None:
            found.append(numeral)
            if numeral.han and numeral.end < match.end() and text[numeral.end] == "一":
                found.append(Numeral(numeral.end, numeral.end + 1, Decimal(1), han=True))
    return found


def _read(match: re.Match[str]) -> Numeral | None:
    if match["arabic"] is not None:
        return _read_arabic(match)
    start, end = match.span()
    if match["vague"] is not None:
        return Numeral(start, end, None, shape=Shape.VAGUE, han=True)
    if match["dotted"] is not None:
        return Numeral(start, end, None, shape=Shape.VAGUE)
    if match["over"] is not None:
        return Numeral(start, end, _han_value("一" + match["over"][1:]), approx=True, han=True, scaled=True)
    return _read_han(match)


def _read_arabic(match: re.Match[str]) -> Numeral:
    start, end = match.span()
    written = match["arabic"]
    value = Decimal(written.replace(",", "").replace(" ", ""))
    approx = match["more1"] is not None or match["more2"] is not None
    times = match["times"]
    if not times and approx:
        more = match["more1"]
        if more in ("来", "几") and value % 10:  # 来 after a figure that is not round is the verb: 12来
            return Numeral(start, match.end("arabic"), value)
    if times:
        factor = 1
        for char in times.removesuffix("AN"):
            factor *= _MULTIPLIER[char]
        value *= factor
        if match["tail"]:
            value += _tail(match["tail"], times[-1])
    return Numeral(start, end, value, approx=approx, scaled=bool(times))


def _tail(tail: str, unit: str) -> Decimal:
    """Value of what follows a multiplier: 13万2 adds 2 thousand, 1万2千 2 thousand, 1万2500 as it stands."""
    if tail[0] == "零" and tail[1:].isdigit():
        return Decimal(tail[1:])  # 3百零5
    if tail[0].isdigit():
        pieces = _PIECE.findall(tail)
        if pieces:
            return Decimal(sum(int(digits) * _MULTIPLIER[char] for digits, char in pieces))
        return Decimal(tail) * (_MULTIPLIER[unit] // 10 if len(tail) == 1 else 1)
    if len(tail) == 1 and tail in DIGITS:
        return Decimal(DIGITS[tail] * (_MULTIPLIER[unit] // 10))
    return _han_value(tail) or Decimal(0)


def _read_han(match: re.Match[str]) -> Numeral | None:
    start, end = match.span()
    written, more = match["han"], match["more3"]
    if written[-1] == "一" and _RUN_ON.search(written) and not more and match.string[end : end + 1] in _ONE_OF:
        written, end = written[:-1], end - 1  # 一个三万一个五万
    if written[0] in "百千万亿":
        written = "一" + written
    if more and more[1:]:
        written += more[1:]
    spread = _spread(written)
    if spread is not None:
        return Numeral(start, end, spread[0], shape=Shape.RANGE, upper=spread[1], han=True, scaled=True)
    value = _han_value(written)
    if value is None:
        return None
    if more and more[0] in "来几" and (value % 10 or not value):
        end, more = match.end("han"), None
    scaled = not _SCALES.isdisjoint(written)
    return Numeral(start, end, value, approx=bool(more), han=True, scaled=scaled)


_NEIGHBOURS = re.compile(r"(.*?)(一二|一两|两三|二三|三四|四五|三五|五六|六七|七八|八九)([十百千]?[万亿]?)$")


def _spread(written: str) -> tuple[Decimal, Decimal] | None:
    """Ends of a spread in neighbouring digits (四五千, 十七八, 一百二三十), or None when it is none."""
    match = _NEIGHBOURS.match(written) if len(written) > 1 else None
    if match is None or not (match[1] or match[3]):
        return None
    if match[1] and match[1][-1] in DIGITS:
        return None  # 二三四: digits read out
    ends = [_han_value(match[1] + digit + match[3]) for digit in match[2]]
    if ends[0] is None or ends[1] is None:
        return None
    return ends[0], ends[1]


def spread_out(numeral: Numeral, text: str) -> None:
    """Take two neighbouring digits before a measure word for a spread: 四五场."""
    written = text[numeral.start : numeral.end]
    if len(written) == 2 and _NEIGHBOURS.match(written) is not None:
        numeral.shape, numeral.value, numeral.upper = (
            Shape.RANGE,
            Decimal(DIGITS[written[0]]),
            Decimal(DIGITS[written[1]]),
        )


def _han_value(written: str) -> Decimal | None:
    """Value of a numeral in Chinese characters, or None when it follows no grammar."""
    if "点" in written:
        return _han_decimal(written)
    if all(char in DIGITS for char in written):
        return Decimal("".join(str(DIGITS[char]) for char in written))
    total = section = digit = 0
    last = 1  # the unit before: 三万五 means five thousand
    for char in written:
        if char in DIGITS:
            digit = DIGITS[char]
            last = 1 if char in "零" else last
        elif char in UNITS:
            last = UNITS[char]
            section += (digit or 1) * last
            digit = 0
        elif char in BIG:
            last = BIG[char]
            total = (
                (total + section + digit or 1) * last
                if last > total and total
                else total + (section + digit or 1) * last
            )
            section = digit = 0
        else:
            return None
    if digit and last >= 100:
        digit *= last // 10
    return Decimal(total + section + digit)


def _han_decimal(written: str) -> Decimal | None:
    whole, _, rest = written.partition("点")
    factor = 1
    while rest and rest[-1] in BIG:
        factor *= BIG[rest[-1]]
        rest = rest[:-1]
    head = _han_value(whole)
    if head is None or not rest or any(char not in DIGITS for char in rest):
        return None
    return (head + Decimal("0." + "".join(str(DIGITS[char]) for char in rest))) * factor


def is_ident(text: str, numeral: Numeral, measure: str, known: bool) -> bool:
    """Whether a number is a name: 第2, A4, 0500-6620012, №12."""
    length = numeral.end - numeral.start
    if numeral.shape is Shape.VAGUE and not numeral.han and not measure:
        return True  # 1.2.3
    before = text[max(0, numeral.start - 1) : numeral.start]
    after = text[numeral.end : numeral.end + 1]
    if before == "第" or (before and "A" <= before <= "Z" and not numeral.han and not known):
        return True
    if before and before in "楼层栋幢" and text[numeral.start - 2 : numeral.start - 1].isdigit() and not measure:
        return True  # 3楼305
    if before == "/" and measure and numeral.start > 1 and text[numeral.start - 2].isalpha():
        return False  # 3场/240人
    if before and before in "\x02-/\\×*^=":
        return not (before == "-" and numeral.start > 1 and text[numeral.start - 2] in " :\t-")
    if not numeral.han and "A" <= after <= "Z" and not measure:
        return True
    if length > _LONGEST or (length > 1 and text[numeral.start] == "0" and text[numeral.start + 1].isdigit()):
        return True
    return not measure and not numeral.scaled and length >= 11 and text[numeral.start : numeral.end].isdigit()
