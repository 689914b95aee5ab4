"""What the bot understands and answers. Reading ROUTES is reading the product; the first match wins."""

from __future__ import annotations

from handlers import binding, confirming, correction, fallback, help, publishing, questions, ranking, report, status
from handlers.base import Route

ROUTES: tuple[Route, ...] = (
    binding.bind,
    binding.invite,
    help.show_help,
    status.show_mine,
    status.show_progress,
    status.show_missing,
    ranking.show_ranking,
    publishing.publish_ranking,
    confirming.confirm_action,
    correction.undo,
    correction.correct,
    questions.answer_question,
    report.take_report,
    fallback.not_understood,
)

UNKNOWN_SENDER: tuple[Route, ...] = (binding.bind, binding.tell_how_to_join)

NOT_TEXT: Route = fallback.not_text
