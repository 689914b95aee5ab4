"""How names are written by their sound: 长沙 is cs or changsha. Pure.

A character's sound is looked up once and kept; only names with one that is read in more than one way are looked up
as a whole, since that is a hundred times slower.
"""

from __future__ import annotations

from functools import lru_cache

from pypinyin import lazy_pinyin

# Read in two ways that begin differently, and found in names of places and offices.
_SEVERAL = frozenset("长重行乐朝调都厦解系藏")
_SURNAMES = {  # first syllable of a person's name where it differs from the usual one
    "曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "朴": "piao", "乐": "yue",
    "盖": "ge", "缪": "miao", "尉": "wei", "盛": "sheng", "石": "shi", "车": "che", "晟": "cheng", "卜": "bu",
}  # fmt: skip


@lru_cache(maxsize=8192)
def _syllable(character: str) -> str:
    return lazy_pinyin(character)[0]


def syllables(name: str) -> list[str]:
    """Return one syllable a character of a name, what has none as it stands, in lower case."""
    if _SEVERAL.isdisjoint(name):
        return [_syllable(character).lower() for character in name]
    return [syllable.lower() for syllable in lazy_pinyin(name)]


def spelt(name: str) -> tuple[str, str]:
    """Return a name's initials and its full spelling: 长沙 -> cs, changsha."""
    parts = syllables(name)
    return "".join(part[:1] for part in parts), "".join(parts)


@lru_cache(maxsize=65536)
def person_spelt(name: str) -> tuple[str, str]:
    """Return initials and spelling of a person's name, the surname as surnames are read: 曾强 -> zq."""
    parts = syllables(name)
    if name and name[0] in _SURNAMES:
        parts[0] = _SURNAMES[name[0]]
    return "".join(part[:1] for part in parts), "".join(parts)
