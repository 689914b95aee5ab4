"""填报: asks item by item what an org still owes, then for anything else. Answers are read like any report.

What is owed comes from models/duties at each step; models/forms keeps only what was asked and skipped, in the
database, so that any process can go on and a restart loses nothing. A doubt is a question of its own (questions.py
comes back here with go_on()); reminders and other commands leave the form waiting where it is.
"""

from __future__ import annotations

import re

from handlers import wording
from handlers.base import REPORTERS, Context, Match, route
from handlers.choosing import own_org
from handlers.entering import enter
from handlers.form_items import MORE, PLEDGE, as_it_is_now, ask_next, key_of, org_of, owed, prompt, state_of
from handlers.reading.values import Found, Reading, Verdict
from handlers.report import book, book_nothing, named_org, org_at_head, within_campaign, worth_taking
from handlers.short_answers import LONGEST, bare_number, factor, is_no, is_yes
from models import drafts, forms
from models.campaign.definition import DutyKind
from models.errors import UserError
from models.forms import Form
from models.ledger import entries_of
from models.messages import Reply
from models.people import Org

_HANDED_IN = re.compile(r"^(已|都|早)?(交|报|发|送|报送|上报|提交|发送|覆盖)了?(了|过|过了)?$")
_NONE = re.compile(
    r"^(本周|这周|今天|今日|目前|暂时|现在|还)*(没|没有|无|暂无|0|零)(开|交|办|做|发|报|弄|了|有|呢|数字|别的|其他)*$"
)
_TODAY = re.compile("^今[天日]")
_STOP = ("结束", "结束填报", "退出填报", "退出", "不填了", "先不填了")
_ZERO_REPORT = re.compile(r"(零|0)报告")
_CONTENT = ("figures", "which-org", "which-entry", "same-week")  # questions that hold something a person has said


@route(
    "form",
    words=("填报", "开始填报", "填表"),
    takes_rest=True,
    roles=REPORTERS,
    examples=("填报",),
    help="填报：一项一项问还差的",
    refusal="viewer-cannot-report",
)
def start(ctx: Context, match: Match) -> Reply:
    """Open a form for the sender's org; of several orgs only those that owe something are asked about."""
    within_campaign(ctx)
    own = ctx.own_orgs()
    owing = [org for org in own if owed(ctx, org.id)] if len(own) > 1 and not match.rest else own
    org = own_org(ctx, "form", match.rest, owing or own[:1])
    return org if isinstance(org, Reply) else start_for(ctx, org)


def start_for(ctx: Context, org: Org) -> Reply:
    """Open a form for an org. A form that is open for it already goes on; an open question comes first."""
    running = _running(ctx)
    if running is not None and running.org_id == org.id:
        return Reply(f"{wording.form_goes_on(org.name)}\n{prompt(ctx, running)}", outcome="asked")
    missing = owed(ctx, org.id)
    if not missing:
        return Reply(wording.form_nothing_owed(ctx.campaign, org.name), outcome="nothing-owed")
    form = forms.start(ctx.session, ctx.known.person.id, org.id, len(missing), ctx.wall)
    head = wording.form_head(org.name, len(missing))
    asked = _open_question(ctx)
    if asked is not None and asked.kind in _CONTENT:
        return Reply(f"{head}\n{wording.form_question_first(asked.prompt)}", outcome="asked")
    if asked is not None:
        drafts.close(ctx.session, asked, "replaced", ctx.wall)
    return Reply(f"{head}\n{ask_next(ctx, form)}", outcome="asked")


@route(
    "form-step",
    words=("跳过", *_STOP, "继续", "继续填报", "上一步", "上一项"),
    roles=REPORTERS,
    examples=("跳过", "结束", "继续", "上一步"),
    unlisted="the form says them when they can be used",
    refusal="viewer-cannot-report",
)
def step(ctx: Context, match: Match) -> Reply:
    """Skip, stop, go on or go back. Without a form each says so."""
    form = forms.open_form(ctx.session, ctx.known.person.id)
    if match.text.startswith("继续"):
        return _resume(ctx, form)
    if form is None:
        return Reply(wording.form_none(), outcome="nothing-asked")
    _check_right(ctx, form)
    asked = _open_question(ctx)
    if asked is not None and asked.kind in _CONTENT and match.text == "跳过":
        from handlers.questions import ANSWERS  # which comes back here

        return go_on(ctx, ANSWERS[asked.kind](ctx, asked, "否"))  # the doubt is skipped, the form has moved on
    dropped = _drop_question(ctx)
    if match.text in _STOP:
        return _joined([*dropped, _finish(ctx, form, "stopped")], "stopped")
    if match.text.startswith("上一"):
        if not forms.step_back(ctx.session, form, ctx.wall):
            return _joined([*dropped, wording.form_first_item(), prompt(ctx, form)], "asked")
        return _joined([*dropped, prompt(ctx, form)], "asked")
    if form.current == MORE:
        return _joined([*dropped, _finish(ctx, form, "finished")], "finished")
    state = state_of(ctx, form)
    said = wording.form_skipped() if state is None or state.standing.open else wording.form_kept()
    forms.skip(ctx.session, form, ctx.wall)
    return _joined([said, ask_next(ctx, form)], "asked")


def answers_form(ctx: Context, match: Match) -> bool:
    """Tell whether a text may be an answer to the open form: a short one, or anything for the ledger.

    To a form that has grown old only what means nothing without it is one; it is told so.
    """
    form = forms.open_form(ctx.session, ctx.sender.person.id) if ctx.sender else None
    if form is None:
        return False
    if is_short(match.text):
        return True
    return form.expires_at > ctx.wall and worth_taking(ctx, match)


def is_short(text: str) -> bool:
    """Tell whether a text means something only as an answer."""
    if len(text) > LONGEST:
        return False
    words = is_yes(text) or is_no(text) or bool(_HANDED_IN.match(text) or _NONE.match(text))
    return words or bare_number(text) is not None


@route(
    "form-answer",
    roles=REPORTERS,
    examples=("3", "三场", "{report}"),
    unlisted="the form says how to answer",
    accepts=answers_form,
    refusal="viewer-cannot-report",
)
def take_answer(ctx: Context, match: Match) -> Reply:
    """Take an answer to the item that is asked, and ask the next."""
    within_campaign(ctx)
    form = forms.open_form(ctx.session, ctx.known.person.id)
    assert form is not None  # answers_form() has seen it
    _check_right(ctx, form)
    if form.expires_at <= ctx.wall:
        return Reply(wording.form_expired(), outcome="expired")
    if is_short(match.text) and not _ZERO_REPORT.search(match.text):
        return _more(ctx, form, match.text) if form.current == MORE else _short(ctx, form, match.text)
    reading = ctx.reader.read(ctx.inbound.text, ctx.today)
    org = named_org(ctx, reading) or org_at_head(ctx, ctx.inbound.text) or org_of(ctx, form)
    if reading.verdict is Verdict.ZERO and not reading.found:
        return _zero(ctx, form, org, match.text)
    return _booked(ctx, form, org, reading)


def _zero(ctx: Context, form: Form, org: Org, text: str) -> Reply:
    """零报告 is about everything and ends the form; 本周没有 answers the item that is asked."""
    if _ZERO_REPORT.search(text) or form.current == MORE:
        said = book_nothing(ctx, org, ctx.inbound.text)
        return _joined([said.text.split("\n")[0], _finish(ctx, form, "finished")], "finished")
    return _none(ctx, form, text)


def _none(ctx: Context, form: Form, text: str) -> Reply:
    """Leave the item that is asked; a nothing of today is no nothing of the week, and the answer says so."""
    forms.skip(ctx.session, form, ctx.wall)
    said = wording.form_skipped_today() if _TODAY.match(text) else wording.form_skipped()
    return _joined([said, ask_next(ctx, form)], "asked")


def _more(ctx: Context, form: Form, text: str) -> Reply:
    if is_no(text) or _NONE.match(text):
        return Reply(_finish(ctx, form, "finished"), outcome="finished")
    forms.touch(ctx.session, form, ctx.wall)
    return Reply(wording.form_more_by_name(ctx.campaign), outcome="asked")


def _short(ctx: Context, form: Form, text: str) -> Reply:
    """Take a short answer: a figure for a figure, a yes for a document or a pledge, a no for nothing yet."""
    state = state_of(ctx, form)
    number = bare_number(text)
    reads_zero = number is not None and state is not None and state.duty.kind is DutyKind.SHARE  # 0 is a reading
    if (is_no(text) or _NONE.match(text)) and not reads_zero:
        return _none(ctx, form, text)
    if state is None:
        return Reply(ask_next(ctx, form), outcome="asked")
    if form.current.endswith(PLEDGE) or state.duty.kind is DutyKind.DOCUMENT:
        if number is not None or not (is_yes(text) or _HANDED_IN.match(text)):
            return _again(ctx, form, wording.form_wants_yes())
        day = min(state.period.end, ctx.today)
        org = org_of(ctx, form)
        lines = enter(ctx, org, [], text=ctx.inbound.text, statements=[state.key], stated_on={state.key: day})
        return _joined([*lines, ask_next(ctx, form)], "recorded")
    indicator = ctx.campaign.indicators[state.duty.indicator or ""]
    times = factor(indicator, number[1]) if number else None
    if number is None or times is None:
        return _again(ctx, form, wording.form_wants_number(indicator))
    days = (state.period.start, state.period.end) if state.period.end < ctx.today else None
    found = Found(
        state.duty.indicator or "", number[0] * times, None, False, number[2], days, None, text, (0, len(text))
    )
    return _booked(ctx, form, org_of(ctx, form), Reading(Verdict.REPORT, (found,)))


def _again(ctx: Context, form: Form, why: str) -> Reply:
    return Reply(f"{why}\n{prompt(ctx, form)}", outcome="asked")


def _booked(ctx: Context, form: Form, org: Org, reading: Reading) -> Reply:
    """Book a reading like any report, and go on: to the next item if it was about this one, else with this one."""
    state = state_of(ctx, form)
    reply = book(ctx, org, ctx.inbound.text, reading, closing=False)
    touched = {found.indicator for found in reading.found}
    touched |= {candidate.indicator for doubt in reading.doubts for candidate in doubt.candidates}
    settled = state is None or not as_it_is_now(ctx, state).standing.open
    about_this = state is not None and state.duty.indicator in touched
    asked = _open_question(ctx)
    if asked is None:
        forms.touch(ctx.session, form, ctx.wall)
        following = prompt(ctx, form) if form.current == MORE or not (settled or about_this) else ask_next(ctx, form)
        return _joined([reply.text, following], reply.outcome)
    pledged = [item["duty"] for item in asked.payload.get("items", []) if item.get("duty")]
    if state is not None and state.key in pledged:  # asked already: not once more
        forms.ask(ctx.session, form, key_of(state) if state.pledge_missing else key_of(state) + PLEDGE, ctx.wall)
    if settled or about_this:
        ask_next(ctx, form)  # put when the question is answered
    return reply


def go_on(ctx: Context, reply: Reply) -> Reply:
    """Put the form's item behind the answer to a question, unless another question is still open."""
    form = _running(ctx)
    if form is None or _open_question(ctx) is not None or not reply.text or reply.outcome == "asked":
        return reply
    return Reply(f"{reply.text}\n{_again_or_next(ctx, form)}", reply.more, reply.outcome)


def _again_or_next(ctx: Context, form: Form) -> str:
    state = state_of(ctx, form)
    pending = form.current == MORE or (state is not None and state.standing.open and not _pledge_asked(ctx, form))
    return prompt(ctx, form) if pending else ask_next(ctx, form)


def _pledge_asked(ctx: Context, form: Form) -> bool:
    """Tell whether the item is a pledge that a question has just asked for."""
    last = drafts.last_question(ctx.session, form.person_id)
    items = last.payload.get("items", []) if last else []
    return form.current.endswith(PLEDGE) and bool(items) and form.current.startswith(f"{items[0].get('duty')}@")


def is_running(ctx: Context) -> bool:
    """Tell whether the sender is in a form."""
    return _running(ctx) is not None


def waiting(ctx: Context) -> str:
    """Return what the sender's form waits for, as it was asked; empty without a form."""
    form = _running(ctx)
    return prompt(ctx, form) if form else ""


def _running(ctx: Context) -> Form | None:
    form = forms.open_form(ctx.session, ctx.known.person.id)
    return form if form is not None and form.expires_at > ctx.wall else None


def _resume(ctx: Context, form: Form | None) -> Reply:
    """Put the item again; take up a form that was stopped or has grown old."""
    last = form or forms.last_form(ctx.session, ctx.known.person.id)
    if last is None or last.outcome in ("finished", "replaced"):
        return Reply(wording.form_none(), outcome="nothing-asked")
    within_campaign(ctx)
    _check_right(ctx, last)
    asked = _open_question(ctx)
    if asked is not None and asked.expires_at > ctx.wall:
        return Reply(wording.form_question_first(asked.prompt), outcome="asked")
    name = org_of(ctx, last).name
    if form is not None and form.current:
        forms.touch(ctx.session, form, ctx.wall)
        return _joined([wording.form_goes_on(name), _again_or_next(ctx, form)], "asked")
    forms.reopen(ctx.session, last, ctx.wall)
    return _joined([wording.form_goes_on(name), ask_next(ctx, last)], "asked")


def _finish(ctx: Context, form: Form, outcome: str) -> str:
    """Close a form and sum up: what was booked, what is still owed."""
    org = org_of(ctx, form)
    forms.close(ctx.session, form, outcome, ctx.wall)
    lines = []
    for number in forms.booked(ctx.session, form):
        parts = [
            wording.fact_words(ctx.campaign, e.indicator, e.part, e.stated) for e in entries_of(ctx.session, number)
        ]
        if parts:
            lines.append(wording.form_booked_line(number, parts))
    return wording.form_summary(ctx.campaign, org.name, lines, owed(ctx, org.id), stopped=outcome == "stopped")


def _drop_question(ctx: Context) -> list[str]:
    """Close a doubt that came up in the form, and say that it was not booked."""
    asked = _open_question(ctx)
    if asked is None:
        return []
    drafts.close(ctx.session, asked, "dropped", ctx.wall)
    return [wording.question_dropped()] if asked.kind in _CONTENT else []


def _open_question(ctx: Context) -> drafts.Question | None:
    asked = drafts.open_question(ctx.session, ctx.known.person.id)
    return asked if asked is not None and asked.expires_at > ctx.wall else None


def _check_right(ctx: Context, form: Form) -> None:
    if form.org_id not in ctx.scope(*REPORTERS):
        forms.close(ctx.session, form, "replaced", ctx.wall)
        raise UserError("not-your-org", name=org_of(ctx, form).name, own=[org.name for org in ctx.own_orgs()])


def _joined(lines: list[str], outcome: str) -> Reply:
    return Reply("\n".join(line for line in lines if line), outcome=outcome)
