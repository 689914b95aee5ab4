"""The page at / and its JSON below /standin/: choose who you are, talk to the bot, watch what happens."""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from flask import Blueprint, Flask, Response, abort, jsonify, request, send_file, send_from_directory

from bot.standin import switches
from bot.standin.campaign_clock import CampaignClock, ClockError, Reading
from bot.standin.media import SIZES, picture_mime
from bot.standin.values import Delivery, Persona, TryLine
from bot.standin.world import World

STATIC = Path(__file__).parent / "static"
LONGEST_TEXT = 20_000  # characters; a pasted table fits
LONGEST_PUSH = 31 * 86400  # s that the clock is moved at once
LONGEST_WAIT = 15.0  # s that a request for news is held open


class Stage(Protocol):
    """What the page needs of the platform."""

    world: World

    def say(self, userid: str, text: str) -> Delivery:
        """Send a text to the app."""
        ...

    def send_image(self, userid: str, content: bytes, name: str = ...) -> Delivery:
        """Send a picture to the app."""
        ...


@dataclass(frozen=True)
class Cast:
    """Who and what the page offers."""

    personas: Sequence[Persona]
    try_lines: Sequence[TryLine]
    title: str


def register(app: Flask, stage: Stage, cast: Cast, clock: CampaignClock | None) -> None:
    """Mount the page."""
    page = Blueprint("page", __name__)
    boot = secrets.token_hex(6)  # a page that sees another one starts over
    _mount_files(page, stage)
    _mount_news(page, stage, cast, boot, has_clock=clock is not None)
    _mount_doings(page, stage)
    _mount_faults(page, stage, clock)
    if clock is not None:
        _mount_clock(page, clock)
    app.register_blueprint(page)


def _mount_files(page: Blueprint, stage: Stage) -> None:
    @page.get("/")
    def index() -> Response:
        return send_from_directory(STATIC, "index.html")

    @page.get("/standin/static/<path:name>")
    def static_file(name: str) -> Response:
        return send_from_directory(STATIC, name)

    @page.get("/standin/media/<media_id>")
    def media(media_id: str) -> Response:
        found = stage.world.media.find(media_id)
        if found is None:
            abort(404)
        picture = picture_mime(found.content)
        return send_file(
            io.BytesIO(found.content), mimetype=found.mime, as_attachment=not picture, download_name=found.name
        )


def _mount_news(page: Blueprint, stage: Stage, cast: Cast, boot: str, *, has_clock: bool) -> None:
    feed = stage.world.feed

    @page.get("/standin/start")
    def start() -> Response:
        return jsonify(
            boot=boot,
            title=cast.title,
            app=stage.world.app_name,
            clock=has_clock,
            personas=[asdict(persona) for persona in cast.personas],
            groups=[{"chat": group.chat, "name": group.name} for group in stage.world.groups.values()],
            try_lines=[asdict(line) for line in cast.try_lines],
        )

    @page.get("/standin/state")
    def state() -> Response:
        since = request.args.get("since", 0, type=int)
        wait = min(request.args.get("wait", 0.0, type=float), LONGEST_WAIT)
        if wait > 0 and request.args.get("boot") == boot:
            feed.wait(since, wait)
        version, bubbles = feed.since(since)
        return jsonify(boot=boot, version=version, bubbles=[asdict(bubble) for bubble in bubbles])

    @page.get("/standin/exchanges")
    def exchanges() -> Response:
        found = stage.world.exchanges.since(request.args.get("since", 0, type=int))
        return jsonify(boot=boot, exchanges=[asdict(exchange) for exchange in found])


def _mount_doings(page: Blueprint, stage: Stage) -> None:
    @page.post("/standin/say")
    def say() -> Response:
        values = _json_body()
        text = values.get("text")
        if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
            abort(400)
        return _delivered(stage.say(_userid(stage, values.get("userid")), text))

    @page.post("/standin/photo")
    def photo() -> Response:
        userid = _userid(stage, request.args.get("userid"))
        content = request.get_data()
        if not picture_mime(content) or len(content) > SIZES["image"]:
            abort(400)
        return _delivered(stage.send_image(userid, content))


def _mount_faults(page: Blueprint, stage: Stage, clock: CampaignClock | None) -> None:
    @page.get("/standin/faults")
    def faults() -> Response:
        return jsonify(faults=switches.shown(stage.world), tokens=stage.world.tokens.issued, bot=_coping(clock))

    @page.post("/standin/faults")
    def switch() -> Response:
        values = _json_body()
        try:
            _turn(stage.world, values)
        except (KeyError, TypeError):
            abort(400)
        return jsonify(faults=switches.shown(stage.world))


def _coping(clock: CampaignClock | None) -> dict[str, Any] | None:
    """Ask the bot what it makes of it; None when it does not tell."""
    try:
        return clock.coping() if clock else None
    except ClockError:
        return None


def _turn(world: World, values: dict[str, Any]) -> None:
    """Turn a switch as the page asks. Raises KeyError and TypeError."""
    if values["on"] is not True:
        switches.turn_off(world, values["key"])
        return
    times, seconds = values.get("times"), values.get("seconds")
    for wish, most in ((times, switches.MOST_TIMES), (seconds, switches.LONGEST)):
        if wish is not None and not (isinstance(wish, int) and not isinstance(wish, bool) and 0 < wish <= most):
            raise TypeError(wish)
    userid = values.get("userid") or ""
    switches.turn_on(world, values["key"], times=times, seconds=seconds, userid=str(userid))


def _mount_clock(page: Blueprint, clock: CampaignClock) -> None:
    @page.get("/standin/clock")
    def show_clock() -> Response:
        try:
            return _clock(clock.read())
        except ClockError:
            return jsonify(clock=None)

    @page.get("/standin/calendar")
    def show_calendar() -> Response:
        try:
            return jsonify(calendar=clock.days())
        except ClockError:
            return jsonify(calendar=None)

    @page.post("/standin/clock")
    def push_clock() -> Response:
        values = _json_body()
        seconds = values.get("advance_seconds")
        if values != {"to": "next"} and not (isinstance(seconds, int) and 0 < seconds <= LONGEST_PUSH):
            abort(400)
        try:
            return _clock(clock.push(values))
        except ClockError:
            return jsonify(clock=None)


def _clock(reading: Reading) -> Response:
    following = {"at": reading.next_at, "what": reading.next_what} if reading.next_at else None
    return jsonify(
        clock={"now": reading.now.isoformat(), "zone": reading.zone, "speed": reading.speed, "next": following}
    )


def _json_body() -> dict[str, Any]:
    values = request.get_json(silent=True)
    if not isinstance(values, dict):
        abort(400)
    return values


def _userid(stage: Stage, userid: object) -> str:
    if not isinstance(userid, str) or stage.world.member(userid) is None:
        abort(400)
    return userid


def _delivered(delivery: Delivery) -> Response:
    return jsonify(ok=delivery.ok, bubble=delivery.bubble_id, tries=len(delivery.tries))
