"""Reads the sentences of a line clause by clause: finds each number's noun, then has it judged.

Called by lines.py; writes into the Work value. Tables are read by tables.py.
"""

from __future__ import annotations

from handlers.reading.asking import ASKING, question_spans
from handlers.reading.binding import Binder, Choice
from handlers.reading.carrying import after_sessions, by_own_noun, carried, gives_way, label, taught
from handlers.reading.drafts import Current, Work
from handlers.reading.judging import is_share, judge, leave
from handlers.reading.lexicon import Target
from handlers.reading.measures import PERSONS, PLACES
from handlers.reading.mentions import fit
from handlers.reading.scopes import scopes
from handlers.reading.tokens import MARK, NO_CLASSES, NUMBER, Token
from handlers.reading.zeros import NEGATIVE, none_of, zeros

_REACH = 60  # tokens before a clause in which the place or platform it is about is looked for
_ROW = 10  # tokens to either side in which a row of ones is looked for
_ROLE = 6  # unknown characters between people and what they were: 当起义务宣传员
_ORG = 4  # characters between a number and 村, 中学 ... in the name of an org
_SENTENCE_ENDS = frozenset("。!?\n")
CLAUSE_ENDS = frozenset(",;:()[]|\t")


def read_sentences(work: Work, tokens: list[Token]) -> None:
    """Read the tokens of one line (no table). The heading speaks for a list line, not for running text."""
    running = any(token.word == "。" for token in tokens)
    led = () if running else work.heading
    needs: frozenset[str] = frozenset() if running else work.needs
    start = 0
    for index in range(len(tokens) + 1):
        if index < len(tokens) and tokens[index].word not in _SENTENCE_ENDS:
            continue
        asks = index < len(tokens) and tokens[index].word == "?"
        sentence = tokens[start:index]
        start = index + 1
        if sentence:
            led = _read_sentence(work, sentence, led, needs, asks)
            work.sentence += 1


def _read_sentence(
    work: Work, tokens: list[Token], led: tuple[Target, ...], needs: frozenset[str], asks: bool
) -> tuple[Target, ...]:
    """Read the clauses of a sentence in order; returns the nouns that lead the rest of the line."""
    named = [t.entry.targets for t in tokens if t.entry is not None and t.entry.targets and "lean" not in t.classes]
    now = Current(
        work=work,
        lexicon=work.lexicon,
        tokens=tokens,
        led=led,
        topic=led,
        needs=needs,
        scopes=scopes(tokens, work.text, work.frame),
        named=frozenset(target[0] for targets in named for target in targets),
        classes=NO_CLASSES.union(*[token.classes for token in tokens]),
    )
    work.flags |= now.classes
    ends = [index for index, token in enumerate(tokens) if token.kind == MARK and token.word in CLAUSE_ENDS]
    questions: list[tuple[int, int]] = []
    if asks or not now.classes.isdisjoint(ASKING):
        questions = question_spans(tokens, ends, asks, alone=len(tokens) == len(work.tokens))
    if questions:
        work.flags.add("question")
    start = 0
    for end in (*ends, len(tokens)):
        now.question = bool(questions) and any(first <= start < last for first, last in questions)
        if end > start:
            _read_clause(now, start, end)
        start = end + 1
    return now.led


def _read_clause(now: Current, start: int, end: int) -> None:
    clause = now.tokens[start:end]
    active = now.needs
    if now.led or now.bound:
        named = (*now.led, now.bound) if now.bound else now.led
        active = active.union(target[0] for target in named if target[0] in now.lexicon.by)
    binder = Binder(now.lexicon, clause, active)
    numbers = [index for index, token in enumerate(clause) if token.kind == NUMBER]
    paired = _paired(now, binder, numbers, start)
    previous = -1
    for position, index in enumerate(numbers):
        if paired:
            judge(now, binder, paired[position], index, start + index, now.scopes[start + index])
            continue
        following = numbers[position + 1] if position + 1 < len(numbers) else len(clause)
        if _read_number(now, binder, index, start, previous, following):
            previous = index
    if now.classes & NEGATIVE:
        zeros(now, clause, start, binder.mentions, binder.taken)
    firm = [mention for mention in binder.mentions if not (mention.lean or is_share(now, mention, clause))]
    if firm:
        last = next((mention for mention in reversed(firm) if not mention.weak), firm[-1])
        if not last.weak or not now.topic:
            now.topic = last.targets
        if not numbers and end < len(now.tokens) and now.tokens[end].word == ":":
            now.led = last.targets


def _paired(now: Current, binder: Binder, numbers: list[int], start: int) -> list[Choice]:
    """Pair nouns and numbers in order at 分别: 手册、海报分别是240本、55张. [] where it is not said or the counts
    differ.
    """
    if len(numbers) < 2 or not any(now.scopes[start + index].pair for index in numbers):
        return []
    nouns = [mention for mention in binder.mentions if not mention.weak and mention.index < numbers[0]]
    if len(nouns) != len(numbers):
        return []
    fits = [fit(now.lexicon, noun.targets, binder.tokens[index]) for noun, index in zip(nouns, numbers, strict=True)]
    if any(fitting is None for fitting in fits):
        return []
    return [Choice(fitting[0], "paired", fitting[1]) for fitting in fits if fitting is not None]


def _read_number(now: Current, binder: Binder, index: int, start: int, previous: int, following: int) -> bool:
    """Find the noun of one number and judge it; returns whether there was one."""
    token, at, work = binder.tokens[index], start + index, now.work
    scope, quantity = now.scopes[at], binder.tokens[index].quantity
    if quantity.percent or quantity.ident or _is_label(now, binder.tokens, index) or _is_name(now, at):
        work.note(token, "skipped", "percent" if quantity.percent else "ident")
        return False
    quantity.measure = quantity.measure or label(now, at) or work.measures.get(token.start, "")
    if quantity.measure in PERSONS and _are_helpers(binder.tokens, index):
        work.note(token, "skipped", "staff")
        return False
    spoken = quantity.measure == "个" or (not quantity.measure and quantity.numeral.han)
    if spoken and (_are_people(binder.tokens, index) or _came(now, binder.tokens, index)):
        quantity.measure = "人"
    if now.classes & NEGATIVE and none_of(binder.tokens, index):
        work.note(token, "skipped", "determiner")
        return False
    choice = binder.bind(index, previous, following)
    if choice.target is None and _determines(binder.tokens, index):
        work.note(token, "skipped", "determiner")
        return False
    if (
        not quantity.measure
        and index
        and token.start == binder.tokens[index - 1].end
        and _determines(binder.tokens, index - 1)
        and binder.tokens[index - 1].measure not in PLACES
    ):
        work.note(token, "skipped", "part")
        return False
    if choice.target is None or (choice.mention is not None and choice.mention.lean and binder.looks_back(index)):
        choice = carried(now, binder.tokens, index, at, previous, scope) or choice
    _named_part(now, choice, binder.tokens, index, start)
    if token.start in work.wrong:
        now.bound = choice.target or now.bound
        _replaced(work, token, choice)
        return choice.target is not None
    if choice.target is None:
        choice = taught(now, binder.tokens, index) or by_own_noun(now, binder.tokens, index) or choice
    if choice.target is None and choice.misfit is not None:
        choice = after_sessions(now, choice.misfit.targets[0], token) or choice
    if choice.target is None:
        leave(now, choice, token, scope, at)
        now.loose = True
        return False
    if _which_one(now, binder.tokens, index) or (choice.reason == "right" and _one_of_each(now, at)):
        work.note(token, "skipped", "determiner")
        return False
    choice.target = gives_way(now, choice.target, at)
    if choice.reason == "left" and choice.mention is not None and binder.placed(choice.mention.index, index):
        now.led = (choice.target,)  # 横幅挂在镇政府门口2条，农贸市场1条
    judge(now, binder, choice, index, at, scope)
    return True


def _replaced(work: Work, token: Token, choice: Choice) -> None:
    """Remember what a wrong number said, for the one that replaces it."""
    value = token.quantity.numeral.value
    if choice.target is not None and value is not None:
        work.old[work.wrong[token.start]] = value * choice.factor
    work.measures[work.wrong[token.start]] = token.measure
    work.note(token, "skipped", "replaced")


def _is_label(now: Current, clause: list[Token], index: int) -> bool:
    """Whether a number belongs to a telephone, a document or the like: 电话6620517."""
    if "drop" not in now.classes:
        return False
    for token in reversed(clause[max(0, index - 2) : index]):
        if "drop" in token.classes:
            return True
        if "fill" not in token.classes and token.kind != MARK:
            return False
    return False


def _is_name(now: Current, at: int) -> bool:
    """Whether a bare number at the head of a clause belongs to the name of an org: 101中学, 八十铺村, 四十九中."""
    token = now.tokens[at]
    if token.measure or token.quantity.numeral.scaled or (at and (now.tokens[at - 1].kind != MARK or token.gap)):
        return False
    rest = now.work.text[token.end : token.end + _ORG + 2]
    if rest[:1] in ("中", "小") and not rest.startswith("中小"):
        return True
    after = now.tokens[at + 1] if at + 1 < len(now.tokens) else None
    if after is None or after.gap > _ORG or "tail" not in after.classes:
        return False
    return all("\u4e00" <= char <= "\u9fff" for char in rest[: after.start - token.end])


def _named_part(now: Current, choice: Choice, clause: list[Token], index: int, start: int) -> None:
    """Give a number whose place or platform is not named the one that the sentence named before."""
    if choice.target is None or choice.target[1] is not None or choice.target[0] not in now.lexicon.by:
        return
    key = choice.target[0]
    after = clause[index + 1] if index + 1 < len(clause) else None
    if (after is not None and after.kind != MARK) or not _is_clear_of_names(clause[max(0, index - _REACH) : index]):
        return
    entries = [token.entry for token in now.tokens[max(0, start - _REACH) : start] if token.entry is not None]
    named = {target for entry in entries for target in (*entry.targets, *entry.parts) if target[0] == key and target[1]}
    if len(named) == 1:
        choice.target = named.pop()


def _is_clear_of_names(tokens: list[Token]) -> bool:
    """Whether no unknown word and no place or people stand in a stretch."""
    return not any(token.gap or token.classes & {"place", "people", "trader"} for token in tokens)


def _are_people(clause: list[Token], index: int) -> bool:
    """Whether 个 counts persons: 320个学生, 群众有八十几个."""
    before = next((t for t in reversed(clause[max(0, index - 2) : index]) if t.word not in ("有", "一共", "共")), None)
    ends = index + 1 == len(clause) and not clause[index].gap
    if ends and before is not None and "people" in before.classes and not before.classes & {"trader", "place", "staff"}:
        return before.entry is not None and not (before.entry.parts or before.entry.targets)
    after = clause[index + 1] if index + 1 < len(clause) else None
    if after is None or after.start != clause[index].end or after.entry is None or "people" not in after.classes:
        return False
    return not (after.entry.parts or after.entry.targets or after.classes & {"trader", "place", "staff"})


def _came(now: Current, clause: list[Token], index: int) -> bool:
    """Whether a number counts those who came for something that is counted in persons: 来咨询的有四十来个."""
    before = clause[max(0, index - 3) : index]
    if len(before) < 2 or before[-1].word != "有" or clause[index].gap or before[-1].gap:
        return False
    noun = before[0] if before[-2].word == "的" else before[-2]
    fits = [now.lexicon.fits[key] for key, _ in noun.entry.targets] if noun.entry is not None else []
    return bool(fits) and "人" in fits[0] and "个" not in fits[0]


def _which_one(now: Current, clause: list[Token], index: int) -> bool:
    """Whether 一场在 tells of one of those counted before: 做了两场讲座一场在一中300人."""
    quantity = clause[index].quantity
    if not (quantity.numeral.han and quantity.numeral.value == 1 and quantity.measure) or index + 1 == len(clause):
        return False
    last = next((draft for draft in reversed(now.work.drafts) if draft.measure == quantity.measure), None)
    told = last is not None and last.value > 1 and last.sentence == now.work.sentence
    return told and clause[index + 1].word in ("在", "是", "去", "给") and not clause[index + 1].gap


def _are_helpers(clause: list[Token], index: int) -> bool:
    """Whether persons are said to have helped: 30名学生志愿者协助引导 are no audience."""
    if index == 1 and "helper" in clause[0].classes and not clause[1].gap:
        return True  # 授课老师2名
    after = clause[index + 1 : index + 3]
    if len(after) == 2 and "people" in after[0].classes and not after[1].gap:
        after = after[1:]
    if after and "helper" in after[0].classes and not after[0].gap:
        return True
    if "helper" not in clause[-1].classes or not after or "people" not in clause[index + 1].classes:
        return False
    between = clause[index + 2 :]  # 320名环卫工人当起义务宣传员
    return sum(token.gap for token in between) <= _ROLE and not any(t.entry and t.entry.targets for t in between)


def _one_of_each(now: Current, at: int) -> bool:
    """Whether a row of ones only says what belongs together: 一张告知书、一个APP、一堂课."""
    tokens = now.tokens[max(0, at - _ROW) : at + _ROW]
    ones = [t for t in tokens if t.kind == NUMBER and t.quantity.numeral.han and t.quantity.numeral.value == 1]
    return len(ones) > 2 and now.tokens[at] in ones and now.work.text[now.tokens[at].start - 1] in "、:和"


def _determines(clause: list[Token], index: int) -> bool:
    """Whether a number says which one, not how many: 一场120人，一场86人."""
    if clause[index].kind != NUMBER:
        return False
    after = clause[index + 1] if index + 1 < len(clause) else None
    quantity = clause[index].quantity
    if after is None or after.kind != NUMBER or after.start != clause[index].end:
        return False
    named = quantity.measure in PLACES and not after.measure  # 一村50 二村60
    return named or (quantity.numeral.han and quantity.numeral.value == 1 and bool(quantity.measure))
