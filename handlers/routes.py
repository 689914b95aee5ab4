"""What the bot understands and answers. Reading ROUTES is reading the product; the first match wins."""

from __future__ import annotations

from handlers import (
    amendment,
    auditing,
    binding,
    confirming,
    correction,
    evidence,
    explaining,
    exporting,
    fallback,
    form,
    help,
    publishing,
    questions,
    ranking,
    reasons,
    report,
    same_week,
    shared_evidence,
    status,
    suggestions,
    summary,
    template,
)
from handlers.base import Route
from handlers.people import appointing, default, handing, joining, listing, switching, tight

ROUTES: tuple[Route, ...] = (
    binding.bind,
    binding.invite,
    listing.show_people,
    joining.accept,
    joining.decline,
    appointing.appoint,
    appointing.dismiss,
    handing.hand_over,
    switching.switch_off,
    switching.switch_on,
    default.set_default,
    tight.run_spaced,
    help.show_help,
    form.start,
    form.step,
    template.show_template,
    reasons.show_reasons,
    status.show_mine,
    status.show_progress,
    status.show_missing,
    ranking.show_ranking,
    publishing.publish_ranking,
    auditing.show_audit,
    auditing.show_history,
    exporting.export_ledger,
    summary.document,
    evidence.show_evidence,
    shared_evidence.show_shared,
    confirming.confirm_action,
    explaining.show_explanation,
    correction.undo,
    amendment.amend,
    correction.correct,
    questions.answer_question,
    same_week.same_as_last_week,
    form.take_answer,
    report.take_report,
    evidence.take_link,
    joining.claim_known,
    suggestions.suggest,
    fallback.not_understood,
)

UNKNOWN_SENDER: tuple[Route, ...] = (binding.bind, joining.claim, binding.tell_how_to_join)

NOT_TEXT: tuple[Route, ...] = (evidence.take_photo, evidence.take_link, fallback.not_text)
