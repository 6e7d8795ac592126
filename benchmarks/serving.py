"""A server of ``talkinghead serve`` in a process of its own, and a client that speaks to it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PATIENCE_S = 3600.0
_ASKED_EVERY_S = 0.2


class Client:
    """Speaks to a server."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, bytes]:
        """Status and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        try:
            connection.request(method, path, body or None, {"Content-Type": kind} if kind else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask_patiently(self, method: str, path: str) -> tuple[int, bytes]:
        """The same; a server that is gone for a while is waited for."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return self.ask(method, path)
            except (OSError, http.client.HTTPException):
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def metric(self, name: str) -> int:
        """A number of ``/metrics``."""
        text = self.ask("GET", "/metrics")[1].decode()
        return int(text.split(f"\n{name} ")[1].split()[0])

    def post(self, face: bytes, speech: bytes, name: str = "face.png") -> tuple[int, dict[str, Any]]:
        """Ask for a job."""
        body, kind = _form_of(face, speech, name)
        status, answer = self.ask("POST", "/v1/jobs", body, kind)
        return status, json.loads(answer)

    def first_progress(self, face: bytes, speech: bytes) -> tuple[float, float]:
        """Seconds to a job's first progress event that names a stage: from its upload's end, and from the answer on."""
        body, kind = _form_of(face, speech, "face.png")
        posting, following = (http.client.HTTPConnection("127.0.0.1", self._port, timeout=120) for _ in range(2))
        following.connect()
        posting.request("POST", "/v1/jobs", body, {"Content-Type": kind})
        sent = time.monotonic()
        told = json.loads(posting.getresponse().read())
        answered = time.monotonic()
        following.request("GET", told["events"])
        events = following.getresponse()
        while b'"stage": "' not in events.readline():
            pass
        seen = time.monotonic()
        posting.close()
        following.close()
        self.wait([told["id"]])
        return seen - sent, seen - answered

    def state(self, id: str) -> dict[str, Any]:
        """The state of a job."""
        status, answer = self.ask_patiently("GET", f"/v1/jobs/{id}")
        found: dict[str, Any] = json.loads(answer)
        return found if status == 200 else {"state": "lost"}

    def wait(self, ids: list[str]) -> dict[str, str]:
        """The final states of jobs by id."""
        states: dict[str, str] = {}
        until = time.monotonic() + _PATIENCE_S
        while len(states) < len(ids) and time.monotonic() < until:
            for id in ids:
                if id in states:
                    continue
                state = self.state(id)["state"]
                if state in ("queued", "running"):
                    break  # they end in about the order in which they came
                states[id] = state
            time.sleep(_ASKED_EVERY_S)
        return states


def _form_of(face: bytes, speech: bytes, name: str) -> tuple[bytes, str]:
    """Body and content type of a job's form."""
    mark = uuid.uuid4().hex
    parts = []
    for field, content, file in (("face", face, name), ("speech", speech, "speech.wav")):
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{field}"; filename="{file}"\r\n\r\n'
        parts += [head.encode(), content, b"\r\n"]
    return b"".join([*parts, f"--{mark}--\r\n".encode()]), f"multipart/form-data; boundary={mark}"


class Server:
    """A server in a process of its own."""

    def __init__(self, folder: Path, port: int, workers: int) -> None:
        limits = ["--queue", "1000", "--per-client", "1000", "--max-upload", "20MB"]
        place = ["--data", str(folder), "--port", str(port), "--workers", str(workers)]
        self._command = [sys.executable, "-m", "talkinghead", "serve", *place, *limits]
        self._port = port
        self.start()

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 300
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self._port}/readyz", timeout=5).read()
                return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        raise RuntimeError("the server does not get ready")

    def kill(self) -> None:
        """As when the machine loses power."""
        self.process.kill()
        self.process.wait()

    def workers(self) -> list[int]:
        """Process ids of its workers."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    stat = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                    command = (folder / "cmdline").read_bytes()
                except OSError:
                    continue
                if int(stat[1]) == self.process.pid and b"spawn_main" in command:
                    found.append(int(folder.name))
        return found

    def memory(self) -> int:
        """MiB that it and its workers hold."""
        pages = 0
        for process in (self.process.pid, *self.workers()):
            try:
                pages += int(Path(f"/proc/{process}/statm").read_text().split()[1])
            except OSError:
                continue
        return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


@contextmanager
def running(folder: Path, *, workers: int, port: int = 8797) -> Iterator[tuple[Server, Client]]:
    """A server with its client."""
    server = Server(folder, port, workers)
    try:
        yield server, Client(port)
    finally:
        server.process.terminate()
        server.process.wait(30)
