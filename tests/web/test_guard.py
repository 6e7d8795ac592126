"""The lock on the door: names, origins, the token, sizes, and what answers carry."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from served import HERE, make_service
from talkinghead.web.guard import Guard
from talkinghead.web.server import make_app
from talkinghead.web.settings import ServiceSettings

TOKEN = "a-good-long-token-42"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a service that other machines can reach."""
    settings = {"host": "0.0.0.0", "token": TOKEN, "names": ("talk.example.org",)}
    service = make_service(tmp_path_factory.mktemp("data"), **settings)
    with TestClient(make_app(service, page=False), base_url="http://192.0.2.1:8765", follow_redirects=False) as client:
        yield client
    service.close()


@pytest.mark.parametrize("host", ["evil.example.org", "", "127.0.0.1.evil.example.org", "192.0.2.1"])
def test_foreign_names_are_refused(client: TestClient, host: str) -> None:
    answer = client.get("/healthz", headers={"host": host})
    assert answer.status_code == 403
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize("host", ["127.0.0.1:9999", "localhost", "[::1]:8765"])
def test_this_machine_is_known_at_any_port(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example.org"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
    ],
)
def test_pages_of_other_sites_change_nothing(client: TestClient, headers: dict[str, str]) -> None:
    assert client.delete("/v1/jobs/x", headers=headers).status_code == 403
    assert client.post("/v1/jobs", headers=headers).status_code == 403
    if "sec-fetch-site" in headers:
        assert client.get("/v1/methods", headers=headers).status_code == 403


def test_the_own_page_may(client: TestClient) -> None:
    own = {"origin": HERE, "sec-fetch-site": "same-origin"}
    assert client.delete("/v1/jobs/x", headers=own).status_code == 404
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert client.get("/docs", headers=link).status_code == 200


def test_answers_carry_the_policy(client: TestClient) -> None:
    for path in ("/healthz", "/nothing", "/v1/jobs/x"):
        answer = client.get(path, headers={"origin": HERE})
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "http" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert "server" not in answer.headers


def test_the_token_opens(locked: TestClient) -> None:
    assert locked.get("/healthz").status_code == 200
    for path in ("/v1/methods", "/metrics", "/openapi.json", "/docs", "/"):
        refused = locked.get(path)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert "token" in refused.json()["error"]
    assert locked.get("/v1/methods", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    for wrong in (f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer", f"Bearer {TOKEN[:-1]}", "Bearer \xe9"):
        given = {"authorization": wrong.encode("latin-1")}
        assert locked.get("/v1/methods", headers=given).status_code == 401


def test_a_browser_is_asked_for_the_token(locked: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("talkinghead.web.entrance._WRONG_S", 0.0)
    sent = locked.get("/docs", headers={"accept": "text/html"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/login")
    assert 'type="password"' in locked.get("/login").text
    assert locked.post("/login", data={"token": "wrong"}).status_code == 401
    entered = locked.post("/login", data={"token": TOKEN})
    cookie = entered.headers["set-cookie"].lower()
    assert entered.status_code == 303
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in cookie
    assert locked.get("/v1/methods").status_code == 200
    locked.cookies.clear()
    assert locked.get("/v1/methods", headers={"cookie": "talkinghead=x"}).status_code == 401


def test_names_and_addresses_of_a_public_service(locked: TestClient) -> None:
    key = {"authorization": f"Bearer {TOKEN}"}
    for host, status in (("talk.example.org", 200), ("10.0.0.7:8765", 200), ("evil.example.org", 403)):
        assert locked.get("/v1/methods", headers={**key, "host": host}).status_code == status


def test_too_much_is_refused_before_it_is_read(client: TestClient) -> None:
    for length in ("2000001", "9" * 40, "-1", "x"):
        answer = client.post("/v1/jobs", headers={"content-length": length})
        assert answer.status_code == 413
        assert answer.json()["error"] == "the request is larger than 2 MB: send smaller files."

    assert client.post("/login", content=b"x" * 100_000, follow_redirects=False).status_code == 303
    kind = {"content-type": "multipart/form-data; boundary=b"}
    assert client.post("/v1/jobs", content=b"x" * 2_000_001, headers=kind).status_code == 413


def test_too_much_is_refused_while_it_comes(client: TestClient, tmp_path: Path) -> None:
    async def take(scope: Any, receive: Any, send: Any) -> None:
        try:
            while (await receive())["more_body"]:
                taken.append(1)
        except Exception:  # as an application would
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"Internal Server Error"})
            raise

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * 400_000, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    taken: list[int] = []
    sent: list[Any] = []
    scope = {"type": "http", "method": "POST", "path": "/x", "headers": [(b"host", b"localhost")]}
    guard = Guard(take, ServiceSettings(tmp_path, max_upload=2_000_000))
    asyncio.run(guard(scope, receive, send))
    assert len(taken) == 5
    assert [message.get("status") for message in sent] == [413, None]
    assert (b"connection", b"close") in sent[0]["headers"]  # or the rest of it would be read
    assert json.loads(sent[1]["body"]) == {"error": "the request is larger than 2 MB: send smaller files."}


def test_what_was_not_read_is_not_waited_for(client: TestClient) -> None:
    assert client.post("/v1/jobs", content=b"x" * 1000).headers["connection"] == "close"


def test_sockets_are_closed(client: TestClient) -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/"):
        pass


def test_a_fault_tells_nothing(client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail() -> list[object]:
        raise RuntimeError(f"secret of {tmp_path}")

    monkeypatch.setattr("talkinghead.web.about.list_methods", fail)
    answer = client.get("/v1/methods")
    assert answer.status_code == 500
    assert answer.json() == {"error": "a fault of the program: try again."}
