"""What a handler is: a plain function of (context, match) declared once with its name, role, examples and help line.

A handler runs in a session that it is given; what it wrote is gone when it raises. It never commits, sends, sleeps, or
asks the system for the time. Bad input is raised as UserError; the router turns it into words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from sqlalchemy.orm import Session

from handlers.names import find_org as find_org  # whoever works with a context looks for orgs
from handlers.reading.reader import Reader
from models.answered import settle
from models.audit import note
from models.campaign.definition import Campaign
from models.errors import UserError
from models.messages import Inbound, Reply
from models.people import Org, Role, Sender, descendants

EVERYBODY = (Role.LIAISON, Role.ADMIN, Role.VIEWER)
REPORTERS = (Role.LIAISON, Role.ADMIN)


@dataclass(frozen=True)
class Context:
    """What a handler works with."""

    session: Session
    campaign: Campaign
    reader: Reader
    inbound: Inbound
    inbox_id: int
    trace_id: str
    now: datetime  # campaign time, aware
    wall: datetime  # transport time, aware: for codes and open questions
    sender: Sender | None  # None: nobody we know
    new_code: Callable[[], str]  # a fresh one-time code of 4 digits
    new_invitation: Callable[[], str]  # a fresh invitation code
    chosen: Mapping[str, int] = field(default_factory=dict)  # what a name was said to mean, see handlers/names.py
    public_url: str = ""  # how people reach our pages, without a slash at the end; empty: they cannot

    @property
    def known(self) -> Sender:
        """The sender of a route that strangers never reach."""
        if self.sender is None:
            raise UserError("not-allowed", roles=EVERYBODY)
        return self.sender

    @property
    def today(self) -> date:
        """The campaign's date."""
        return self.campaign.local_day(self.now)

    @property
    def closed(self) -> bool:
        """Tell whether the campaign takes no figures any more, but from the admins of the office."""
        return self.today > self.campaign.closes_on

    @property
    def report_day(self) -> date:
        """The day of a figure that names none: today, or the last one that counts when it is added after closing."""
        return min(self.today, self.campaign.closes_on)

    @property
    def runs_office(self) -> bool:
        """Tell whether the sender is an admin of the office that runs the campaign."""
        return any(org.name == self.campaign.office for org in self.known.orgs(Role.ADMIN))

    def scope(self, *roles: Role) -> set[int]:
        """Return the ids of the orgs on which the sender may act in one of these roles: own ones and those below."""
        return descendants(self.session, [org.id for org in self.known.orgs(*roles)])

    def audit(
        self,
        action: str,
        subject: str,
        org_id: int | None = None,
        *,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> None:
        """Note a change by the sender in the audit, in this transaction."""
        person_id = self.sender.person.id if self.sender else None
        note(
            self.session,
            action,
            subject,
            self.now,
            person_id=person_id,
            org_id=org_id,
            inbox_id=self.inbox_id,
            before=before,
            after=after,
        )

    def settle_reminders(self, *org_ids: int) -> None:
        """Withdraw from the outbox what orgs have answered just now; what they owe again waits again."""
        settle(self.session, self.campaign, org_ids, self.now)

    def own_orgs(self) -> list[Org]:
        """List the orgs that the sender reports for: as liaison, else as admin."""
        return self.known.orgs(Role.LIAISON) or self.known.orgs(Role.ADMIN)

    def default_org(self) -> Org | None:
        """Return the org that the sender chose among several, as long as it is one of them; the only one; or None."""
        orgs = self.own_orgs()
        if len(orgs) == 1:
            return orgs[0]
        return next((org for org in orgs if org.id == self.known.person.default_org_id), None)


@dataclass(frozen=True, slots=True)
class Match:
    """What a route's pattern caught."""

    text: str  # the whole text, tidied
    rest: str = ""  # what followed the command word


class Run(Protocol):
    """The function behind a route."""

    def __call__(self, ctx: Context, match: Match) -> Reply:
        """Answer one inbound."""


@dataclass(frozen=True)
class Route:
    """One thing the bot understands."""

    name: str
    run: Run
    words: tuple[str, ...] = ()  # command words; empty: the route looks at every text
    takes_rest: bool = False  # the command may be followed by more
    roles: tuple[Role, ...] = EVERYBODY
    examples: tuple[str, ...] = ()
    help: str = ""  # one line of 帮助; empty: not listed
    unlisted: str = ""  # why there is no such line
    refusal: str = "not-allowed"  # the UserError for who has none of the roles
    accepts: Callable[[Context, Match], bool] = field(default=lambda ctx, match: True)

    def match(self, text: str) -> Match | None:
        """Return what the route's words catch of a tidied text, or None."""
        if not self.words:
            return Match(text)
        for word in self.words:
            if text == word:
                return Match(text)
            if self.takes_rest and text.startswith(word) and _breaks(text[len(word)]):
                return Match(text, text[len(word) :].lstrip(" :,，：#").strip() or "")
        return None


def _breaks(following: str) -> bool:
    """Tell whether a command word may end before this character: 排名 关注率, 撤销#12, but not 更正式."""
    return following.isspace() or following in ":：,，#＃" or (following.isascii() and following.isdigit())


def route(
    name: str,
    *,
    words: tuple[str, ...] = (),
    takes_rest: bool = False,
    roles: tuple[Role, ...] = EVERYBODY,
    examples: tuple[str, ...] = (),
    help: str = "",
    unlisted: str = "",
    refusal: str = "not-allowed",
    accepts: Callable[[Context, Match], bool] | None = None,
) -> Callable[[Run], Route]:
    """Declare a handler: everything about it in one place."""

    def declare(run: Run) -> Route:
        always = accepts or (lambda ctx, match: True)
        return Route(name, run, words, takes_rest, roles, examples, help, unlisted, refusal, always)

    return declare


# emoji; [抱拳] as the platform writes it
_FACE = r"[\u2600-\u27bf\u2b50\ufe0f\U0001f000-\U0001faff]|\[[\u4e00-\u9fff]{1,4}\]"
_EDGES = re.compile(
    rf"^(?:[\s\u200b-\u200f\ufeff]|{_FACE})+(?=.)|(?<=.)(?:[\s\u200b-\u200f\ufeff。！!~～]|{_FACE})+$", re.DOTALL
)
_BLANK = re.compile(r"^[\s\u200b-\u200f\ufeff]+|[\s\u200b-\u200f\ufeff。！!~～]+$")


def tidy(text: str) -> str:
    """Fold a text for matching commands: full width, blanks, faces and closing marks at the edges, quotes around it."""
    folded = _BLANK.sub("", unicodedata.normalize("NFKC", text))
    folded = _EDGES.sub("", folded)
    if len(folded) > 2 and folded[0] in "“\"「'" and folded[-1] in "”\"」'":
        folded = folded[1:-1].strip()
    return folded


def find_named(names: Mapping[str, Sequence[str]], wanted: str) -> str | None:
    """Return the key of what a name means: one of its names, or a part that only one of them has. None otherwise."""
    for key, known in names.items():
        if wanted in known:
            return key
    close = [key for key, known in names.items() if wanted and any(wanted in name for name in known)]
    return close[0] if len(close) == 1 else None
