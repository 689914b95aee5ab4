"""General Chinese words that any such message uses, by what they do. Nothing of one campaign stands here.

The words themselves are data, in grammar.txt; a word of one campaign's field goes into the campaign file's [reading]
table
under the same class. Called by lexicon.py, which puts all of them into one automaton with the campaign's own words.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

# Of several classes of one word the first of these decides what it does to the numbers after it: see scopes.py.
GOVERNING = (
    "cum",
    "now",
    "total",
    "part",
    "daily",
    "each",
    "fix",
    "all",
    "pair",
    "accord",
    "order",
    "ours",
    "gain",
    "like",
    "printed",
    "handed",
    "made",
    "done",
    "due",
    "plan",
    "past",
    "other",
    "stock",
    "received",
    "sample",
    "over",
    "undone",
    "crime",
    "notown",
    "undo",
)
# May stand between a noun and its number, or before a number whose noun was named earlier, without naming another
# thing.
TRANSPARENT = frozenset(
    (
        *("fill", "verb", "about", "total", "now", "all", "pair", "cum", "gain", "part", "printed", "made", "done"),
        *("fix", "to", "wrong", "is", "isnot", "swap", "rise", "from", "restate"),
    )
)
AND = frozenset(("、", "和", "及", "以及", "与", "跟", "/"))  # joins nouns of a list


@cache
def words() -> dict[str, tuple[str, ...]]:
    """Return class -> its words. Raises ValueError for a line of words before the first class."""
    text = resources.files("handlers.reading").joinpath("grammar.txt").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    name = ""
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            name = line.strip("[]")
            found[name] = ()
        elif line:
            if not name:
                raise ValueError("grammar.txt: words before the first [class]")
            found[name] += tuple(line.split())
    return found
