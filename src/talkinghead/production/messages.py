"""What a pool and its workers tell each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from talkinghead.production.failures import Failure
from talkinghead.production.job import Job

if TYPE_CHECKING:
    from talkinghead.types import Progress


Task: TypeAlias = "Job | Callable[[Progress], Any]"
"""A job, or a picklable function that takes the progress hook and passes ``cancellation.checkpoint()`` often."""


@dataclass(frozen=True)
class RunTask:
    """To a worker: do this next."""

    number: int
    task: Task


@dataclass(frozen=True)
class CancelTask:
    """To a worker: stop doing this."""

    number: int


@dataclass(frozen=True)
class Ready:
    """From a worker: it has started, and takes tasks."""


@dataclass(frozen=True)
class Advance:
    """From a worker: its task has come so far."""

    number: int
    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class Note:
    """From a worker: its task announced something (``errors.announce``)."""

    number: int
    text: str


@dataclass(frozen=True)
class End:
    """From a worker: its task is done, failed, or was cancelled (neither result nor failure)."""

    number: int
    result: Any = None
    failure: Failure | None = None
    cancelled: bool = False


@dataclass(frozen=True)
class Death:
    """Of a worker: it is gone, for a reason in a few words."""

    reason: str


Message: TypeAlias = "Ready | Advance | Note | End | Death"
