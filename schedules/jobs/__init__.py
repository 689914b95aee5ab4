"""What a firing writes, one function for each kind of rule.

Each is run(session, campaign, firings, now) -> drafts. It only reads, before the transaction that claims the firings
and writes the drafts, so that nobody waits for the database meanwhile; none of them asks the system for the time.
`firings` holds one firing, for reminders all of one tick. A ranking has rows of its own beside notices: ranking.look()
comes before that transaction, and ranking.run() within it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.campaign.definition import Campaign, RuleKind
from models.messages import Draft
from schedules.jobs import brief, missed, missing_list, notice, paper, ranking, remind
from schedules.rules import Firing

__all__ = ["JOBS", "missed", "ranking"]

Job = Callable[[Session, Campaign, Sequence[Firing], datetime], list[Draft]]

JOBS: Mapping[RuleKind, Job] = {
    RuleKind.REMIND: remind.run,
    RuleKind.MISSING_LIST: missing_list.run,
    RuleKind.BRIEF: brief.run,
    RuleKind.NOTICE: notice.run,
    RuleKind.PAPER: paper.run,
}
