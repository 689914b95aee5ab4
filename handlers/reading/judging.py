"""A number that has its noun: entered, skipped or asked about. And one that has none: skipped, asked about, or left
unplaced.

Called by sentences.py. Source: corpus rules 1, 2, 9, 16, 17.
"""

from __future__ import annotations

from decimal import Decimal

from handlers.reading.binding import Binder, Choice
from handlers.reading.carrying import gives_way
from handlers.reading.drafts import Current
from handlers.reading.each import ask_of_each, by_time, counted, times
from handlers.reading.grammar import AND
from handlers.reading.lexicon import Target
from handlers.reading.measures import BOXES, FREQUENCY, GENERIC, NO_COUNT, PERSONS, PIECES
from handlers.reading.mentions import Mention, factor_of, fit, is_whole
from handlers.reading.numerals import Shape
from handlers.reading.scopes import Scope
from handlers.reading.tokens import NO_CLASSES, NUMBER, Token
from handlers.reading.values import DoubtKind

_PARTS = 12  # figures that one total may sum up
_JOINS = AND | {"加", "加上", "或", "或者", "或是", "还是"}  # 手册加资料一共320份, 手册或资料300份
_APART = frozenset(("meeting", "staff", "place", "trader", "rate", "drop", "like"))


def judge(now: Current, binder: Binder, choice: Choice, index: int, at: int, scope: Scope) -> None:
    """Enter, skip or ask about a number that has its noun. index: in the clause, at: in the sentence."""
    token, target, work = binder.tokens[index], choice.target, now.work
    assert target is not None
    if is_share(now, choice.mention, binder.tokens) and not token.measure:
        work.note(token, "skipped", "like")
        return
    if scope.part and shared(choice.mention, binder.tokens) and _is_part(now, token, scope):
        return  # 刊发报道26篇，其中省级媒体转载4篇
    now.bound = target
    quantity = token.quantity
    value = quantity.numeral.value * choice.factor if quantity.numeral.value is not None else None  # base measure
    noun = binder.tokens[choice.mention.index].classes if choice.mention is not None else NO_CLASSES
    veto = _veto(now, choice, target, scope, noun)
    if now.question or veto or scope.like or (scope.each and not scope.total):
        if scope.each and not by_time(now, at) and not veto and not now.question and value is not None:
            count = counted(now, at)
            if count is not None:
                work.ask(DoubtKind.EACH_TIMES, token, ((target, value * count),), scope.when)
            elif now.loose:
                work.ask(DoubtKind.EACH_TIMES, token, ((target, times(now, at, value)),), scope.when)
        work.note(token, "skipped", "question" if now.question else veto or ("like" if scope.like else "each"))
        return
    kind = _doubt(now, target, scope, at)
    if value is not None and not is_whole(now.lexicon, target, value):
        kind, value = kind or DoubtKind.VAGUE, None  # 3.5册
    if kind is not None or value is None:
        work.ask(kind or DoubtKind.VAGUE, token, ((target, value),), scope.when)
        return
    risen = _risen(now, target, value, scope, at) if now.work.old else ()
    if risen:
        work.ask(DoubtKind.TWO_READINGS, token, risen, scope.when)
        return
    sharing = _sharing(now, binder, choice, index, at)
    for_all = scope.all or not value  # 横幅、展板都是0
    if len(sharing) > 1 and not for_all:
        work.ask(DoubtKind.CANNOT_SPLIT, token, tuple((each, None) for each in sharing))
        return
    several = len(sharing) > 1 or (for_all and _shared_by_one(binder, index))
    approx = quantity.approx or _about(now, at)
    for each in sharing if for_all else (target,):
        draft = work.keep(token, each, value, scope, choice.reason, approx)
        draft.per = scope.all and not several and not scope.paren and not scope.part
        draft.restates = "restate" in now.classes and any(
            "restate" in t.classes for t in now.tokens[max(0, at - 4) : at]
        )
        draft.old = work.old.get(token.start)


def is_share(now: Current, mention: Mention | None, clause: list[Token]) -> bool:
    """Whether 转发 stands among likes and comments: 点赞2300，转发180."""
    return "like" in now.classes and shared(mention, clause)


def shared(mention: Mention | None, clause: list[Token]) -> bool:
    """Whether a noun is a word for passing on what others made."""
    return mention is not None and "share" in clause[mention.index].classes


def _risen(
    now: Current, target: Target, value: Decimal, scope: Scope, at: int
) -> tuple[tuple[Target, Decimal | None], ...]:
    """Both readings of 由300册增加到500册, of a flow: what was added, or all there is. A level is the second."""
    old = now.work.old.get(now.tokens[at].start)
    rises = any("rise" in token.classes and "to" not in token.classes for token in now.tokens[max(0, at - 3) : at])
    if old is None or not rises or scope.cum or target[0] in now.lexicon.levels:
        return ()
    return (target, value - old), (target, value)


def _veto(now: Current, choice: Choice, target: Target, scope: Scope, noun: frozenset[str]) -> str:
    """Return why a number is nobody's figure here, or "".

    A noun in the number's own clause outweighs a word about crimes (劝阻被骗群众3人). Who came to a meeting is no
    audience.
    """
    if scope.veto == "over":
        return ""  # 多报了3条: asked about
    if scope.veto == "received" and noun & {"incoming", "acts"}:
        return ""  # 收到投稿5条
    if scope.veto and not (scope.veto == "crime" and choice.reason not in ("carried", "measure")):
        return scope.veto
    heirs = now.lexicon.follows
    met = "meeting" in now.classes and target[0] in heirs.values() and not now.named & heirs.keys()
    return "meeting" if met else ""


def _doubt(now: Current, target: Target, scope: Scope, at: int) -> DoubtKind | None:
    shape = now.tokens[at].quantity.numeral.shape
    if scope.veto == "over":
        return DoubtKind.VAGUE
    if shape is Shape.RANGE:
        return DoubtKind.RANGE
    if shape is Shape.VAGUE:
        return DoubtKind.VAGUE
    if target[0] in now.lexicon.levels and scope.gain:
        return DoubtKind.TWO_READINGS
    if target[0] in now.lexicon.by and (target[1] is None or _trader(now, at)):
        return DoubtKind.WHICH_PART
    return DoubtKind.PRINTED_ONLY if scope.printed else None


def _trader(now: Current, at: int) -> bool:
    """Whether shops and traders were visited, for which there is no place. Source: corpus rule 6."""
    return any("trader" in token.classes for token in (*now.tokens[max(0, at - 1) : at], *now.tokens[at + 1 : at + 2]))


def _about(now: Current, at: int) -> bool:
    """Whether 约, 近, 不少于 stand before the number."""
    for index in range(at - 1, max(-1, at - 4), -1):
        before = now.tokens[index]
        if before.entry is None or (before.gap and index != at - 1):
            return False
        if "about" in before.classes:
            return True
        if not before.classes & {"fill", "verb", "acts"}:
            return False
    return False


def _sharing(now: Current, binder: Binder, choice: Choice, index: int, at: int) -> list[Target]:
    """List the nouns that share a number: 横幅、展板各12, 标语海报2300处."""
    assert choice.target is not None
    sharing = [choice.target]
    last = choice.mention
    if last is not None and choice.reason == "right":
        return [*sharing, *_behind(binder, last, choice.target, index)]
    if last is None or choice.reason != "left":
        return sharing
    for noun in binder.before(last.index):
        if noun.weak or noun.index in binder.taken or not _listed(binder, noun, last, index):
            break
        fitting = fit(now.lexicon, noun.targets, binder.tokens[index])
        if fitting is None and not (_summed(binder, last, index) and binder.tokens[index].measure in GENERIC):
            break
        each = gives_way(now, fitting[0] if fitting is not None else noun.targets[0], at)
        if (each[0], binder.tokens[index].measure) in now.lexicon.measure_parts and each[0] == choice.target[0]:
            break  # 下乡入户2300户: the measure says which
        if each not in sharing:
            sharing.insert(0, each)
        last = noun
    return sharing


def _behind(binder: Binder, first: Mention, target: Target, index: int) -> list[Target]:
    """List the nouns joined to the one behind a number, none of which has its own: 500份手册和折页."""
    others: list[Target] = []
    measure, at = binder.tokens[index].measure, first.index
    if not measure or measure in GENERIC or measure in FREQUENCY or first.acts or first.place:
        return others
    while at + 2 < len(binder.tokens) and binder.tokens[at + 1].word in AND:
        noun = binder.at.get(at + 2)
        if noun is None or noun.acts or noun.lean or noun.place or noun.weak:
            break
        if binder.tokens[at + 1].gap or binder.tokens[at + 2].gap:
            break
        fitting = fit(binder.lexicon, noun.targets, binder.tokens[index])
        if fitting is None or any(token.kind == NUMBER for token in binder.tokens[at + 3 : at + 6]):
            break
        if fitting[0] != target and fitting[0] not in others:
            others.append(fitting[0])
        at += 2
    return others


def _listed(binder: Binder, head: Mention, tail: Mention, index: int) -> bool:
    """Whether two nouns stand side by side in a list: joined by 、, 和, 及, or by nothing."""
    between = binder.tokens[head.index + 1 : tail.index]
    if binder.tokens[tail.index].gap or any(token.gap for token in between):
        return False
    summed = _summed(binder, tail, index)
    if between:  # 张贴海报、摆放展架共380个: of both, where a word says so
        joined = any(token.word in _JOINS for token in between)
        summed = summed or _summed_before(binder, tail)
        return joined and all(token.word in _JOINS or (summed and "verb" in token.classes) for token in between)
    if _is_frequency(binder, tail) and not summed:
        return False  # 短视频播放量: the last noun is what is counted
    return not (head.acts or tail.acts or head.place or tail.place)


def _is_frequency(binder: Binder, noun: Mention) -> bool:
    return binder.lexicon.base[noun.targets[0][0]] in FREQUENCY


def _summed(binder: Binder, tail: Mention, index: int) -> bool:
    return any("total" in token.classes for token in binder.tokens[tail.index + 1 : index])


def _summed_before(binder: Binder, tail: Mention) -> bool:
    """Whether a word for the whole stands before a list of nouns and verbs: 共张贴海报、悬挂横幅860处."""
    for at in range(tail.index - 1, max(-1, tail.index - _PARTS), -1):
        token = binder.tokens[at]
        if binder.tokens[at + 1].gap:
            return False
        if token.classes & {"total", "cum"}:
            return True
        if not ("verb" in token.classes or token.word in _JOINS or at in binder.at):
            return False
    return False


def _shared_by_one(binder: Binder, index: int) -> bool:
    """Whether several nouns of one indicator stand before the number: 展板、易拉宝各8."""
    return sum(1 for noun in binder.before(index) if not noun.weak) > 1


def leave(now: Current, choice: Choice, token: Token, scope: Scope, at: int) -> None:
    """Skip, ask about or leave unplaced a number that has no noun."""
    work, quantity, misfit = now.work, token.quantity, choice.misfit
    if scope.paren and now.work.text[token.start - 1] in "+-" and not scope.veto:
        work.note(token, "skipped", "gain")  # 粉丝5600(+120)
        return
    if _is_part(now, token, scope):
        return
    if scope.total and not scope.veto and not now.question and _sums_up(now, token, scope):
        return
    if _is_mark(now, at):
        work.note(token, "skipped", "ident")
        return
    of_each = scope.each and misfit is None and bool(quantity.measure)
    if of_each and not (scope.veto or now.question or scope.paren) and ask_of_each(now, token, scope, at):
        return
    if scope.veto or now.question or (scope.each and misfit is None):
        work.note(token, "skipped", scope.veto or ("question" if now.question else "each"))
        return
    if (
        misfit is not None
        and quantity.measure
        and quantity.measure not in NO_COUNT
        and not scope.part
        and not scope.paren
    ):
        vague = quantity.measure in GENERIC and quantity.measure not in FREQUENCY
        if not (misfit.acts and vague):  # 来了3个新同事 needs no question
            kind = DoubtKind.BOX_SIZE if quantity.measure in BOXES else DoubtKind.UNIT_MISFIT
            work.ask(kind, token, ((misfit.targets[0], None),), scope.when)
            return
    sent = _sent(now, at)
    if sent is not None and not (scope.part or scope.paren):
        work.ask(DoubtKind.UNIT_MISFIT, token, ((sent, None),), scope.when)
        return
    known = not quantity.measure or quantity.measure in now.lexicon.owners or quantity.measure in PIECES
    known = known and not _of_staff_or_places(now.tokens, at)
    work.note(token, "unplaced", "no-noun" if known else "other-measure")


def _sent(now: Current, at: int) -> Target | None:
    """Return the indicator of persons of whom only the firms are counted: 给26家企业的财务讲了1堂课."""
    after = now.tokens[at + 1 : at + 4]
    if len(after) < 3 or after[1].word != "的" or any(token.gap for token in after) or after[2].entry is None:
        return None
    told = now.tokens[at + 4 :]
    if "place" not in after[0].classes or any(t.kind == NUMBER and t.measure in PERSONS for t in told):
        return None
    heirs = now.lexicon.becomes.values()
    return next((target for target in after[2].entry.targets if target[0] in heirs), None)


def _sums_up(now: Current, token: Token, scope: Scope) -> bool:
    """Take 合计165人 under 听众120人 and 听众45人 for their total, when it is exactly that."""
    value, summed, parts = token.quantity.numeral.value, Decimal(0), 0
    for draft in reversed(now.work.drafts[-_PARTS:]):
        factor = factor_of(now.lexicon, draft.target, token)
        if value is None or factor is None or draft.target != now.work.drafts[-1].target or draft.dropped:
            return False
        summed, parts = summed + draft.value, parts + 1
        if parts > 1 and summed == value * factor:
            now.work.keep(token, draft.target, summed, scope, "carried")
            return True
    return False


def _is_mark(now: Current, at: int) -> bool:
    """Whether a bare number only counts the items of a list that runs on in one line: 1、入户56户；2、传单120张."""
    token, text = now.tokens[at], now.work.text
    before = text[max(0, token.start - 3) : token.start].rstrip()[-1:]
    return not token.measure and text[token.end : token.end + 1] in ("、", ".", ")") and before in ("", *":;,。(\n")


def _of_staff_or_places(tokens: list[Token], at: int) -> bool:
    """Whether a number counts who took part or where: 民警8人, 12个班级. Not things that are given away."""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after is not None and not after.gap and after.classes & _APART and "thing" not in after.classes:
        return True
    for index in range(at - 1, max(-1, at - 4), -1):
        before = tokens[index]
        if tokens[index + 1].gap or before.entry is None:
            return False
        if before.classes & _APART:
            return "thing" not in before.classes
        if not before.classes & {"fill", "verb", "about", "total"}:
            return False
    return False


def _is_part(now: Current, token: Token, scope: Scope) -> bool:
    """Take 其中社区5场 as a part of the figure before, whoever it is of; kept only so that the sum can be checked."""
    if scope.paren and not scope.veto and now.bound is not None and token.quantity.numeral.scaled and not token.measure:
        now.work.note(token, "skipped", "part")  # 短信12.6万条(移动5万、联通7.6万)
        return True
    if not scope.part or scope.veto or now.question or not token.measure:
        return False
    head = next((draft for draft in reversed(now.work.drafts[-20:]) if not draft.dropped), None)
    factor = factor_of(now.lexicon, head.target, token) if head is not None else None
    value = token.quantity.numeral.value
    if head is None or factor is None or value is None:
        return False
    now.work.keep(token, head.target, value * factor, scope, "carried").dropped = "part"
    return True
