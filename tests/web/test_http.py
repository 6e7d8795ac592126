"""Jobs over HTTP, from the upload to the video, and everything that can go wrong between."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mutations import mutate_bytes
from served import HERE, make_service
from talkinghead.media import read_provenance
from talkinghead.production.stages import STAGE_NAMES
from talkinghead.web.records import TaskRecord
from talkinghead.web.server import make_app
from talkinghead.web.service import client_of


def post(client: TestClient, face: Path, speech: Path, **values: str) -> Any:
    with face.open("rb") as picture, speech.open("rb") as sound:
        files = {"face": ("../../Anna's.png", picture), "speech": (speech.name, sound)}
        return client.post("/v1/jobs", data=values, files=files)


def wait(client: TestClient, id: str) -> dict[str, Any]:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        told: dict[str, Any] = client.get(f"/v1/jobs/{id}").json()
        if told["state"] not in ("queued", "running"):
            return told
        time.sleep(0.05)
    raise AssertionError(told)


@pytest.fixture(scope="module")
def done(client: TestClient, face: Path, speech: Path) -> str:
    """A job that is done."""
    answer = post(client, face, speech, seed="3", arkit="csv", fps="20")
    assert answer.status_code == 202
    told = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{told['id']}"
    found = client.get(told["events"]).text.strip().split("\n\n")
    events = [event for event in found if not event.startswith(":")]  # pings of a busy machine
    assert {event.split("\n")[0] for event in events} == {"event: progress", "event: done"}
    last = json.loads(events[-1].split("data: ")[1])
    assert last["state"] == "done", last
    # Which stages are seen depends on how fast the machine is: events are samples of what goes on.
    progress = [json.loads(event.split("data: ")[1]).get("progress") or {} for event in events]
    stages = {each["stage"] for each in progress if each.get("stage")}
    assert stages
    assert stages <= set(STAGE_NAMES)
    return str(told["id"])


def test_the_results_are_served(client: TestClient, done: str) -> None:
    told = client.get(f"/v1/jobs/{done}").json()
    assert told["results"] == ["arkit", "motion", "video"]
    assert (told["seconds"], told["size"], told["fps"]) == (0.5, [256, 256], 20)
    video = client.get(f"/v1/jobs/{done}/video")
    assert video.headers["content-type"] == "video/mp4"
    assert b"ftyp" in video.content[:12]
    piece = client.get(f"/v1/jobs/{done}/video", headers={"range": "bytes=4-11"})
    assert (piece.status_code, piece.content) == (206, video.content[4:12])
    assert client.head(f"/v1/jobs/{done}/video").headers["content-length"] == str(len(video.content))
    assert client.get(f"/v1/jobs/{done}/arkit").text.startswith("Timecode")
    assert client.get(f"/v1/jobs/{done}/motion").content[:2] == b"PK"
    missing = client.get(f"/v1/jobs/{done}/show")
    assert missing.status_code == 404
    assert "has no show" in missing.json()["error"]


def test_the_report_tells_what_was_asked_for(client: TestClient, done: str) -> None:
    report = client.get(f"/v1/jobs/{done}/report").json()
    assert report["values"] == {"seed": "3", "arkit": "csv", "fps": "20"}
    assert report["files"] == {"face": ["Anna's.png"], "speech": ["speech.wav"]}
    assert str(client.service.settings.data) not in json.dumps(report)


def test_a_result_is_rendered_again_from_its_motion(client: TestClient, face: Path, speech: Path, done: str) -> None:
    motion = client.get(f"/v1/jobs/{done}/motion").content
    files = {"face": face.open("rb"), "speech": speech.open("rb"), "motion": ("m.npz", motion)}
    id = client.post("/v1/jobs", files=files, data={"head": "0"}).json()["id"]
    assert wait(client, id)["state"] == "done"
    assert client.delete(f"/v1/jobs/{id}").status_code == 204
    assert client.get(f"/v1/jobs/{id}").status_code == 404
    assert not client.service.folder_of(id).exists()


@pytest.mark.parametrize("renderer", ["", "composition"])
def test_a_video_is_dubbed(client: TestClient, clip: Path, speech: Path, tmp_path: Path, renderer: str) -> None:
    values = {"task": "dub", "length": "speech", "renderer": renderer}
    with clip.open("rb") as video, speech.open("rb") as sound:
        answer = client.post("/v1/jobs", data=values, files={"face": ("c.mp4", video), "speech": ("s.wav", sound)})
    assert answer.status_code == 202, answer.json()
    told = wait(client, answer.json()["id"])
    assert told["state"] == "done", told
    assert (told["seconds"], told["size"], told["fps"]) == (0.5, [160, 160], 10)
    (tmp_path / "out.mp4").write_bytes(client.get(f"/v1/jobs/{told['id']}/video").content)
    record = read_provenance(tmp_path / "out.mp4")
    assert record is not None
    assert record["renderer"] == (renderer or "mouth-warp")
    assert record["synthetic_parts"].startswith("lips")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"method": "wav2lip"}, "there is no method 'wav2lip'"),
        ({"head": "9"}, "--head 9 is out of range"),
        ({"head": "much"}, '"head" must be a number'),
        ({"mix": "-20dB"}, "--mix goes with talkinghead dub"),
        ({"task": "dub"}, "is a picture: talkinghead animate lets it speak"),
        ({"text": "Hi."}, "SPEECH and --text are both given"),
        ({"person": "../../x"}, "person holds a character"),
        ({"person": "x" * 22}, "face and person are both given"),
        ({"config": "huge"}, "huge"),
    ],
)
def test_wrong_values_are_refused_at_once(
    client: TestClient, face: Path, speech: Path, values: dict[str, str], sentence: str
) -> None:
    answer = post(client, face, speech, **values)
    told = answer.json()
    assert answer.status_code == 422 or wait(client, told["id"])["state"] == "failed"
    error = told.get("error") or client.get(f"/v1/jobs/{told['id']}").json()["error"]
    assert sentence in error
    assert "/" not in error.replace("/v1/persons", "").replace("docs/jobs.md", "")


def test_damaged_files_are_refused_in_one_sentence(
    client: TestClient, tmp_path: Path, face: Path, speech: Path
) -> None:
    whole, path = face.read_bytes(), tmp_path / "face.png"
    before = sorted(client.service.tasks_folder.iterdir())
    for content in (b"", b"no picture", whole[:100], whole[: len(whole) // 2], mutate_bytes(whole, 3)[:200]):
        path.write_bytes(content)
        answer = post(client, path, speech)
        error = answer.json()["error"]
        assert answer.status_code == 422
        assert error.startswith("Anna's.png ")
        assert error.endswith(".")
        assert "/" not in error
    assert sorted(client.service.tasks_folder.iterdir()) == before


def test_what_does_not_exist(client: TestClient) -> None:
    for path in ("/v1/jobs/nothing", "/v1/jobs/nothing/video", "/v1/jobs/nothing/events", "/v1/persons/nothing", "/x"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.json()["error"].endswith(".")
    assert client.put("/v1/jobs").json() == {"error": "this address does not take that method: see /docs."}
    assert client.get("/v1/jobs/..%2f..%2fetc%2fpasswd/video").status_code == 404


def test_persons_need_consent(client: TestClient, face: Path) -> None:
    answer = client.post("/v1/persons", files={"videos": face.open("rb")}, data={"name": "Anna"})
    assert answer.status_code == 422
    assert "consent" in answer.json()["error"]
    picture = client.post("/v1/persons", files={"videos": ("a.mp4", b"no video")}, data={"consent": "Yes."})
    assert picture.status_code == 422
    assert picture.json()["error"].startswith("a.mp4 ")
    assert client.get("/v1/persons").json() == []
    unknown = client.post("/v1/jobs", data={"person": "x" * 22, "text": "Hi."}, files={"motion": b"x"})
    assert unknown.status_code == 422
    assert "no such person" in unknown.json()["error"]


def test_about(client: TestClient, done: str) -> None:
    assert "makeittalk" in {method["name"] for method in client.get("/v1/methods").json()}
    assert client.get("/readyz").json() == {"status": "ready"}
    assert 'talkinghead_tasks{state="done"}' in client.get("/metrics").text
    schema = client.get("/openapi.json").json()
    assert schema["openapi"] == "3.0.3"
    body = schema["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert body["properties"]["face"]["format"] == "binary"
    assert "http" not in client.get("/docs").text


def test_cancelling_takes_less_than_a_second(client: TestClient, face: Path, speech: Path, tmp_path: Path) -> None:
    from drawn import speech_like, write_wav

    long = write_wav(tmp_path / "long.wav", speech_like(20.0))
    id = post(client, face, long).json()["id"]
    waiting = post(client, face, speech).json()["id"]
    while client.get(f"/v1/jobs/{id}").json().get("progress", {}).get("stage") not in ("motion", "render"):
        time.sleep(0.02)
    assert client.get(f"/v1/jobs/{id}/video").status_code == 409
    for each in (waiting, id):
        began = time.monotonic()
        assert client.delete(f"/v1/jobs/{each}").status_code == 204
        assert time.monotonic() - began < 2.0  # half of it for a busy machine
        assert client.get(f"/v1/jobs/{each}").json()["state"] == "cancelled"
        assert not client.service.folder_of(each).exists()


def test_limits_of_the_queue_and_of_each_client(tmp_path: Path, face: Path, speech: Path) -> None:
    service = make_service(tmp_path, queue=2, per_client=1)
    service.runner.wake = lambda: None  # type: ignore[method-assign]
    service.runner.start = lambda: None  # type: ignore[method-assign]
    with TestClient(make_app(service, page=False), base_url=HERE) as client:
        assert post(client, face, speech).status_code == 202
        answer = post(client, face, speech)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
        service.records.add(TaskRecord("x", "job", "somebody else", {"values": {}, "files": {}}))
        full = post(client, face, speech)
        assert (full.status_code, full.json()["error"]) == (503, "the queue is full, 2 jobs wait: try again later.")
    service.runner._thread.start()
    service.close()


def test_a_full_disk_refuses_new_jobs(
    client: TestClient, face: Path, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    answer = post(client, face, speech)
    assert answer.status_code == 507
    assert answer.json()["error"] == "the disk of the server is full: try again later."


def test_what_waited_goes_on_with_the_next_server(tmp_path: Path, face: Path, speech: Path) -> None:
    first = make_service(tmp_path)
    id = "a" * 22
    folder = first.folder_of(id) / "in"
    folder.mkdir(parents=True)
    files = {"face": [{"file": "face.png", "name": "f.png"}], "speech": [{"file": "s.wav", "name": "s.wav"}]}
    shutil.copy(face, folder / "face.png")
    shutil.copy(speech, folder / "s.wav")
    first.records.add(TaskRecord(id, "job", "c", {"values": {}, "files": files}))
    first.records.take()  # it ran when the server was killed, and had written a part
    (folder.parent / "out-1").mkdir()
    (folder.parent / "out-1" / "video.mp4").write_bytes(b"part")
    (first.tasks_folder / "stray").mkdir()
    first.runner._thread.start()
    first.close()
    second = make_service(tmp_path)
    with TestClient(make_app(second, page=False), base_url=HERE) as client:
        assert not (second.tasks_folder / "stray").exists()
        assert wait(client, id)["state"] == "done"
        assert len(client.get(f"/v1/jobs/{id}/video").content) > 100
    record = second.records.find(id)
    assert record is not None
    assert record.starts == 2
    second.settings = second.settings.__class__(tmp_path, keep=-1.0)
    second.sweep()
    assert second.records.find(id) is None
    assert not second.folder_of(id).exists()
    second.close()


def test_two_servers_do_not_share_a_folder(client: TestClient) -> None:
    from talkinghead.errors import InputError

    with pytest.raises(InputError, match="another server"):
        make_service(client.service.settings.data)


def test_who_is_one_client() -> None:
    assert client_of("192.0.2.1") == "192.0.2.1"
    assert client_of("2001:db8::1") == client_of("2001:db8::2") == "2001:db8::/64"
    assert client_of(None) == client_of("testclient") == "unknown"
