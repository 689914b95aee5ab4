"""The campaign-file checks that the reader adds."""

from __future__ import annotations

from decimal import Decimal

from models.campaign import loader
from models.campaign.checks_reading import problems, shadows
from models.campaign.definition import Campaign, Indicator

HUNAN = loader.load(loader.HUNAN)


def _with(**changes: Indicator) -> Campaign:
    return HUNAN.model_copy(update={"indicators": {**HUNAN.indicators, **changes}})


def test_the_sample_campaign_has_no_problem() -> None:
    """The Hunan file names every indicator and misleads nowhere."""
    assert problems(HUNAN) == []


def test_a_measure_of_two_sizes_is_told() -> None:
    """A box of 100 handbooks and a box of 50 of another kind of handbook cannot both be 箱."""
    handbook = HUNAN.indicators["handbook"]
    first = handbook.model_copy(update={"measures": {**handbook.measures, "箱": Decimal(100)}})
    second = Indicator(
        name="手册乙", measure="册", measures={"册": Decimal(1), "箱": Decimal(50)}, synonyms=("手册乙",)
    )
    assert [key for key, _, _ in problems(_with(handbook=first, second=second))] == ["indicators.second.measures"]


def test_wrong_references_are_told() -> None:
    """follows, gives_way_to and rivals must name what there is."""
    changed = HUNAN.indicators["reach"].model_copy(
        update={"follows": ("nil",), "gives_way_to": "nil", "rivals": ("箩",)}
    )
    keys = [key for key, _, _ in problems(_with(reach=changed))]
    assert keys == ["indicators.reach.follows", "indicators.reach.gives_way_to", "indicators.reach.rivals"]


def test_shadowing_words_are_listed() -> None:
    """A word inside another indicator's longer word is listed for a look."""
    assert any("视频" in what for _, what, _ in shadows(HUNAN))
