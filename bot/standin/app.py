"""Put the stand-in's Flask app together: the platform's API and the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from bot.standin import api, guard, page
from bot.standin.campaign_clock import CampaignClock
from bot.standin.media import MEGABYTE
from bot.standin.page import Cast, Stage
from bot.standin.values import Persona, TryLine

LARGEST_BODY = 24 * MEGABYTE  # a file of 20 MB with what is around it


class BoundedJson(DefaultJSONProvider):
    """JSON as Flask has it; what is nested too deep to be read is no JSON, instead of the end of the request."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Read JSON. Raises ValueError."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deep") from None


def create_app(
    stage: Stage,
    *,
    personas: Sequence[Persona] = (),
    try_lines: Sequence[TryLine] = (),
    bot_base: str | None = None,
    title: str = "",
) -> Flask:
    """Make the app for one platform.

    personas: whom the page offers to be; without them every member.
    bot_base: where the bot's demo clock is, e.g. http://127.0.0.1:8001; None: the page shows no clock.
    """
    app = Flask("bot.standin", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.json = BoundedJson(app)
    guard.protect(app)
    api.register(app, stage.world)
    clock = CampaignClock(bot_base, stage.world.feed) if bot_base else None
    if clock is not None:
        stage.world.feed.campaign_stamp = clock.stamp
    everybody = [Persona(member.userid, member.name, member.title) for member in stage.world.members.values()]
    page.register(app, stage, Cast(personas or everybody, try_lines, title or "企业微信替身"), clock)
    return app
