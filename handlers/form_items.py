"""The items of a form: what is owed, what is asked next, and in which words. Called by form.py."""

from __future__ import annotations

from handlers import wording
from handlers.base import Context
from models import forms
from models.duties import DutyState, states
from models.forms import Form
from models.people import Org

MORE = "more"  # the last item: anything else?
PLEDGE = "!"  # ends the key of an item whose figure is there and whose pledge is missing


def org_of(ctx: Context, form: Form) -> Org:
    """Return the org that a form is for."""
    return ctx.session.get_one(Org, form.org_id)


def owed(ctx: Context, org_id: int) -> list[DutyState]:
    """List what an org owes now, the most urgent first."""
    every = states(ctx.session, ctx.campaign, ctx.now, org_ids=[org_id])
    return sorted((state for state in every if state.standing.open), key=lambda state: state.due_at)


def key_of(state: DutyState) -> str:
    """Return the item that asks for what is missing of a duty: its figure, or the pledge beside it."""
    return f"{state.key}@{state.period.key}{PLEDGE if state.pledge_missing else ''}"


def state_of(ctx: Context, form: Form) -> DutyState | None:
    """Return how the item that is asked stands now."""
    if form.current in ("", MORE):
        return None
    duty, period = form.current.removesuffix(PLEDGE).split("@")
    if duty not in ctx.campaign.duties:
        return None
    every = states(ctx.session, ctx.campaign, ctx.now, org_ids=[form.org_id], duties=[duty])
    return next((state for state in every if state.period.key == period), None)


def as_it_is_now(ctx: Context, before: DutyState) -> DutyState:
    """Return how the duty of a state stands now."""
    every = states(ctx.session, ctx.campaign, ctx.now, org_ids=[before.org.id], duties=[before.key])
    return next((state for state in every if state.period == before.period), before)


def ask_next(ctx: Context, form: Form) -> str:
    """Move on to the next item that is owed and was not asked, or to the last question; return its prompt."""
    item = next((key_of(state) for state in owed(ctx, form.org_id) if key_of(state) not in form.asked), MORE)
    forms.ask(ctx.session, form, item, ctx.wall)
    return prompt(ctx, form)


def prompt(ctx: Context, form: Form) -> str:
    """Word the item that is asked."""
    if form.current == MORE:
        return wording.form_ask_more(ctx.campaign)
    state = state_of(ctx, form)
    if state is None:
        return ask_next(ctx, form)
    number = len({item.removesuffix(PLEDGE) for item in form.asked})
    return wording.form_ask(ctx.campaign, state, number, max(form.items, number), pledge=form.current.endswith(PLEDGE))
