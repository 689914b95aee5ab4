"""Between a preview and its code somebody else may change the same thing: then nothing is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from handlers.base import Context
from models import amendments
from models.campaign.amended import EVERYTHING, Kind
from models.errors import UserError

SEEN = "seen"  # in a payload: the newest change when its preview was shown


def seen(ctx: Context) -> dict[str, int]:
    """Return what a payload notes of the changes that its preview knew."""
    mark = amendments.newest(ctx.session)
    return {SEEN: mark[0] if mark else 0}


def check_unchanged(
    ctx: Context, payload: Mapping[str, Any], subjects: Collection[str], kinds: Collection[Kind]
) -> None:
    """Raise UserError("clock-changed-meanwhile") when one of the subjects was changed since; alone until commit."""
    amendments.alone(ctx.session)
    wanted = {EVERYTHING, *subjects}
    for each in amendments.after(ctx.session, payload[SEEN]):
        if each.kind in kinds and (each.subject in wanted or EVERYTHING in subjects):
            raise UserError("clock-changed-meanwhile")
