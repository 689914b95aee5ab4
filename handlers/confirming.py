"""确认: does what a one-time code is bound to. Every action that wants a code stands in DO."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from handlers import broadcast, chasing, excusing, publishing, recalling, several, wording
from handlers.base import REPORTERS, Context, Match, route
from handlers.codes import try_code
from handlers.people import appointing, handing, switching
from handlers.running import extending, pausing, retiming
from models import confirmations
from models.messages import Reply

DO: Mapping[str, Callable[[Context, Mapping[str, Any]], Reply]] = {
    "publish": publishing.do_publish,
    "propose": publishing.do_propose,
    "recall": publishing.do_recall,
    "recall-sending": recalling.do_recall_sending,
    "several": several.do_several,
    "chase": chasing.do_chase,
    "extend": extending.do_extend,
    "extend-back": extending.do_take_back,
    "pause": pausing.do_pause,
    "resume": pausing.do_resume,
    "retime": retiming.do_retime,
    "broadcast": broadcast.do_broadcast,
    "excuse": excusing.do_excuse,
    "unexcuse": excusing.do_unexcuse,
    "switch-off": switching.do_switch_off,
    "switch-on": switching.do_switch_on,
    "appoint": appointing.do_appoint,
    "dismiss": appointing.do_dismiss,
    "hand-over": handing.do_hand_over,
}


@route(
    "confirm", words=("确认",), takes_rest=True, roles=REPORTERS, examples=("确认 4821",), unlisted="each code says it"
)
def confirm_action(ctx: Context, match: Match) -> Reply:
    """Do what a code is bound to, once. A wrong, used, foreign or old code does nothing."""
    person_id = ctx.known.person.id
    action = try_code(
        ctx, lambda: confirmations.redeem(ctx.session, person_id, match.rest, ctx.wall), wording.wrong_confirmation()
    )
    return action if isinstance(action, Reply) else DO[action["do"]](ctx, action)
