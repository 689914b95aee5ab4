"""What a name in a command means: an org or a person, by name, alias, part, or how it sounds.

The closest kind of likeness decides: exact, a part, its characters in order (长沙公安局), pinyin (cs, csgaj, changsha).
When several fit equally well, AmbiguityError is raised: the router keeps the command and asks with numbers, the answer
runs it again with ctx.chosen holding what was picked (handlers/which_name.py). Names of orgs are indexed once a process
and roster: with 30,000 orgs nothing else answers in time.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from rapidfuzz import fuzz, process
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from handlers.pinyin import person_spelt, spelt
from models.errors import UserError
from models.people import Org, roster_stamp

if TYPE_CHECKING:
    from handlers.base import Context

MOST_OPTIONS = 9  # a choice is answered with one digit
LIKE_ENOUGH = 75  # of 100: a name that is close to nothing else is offered, never taken (decided by us 2026-11-24)
MOST_FOUND = 100  # of what fits equally well
MOST_TRIED = 5000
Keep = Callable[[int], bool]  # whether an org comes into question

_LETTERS = re.compile(r"^[a-z0-9]{2,40}$")
_IN_ORDER = 3  # characters that must be given before they may have others between them
_LONGEST = 40  # characters of a name that is looked for at all


class AmbiguityError(UserError):
    """Several orgs or persons fit a name: the sender is to pick one.

    options: (id, label) in the order of the choice. text, chosen: the command, and what was picked for it so far.
    """

    def __init__(
        self, ctx: Context, code: str, key: str, name: str, options: Sequence[tuple[int, str]], count: int
    ) -> None:
        """Note what fits. code: which-org, near-org, which-person. options: at most MOST_OPTIONS of `count`."""
        labels = [label for _, label in options]
        if count > len(labels):
            labels[-1] += f" 等{count}个"
        super().__init__(code, name=name, names=labels)
        self.key = key
        self.name = name
        self.options = list(options) if count <= MOST_OPTIONS else []  # too many to pick from: a longer name is wanted
        self.text = ctx.inbound.text
        self.chosen = dict(ctx.chosen)


def choice_key(kind: str, name: str) -> str:
    """Return the key under which ctx.chosen holds what a name was said to mean."""
    return f"{kind}:{folded(name)}"


def folded(text: str) -> str:
    """Fold a name for comparing: full width, capitals, blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).casefold())


class _Lines:
    """Many short words in one string, each with the id that it stands for: searched at the speed of str.find."""

    def __init__(self, words: Iterable[tuple[str, int]]) -> None:
        pairs = [(word, key) for word, key in words if word]
        self.exact: dict[str, list[int]] = {}
        for word, key in pairs:
            self.exact.setdefault(word, []).append(key)
        self._text = "\n".join(["", *(word for word, _ in pairs), ""])
        self._keys = [key for _, key in pairs]
        self._starts: list[int] = []
        at = 0
        for word, _ in pairs:
            self._starts.append(at)
            at += len(word) + 1

    def containing(self, part: str, keep: Keep) -> list[int]:
        """Return the ids of words that have a part; a part that begins with a line end is a beginning."""
        found: dict[int, None] = {}
        at = self._text.find(part)
        while at >= 0 and len(found) < MOST_FOUND:
            key = self._keys[self._line_at(at)]
            if keep(key):
                found[key] = None
            at = self._text.find(part, self._text.index("\n", at + 1))
        return list(found)

    def in_order(self, characters: str, keep: Keep, *, from_start: bool = False) -> list[int]:
        """Return the ids of words that have some characters in this order, with others between them.

        Of those only the ones that begin like them the longest: csgaj is cssgaj rather than cdsgaj. from_start: the
        first character begins the word. Looks at no more than MOST_TRIED words: what fits so many means none of them.
        """
        best, found = 0, dict[int, None]()
        pattern = re.compile(("\n" if from_start else "") + "[^\n]*?".join(map(re.escape, characters)))
        for match in islice(pattern.finditer(self._text), MOST_TRIED):
            line = self._line_at(match.start())
            agreement = self._agreement(self._starts[line] + 1, characters)
            if agreement < best or not keep(self._keys[line]):
                continue
            if agreement > best:
                best, found = agreement, {}
            if len(found) < MOST_FOUND:
                found[self._keys[line]] = None
        return list(found)

    def _agreement(self, start: int, characters: str) -> int:
        """Return how many of some characters the word at a place begins with."""
        return next((n for n, each in enumerate(characters) if self._text[start + n] != each), len(characters))

    def _line_at(self, at: int) -> int:
        return bisect_right(self._starts, at) - 1


class OrgNames:
    """The names of all orgs, ready to be looked through. rows: (id, name, aliases) in roster order."""

    def __init__(self, rows: Iterable[tuple[int, str, Sequence[str]]]) -> None:
        self._rows = [(org_id, [name, *aliases]) for org_id, name, aliases in rows]
        self._words = _Lines((folded(word), org_id) for org_id, words in self._rows for word in words)
        self._sounds: tuple[_Lines, _Lines] | None = None

    def exact(self, wanted: str) -> list[int]:
        """Return the orgs that are called so, by name or alias."""
        return _once(self._words.exact.get(wanted, []))

    def find(self, wanted: str, keep: Keep, *, loose: bool) -> tuple[int, list[int]]:
        """Return (how remote the likeness is, ids in roster order) for a folded name: of the closest that is kept.

        At most MOST_FOUND ids: who gets that many must write more anyway. (0, []) when there is none.
        """
        for remoteness, look in enumerate(self._ways(wanted, keep, loose)):
            found = look()
            if found:
                return remoteness, found
        return 0, []

    def close_to(self, wanted: str, keep: Keep) -> list[int]:
        """Return at most 3 orgs whose names are nearly what was written."""
        words = self._words.exact
        close = process.extract(wanted, list(words), scorer=fuzz.ratio, score_cutoff=LIKE_ENOUGH, limit=9)
        return [key for key in _once(key for word, _, _ in close for key in words[word]) if keep(key)][:3]

    def _ways(self, wanted: str, keep: Keep, loose: bool) -> Iterable[Callable[[], list[int]]]:
        words, long = self._words, len(wanted) >= _IN_ORDER
        yield lambda: [org_id for org_id in self.exact(wanted) if keep(org_id)]
        yield lambda: words.containing(wanted, keep)
        if loose and long and not _LETTERS.match(wanted):
            yield lambda: words.in_order(wanted, keep)
        if loose and _LETTERS.match(wanted):
            initials, whole = self._by_sound()
            sounds = _once(initials.exact.get(wanted, []) + whole.exact.get(wanted, []))
            yield lambda: [org_id for org_id in sounds if keep(org_id)]
            yield lambda: initials.containing("\n" + wanted, keep)
            yield lambda: whole.containing("\n" + wanted, keep) if long else []
            yield lambda: initials.in_order(wanted, keep, from_start=True) if long else []

    def _by_sound(self) -> tuple[_Lines, _Lines]:
        if self._sounds is None:
            sounds = [(spelt(folded(word)), org_id) for org_id, words in self._rows for word in words]
            self._sounds = (
                _Lines((initials, org_id) for (initials, _), org_id in sounds),
                _Lines((whole, org_id) for (_, whole), org_id in sounds),
            )
        return self._sounds


def _once(found: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(found))


_INDEXES: WeakKeyDictionary[Engine, tuple[object, OrgNames]] = WeakKeyDictionary()


def org_names(session: Session) -> OrgNames:
    """Return the index of all orgs of this database; it is made anew when the roster has changed."""
    engine = session.get_bind().engine
    stamp = roster_stamp(session)
    known = _INDEXES.get(engine)
    if known is None or known[0] != stamp:
        rows = session.execute(select(Org.id, Org.name, Org.aliases).order_by(Org.position, Org.id)).all()
        known = _INDEXES[engine] = stamp, OrgNames((org_id, name, aliases) for org_id, name, aliases in rows)
    return known[1]


def find_org(
    ctx: Context,
    name: str,
    within: Collection[int] | None = None,
    *,
    prefer: Collection[int] | None = None,
    loose: bool = True,
) -> Org:
    """Return the org that a name means.

    within: only these come into question. prefer: when several fit, those among these.
    loose:  also by sound and by characters in order; not where the word may well be no name at all.

    Raises UserError("no-such-org"), or AmbiguityError ("near-org" when nothing fits but some are close).
    """
    picked = ctx.chosen.get(choice_key("org", name))
    if picked is not None and (within is None or picked in within):
        return ctx.session.get_one(Org, picked)
    wanted, index = folded(name), org_names(ctx.session)
    keep: Keep = (lambda _: True) if within is None else within.__contains__
    searched = 0 < len(wanted) <= _LONGEST
    remoteness, found = index.find(wanted, keep, loose=loose) if searched else (0, [])
    if len(found) > 1 and prefer is not None:
        here = index.find(wanted, lambda org_id: keep(org_id) and org_id in prefer, loose=loose)
        found = here[1] if here[1] and here[0] == remoteness else found
    if len(found) == 1:
        return ctx.session.get_one(Org, found[0])
    near = not found and loose and searched and len(wanted) > 1
    if near:
        found = index.close_to(wanted, keep)
    if not found:
        raise UserError("no-such-org", name=name.strip()[:_LONGEST])
    options = org_labels(ctx.session, found[:MOST_OPTIONS])
    code = "near-org" if near else "which-org"
    raise AmbiguityError(ctx, code, choice_key("org", name), name.strip()[:_LONGEST], options, len(found))


def orgs_called(session: Session, word: str) -> list[Org]:
    """Return the orgs that have exactly this name or alias; [] for what is no name of an org."""
    return [session.get_one(Org, org_id) for org_id in org_names(session).exact(folded(word))]


def org_labels(session: Session, org_ids: Sequence[int]) -> list[tuple[int, str]]:
    """Return (id, name) in the order given."""
    rows = session.execute(select(Org.id, Org.name).where(Org.id.in_(org_ids))).all()
    names = {row.id: row.name for row in rows}
    return [(org_id, names[org_id]) for org_id in org_ids]


def matching_names(names: Mapping[int, str], wanted: str) -> list[int]:
    """Return the ids of persons whose name is what was written, or has it as a part, or sounds like it."""
    fits: Sequence[Callable[[str], bool]] = (
        lambda name: name == wanted,
        lambda name: wanted in name,
        lambda name: bool(_LETTERS.match(wanted)) and wanted in person_spelt(name),
        lambda name: bool(_LETTERS.match(wanted)) and person_spelt(name)[0].startswith(wanted),
    )
    for fit in fits:
        found = [key for key, name in names.items() if fit(folded(name))]
        if found:
            return found
    return []
