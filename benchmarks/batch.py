"""Many jobs: a batch beside the command in a loop, workers that are killed at random, and a node of a cluster that is.

Each number comes with what it is compared with, from the same run. ``python -m benchmarks batch`` takes some minutes.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import cv2
from skimage import data

from benchmarks.pieces import measure_pieces
from benchmarks.speed import write_speech
from talkinghead.media import VideoReader, save_image
from talkinghead.production import Job, TaskEvent, TaskHandle, WorkerPool, process_pool
from talkinghead.production.processes import num_cores
from talkinghead.production.spread import run_all

JOBS, SECONDS, SIZE = 40, 4.0, 256
KILLED_JOBS, KILLS = 100, 20
CLUSTER_JOBS = 12
_SHORT_S, _SMALL = 1.0, 128
_MOMENTS = (0.3, 3.0)  # s between two kills, at random
_COMMAND = [sys.executable, "-c", "import sys; from talkinghead.cli.main import main; main()"]
_PAGE = """# Batches

{jobs} jobs of {seconds:g} s at {size}x{size}, 25 frames per second, on {cores} cores: `talkinghead animate` once for
each, one after the other, and `talkinghead batch`, from the beginning of the command to its end.

| | s | s per job | ratio |
|---|---|---|---|
| the command in a loop | {loop:.1f} | {loop_each:.2f} | 1.00 |
| `talkinghead batch` | {batch:.1f} | {batch_each:.2f} | {ratio:.2f} |
"""
_KILLED = """## Workers killed

{jobs} jobs of {seconds:g} s, during which {kills} workers were killed (SIGKILL) at random moments, while they worked on
a job: {done} jobs done, {failed} failed; {twice} told twice, {missing} videos missing or not whole, {left} part files
left behind; {again} jobs begun again.
"""
_CLUSTER = """## A node killed

{jobs} jobs of {seconds:g} s on a Ray cluster of two nodes with a core each, on this machine; one node was killed once
{before} jobs were done: {done} jobs done, {failed} failed; {twice} told twice, {missing} videos missing or not whole;
{again} begun again.
"""


def measure(scratch: Path) -> dict[str, Any]:
    """Seconds and counts: "speed", "killed", and where Ray is installed, "cluster".

    Args:
        scratch: folder for pieces of a run that was stopped.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in (SIZE, _SMALL):
            picture = cv2.resize(data.astronaut(), (size, size), interpolation=cv2.INTER_AREA)
            save_image(picture, folder / f"face{size}.png")
        write_speech(SECONDS, folder / "long.wav")
        write_speech(_SHORT_S, folder / "short.wav")
        pieces = {"cluster": measure_cluster, "killed": measure_kills, "speed": measure_speed}
        found = measure_pieces(scratch, {name: partial(each, folder) for name, each in pieces.items()})
        return {name: value for name, value in found.items() if value is not None}


def measure_speed(folder: Path, *, jobs: int = JOBS) -> dict[str, float]:
    """Seconds of the command in a loop and of a batch, each as a process of its own."""
    face, speech = str(folder / f"face{SIZE}.png"), str(folder / "long.wav")
    began = time.monotonic()
    for number in range(jobs):
        out = folder / "loop" / f"{number}.mp4"
        out.parent.mkdir(exist_ok=True)
        _run(["animate", face, speech, "-o", str(out), "--seed", str(number)])
    loop = time.monotonic() - began
    manifest = folder / "jobs.csv"
    rows = [f"{face},{speech},{number},{number}.mp4" for number in range(jobs)]
    manifest.write_text("\n".join(["face,speech,seed,out", *rows]) + "\n", encoding="utf-8")
    began = time.monotonic()
    _run(["batch", str(manifest), "-o", str(folder / "batch")])
    batch = time.monotonic() - began
    return {"jobs": jobs, "cores": num_cores(), "loop": loop, "batch": batch}


def _run(arguments: list[str]) -> None:
    done = subprocess.run([*_COMMAND, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)


def _short_jobs(folder: Path, name: str, count: int) -> list[Job]:
    out = folder / name
    out.mkdir()
    face, speech = str(folder / f"face{_SMALL}.png"), str(folder / "short.wav")
    return [Job(face, str(out / f"{number}.mp4"), speech=speech, seed=number) for number in range(count)]


class _Count:
    """What was told of jobs; and whether their videos are whole."""

    def __init__(self) -> None:
        self.ends: Counter[int] = Counter()
        self.again = 0

    def __call__(self, handle: TaskHandle, event: TaskEvent) -> None:
        self.ends[handle.number] += event.kind in ("done", "failed", "cancelled")
        self.again += event.kind == "restarted"

    def result(self, handles: list[TaskHandle], jobs: list[Job]) -> dict[str, int]:
        states = Counter(handle.state for handle in handles)
        folder = Path(jobs[0].out).parent
        whole = [path for job in jobs if (path := Path(job.out)).exists() and _is_whole(path)]
        return {
            "jobs": len(jobs),
            "done": states["done"],
            "failed": states["failed"],
            "twice": sum(count != 1 for count in self.ends.values()),
            "missing": len(jobs) - len(whole),
            "left": len(list(folder.iterdir())) - len(jobs),
            "again": self.again,
        }


def _is_whole(path: Path) -> bool:
    return sum(len(chunk) for chunk in VideoReader(path).chunks()) == round(25 * _SHORT_S)


def measure_kills(folder: Path, *, jobs: int = KILLED_JOBS, kills: int = KILLS) -> dict[str, int]:
    """Kill workers at random while they work on jobs, until so many are killed."""
    tasks, count, draw = _short_jobs(folder, "killed", jobs), _Count(), random.Random(0)
    busy: dict[int, int] = {}  # task -> process of its worker
    killed: list[int] = []
    over = threading.Event()

    def listen(handle: TaskHandle, event: TaskEvent) -> None:
        count(handle, event)
        if event.kind == "started":
            busy[handle.number] = int(handle.worker.split()[-1])
        elif event.kind != "progress":
            busy.pop(handle.number, None)

    def kill_some() -> None:
        while len(killed) < kills and not over.wait(draw.uniform(*_MOMENTS)):
            victims = [(number, process) for number, process in tuple(busy.items()) if number not in killed]
            if victims:  # each job loses a worker at most once: it has two tries
                number, process = draw.choice(victims)
                os.kill(process, signal.SIGKILL)
                killed.append(number)

    thread = threading.Thread(target=kill_some, daemon=True)
    with process_pool() as pool:
        thread.start()
        handles = run_all(pool, tasks, listen=listen)
        over.set()
    return {**count.result(handles, tasks), "kills": len(killed)}


def measure_cluster(folder: Path, *, jobs: int = CLUSTER_JOBS) -> dict[str, int] | None:
    """Kill one of two nodes in the middle; None where Ray is not installed."""
    try:
        import ray
        from ray.cluster_utils import Cluster
    except ImportError:
        return None
    from talkinghead.production.cluster import ray_pool

    # Workers as nice as those of a batch.
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    node = cluster.add_node(num_cpus=1)
    try:
        with ray_pool(cluster.address) as pool:
            return _run_with_death(pool, _short_jobs(folder, "cluster", jobs), lambda: cluster.remove_node(node, False))
    finally:
        ray.shutdown()
        cluster.shutdown()


def _run_with_death(pool: WorkerPool, tasks: list[Job], kill: Any) -> dict[str, int]:
    count, before = _Count(), len(tasks) // 3

    def advance(done: int, total: int) -> None:
        if done == before:
            kill()

    handles = run_all(pool, tasks, listen=count, advance=advance)
    return {**count.result(handles, tasks), "before": before}


def table(result: Mapping[str, Any]) -> str:
    """The result as Markdown."""
    speed, jobs = result["speed"], result["speed"]["jobs"]
    page = _PAGE.format(
        **speed,
        seconds=SECONDS,
        size=SIZE,
        loop_each=speed["loop"] / jobs,
        batch_each=speed["batch"] / jobs,
        ratio=speed["loop"] / speed["batch"],
    )
    pages = [page, _KILLED.format(**result["killed"], seconds=_SHORT_S)]
    if "cluster" in result:
        pages.append(_CLUSTER.format(**result["cluster"], seconds=_SHORT_S))
    return "\n".join(pages)
