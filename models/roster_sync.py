"""Bring the roster and people that the config names into the database at a start, once for each content.

As long as the files stay as they are, nothing is brought in again: what `import-roster` or a person in chat has changed
since is not turned back by a restart. Adds and updates; see models/roster_import.py for what stays.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from models import settings
from models.campaign.roster import Roster
from models.roster_import import apply, plan

KEY = "roster"  # setting: digest of what was brought in last


def sync(session: Session, roster: Roster, channel: str, now: datetime) -> bool:
    """Bring both files in, in the running transaction. Returns whether they were new.

    channel: on which the userids are known. now: campaign time.
    """
    digest = _digest(roster)
    if settings.get(session, KEY) == digest:
        return False
    apply(session, plan(session, roster, channel, now.date()), channel, now)
    settings.put(session, KEY, digest)
    session.flush()
    return True


def _digest(roster: Roster) -> str:
    """Return a digest of what the files say; a line that moved down by an empty one says the same."""
    said = [*(replace(org, line=0) for org in roster.orgs), *(replace(person, line=0) for person in roster.people)]
    return hashlib.sha256("\n".join(map(repr, said)).encode()).hexdigest()
