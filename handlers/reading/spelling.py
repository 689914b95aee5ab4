"""Typing slips: words that sound like a word of the campaign and differ from it in at most half of their characters
(讲坐, 横副).

Asked only when a first reading left a number without a noun, so it costs nothing on clean text. Called by reader.py.
Decided by us 2026-11-24: a slip is mended only where a number stands beside it, and the answer shows what was
understood.
"""

from __future__ import annotations

import re
from functools import cache

from pypinyin import Style, lazy_pinyin

from handlers.reading.lexicon import Lexicon

_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
_LONGEST = 6  # characters of a word that is looked for
# 后鼻音, 平翘舌: told apart by few who type by sound in the south
_BLUR = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))


class Speller:
    """Mends words by their sound, with the nouns of one lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._nouns = tuple(word for word in lexicon.nouns if _HAN.fullmatch(word) and len(word) <= _LONGEST)
        self._known = lexicon.words
        self._sounds: dict[tuple[str, ...], str] = {}

    def mend(self, text: str, unknown: frozenset[int]) -> str:
        """Return the text with slips replaced, character for character, so that no span moves.

        unknown: indices of characters near a loose number that no known word covers; a slip must lie on one of them.
        """
        if not self._sounds:
            self._sounds = {tuple(_sound(char) for char in word): word for word in self._nouns}
        mended = text
        for run in _HAN.finditer(text):
            mended = self._mend_run(mended, run.start(), run.end(), unknown)
        return mended

    def _mend_run(self, text: str, start: int, end: int, unknown: frozenset[int]) -> str:
        sounds = tuple(_sound(char) for char in text[start:end])
        at = 0
        while at < len(sounds) - 1:
            for size in range(min(_LONGEST, len(sounds) - at), 1, -1):
                written = text[start + at : start + at + size]
                word = self._sounds.get(sounds[at : at + size])
                if (
                    word is not None
                    and written != word
                    and written not in self._known
                    and _close(written, word, start + at, unknown)
                ):
                    text = text[: start + at] + word + text[start + at + size :]
                    at += size - 1
                    break
            at += 1
        return text


def _close(written: str, word: str, at: int, unknown: frozenset[int]) -> bool:
    differing = [at + i for i, (a, b) in enumerate(zip(written, word, strict=True)) if a != b]
    return 2 * len(differing) <= len(word) and any(index in unknown for index in differing)


@cache
def _sound(char: str) -> str:
    sound: str = lazy_pinyin(char, style=Style.NORMAL)[0]
    for sharp, blunt in _BLUR:
        sound = sound.replace(sharp, blunt)
    return sound
