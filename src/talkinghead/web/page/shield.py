"""Between Gradio and the world: only those of its addresses that the page uses, and no path of this machine.

Gradio tells browsers the paths of uploaded files, and takes paths back from them. Here the folder of uploads is
renamed on its way out and on its way in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from talkinghead.web.guard import App, Message, Receive, Scope, Send
from talkinghead.web.page.nameless import NamelessUpload
from talkinghead.web.sentences import RefusedError
from talkinghead.web.uploads import check_disk, too_large

SHOWN = "/uploads"
"""What browsers call the folder of uploads."""

_FILE = "/gradio_api/file="
_UPLOAD = "/gradio_api/upload"
_CALLS = ("/gradio_api/queue/join", "/gradio_api/run/predict")
# Others make the server fetch addresses, decode media or write code.
_USED = re.compile(
    rf"/|/config/?|/favicon\.ico|/theme\.css|/(assets|static|svelte)/.*|{_FILE}.*|/gradio_api/"
    r"(app_id|cancel|heartbeat/\w+|info|queue/(join|data)|run/predict|startup-events|upload|upload_progress)/?"
)
_FIXED = ("/assets/", "/static/", "/svelte/")  # files of Gradio's package, large ones
_TEXTS = (b"application/json", b"text/")
_LARGEST_JSON = 8_000_000  # bytes
_NOT_OURS = "the page names a file that was not uploaded to it: upload it again."


class PageShield:
    """Stands before Gradio's application.

    Args:
        app: of Gradio.
        folder: of uploads.
    """

    def __init__(self, app: App, folder: Path) -> None:
        self._app, self._folder = app, str(folder.resolve())
        self._names = _spellings(self._folder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on; raises ``RefusedError``."""
        path: str = scope["path"]
        if _USED.fullmatch(path) is None:
            raise RefusedError(404, "there is nothing here: see /docs.")
        if path.startswith(_FIXED):
            await self._app(scope, receive, send)
            return
        # What is compressed could not be read here.
        headers = [(key, value) for key, value in scope["headers"] if key != b"accept-encoding"]
        scope = {**scope, "headers": headers}
        if path.startswith(_FILE):
            path = _FILE + self._find(path.removeprefix(_FILE))
            scope |= {"path": path, "raw_path": quote(path, safe="/=").encode()}
        elif path.rstrip("/") == _UPLOAD:
            check_disk(Path(self._folder))
            receive = NamelessUpload(receive, dict(headers).get(b"content-type", b""))
            scope["headers"] = [(key, value) for key, value in headers if key != b"content-length"]
        elif path.startswith(_CALLS):
            body = await self._read_call(receive)
            headers = [(key, value) for key, value in headers if key != b"content-length"]
            scope["headers"] = [*headers, (b"content-length", str(len(body)).encode())]
            receive = _replay(body, receive)
        await self._app(scope, receive, _Renaming(send, self._names))

    def _find(self, shown: str) -> str:
        """The path of an uploaded file; raises ``RefusedError`` for other paths."""
        path = Path(f"{self._folder}{shown.removeprefix(SHOWN)}")
        if not shown.startswith(f"{SHOWN}/") or not path.resolve().is_relative_to(self._folder):
            raise RefusedError(404, _NOT_OURS)
        return str(path)

    async def _read_call(self, receive: Receive) -> bytes:
        """The body of a call with the paths of its files."""
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > _LARGEST_JSON:
                raise RefusedError(413, too_large(_LARGEST_JSON))
        try:
            call = json.loads(body)
            for file in _files_in(call):
                file["path"] = self._find(str(file["path"]))
                file.pop("url", None)  # Gradio would fetch it
        except (ValueError, RecursionError) as error:
            raise RefusedError(400, "what was sent is not JSON.") from error
        return json.dumps(call).encode()


class _Renaming:
    """Sends messages on with the folder's name changed in texts, also where it lies across two pieces."""

    def __init__(self, send: Send, names: dict[bytes, bytes]) -> None:
        self._send, self._names = send, names
        self._is_text, self._rest = False, b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", ())
            kinds = [value for key, value in headers if key.lower() == b"content-type"]
            self._is_text = bool(kinds) and kinds[0].lower().startswith(_TEXTS)
            if self._is_text:
                headers = [(key, value) for key, value in headers if key.lower() != b"content-length"]
            message = {**message, "headers": headers}
        elif self._is_text and message["type"] == "http.response.body":
            body = self._rest + message.get("body", b"")
            for name, shown in self._names.items():
                body = body.replace(name, shown)
            kept = _begun(body, self._names) if message.get("more_body") else 0
            self._rest = body[len(body) - kept :]
            message = {**message, "body": body[: len(body) - kept]}
        await self._send(message)


def _begun(body: bytes, names: dict[bytes, bytes]) -> int:
    """How many bytes at the end of a piece may be the beginning of a name."""
    lengths = (size for name in names for size in range(min(len(name) - 1, len(body)), 0, -1))
    return max((size for size in lengths if any(name.startswith(body[-size:]) for name in names)), default=0)


def _spellings(folder: str) -> dict[bytes, bytes]:
    """The name of a folder as it may be written in JSON, HTML and addresses, and what it is replaced by."""
    plain, ascii_only = (json.dumps(folder, ensure_ascii=flag)[1:-1] for flag in (False, True))
    names = (folder, plain, ascii_only, quote(folder), quote(folder, safe=""))
    found = {name.encode(): SHOWN.encode() for name in names[:-1]}
    return found | {names[-1].encode(): quote(SHOWN, safe="").encode()}


def _files_in(value: Any) -> Iterator[dict[str, Any]]:
    """All parts of a call that Gradio would take for files."""
    if isinstance(value, dict):
        if value.get("path") is not None:
            yield value
        for part in value.values():
            yield from _files_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from _files_in(part)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read, then what comes after it."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
