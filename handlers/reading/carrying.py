"""Numbers whose noun was named earlier: in the clause before, before a colon, in a heading; or that a measure word
alone tells.

Called by sentences.py after binding.py found no noun in the number's own clause.
"""

from __future__ import annotations

from handlers.reading.binding import Choice
from handlers.reading.drafts import Current
from handlers.reading.grammar import AND, TRANSPARENT
from handlers.reading.lexicon import Target
from handlers.reading.measures import FREQUENCY, GENERIC, LABELS, PERSONS, WITH_NOUN
from handlers.reading.mentions import fit
from handlers.reading.scopes import Scope
from handlers.reading.tokens import MARK, NUMBER, Token

_NAME = 5  # unknown characters before 镇, 局, 社区 ... that are taken for the name of an org
_FOR = frozenset(("为", "给", "向", "对", "面向", "针对", "组织", "让"))
_TEACH = frozenset(("上", "讲", "开", "授", "讲授"))
_ITEM = 4  # tokens of an item of a list: 观众 : 2600人
_QUOTES = ('"', "'")
_PAIRED = 12  # tokens of a row of numbers after 分别为
_FIXED = 5  # tokens before a wrong number: 人数念错了，不是206
_WIDE = 40  # tokens to either side that are looked at: keeps the work linear
_CLEAR = TRANSPARENT | {"ours"}


def carried(now: Current, clause: list[Token], index: int, at: int, previous: int, scope: Scope) -> Choice | None:
    """Bind a number to what was named earlier, when nothing else is named beside it. None when something is.

    index: in the clause, at: in the sentence. previous: in the clause, of the last number that has its noun, or -1.
    """
    token = clause[index]
    measure = token.measure
    if _runs_on(clause, index) or _other_kind(clause, index):
        return None
    if measure in PERSONS and not (scope.paren or scope.part) and (crowd := _crowd(now, clause, index)) is not None:
        return crowd
    if len(clause) == 1 and (bracketed := _bracketed(now, at)) is not None:
        return bracketed
    begin = index
    while begin - 1 > previous and (clause[begin - 1].kind not in (MARK, NUMBER) or clause[begin - 1].word in _QUOTES):
        begin -= 1
    clear = is_clear(clause[begin : index + 1], measure) or _right_after_verb(clause, index)
    replaces = token.start in now.work.right or (index > 0 and "to" in clause[index - 1].classes)
    timed = scope.cum or scope.gain or scope.pair or scope.when is not None or scope.total or scope.all or scope.handed
    used = any("handed" in before.classes for before in clause[begin:index])
    timed = timed or (used and bool(now.classes & {"stock", "received"}))
    if not measure and not now.led and not replaces and not timed:
        return None
    if not measure and not clear and not token.quantity.numeral.scaled and not now.led:
        return None
    for target in _options(now, clear, replaces or (previous >= 0 and clear)):
        fitting = fit(now.lexicon, (target,), token)
        placed = fitting is not None and (fitting[0][1] is not None or fitting[0][0] not in now.lexicon.by)
        if fitting is not None and placed and (measure or target in now.led or clear):
            return Choice(fitting[0], "carried", fitting[1])
    if not clear:
        return None
    again = _same_measure(now, token) if measure and (scope.when or scope.cum or scope.total) else None
    if again is not None:
        return again
    if _is_people_item(now, clause[begin:index]):
        heir = next(iter(now.lexicon.follows.values()), None)
        factor = now.lexicon.fits[heir].get(measure) if heir is not None else None
        if heir is not None and factor is not None:
            return Choice((heir, None), "follows", factor)
    people = any("people" in before.classes for before in clause[begin:index])
    return _following(now, token, people) or _by_measure(now, token, scope)


def _crowd(now: Current, clause: list[Token], index: int) -> Choice | None:
    """Bind those who were at a place where people come to listen: 广场上大约有六百来人."""
    for before in range(index - 1, max(-1, index - _ITEM - 1), -1):
        token = clause[before]
        if clause[before + 1].gap or not token.classes & (TRANSPARENT | {"venue"}):
            return None
        if "venue" in token.classes:
            heir = next(iter(now.lexicon.follows.values()), None)
            factor = now.lexicon.fits[heir].get(clause[index].measure) if heir is not None else None
            return Choice((heir, None), "follows", factor) if heir is not None and factor is not None else None
    return None


def _bracketed(now: Current, at: int) -> Choice | None:
    """Bind a number that stands alone in brackets right behind its noun: 宣传单(500)、手册(100)."""
    token = now.tokens[at]
    if at < 2 or now.tokens[at - 1].word != "(" or now.work.text[token.end : token.end + 1] != ")":
        return None
    noun, behind = now.tokens[at - 2], now.tokens[at + 2 : at + 3]
    if noun.entry is None or not noun.entry.targets or now.tokens[at - 1].gap or (behind and behind[0].kind == NUMBER):
        return None
    if at > 2 and now.tokens[at - 3].kind == NUMBER:
        return None  # 5块展板(3)
    fitting = fit(now.lexicon, noun.entry.targets, token)
    return Choice(fitting[0], "left", fitting[1]) if fitting is not None else None


def _other_kind(clause: list[Token], index: int) -> bool:
    """Whether a bare 4.3万 stands right behind a number with a measure word: 2起 4.3万 is money."""
    before = clause[index - 1] if index else None
    quantity = clause[index].quantity
    if quantity.measure or not quantity.numeral.scaled or before is None or clause[index].gap:
        return False
    return before.kind == NUMBER and bool(before.measure)


def _same_measure(now: Current, token: Token) -> Choice | None:
    """Bind to what the sentence counted before in the same measure word: 讲座16场，听众1900人；本周5场."""
    for draft in reversed(now.work.drafts[-_PAIRED:]):
        if draft.sentence != now.work.sentence:
            return None
        if draft.measure == token.measure and draft.reason != "zero":
            fitting = fit(now.lexicon, (draft.target,), token)
            return Choice(fitting[0], "carried", fitting[1]) if fitting is not None else None
    return None


def _right_after_verb(clause: list[Token], index: int) -> bool:
    """Whether a number in a telling measure word stands right behind its verb: 统计了一下播了150遍."""
    if clause[index].gap or not clause[index].measure or clause[index].measure in GENERIC - FREQUENCY:
        return False
    behind = clause[index - 1] if index else None
    if behind is not None and behind.word == "了" and index > 1 and not behind.gap:
        behind = clause[index - 2]
    elif behind is None or not behind.word.endswith(("了", "出", "出去")):
        return False
    return behind is not None and bool(behind.classes & {"handed", "verb"}) and "stock" not in behind.classes


def _options(now: Current, clear: bool, bound_first: bool) -> list[Target]:
    options = [*now.topic, *now.led] if clear else list(now.led)
    if now.bound is not None and bound_first:
        options.insert(0, now.bound)
    elif now.bound is not None and clear:
        options.append(now.bound)
    return options


def _runs_on(clause: list[Token], index: int) -> bool:
    """Whether the number runs on into a word of its own: 6个互动摊位."""
    after = clause[index + 1] if index + 1 < len(clause) else None
    return after is not None and after.kind != MARK and (after.gap > 0 or bool(after.classes & {"place", "staff"}))


def is_clear(tokens: list[Token], measure: str) -> bool:
    """Whether the words up to a number (the last token) name no other thing. The name of an org before it is no
    thing.
    """
    for index, token in enumerate(tokens):
        if "tail" in token.classes and index < len(tokens) - 2 and token.gap <= _NAME:
            continue  # 双桥镇5月以来已办了16场
        if measure in PERSONS and "people" in token.classes and token.gap <= _NAME:
            continue  # 退休老人85人
        if token.gap:
            return False
        if token.entry is None or token.kind == MARK or token.classes & _CLEAR:
            continue
        if not (measure in PERSONS and "people" in token.classes):
            return False
    return True


def after_sessions(now: Current, before: Target, token: Token) -> Choice | None:
    """Bind persons that stand bare after sessions: 讲座3场，240人; 培训120人."""
    heir = now.lexicon.follows.get(before[0])
    factor = now.lexicon.fits[heir].get(token.measure) if heir is not None and token.measure in PERSONS else None
    return Choice((heir, None), "follows", factor) if heir is not None and factor is not None else None


def taught(now: Current, clause: list[Token], index: int) -> Choice | None:
    """Bind people for whom sessions that the clause names were held: 为600名学生讲授反诈课1堂."""
    after = clause[index + 1] if index + 1 < len(clause) else None
    if clause[index].measure not in PERSONS or after is None or after.gap or "people" not in after.classes:
        return None
    if not any(token.word in _FOR for token in clause[max(0, index - _WIDE) : index]):
        return None
    for token in clause[index + 2 : index + _WIDE]:
        heirs = token.entry.targets if token.entry is not None else ()
        choice = next(filter(None, (after_sessions(now, target, clause[index]) for target in heirs)), None)
        if choice is not None:
            return choice
    return None


def by_own_noun(now: Current, clause: list[Token], index: int) -> Choice | None:
    """Bind by a measure that holds its noun, after a word for teaching: 给学生上了三节课."""
    measure = clause[index].measure
    owners = now.lexicon.owners.get(measure, ()) if measure in WITH_NOUN else ()
    taught_so = any(token.word in _TEACH for token in clause[max(0, index - 4) : index])
    if len(owners) != 1 or not taught_so:
        return None
    return Choice((owners[0], None), "measure", now.lexicon.fits[owners[0]][measure])


def _is_people_item(now: Current, before: list[Token]) -> bool:
    """Whether an item of a list only names people before its number: 观众 2600人."""
    if not before or len(now.tokens) > _ITEM:
        return False
    words = [
        token for token in now.tokens if token.kind not in (MARK, NUMBER) and not token.classes & {"fill", "about"}
    ]
    alone = len(words) == 1 and bool(now.work.drafts)
    return alone and "people" in words[0].classes and not words[0].classes & {"staff", "place", "trader"}


def _following(now: Current, token: Token, people: bool) -> Choice | None:
    if now.bound is None:  # 今天搞了场活动，观众四百人
        return after_sessions(now, now.topic[0], token) if now.topic and people else None
    heirs = tuple(now.lexicon.follows)
    visited = people and now.bound[0] in now.lexicon.by and now.bound[0] not in now.lexicon.levels
    return after_sessions(now, (heirs[0], None) if visited and heirs else now.bound, token)  # 进校园2次，师生900人


def _by_measure(now: Current, token: Token, scope: Scope) -> Choice | None:
    """Bind by a measure of money that one indicator alone has, when figures stand bare: 5月10日 2起 4.3万元."""
    owners = now.lexicon.owners.get(token.measure, ())
    if scope.paren or not (now.led or now.bound) or len(owners) != 1 or owners[0] not in now.lexicon.bare:
        return None
    return Choice((owners[0], None), "measure", now.lexicon.fits[owners[0]][token.measure])


def label(now: Current, at: int) -> str:
    """Return the measure that a word right before a bare number says (人数：450, 人数分别为120、86), or ""."""
    paired = now.scopes[at].pair
    fixed = now.tokens[at].start in now.work.wrong
    for before in reversed(now.tokens[max(0, at - (_PAIRED if paired else _FIXED if fixed else 2)) : at]):
        if before.word in LABELS and not before.gap:
            return LABELS[before.word]
        told = before.kind == NUMBER and not before.measure and paired
        passing = before.classes & {"fill", "total", "pair", "is"} or before.word in AND
        passing = passing or (fixed and before.classes & {"wrong", "isnot", "from"})
        if before.kind != MARK and not told and not passing:
            break
    return ""


def gives_way(now: Current, target: Target, at: int) -> Target:
    """Give a figure to the indicator that its part of the sentence is about: the 受众 of a 财会培训. at: its token.

    Source: corpus rule 5.
    """
    heir = now.lexicon.becomes.get(target[0])
    if heir is None or heir not in now.named or _mixed(now, heir):
        return target
    start = next((i + 1 for i in range(at, -1, -1) if now.tokens[i].word == ";"), 0)
    end = next((i for i in range(at, len(now.tokens)) if now.tokens[i].word == ";"), len(now.tokens))
    named = [i for i in range(start, end) if any(t[0] == heir for t in _targets(now.tokens[i]))]
    later = [i for i in named if i > at and any(token.kind == MARK for token in now.tokens[at:i])]
    counted = any(token.kind == NUMBER and token.measure in PERSONS for token in now.tokens[at + 1 : end])
    if _of_another(now, [i for i in named if i < at], at):
        return target
    return (heir, None) if named and not (later == named and counted) else target


def _of_another(now: Current, named: list[int], at: int) -> bool:
    """Whether other sessions came after those who were counted: 培训会计60人，反诈课35堂，受众3900人."""
    sessions = now.lexicon.follows.keys()
    held = next((i for i in range(at - 1, -1, -1) if any(t[0] in sessions for t in _targets(now.tokens[i]))), -1)
    if not named or held <= named[-1]:
        return False
    return any(token.kind == NUMBER and token.measure in PERSONS for token in now.tokens[named[-1] : held])


def _targets(token: Token) -> tuple[Target, ...]:
    return token.entry.targets if token.entry is not None else ()


def _mixed(now: Current, heir: str) -> bool:
    """Whether others listened too: 财会人员也一并参加, 企业负责人和财会人员."""
    tokens = now.tokens
    for index, token in enumerate(tokens):
        if token.entry is None or all(target[0] != heir for target in token.entry.targets):
            continue
        if any("along" in after.classes for after in tokens[index + 1 : index + 3]):
            return True
        for joint, other in ((index - 1, index - 2), (index + 1, index + 2)):
            if joint >= 0 and other < index and tokens[joint].word in AND and tokens[joint].gap:
                return True  # HR和财务
            joined = joint >= 0 and 0 <= other < len(tokens) and tokens[joint].word in AND
            if joined and tokens[other].classes & {"people", "staff"}:
                return True
    return False
