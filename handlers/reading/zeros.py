"""Named indicators with 无, 没有 or 未: 今天没发短信, 讲座：无. Source: corpus rule 14.

Called by sentences.py for each clause of a sentence that holds such a word.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from handlers.reading.dates import When
from handlers.reading.drafts import Current
from handlers.reading.mentions import Mention
from handlers.reading.scopes import Scope
from handlers.reading.tokens import DAY, MARK, NUMBER, WORD, Token

NEGATIVE = frozenset(("neg", "zero"))
_PARTICLES = frozenset(("了", "过", "啊", "呀", "吧", "也", "都", "再", "就"))  # what may end 横幅也没挂过
_OTHERWISE = frozenset(("stock", "received"))  # 喇叭坏了没人修
_OF_US = frozenset(("ours", "fill", "tail", "now"))
_ALSO = frozenset(("也", "没有", "也没有"))
_STRONG = 4  # tokens from 一条 to 没发
_NOT_YET = frozenset(("还没", "还没有", "尚未", "还未"))
_USED = frozenset(("verb", "handed", "done"))
_AFTER = frozenset(("verb", "handed", "modifier", "neg", "zero", "fill", "made", "along"))


def zeros(now: Current, clause: list[Token], start: int, nouns: list[Mention], taken: set[int]) -> None:
    """Keep a zero for each noun that the end of a clause denies. start: index of the clause in the sentence.

    taken: nouns that a number before them counts.
    """
    _denied_before(now, clause, start, [noun for noun in nouns if noun.index not in taken])
    counted = (i for i, token in enumerate(clause) if token.kind == NUMBER and not none_of(clause, i))
    last = max(counted, default=-1)
    denials = [index for index, token in enumerate(clause) if index > last and token.classes & NEGATIVE]
    if (
        not denials
        or now.question
        or _gives_reason(now, clause)
        or now.work.frame.veto == "notown"
        or any(t.classes & _OTHERWISE for t in clause)
    ):
        return
    denial = clause[denials[0]]
    named = [
        noun
        for noun in nouns
        if noun.index > last and noun.index not in taken and not (noun.weak or noun.lean or _filler(clause, noun))
    ]
    if not named:
        said = any(draft.sentence == now.work.sentence for draft in now.work.drafts[-1:])
        if said and denial.word in _NOT_YET and len(clause) > 1 and _only_denies(now, clause):
            _not_used(now, start)
        if (
            _only_denies(now, clause)
            and now.led
            and not said
            and (not denial.gap or now.work.text[denial.start - 1] == " ")
        ):
            _keep(now, denial, [now.led[0]], start)
        elif clause[-1].word.endswith("新增") and _nothing_new(now, clause, start):
            _keep(now, denial, [now.topic[0]], start)
        return
    rest = clause[denials[0] + 1 : _until(clause, denials[0] + 1)]
    named = [noun for noun in named if noun.index <= denials[0] + len(rest)]
    if not named:
        return
    first = min(denials[0], named[0].index)
    nobody = denial.word == "没有" and all(t.kind == DAY or t.classes & _OF_US for t in clause[: denials[0]])
    if any(_unknown(now, token) for token in clause[first + 1 : denials[-1] + 1]) or not _ends_so(now, rest, nobody):
        return
    _keep(now, denial, [noun.targets[0] for noun in named], start + denials[0])


def none_of(clause: list[Token], index: int) -> bool:
    """Whether one of a thing only makes its denial stronger: 短信一条没发, 一起劝阻都没有."""
    numeral, measure = clause[index].quantity.numeral, clause[index].measure
    if not (numeral.han and numeral.value == 1 and measure):
        return False
    for token in clause[index + 1 : index + _STRONG]:
        if token.gap or token.kind != WORD:
            return False
        if "neg" in token.classes:
            return True
        if token.word not in ("也", "都") and not (token.entry is not None and token.entry.targets):
            return False
    return False


def _not_used(now: Current, start: int) -> None:
    """Take back the figure of the clause before, unless it was said to be used: 海报到了200张，还没贴."""
    begin = start - 1
    while begin > 0 and now.tokens[begin - 1].kind != MARK:
        begin -= 1
    draft, used = now.work.drafts[-1], any(token.classes & _USED for token in now.tokens[begin : start - 1])
    if draft.start >= now.tokens[begin].start and not used:
        draft.dropped = "undone"


def _nothing_new(now: Current, clause: list[Token], start: int) -> bool:
    """Whether a clause only says that nothing came to the noun of the clause before it: 横幅还在，这周没有新增."""
    if not now.topic or any(t.gap or not (t.kind == DAY or t.classes & (NEGATIVE | {"fill", "gain"})) for t in clause):
        return False
    for token in reversed(now.tokens[: max(0, start - 1)]):
        if token.kind in (MARK, NUMBER):
            return False
        if token.entry is not None and now.topic[0] in token.entry.targets:
            return "lean" not in token.classes
    return False


def _gives_reason(now: Current, clause: list[Token]) -> bool:
    """Whether a clause only says why: 因为考试没上课."""
    before = clause[0].start
    return now.work.text[max(0, before - 4) : before + 2].find("因为") >= 0 or any(t.word == "由于" for t in clause)


def _only_denies(now: Current, clause: list[Token]) -> bool:
    """Whether a clause is only a denial, after the name of an org: 锦绣小区 没发."""
    rest = clause
    if now.work.org is not None and len(clause) > 1 and clause[0].classes & {"tail", "place"}:
        rest = clause[1:]
    if not rest[0].classes & NEGATIVE:
        return False
    return len(rest) == 1 or (len(rest) == 2 and not rest[1].gap and bool(rest[1].classes & {"verb", "handed"}))


def _denied_before(now: Current, clause: list[Token], start: int, nouns: list[Mention]) -> None:
    """Keep a zero for a noun denied before another one is counted, as dictated: 横幅没挂海报贴了二十张."""
    at = {noun.index: noun for noun in nouns if not (noun.weak or noun.acts)}
    for index in range(1, len(clause) - 3):
        noun = at.get(index - 1)
        if noun is None or "neg" not in clause[index].classes or clause[index].gap or now.question:
            continue
        verb, following = clause[index + 1], at.get(index + 2)
        direct = not (verb.gap or clause[index + 2].gap) and bool(verb.classes & {"verb", "handed"})
        if direct and following is not None:
            _keep(now, clause[index], [noun.targets[0]], start + index)


def _filler(clause: list[Token], noun: Mention) -> bool:
    return noun.acts and "fill" in clause[noun.index].classes


def _until(clause: list[Token], begin: int) -> int:
    """Return where what was not done ends and what is to come begins, as dictated: 广播也没放明天再补."""
    for index in range(begin, len(clause)):
        if clause[index].kind == DAY or ("plan" in clause[index].classes and index > begin):
            return index
    return len(clause)


def _unknown(now: Current, token: Token) -> bool:
    """Whether unknown text stands before a token; 过 only says that it was to be done: 没有开过通报会."""
    return token.gap > 1 or (token.gap == 1 and now.work.text[token.start - 1] != "过")


def _ends_so(now: Current, rest: list[Token], nobody: bool) -> bool:
    """Whether what follows the denial only says what was not done: 没发短信, but not 没地方挂, 没统计.

    nobody: it may say that there was nobody: 没有劝阻的也没有装APP的.
    """
    for index, token in enumerate(rest):
        if _unknown(now, token):
            return False
        if not index and "people" in token.classes and len(rest) == 2 and "incoming" in rest[1].classes:
            continue  # 没有群众咨询
        if token.word == "、" and index + 1 < len(rest) and rest[index + 1].classes & NEGATIVE:
            continue  # 无咨询、无劝阻
        if token.entry is None or token.entry.targets:
            continue
        if token.word == "的" and nobody and (index + 1 == len(rest) or rest[index + 1].word in _ALSO):
            continue
        if token.classes - _AFTER or (token.classes == {"fill"} and token.word not in _PARTICLES):
            return False
    return True


def _keep(now: Current, token: Token, targets: list[tuple[str, str | None]], at: int) -> None:
    scope = replace(Scope(), when=_when(now, at))
    for target in dict.fromkeys(targets):
        now.work.keep(token, target, Decimal(0), scope, "zero")


def _when(now: Current, at: int) -> When | None:
    """Return the last date before a token of the sentence, else the heading's."""
    for token in reversed(now.tokens[:at]):
        if token.kind == DAY and token.when is not None and token.when.kind != "clock":
            return token.when
    return now.work.frame.when
