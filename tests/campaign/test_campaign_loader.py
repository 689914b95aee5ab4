"""Broken campaign files: each slip of the pen gives one line that says where, what, and what to write instead."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from pathlib import Path

import pytest

from models.campaign import loader
from models.errors import ConfigError

SMALL = (Path(__file__).parent / "small.toml").read_text(encoding="utf-8")


def table() -> list[tuple[str, str, str]]:
    """Read broken.tsv: (what is replaced, by what, the whole answer)."""
    lines = (Path(__file__).parent / "broken.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.replace("\\n", "\n").split("\t") for line in lines if line and not line.startswith("#")]
    return [(old, new, expected) for old, new, expected in rows]


BROKEN = table()


def broken(old: str, new: str) -> str:
    """Return the small campaign with its only or first `old` replaced."""
    assert old in SMALL
    return SMALL.replace(old, new, 1)


def errors(text: str) -> str:
    """Return what the loader says about a text, without file names and places of keys; "" when it is content."""
    try:
        loader.parse(text, "f")
    except ConfigError as error:
        lines = [line.removeprefix("f: ") for line in str(error).splitlines()]
        return "\n".join(re.sub(r"(?<=\S) \(line \d+\)(?=: )", "", line) for line in lines)  # see test_lines.py
    return ""


def test_the_small_campaign_is_good() -> None:
    """The file that the tests break has no problem itself."""
    assert errors(SMALL) == ""


@pytest.mark.parametrize(("old", "new", "expected"), BROKEN, ids=range(1, len(BROKEN) + 1))
def test_a_slip_of_the_pen(old: str, new: str, expected: str) -> None:
    """Each row of broken.tsv: the key is named, the mistake said in plain words, and what to write instead."""
    assert errors(broken(old, new)) == expected


def test_last_day_before_first_day() -> None:
    """Days in the wrong order are one problem, whatever else they upset."""
    found = errors(broken("last_day = 2021-05-31", "last_day = 2021-05-01"))
    assert "last_day: is before first_day (2021-05-11); write the campaign's last day" in found.splitlines()


def test_all_problems_are_listed_at_once() -> None:
    """Three slips of different sorts, one in a shape and two in ties, give three lines in one go."""
    text = SMALL.replace('at = "09:12"', 'at = "9"').replace('indicator = "staff"', 'indicator = "staf"')
    text = text.replace("closes_on = 2021-06-04", "closes_on = 2021-05-30")
    assert [line.split(": ")[0] for line in errors(text).splitlines()] == [
        "rules.press-due.before.at",
        "closes_on",
        "duties.share.indicator",
    ]


def test_a_table_with_a_wrong_shape_still_counts_as_defined() -> None:
    """A broken indicator is one problem, not one more for each duty and ranking that names it."""
    assert errors(broken('measure = "册"', "")).splitlines() == [
        'indicators.handbook.measure: is missing; add measure = "册"'
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"key = ", "c.toml: line 1: is no TOML: invalid value; "),
        (b'key = "x"\nname = \xca\xd6', "c.toml: line 2: is not UTF-8; save the file as UTF-8"),
        (b'key = "x"\nkey = "y"', "c.toml: line 2: stands twice; "),
        (None, "c.toml: file: cannot be read (no such file or directory); write the path of a campaign file, not "),
    ],
)
def test_a_file_that_is_no_campaign(tmp_path: Path, data: bytes | None, expected: str) -> None:
    """No TOML, no UTF-8, no file: one line, no traceback."""
    path = tmp_path / "c.toml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        loader.load(path)
    assert str(caught.value).startswith(expected)
    assert len(caught.value.problems) == 1


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    """Windows Notepad puts one there; factors stay exact."""
    path = tmp_path / "c.toml"
    path.write_text(SMALL.replace('"本" = 1', '"本" = 0.1'), encoding="utf-8-sig")
    assert loader.load(path).indicators["handbook"].measures["本"] == Decimal("0.1")


def test_no_slip_of_the_pen_ends_in_a_traceback() -> None:
    """A thousand random edits of the Hunan file: it loads, or the problems are listed; nothing else happens."""
    text = loader.HUNAN.read_text(encoding="utf-8")
    lines = text.splitlines()
    spare = ["3", '"x"', "[]", "{ }", "2021-05-11", "true", "[[1]]", "0.5", '{ at = "09:12" }', "9999-12-31"]
    chance = random.Random(20210511)
    outcomes = set()
    for _ in range(1000 // 5):
        changed = list(lines)
        for number in chance.sample(range(len(lines)), 5):
            key, equals, _ = changed[number].partition("=")
            changed[number] = chance.choice(["", f"{key}{equals} {chance.choice(spare)}" if equals else ""])
        outcomes.add(errors("\n".join(changed)) == "")
    assert False in outcomes
