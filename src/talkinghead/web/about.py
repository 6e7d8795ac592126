"""The routes of HTTP about the service itself: methods, voices, health, and numbers for Prometheus."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from talkinghead.version import __version__
from talkinghead.web.schemas import OBJECT, OBJECTS, TEXT, answers, as_json
from talkinghead.web.sentences import RefusedError
from talkinghead.web.service import Service

_STATES = ("queued", "running", "done", "failed", "cancelled")


def list_methods() -> list[dict[str, Any]]:
    """The methods, plain JSON."""
    from talkinghead.methods import all_methods

    return [
        {
            "name": method.name,
            "summary": method.summary,
            "paper": {"title": method.paper.title, "year": method.paper.year, "url": method.paper.url},
            "needs": method.needs,
            "sizes": list(method.sizes()),
            "renderers": list(method.renderers),
            "emotional": method.emotional,
        }
        for method in all_methods()
    ]


@cache
def list_voices(language: str | None = None) -> tuple[dict[str, str], ...]:
    """The voices that say texts, plain JSON; raises ``InputError`` if there are none."""
    from talkinghead.speech.say import voices

    return tuple({"name": each.name, "language": each.language, "engine": each.engine} for each in voices(language))


class AboutRoutes:
    """Routes about the service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def methods(self) -> Response:
        """The methods that videos can be made with."""
        return JSONResponse(await asyncio.to_thread(list_methods))

    async def voices(self, language: str | None = None) -> Response:
        """The voices that can say a text."""
        if language is not None and len(language) > 100:
            raise RefusedError(422, "language is too long: give a name or a code such as de.")
        return JSONResponse(await asyncio.to_thread(list_voices, language))

    async def healthz(self) -> Response:
        """Whether the server runs."""
        return JSONResponse({"status": "ok", "version": __version__})

    async def readyz(self) -> Response:
        """Whether a worker is ready."""
        if not self._service.is_ready():
            raise RefusedError(503, "the workers are starting: try again in some seconds.", retry=5)
        return JSONResponse({"status": "ready"})

    async def metrics(self) -> Response:
        """Numbers for Prometheus."""
        text = "\n".join(_metrics(self._service)) + "\n"
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


def _metrics(service: Service) -> Iterator[str]:
    counts = service.records.counts()
    yield "# HELP talkinghead_tasks Tasks in the database, by state.\n# TYPE talkinghead_tasks gauge"
    for state in _STATES:
        yield f'talkinghead_tasks{{state="{state}"}} {counts.get(state, 0)}'  # type: ignore[call-overload]
    rows = (
        ("workers_ready", "gauge", "Workers that have started.", service.runner.num_ready),
        ("worker_restarts_total", "counter", "Tasks run once more because their worker died.", service.runner.restarts),
        ("tasks_ended_total", "counter", "Tasks that ended since the start.", service.runner.ended),
        ("work_seconds_total", "counter", "Time that workers spent on tasks.", round(service.runner.work_s, 3)),
        ("uploads_total", "counter", "Requests for tasks.", service.asked),
        ("refusals_total", "counter", "Requests for tasks that were refused.", service.refused),
    )
    for name, kind, what, value in rows:
        yield f"# HELP talkinghead_{name} {what}\n# TYPE talkinghead_{name} {kind}\ntalkinghead_{name} {value}"
    memory = _resident_memory()
    if memory is not None:
        yield "# HELP process_resident_memory_bytes Memory of the server, without its workers."
        yield f"# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes {memory}"


def _resident_memory() -> int | None:
    if sys.platform != "linux":
        return None
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def add_about_routes(app: FastAPI, service: Service) -> None:
    """The routes about the service."""
    routes = AboutRoutes(service)
    rows: tuple[tuple[str, Any, str, Any, dict[int, str]], ...] = (
        ("/v1/methods", routes.methods, "the methods", as_json(OBJECTS), {}),
        ("/v1/voices", routes.voices, "the voices", as_json(OBJECTS), {}),
        ("/healthz", routes.healthz, "it runs", as_json(OBJECT), {}),
        ("/readyz", routes.readyz, "it takes jobs", as_json(OBJECT), {503: "the workers are starting"}),
        ("/metrics", routes.metrics, "numbers", TEXT, {}),
    )
    for path, route, what, content, bad in rows:
        app.add_api_route(
            path,
            route,
            methods=["GET"],
            tags=["about"],
            operation_id=f"get_{path.split('/')[-1]}",
            responses=answers({200: (what, content)}, bad),
            response_model=None,
        )
