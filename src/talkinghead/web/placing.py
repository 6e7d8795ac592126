"""The page on which landmarks are placed: one file of HTML, served to this machine until it is saved or left."""

from __future__ import annotations

import json
import re
import secrets
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

from talkinghead.errors import InputError
from talkinghead.foreign import parse_json

_HOST = "127.0.0.1"
_LARGEST_BODY = 1_000_000  # bytes
_LARGEST_DRAINED = 20_000_000  # bytes
_PATIENCE_S = 10.0  # with a connection that sends or takes nothing
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; connect-src 'self'; "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}

Save = Callable[[object], None]


class _QuietServer(ThreadingHTTPServer):
    """Says nothing about connections that break off or fall silent."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Show a traceback of faults alone."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class PlacingServer:
    """Serves the page under an address that nobody can guess.

    Args:
        picture: the picture as a PNG file.
        state: what the page begins with: the content of a file of landmarks, and ``name`` (of the picture),
            ``automatic`` (68 points to go back to), ``parts`` (landmarks ``from`` and ``to`` of each facial part and
            whether it is ``closed``).
        save: takes what the page sends; raises ``InputError`` for what it cannot take.
        port: 0: any that is free.

    Raises:
        InputError: the port is taken.
    """

    def __init__(self, picture: bytes, state: dict[str, Any], save: Save, *, port: int = 0) -> None:
        self._ended, self._saved = threading.Event(), False
        self.token = secrets.token_urlsafe(24)
        page = files("talkinghead.web").joinpath("landmarks.html").read_bytes()
        self._answers = {
            "": ("text/html; charset=utf-8", page),
            "state": ("application/json", json.dumps(state).encode()),
            "picture": ("image/png", picture),
        }
        self._save = save
        try:
            self._server = _QuietServer((_HOST, port), self._handler())
        except (OSError, OverflowError) as error:
            raise InputError(f"--port {port} cannot be used: choose another one, or leave it out.") from error
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{_HOST}:{self._server.server_address[1]}/{self.token}/"

    def wait(self) -> bool:
        """Serve until the page is saved (True) or cancelled (False); a KeyboardInterrupt ends it as well."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            # In steps, for on Windows an endless wait is deaf to Ctrl-C.
            while not self._ended.wait(0.2):
                pass
        finally:
            self._server.shutdown()
            self._server.server_close()
        return self._saved

    def _end(self, *, saved: bool) -> None:
        self._saved = saved
        self._ended.set()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            """Answers one request."""

            timeout = _PATIENCE_S

            def do_GET(self) -> None:
                """The page, its picture, what it begins with."""
                name = self._path_behind_token()
                if name is None:
                    return
                if name not in server._answers:
                    self._answer(404, "text/plain", b"there is no such page")
                else:
                    self._answer(200, *server._answers[name])

            def do_POST(self) -> None:
                """Save or cancel."""
                name, length = self._path_behind_token(), self._length()
                if name is None or length > _LARGEST_BODY:
                    if name is not None:
                        self._answer(413, "text/plain", b"the landmarks are too long")
                    self._drain(length)
                    return
                body = self.rfile.read(length)
                if name == "cancel":
                    self._answer(200, "text/plain", b"cancelled")
                    server._end(saved=False)
                elif name == "save":
                    self._take(body)
                else:
                    self._answer(404, "text/plain", b"there is no such page")

            def _drain(self, length: int) -> None:
                """Read what nobody wants: a connection that is closed before is broken, and its answer with it."""
                left = min(length, _LARGEST_DRAINED)
                while left > 0 and (piece := self.rfile.read1(min(left, 65_536))):
                    left -= len(piece)

            def _length(self) -> int:
                """The bytes that the request says it sends: 0 if it says nothing, beyond the limit if it is absurd."""
                length = self.headers.get("Content-Length", "0")
                return int(length) if re.fullmatch(r"\d{1,18}", length, re.ASCII) else _LARGEST_BODY + 1

            def _path_behind_token(self) -> str | None:
                """What is asked for behind the token; None where the token or the host is wrong, which is answered."""
                host = f"{_HOST}:{server._server.server_address[1]}"
                token, _, name = self.path.removeprefix("/").partition("/")
                # The host, too: a page from elsewhere whose name was made to mean this machine bears another one.
                known = secrets.compare_digest(token.encode(), server.token.encode())
                if known and self.headers.get("Host") == host:
                    return name
                self._answer(403, "text/plain", b"open the whole address that the command has printed")
                return None

            def _take(self, body: bytes) -> None:
                try:
                    server._save(parse_json(body))
                except InputError as error:
                    self._answer(400, "text/plain; charset=utf-8", str(error).encode())
                except OSError as error:
                    self._answer(500, "text/plain", f"the landmarks cannot be written ({error.strerror})".encode())
                except ValueError:
                    self._answer(400, "text/plain", b"what was sent is not JSON")
                else:
                    self._answer(200, "text/plain", b"saved")
                    server._end(saved=True)

            def _answer(self, code: int, kind: str, body: bytes) -> None:
                self.send_response(code)
                for key, value in {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the command's own lines are enough."""

        return Handler
