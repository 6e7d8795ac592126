"""The service behind HTTP: the application, and the server that runs it."""

from __future__ import annotations

import importlib.util
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from talkinghead.errors import InputError, announce
from talkinghead.version import __version__
from talkinghead.web.guard import Guard
from talkinghead.web.sentences import RefusedError
from talkinghead.web.service import HELPER_S, Service
from talkinghead.web.settings import ServiceSettings

_HELPER_MEMORY = 2_000_000_000  # bytes
_GRACE_S = 3  # in which open connections should end
_TITLE = "talkinghead"
_ABOUT = (
    "A face and a voice become a video of that face saying it. POST /v1/jobs with a face and speech or text, follow "
    "its events, fetch its video."
)


def make_app(service: Service, *, page: bool = True) -> Any:
    """The ASGI application: routes, the page if asked for, and the guard before them.

    Args:
        service: does the work.
        page: whether to show the page at ``/``, if Gradio is installed.
    """
    from fastapi import FastAPI
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse
    from starlette.exceptions import HTTPException

    from talkinghead.web.about import add_about_routes
    from talkinghead.web.api import add_task_routes
    from talkinghead.web.entrance import add_entrance

    @asynccontextmanager
    async def live(app: Any) -> AsyncIterator[None]:
        service.start()
        yield

    app = FastAPI(title=_TITLE, version=__version__, description=_ABOUT, docs_url=None, redoc_url=None, lifespan=live)
    app.openapi_version = "3.0.3"

    def refuse(request: Any, error: Any) -> Any:
        headers = {} if error.retry is None else {"retry-after": str(error.retry)}
        return JSONResponse({"error": error.sentence}, error.status, headers)

    def refuse_input(request: Any, error: Any) -> Any:
        return JSONResponse({"error": str(error)}, 422)

    def refuse_request(request: Any, error: Any) -> Any:
        return JSONResponse({"error": "the request has a value of the wrong type: see /docs."}, 422)

    def refuse_route(request: Any, error: Any) -> Any:
        told = {404: "there is nothing here: see /docs.", 405: "this address does not take that method: see /docs."}
        sentence = told.get(error.status_code, "the request cannot be answered: see /docs.")
        return JSONResponse({"error": sentence}, error.status_code, error.headers)

    def explain_fault(request: Any, error: Any) -> Any:
        return JSONResponse({"error": "a fault of the program: try again."}, 500)

    app.add_exception_handler(Exception, explain_fault)
    app.add_exception_handler(RefusedError, refuse)
    app.add_exception_handler(InputError, refuse_input)
    app.add_exception_handler(RequestValidationError, refuse_request)
    app.add_exception_handler(HTTPException, refuse_route)
    add_about_routes(app, service)
    add_task_routes(app, service)
    add_entrance(app, service.settings)
    if page and importlib.util.find_spec("gradio") is not None:
        from talkinghead.web.page.layout import mount_page

        app = mount_page(app, service)
    return Guard(app, service.settings)


def serve(settings: ServiceSettings, *, tell: Callable[[str], None]) -> None:
    """Serve until the process is interrupted or terminated.

    Args:
        settings: where, for whom, and how much.
        tell: is told where the service is, once it is there.

    Raises:
        InputError: the folder or the port cannot be used, or a package is missing.
    """
    check_packages()
    import uvicorn

    from talkinghead.pipeline import DEFAULT_METHOD
    from talkinghead.production import process_pool
    from talkinghead.production.crews import make_pool

    listening = _listen(settings)
    if settings.ray is None:
        makers = process_pool(settings.workers, warm=(DEFAULT_METHOD,), max_memory=settings.max_memory)
    else:
        makers = make_pool(settings.workers, ray=settings.ray, max_memory=settings.max_memory)
    helper = process_pool(1, max_seconds=HELPER_S, max_memory=min(settings.max_memory, _HELPER_MEMORY))
    try:
        service = Service(settings, makers=makers, helper=helper)
    except BaseException:
        makers.close(cancel=True)
        helper.close(cancel=True)
        listening.close()
        raise
    config = uvicorn.Config(
        make_app(service),
        log_level="warning",
        server_header=False,
        proxy_headers=settings.proxy is not None,
        forwarded_allow_ips=settings.proxy or "",
        timeout_graceful_shutdown=_GRACE_S,
        ws="none",
    )
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    tell(f"serving at http://{host}:{listening.getsockname()[1]}; Ctrl-C ends, what waits goes on at the next start")
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        service.close()


def _listen(settings: ServiceSettings) -> socket.socket:
    """A socket at the address and port; raises ``InputError`` if that cannot be had."""
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listening = socket.socket(family, kind, protocol)
        try:
            if os.name == "posix":  # on Windows it would let two servers share the port
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
        except BaseException:
            listening.close()
            raise
    except OSError as error:
        raise InputError(
            f"--host {settings.host} --port {settings.port} cannot be used ({error.strerror}): choose others."
        ) from error
    return listening


def check_packages() -> None:
    """Raise ``InputError`` if packages of the extra are missing; announce it if the page's is."""
    for name in ("fastapi", "uvicorn", "python_multipart"):
        if importlib.util.find_spec(name) is None:
            raise InputError(f"serving needs the package {name}: pip install 'talkinghead[web]'.")
    if importlib.util.find_spec("gradio") is None:
        announce("the page needs Gradio: pip install 'talkinghead[web]'; only HTTP is served.")
