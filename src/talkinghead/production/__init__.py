"""From a job, plain JSON, to files: what every door (command line, page, HTTP, batch) calls.

>>> from talkinghead.production import Job, run_job
>>> made = run_job(Job(face="face.png", speech="hello.wav", out="hello.mp4"))  # doctest: +SKIP
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from talkinghead.cancellation import WorkCancelledError
    from talkinghead.production.failures import Failure
    from talkinghead.production.handle import TaskEvent, TaskHandle
    from talkinghead.production.job import Job
    from talkinghead.production.job_files import load_job, save_job
    from talkinghead.production.overrides import override_job
    from talkinghead.production.pool import WorkerPool
    from talkinghead.production.processes import process_pool
    from talkinghead.production.producer import Made, Producer, run_job
    from talkinghead.production.work import check_job

__all__ = [
    "Failure",
    "Job",
    "Made",
    "Producer",
    "TaskEvent",
    "TaskHandle",
    "WorkCancelledError",
    "WorkerPool",
    "check_job",
    "load_job",
    "override_job",
    "process_pool",
    "run_job",
    "save_job",
]

_MODULES = {
    "Failure": "production.failures",
    "Job": "production.job",
    "Made": "production.producer",
    "Producer": "production.producer",
    "TaskEvent": "production.handle",
    "TaskHandle": "production.handle",
    "WorkCancelledError": "cancellation",
    "WorkerPool": "production.pool",
    "check_job": "production.work",
    "load_job": "production.job_files",
    "override_job": "production.overrides",
    "process_pool": "production.processes",
    "run_job": "production.producer",
    "save_job": "production.job_files",
}


def __getattr__(name: str) -> Any:
    # Lazy: a command that only checks a number need not load all of it.
    if name in _MODULES:
        return getattr(importlib.import_module(f"talkinghead.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
