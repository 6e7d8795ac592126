"""Nothing that the server says names a place of its disk, and the page opens no other doors of Gradio's."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import talkinghead
from served import HERE, make_service
from talkinghead.web.page.shield import SHOWN, PageShield
from talkinghead.web.sentences import RefusedError
from talkinghead.web.server import make_app

SOURCE = Path(talkinghead.__file__).parents[1]
FILE = {"path": "", "meta": {"_type": "gradio.FileData"}, "orig_name": "face.png"}


def ask(shield: PageShield, path: str, body: bytes = b"") -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    sent: list[Any] = []
    scope = {"type": "http", "method": "POST", "path": path, "headers": [(b"accept-encoding", b"br")]}
    asyncio.run(shield(scope, receive, send))


def said(folder: Path, *pieces: bytes, kind: bytes = b"text/event-stream; charset=utf-8") -> bytes:
    """What comes through of an answer in pieces."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", kind), (b"content-length", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def run() -> None:
        await PageShield(app, folder)({"path": "/config", "headers": []}, None, keep)  # type: ignore[arg-type]

    async def keep(message: Any) -> None:
        sent.append(message)

    sent: list[Any] = []
    asyncio.run(run())
    assert (b"content-length" in dict(sent[0]["headers"])) == (kind == b"image/png")
    return b"".join(message["body"] for message in sent[1:])


@pytest.mark.parametrize("name", ["plain", "Anna's Stück", 'a "quoted" one'])
def test_the_folder_is_renamed_wherever_it_is_cut(tmp_path: Path, name: str) -> None:
    folder = (tmp_path / name).resolve()
    whole = b"data: " + json.dumps({"path": f"{folder}/1/a.png", "more": [str(folder)]}).encode() + b"\n\n"
    wanted = {"path": f"{SHOWN}/1/a.png", "more": [SHOWN]}
    for cut in range(0, len(whole), 3):
        through = said(folder, whole[:cut], whole[cut : cut + 5], whole[cut + 5 :])
        assert json.loads(through.removeprefix(b"data: ")) == wanted
    end = str(folder)[:-1].encode()  # begins like the folder, and is not
    assert said(folder, end) == end


def test_pictures_pass_as_they_are(tmp_path: Path) -> None:
    content = f"PNG {tmp_path.resolve()}".encode()
    assert said(tmp_path, content, kind=b"image/png") == content


@pytest.mark.parametrize(
    "path",
    [
        f"/gradio_api/file={Path(__file__)}",
        "/gradio_api/file=https://example.org/x",
        f"/gradio_api/file={SHOWN}/../tasks.sqlite",
        f"/gradio_api/file={SHOWN}",
        "/gradio_api/proxy=https://example.org/",
        "/gradio_api/process_recording",
        "/gradio_api/vibe-edit/",
        "/monitoring",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/dev/reload",
    ],
)
def test_other_doors_are_shut(tmp_path: Path, path: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError(scope["path"])

    with pytest.raises(RefusedError) as refused:
        ask(PageShield(app, tmp_path), path)
    assert refused.value.status == 404


@pytest.mark.parametrize(
    "call",
    [
        b"{",
        b"[" * 100_000,
        json.dumps({"data": [FILE | {"path": "/etc/passwd"}]}).encode(),
        json.dumps({"data": [{"a": [FILE | {"path": "https://example.org/x"}]}]}).encode(),
        json.dumps({"data": [FILE | {"path": f"{SHOWN}/x", "more": FILE | {"path": 7}}]}).encode(),
    ],
)
def test_calls_name_uploaded_files_alone(tmp_path: Path, call: bytes) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    with pytest.raises(RefusedError):
        ask(PageShield(app, tmp_path), "/gradio_api/queue/join", call)


def test_calls_reach_gradio_with_the_files_own_paths(tmp_path: Path) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        seen.append(json.loads(message["body"]))
        assert dict(scope["headers"]) == {b"content-length": str(len(message["body"])).encode()}

    text = f"I like {SHOWN}/x."
    call = {"data": [FILE | {"path": f"{SHOWN}/1/a.png", "url": "https://example.org"}, text], "fn_index": 3}
    ask(PageShield(app, tmp_path), "/gradio_api/queue/join", json.dumps(call).encode())
    assert seen == [{"data": [FILE | {"path": f"{tmp_path.resolve()}/1/a.png"}, text], "fn_index": 3}]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of a service with its page."""
    if importlib.util.find_spec("gradio") is None:
        pytest.skip("gradio is not installed: pip install '.[web]'")
    service = make_service(tmp_path_factory.mktemp("data"))
    with TestClient(make_app(service), base_url=HERE, raise_server_exceptions=False) as client:
        client.service = service
        yield client
    service.close()


def test_no_answer_names_a_place_of_the_disk(whole: Any, face: Path) -> None:
    answers = {path: whole.get(path) for path in ("/", "/config", "/theme.css", "/openapi.json", "/docs", "/metrics")}
    assert [answer.status_code for answer in answers.values()] == [200] * len(answers)
    config = answers["/config"].json()
    sent = whole.post("/gradio_api/upload", files={"files": ("face.png", face.read_bytes())})
    (path,) = sent.json()
    assert path.startswith(f"{SHOWN}/")
    answers |= {"upload": sent, "file": whole.get(f"/gradio_api/file={path}")}
    assert answers["file"].content == face.read_bytes()
    make = next(each for each in config["dependencies"] if len(each["inputs"]) == 19)
    kinds = {each["id"]: each for each in config["components"]}
    given = [kinds[id]["props"].get("value") for id in make["inputs"]]
    given[0] = FILE | {"path": path}
    for number, text in enumerate(("Hi.", FILE | {"path": path})):  # a file where a text belongs
        call = {"data": [*given[:5], text, *given[6:]], "fn_index": make["id"], "session_hash": f"s{number}"}
        answers[f"join{number}"] = whole.post("/gradio_api/queue/join", json=call)
        answers[f"data{number}"] = whole.get(f"/gradio_api/queue/data?session_hash=s{number}")
    assert "v1/jobs/" in answers["data0"].text
    wrong = {"data": [{"path": "/etc/passwd"}], "fn_index": make["id"], "session_hash": "s9"}
    answers["wrong"] = whole.post("/gradio_api/queue/join", json=wrong)
    answers["broken"] = whole.post("/gradio_api/queue/join", json={"data": 3, "fn_index": -1})
    answers["missing"] = whole.get("/gradio_api/queue/data?session_hash=none")
    for id in {record.id for record in whole.service.records.all_of("job")}:
        for name in ("", "/report", "/events", "/video", "/motion", "/arkit", "/curves"):
            answers[f"{id}{name}"] = whole.get(f"/v1/jobs/{id}{name}")
    told = {name: f"{answer.headers}{answer.content!r}" for name, answer in answers.items()}
    for place in (whole.service.settings.data, SOURCE, Path(importlib.util.find_spec("gradio").origin).parent):  # type: ignore[union-attr, arg-type]
        assert [name for name, text in told.items() if str(place) in text] == []
