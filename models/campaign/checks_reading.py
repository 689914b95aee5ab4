"""What the reader needs of a campaign: words that do not mislead it. Pure; called by checks.py and by `check`.

problems() lists what must be put right. shadows() lists what only deserves a look: a word that is part of another
indicator's longer word is fine where the longer one is meant (视频, 视频播放量), and a trap where it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from models.campaign.definition import Campaign, Indicator

Found = tuple[str, str, str]  # dotted key, what is wrong, what to write instead


def problems(campaign: Campaign) -> list[Found]:
    """List what keeps the reader from telling the indicators apart, in file order. [] is good news."""
    found: list[Found] = []
    for key, indicator in campaign.indicators.items():
        found += _indicator(campaign, key, indicator)
    found += _sizes(campaign)
    for pair in campaign.reading.get("typos", ()):
        wrong, mark, right = pair.partition(">")
        if not mark or len(wrong) != len(right) or not wrong:
            found.append(
                ("reading.typos", f"{pair!r} is no pair of equal length", 'write "wrong>right", e.g. "讲坐>讲座"')
            )
    return found


def _indicator(campaign: Campaign, key: str, indicator: Indicator) -> Iterator[Found]:
    where = f"indicators.{key}"
    for other in indicator.follows:
        if other not in campaign.indicators:
            yield f"{where}.follows", f"{other!r} is no indicator", "name one of [indicators.*]"
    heir = indicator.gives_way_to
    if heir is not None and (heir not in campaign.indicators or heir == key):
        yield f"{where}.gives_way_to", f"{heir!r} is no other indicator", "name another one of [indicators.*]"
    for measure in indicator.rivals:
        if measure not in indicator.measures:
            yield f"{where}.rivals", f"{measure!r} is not one of its measures", "list it in measures, or leave it out"


def _words(indicator: Indicator) -> tuple[str, ...]:
    return (indicator.name, *indicator.synonyms, *(word for words in indicator.named_by.values() for word in words))


def _nested(first: Indicator, second: Indicator) -> tuple[str, str] | None:
    """Return a word of one that is part of a word of the other: (part, whole)."""
    for one, other in ((first, second), (second, first)):
        for part in _words(one):
            for whole in _words(other):
                if part != whole and part in whole:
                    return part, whole
    return None


def _sizes(campaign: Campaign) -> Iterator[Found]:
    """A measure word that two synonyms of different size share: 手册 by 箱 of 100, 宣传手册 by 箱 of 50."""
    for (first_key, first), (second_key, second) in combinations(campaign.indicators.items(), 2):
        shared = [m for m in first.measures.keys() & second.measures.keys() if first.measures[m] != second.measures[m]]
        nested = _nested(first, second) if shared else None
        if nested is not None:
            hidden = f"{nested[0]!r} is part of {nested[1]!r}"
            what = f"{shared[0]!r} is another amount than in indicators.{first_key}, and {hidden}"
            yield f"indicators.{second_key}.measures", what, "use the same factor, or other words"


def shadows(campaign: Campaign) -> list[Found]:
    """List words that are part of a longer word of another indicator, for a warning: the longer one wins where it
    stands.
    """
    found: list[Found] = []
    for (first_key, first), (second_key, second) in combinations(campaign.indicators.items(), 2):
        pair = _nested(first, second)
        if pair is not None:
            what = f"{pair[0]!r} is part of {pair[1]!r} ({first_key} and {second_key})"
            found.append((f"indicators.{second_key}.synonyms", what, "see that each is meant as it is read"))
    return found
