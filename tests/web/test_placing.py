"""The page for landmarks, spoken to over HTTP."""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from urllib.parse import urlsplit

import pytest

from talkinghead.errors import InputError
from talkinghead.web.placing import PlacingServer

STATE = {"format": 1, "points": [[1, 2]]}


@dataclass
class Served:
    """A server at work."""

    server: PlacingServer
    taken: list[object]
    outcome: list[bool] = field(default_factory=list)

    def start(self) -> None:
        self.thread = threading.Thread(target=lambda: self.outcome.append(self.server.wait()))
        self.thread.start()

    def ask(
        self, method: str, name: str, body: bytes | None = None, *, token: str | None = None, host: str | None = None
    ) -> tuple[int, str, http.client.HTTPResponse]:
        address = urlsplit(self.server.address)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
        headers = {} if host is None else {"Host": host}
        connection.request(method, f"/{token or self.server.token}/{name}", body, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, text, answer

    def ended(self) -> bool:
        """Whether it was saved, once it has ended."""
        self.thread.join(10)
        assert not self.thread.is_alive()
        return self.outcome[0]


@pytest.fixture
def served() -> Iterator[Served]:
    taken: list[object] = []

    def save(content: object) -> None:
        if content == {"bad": True}:
            raise InputError("the page has 0 points: a face has 68.")
        taken.append(content)

    found = Served(PlacingServer(b"\x89PNG", STATE, save), taken)
    found.start()
    yield found
    if found.thread.is_alive():
        found.ask("POST", "cancel", b"")
        found.ended()


def test_page_picture_and_state(served: Served) -> None:
    status, page, answer = served.ask("GET", "")
    assert status == 200
    assert answer.getheader("Content-Type") == "text/html; charset=utf-8"
    assert page.startswith("<!DOCTYPE html>")
    assert served.ask("GET", "picture")[1].endswith("PNG")
    assert json.loads(served.ask("GET", "state")[1]) == STATE
    assert served.ask("GET", "other")[0] == 404
    assert served.ask("POST", "other", b"{}")[0] == 404


def test_saving_ends_it(served: Served) -> None:
    assert served.ask("POST", "save", json.dumps(STATE).encode())[:2] == (200, "saved")
    assert served.ended() is True
    assert served.taken == [STATE]
    with pytest.raises(ConnectionRefusedError):
        served.ask("GET", "")


def test_cancelling_ends_it_with_nothing(served: Served) -> None:
    assert served.ask("POST", "cancel", b"")[0] == 200
    assert served.ended() is False
    assert served.taken == []


@pytest.mark.parametrize("token", ["wrong", "\u00e4".encode().hex(), "state"])
@pytest.mark.parametrize(("method", "name"), [("GET", ""), ("GET", "picture"), ("POST", "save"), ("POST", "cancel")])
def test_nothing_without_the_token(served: Served, token: str, method: str, name: str) -> None:
    assert served.ask(method, name, b"{}", token=token)[0] == 403
    assert served.thread.is_alive()
    assert served.taken == []


def test_nothing_under_another_name_of_this_machine(served: Served) -> None:
    assert served.ask("GET", "state", host="evil.example")[0] == 403


def test_what_cannot_be_taken_is_said_and_the_page_stays(served: Served) -> None:
    assert served.ask("POST", "save", b"{")[:2] == (400, "what was sent is not JSON")
    assert served.ask("POST", "save", b'{"bad": true}')[:2] == (400, "the page has 0 points: a face has 68.")
    assert served.ask("POST", "save", b" " * 1_000_001)[0] == 413
    assert served.thread.is_alive()
    assert served.taken == []


def test_no_other_site_may_read_frame_or_be_asked(served: Served) -> None:
    _, _, answer = served.ask("GET", "state")
    assert answer.getheader("Access-Control-Allow-Origin") is None
    assert answer.getheader("Cache-Control") == "no-store"
    policy = answer.getheader("Content-Security-Policy") or ""
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_it_listens_on_this_machine_alone(served: Served) -> None:
    assert served.server.address.startswith("http://127.0.0.1:")
    assert len(served.server.token) >= 32


def test_a_port_that_is_taken(served: Served) -> None:
    port = urlsplit(served.server.address).port or 0
    with pytest.raises(InputError, match=f"--port {port} cannot be used"):
        PlacingServer(b"", STATE, print, port=port)


def test_the_page_refers_to_nothing_outside() -> None:
    page = files("talkinghead.web").joinpath("landmarks.html").read_text(encoding="utf-8")
    assert "//" not in re.sub(r'"[^"]*"|/\*.*?\*/|\s//\s[^\n]*', "", page)
    assert not re.search(r"https?:|src=|@import|url\(", page)
    assert re.findall(r'href="([^"]*)"', page) == ["data:,"]
    assert set(re.findall(r'(?:fetch|send)\("(\w+)"', page)) == {"state", "save", "cancel"}


def connect(served: Served) -> socket.socket:
    address = urlsplit(served.server.address)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=10)


def send_head(served: Served, connection: socket.socket, length: str, *, token: str | None = None) -> None:
    """Send all of a request to save but its body."""
    host = urlsplit(served.server.address).netloc
    head = f"POST /{token or served.server.token}/save HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n"
    connection.sendall(head.encode())


@pytest.mark.parametrize("length", ["9" * 5000, "9" * 30, "1" + "0" * 12, "-1", "1e3", "\u0663", "x"])
def test_absurd_lengths_are_refused_before_anything_is_read(served: Served, length: str) -> None:
    with connect(served) as connection:
        send_head(served, connection, length)
        assert connection.recv(65_536).startswith(b"HTTP/1.0 413")
    assert served.thread.is_alive()


def test_the_token_is_checked_before_the_body(served: Served) -> None:
    with connect(served) as connection:
        send_head(served, connection, "500000", token="wrong")
        assert connection.recv(65_536).startswith(b"HTTP/1.0 403")


@pytest.mark.parametrize(
    "body", [b"1" * 5000, b'{"points": [[1, ' + b"9" * 400 + b"]]}", b"[" * 100_000, b"NaN", b"\xff"]
)
def test_numbers_and_depths_beyond_all_bounds(served: Served, body: bytes) -> None:
    assert served.ask("POST", "save", body)[:2] == (400, "what was sent is not JSON")
    assert served.taken == []


def test_a_connection_that_breaks_off_is_no_fault(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    for length in ("1000", "900000"):
        with connect(served) as connection:
            send_head(served, connection, length)
            connection.sendall(b"{")
            # Closed with a reset instead of the usual end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with connect(served) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert served.ask("GET", "state")[0] == 200
    served.ask("POST", "cancel", b"")
    served.ended()
    assert capsys.readouterr().err == ""


def test_silent_connections_time_out(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = served.server._server.RequestHandlerClass
    assert 0 < handler.timeout <= 60  # type: ignore[attr-defined]
    monkeypatch.setattr(handler, "timeout", 0.2)
    with connect(served) as silent, connect(served) as half:
        send_head(served, half, "1000")
        assert silent.recv(10) == b""
        assert half.recv(10) == b""
    assert served.thread.is_alive()


def test_a_full_disk_is_said_on_the_page() -> None:
    def save(content: object) -> None:
        raise OSError(28, "No space left on device")

    found = Served(PlacingServer(b"", STATE, save), [])
    found.start()
    assert found.ask("POST", "save", b"{}")[:2] == (500, "the landmarks cannot be written (No space left on device)")
    found.ask("POST", "cancel", b"")
    assert found.ended() is False
