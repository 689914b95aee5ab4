"""The composition root: everything that lives in one process is made here, once, and passed down.

build() makes it, start() looks at the schema, brings the roster in and begins to work, stop() ends it. wsgi() is what
the server calls in its child process. Tests build with their own clocks and engine; nothing else differs.
"""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot import logs, orphans, outgoing, pacing, roster_files
from bot.channels.base import Channel
from bot.channels.group_robot import GroupRobot
from bot.channels.http import TIMEOUT
from bot.channels.tokens import SharedToken
from bot.channels.wecom_api import WecomApi
from bot.channels.wecom_app import NAME, WecomApp
from bot.channels.wecom_crypto import Envelope
from bot.config import Config, Loaded, load_all
from bot.delivery import Delivery
from bot.engine.cluster import ClusterEngine
from bot.engine.local import LocalEngine, WorkerLock
from bot.filestore import FileStore
from bot.incidents import Incidents
from bot.media import MediaDrain
from bot.opening import CONFIG_VARIABLE, WORK_VARIABLE, SchemaError, campaign_clock, check_schema, migrate, worker_lock
from bot.purging import Keeper
from bot.router import Router
from bot.storage import Storage
from bot.web import calendar, callbacks, clock, coping, health, site, upload
from models import beats, retention, roster_sync
from models.amendments import Effective
from models.campaign.definition import Campaign
from models.clock import Clock, SystemClock
from models.demo_clock import StoredClock
from models.engine import Engine
from models.errors import BotError
from models.files import MEDIA
from models.session import Database, connect
from schedules.last_look import look_again
from schedules.ticker import Ticker

__all__ = ["Bot", "SchemaError", "build", "check_schema", "migrate", "wsgi"]
BEAT_EVERY = timedelta(seconds=15)  # between two notes of a process that it is alive

log = logs.get_logger(__name__)


@dataclass
class Bot:
    """One process's objects."""

    loaded: Loaded
    db: Database
    clock: Clock  # campaign time
    wall: Clock  # transport time
    app_channel: WecomApp
    router: Router
    effective: Effective  # the campaign with what admins have changed while it runs
    ticker: Ticker
    delivery: Delivery
    media: MediaDrain
    store: FileStore
    keeper: Keeper
    incidents: Incidents
    storage: Storage
    engine: Engine
    channels: list[str]
    lock: WorkerLock | None
    worker: str = field(default_factory=lambda: f"{socket.gethostname()[:40]}:{os.getpid()}")
    flask: Flask = field(init=False)
    _beat_noted: datetime | None = None  # transport time
    _ticked_at: datetime | None = None  # transport time of the last tick of this process
    _signs: tuple[dict[str, str], list[str]] = field(default_factory=lambda: ({}, []))
    _working: bool = False

    @property
    def config(self) -> Config:
        """Return the config."""
        return self.loaded.config

    @property
    def campaign(self) -> Campaign:
        """Return the campaign of the file."""
        return self.loaded.campaign

    def prepare(self) -> None:
        """Check the schema and bring the roster in if its files have changed. Raises SchemaError."""
        check_schema(self.db, self.loaded.path)
        now = self.clock.now()  # not inside the transaction: a demo clock's first look writes
        brought_in = None
        for last in (False, True):
            try:
                with self.db.begin() as session:
                    if retention.is_done(session, self.campaign):  # the files must not bring back what went
                        break
                    brought_in = roster_sync.sync(session, self.loaded.roster, NAME, now)
                break
            except IntegrityError:  # another process does the same at this moment; what it wrote is found next time
                if last:
                    raise
        if brought_in:
            log.info("roster-brought-in", **roster_files.tally(brought_in))
        self.ticker.start()

    def start(self, *, work: bool = True) -> None:
        """Prepare, and unless told otherwise begin to tick and to deliver. Raises SchemaError, AlreadyRunning."""
        if work and self.lock:
            self.lock.take()
        self.prepare()
        if work:
            self._working = True
            self.engine.start(self.tick, self.drain, self.channels, self.note_beat)
        log.info("started", work=work, campaign=self.campaign.key, campaign_time=self.clock.now().isoformat())

    def drain(self, channel: str) -> None:
        """Do what waits on a channel: download, or deliver."""
        if channel == MEDIA:
            self.media.drain()
        else:
            self.delivery.drain(channel)

    def tick(self) -> None:
        """Take up what is due, and wake channels whose wake was lost; nothing while nothing could be written down."""
        if self.storage.problem():
            return
        self.ticker.tick()
        self._ticked_at = self.wall.now()
        self.engine.wake({*self.delivery.due_channels(), *([MEDIA] if self.media.due() else [])})
        self.incidents.watch()
        self.keeper.run()

    def note_beat(self) -> None:
        """Note now and then that this process is alive, and at once when a channel fails or is well again."""
        signs = self.delivery.problems(), self.delivery.blocked()
        now = self.wall.now()
        due = self._beat_noted is None or abs(now - self._beat_noted) > BEAT_EVERY  # also when the clock was set back
        if (due or signs != self._signs) and not self.storage.known:
            self._beat_noted, self._signs = now, signs
            with self.db.begin() as session:
                beats.note(session, self.worker, now, *signs, ticked_at=self._ticked_at)

    def stop(self, seconds: float = 15.0) -> None:
        """End all work within so many seconds and let go of the database."""
        self.delivery.stop()
        self.media.stop()
        if self._working:
            self._working = False
            self.engine.stop(seconds)
            self._sign_off()
        if self.lock:
            self.lock.free()
        self.db.dispose()

    def _sign_off(self) -> None:
        """Say that this process has ended as it should: nobody need miss it."""
        try:
            with self.db.begin() as session:
                beats.forget(session, self.worker)
        except SQLAlchemyError as error:
            log.warning("not-signed-off", problem=type(error).__name__)

    def scheduler_problem(self) -> str | None:
        """Return what is wrong with the scheduler: here, or with the workers elsewhere when this process has none."""
        if self._working and (problem := self.engine.problem()):
            return problem
        with self.db.read() as session:
            heard = beats.beats(session)
        now = self.wall.now()
        if not self._working and not any(now - beat.at <= beats.ALIVE for beat in heard):
            return "no worker"
        ticked = max(filter(None, [beats.last_tick(heard), self._ticked_at]), default=now)
        return f"no tick for {(now - ticked).total_seconds():.0f} s" if now - ticked > beats.ALIVE else None

    def delivery_problem(self) -> str | None:
        """Return which channels only an operator can bring back; the log says why."""
        blocked = sorted(self.delivery.blocked())
        return f"blocked: {', '.join(blocked)}" if blocked else None


def build(
    loaded: Loaded,
    *,
    clock: Clock | None = None,
    wall: Clock | None = None,
    engine: Engine | None = None,
    new_code: Callable[[], str] | None = None,
    new_invitation: Callable[[], str] | None = None,
    timeout: tuple[float, float] = TIMEOUT,
) -> Bot:
    """Make the objects of one process. Nothing runs and nothing is read from the database yet.

    clock:  campaign time; by default the demo clock of the config, else the real one.
    engine: by default the one for the config's database.
    """
    config, campaign = loaded.config, loaded.campaign
    logs.keep_secret(config.secrets())
    wall = wall or SystemClock()
    db = Database(connect(config.database_url, connections=config.server.threads + 10))
    clock = clock or campaign_clock(config, db, wall)
    app_channel = _app_channel(config, db, wall, timeout)
    robots = [
        GroupRobot(name, group.webhook.get_secret_value(), timeout, limited=config.clock is None)
        for name, group in config.groups.items()
    ]
    channels: list[Channel] = [app_channel, *robots]
    codes = {"new_code": new_code, "new_invitation": new_invitation}
    chosen = {key: value for key, value in codes.items() if value}
    effective = Effective(campaign)
    router = Router(db, campaign, clock, wall, public_url=config.server.public_url, effective=effective, **chosen)
    store = FileStore(config.files.dir)
    ticker = Ticker(campaign, db, clock, effective)
    storage = Storage(db, [config.files.dir], wall)
    groups = [robot.name for robot in robots]
    day_limit = partial(pacing.day_limit, can=app_channel.can, channel=NAME)
    incidents = Incidents(db, effective, clock, wall, groups, day_limit, storage)
    delivery = _delivery(db, channels, (clock, wall), effective, store, incidents)
    engine = engine or (LocalEngine() if config.on_sqlite else ClusterEngine(db.engine))
    db.before_commit, db.after_commit = engine.before_commit, engine.after_commit
    bot = Bot(
        loaded=loaded,
        db=db,
        clock=clock,
        wall=wall,
        app_channel=app_channel,
        router=router,
        effective=effective,
        ticker=ticker,
        delivery=delivery,
        media=MediaDrain(db, app_channel.api, store, campaign, clock, wall),
        store=store,
        keeper=Keeper(db, effective.campaign, clock, store),
        incidents=incidents,
        storage=storage,
        engine=engine,
        channels=[MEDIA, *(channel.name for channel in channels)],
        lock=worker_lock(config),
    )
    bot.flask = _site(bot)
    return bot


def _delivery(
    db: Database,
    channels: list[Channel],
    clocks: tuple[Clock, Clock],
    effective: Effective,
    store: FileStore,
    incidents: Incidents,
) -> Delivery:
    """Make what delivers. clocks: the campaign's, the real one."""
    make = partial(outgoing.make_file, db, effective)
    tell, drawn = incidents.picture_broken, incidents.picture_drawn
    zone = effective.base.tz
    return Delivery(
        db,
        channels,
        *clocks,
        partial(outgoing.parts, zone=zone, store=store, make=make, tell=tell, drawn=drawn),
        lambda session, notices: look_again(session, effective.campaign(session), notices, clocks[0].now()),
    )


def _app_channel(config: Config, db: Database, wall: Clock, timeout: tuple[float, float]) -> WecomApp:
    wecom = config.wecom
    token, key = wecom.token.get_secret_value(), wecom.encoding_aes_key.get_secret_value()
    secret = wecom.secret.get_secret_value()
    shared = SharedToken(db, wecom.corp_id, secret, wall)
    api = WecomApi(wecom.corp_id, secret, wecom.api_base, wall, timeout, shared)
    envelope, limited = Envelope(wecom.corp_id, token, key, wall), config.clock is None
    return WecomApp(envelope, wecom.agent_id, api, wall, wecom.account_limit, limited=limited)


def _site(bot: Bot) -> Flask:
    blueprints = [
        callbacks.blueprint(bot.app_channel, bot.router),
        health.blueprint(
            bot.db,
            bot.scheduler_problem,
            bot.delivery_problem,
            health.Facts(bot.db, bot.effective.campaign, bot.clock, bot.wall),
            bot.storage.problem,
        ),
        upload.blueprint(upload.UploadDesk(bot.db, bot.effective, bot.clock, bot.wall, bot.store)),
    ]
    if isinstance(bot.clock, StoredClock):
        desk = clock.Desk(bot.clock, bot.campaign.tz, bot.ticker.next_due, bot.tick, bot.delivery.idle)
        blueprints.append(clock.blueprint(desk))
        blueprints.append(coping.blueprint(coping.Coping(bot.db, bot.effective.campaign, bot.clock, bot.wall)))
        blueprints.append(calendar.blueprint(calendar.Almanac(bot.db, bot.effective.campaign, bot.clock)))
    return site.make(blueprints)


def wsgi() -> Flask:
    """Build and start what one server process runs. Told by the environment, since the server makes the process."""
    logs.configure()
    orphans.end_with_parent()
    bot = build(load_all(Path(os.environ[CONFIG_VARIABLE])))
    try:
        bot.start(work=os.environ.get(WORK_VARIABLE) != "no")
    except BotError as error:
        bot.stop()
        raise SystemExit(str(error)) from None
    except SQLAlchemyError as error:  # a file that may not be written to, a server that is away: one line, no trace
        bot.stop()
        raise SystemExit(f"the database cannot be used: {str(error).splitlines()[0]}") from None
    Finalize(None, bot.stop, exitpriority=10)  # the server's children end without atexit
    gc.collect()
    gc.freeze()  # what was built stays: to look through it again would hold up all answers for a tenth of a second
    return bot.flask
