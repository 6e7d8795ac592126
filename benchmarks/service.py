"""The HTTP service: its speed beside a pool without HTTP, its memory, and what it does when attacked and killed."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
from skimage import data

from benchmarks.serving import Client, running
from benchmarks.speed import write_speech
from talkinghead.media import save_image
from talkinghead.production import Job, process_pool
from talkinghead.production.spread import run_all

JOBS, MANY, KILLED, HOSTILE = 40, 500, 100, 100
_SIDE, _SECONDS, _SHORT_S = 256, 4.0, 1.0
_WARM_JOBS = 50  # after which memory should no longer grow
_WORKER_KILLS, _SERVER_KILLS = 20, 5
_TITLE = """# The HTTP service

`talkinghead serve` with {workers} workers. Batch: the same jobs on such a pool of workers without
HTTP, in the same run.

| | |
|---|---|
"""


def measure(
    *, jobs: int = JOBS, many: int = MANY, killed: int = KILLED, hostile: int = HOSTILE, workers: int = 2
) -> dict[str, Any]:
    """Everything (Linux only). A count of 0 leaves its part out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        face, long, short = folder / "face.png", folder / "long.wav", folder / "short.wav"
        save_image(cv2.resize(data.astronaut(), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), face)
        write_speech(_SECONDS, long)
        write_speech(_SHORT_S, short)
        result: dict[str, Any] = {"workers": workers}
        if jobs:
            result["speed"] = _measure_speed(folder, face, long, jobs=jobs, workers=workers)
        if many:
            result["memory"] = _measure_memory(folder, face, short, jobs=many, workers=workers)
        if killed:
            result["kills"] = _measure_kills(folder, face, short, jobs=killed, workers=workers)
        if hostile:
            result["hostile"] = _measure_hostile(folder, face, short, count=hostile)
        return result


def _measure_speed(folder: Path, face: Path, speech: Path, *, jobs: int, workers: int) -> dict[str, float]:
    with process_pool(workers, warm=("makeittalk",)) as pool:
        made = [Job(face=str(face), speech=str(speech), out=str(folder / f"{number}.mp4")) for number in range(jobs)]
        run_all(pool, [Job(face=str(face), speech=str(speech), out=str(folder / f"w{n}.mp4")) for n in range(workers)])
        began = time.monotonic()
        run_all(pool, made)
        batch = time.monotonic() - began
    picture, sound = face.read_bytes(), speech.read_bytes()
    with running(folder / "speed", workers=workers) as (_, client):
        client.wait([client.post(picture, sound)[1]["id"] for _ in range(workers)])
        began = time.monotonic()
        states = client.wait([client.post(picture, sound)[1]["id"] for _ in range(jobs)])
        over_http = time.monotonic() - began
        first = sorted(_first_progress(client, picture, sound) for _ in range(5))
    done = sum(state == "done" for state in states.values())
    return {
        "jobs": jobs,
        "done": done,
        "batch": batch,
        "http": over_http,
        "ratio": over_http / batch,
        "first": first[2],
    }


def _first_progress(client: Client, face: bytes, speech: bytes) -> float:
    """Seconds from the answer to an upload to the first progress of its job."""
    id, began = client.post(face, speech)[1]["id"], time.monotonic()
    while not client.state(id).get("progress", {}).get("stage"):
        time.sleep(0.005)
    seconds = time.monotonic() - began
    client.wait([id])
    return seconds


def _measure_memory(folder: Path, face: Path, speech: Path, *, jobs: int, workers: int) -> dict[str, float]:
    picture, sound = face.read_bytes(), speech.read_bytes()
    with running(folder / "memory", workers=workers) as (server, client):
        warm = min(_WARM_JOBS, jobs // 2)
        ids = [client.post(picture, sound)[1]["id"] for _ in range(warm)]
        states = client.wait(ids)
        before = server.memory()
        more = [client.post(picture, sound)[1]["id"] for _ in range(jobs - warm)]
        states |= client.wait(more)
        after = server.memory()
    done = sum(state == "done" for state in states.values())
    return {"jobs": jobs, "done": done, "before": before, "after": after, "growth": after / before - 1}


def _measure_kills(folder: Path, face: Path, speech: Path, *, jobs: int, workers: int) -> dict[str, int]:
    """Workers and the server are killed at random while jobs run; partial files are looked for all the time."""
    picture, sound = face.read_bytes(), speech.read_bytes()
    chance, stop, partial = random.Random(0), threading.Event(), 0
    kills = {"worker": 0, "server": 0}
    with running(folder / "kills", workers=workers) as (server, client):
        ids = [client.post(picture, sound)[1]["id"] for _ in range(jobs)]
        wanted = ["worker"] * (_WORKER_KILLS * jobs // KILLED) + ["server"] * max(1, _SERVER_KILLS * jobs // KILLED)
        chance.shuffle(wanted)

        def kill_often() -> None:
            for what in wanted:
                if stop.wait(chance.uniform(1.0, 5.0)):
                    return
                if what == "server":
                    server.kill()
                    server.start()
                elif found := server.workers():
                    os.kill(chance.choice(found), signal.SIGKILL)
                kills[what] += 1

        killer = threading.Thread(target=kill_often)
        killer.start()
        states = client.wait(ids)
        stop.set()
        killer.join()
        whole = 0
        for id in ids:
            status, video = client.ask("GET", f"/v1/jobs/{id}/video")
            whole += status == 200 and b"moov" in video
            partial += status == 200 and b"moov" not in video
    done = sum(state == "done" for state in states.values())
    return {"jobs": jobs, "done": done, "whole": whole, "partial": partial, **kills}


def _measure_hostile(folder: Path, face: Path, speech: Path, *, count: int) -> dict[str, Any]:
    """Damaged pictures and sounds are uploaded."""
    from tests.mutations import mutate_bytes

    picture, sound = face.read_bytes(), speech.read_bytes()
    refused = failed = taken = unclear = 0
    with running(folder / "hostile", workers=1) as (server, client):
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
    rows: list[tuple[str, str]] = []
    if speed := result.get("speed"):
        what = f"{speed['jobs']} jobs of {_SECONDS:g} s at {_SIDE}x{_SIDE}"
        rows += [
            (f"{what}: batch", f"{speed['batch']:.1f} s"),
            (f"{what}: HTTP", f"{speed['http']:.1f} s, {speed['ratio']:.2f} times as long; {speed['done']} done"),
            ("from the answer to an upload to the first progress, median of 5", f"{1000 * speed['first']:.0f} ms"),
        ]
    if memory := result.get("memory"):
        rows.append(
            (
                f"memory of server and workers over {memory['jobs']} jobs of {_SHORT_S:g} s, from job {_WARM_JOBS} on",
                f"{memory['before']:.0f} to {memory['after']:.0f} MiB ({memory['growth']:+.1%}); {memory['done']} done",
            )
        )
    if kills := result.get("kills"):
        rows.append(
            (
                f"{kills['jobs']} jobs, {kills['worker']} workers and {kills['server']} servers killed",
                f"{kills['done']} done, {kills['whole']} whole videos, {kills['partial']} partial files served",
            )
        )
    if hostile := result.get("hostile"):
        alive = "the server lives" if hostile["alive"] else "the server is dead"
        rows.append(
            (
                f"{hostile['uploads']} damaged uploads",
                f"{hostile['refused']} refused in one sentence, {hostile['failed']} failed with one, "
                f"{hostile['used']} usable all the same, {hostile['unclear']} unclear; {alive}",
            )
        )
    return _TITLE.format(workers=result["workers"]) + "\n".join(f"| {what} | {value} |" for what, value in rows) + "\n"
