"""Several callers, one piece of work: who comes first does what is waiting, and the others find theirs done.

SQLite lets one writer in at a time and each commit waits for the disk. Messages that come together share one commit, so
that a crowd is answered about as fast as its first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger()

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")

MOST = 16  # tasks at once: nobody waits long for the others


class TooLongError(Exception):
    """The work of others took longer than the caller may wait. The task may be done all the same."""


@dataclass(slots=True, eq=False)
class _Place(Generic[Task, Outcome]):
    task: Task
    done: bool = False
    outcome: Outcome | None = None
    error: BaseException | None = None


class Together(Generic[Task, Outcome]):
    """Does tasks in groups, in the order they came.

    several: does a group, or raises; then nothing of it is done. one: does a single task.
    whole:   errors that concern the group. After any other each task is done by itself, so that one bad task is one.
    """

    def __init__(
        self,
        several: Callable[[Sequence[Task]], Sequence[Outcome]],
        one: Callable[[Task], Outcome],
        whole: tuple[type[Exception], ...],
        seconds: float,
    ) -> None:
        self._several, self._one, self._whole, self._seconds = several, one, whole, seconds
        self._waiting: list[_Place[Task, Outcome]] = []
        self._changed = threading.Condition()  # guards both; told when tasks are done, or nobody works any more
        self._working = False  # somebody is

    def __call__(self, task: Task) -> Outcome:
        """Do a task, or let it be done with others. Raises what doing it raised, or TooLongError."""
        mine: _Place[Task, Outcome] = _Place(task)
        with self._changed:
            self._waiting.append(mine)
            if not self._changed.wait_for(lambda: mine.done or not self._working, self._seconds):
                if mine in self._waiting:
                    self._waiting.remove(mine)
                raise TooLongError
            if not mine.done:
                self._working = True
        if not mine.done:  # nobody else works: it can only be done here
            self._work_until(mine)
        if mine.error is not None:
            raise mine.error
        return mine.outcome  # type: ignore[return-value]  # done without an error: it has one

    def _work_until(self, mine: _Place[Task, Outcome]) -> None:
        try:
            while not mine.done:
                with self._changed:
                    group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                self._work(group)
                with self._changed:
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._working = False
                self._changed.notify_all()

    def _work(self, group: Sequence[_Place[Task, Outcome]]) -> None:
        try:
            if len(group) > 1:
                outcomes = self._several([place.task for place in group])
                for place, outcome in zip(group, outcomes, strict=True):
                    place.outcome, place.done = outcome, True
        except self._whole as error:
            for place in group:
                place.error, place.done = error, True
        except BaseException as error:  # nobody may be left without an answer: they would wait for ever
            log.warning("group-split", count=len(group), problem=type(error).__name__)
        for place in group:
            if not place.done:
                self._alone(place)

    def _alone(self, place: _Place[Task, Outcome]) -> None:
        try:
            place.outcome = self._one(place.task)
        except BaseException as error:
            place.error = error
        place.done = True
