"""``talkinghead dub``: the command, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cli.command import Run
from drawn import drawn_face, speech_like, write_wav
from encoded import encode_video
from talkinghead.media import VideoReader, read_provenance, save_image, save_video, speech_from_array
from talkinghead.motion.files import load_motion
from talkinghead.types import Frames, Video

FPS = 10.0


def test_a_video_is_dubbed(run: Run, clip: Path, speech: Path, out: Path) -> None:
    motion, csv, job = (out.with_name(name) for name in ("m.npz", "a.csv", "job.json"))
    outcome = run("dub", clip, speech, "-o", out, "--motion-out", motion, "--arkit", csv, "--save-job", job)
    assert outcome.code == 0, outcome.stderr
    assert outcome.stdout.strip() == str(out)
    reader = VideoReader(out)
    assert (reader.num_frames, reader.fps, reader.size) == (10, FPS, (160, 160))
    record = read_provenance(out)
    assert record is not None
    assert record["synthetic_parts"].startswith("lips")
    assert record["digital_source_type"].endswith("compositeWithTrainedAlgorithmicMedia")
    assert len(load_motion(motion)) == 10
    assert len(csv.read_text().splitlines()) == 11
    assert json.loads(job.read_text())["task"] == "dub"
    again = run("dub", "--job", job, "--overwrite", "--length", "speech")
    assert again.code == 0, again.stderr


def test_a_text_is_said_for_longer_than_the_video(run: Run, clip: Path, out: Path) -> None:
    pytest.importorskip("espeakng_loader")
    outcome = run("dub", clip, "--text", "Good morning to all of you.", "-o", out)
    assert outcome.code == 0, outcome.stderr
    assert VideoReader(out).num_frames > 11


def test_sound_that_is_not_there_cannot_be_mixed_which_is_said(run: Run, clip: Path, speech: Path, out: Path) -> None:
    outcome = run("dub", clip, speech, "-o", out, "--mix", "-20dB")
    assert outcome.code == 0
    assert "nothing is mixed under the speech" in outcome.stderr


@pytest.mark.parametrize(
    ("options", "names", "remedy"),
    [
        (["--mix", "loud"], "--mix loud", "0dB"),
        (["--mix", "3dB"], "--mix 3dB", "0dB"),
        (["--length", "long"], "--length long", "longest, speech, video"),
        (["--renderer", "attention"], "--renderer attention", "mouth-warp, composition"),
        (["--face", "0"], "--face 0", "1 for the leftmost"),
        (["--face", "3"], "--face 3", "choose 1 to 1"),
        (["--face", "1", "--who", "anna.png"], "--who", "one of them"),
        (["--who", "nobody.png"], "nobody.png", "check"),
        (["--who", "."], "person", "adapt"),
    ],
)
def test_bad_options_are_refused(
    refused: Callable[..., str], clip: Path, speech: Path, out: Path, options: list[str], names: str, remedy: str
) -> None:
    refused("dub", clip, speech, "-o", out, *options, names=names, remedy=remedy)


def test_what_cannot_be_dubbed_is_refused(
    refused: Callable[..., str], clip: Path, face: Path, speech: Path, out: Path, tmp_path: Path
) -> None:
    refused("dub", face, speech, "-o", out, names=face, remedy="talkinghead animate")
    refused("dub", tmp_path, speech, "-o", out, names=tmp_path, remedy="give a video")
    refused("dub", clip, speech, "-o", clip, "--overwrite", names=clip, remedy="choose another name for OUT")
    refused("dub", clip, "-o", out, names="SPEECH", remedy="--text")
    refused("dub", clip, clip, "-o", out, names=clip, remedy="give a file with an audio track")
    noise = np.random.default_rng(0).integers(0, 255, (4, 64, 64, 3)).astype(np.uint8)
    empty = save_video(Video(iter([Frames(noise, FPS)]), None, FPS, 4), tmp_path / "empty.mp4")
    refused("dub", empty, speech, "-o", out, names=empty, remedy="one is clearly visible")
    who = tmp_path / "who.png"
    save_image(noise[0], who)
    refused("dub", clip, speech, "-o", out, "--who", who, names=who, remedy="give a picture")


def test_options_of_the_other_command_are_refused(
    refused: Callable[..., str], clip: Path, face: Path, speech: Path, out: Path, tmp_path: Path
) -> None:
    for number, (task, field, value) in enumerate(
        [("dub", "head", 0.5), ("dub", "fps", 30), ("animate", "mix", "-20dB")]
    ):
        job = tmp_path / f"job{number}.json"
        values = {"face": str(clip), "speech": str(speech), "out": str(out), "task": task, field: value}
        job.write_text(json.dumps(values))
        refused("animate", "--job", job, names=f"--{field}", remedy="talkinghead")


def test_a_silent_speech_lets_the_lips_rest(run: Run, clip: Path, out: Path, tmp_path: Path) -> None:
    silence = write_wav(tmp_path / "silence.wav", np.zeros(16_000, np.float32))
    outcome = run("dub", clip, silence, "-o", out)
    assert outcome.code == 0, outcome.stderr
    assert "silent" in outcome.stderr


def test_a_long_video_is_announced(monkeypatch: pytest.MonkeyPatch, clip: Path) -> None:
    from talkinghead.production import dub_checks

    told: list[str] = []
    monkeypatch.setattr(dub_checks, "announce", told.append)
    dub_checks.check_video(clip)
    assert not told
    monkeypatch.setattr(VideoReader, "num_frames", property(lambda self: 90_000))
    monkeypatch.setattr(dub_checks, "_TOLD_S", 0.01)
    dub_checks.check_video(clip)
    monkeypatch.setattr(dub_checks, "_TOLD_S", 0.5)
    dub_checks.check_video(clip)
    assert len(told) == 1
    dub_checks.check_video(clip, painted=True)
    assert len(told) == 2


def test_colours_stay_coded_as_they_are(run: Run, speech: Path, out: Path, tmp_path: Path) -> None:
    images = np.repeat(drawn_face(160, grain=4).image[None], 5, axis=0)
    # A small picture by the matrix of large ones, which would not be usual.
    tagged = encode_video(tmp_path / "tagged.mp4", images, fps=10, matrix=1, tagged=1, transfer=1)
    assert run("dub", tagged, speech, "-o", out, "--length", "video", "--no-visible-mark").code == 0
    assert VideoReader(out).tags == VideoReader(tagged).tags
    made, own = (np.concatenate([chunk.images for chunk in VideoReader(path).chunks()]) for path in (out, tagged))
    assert np.abs(made[:, :60].astype(int).mean(axis=(0, 1, 2)) - own[:, :60].mean(axis=(0, 1, 2))).max() < 0.7


def test_a_variable_rate_becomes_constant_which_is_said(
    run: Run, clip: Path, speech: Path, out: Path, tmp_path: Path
) -> None:
    images = np.repeat(drawn_face(160, grain=4).image[None], 12, axis=0)
    times = [0, 40, 80, 160, 200, 240, 360, 400, 440, 560, 600, 640]
    varied = encode_video(tmp_path / "varied.mkv", images, fps=25, times_ms=times)
    outcome = run("dub", varied, speech, "-o", out, "--length", "video")
    assert outcome.code == 0, outcome.stderr
    assert "variable frame rate" in outcome.stderr
    reader = VideoReader(out)
    assert reader.num_frames == VideoReader(varied).num_frames
    assert not reader.is_variable
    assert not VideoReader(clip).is_variable


def test_speech_of_a_video_may_be_the_sound_of_another(run: Run, clip: Path, out: Path, tmp_path: Path) -> None:
    images = np.zeros((10, 32, 32, 3), np.uint8)
    sound = speech_from_array(speech_like(1.0), 16_000)
    other = save_video(Video(iter([Frames(images, FPS)]), sound, FPS, 10), tmp_path / "other.mp4")
    assert run("dub", clip, other, "-o", out).code == 0
