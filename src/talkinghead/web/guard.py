"""The lock on the door: who may speak to the service, from where, and how much they may send. An ASGI middleware."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from talkinghead.web.sentences import RefusedError
from talkinghead.web.settings import ServiceSettings, is_loopback
from talkinghead.web.uploads import too_large

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "talkinghead"
LOGIN = "/login"
_OPEN = frozenset({"/healthz", "/readyz", LOGIN, "/favicon.ico"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOG = logging.getLogger("talkinghead.web")

# Nothing is loaded from other hosts; the page and the OpenAPI page have scripts and styles in themselves.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=()",
}


class Guard:
    """Refuses requests under foreign names (DNS rebinding), from other pages, without the token, or too large ones.

    Args:
        app: what is behind the door.
        settings: names, the token, and limits.
    """

    def __init__(self, app: App, settings: ServiceSettings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = _headers_of(scope)
        try:
            if scope["type"] != "http":
                raise RefusedError(403, "this service speaks HTTP alone.")
            self._check_host(headers)
            _check_origin(scope["method"], headers)
            self._check_token(scope, headers)
            self._check_size(headers)
        except RefusedError as error:
            await _refuse(scope, headers, send, error)
            return
        await self._hand_on(scope, receive, send)

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, whole, taken = False, False, 0
        refusal: RefusedError | None = None

        async def receive_counted() -> Message:
            nonlocal taken, whole, refusal
            message = await receive()
            taken += len(message.get("body", b""))
            whole = whole or not message.get("more_body", False)
            if taken > self._settings.max_upload:
                refusal = RefusedError(413, too_large(self._settings.max_upload))
                raise refusal
            return message

        async def send_headed(message: Message) -> None:
            nonlocal started
            if refusal is not None and not started:  # whatever the application makes of it
                return
            if message["type"] == "http.response.start":
                started = True
                headers = _add_headers(message.get("headers", ()), scope["path"])
                if not whole and scope["method"] not in _SAFE:  # what is still to come will not be read
                    headers.append((b"connection", b"close"))
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive_counted, send_headed)
        except RefusedError as error:
            refusal = error
        except Exception:
            if refusal is None:
                _LOG.exception("%s %s failed", scope["method"], scope["path"])
                refusal = RefusedError(500, "a fault of the program: try again.")
        if refusal is not None and not started:
            await _refuse(scope, {}, send, refusal)

    def _check_host(self, headers: Mapping[str, str]) -> None:
        """Raise ``RefusedError`` for a name that somebody else may have made to mean this machine."""
        name = (urlsplit(f"//{headers.get('host', '')}").hostname or "").lower()
        if name in {"localhost", self._settings.host.lower(), *map(str.lower, self._settings.names)}:
            return
        try:
            ipaddress.ip_address(name)
        except ValueError:
            raise RefusedError(403, "the service is not known under this name: start it with --name NAME.") from None
        if self._settings.loopback and not is_loopback(name):
            raise RefusedError(403, "the service serves this machine alone: open it under 127.0.0.1.")

    def _check_token(self, scope: Scope, headers: Mapping[str, str]) -> None:
        token = self._settings.token
        if token is None or scope["path"] in _OPEN:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and is_same(given.strip(), token):
            return
        if is_same(_cookie_in(headers), session_of(token)):
            return
        raise RefusedError(401, "the token is missing or wrong: send it as Authorization: Bearer TOKEN.")

    def _check_size(self, headers: Mapping[str, str]) -> None:
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length[:20]) > self._settings.max_upload:
            raise RefusedError(413, too_large(self._settings.max_upload))


def is_same(given: str, secret: str) -> bool:
    """Whether two secrets are the same, in a time that does not tell how far they agree."""
    return hmac.compare_digest(
        hashlib.sha256(given.encode(errors="replace")).digest(), hashlib.sha256(secret.encode()).digest()
    )


def session_of(token: str) -> str:
    """What a browser keeps instead of the token itself."""
    return hmac.new(token.encode(), b"talkinghead session", hashlib.sha256).hexdigest()


def _headers_of(scope: Scope) -> dict[str, str]:
    """Headers by lower-case name; those given twice are joined, so that no check sees only one of them."""
    found: dict[str, str] = {}
    for key, value in scope.get("headers", ()):
        name, text = key.decode("latin-1").lower(), value.decode("latin-1")
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _check_origin(method: str, headers: Mapping[str, str]) -> None:
    """Raise ``RefusedError`` for what the page of another site asks for, unless somebody follows a link from there."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    if (
        method not in _SAFE
        and origin is not None
        and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    ):
        raise RefusedError(403, "the request comes from the page of another site: open the service's own page.")
    if site in ("same-origin", "none"):
        return
    if (
        method not in _SAFE
        or headers.get("sec-fetch-mode") != "navigate"
        or headers.get("sec-fetch-dest") != "document"
    ):
        raise RefusedError(403, "the request comes from the page of another site: open the service's own page.")


def _cookie_in(headers: Mapping[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _add_headers(given: Any, path: str) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with ours, and without permission for other sites to read it."""
    kept = [(key, value) for key, value in given if not key.lower().startswith(b"access-control-")]
    names = {key.lower().decode("latin-1") for key, _ in kept}
    ours = dict(_HEADERS)
    if path.startswith("/v1/") or path in _OPEN:
        ours["cache-control"] = "no-store"
    return kept + [(key.encode(), value.encode()) for key, value in ours.items() if key not in names]


async def _refuse(scope: Scope, headers: Mapping[str, str], send: Send, error: RefusedError) -> None:
    """Answer with the sentence; a browser without the token is shown where to give it."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"error": error.sentence}).encode()
    answer = {"content-type": "application/json", "content-length": str(len(body))}
    status = error.status
    if status == 401:
        answer["www-authenticate"] = "Bearer"
        if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
            status, answer["location"] = 303, LOGIN
    if error.retry is not None:
        answer["retry-after"] = str(error.retry)
    if scope["method"] not in _SAFE:
        answer["connection"] = "close"  # what is still to come will not be read
    given = [(key.encode(), value.encode()) for key, value in answer.items()]
    await send({"type": "http.response.start", "status": status, "headers": _add_headers(given, "/v1/")})
    await send({"type": "http.response.body", "body": body})
