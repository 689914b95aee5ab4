"""Claims on notices: take what the next call carries, and write down its outcome under the claim's own number.

Each function is one short transaction. Of two processes that want the same notices one wins each; one that slept
through its lease writes nothing. Called by delivery only, which sends between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot import pacing
from bot.batch import NOTHING, Batch, Rest, new_ref
from bot.channels.base import Channel, Reaction, SendError
from bot.logs import get_logger, scrub
from bot.verdicts import Verdict, verdict
from models import channel_state
from models.channel_state import ChannelState, Limit
from models.clock import Clock
from models.messages import content_from_json
from models.outbox import Attempt, Lane, Notice, Status
from models.session import Database

SAID_LATELY = timedelta(minutes=30)  # the time for which the platform remembers a call: see _said_lately
LONGEST_PAUSE = timedelta(hours=2)  # no repeat is put off for so long (verdicts.py)
LONGEST_CLAIM = timedelta(minutes=10)  # beyond the lease: machines' clocks may differ by so much
REPEATED = "repeated, since a call was not answered"

log = get_logger(__name__)
Unwanted = Callable[[Session, Sequence[Notice]], Mapping[int, str]]  # notice id -> why it need not go any more


class Claims:
    """The outbox as delivery sees it."""

    def __init__(self, db: Database, clock: Clock, wall: Clock, unwanted: Unwanted, lease: timedelta) -> None:
        self._db = db
        self._clock = clock
        self._wall = wall
        self._unwanted = unwanted
        self._lease = lease

    def rests(self, channels: Sequence[Channel], now: datetime) -> dict[str, Rest]:
        """Return the channels that must be left alone at a moment of transport time, or were till then, by name."""
        limits = {channel.name: channel.can.limit for channel in channels}
        with self._db.read() as session:
            states = channel_state.find(session, list(limits))
        found = {state.channel: (state, self._rest(state, limits[state.channel], now)) for state in states}
        return {
            name: Rest(now + timedelta(seconds=left), state.reason, state.waits, state.alert)
            for name, (state, left) in found.items()
            if left > 0 or state.waits
        }

    def due_channels(self) -> list[str]:
        """List the channels with something to send now, or with a claim or an end to take back."""
        with self._db.read() as session:
            due = or_(self._due(), self._lost(), self._ended_early())
            return list(session.scalars(select(Notice.channel).where(due).distinct().order_by(Notice.channel)))

    def under_way(self) -> bool:
        """Tell whether somebody is sending."""
        sending = exists().where(Notice.status == Status.SENDING, Notice.claimed_until > self._wall.now())
        with self._db.read() as session:
            return bool(session.scalar(select(sending)))

    def next_try(self, name: str) -> datetime | None:
        """Return the transport time of the next repeat that is known on a channel, or None."""
        later = (Notice.channel == name, Notice.status == Status.WAITING, Notice.not_before <= self._clock.now())
        with self._db.read() as session:
            return session.scalar(select(func.min(Notice.next_try_at)).where(*later))

    def _due(self) -> ColumnElement[bool]:
        return and_(
            Notice.status == Status.WAITING,
            Notice.not_before <= self._clock.now(),
            or_(Notice.next_try_at.is_(None), self._reached(Notice.next_try_at, LONGEST_PAUSE)),
        )

    def _lost(self) -> ColumnElement[bool]:
        return and_(Notice.status == Status.SENDING, self._reached(Notice.claimed_until, LONGEST_CLAIM + self._lease))

    def _ended_early(self) -> ColumnElement[bool]:
        """Tell whether a clock that ran ahead, and has been set back since, has ended a notice."""
        now = self._clock.now()
        return and_(Notice.status == Status.EXPIRED, Notice.settled_at > now, Notice.expires_at > now)

    def _reached(self, moment: InstrumentedAttribute[datetime | None], longest: timedelta) -> ColumnElement[bool]:
        """Tell whether a moment has come; one further ahead than any that we set is of a clock since set back."""
        now = self._wall.now()
        return or_(moment <= now, moment > now + longest)

    def claim(self, channel: Channel) -> Batch | datetime | None:
        """Claim the notices of the next call, and count the call where the channel has a limit.

        None: nothing is due. A moment: the channel rests until then. A batch of none: only silenced ones were found.
        """
        with self._db.begin() as session:
            now = self._wall.now()
            state = channel_state.lock(session, channel.name)
            rest = self._rest(state, channel.can.limit, now)
            if rest > 0:
                return now + timedelta(seconds=rest)
            self._expire(session, channel.name)
            due = select(Notice).where(Notice.channel == channel.name, self._due())
            head = session.scalar(due.order_by(Notice.lane, Notice.id).limit(1))
            if head is None:
                return None
            if head.call_ref:  # unanswered: the same call again, whatever happened since
                same = (Notice.channel == channel.name, Notice.call_ref == head.call_ref)
                wanted = session.scalars(
                    select(Notice).where(*same, Notice.status == Status.WAITING).order_by(Notice.id)
                ).all()
            else:
                wanted = self._alike(session, channel, head)
            wanted = pacing.fitting(session, channel.can, state, wanted, now)
            if not wanted:
                return NOTHING
            batch = self._won(session, channel, wanted[0], wanted)
            pacing.count(session, channel.can, state, list(batch.refs.values()), now)
            return batch

    def _rest(self, state: ChannelState, limit: Limit | None, now: datetime) -> float:
        return max(state.rest(now, LONGEST_PAUSE.total_seconds()), state.ready_in(limit, now))

    def _alike(self, session: Session, channel: Channel, head: Notice) -> Sequence[Notice]:
        """Return the due notices that can share the head's call, without those that nobody needs any more."""
        alike = (
            select(Notice)
            .where(
                self._due(),
                Notice.channel == channel.name,
                Notice.call_ref == "",
                Notice.content_hash == head.content_hash,
                Notice.lane == head.lane,
                Notice.parts_sent == head.parts_sent,
                Notice.tries == head.tries,
            )
            .order_by(Notice.id)
            .limit(channel.can.users_per_call)
        )
        found = session.scalars(alike).all()
        reasons, now = self._unwanted(session, found), self._clock.now()
        wanted: dict[str, Notice] = {}
        for notice in found:
            reason = reasons.get(notice.id)
            if reason is not None:
                notice.status, notice.reason, notice.settled_at = Status.CANCELLED, reason, now
                log.info("notice-silenced", notice=notice.id, channel=channel.name)
            elif notice.not_before <= now:  # the look may put one off to the morning
                wanted.setdefault(notice.user_ref.casefold(), notice)  # a second one to the same user goes next
        # The look may have rewritten texts, so that they are not alike any more: those of the first go together.
        same = next((notice.content_hash for notice in wanted.values()), "")
        return [notice for notice in wanted.values() if notice.content_hash == same]

    def _won(self, session: Session, channel: Channel, head: Notice, wanted: Sequence[Notice]) -> Batch:
        """Take the notices; of two drainers one wins each. The number of the claim grows."""
        session.flush()
        until = self._wall.now() + self._lease
        call_ref = head.call_ref or new_ref()
        rows = session.execute(
            update(Notice)
            .where(Notice.id.in_([notice.id for notice in wanted]), Notice.status == Status.WAITING)
            .values(
                status=Status.SENDING,
                claim=Notice.claim + 1,
                tries=Notice.tries + 1,
                claimed_until=until,
                call_ref=call_ref,
            )
            .returning(Notice.id, Notice.claim, Notice.user_ref)
            .execution_options(synchronize_session=False)
        ).all()
        claims = {row.id: row.claim for row in sorted(rows, key=lambda row: row.id)}
        refs = {row.id: row.user_ref for row in rows}
        return Batch(
            claims=claims,
            refs={notice_id: refs[notice_id] for notice_id in claims},
            content=content_from_json(head.content),
            call_ref=call_ref,
            until=until,
            tries=head.tries + 1,
            parts_sent=head.parts_sent,
            repeated=bool(head.call_ref),
            weeds_out=channel.can.repeats_safely and not self._said_lately(session, head, claims, refs),
            bulk=head.lane == Lane.BULK.value,
            trace_id=head.trace_id,
        )

    def _said_lately(self, session: Session, head: Notice, ids: Mapping[int, int], refs: Mapping[int, str]) -> bool:
        """Tell whether another notice said the same to one of these users while the platform still remembers it.

        With the duplicate check on, the platform would swallow this one and answer 0: somebody who asks for the same
        table twice would get it once.
        """
        others = (
            select(Attempt.id)
            .join(Notice, Notice.id == Attempt.notice_id)
            .where(
                Notice.content_hash == head.content_hash,
                Notice.channel == head.channel,
                Notice.id.not_in(ids),
                func.lower(Notice.user_ref).in_({ref.lower() for ref in refs.values()}),
                Attempt.at > self._wall.now() - SAID_LATELY,
                Attempt.outcome.in_(("sent", "uncertain")),
            )
        )
        return bool(session.scalar(select(others.exists())))

    def _expire(self, session: Session, name: str) -> None:
        """End what has lost its sense: expired, or uncertain when an unanswered call may have brought it.

        What a clock that ran ahead has ended waits again when the clock has been set back.
        """
        now = self._clock.now()
        session.execute(
            update(Notice)
            .where(Notice.channel == name, self._ended_early())
            .values(status=Status.WAITING, reason="", settled_at=None)
            .execution_options(synchronize_session=False)
        )
        passed = (Notice.channel == name, Notice.status == Status.WAITING, Notice.expires_at <= now)
        for unanswered, status, reason in (
            (Notice.call_ref == "", Status.EXPIRED, "its moment passed"),
            (Notice.call_ref != "", Status.UNCERTAIN, "no answer came, and its moment passed"),
        ):
            session.execute(
                update(Notice)
                .where(*passed, unanswered)
                .values(status=status, reason=reason, settled_at=now)
                .execution_options(synchronize_session=False)
            )

    def take_back(self, channel: Channel) -> None:
        """Deal with calls whose process died: repeat them where that is safe, else leave them to a person."""
        lost = and_(self._lost(), Notice.channel == channel.name)
        with self._db.read() as session:
            if not session.scalar(select(exists().where(lost))):
                return
        error = SendError(Reaction.UNCERTAIN, "the process ended while it was being sent")
        with self._db.begin() as session:
            # Locked, or what its process or another one writes at this moment would be overwritten: sent twice.
            for notice in session.scalars(select(Notice).where(lost).with_for_update(skip_locked=True)).all():
                judged = verdict(error, notice.tries, repeated=True, repeats_safely=channel.can.repeats_safely)
                notice.status, notice.reason = judged.status, judged.reason
                if judged.status is not Status.WAITING:
                    notice.settled_at = self._clock.now()
                session.add(self._attempt(notice.id, notice.call_ref, "uncertain", None, judged.reason))
                log.warning("claim-lost", notice=notice.id, channel=channel.name, status=judged.status.value)

    def note_part(self, channel: Channel, batch: Batch) -> Batch:
        """Write down how many parts have gone, so that nobody sends them again, and count the next call.

        Returns what of the batch goes on: what does not fit into a limit waits with the rest of its parts.
        """
        now = self._wall.now()
        with self._db.begin() as session:
            state = channel_state.lock(session, channel.name)
            left, refs = state.ready_in(channel.can.limit, now), batch.refs
            full = pacing.busy_users(session, channel.can, state, list(refs.values()), now, bulk=batch.bulk)
            waits = {i: full[ref.casefold()] for i, ref in refs.items() if ref.casefold() in full}
            if left > 0:
                waits = dict.fromkeys(batch.claims, now + timedelta(seconds=left))
            going = batch.without(waits)
            for notice_id, claim in batch.claims.items():
                values: dict[str, object] = {"parts_sent": batch.parts_sent}
                if notice_id in waits:
                    later = {"next_try_at": waits[notice_id], "tries": batch.tries - 1, "call_ref": ""}
                    values |= {"status": Status.WAITING, **later}
                self._settle(session, [notice_id], claim, settled=False, **values)
            if going.claims:
                pacing.count(session, channel.can, state, list(going.refs.values()), now)
        return going

    def note_sent(self, channel: Channel, batch: Batch) -> None:
        """Write down an accepted call: sent, but failed for those whom it did not reach."""
        with self._db.begin() as session:
            channel_state.is_well(session, channel.name)
            alike: dict[tuple[str, int], list[int]] = {}  # a thousand in one call: few ended differently
            for notice_id, claim in batch.claims.items():
                alike.setdefault((batch.missed.get(notice_id, ""), claim), []).append(notice_id)
            noted: list[tuple[int, str, str]] = []
            for (missed, claim), ids in alike.items():
                reason = missed or (REPEATED if batch.repeated else "")
                status, outcome = (Status.FAILED, "failed") if missed else (Status.SENT, "sent")
                won = self._settle(session, ids, claim, status=status, reason=reason, call_ref="", settled=True)
                noted += [(notice_id, outcome, reason) for notice_id in won]
            session.add_all(
                self._attempt(notice_id, batch.call_ref, outcome, 0, reason, batch.platform_ref)
                for notice_id, outcome, reason in sorted(noted)
            )

    def note_failed(self, channel: Channel, batch: Batch, error: SendError, judged: Verdict) -> None:
        """Write down a failed call as it was judged, and let the channel rest when it must."""
        again = judged.status is Status.WAITING
        values = {
            "status": judged.status,
            "reason": judged.reason,
            "next_try_at": self._wall.now() + timedelta(seconds=judged.delay) if again else None,
            "tries": batch.tries if judged.uses_try else batch.tries - 1,
            "parts_sent": batch.parts_sent,
            "call_ref": batch.call_ref if batch.repeated or judged.outcome == "uncertain" else "",
        }
        with self._db.begin() as session:
            if judged.pause:
                state = channel_state.lock(session, channel.name)
                state.rests_until = self._wall.now() + timedelta(seconds=judged.pause)
                state.reason, state.waits, state.alert = scrub(judged.reason), state.waits + 1, judged.alert
            for notice_id, claim in batch.claims.items():
                if self._settle(session, [notice_id], claim, settled=not again, **values):
                    session.add(self._attempt(notice_id, batch.call_ref, judged.outcome, error.code, error.detail))

    def _settle(
        self, session: Session, ids: Sequence[int], claim: int, *, settled: bool = False, **values: object
    ) -> list[int]:
        """Change notices under our own claim. Returns those that it still held; of the others nothing is written."""
        if settled:
            values["settled_at"] = self._clock.now()
        rows = session.execute(
            update(Notice)
            .where(Notice.id.in_(ids), Notice.claim == claim, Notice.status == Status.SENDING)
            .values(**values)
            .returning(Notice.id)
            .execution_options(synchronize_session=False)
        )
        won = sorted(rows.scalars())
        for notice_id in set(ids).difference(won):
            log.warning("claim-lost", notice=notice_id, claim=claim)
        return won

    def _attempt(
        self, notice_id: int, call_ref: str, outcome: str, code: int | None, detail: str, ref: str = ""
    ) -> Attempt:
        return Attempt(
            notice_id=notice_id,
            call_ref=call_ref,
            at=self._wall.now(),
            outcome=outcome,
            code=code,
            detail=scrub(detail),
            platform_ref=ref,
        )
