"""Where people come in: the form for the token, and the OpenAPI page with files of this machine alone."""

from __future__ import annotations

import asyncio
import importlib.util
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from talkinghead.web.guard import COOKIE, LOGIN, is_same, session_of

if TYPE_CHECKING:
    from talkinghead.web.settings import ServiceSettings

_WRONG_S = 1.0  # how long a wrong token waits for its answer
_WEEK_S = 7 * 86_400
_LARGEST_FORM = 10_000  # bytes
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; padding: 0 1rem; color: #0f172a; }
label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
input, button { padding: .5rem .7rem; margin: .3rem 0 1rem; border: 1px solid #94a3b8; border-radius: 6px; }
button { background: #1d4ed8; color: white; border-color: #1d4ed8; cursor: pointer; }
[role=alert] { color: #b91c1c; }
"""
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>talkinghead</title><link rel="icon" href="data:,"><style>{style}</style></head>
<body>{body}</body>
</html>
"""
_FORM = """<h1>talkinghead</h1>{alert}<form method="post" action="login">
<label for="token">Token, from those who run this service</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Enter</button></form>"""
_SWAGGER = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>talkinghead: HTTP</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/files/swagger-ui.css"></head>
<body><div id="ui"></div><script src="docs/files/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({url: "openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null,
presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout"})</script></body>
</html>
"""
_NO_SWAGGER = (
    '<h1>talkinghead</h1><p>The description of the HTTP service is <a href="openapi.json">openapi.json</a>. To read it '
    "here: pip install swagger-ui-bundle</p>"
)


class Entrance:
    """Asks browsers for the token and remembers it in a cookie."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings

    async def ask(self) -> Response:
        """The form."""
        return HTMLResponse(_page(_FORM.format(alert="")))

    async def take(self, request: Request) -> Response:
        """What the form sends."""
        token = self._settings.token
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > _LARGEST_FORM:
                break
        given = parse_qs(body[:_LARGEST_FORM].decode("utf-8", errors="replace")).get("token", [""])[0].strip()
        if token is not None and not is_same(given, token):
            await asyncio.sleep(_WRONG_S)
            alert = '<p role="alert">That is not the token: copy it whole.</p>'
            return HTMLResponse(_page(_FORM.format(alert=alert)), 401)
        answer = RedirectResponse(".", 303)
        if token is not None:
            secure = request.url.scheme == "https"
            answer.set_cookie(
                COOKIE, session_of(token), max_age=_WEEK_S, httponly=True, samesite="strict", secure=secure
            )
        return answer


def add_entrance(app: FastAPI, settings: ServiceSettings) -> None:
    """The form for the token, and the page of OpenAPI."""
    entrance = Entrance(settings)
    hidden: dict[str, Any] = {"include_in_schema": False, "response_model": None}
    app.add_api_route(LOGIN, entrance.ask, methods=["GET"], **hidden)
    app.add_api_route(LOGIN, entrance.take, methods=["POST"], **hidden)
    folder = find_swagger()

    async def docs() -> Response:
        return HTMLResponse(_page(_NO_SWAGGER) if folder is None else _SWAGGER)

    app.add_api_route("/docs", docs, methods=["GET"], **hidden)
    if folder is not None:
        from fastapi.staticfiles import StaticFiles

        app.mount("/docs/files", StaticFiles(directory=folder))


def find_swagger() -> Path | None:
    """The folder of Swagger UI's files; None: the package is not installed."""
    found = importlib.util.find_spec("swagger_ui_bundle")
    if found is None or not found.submodule_search_locations:
        return None
    folders = sorted(Path(next(iter(found.submodule_search_locations))).glob("vendor/swagger-ui-*"))
    return folders[-1] if folders else None


def _page(body: str) -> str:
    return _PAGE.format(style=escape(_STYLE, quote=False), body=body)
