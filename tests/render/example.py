"""Draws the ranking that the README shows: `python -m tests.render.example docs/ranking.png`.

The campaign file and the populations are those of the Hunan example; what the cities report is made up.
"""

from __future__ import annotations

import csv
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import resvg_py

from bot.render.png import font_file, pages
from bot.render.svg import FAMILY
from models.campaign.loader import HUNAN, load
from models.ledger import Fact
from models.messages import Corrected, RankTable
from models.rankings import RankedOrg, compute

WIDTH = 640  # pixels: small enough for a page of text, large enough to read
FANS = (
    652,
    331,
    240,
    355,
    388,
    412,
    401,
    96,
    246,
    213,
    318,
    187,
    0,
    118,
)  # thousands of followers, by city
GROWN = (41, 52, 3, 24, 0, 28, 61, 11, 9, 14, 22, 8, 0, 9)


def ranking() -> RankTable:
    """Work out the second issue of the notice's follow rate, measured against a first one a week before."""
    campaign = load(HUNAN)
    with HUNAN.with_name("roster.csv").open(encoding="utf-8-sig") as file:
        cities = [row for row in csv.DictReader(file) if row["kind"] == "city"]
    orgs = [RankedOrg(n, row["org"], int(row["population"]), None) for n, row in enumerate(cities)]
    parts = list(campaign.dimensions["platform"].values)
    tables: list[RankTable] = []
    for day, figures in ((14, [fans - grown for fans, grown in zip(FANS, GROWN, strict=True)]), (21, FANS)):
        moment = datetime(2021, 5, day, 10, 12, tzinfo=campaign.tz)
        known = [
            Fact(org.id, "fans", part, Decimal(figures[org.id] * 200), date(2021, 5, day - 1), moment, org.id * 10 + at)
            for org in orgs
            for at, part in enumerate(parts[: 3 if org.id == 10 else 5])
            if figures[org.id]
        ]
        table = compute(campaign, "follow-rate", orgs, known, moment, tables[-1] if tables else None)
        tables.append(RankTable(**{**{f: getattr(table, f) for f in table.__slots__}, "number": len(tables) + 1}))
    was = next(row.value for row in tables[0].rows if row.org == orgs[2].name)
    corrected = Corrected(orgs[2].name, was, (was or Decimal(0)) - Decimal("12.5"))
    fields = {f: getattr(tables[-1], f) for f in tables[-1].__slots__}
    return RankTable(**{**fields, "corrections": (corrected,)})


def main(path: Path) -> None:
    """Draw it."""
    campaign = load(HUNAN)
    (page,) = pages(ranking(), campaign.tz)
    font = [str(font_file())]
    drawn = resvg_py.svg_to_bytes(
        svg_string=page, skip_system_fonts=True, font_files=font, font_family=FAMILY, width=WIDTH
    )
    path.write_bytes(drawn)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
