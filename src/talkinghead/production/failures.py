"""What went wrong, as one sentence and an exit code: the same at every door."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from talkinghead.errors import InputError

FAULT, BAD_INPUT = 1, 2
"""Exit codes: a fault of ours, or of the installation; input that the user can mend."""


@dataclass(frozen=True)
class Failure:
    """Why a task failed.

    Attributes:
        sentence: the reason and the remedy, for the user.
        code: the exit code of the command line, ``FAULT`` or ``BAD_INPUT``.
        details: the traceback of a fault of ours, for a log; never for those who gave the task.
    """

    sentence: str
    code: int = BAD_INPUT
    details: str = ""


class TaskFaultError(RuntimeError):
    """A task in a pool failed by no fault of its input; the text is one sentence, ``failure`` has the details."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.sentence)
        self.failure = failure
        if failure.details:
            self.add_note(f"In the worker:\n{failure.details}")


def explain_error(error: Exception) -> Failure | None:
    """The failure that an exception tells of; None for a fault of ours."""
    if isinstance(error, InputError):
        return Failure(str(error))
    if isinstance(error, TaskFaultError):
        return None if error.failure.details else error.failure
    if isinstance(error, ImportError) and not (error.name or "").startswith("talkinghead"):
        return Failure(
            f"a package cannot be loaded ({error}): run talkinghead doctor, which says the remedy.", code=FAULT
        )
    if isinstance(error, OSError):
        what, reason = error.filename or "a file", error.strerror or type(error).__name__
        return Failure(f"{what} cannot be used ({reason}): check its name, permissions and the room on its disk.")
    return None


def failure_of(error: Exception) -> Failure:
    """The failure that an exception tells of; a fault of ours is one, too."""
    known = explain_error(error)
    if known is not None:
        return known
    sentence = f"a fault of the program ({type(error).__name__}: {' '.join(str(error).split())})"
    return Failure(sentence, FAULT, "".join(traceback.format_exception(error)))
