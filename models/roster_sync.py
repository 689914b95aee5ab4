"""Bring the roster and people that the config names into the database at a start, once for each content.

As long as the files stay as they are, nothing is brought in again: what `import-roster` or a person in chat has changed
since is not turned back by a restart. `import-roster` settles the config's files as well: what it brought in stands
until they are changed. Adds and updates; see models/roster_import.py for what stays.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from models import settings
from models.campaign.roster import Roster, RosterOrg, RosterPerson
from models.roster_import import Plan, apply, plan

KEY = "roster"  # setting: digest of the config's files as they were last brought in or settled


def sync(session: Session, roster: Roster, channel: str, now: datetime) -> Plan | None:
    """Bring both files in, in the running transaction. Returns what that changed, None when they are the same still.

    channel: on which the userids are known. now: campaign time.
    """
    digest = _digest(roster)
    if settings.get(session, KEY) == digest:
        return None
    planned = plan(session, roster, channel, now.date())
    apply(session, planned, channel, now)
    settings.put(session, KEY, digest)
    session.flush()
    return planned


def settle(session: Session, roster: Roster) -> None:
    """Take the config's files for brought in, as they are now: the next start leaves them alone."""
    settings.put(session, KEY, _digest(roster))


def same(one: Roster, other: Roster) -> bool:
    """Tell whether two pairs of files say the same."""
    return _said(one) == _said(other)


def _digest(roster: Roster) -> str:
    """Return a digest of what the files say; a line that moved down by an empty one says the same."""
    return hashlib.sha256("\n".join(map(repr, _said(roster))).encode()).hexdigest()


def _said(roster: Roster) -> list[RosterOrg | RosterPerson]:
    return [*(replace(org, line=0) for org in roster.orgs), *(replace(person, line=0) for person in roster.people)]
