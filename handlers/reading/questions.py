"""The one question that settles each kind of doubt, in plain Chinese, with the short answers it takes.

A doubt with several candidates that have a value is answered with 1, 2, 3; with one such candidate with 是, 否 or a
number; with none
with a number, or by sending the figures again. Called by handlers/report.py. Names and measures come from the
campaign file.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from handlers.reading.values import Candidate, Doubt, DoubtKind
from models.campaign.definition import Campaign


def question(doubt: Doubt, campaign: Campaign) -> str:
    """Word the question of a doubt, with numbered options where there are several. Never empty."""
    return _WORDING[doubt.kind](doubt, campaign)


def implausible(as_written: str, name: str, why: str) -> str:
    """Word the question about a figure that its org has never come near. why: what it was held against, as a clause."""
    return f"{name}“{as_written}”{why}，是这个数吗？回“是”记入，或者直接回正确的数。"


def figure(value: Decimal) -> str:
    """Write a figure with grouped digits and without needless zeros: 13,000; 3.5."""
    plain = value.normalize()
    return f"{plain:,f}"


def _name(candidate: Candidate, campaign: Campaign) -> str:
    indicator = campaign.indicators[candidate.indicator]
    return f"{indicator.name}（{candidate.part}）" if candidate.part else indicator.name


def _names(doubt: Doubt, campaign: Campaign) -> str:
    named = dict.fromkeys(campaign.indicators[each.indicator].name for each in doubt.candidates)
    return "、".join(named) or "这一项"


def _stated(candidate: Candidate, campaign: Campaign) -> str:
    if candidate.value is None:
        return _name(candidate, campaign)
    return f"{_name(candidate, campaign)} {figure(candidate.value)}{campaign.indicators[candidate.indicator].measure}"


def _options(doubt: Doubt, campaign: Campaign) -> str:
    return "".join(f"\n{number} {_stated(each, campaign)}" for number, each in enumerate(doubt.candidates, 1))


def _which_indicator(doubt: Doubt, campaign: Campaign) -> str:
    return f"“{doubt.as_written}”报的是哪一项？回序号；都不是就回“否”，再写明是什么。{_options(doubt, campaign)}"


def _range(doubt: Doubt, campaign: Campaign) -> str:
    return f"{_names(doubt, campaign)}“{doubt.as_written}”是个范围，请回一个确定的数。"


def _vague(doubt: Doubt, campaign: Campaign) -> str:
    return f"{_names(doubt, campaign)}“{doubt.as_written}”，具体是多少？请回一个数。"


def _sum_mismatch(doubt: Doubt, campaign: Campaign) -> str:
    asked = f"{_names(doubt, campaign)}的分项加起来和“{doubt.as_written}”对不上，以哪个为准？回序号。"
    return asked + _options(doubt, campaign)


def _cannot_split(doubt: Doubt, campaign: Campaign) -> str:
    if len({each.indicator for each in doubt.candidates}) == 1:
        places = "、".join(each.part for each in doubt.candidates if each.part)
        return f"“{doubt.as_written}”里，{places}各多少？请分开发一遍。"
    return f"“{doubt.as_written}”里，{_names(doubt, campaign)}各多少？请分开发一遍。"


def _unit_misfit(doubt: Doubt, campaign: Campaign) -> str:
    if not doubt.candidates:
        return _vague(doubt, campaign)
    indicator = campaign.indicators[doubt.candidates[0].indicator]
    asked = f"{indicator.name}按“{indicator.measure}”报，“{doubt.as_written}”不好记。"
    return f"{asked}{indicator.name}是多少{indicator.measure}？请回一个数。"


def _printed_only(doubt: Doubt, campaign: Campaign) -> str:
    return f"{_names(doubt, campaign)}“{doubt.as_written}”是印的还是发的？已经全部发出去就回“是”，否则回发出去的数。"


def _box_size(doubt: Doubt, campaign: Campaign) -> str:
    measure = campaign.indicators[doubt.candidates[0].indicator].measure if doubt.candidates else ""
    return f"{_names(doubt, campaign)}“{doubt.as_written}”合多少{measure}？请回一个数。"


def _which_part(doubt: Doubt, campaign: Campaign) -> str:
    indicator = campaign.indicators[doubt.candidates[0].indicator] if doubt.candidates else None
    dimension = campaign.dimensions[indicator.by].name if indicator is not None and indicator.by else "类别"
    options = "".join(f"\n{number} {each.part}" for number, each in enumerate(doubt.candidates, 1))
    return f"{_names(doubt, campaign)}“{doubt.as_written}”记到哪个{dimension}？回序号；都不是就回“否”。{options}"


def _each_times(doubt: Doubt, campaign: Campaign) -> str:
    product = doubt.candidates[0].value if doubt.candidates else None
    if product is None:
        return f"{_names(doubt, campaign)}每处“{doubt.as_written}”，合计多少？请回一个数。"
    measure = campaign.indicators[doubt.candidates[0].indicator].measure
    return f"{_names(doubt, campaign)}合计是不是{figure(product)}{measure}？回“是”，或者直接回合计数。"


def _same_as_before(doubt: Doubt, campaign: Campaign) -> str:
    return f"“{doubt.as_written}”没法记，请把各项数字发全。"


def _two_readings(doubt: Doubt, campaign: Campaign) -> str:
    if len(doubt.candidates) > 1:
        return f"{_names(doubt, campaign)}写了两种数，以哪个为准？回序号。{_options(doubt, campaign)}"
    return f"{_names(doubt, campaign)}要报现在的总数，“{doubt.as_written}”像是新增的数。现在一共是多少？请回一个数。"


def _no_such_day(doubt: Doubt, campaign: Campaign) -> str:
    return f"没有“{doubt.as_written}”这一天，这天的数字还没记。请改好日期再发一遍。"


_WORDING: dict[DoubtKind, Callable[[Doubt, Campaign], str]] = {
    DoubtKind.WHICH_INDICATOR: _which_indicator,
    DoubtKind.RANGE: _range,
    DoubtKind.VAGUE: _vague,
    DoubtKind.SUM_MISMATCH: _sum_mismatch,
    DoubtKind.CANNOT_SPLIT: _cannot_split,
    DoubtKind.UNIT_MISFIT: _unit_misfit,
    DoubtKind.PRINTED_ONLY: _printed_only,
    DoubtKind.BOX_SIZE: _box_size,
    DoubtKind.WHICH_PART: _which_part,
    DoubtKind.EACH_TIMES: _each_times,
    DoubtKind.SAME_AS_BEFORE: _same_as_before,
    DoubtKind.TWO_READINGS: _two_readings,
    DoubtKind.NO_SUCH_DAY: _no_such_day,
}
