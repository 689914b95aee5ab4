"""模板: a text to copy and fill in, made from what the org's kind owes and what the campaign collects most."""

from __future__ import annotations

from collections.abc import Iterator

from handlers import wording
from handlers.base import REPORTERS, Context, Match, route
from models.campaign.definition import Campaign
from models.messages import Reply

COMMONEST = 8  # indicators, in file order, where the campaign file has no [template]


@route(
    "template",
    words=("模板", "填报模板", "上报模板", "报送模板"),
    roles=REPORTERS,
    examples=("模板",),
    help="模板：要一段文字，填上数发回来",
    refusal="viewer-cannot-report",
)
def show_template(ctx: Context, match: Match) -> Reply:
    """Hand out the template of the sender's kinds of org. It is one text, so that one long press copies it."""
    kinds = list(dict.fromkeys(org.kind for org in ctx.own_orgs()))
    return Reply(wording.template(template_lines(ctx.campaign, kinds)), outcome="shown")


def template_lines(campaign: Campaign, kinds: list[str]) -> list[str]:
    """List the lines to fill in, each figure once: first what is owed, then what the campaign file names."""
    lines = [
        wording.template_line(wording.label(campaign, key, part), campaign.indicators[key].measure)
        for kind in kinds
        for key, part in _figures(campaign, kind)
    ]
    return list(dict.fromkeys(lines))


def _figures(campaign: Campaign, kind: str) -> Iterator[tuple[str, str]]:
    for duty in campaign.duties_of(kind).values():
        if duty.indicator:
            yield from _parts(campaign, duty.indicator)
    named = campaign.template.get(kind, campaign.template.get("all"))
    if named is None:
        named = tuple(key for key, each in campaign.indicators.items() if each.hint and not each.by)[:COMMONEST]
    for name in named:
        indicator, _, part = name.partition("/")
        if part:
            yield indicator, part
        else:
            yield from _parts(campaign, indicator)


def _parts(campaign: Campaign, indicator: str) -> Iterator[tuple[str, str]]:
    by = campaign.indicators[indicator].by
    for part in campaign.dimensions[by].values if by else ("",):
        yield indicator, part


def is_blank(ctx: Context, text: str) -> bool:
    """Tell whether a text is a template that came back without a figure."""
    kinds = list(dict.fromkeys(org.kind for org in ctx.own_orgs()))
    known = {_squeezed(line) for line in template_lines(ctx.campaign, kinds)}
    return sum(_squeezed(line) in known for line in text.splitlines()) > 1


def _squeezed(line: str) -> str:
    return "".join(line.split()).replace(":", "：")
