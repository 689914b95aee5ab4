"""帮助: what the sender may say now, by role and by what is open, with examples from the live campaign."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import form, wording
from handlers.base import EVERYBODY, Context, Match, Route, route
from handlers.reading.values import Verdict
from handlers.suggestions import likeness
from models import drafts
from models.duties import states
from models.errors import UserError
from models.messages import Reply
from models.people import Role

# Routes with a line of their own in 帮助, in this order: what a liaison needs in a usual week. The rest is named only,
# so that the page stays on one screen of a phone.
FIRST = (
    "form",
    "template",
    "mine",
    "undo",
    "correct",
    "same-week",
    "document",
    "why",
    "progress",
    "missing",
    "ranking",
)

# Routes of admins that only those of the office may use (decisions 14): the clock, and what is published.
OFFICE = (
    "extend",
    "extend-back",
    "pause",
    "resume",
    "retime",
    "retime-back",
    "publish",
    "drop-issue",
    "recall-issue",
    "bulletin",
    "ranking-sheet",
)

ADMIN_WORDS = ("管理", "管理员", "管理命令")  # a page of their own: each command with its line


@route(
    "help",
    words=("帮助", "help", "?", "？", "怎么用", "怎么用?", "用法", "菜单", "使用说明", "说明"),
    takes_rest=True,
    roles=EVERYBODY,
    examples=("帮助", "帮助 更正", "帮助 管理"),
    help="帮助 更正：看一个命令怎么用",
)
def show_help(ctx: Context, match: Match) -> Reply:
    """Say what is open and owed, then the commands of the sender's roles; or explain one command."""
    if match.rest in ADMIN_WORDS and Role.ADMIN in ctx.known.roles:
        listed = [entry for entry in _routes() if entry.help and _for_admin(ctx, entry)]
        lines = [filled(ctx, entry.help) for entry in listed]
        return Reply(wording.help_of_admins(lines), outcome="shown")
    if match.rest:
        return _explain(ctx, match.rest)
    mine = {entry.name: entry for entry in _routes() if entry.help and ctx.known.roles & set(entry.roles)}
    lines = [filled(ctx, mine[name].help) for name in FIRST if name in mine]
    others = [entry for name, entry in mine.items() if name not in (*FIRST, "help")]
    admins = [entry for entry in others if _for_admin(ctx, entry)]
    more = [_command(entry) for entry in others if entry.roles != (Role.ADMIN,)]
    text = wording.help_text(
        ctx.campaign, _now(ctx), lines, more, [_command(entry) for entry in admins], reports=bool(ctx.own_orgs())
    )
    return Reply(text, outcome="shown")


def _for_admin(ctx: Context, entry: Route) -> bool:
    """Tell whether a command is one of admins only, and of this one: some belong to those of the office."""
    return entry.roles == (Role.ADMIN,) and (ctx.runs_office or entry.name not in OFFICE)


def _command(entry: Route) -> str:
    return entry.words[0] if entry.words else entry.help.split("：")[0]


def _routes() -> Sequence[Route]:
    from handlers.routes import ROUTES  # the list holds this very route

    return ROUTES


def _now(ctx: Context) -> list[str]:
    """Say what waits for the sender: a question, a form, what is owed."""
    asked = drafts.open_question(ctx.session, ctx.known.person.id)
    if asked is not None and asked.expires_at > ctx.wall and asked.prompt:
        return [wording.still_asking(asked.prompt)]
    waiting = form.waiting(ctx)
    if waiting:
        return [wording.form_waiting(waiting)]
    owed = states(ctx.session, ctx.campaign, ctx.now, org_ids=[org.id for org in ctx.own_orgs()])
    return wording.still_owed(ctx.campaign, owed)


def _explain(ctx: Context, name: str) -> Reply:
    """Explain one command: its line, its examples, who may use it."""
    known = [entry for entry in _routes() if entry.help]
    exact = [entry for entry in known if name in entry.words or _command(entry) == name]
    found = exact or [entry for entry in known if entry.help.startswith(name)]
    found = found or [entry for entry in known if any(name in word or word in name for word in entry.words)]
    if not found:
        found = [entry for entry in known if any(likeness(name, word, Verdict.NOTHING) for word in entry.words)]
    if not found:
        names = [entry.words[0] for entry in known if entry.words and ctx.known.roles & set(entry.roles)]
        raise UserError("no-such-command", name=name[:20], names=names)
    entry = next((each for each in found if ctx.known.roles & set(each.roles)), found[0])  # what he may use first
    allowed = None if ctx.known.roles & set(entry.roles) else entry.roles
    examples = [filled(ctx, example) for example in entry.examples]
    return Reply(wording.help_on(filled(ctx, entry.help), examples, allowed), outcome="shown")


def filled(ctx: Context, text: str) -> str:
    """Fill the places of an example with words of the live campaign and of the sender's org."""
    orgs = ctx.own_orgs() or ctx.known.orgs()
    return wording.filled(ctx.campaign, text, orgs[0].name if orgs else "")
