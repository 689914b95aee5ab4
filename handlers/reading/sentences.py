"""Reads the sentences of a line: scopes, clauses, binding, carrying a topic on, and what is doubtful.

Called by lines.py; writes into the Work value. Tables are read by tables.py.
"""

from __future__ import annotations

from decimal import Decimal

from handlers.reading.binding import Binder, Choice, Mention, factor_of
from handlers.reading.dates import When
from handlers.reading.drafts import Draft, Note, Query, Work
from handlers.reading.lexicon import BOXES, LABELS, PERSONS, Entry, Lexicon, Target
from handlers.reading.numerals import Shape
from handlers.reading.scopes import Scope, scopes
from handlers.reading.tokens import DAY, MARK, NUMBER, Token
from handlers.reading.values import DoubtKind

_SENTENCE_ENDS = frozenset("。!?\n")
_CLAUSE_ENDS = frozenset(",;:()[]|\t")
_NAME = 5  # unknown characters before 镇, 局, 社区 ... that are taken for the name of an org
_CLEAR = frozenset(
    (
        "fill",
        "verb",
        "about",
        "total",
        "now",
        "all",
        "pair",
        "cum",
        "gain",
        "ours",
        "part",
        "printed",
        "fix",
        "to",
        "wrong",
        "is",
        "isnot",
        "swap",
        "rise",
        "from",
        "done",
        "made",
    )
)


class SentenceReader:
    """Reads sentences with one lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon

    def read(self, work: Work, tokens: list[Token]) -> None:
        """Read the tokens of one line (no table)."""
        running = any(t.kind == MARK and work.text[t.start] == "。" for t in tokens)
        led: tuple[Target, ...] = () if running else work.heading
        self.needs = frozenset() if running else work.needs
        start = 0
        for index in range(len(tokens) + 1):
            if index < len(tokens):
                token = tokens[index]
                if token.kind != MARK or work.text[token.start] not in _SENTENCE_ENDS:
                    continue
            question = index < len(tokens) and work.text[tokens[index].start] == "?"
            sentence = tokens[start:index]
            start = index + 1
            if sentence:
                led = _Sentence(self.lexicon, work, sentence, led, question, self.needs).read()
                work.sentence += 1


class _Sentence:
    """One sentence being read."""

    def __init__(
        self,
        lexicon: Lexicon,
        work: Work,
        tokens: list[Token],
        led: tuple[Target, ...],
        question: bool,
        needs: frozenset[str],
    ) -> None:
        self.lexicon = lexicon
        self.work = work
        self.tokens = tokens
        self.led = led
        self.topic: tuple[Target, ...] = led
        self.needs = needs
        self.bound: Target | None = None
        self.questions = self._asked(question)
        self.question = False  # of the clause being read
        self.scopes = scopes(tokens, work.text, work.frame)
        firm = [token.entry for token in tokens if token.entry is not None and "lean" not in token.entry.classes]
        self.named = {target[0] for entry in firm for target in entry.targets}
        self.flags = {name for token in tokens if token.entry is not None for name in token.entry.classes}
        self.negative = any(t.entry is not None and t.entry.classes & {"neg", "zero"} for t in tokens)
        self.loose = False  # the last number found no noun: 8个社区每个2条

    def read(self) -> tuple[Target, ...]:
        """Read the clauses in order; returns the nouns that lead the rest of the line."""
        if self.questions:
            self.work.flags.add("question")
        for token in self.tokens:
            if token.entry is not None:
                self.work.flags |= token.entry.classes
        start = 0
        for index in range(len(self.tokens) + 1):
            if index < len(self.tokens):
                if not self._ends_clause(index):
                    continue
            self.question = any(begin <= start < end for begin, end in self.questions)
            self._clause(start, index)
            start = index + 1
        return self.led

    def _asked(self, mark: bool) -> list[tuple[int, int]]:
        """Spans of token indices that ask something: a stretch up to a semicolon that holds a question word or ends in ?."""
        ends = [i for i, t in enumerate(self.tokens) if t.kind == MARK and self.work.text[t.start] == ";"] + [
            len(self.tokens)
        ]
        spans, start = [], 0
        for end in ends:
            asking = next((i for i in range(start, end) if "ask" in self._classes(i) or ("askend" in self._classes(i) and self._ends_at(i))), None)
            if mark and end == len(self.tokens):
                spans.append((start, end + 1))
            elif asking is not None:
                whole = len(self.tokens) == len(self.work.tokens)
                clause = max((i + 1 for i in range(start, asking) if self._ends_clause(i)), default=start)
                spans.append((start if whole else clause, end + 1))
            start = end + 1
        return spans

    def _classes(self, index: int) -> frozenset[str]:
        entry = self.tokens[index].entry
        return entry.classes if entry is not None else frozenset()

    def _ends_at(self, index: int) -> bool:
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        return after is None or (after.kind == MARK and not after.gap)

    def _ends_clause(self, index: int) -> bool:
        token = self.tokens[index]
        return token.kind == MARK and self.work.text[token.start] in _CLAUSE_ENDS

    def _clause(self, start: int, end: int) -> None:
        clause = self.tokens[start:end]
        if not clause:
            return
        active = self.needs | (
            {self.bound[0]} if self.bound is not None and self.bound[0] in self.lexicon.by else set()
        )
        binder = Binder(self.lexicon, clause, active)
        numbers = [i for i, token in enumerate(clause) if token.kind == NUMBER]
        previous = -1  # the last number of this clause that a noun was found for
        paired = self._paired(binder, clause, numbers, start)
        for position, index in enumerate(numbers):
            if paired:
                self._bound(binder, paired[position], clause, index, -1, self.scopes[start + index])
                continue
            following = numbers[position + 1] if position + 1 < len(numbers) else len(clause)
            if self._number(binder, clause, index, previous, following, self.scopes[start + index]):
                previous = index
        if self.negative:
            self._zero(binder, clause, start, end)
        firm = [mention for mention in binder.mentions if not mention.lean]
        if firm:
            last = next((m for m in reversed(firm) if not m.weak), firm[-1])
            if not last.weak or not self.topic:
                self.topic = last.targets
            if not numbers and end < len(self.tokens) and self.work.text[self.tokens[end].start] == ":":
                self.led = last.targets

    def _paired(self, binder: Binder, clause: list[Token], numbers: list[int], start: int) -> list[Choice]:
        """Pair nouns and numbers in order at 分别: 手册、海报分别是240本、55张. [] when it says no such thing or the counts differ."""
        if len(numbers) < 2 or not any(self.scopes[start + index].pair for index in numbers):
            return []
        nouns = [mention for mention in binder.mentions if not mention.weak and mention.index < numbers[0]]
        if len(nouns) != len(numbers):
            return []
        choices = []
        for mention, index in zip(nouns, numbers, strict=True):
            fit = binder.fit(mention, index)
            if fit is None:
                return []
            choices.append(Choice(fit[0], "paired", fit[1]))
        return choices

    def _number(
        self, binder: Binder, clause: list[Token], index: int, previous: int, following: int, scope: Scope
    ) -> None:
        token = clause[index]
        quantity = token.number
        assert quantity is not None
        if quantity.percent or quantity.ident or self._labelled(clause, index):
            self._skip(token, "percent" if quantity.percent else "ident")
            return False
        if not quantity.measure:
            quantity.measure = self._label(token)
        choice = binder.bind(index, previous, following)
        if choice.target is None or (choice.mention is not None and choice.mention.lean):
            choice = self._carried(clause, index, previous, following, scope) or choice
        if token.start in self.work.wrong:
            self.bound = choice.target or self.bound
            self._skip(token, "replaced")
            return choice.target is not None
        if choice.target is None and choice.misfit is not None:
            choice = self._trained(choice.misfit, quantity.measure) or choice
        if choice.target is None:
            self._unbound(choice, clause, index, scope)
            self.loose = True
            return False
        choice.target = self._gives_way(choice.target)
        self._bound(binder, choice, clause, index, previous, scope)
        return True

    def _label(self, token: Token) -> str:
        """Return the measure that a word right before a bare number says: 人数：450."""
        at = self.tokens.index(token)
        for before in reversed(self.tokens[max(0, at - 2) : at]):
            if before.entry is not None and before.entry.word in LABELS and not before.gap:
                return LABELS[before.entry.word]
            if before.kind != MARK and (before.entry is None or not before.entry.classes & {"fill", "total"}):
                break
        return ""

    @staticmethod
    def _labelled(clause: list[Token], index: int) -> bool:
        """A number that a telephone, a document or the like has: 电话6620517."""
        for token in reversed(clause[max(0, index - 2) : index]):
            if token.entry is None:
                return False
            if "drop" in token.entry.classes:
                return True
            if "fill" not in token.entry.classes and token.kind != MARK:
                return False
        return False

    def _gives_way(self, target: Target) -> Target:
        """Give a figure to the indicator that the sentence is about: the 受众 of a 财会培训. Not with a mixed audience."""
        heir = self.lexicon.becomes.get(target[0])
        return (heir, None) if heir is not None and heir in self.named and not self._mixed(heir) else target

    def _mixed(self, heir: str) -> bool:
        for index, token in enumerate(self.tokens):
            if token.entry is None or not any(target[0] == heir for target in token.entry.targets):
                continue
            after = self.tokens[index + 1 : index + 3]
            if any("along" in self._classes(index + 1 + i) for i in range(len(after))):
                return True
            for joint, other in ((index - 1, index - 2), (index + 1, index + 2)):
                if (
                    0 <= other < len(self.tokens)
                    and joint >= 0
                    and self._word(joint) in ("、", "和", "及", "与", "以及")
                ):
                    if self._classes(other) & {"people", "staff"}:
                        return True
        return False

    def _word(self, index: int) -> str:
        entry = self.tokens[index].entry
        return entry.word if entry is not None else ""

    def _skip(self, token: Token, reason: str) -> None:
        self.work.notes.append(Note(token.start, token.end, "skipped", reason))

    def _carried(self, clause: list[Token], index: int, previous: int, following: int, scope: Scope) -> Choice | None:
        """Bind a number to the topic that an earlier clause or a heading set, when nothing else is named beside it."""
        token = clause[index]
        assert token.number is not None
        measure = token.number.measure
        begin = index
        while begin > 0 and begin - 1 > previous and not (clause[begin - 1].kind == MARK):
            begin -= 1
        clear = self._clear(clause[begin : index + 1], measure)
        after = clause[index + 1] if index + 1 < len(clause) else None
        if (
            after is not None
            and after.kind != MARK
            and (after.gap or (after.entry is not None and after.entry.classes & {"place", "staff"}))
        ):
            return None
        if not measure and not token.number.numeral.scaled and not clear and not self.led:
            return None
        options = list(self.led) if not clear else [*self.topic, *self.led]
        if self.bound is not None and ((previous >= 0 and clear) or token.start in self.work.wrong.values()):
            options.insert(0, self.bound)
        if clear and self.bound is not None and self.bound not in options:
            options.append(self.bound)
        if (
            not measure
            and not self.led
            and token.start not in self.work.wrong.values()
            and not (scope.cum or scope.when is not None or scope.total or scope.all)
        ):
            return None
        for target in options:
            if target[1] is None and target[0] in self.lexicon.by:
                target = (target[0], self.lexicon.measure_parts.get((target[0], measure)))
                if target[1] is None:
                    continue
            factor = factor_of(self.lexicon, target, token)
            if factor is not None and (measure or target in self.led or clear):
                return Choice(target, "carried", factor)
        return self._following(token, clear) or self._by_measure(token, clear, scope)

    def _trained(self, misfit: Target, measure: str) -> Choice | None:
        """Bind persons right after a word for sessions: 培训120人."""
        heir = self.lexicon.follows.get(misfit[0])
        factor = self.lexicon.fits[heir].get(measure) if heir is not None and measure in PERSONS else None
        return Choice(self._gives_way((heir, None)), "follows", factor) if heir is not None and factor is not None else None

    def _following(self, token: Token, clear: bool) -> Choice | None:
        """Bind the persons that stand bare after sessions: 讲座3场，240人."""
        assert token.number is not None
        if not clear or token.number.measure not in PERSONS or self.bound is None:
            return None
        heir = self.lexicon.follows.get(self.bound[0])
        factor = self.lexicon.fits[heir].get(token.number.measure) if heir is not None else None
        if heir is None or factor is None:
            return None
        return Choice(self._gives_way((heir, None)), "follows", factor)

    def _by_measure(self, token: Token, clear: bool, scope: Scope) -> Choice | None:
        """Bind by a measure word that one indicator alone has, when figures stand bare in a row: 5月10日 2起 4.3万元."""
        assert token.number is not None
        measure = token.number.measure
        owners = self.lexicon.owners.get(measure, ())
        if scope.paren or not clear or not (self.led or self.bound) or len(owners) != 1 or owners[0] not in self.lexicon.bare:
            return None
        return Choice((owners[0], None), "measure", self.lexicon.fits[owners[0]][measure])

    def _zero(self, binder: Binder, clause: list[Token], start: int, end: int) -> None:
        """A named indicator with 无, 没有 or 未 is zero: 今天没发短信, 讲座：无. Source: corpus rule 14."""
        last = max((i for i, t in enumerate(clause) if t.kind == NUMBER), default=-1)
        negs = [
            i for i, t in enumerate(clause) if i > last and t.entry is not None and t.entry.classes & {"neg", "zero"}
        ]
        binder_mentions = [m for m in binder.mentions if m.index > last]
        if not negs or self.question:
            return
        named = [
            m
            for m in binder_mentions
            if not m.weak and not m.lean and not (m.acts and "fill" in self._entry(clause, m).classes)
        ]
        alone = not named and len(clause) == 1 and self.led and clause[0].gap == 0
        if alone and not any(d.sentence == self.work.sentence for d in self.work.drafts):
            self._keep_zero(clause[0], self.led[0], start)
            return
        if not named or not self._plainly(clause, min(negs[0], named[0].index), negs[-1]):
            return
        after = {
            name
            for t in clause[negs[0] + 1 :]
            if t.entry is not None and not t.entry.targets
            for name in t.entry.classes
        }
        if after - {"verb", "modifier", "neg", "zero", "fill"} or any(t.gap for t in clause[negs[0] + 1 :]):
            return
        for mention in named:
            self._keep_zero(clause[negs[0]], mention.targets[0], start + negs[0])

    @staticmethod
    def _entry(clause: list[Token], mention: Mention) -> Entry:
        entry = clause[mention.index].entry
        assert entry is not None
        return entry

    def _plainly(self, clause: list[Token], first: int, last: int) -> bool:
        return not any(token.gap for token in clause[first + 1 : last + 1])

    def _keep_zero(self, token: Token, target: Target, at: int) -> None:
        scope = Scope(cum=False, when=self.when_at(at))
        if any(d.start == token.start and d.target == target for d in self.work.drafts):
            return
        self.work.drafts.append(
            Draft(
                target, Decimal(0), token.start, token.end, scope, False, self.work.line, self.work.sentence, scope.when
            )
        )

    def when_at(self, at: int) -> When | None:
        """Return the last date before a token of this sentence, else the heading's."""
        for token in reversed(self.tokens[:at]):
            if token.kind == DAY and token.when is not None and token.when.kind != "clock":
                return token.when
        return self.work.frame.when

    @staticmethod
    def _clear(tokens: list[Token], measure: str) -> bool:
        for index, token in enumerate(tokens):
            named = token.entry is not None and "tail" in token.entry.classes and index < len(tokens) - 2
            if named and token.gap <= _NAME:
                continue  # 双桥镇5月以来已办了16场: whose it is, not what
            if token.gap:
                return False
            if token.entry is not None and not token.entry.classes & _CLEAR and token.kind != MARK:
                if measure in PERSONS and "people" in token.entry.classes:
                    continue
                return False
        return True

    def _unbound(self, choice: Choice, clause: list[Token], index: int, scope: Scope) -> None:
        token = clause[index]
        quantity = token.number
        assert quantity is not None
        if self._part_of_topic(token, scope):
            return
        if scope.veto or self.question or (scope.each and choice.misfit is None):
            self._skip(token, scope.veto or "question")
            return
        if choice.misfit is not None and quantity.measure and not scope.part and not scope.paren:
            kind = DoubtKind.BOX_SIZE if quantity.measure in BOXES else DoubtKind.UNIT_MISFIT
            self._ask(kind, token, ((choice.misfit, None),))
            return
        self.work.notes.append(Note(token.start, token.end, "unplaced", choice.reason))

    def _part_of_topic(self, token: Token, scope: Scope) -> bool:
        """其中社区5场: a part of the figure before, whoever it is of; kept only so that the sum can be checked."""
        before = [draft for draft in self.work.drafts if not draft.dropped]
        if not scope.part or scope.veto or self.question or not before:
            return False
        assert token.number is not None
        head = before[-1]
        factor = factor_of(self.lexicon, head.target, token)
        if factor is None or not token.number.measure or token.number.numeral.value is None:
            return False
        self._keep(token, head.target, token.number.numeral.value * factor, scope)
        self.work.drafts[-1].dropped = "part"
        return True

    def _ask(self, kind: DoubtKind, token: Token, targets: tuple[tuple[Target, Decimal | None], ...]) -> None:
        assert token.number is not None
        self.work.queries.append(Query(kind, token.start, token.end, token.number.numeral.value, targets, self.work.sentence))

    def _bound(
        self, binder: Binder, choice: Choice, clause: list[Token], index: int, previous: int, scope: Scope
    ) -> None:
        token = clause[index]
        quantity = token.number
        target = choice.target
        assert quantity is not None and target is not None
        self.bound = target
        veto = scope.veto if scope.veto != "crime" or choice.reason in ("carried", "measure") else ""
        if (
            "meeting" in self.flags
            and target[0] in self.lexicon.follows.values()
            and not self.named & set(self.lexicon.follows)
        ):
            veto = veto or "meeting"
        if self.question or veto or (scope.each and not scope.total) or scope.like:
            if scope.each and self.loose and not veto and not self.question and quantity.numeral.value is not None:
                self._ask(DoubtKind.EACH_TIMES, token, ((target, None),))
            self._skip(token, "question" if self.question else veto or ("like" if scope.like else "each"))
            return
        doubt = self._doubt(token, target, scope)
        if doubt is not None:
            value = quantity.numeral.value * choice.factor if quantity.numeral.value is not None else None
            self._ask(doubt, token, ((target, value),))
            return
        joined = self._joined(binder, choice, clause, index)
        if len(joined) > 1 and not scope.all:
            self._ask(DoubtKind.CANNOT_SPLIT, token, tuple((each, None) for each in joined))
            return
        if scope.all and len(joined) == 1 and self.loose:
            self._keep(token, target, quantity.numeral.value * choice.factor, scope)  # type: ignore[operator]  # not vague here
            self.work.drafts[-1].per = True
            return
        for each in joined if scope.all and len(joined) > 1 else (target,):
            self._keep(token, each, quantity.numeral.value * choice.factor, scope)  # type: ignore[operator]  # not vague here

    def _keep(self, token: Token, target: Target, value: Decimal, scope: Scope) -> None:
        assert token.number is not None
        approx = token.number.approx or self._about(token)
        self.work.drafts.append(
            Draft(
                target,
                value,
                token.start,
                token.end,
                scope,
                approx,
                self.work.line,
                self.work.sentence,
                scope.when,
                measure=token.number.measure,
            )
        )

    def _about(self, token: Token) -> bool:
        at = self.tokens.index(token)
        for before in reversed(self.tokens[max(0, at - 3) : at]):
            if before.entry is None or (before.gap and before is not self.tokens[at - 1]):
                return False
            if "about" in before.entry.classes:
                return True
            if not before.entry.classes & {"fill", "verb", "acts"}:
                return False
        return False

    def _doubt(self, token: Token, target: Target, scope: Scope) -> DoubtKind | None:
        assert token.number is not None
        shape = token.number.numeral.shape
        if shape is Shape.RANGE:
            return DoubtKind.RANGE
        if shape is Shape.VAGUE:
            return DoubtKind.VAGUE
        if target[0] in self.lexicon.levels and scope.gain:
            return DoubtKind.TWO_READINGS
        if target[0] in self.lexicon.by and target[1] is None:
            return DoubtKind.WHICH_PART
        if scope.printed:
            return DoubtKind.PRINTED_ONLY
        if target[0] in self.lexicon.by and self._trader(token):
            return DoubtKind.WHICH_PART
        return None

    def _trader(self, token: Token) -> bool:
        at = self.tokens.index(token)
        return any("trader" in self._classes(i) for i in (at - 1, at + 1) if 0 <= i < len(self.tokens))

    def _joined(self, binder: Binder, choice: Choice, clause: list[Token], index: int) -> list[Target]:
        """List the nouns that share this number: 横幅、展板各12, 标语海报2300处."""
        if choice.mention is None or choice.reason != "left" or choice.target is None:
            return [choice.target] if choice.target else []
        joined = [choice.target]
        at, at_mention = choice.mention.index, choice.mention
        for mention in reversed([m for m in binder.mentions if m.index < at and not m.weak]):
            if not self._listed(clause, mention, at_mention, index) or any(
                clause[i].kind == NUMBER for i in range(mention.index, at)
            ):
                break
            fit = binder.fit(mention, index)
            if fit is None:
                break
            each = self._gives_way(fit[0])
            if each not in joined:
                joined.insert(0, each)
            at, at_mention = mention.index, mention
        return joined

    def _listed(self, clause: list[Token], head: Mention, tail: Mention, number: int) -> bool:
        """Whether two nouns stand side by side in a list: joined by 、, 和, 及 or nothing, maybe each with its verb."""
        first, second = head.index, tail.index
        between = clause[first + 1 : second]
        measure = clause[number].number.measure  # type: ignore[union-attr]  # a number token has a number
        if not between and not measure:
            return False  # 短视频播放量: the last noun is what is counted
        if not between and (head.acts or tail.acts or head.place or tail.place):
            return False
        if clause[second].gap or any(token.gap for token in between):
            return False
        words = [self.work.text[token.start : token.end] for token in between]
        return not words or all(word in ("、", "和", "及", "以及", "与", "跟", "/") for word in words)
