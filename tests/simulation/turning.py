"""Sets the bot's clock wrong for a while in a simulated month, and judges what came of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from models.occurrences import Fate
from tests.simulation.hosts import Inside
from tests.simulation.month import Month
from tests.simulation.outcome import Outcome
from tests.simulation.script import MONTH

WHILE = timedelta(minutes=30)  # how long it is wrong

Wrong = tuple[datetime, timedelta, bool]  # from when, by how much, whether the bot is restarted meanwhile


def live(month: Month, wrongs: Iterable[Wrong], until: datetime) -> Outcome:
    """Play the month to a moment; each time the bot works by the wrong clock, and the clock is put right again."""
    for moment, by, restarted in wrongs:
        month.run(moment)
        month.turned(by)
        if restarted:
            month.restarted(Inside())
            month.settle()
        month.step(month.clock.campaign.now() + WHILE)
        month.turned(-by)
    return month.run(until)


def some(seed: int, start: datetime, days: int, count: int) -> list[Wrong]:
    """Choose when the clock is wrong, by an hour to ten days forward or back: once a day at most, in silence."""
    chance = random.Random(seed)
    found = []
    for day in sorted(chance.sample(range(1, days), count)):
        moment = start + timedelta(days=day, minutes=chance.randrange(24 * 60))
        while any(moment - WHILE <= said.at <= moment + 2 * WHILE for said in MONTH):
            moment += WHILE
        hours = chance.choice([1, 2, 5, 9, 12, 24, 48, 72, 240]) * chance.choice([1, -1])
        found.append((moment, timedelta(hours=hours, minutes=chance.randrange(60)), chance.random() < 0.5))
    return found


def problems(reference: Outcome, outcome: Outcome, until: datetime) -> list[str]:
    """Say what was lost or doubled up to a moment, compared with a month whose clock was right; [] is none.

    What was told too early may have gone to more people: some had not reported yet. A reminder of a decision that was
    taken back by the wrong clock is no loss.
    """
    wanted, fired = _fired(reference, until), _fired(outcome, until)
    told, expected = _told(outcome, until), _told(reference, until)
    found = [f"not fired: {key}" for key in wanted - fired] + [f"fired besides: {key}" for key in fired - wanted]
    found += [f"missing: {key}" for key in expected.keys() - told.keys()]
    found += [f"doubled: {key}" for key, count in told.items() if count > max(1, expected[key])]
    if outcome.ledger != reference.ledger:
        found.append("the ledger differs")
    return found


def _fired(outcome: Outcome, until: datetime) -> Counter[tuple[str, str]]:
    """Count what has fired: rule, scheduled_at."""
    rows = [(rule, at) for rule, _, at, fate, _ in outcome.fates.elements() if fate == Fate.FIRED.value]
    return Counter(row for row in rows if datetime.fromisoformat(row[1]) <= until)


def _told(outcome: Outcome, until: datetime) -> Counter[tuple[str, str, str, str]]:
    """Count what each has got: channel, user, rule, scheduled_at."""
    rows = [told[:4] for told in outcome.told.elements() if told[3]]
    return Counter(row for row in rows if datetime.fromisoformat(row[3]) <= until)
