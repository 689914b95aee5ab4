"""The reading score: how many messages of an annotated corpus are read exactly right. `make corpus` runs it.

The corpus stands beside the repo (../shared/corpus/reports-dev.jsonl) or where CORPUS says. Its rules of scoring are
in its README: a
value is right when indicator, value, place or platform and cumulative agree (cumulative not for a level), a case when
the multisets of
values are equal. Prints the scores by kind and register and every wrong case; always exits 0, the floors are asserted
by
tests/reading/test_corpus.py.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handlers.reading.contract import to_contract_json
from handlers.reading.reader import Reader
from models.campaign import loader
from models.campaign.definition import Campaign, IndicatorKind

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "reports-dev.jsonl"
Key = tuple[str, float, str, bool]  # indicator, value, place or platform, cumulative


@dataclass
class Score:
    """Counts over some cases."""

    cases: int = 0
    exact: int = 0
    hits: int = 0
    false: int = 0
    missed: int = 0
    approx_right: int = 0
    approx_seen: int = 0

    @property
    def precision(self) -> float:
        return self.hits / max(1, self.hits + self.false)

    @property
    def recall(self) -> float:
        return self.hits / max(1, self.hits + self.missed)

    def add(self, want: Counter[Key], got: Counter[Key]) -> None:
        """Count one case."""
        hits = (want & got).total()
        self.cases += 1
        self.exact += want == got
        self.hits += hits
        self.false += got.total() - hits
        self.missed += want.total() - hits


@dataclass
class Result:
    """Scores over a corpus."""

    total: Score = field(default_factory=Score)
    kinds: dict[str, Score] = field(default_factory=dict)
    registers: dict[str, Score] = field(default_factory=dict)
    negatives_false: int = 0  # values found in questions, plans, chat, commands
    ambiguous: int = 0
    asked: int = 0  # of those, how many asked back
    wrong: list[str] = field(default_factory=list)


def corpus_path() -> Path:
    """Return where the corpus is, or would be."""
    return Path(os.environ.get("CORPUS", str(DEFAULT)))


def cases(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the cases of a corpus file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def score(path: Path, campaign: Campaign) -> Result:
    """Read every case of a corpus and count."""
    reader, result = Reader(campaign), Result()
    for case in cases(path):
        told: Any = to_contract_json(reader.read(case["text"]), campaign)
        want = Counter(_key(each, campaign) for each in case["expect"])
        got = Counter(_key(each, campaign) for each in told["found"])
        for some in (
            result.total,
            result.kinds.setdefault(case["kind"], Score()),
            result.registers.setdefault(case["register"], Score()),
        ):
            some.add(want, got)
        _approx(result.total, case["expect"], told["found"], campaign)
        if case["kind"] in ("question", "plan", "chitchat", "command"):
            result.negatives_false += got.total()
        if case["kind"] == "ambiguous":
            result.ambiguous += 1
            result.asked += "ask" in told
        if want != got:
            result.wrong.append(_shown(case, want, got))
    return result


def _key(value: dict[str, Any], campaign: Campaign) -> Key:
    level = campaign.indicators[value["indicator"]].kind is IndicatorKind.LEVEL
    part = value.get("place") or value.get("platform") or ""
    return value["indicator"], round(float(value["value"]), 6), part, bool(value.get("cumulative")) and not level


def _approx(total: Score, want: list[dict[str, Any]], got: list[dict[str, Any]], campaign: Campaign) -> None:
    marks: dict[Key, list[bool]] = {}
    for value in want:
        marks.setdefault(_key(value, campaign), []).append(bool(value.get("approx")))
    for value in got:
        expected = marks.get(_key(value, campaign))
        if expected:
            total.approx_seen += 1
            total.approx_right += expected.pop(0) == bool(value.get("approx"))


def _shown(case: dict[str, Any], want: Counter[Key], got: Counter[Key]) -> str:
    text = case["text"].replace("\n", " / ").replace("\t", " | ")
    lines = [f"{case['id']} [{case['kind']}/{case['register']}] {text}"]
    lines += [f"    {name}: {'; '.join(map(_word, left.elements()))}" for name, left in _left(want, got) if left]
    return "\n".join(lines)


def _left(want: Counter[Key], got: Counter[Key]) -> list[tuple[str, Counter[Key]]]:
    return [("missed", want - got), ("extra", got - want)]


def _word(key: Key) -> str:
    indicator, value, part, cumulative = key
    return f"{indicator}{'/' + part if part else ''}={value:g}{' cumulative' if cumulative else ''}"


def _row(name: str, some: Score) -> str:
    exact = f"{some.exact}/{some.cases}".rjust(9)
    return f"{name:12}{exact} {some.exact / max(1, some.cases):7.1%}   P {some.precision:.3f}   R {some.recall:.3f}"


def main() -> None:
    """Print the score."""
    path = corpus_path()
    if not path.exists():
        print(f"no corpus at {path}; say where with CORPUS=...")
        return
    result = score(path, loader.load(loader.HUNAN))
    print(_row("ALL", result.total))
    for title, some in (("by kind", result.kinds), ("by register", result.registers)):
        print(f"\n{title}")
        print("\n".join(_row(name, some[name]) for name in sorted(some)))
    print(f"\nfalse values in questions, plans, chat, commands: {result.negatives_false}")
    print(f"ambiguous cases that ask back: {result.asked}/{result.ambiguous}")
    print(f"right approx flags: {result.total.approx_right}/{result.total.approx_seen}")
    print(f"\nwrong cases: {len(result.wrong)}")
    print("\n".join(result.wrong))


if __name__ == "__main__":
    main()
