"""Which of the sender's orgs a command is for: the only one, the default, the one that is named, or asked."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import wording
from handlers.base import REPORTERS, Context, find_org
from models import drafts
from models.errors import UserError
from models.messages import Reply
from models.people import Org


def own_org(ctx: Context, then: str, rest: str = "", among: Sequence[Org] | None = None) -> Org | Reply:
    """Return the org that a command is for, or the question which.

    then:  a key of handlers/questions.py's THEN: what goes on with the org that is picked.
    rest:  what stood behind the command: the name of an org within the sender's rights.
    among: the orgs that come into question, the sender's own when None.

    Raises UserError("no-org"), UserError("not-your-org") and those of find_org().
    """
    if rest:
        org = find_org(ctx, rest)
        if org.id not in ctx.scope(*REPORTERS):
            raise UserError("not-your-org", name=org.name, own=[own.name for own in ctx.own_orgs()])
        return org
    orgs = ctx.own_orgs() if among is None else list(among)
    if not orgs:
        raise UserError("no-org")
    default = ctx.default_org()
    if len(orgs) == 1 or default in orgs:
        return default if default in orgs else orgs[0]
    prompt = wording.ask_which_org([org.name for org in orgs], what=wording.WHAT_FOR[then])
    payload = {"org_ids": [org.id for org in orgs], "prompt": prompt, "then": then}
    drafts.ask(ctx.session, ctx.known.person.id, "which-org", payload, ctx.wall, ctx.inbox_id)
    return Reply(prompt, outcome="asked")
