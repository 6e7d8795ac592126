"""Landmarks by the real command, and animating with them and before a background."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from cli.command import COMMAND, Run, images
from drawn import drawn_face, speech_like, write_wav
from encoded import encode_video
from talkinghead.face.placed import mean_face_in
from talkinghead.media import VideoReader

Refused = Callable[..., str]


@pytest.fixture
def blob(out: Path) -> Path:
    """A picture in which no face is found."""
    rows, columns = np.mgrid[:200, :200]
    image = np.full((200, 200, 3), (30, 60, 200), np.uint8)
    image[np.hypot(rows - 100, columns - 100) < 80] = (240, 200, 30)
    image[96:104, 60:140] = (90, 20, 20)
    path = out.with_name("blob.png")
    Image.fromarray(image).save(path)
    return path


@pytest.fixture
def short(out: Path) -> Path:
    """Half a second of speech."""
    return write_wav(out.with_name("short.wav"), speech_like(0.5))


def points_file(path: Path, size: tuple[int, int]) -> Path:
    content = {"format": 1, "picture": list(size), "points": mean_face_in(size).round(1).tolist()}
    path.write_text(json.dumps(content))
    return path


def test_the_automatic_ones_are_written(run: Run, face: Path, out: Path) -> None:
    path = out.with_name("points.json")
    outcome = run("landmarks", face, "-o", path)
    assert (outcome.code, outcome.stdout) == (0, f"{path}\n")
    content = json.loads(path.read_text())
    assert (content["format"], content["picture"], len(content["points"])) == (1, [256, 256], 68)
    drawn = drawn_face(256)
    eyes = np.array(content["points"])[[36, 39, 42, 45]].reshape(2, 2, 2).mean(axis=1)
    np.testing.assert_allclose(eyes, drawn.eyes, atol=8)


def test_help_has_examples_that_fit_a_line(run: Run) -> None:
    examples = re.findall(r"^ talkinghead (?:landmarks|animate)\b.*$", run("landmarks", "--help").stdout, re.MULTILINE)
    assert len(examples) == 3
    assert all(len(example.rstrip()) < 80 for example in examples)


def test_bad_input(run: Run, refused: Refused, face: Path, blob: Path, out: Path) -> None:
    path = points_file(out.with_name("points.json"), (256, 256))
    other = out.with_name("other.json")
    refused("landmarks", blob, names=blob, remedy="with --edit")
    refused("landmarks", face, "-o", path, names=path, remedy="--overwrite")
    refused("landmarks", face, "-o", out.with_name("points.txt"), names="points.txt", remedy=".json")
    refused("landmarks", face, "-o", other, "--edit", "--port", "70000", names="--port 70000", remedy="65535")
    refused("landmarks", face, "-o", other, "--face", "0", names="--face 0", remedy="choose 1")
    refused("landmarks", blob, "-o", path, "--edit", names="256 x 256 px", remedy="place the landmarks")
    assert run("landmarks", face, "-o", path, "--overwrite").code == 0


def edit(*arguments: str | Path) -> tuple[subprocess.Popen[str], str, str]:
    """Start the page: the process, its address, and what was said before."""
    command = [*COMMAND, "landmarks", *map(str, arguments), "--edit", "--no-browser"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_interruptible
    )
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        found = re.search(r"http://\S+/", line)
        if found:
            return process, found[0], said
    raise AssertionError(f"no address was printed: {said}")


def _interruptible() -> None:
    # As a shell in the foreground starts it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def ask(address: str, method: str, name: str, body: str | None = None) -> tuple[int, str]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request(method, parts.path + name, body)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_placed_by_hand_and_saved_beside(blob: Path) -> None:
    process, address, said = edit(blob)
    assert "the mean face in its middle" in said
    state = json.loads(ask(address, "GET", "state")[1])
    assert state["points"] == state["automatic"]
    assert state["closed"] is None
    content = {"format": 1, "picture": state["picture"], "points": state["points"]}
    status, text = ask(address, "POST", "save", json.dumps({**content, "points": content["points"][:5]}))
    assert (status, text) == (400, 'the page has 5 points in "points": a face has 68.')
    content["points"][8][1] += 3
    assert ask(address, "POST", "save", json.dumps({**content, "open": content["points"]})) == (200, "saved")
    stdout, _ = process.communicate(timeout=30)
    path = blob.with_name("blob.landmarks.json")
    assert (process.returncode, stdout) == (0, f"{path}\n")
    assert json.loads(path.read_text()) == {**content, "open": content["points"]}

    process, address, _ = edit(blob)
    state = json.loads(ask(address, "GET", "state")[1])
    assert state["points"] == state["open"] == content["points"]
    assert state["automatic"] != state["points"]
    ask(address, "POST", "cancel", "")
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert stderr == "talkinghead: stopped; nothing was written\n"
    assert json.loads(path.read_text())["points"] == content["points"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_ctrl_c_writes_nothing(face: Path, out: Path) -> None:
    process, address, _ = edit(face, "-o", out.with_name("points.json"))
    assert ask(address, "GET", "")[0] == 200
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (130, "")
    assert stderr == "talkinghead: stopped; nothing was written\n"
    assert list(out.parent.iterdir()) == []


def test_a_face_placed_by_hand_speaks_where_it_was_placed(run: Run, blob: Path, short: Path, out: Path) -> None:
    points = points_file(out.with_name("points.json"), (200, 200))
    options = ("--landmarks", points, "--head", 0, "--blink", "off", "--no-visible-mark")
    outcome = run("animate", blob, short, "-o", out, *options)
    assert outcome.code == 0, outcome.stderr
    frames = images(out).astype(int)
    assert frames.shape[1:3] == (200, 200)
    moved = np.ptp(frames, axis=0).max(axis=-1) > 40
    rows, columns = np.nonzero(moved)
    mouth = mean_face_in((200, 200))[48:68].mean(axis=0)
    assert len(rows) > 20
    assert np.hypot(columns.mean() - mouth[0], rows.mean() - mouth[1]) < 12
    for refused in (("landmarks", out, "-o", out.with_name("p.json")), ("animate", out, short, "-o", blob, *options)):
        outcome = run(*(out.with_name("other.mp4") if part == blob else part for part in refused))
        assert (outcome.code, outcome.stdout) == (2, "")
        assert "is a video: save one frame" in outcome.stderr


def test_without_a_face_the_remedy_is_named(refused: Refused, blob: Path, short: Path, out: Path) -> None:
    refused("animate", blob, short, "-o", out, names=blob, remedy="talkinghead landmarks --edit")


def test_landmarks_that_do_not_fit(refused: Refused, face: Path, blob: Path, short: Path, out: Path) -> None:
    points = points_file(out.with_name("points.json"), (200, 200))
    given = ("animate", face, short, "-o", out, "--landmarks", points)
    refused(*given, names="200 x 200 px and FACE has 256 x 256 px", remedy="place the landmarks")
    refused(*given, "--face", 1, names="--face and --landmarks", remedy="leave out --face")
    points.write_text("not JSON")
    refused(*given, names=points, remedy="make one with talkinghead landmarks")
    refused("animate", face, short, "-o", out, "--landmarks", face, names=face, remedy="landmarks")


@pytest.fixture(scope="module")
def puppet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn figure as a PNG that is transparent around it, magenta below."""
    black, white = (drawn_face(256, background=(level,) * 3).image.astype(float) for level in (0, 255))
    alpha = 1 - (white - black).max(axis=-1, keepdims=True) / 255
    colours = np.where(alpha > 0, (black / np.maximum(alpha, 1e-3)).clip(0, 255), (255, 0, 255))
    path = tmp_path_factory.mktemp("puppet") / "puppet.png"
    Image.fromarray(np.concatenate([colours, 255 * alpha], axis=-1).round().astype(np.uint8)).save(path)
    return path


@pytest.mark.parametrize("suffix", ["png", "webm", "mov"])
def test_a_puppet_before_a_colour(run: Run, puppet: Path, short: Path, out: Path, suffix: str) -> None:
    if suffix != "png":
        codec, pixels = ("libvpx-vp9", "yuva420p") if suffix == "webm" else ("prores_ks", "yuva444p10le")
        layers = np.asarray(Image.open(puppet))
        puppet = encode_video(out.with_name(f"puppet.{suffix}"), layers[None].repeat(3, 0), codec=codec, pixels=pixels)
    options = ("--head", 3, "--no-visible-mark", "--background", "#00B140")
    outcome = run("animate", puppet, short, "-o", out, *options)
    assert outcome.code == 0, outcome.stderr
    assert "note" not in outcome.stderr
    frames = images(out).astype(int)
    rim = np.concatenate([frames[:, :20].reshape(-1, 3), frames[:, :140, :40].reshape(-1, 3)])
    assert np.abs(rim - (0, 0xB1, 0x40)).max() < 12
    assert (np.minimum(frames[..., 0], frames[..., 2]) - frames[..., 1]).max() < 40, "magenta"


def test_a_picture_covers_what_is_behind_a_person(run: Run, face: Path, short: Path, out: Path) -> None:
    stage = out.with_name("stage.png")
    Image.fromarray(np.full((40, 90, 3), (10, 200, 40), np.uint8)).save(stage)
    outcome = run("animate", face, short, "-o", out, "--background", stage, "--no-visible-mark")
    assert outcome.code == 0, outcome.stderr
    assert f"note: {face} has no transparency: the person was cut out" in outcome.stderr
    assert VideoReader(out).size == (256, 256)
    corner = images(out)[:, :15, :15].astype(int)
    assert np.abs(corner - (10, 200, 40)).max() < 12


@pytest.mark.parametrize(("background", "remedy"), [("#12345", "#rrggbb"), ("nowhere.png", "check the name")])
def test_bad_backgrounds(refused: Refused, face: Path, short: Path, out: Path, background: str, remedy: str) -> None:
    refused("animate", face, short, "-o", out, "--background", background, names=background, remedy=remedy)
