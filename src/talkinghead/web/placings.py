"""Pictures on whose pages landmarks are placed, under addresses that nobody can guess."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from talkinghead.errors import InputError
from talkinghead.foreign import parse_json
from talkinghead.web.sentences import RefusedError

_KEPT = 50
_LARGEST_BODY = 1_000_000  # bytes


@dataclass
class Placing:
    """A picture whose landmarks are placed.

    Attributes:
        picture: as PNG.
        state: what the page begins with, see ``placing_start.page_state``.
        saved: the landmarks as they were saved last, plain JSON, or None.
    """

    picture: bytes
    state: dict[str, Any]
    saved: dict[str, Any] | None = None


class Placings:
    """The newest of them, each under an id; and their routes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Placing] = OrderedDict()

    def add(self, picture: bytes, state: dict[str, Any]) -> str:
        """Keep one; its id."""
        id = secrets.token_urlsafe(16)
        self._kept[id] = Placing(picture, state)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return id

    def find_points(self, id: str) -> dict[str, Any] | None:
        """The landmarks that were saved, or None."""
        placing = self._kept.get(id)
        return None if placing is None else placing.saved

    async def show(self, id: str) -> Response:
        """The page."""
        self._find(id)
        page = files("talkinghead.web").joinpath("landmarks.html").read_text(encoding="utf-8")
        return HTMLResponse(page)

    async def state(self, id: str) -> Response:
        """What the page begins with."""
        return JSONResponse(self._find(id).state)

    async def picture(self, id: str) -> Response:
        """The picture."""
        return Response(self._find(id).picture, media_type="image/png")

    async def landmarks(self, id: str) -> Response:
        """The saved landmarks as a file."""
        saved = self._find(id).saved
        if saved is None:
            raise RefusedError(404, "nothing is saved yet: press Save on the page.")
        headers = {"content-disposition": 'attachment; filename="face.landmarks.json"'}
        return JSONResponse(saved, headers=headers)

    async def save(self, id: str, request: Request) -> Response:
        """Keep what the page sends."""
        placing, body = self._find(id), b""
        async for piece in request.stream():
            body += piece
            if len(body) > _LARGEST_BODY:
                return PlainTextResponse("the landmarks are too long", 413)
        try:
            placing.saved = await asyncio.to_thread(_parse, body, placing.state["picture"])
        except InputError as error:
            return PlainTextResponse(str(error), 400)
        except ValueError:
            return PlainTextResponse("what was sent is not JSON", 400)
        return PlainTextResponse("saved")

    async def cancel(self, id: str) -> Response:
        """Nothing is to be kept."""
        self._find(id)
        return PlainTextResponse("cancelled")

    def _find(self, id: str) -> Placing:
        placing = self._kept.get(id)
        if placing is None:
            raise RefusedError(404, "there is no such picture: upload it again.")
        return placing


def _parse(body: bytes, size: list[int]) -> dict[str, Any]:
    from talkinghead.tracking.placed import parse_placed

    width, height = size
    found: dict[str, Any] = parse_placed(parse_json(body), (width, height), name="the page").as_json()
    return found


def add_placing_routes(app: FastAPI, placings: Placings) -> None:
    """The page's routes."""
    rows: tuple[tuple[str, Any, str], ...] = (
        ("", placings.show, "GET"),
        ("state", placings.state, "GET"),
        ("picture", placings.picture, "GET"),
        ("landmarks.json", placings.landmarks, "GET"),
        ("save", placings.save, "POST"),
        ("cancel", placings.cancel, "POST"),
    )
    for name, route, method in rows:
        app.add_api_route(
            f"/placing/{{id}}/{name}", route, methods=[method], include_in_schema=False, response_model=None
        )
