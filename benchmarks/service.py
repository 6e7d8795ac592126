"""The HTTP service: its speed beside a pool without HTTP, its memory, and what it does when attacked and killed."""

from __future__ import annotations

import os
import random
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from skimage import data

from benchmarks.pieces import measure_pieces
from benchmarks.serving import Client, Server, running
from benchmarks.speed import write_speech
from talkinghead.media import save_image
from talkinghead.production import Job, process_pool
from talkinghead.production.processes import num_cores
from talkinghead.production.spread import run_all

JOBS, MANY, KILLED, HOSTILE = 40, 500, 100, 100
_SIDE, _SECONDS, _SHORT_S = 256, 4.0, 1.0
_WARM_JOBS = 50  # after which memory should no longer grow
_WORKER_KILLS, _SERVER_KILLS = 20, 5
_FIRST_TRIES = 9
_TURNS = 5  # of batch and HTTP
_MOMENTS = (0.5, 3.0)  # s between two kills, at random
_PAGE = """# The HTTP service

`talkinghead serve` on {cores} cores, {workers} workers, pictures of {side}x{side}; its client is a program on the same
machine.

## Speed

{jobs} jobs of {seconds:g} s. Batch: the same jobs on such a pool of workers without HTTP, both warm, in turns.

| | |
|---|---|
| batch | {batch:.1f} s |
| HTTP, from the first upload to the last end | {http:.1f} s, {ratio:.2f} times as long; {done} of {jobs} done |
| from an upload's last byte to the first progress event | median {first:.0f} ms, longest of {tries} {slowest:.0f} ms |
| of that, from the answer on | median {after:.0f} ms |

For the last two rows workers are warm and free.
"""
_MEMORY = """## Memory

{jobs} jobs of {seconds:g} s, one upload each. Resident memory of the server and its workers when all was idle.

| after job | MiB |
|---|---|
| {warm} | {before:.0f} |
| {jobs} | {after:.0f} ({growth:+.1%}) |

{done} done, {lost} lost, {doubled} run more than once.
"""
_KILLED = """## Kills

{jobs} jobs of {seconds:g} s while {worker} workers and {server} servers were killed (SIGKILL) at random moments; a
job that has lost its worker is not robbed of a second one, for it has two tries. A server that was killed was started
again.

{done} of {jobs} jobs done, {whole} whole videos, {partial} partial files served ({asked} requests for videos of jobs
that ran or had ended), {ends} ends noted.
"""
_HOSTILE = """## Damaged uploads

{uploads} uploads whose picture or sound was damaged at random, as in the tests: {refused} refused at once in one
sentence (4xx), {failed} failed with one, {used} usable all the same, {unclear} anything else. Afterwards the server
{alive}.
"""


def measure(
    scratch: Path,
    *,
    jobs: int = JOBS,
    many: int = MANY,
    killed: int = KILLED,
    hostile: int = HOSTILE,
    workers: int | None = None,
) -> dict[str, Any]:
    """Everything (Linux only).

    Args:
        scratch: folder for pieces of a run that was stopped.
        jobs: of the comparison with a batch.
        many: jobs of the measurement of memory.
        killed: jobs during kills.
        hostile: damaged uploads.
        workers: of each server; None: one per core.
    """
    workers = workers or num_cores()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        face, long, short = folder / "face.png", folder / "long.wav", folder / "short.wav"
        save_image(cv2.resize(data.astronaut(), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), face)
        write_speech(_SECONDS, long)
        write_speech(_SHORT_S, short)
        pieces = {
            "speed": partial(_measure_speed, folder, face, long, jobs=jobs, workers=workers),
            "hostile": partial(_measure_hostile, folder, face, short, count=hostile, workers=workers),
            "kills": partial(_measure_kills, folder, face, short, jobs=killed, workers=workers),
            "memory": partial(_measure_memory, folder, face, short, jobs=many, workers=workers),
        }
        return {"workers": workers, "cores": num_cores(), **measure_pieces(scratch, pieces)}


def _measure_speed(folder: Path, face: Path, speech: Path, *, jobs: int, workers: int) -> dict[str, float]:
    picture, sound = face.read_bytes(), speech.read_bytes()
    batch, over_http, states = 0.0, 0.0, {}

    def job(name: str) -> Job:
        place = folder / name
        return Job(face=str(face), speech=str(speech), out=f"{place}.mp4", motion_out=f"{place}.npz")

    with process_pool(workers, warm=("makeittalk",)) as pool, running(folder / "speed", workers=workers) as (_, client):
        run_all(pool, [job(f"warm{number}") for number in range(workers)])
        client.wait([client.post(picture, sound)[1]["id"] for _ in range(workers)])
        # In turns, so that both have the same of what else the machine does.
        for numbers in np.array_split(np.arange(jobs), min(_TURNS, jobs)):
            began = time.monotonic()
            run_all(pool, [job(str(number)) for number in numbers])
            between = time.monotonic()
            states |= client.wait([client.post(picture, sound)[1]["id"] for _ in numbers])
            batch, over_http = batch + between - began, over_http + time.monotonic() - between
        waits = [client.first_progress(picture, sound) for _ in range(_FIRST_TRIES)]
    first = [each for each, _ in waits]
    return {
        "jobs": jobs,
        "done": _count_done(states),
        "batch": batch,
        "http": over_http,
        "ratio": over_http / batch,
        "first": 1000 * statistics.median(first),
        "slowest": 1000 * max(first),
        "after": 1000 * statistics.median(after for _, after in waits),
        "tries": len(waits),
    }


def _count_done(states: Mapping[str, str]) -> int:
    return sum(state == "done" for state in states.values())


def _measure_memory(folder: Path, face: Path, speech: Path, *, jobs: int, workers: int) -> dict[str, float]:
    picture, sound = face.read_bytes(), speech.read_bytes()
    with running(folder / "memory", workers=workers) as (server, client):
        warm = min(_WARM_JOBS, jobs // 2)
        states = client.wait([client.post(picture, sound)[1]["id"] for _ in range(warm)])
        before = server.memory()
        states |= client.wait([client.post(picture, sound)[1]["id"] for _ in range(jobs - warm)])
        after = server.memory()
        ended = client.metric("talkinghead_tasks_ended_total")
    done = _count_done(states)
    return {
        "jobs": jobs,
        "warm": warm,
        "done": done,
        "lost": jobs - len(states),
        "doubled": ended - jobs,
        "before": before,
        "after": after,
        "growth": after / before - 1,
    }


def _measure_kills(folder: Path, face: Path, speech: Path, *, jobs: int, workers: int) -> dict[str, int]:
    """Workers and the server are killed at random while jobs run; results are asked for all the time."""
    picture, sound = face.read_bytes(), speech.read_bytes()
    wanted = ["worker"] * (_WORKER_KILLS * jobs // KILLED) + ["server"] * max(1, _SERVER_KILLS * jobs // KILLED)
    random.Random(0).shuffle(wanted)
    with running(folder / "kills", workers=workers) as (server, client):
        ids = [client.post(picture, sound)[1]["id"] for _ in range(jobs)]
        killer = _Killer(server, client, ids, wanted)
        thread = threading.Thread(target=killer.run)
        thread.start()
        partial_files = asked = 0
        states: dict[str, str] = {}
        while len(states) < jobs:
            for id in (each for each in ids if each not in states):
                if (state := client.state(id)["state"]) == "queued":
                    continue
                status, video = client.ask_patiently("GET", f"/v1/jobs/{id}/video")
                asked += 1
                partial_files += status == 200 and b"moov" not in video
                if state != "running":
                    states[id] = state
            time.sleep(0.3)
        killer.stop.set()
        thread.join()
        videos = [client.ask("GET", f"/v1/jobs/{id}/video") for id in ids]
        ends = sum(client.state(id)["ended"] is not None for id in ids)
    whole = sum(status == 200 and b"ftyp" in video[:12] and b"moov" in video for status, video in videos)
    counts = {"jobs": jobs, "done": _count_done(states), "whole": whole, "partial": partial_files, "asked": asked}
    return counts | {"ends": ends, **killer.kills}


class _Killer:
    """Kills workers and the server at random moments, no job's worker twice."""

    def __init__(self, server: Server, client: Client, ids: list[str], wanted: list[str]) -> None:
        self._server, self._client, self._ids, self._wanted = server, client, ids, wanted
        self._chance, self._robbed = random.Random(1), set[str]()
        self.stop = threading.Event()
        self.kills = {"worker": 0, "server": 0}

    def run(self) -> None:
        """Kill everything that is wanted."""
        for what in self._wanted:
            if self.stop.wait(self._chance.uniform(*_MOMENTS)):
                return
            if what == "server":
                self._server.kill()
                self._server.start()
                self.kills[what] += 1
            elif self._wait_for_others():
                os.kill(self._chance.choice(self._server.workers()), signal.SIGKILL)
                self.kills[what] += 1

    def _wait_for_others(self) -> bool:
        """Wait until jobs run that have not lost a worker, and remember them; False: it is time to stop."""
        while not self.stop.wait(0.02):
            running = {id for id in self._ids if self._client.state(id)["state"] == "running"}
            if running and not running & self._robbed and self._server.workers():
                self._robbed |= running
                return True
        return False


def _measure_hostile(folder: Path, face: Path, speech: Path, *, count: int, workers: int) -> dict[str, Any]:
    """Damaged pictures and sounds are uploaded."""
    from tests.mutations import mutate_bytes

    picture, sound = face.read_bytes(), speech.read_bytes()
    refused = failed = taken = unclear = 0
    with running(folder / "hostile", workers=workers) as (server, client):
        waiting = []
        for seed in range(count):
            bad = seed % 2 == 0
            status, told = client.post(
                mutate_bytes(picture, seed) if bad else picture, sound if bad else mutate_bytes(sound, seed), "x.png"
            )
            if status == 202:
                waiting.append(told["id"])
            elif 400 <= status < 500 and told["error"].endswith(".") and str(folder) not in told["error"]:
                refused += 1
            else:
                unclear += 1
        for id in waiting:
            client.wait([id])
            told = client.state(id)
            taken += told["state"] == "done"
            is_told = told["state"] == "failed" and told["error"].endswith(".") and str(folder) not in told["error"]
            failed += is_told
            unclear += told["state"] != "done" and not is_told
        alive = server.process.poll() is None and client.ask("GET", "/healthz")[0] == 200
    return {"uploads": count, "refused": refused, "failed": failed, "used": taken, "unclear": unclear, "alive": alive}


def page(result: Mapping[str, Any]) -> str:
    """The result as Markdown."""
    hostile = {**result["hostile"], "alive": "lives" if result["hostile"]["alive"] else "is dead"}
    first = _PAGE.format(
        **result["speed"], cores=result["cores"], workers=result["workers"], side=_SIDE, seconds=_SECONDS
    )
    more = [
        _MEMORY.format(**result["memory"], seconds=_SHORT_S),
        _KILLED.format(**result["kills"], seconds=_SHORT_S),
        _HOSTILE.format(**hostile),
    ]
    return "\n".join([first, *more])
