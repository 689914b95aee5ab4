"""Why each number of a message was bound, skipped or asked about, one line of plain Chinese a number.

Called by `python -m bot read --explain` and by an admin's 为什么 in chat. Every reason code of the package stands here.
"""

from __future__ import annotations

from handlers.reading.questions import figure
from handlers.reading.values import DoubtKind, Found, Reading, Span, Step
from models.campaign.definition import Campaign

_BOUND = {
    "left": "前面紧挨着的名词是它",
    "right": "后面紧跟的名词是它",
    "paired": "“分别”按顺序对应",
    "carried": "前文或标题说的是它",
    "follows": "跟在场次后面的人数",
    "measure": "这个单位只有它用",
    "schema": "按标题里的顺序对应",
    "table": "按表头和行名对应",
    "zero": "写明没有，记0",
}
_SKIPPED = {
    "part": "是上面总数的一部分，不重复记",
    "vague-total": "等于下面几项之和，只记分项",
    "mismatch": "总数和分项对不上，先问清",
    "each": "是每一个的数，不是合计",
    "times": "是次数，旁边写了总数",
    "made": "是制作的数，记用出去的",
    "last-week": "是上一周用来对比的数",
    "rival": "同一项写了两种数，先问清",
    "repeat": "和前面是同一个数",
    "replaced": "是被更正的旧数",
    "determiner": "说的是哪一次，不是多少",
    "gain": "是比上次多出的数",
    "percent": "是百分比",
    "ident": "是号码、编号或第几",
    "like": "是点赞、评论一类",
    "question": "在问句里",
    "plan": "是计划、要求或目标，还没做",
    "past": "是过去时期的数",
    "other": "是别的单位的数",
    "stock": "是领用、库存或费用",
    "undone": "还没有做，或者取消了",
    "over": "是多报的数",
    "sample": "是举例",
    "received": "是收到的东西，不是发出去的",
    "crime": "是案件里的数",
    "notown": "写明不作为上报数",
    "undo": "是要撤掉的数",
    "meeting": "是开会的人数",
    "staff": "是工作人员，不算受众",
    "column": "在不用报的列或行里",
    "other-measure": "数的是别的东西",
    "no-such-day": "写的日期没有这一天",
    "no-noun": "旁边没有能对上的指标",
}
_ASKED = {
    DoubtKind.WHICH_INDICATOR.value: "没写是哪一项",
    DoubtKind.RANGE.value: "是个范围",
    DoubtKind.VAGUE.value: "不是确定的数",
    DoubtKind.SUM_MISMATCH.value: "分项加起来和总数对不上",
    DoubtKind.CANNOT_SPLIT.value: "是几项合在一起的数",
    DoubtKind.UNIT_MISFIT.value: "单位对不上",
    DoubtKind.PRINTED_ONLY.value: "只说印了，没说发了",
    DoubtKind.BOX_SIZE.value: "不知道一箱（包）有多少",
    DoubtKind.WHICH_PART.value: "没写清是哪一类",
    DoubtKind.EACH_TIMES.value: "是每一个的数，要问合计",
    DoubtKind.SAME_AS_BEFORE.value: "没有写数字",
    DoubtKind.TWO_READINGS.value: "有两种读法",
    DoubtKind.NO_SUCH_DAY.value: "没有这一天",
}


def explain(reading: Reading, text: str, campaign: Campaign) -> list[str]:
    """Return one line for each number of the text, in its order; one line that says so where there is none."""
    found: dict[Span, list[Found]] = {}
    for each in reading.found:
        found.setdefault(each.span, []).append(each)
    lines = [_line(step, found.get(step.span, []), text, campaign) for step in reading.steps]
    return lines or ["没有读到数字。"]


def _line(step: Step, found: list[Found], text: str, campaign: Campaign) -> str:
    written = text[slice(*step.span)].strip()
    if step.outcome == "bound" and found:
        told = "；".join(_stated(each, campaign) for each in found)
        return f"“{written}” → {told}：{_BOUND.get(step.reason, step.reason)}"
    if step.outcome == "asked":
        return f"“{written}” → 要问：{_ASKED.get(step.reason, step.reason)}"
    return f"“{written}” → 不记：{_SKIPPED.get(step.reason, step.reason)}"


def _stated(found: Found, campaign: Campaign) -> str:
    indicator = campaign.indicators[found.indicator]
    part = f"（{found.part}）" if found.part else ""
    marks = [
        mark
        for mark, on in (("累计", found.cumulative), ("约", found.approx), (found.date_written, found.date_written))
        if on
    ]
    return f"{indicator.name}{part} {figure(found.value)}{indicator.measure}" + (
        f"［{'，'.join(map(str, marks))}］" if marks else ""
    )
