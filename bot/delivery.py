"""From the outbox to the channels: claim, send, write down what became of it.

A claim is a short transaction; the send happens outside of any; the outcome is written under the claim's own number,
so that a process that slept through its lease writes nothing over what others did since. Whoever wakes it is the
engine's business, and draining twice is harmless.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from bot.batch import Batch, Rest
from bot.channels.base import Channel, Outgoing, Reaction, SendError
from bot.claims import Claims, Unwanted
from bot.logs import get_logger, scrub, tracing
from bot.verdicts import verdict
from models.clock import Clock
from models.messages import Content
from models.session import Database

LEASE = timedelta(seconds=60)  # longer than one call with its token fetch; a killed process is noticed after it
ROUNDS = 5  # tries to write an outcome while the database is away
LONGEST_REF = 200  # characters of a platform's number for a message; cut it would be another one's
CODES = range(-(2**31), 2**31)  # what a database takes for one

log = get_logger(__name__)
Answer = TypeVar("Answer")
Parts = Callable[[Content], Sequence[Outgoing]]


class Delivery:
    """Drains channels. Any number of processes may hold one on the same database."""

    def __init__(
        self,
        db: Database,
        channels: Sequence[Channel],
        clock: Clock,
        wall: Clock,
        parts: Parts,
        unwanted: Unwanted = lambda session, notices: {},
        lease: timedelta = LEASE,
    ) -> None:
        self._claims = Claims(db, clock, wall, unwanted, lease)
        self._channels = {channel.name: channel for channel in channels}
        self._wall = wall
        self._parts = parts
        self._stopping = threading.Event()

    def drain(self, name: str) -> datetime | None:
        """Send what is due on a channel. Returns the transport time of the next try that is known, or None."""
        channel = self._channels.get(name)
        if channel is None:
            log.error("channel-unknown", channel=name)
            return None
        self._claims.take_back(channel)
        while not self._stopping.is_set():
            batch = self._claims.claim(channel)
            if isinstance(batch, datetime):
                return batch
            if batch is None:
                return self._claims.next_try(name)
            if batch.claims:
                with tracing(batch.trace_id):
                    self._deliver(channel, batch)
        return None

    def due_channels(self) -> list[str]:
        """List the channels on which something can be sent now."""
        names = [name for name in self._claims.due_channels() if name in self._channels]
        now = self._wall.now()
        rests = self._rests(now) if names else {}
        return [name for name in names if name not in rests or rests[name].until <= now]

    def idle(self) -> bool:
        """Tell whether nothing is under way and nothing could go now."""
        return not self.due_channels() and not self._claims.under_way()  # this order: claimed meanwhile is seen

    def problems(self) -> dict[str, str]:
        """Return why channels rest, by their names; whichever process it was that found out."""
        now = self._wall.now()
        rests = {name: rest for name, rest in self._rests(now).items() if rest.alert or rest.until > now}
        return {name: rest.reason for name, rest in rests.items() if rest.reason}

    def blocked(self) -> list[str]:
        """Name the channels that carry nothing until an operator has put something right, also while they are tried."""
        return [name for name, rest in self._rests(self._wall.now()).items() if rest.alert]

    def stop(self) -> None:
        """Begin nothing new."""
        self._stopping.set()

    def _deliver(self, channel: Channel, batch: Batch) -> None:
        """Make the calls of a batch, and write down after each how far it is."""
        try:
            parts = self._parts(batch.content)
        except Exception as error:
            log.exception("content-broken", channel=channel.name, notices=list(batch.claims))
            self._failed(channel, batch, SendError(Reaction.BUG, f"{type(error).__name__}: {error}"))
            return
        for number in range(batch.parts_sent, len(parts)):
            if self._wall.now() >= batch.until:
                log.warning("lease-lost", channel=channel.name, notices=list(batch.claims))
                return
            sent = self._call(channel, replace(batch, parts_sent=number), parts[number])
            if sent is None:
                return
            batch = sent
            if batch.parts_sent < len(parts):
                batch = self._write(batch, partial(self._claims.note_part, channel, batch))
                if not batch.claims:
                    return
        self._write(batch, partial(self._claims.note_sent, channel, batch))
        log.info(
            "call-accepted",
            channel=channel.name,
            notices=list(batch.claims),
            missed=len(batch.missed),
            call=batch.call_ref,
            tries=batch.tries,
        )

    def _call(self, channel: Channel, batch: Batch, content: Outgoing) -> Batch | None:
        """Make one call. Returns the batch as it stands after it, or None when it failed and that is written down."""
        try:
            result = channel.send(content, list(batch.refs.values()), duplicate_check=batch.weeds_out)
        except SendError as error:
            self._failed(channel, batch, _storable_error(error))
            return None
        except Exception as error:
            log.exception("channel-broken", channel=channel.name, notices=list(batch.claims))
            self._failed(channel, batch, SendError(Reaction.UNCERTAIN, type(error).__name__))
            return None
        missed = {i: result.missed[ref.casefold()] for i, ref in batch.refs.items() if ref.casefold() in result.missed}
        return replace(
            batch,
            parts_sent=batch.parts_sent + 1,
            missed={**missed, **batch.missed},
            platform_ref=_storable(result.platform_ref) if len(result.platform_ref) <= LONGEST_REF else "",
        )

    def _failed(self, channel: Channel, batch: Batch, error: SendError) -> None:
        """Judge a failed call. One bad recipient must not cost the others: it is cut in two until he stands alone."""
        ids = list(batch.claims)
        if error.reaction is Reaction.RECIPIENT and error.code != 81013 and len(ids) > 1:
            middle = len(ids) // 2
            self._deliver(channel, batch.only(ids[:middle]))
            self._deliver(channel, batch.only(ids[middle:]))
            return
        known = self._write(batch, lambda: self._rests(self._wall.now())).get(channel.name)
        judged = verdict(
            error,
            batch.tries,
            repeated=batch.repeated,
            repeats_safely=channel.can.repeats_safely,
            waits=known.waits if known else 0,
        )
        if judged.pause and not (known and known.waits):
            log.error("channel-paused", channel=channel.name, seconds=judged.pause, reason=judged.reason)
        self._write(batch, partial(self._claims.note_failed, channel, batch, error, judged))
        log.warning(
            "call-failed",
            channel=channel.name,
            notices=ids,
            call=batch.call_ref,
            tries=batch.tries,
            status=judged.status.value,
            reason=judged.reason,
        )

    def _write(self, batch: Batch, note: Callable[[], Answer]) -> Answer:
        """Read or write what an outcome takes; while the database is away, try again as long as the lease lasts.

        When that fails too the notice stays claimed, and take_back() deals with it as with a dead process.
        """
        for attempt in range(ROUNDS):
            try:
                return note()
            except DBAPIError as error:
                log.error("outcome-not-written", call=batch.call_ref, problem=scrub(str(error.orig)))
                if attempt + 1 == ROUNDS or self._wall.now() >= batch.until:
                    raise
                time.sleep(0.2 * 2**attempt)
        raise AssertionError("the last try returns or raises")

    def _rests(self, now: datetime) -> dict[str, Rest]:
        return self._claims.rests(list(self._channels.values()), now)


def _storable_error(error: SendError) -> SendError:
    """Return it with what a database takes: an outcome that cannot be written down leaves its notice claimed."""
    code = error.code if error.code is None or error.code in CODES else None
    return SendError(error.reaction, _storable(error.detail), code)


def _storable(text: str) -> str:
    """Return a platform's words without lone surrogates and NUL, which JSON may hold and PostgreSQL does not."""
    return text.encode(errors="replace").decode().replace("\0", "\ufffd")
