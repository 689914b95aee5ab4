"""What the words around a number, a day or a mark say: taken back, of another org, done after all.

Called by scopes.py and lines.py. Each looks at a bounded stretch of tokens.
"""

from __future__ import annotations

import re

from handlers.reading.tokens import DAY, MARK, NUMBER, WORD, Token

AS_OF = ("截至", "截止")
_CANCELLED = frozenset(("取消", "推迟", "延期", "改期", "暂缓", "停办"))
# behind 取消: an earlier report is meant, not a thing that was called off: 取消我10分钟前报的入户50户
_EARLIER = "刚|那条|那个|那笔|上一?条|上次|前一?条|前面|之前|[报填录登发]的"
POINTS_BACK = re.compile(rf"(?:掉|了|一下)?[^,;。!?:\n]{{0,12}}?(?:这条|{_EARLIER})")
_THAT = frozenset("的那这")
_THAT_ONE = re.compile("的?[那这]一?[条个笔次](?:数|信息|消息)?[要就先给]?(?:作废|撤|删|不算|不要|取消)")
EARLIER_ONE = re.compile(_EARLIER)
_NAME = 5  # unknown characters of the name of an org before 镇, 局 ...
_BUT = frozenset("才只还连")
_BESIDE = 4  # tokens between a bulletin and what it says
_REST = 40  # tokens before a word that are looked at for what was handed out, or for whose bulletin it is
BRACKET = 12  # tokens of a bracket without figures, or of the rest of a clause


_TODAY = "今日|今天|当日|当天|本日|本周|本次|本期|新增"
_PAIRS = re.compile(rf"(?:{_TODAY})数? ?/ ?(?:累计|总计|总数)|(累计|总计|总数) ?/ ?(?:{_TODAY})")


def pairs_of(text: str) -> tuple[bool, bool] | None:
    """Return what a text says of its figures side by side (今日/累计): whether the first, the second is a total."""
    match = _PAIRS.search(text) if "/" in text else None
    return None if match is None else (match[1] is not None, match[1] is None)


def hour_of_today(tokens: list[Token], index: int) -> bool:
    """Whether 截至 an hour only says how late today's figures are: 今日(截至18:00)."""
    when = tokens[index].when
    as_of = index > 0 and tokens[index - 1].word in AS_OF and when is not None and when.kind == "clock"
    return as_of and any(t.when is not None and t.when.text.startswith("今") for t in tokens[max(0, index - 4) : index])


def is_weekday_of(tokens: list[Token], index: int) -> bool:
    """Whether a weekday only says which one the day before it was: 5月16日 周日, 5月16日(周日)."""
    when = tokens[index].when
    before = [t.when for t in tokens[max(0, index - 2) : index] if t.kind == DAY and t.when is not None]
    named = when is not None and when.text.startswith(("周", "星期")) and not tokens[index].gap
    return named and bool(before) and before[-1].kind in ("day", "iso", "slash", "dot")


def ahead(tokens: list[Token], index: int, text: str) -> str:
    """Return the veto that the words right behind a number give it: 4500人的目标, 把海报140删了."""
    if text[tokens[index].end : tokens[index].end + 1] in _THAT and _THAT_ONE.match(text, tokens[index].end):
        return "undo"
    if index + 1 == len(tokens) or tokens[index + 1].kind == MARK:
        return ""  # most of them
    for at in range(index + 1, min(index + BRACKET, len(tokens))):
        if tokens[at].kind in (MARK, NUMBER):
            break
        if tokens[at].word in _CANCELLED:
            return "plan"  # 原定2场讲座因下雨取消
        if tokens[at].word.endswith(("不了", "不上")) and "undone" in tokens[at].classes:
            return "undone"  # 还有三个手机太旧装不了
    for at in range(index + 1, min(index + 4, len(tokens))):
        token = tokens[at]
        if token.kind == DAY and not token.gap:
            continue
        if token.kind != WORD or token.gap > 1:
            return ""
        if "undone" in token.classes or _denied(tokens, at):
            return "stock"  # 手册3000册周五到货
        if "order" in token.classes:
            return "plan"
        if ("undo" in token.classes and "fix" not in token.classes) or _is_void(tokens, at):
            return "undo"
        if token.word not in ("的", "了", "给", "都", "全", "还", "也", "已"):
            return ""
    return ""


def _is_void(tokens: list[Token], at: int) -> bool:
    """Whether a clause ends by saying that its figure does not count: 刚才那条手册300本不算."""
    if tokens[at].word != "不算":
        return False
    rest = tokens[at + 1 : at + 3]
    return not rest or rest[0].kind == MARK or (rest[0].word == "了" and (len(rest) == 1 or rest[1].kind == MARK))


def _denied(tokens: list[Token], at: int) -> bool:
    """Whether a clause ends by saying that its figure was not used: 300册还没发."""
    if "neg" not in tokens[at].classes:
        return False
    rest = tokens[at + 1 : at + 3]
    used = bool(rest) and not rest[0].gap and bool(rest[0].classes & {"handed", "verb"})
    return used and (len(rest) == 1 or rest[1].kind == MARK)


def is_item(tokens: list[Token], index: int) -> bool:
    """Whether the clause behind a mark is only a noun and its number."""
    clause = tokens[index + 1 : index + 3]
    ends = index + 3 >= len(tokens) or tokens[index + 3].kind == MARK
    return ends and len(clause) == 2 and clause[0].entry is not None and clause[1].kind == NUMBER


def taken_back(tokens: list[Token], text: str) -> bool:
    """Whether a sentence ends by withdrawing what it named: 我刚报的APP 35人报错了，撤销."""
    at = len(tokens) - 1
    while at > 0 and tokens[at].kind == WORD and "undo" not in tokens[at].classes and "fill" in tokens[at].classes:
        at -= 1
    if "undo" not in tokens[at].classes or "fix" in tokens[at].classes:
        return False
    last = next((token.start for token in reversed(tokens[:at]) if token.kind == NUMBER), None)
    return last is not None and EARLIER_ONE.search(text, tokens[0].start, last) is not None


def ends_taking_back(tokens: list[Token], index: int, text: str) -> bool:
    """Whether a clause ends at its word of withdrawing, and what comes after is new: 刚才那条作废，手册300本."""
    if index + 1 >= len(tokens) or tokens[index + 1].word != ",":
        return False
    begin = index
    while begin > 0 and tokens[begin - 1].kind != MARK:
        begin -= 1
    return EARLIER_ONE.search(text, tokens[begin].start - tokens[begin].gap, tokens[index].start) is not None


def of_their_bulletin(tokens: list[Token], index: int) -> bool:
    """Whether 全省 belongs to a bulletin named before it: 省里通报，全省避免损失14亿."""
    word = tokens[index].word
    begin = max(0, index - _REST)
    told = next((at for at in range(index - 1, begin - 1, -1) if tokens[at].word.endswith("通报")), None)
    return word[0] == "全" and told is not None and (index - told <= _BESIDE or word[1:] in tokens[told].word)


def left_with_them(tokens: list[Token], index: int) -> bool:
    """Whether 留下 names what it left, or nothing was handed out before of which it could be the rest."""
    named = any(token.entry is not None and token.entry.targets for token in tokens[index + 1 : index + 3])
    before = tokens[max(0, index - _REST) : index]
    return named or not any(token.classes & {"handed", "stock", "received"} for token in before)


def contrasts(tokens: list[Token], text: str) -> bool:
    """Whether a sentence begins with another org, to which ours is compared: 桥头镇入户3600户了，我们才2100户."""
    if not (tokens and "tail" in tokens[0].classes and 0 < tokens[0].gap <= _NAME):
        return False
    ours = (token for token in tokens[1:] if "ours" in token.classes)
    return any(text[token.end : token.end + 1] in _BUT for token in ours)


def was_done(tokens: list[Token], index: int) -> bool:
    for token in tokens[index + 1 : index + BRACKET]:
        if token.kind == MARK:
            return False
        if token.word.endswith("了") or "done" in token.classes:
            return True
    return False
