"""谁改过: the life of one report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handlers.wording.records import KINDS, is_figure, item_name
from handlers.wording.words import moment_words
from models.campaign.definition import Campaign
from models.figures import grouped
from models.ledger import Entry
from models.records import Step


def history(campaign: Campaign, org: str, steps: Sequence[Step], now: Sequence[Entry]) -> str:
    """Write the life of a report: each step with its words, and what counts now."""
    lines = [f"#{steps[0].report.id} {org}"]
    for number, step in enumerate(steps):
        lines += _step_lines(campaign, step, first=number == 0)
    if len(steps) == 1:
        return "\n".join([*lines, "没有人改过。"])
    counted = "，".join(_entry_words(campaign, entry) for entry in now)
    return "\n".join([*lines, f"现在：{counted}" if counted else "现在：都不计入了"])


def _step_lines(campaign: Campaign, step: Step, *, first: bool) -> list[str]:
    report = step.report
    about = "" if first or report.about_id is None else f" #{report.about_id}"
    done = f"{KINDS[report.kind]}{about}"
    number = "" if first else f"，记为 #{report.id}"
    head = f"{moment_words(campaign, report.made_at)} {step.person} {done}{number}"
    figures = "，".join(_moves(campaign, step))
    lines = [f"{head}：{figures}" if figures else head, f"　原话：{_quoted(report.text)}"]
    if step.message.strip() and step.message != report.text:
        lines.append(f"　问过后回答：{_quoted(step.message)}")
    return lines


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:200] + "…"


def _moves(campaign: Campaign, step: Step) -> Iterable[str]:
    """Pair what was taken out with what came in for the same thing."""
    left = list(step.entered)
    for old in step.ended:
        new = next((each for each in left if (each.indicator, each.part) == (old.indicator, old.part)), None)
        if new is None:
            yield f"{_entry_words(campaign, old)}取消"
            continue
        left.remove(new)
        name = item_name(campaign, old.indicator, old.part)
        yield f"{name}{_figure_words(campaign, old)}→{_figure_words(campaign, new)}"
    for new in left:
        yield _entry_words(campaign, new)


def _entry_words(campaign: Campaign, entry: Entry) -> str:
    return f"{item_name(campaign, entry.indicator, entry.part)}{_figure_words(campaign, entry)}"


def _figure_words(campaign: Campaign, entry: Entry) -> str:
    if not is_figure(entry.indicator):
        return ""
    measure = campaign.indicators[entry.indicator].measure if entry.indicator in campaign.indicators else ""
    approx = "（约）" if entry.approx else ""
    return f"{'累计' if entry.cumulative else ''}{grouped(entry.stated)}{measure}{approx}"
