"""Did you mean: one command for what looks like a slip of it. Runs only when nothing else took the text.

By the sound (pinyin: 进渡, 榜定, 帮住) and by the letters (rapidfuzz). A command that only shows something is run
on 是; one that changes anything, or that many will see, is only named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from pypinyin import lazy_pinyin
from rapidfuzz import fuzz

from handlers import wording
from handlers.base import Context, Match, Route, route, tidy
from handlers.reading.values import Verdict
from handlers.short_answers import is_no, is_yes
from models import drafts
from models.drafts import Question
from models.errors import UserError
from models.messages import Reply
from models.people import Sender

HARMLESS = frozenset(
    ("help", "mine", "progress", "missing", "progress-picture", "ranking", "form", "template", "why", "same-week")
)
LONGEST = 20  # characters of a text in which a command may be meant
ALIKE = 75  # of 100, for words of three characters and more
SOUNDS_ALIKE = 60  # of 100, for the one syllable of a two-character word that differs
_SPLIT = re.compile(r"^([^\s:：,，#＃\dA-Za-z]{2,8})[\s:：,，]*(.*)$", re.DOTALL)
_PLAIN = (Verdict.NOTHING, Verdict.CHAT, Verdict.COMMAND)


def looks_mistyped(ctx: Context, match: Match) -> bool:
    """Tell whether a text looks like a command with a slip in it."""
    return suggestion(ctx, match.text) is not None


def suggestion(ctx: Context, text: str) -> tuple[Route, str] | None:
    """Return the command that is most likely meant and how it is written, or None."""
    parts = _SPLIT.match(text)
    if len(text) > LONGEST or "\n" in text or parts is None or ctx.sender is None:
        return None
    verdict = ctx.reader.read(ctx.inbound.text, ctx.today).verdict
    if verdict not in _PLAIN:
        return None
    written, rest = parts[1], parts[2].strip()
    best = max(
        ((likeness(written, word, verdict), word, entry) for word, entry in _commands(ctx.sender)),
        key=lambda each: each[0],
        default=None,
    )
    if best is None or best[0] == 0:
        return None
    _, word, entry = best
    if rest and not entry.takes_rest:
        return None  # 我得走了: a sentence, not a command
    return entry, f"{word} {rest}".strip()


def _commands(sender: Sender) -> Iterator[tuple[str, Route]]:
    from handlers.routes import ROUTES  # the list holds this very route

    for entry in ROUTES:
        if sender.roles & set(entry.roles):
            yield from ((word, entry) for word in entry.words if len(word) > 1)


def likeness(written: str, word: str, verdict: Verdict) -> float:
    """Return how much a text is like a command word, 0 when it is not like enough to ask."""
    if written == word:
        return 0  # right, but for what follows: that command has looked at it already
    sound = fuzz.ratio("".join(_sound(written)), "".join(_sound(word)))
    if len(word) > 2:
        score = max(fuzz.ratio(written, word), sound if sound > 90 else 0)
        return score if score >= ALIKE else 0
    if len(written) != 2 or len(word) != 2:
        return 0
    pairs = list(zip(written, word, _sound(written), _sound(word), strict=True))
    differing = [fuzz.ratio(sound_a, sound_b) for a, b, sound_a, sound_b in pairs if a != b]
    if len(differing) > 1:
        return 0
    if differing[0] >= SOUNDS_ALIKE or verdict is Verdict.NOTHING:
        return float(max(50, sound))
    return 0


@lru_cache(maxsize=512)
def _sound(word: str) -> tuple[str, ...]:
    """Return one syllable a character, what has none as it stands."""
    return tuple(lazy_pinyin(character)[0] for character in word)


@route(
    "suggestion",
    examples=("进渡", "帮住"),
    unlisted="the bot comes up with it by itself",
    accepts=looks_mistyped,
)
def suggest(ctx: Context, match: Match) -> Reply:
    """Name the command that is meant; offer to run it when it is harmless and nothing else is being asked."""
    found = suggestion(ctx, match.text)
    assert found is not None  # looks_mistyped() has seen it
    entry, command = found
    asked = drafts.open_question(ctx.session, ctx.known.person.id)
    busy = asked is not None and asked.expires_at > ctx.wall and asked.kind != "suggestion"
    if entry.name not in HARMLESS or busy:
        return Reply(wording.suggest_only(command), outcome="suggested")
    payload = {"text": command, "prompt": wording.suggest(command)}
    drafts.ask(ctx.session, ctx.known.person.id, "suggestion", payload, ctx.wall, ctx.inbox_id)
    return Reply(wording.suggest(command), outcome="suggested")


def answer_suggestion(ctx: Context, asked: Question, text: str) -> Reply:
    """Run the command that was suggested, as if it had been typed."""
    from handlers.routes import ROUTES  # the list holds the caller

    if is_no(text):
        drafts.close(ctx.session, asked, "dropped", ctx.wall)
        return Reply(wording.suggestion_dropped(), outcome="dropped")
    if not is_yes(text):
        return Reply(wording.question_reask(asked.prompt), outcome="asked")
    if not drafts.close(ctx.session, asked, "answered", ctx.wall):
        return Reply(wording.answered_elsewhere(), outcome="repeat")
    command = tidy(asked.payload["text"])
    typed = replace(ctx, inbound=replace(ctx.inbound, text=command))
    for entry in ROUTES:
        match = entry.match(command) if entry.name in HARMLESS else None
        if match is not None and entry.accepts(typed, match):
            if not ctx.known.roles & set(entry.roles):
                raise UserError(entry.refusal, roles=entry.roles)
            return entry.run(typed, match)
    return Reply(wording.suggestion_dropped(), outcome="dropped")
