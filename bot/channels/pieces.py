"""Send a long text piece by piece, with the one rule about a failure in the middle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.channels.base import Reaction, SendError

Piece = TypeVar("Piece")
Answer = TypeVar("Answer")


def in_order(pieces: Sequence[Piece], send: Callable[[Piece], Answer]) -> list[Answer]:
    """Send the pieces in order; raise what the first failure means for the whole.

    Once a piece has gone, the whole is neither sent nor unsent: UNCERTAIN, so that only a channel whose platform
    weeds out repeats tries again by itself.
    """
    answers: list[Answer] = []
    for piece in pieces:
        try:
            answers.append(send(piece))
        except SendError as error:
            if not answers:
                raise
            detail = f"piece {len(answers) + 1} of {len(pieces)}: {error.detail}"
            raise SendError(Reaction.UNCERTAIN, detail, error.code) from None
    return answers
