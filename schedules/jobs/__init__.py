"""What a firing writes, one function for each kind of rule.

Each is run(session, campaign, claimed, now) -> drafts, inside the transaction that has claimed the firings. None of
them commits, sends, or asks the system for the time. `claimed` holds one firing, for reminders all of one tick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.campaign.definition import Campaign, RuleKind
from models.messages import Draft
from schedules.claims import Claimed
from schedules.jobs import brief, missed, missing_list, notice, paper, ranking, remind

__all__ = ["JOBS", "missed"]

Job = Callable[[Session, Campaign, Sequence[Claimed], datetime], list[Draft]]

JOBS: Mapping[RuleKind, Job] = {
    RuleKind.REMIND: remind.run,
    RuleKind.MISSING_LIST: missing_list.run,
    RuleKind.RANKING: ranking.run,
    RuleKind.BRIEF: brief.run,
    RuleKind.NOTICE: notice.run,
    RuleKind.PAPER: paper.run,
}
