"""The routes of HTTP for tasks: jobs, persons and evaluations."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse

from talkinghead.web.forms import Form, body_schema, check_texts, evaluation_form, job_form, person_form
from talkinghead.web.page_tasks import EvaluateVideo, PlotMotion
from talkinghead.web.records import FINAL, Kind, TaskRecord
from talkinghead.web.schemas import BINARY, EVENTS, OBJECT, TASK, TASKS, Schema, answers, as_json
from talkinghead.web.sentences import RefusedError
from talkinghead.web.service import Service, client_of, public_report
from talkinghead.web.tasks import AdaptPerson, CheckJob, CheckVideos
from talkinghead.web.uploads import read_form

if TYPE_CHECKING:
    from talkinghead.types import Progress

_POLL_S = 0.05
_PING_S = 15.0
_IDLE_S = 60.0  # in which the next piece of an upload should come
_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".gif": "image/gif",
    ".png": "image/png",
    ".npz": "application/octet-stream",
    ".csv": "text/csv",
    ".json": "application/json",
    ".glb": "model/gltf-binary",
    ".html": "text/html",
}
_ATTACHED = (".npz", ".csv", ".glb")
_JOB_EXAMPLE = {"text": "Good morning.", "seed": 5}
_PERSON_EXAMPLE = {"name": "Anna", "consent": "Anna agreed by e-mail on 3 March 2026."}


class TaskRoutes:
    """Routes of one kind of tasks.

    Args:
        service: does the work.
        kind: of the tasks.
        form: the fields to ask for a task.
        check: makes of a task another one that checks its files.
    """

    def __init__(
        self, service: Service, kind: Kind, form: Form, check: Callable[[Any], Callable[[Progress], Any]]
    ) -> None:
        self._service, self._kind, self._form, self._check = service, kind, form, check

    async def post(self, request: Request) -> Response:
        """Ask for a task; it waits in the queue until a worker is free."""
        service, client = self._service, client_of(request.client and request.client.host)
        length = int(request.headers.get("content-length", "0"))
        with service.admit(client, length) as id:
            form = await read_form(
                request.headers.get("content-type", ""),
                _pieces_of(request),
                self._form,
                service.folder_of(id) / "in",
                largest=service.settings.max_upload,
            )
            if self._kind == "job":
                check_texts(form.values)
            record = await asyncio.to_thread(service.submit, id, self._kind, form, client, self._check)
        told = service.describe(record)
        place = f"/v1/{self._kind}s/{id}"
        return JSONResponse({**told, "events": f"{place}/events"}, 202, {"location": place})

    async def get(self, id: str) -> Response:
        """The state of a task, and how far it is."""
        return JSONResponse(self._service.describe(self._find(id)))

    async def events(self, id: str) -> Response:
        """Server-sent events, each the task's state: "progress", at the end "done", "failed" or "cancelled"."""
        self._find(id)
        return StreamingResponse(
            _events_of(self._service, id), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
        )

    async def delete(self, id: str) -> Response:
        """Cancel a task that waits or runs, within a second; remove one that ended, with its files."""
        await asyncio.to_thread(self._service.cancel, self._find(id))
        return Response(status_code=204)

    async def video(self, id: str) -> Response:
        """The video of a job that is done."""
        return self.result(id, "video")

    async def motion(self, id: str) -> Response:
        """The motion of a job that is done: a file for the field motion of another job."""
        return self.result(id, "motion")

    async def arkit(self, id: str) -> Response:
        """The export of the motion that was asked for with the field arkit."""
        return self.result(id, "arkit")

    async def show(self, id: str) -> Response:
        """The picture of the renderer's inner workings that was asked for with the field show."""
        return self.result(id, "show")

    async def curves(self, id: str) -> Response:
        """The curves of lips, head and blinks of a job that is done, as a picture."""
        record = self._find(id)
        self._check_done(record)
        motion = self._service.result_file(record, "motion")
        if motion is None:
            raise RefusedError(404, "the job has no motion: there are no curves.")
        picture = motion.with_name("curves.png")
        if not picture.exists():
            await asyncio.to_thread(self._service.ask, PlotMotion(motion, picture))
        return file_response(picture, f"curves-{id[:6]}.png")

    async def page(self, id: str) -> Response:
        """The report of an evaluation that is done, as a page."""
        return self.result(id, "page")

    async def scores(self, id: str) -> Response:
        """The scores of an evaluation that is done."""
        return self.result(id, "scores")

    async def report(self, id: str) -> Response:
        """What was asked for and what came of it."""
        record = self._find(id)
        self._check_done(record)
        return JSONResponse(public_report(record))

    async def list_all(self) -> Response:
        """All tasks of this kind."""
        return JSONResponse([self._service.describe(record) for record in self._service.records.all_of(self._kind)])

    def result(self, id: str, name: str) -> Response:
        """A file of a task that is done."""
        record = self._find(id)
        self._check_done(record)
        path = self._service.result_file(record, name)
        if path is None or not path.is_file():
            raise RefusedError(404, f"the {self._kind} has no {name}: see its results.")
        return file_response(path, f"{name}-{id[:6]}{path.suffix}")

    def _find(self, id: str) -> TaskRecord:
        record = self._service.records.find(id)
        if record is None or record.kind != self._kind:
            raise RefusedError(404, f"there is no such {self._kind}: it was removed, or its id is wrong.")
        return record

    def _check_done(self, record: TaskRecord) -> None:
        if record.state != "done":
            raise RefusedError(409, record.sentence or f"the {self._kind} is {record.state}: it has no results.")


def file_response(path: Path, name: str) -> Response:
    """A file, of which browsers may ask for parts."""
    suffix = path.suffix.lower()
    return FileResponse(
        path,
        media_type=_TYPES.get(suffix, "application/octet-stream"),
        filename=name,
        content_disposition_type="attachment" if suffix in _ATTACHED else "inline",
    )


async def _pieces_of(request: Request) -> AsyncIterator[bytes]:
    """The body, as long as pieces of it keep coming."""
    stream = request.stream()
    while True:
        try:
            piece = await asyncio.wait_for(anext(stream), _IDLE_S)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise RefusedError(408, "the request breaks off: send it again.") from None
        yield piece


async def _events_of(service: Service, id: str) -> AsyncIterator[str]:
    """Events of a task until it ends, it is removed, or the service stops."""
    serial, quiet, state = -1, 0.0, ""
    while not service.closing.is_set():
        live, record = service.runner.live(id), service.records.find(id)
        if record is None:
            return
        now = 0 if live is None else live.serial
        if record.state in FINAL or record.state != state or now != serial:
            name = record.state if record.state in FINAL else "progress"
            yield f"event: {name}\ndata: {json.dumps(service.describe(record))}\n\n"
            if record.state in FINAL:
                return
            serial, quiet, state = now, 0.0, record.state
        elif quiet >= _PING_S:
            yield ": still here\n\n"
            quiet = 0.0
        await asyncio.sleep(_POLL_S)
        quiet += _POLL_S


def _check_person(task: AdaptPerson) -> CheckVideos:
    return CheckVideos(task.videos)


def _check_evaluation(task: EvaluateVideo) -> CheckVideos:
    return CheckVideos(task.paths())


def add_task_routes(app: FastAPI, service: Service) -> None:
    """The routes of jobs, persons and evaluations."""
    jobs = TaskRoutes(service, "job", job_form(), CheckJob)
    persons = TaskRoutes(service, "person", person_form(), _check_person)
    _add_kind(app, jobs, "jobs", body_schema(job_form(), example=_JOB_EXAMPLE))
    body = body_schema(person_form(), required=("videos", "consent"), example=_PERSON_EXAMPLE)
    _add_kind(app, persons, "persons", body)
    _add(app, "/v1/persons", persons.list_all, "persons", good={200: ("all persons", as_json(TASKS))})
    bad = {404: "no such task, or it has none of these", 409: "it is not done"}
    evaluations = TaskRoutes(service, "evaluation", evaluation_form(), _check_evaluation)
    body = body_schema(evaluation_form(), required=("video",), example={})
    _add_kind(app, evaluations, "evaluations", body)
    found = {200: ("the page", {"text/html": {"schema": {"type": "string"}}})}
    _add(app, "/v1/evaluations/{id}/page", evaluations.page, "evaluations", good=found, bad=bad)
    scores = {200: ("the scores", as_json(OBJECT))}
    _add(app, "/v1/evaluations/{id}/scores", evaluations.scores, "evaluations", good=scores, bad=bad)
    for name in ("video", "motion", "arkit", "show"):
        good = {200: ("the file", BINARY), 206: ("the range of it", BINARY)}
        # Of ranges that cannot be met, Starlette tells in plain text.
        route: Any = getattr(jobs, name)
        _add(app, f"/v1/jobs/{{id}}/{name}", route, "jobs", methods=["GET"], good=good, bad=bad, ranges=True)
    picture = {200: ("a PNG", {"image/png": {"schema": {"type": "string", "format": "binary"}}})}
    _add(app, "/v1/jobs/{id}/curves", jobs.curves, "jobs", good=picture, bad=bad)
    good_report = {200: ("the report", as_json(OBJECT))}
    _add(app, "/v1/jobs/{id}/report", jobs.report, "jobs", good=good_report, bad=bad)


def _add_kind(app: FastAPI, routes: TaskRoutes, name: str, body: Schema) -> None:
    bad = {
        400: "the form is damaged or has unknown fields",
        408: "the request broke off",
        415: "it is no form",
        429: "too many of the client's own jobs wait",
        503: "the queue is full",
        507: "the disk is full",
    }
    missing = {404: f"none of the {name} has this id"}
    accepted = {202: ("it waits in the queue", as_json(TASK))}
    _add(app, f"/v1/{name}", routes.post, name, methods=["POST"], good=accepted, bad=bad, body=body)
    place = f"/v1/{name}/{{id}}"
    _add(app, place, routes.get, name, good={200: ("its state", as_json(TASK))}, bad=missing)
    _add(app, place, routes.delete, name, methods=["DELETE"], good={204: ("it is gone", None)}, bad=missing)
    _add(app, f"{place}/events", routes.events, name, good={200: ("its events", EVENTS)}, bad=missing)


def _add(
    app: FastAPI,
    path: str,
    route: Callable[..., Any],
    tag: str,
    *,
    good: Mapping[int, tuple[str, Schema | None]],
    bad: Mapping[int, str] | None = None,
    methods: list[str] | None = None,
    body: Schema | None = None,
    ranges: bool = False,
) -> None:
    methods = methods or ["GET"]
    responses = answers(good, bad)
    if ranges:
        responses["416"] = {"description": "no such range"}
    app.add_api_route(
        path,
        route,
        methods=methods,
        tags=[tag],
        status_code=min(good),
        operation_id=f"{methods[0].lower()}{path.replace('/v1', '').replace('/', '_').replace('{id}', 'one')}",
        responses=responses,
        response_model=None,
        openapi_extra=None if body is None else {"requestBody": body},
    )
    if methods == ["GET"]:
        app.add_api_route(path, route, methods=["HEAD"], include_in_schema=False, response_model=None)
