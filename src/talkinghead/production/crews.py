"""Which pool: processes of this machine, or a Ray cluster."""

from __future__ import annotations

from talkinghead.production.pool import WorkerPool
from talkinghead.production.processes import num_cores, process_pool


def make_pool(
    number: int,
    *,
    workers: int | None = None,
    ray: str | None = None,
    max_seconds: float | None = None,
    max_memory: int | None = None,
) -> WorkerPool:
    """A pool for so many tasks.

    Args:
        number: of tasks; there are no more workers than that.
        workers: most workers; None: one per core of the machine or the cluster.
        ray: "local", "auto" or the address of a Ray cluster; None: processes of this machine.
        max_seconds: see ``process_pool``.
        max_memory: see ``process_pool``.

    Raises:
        InputError: ray is not installed, or there is no cluster at the address.
    """
    if ray is None:
        return process_pool(min(workers or num_cores(), number), max_seconds=max_seconds, max_memory=max_memory)
    from talkinghead.production.cluster import ray_pool

    return ray_pool(ray, workers=workers, most=number, max_seconds=max_seconds, max_memory=max_memory)
