"""What the trainings are fed, and both in miniature."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from plans import plan
from talkinghead.data.corpus import Recording
from talkinghead.data.face_pairs import MARGIN, MATTE, STORED, FacePictures
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.face.pose import camera_from_head
from talkinghead.methods.attentional_landmarks import train_ltv, train_stl
from talkinghead.methods.attentional_landmarks.config import CONFIGS
from talkinghead.methods.attentional_landmarks.geometry import EYE_DISTANCE_PX, MOUTH_POINTS, calibrate
from talkinghead.methods.attentional_landmarks.ltv import LandmarksToVideo
from talkinghead.methods.attentional_landmarks.people import S1, recordings_of
from talkinghead.methods.attentional_landmarks.stl import AFTER, BEFORE, SpeechToLandmarks
from talkinghead.methods.attentional_landmarks.train_ltv import train_video
from talkinghead.methods.attentional_landmarks.train_stl import (
    FRAMES,
    LandmarkBatches,
    LandmarkStretch,
    read_stretches,
    score,
    train_landmarks,
)
from talkinghead.rendering.crop import Crop
from talkinghead.tracking.track import make_track
from talkinghead.types import FaceTrack, FloatArray
from talkinghead.weights import load_weights, save_weights


def moving(count: int, fps: float) -> FaceTrack:
    """The mean face that moves to the right by 2 px a second, its lower lip going up and down."""
    shape = np.repeat(canonical_face()[0][None], count, axis=0)
    time = np.arange(count) / fps
    shape[:, MESH_OF_68[[56, 57, 58, 65, 66, 67]], 1] += 0.05 * (1 - np.cos(8 * time))[:, None]
    still = np.zeros((count, 3))
    place = 100.0 + np.stack([2 * time, 0 * time, 0 * time], axis=1)
    return make_track(
        camera_from_head(shape, still, place, np.full(count, 60.0)), np.ones(count, bool), fps, smooth=False
    )


def heard(seconds: float) -> FloatArray:
    """(2, S, 13) of which the first number is the time in seconds."""
    rows = np.zeros((2, round(seconds * 100), 13), np.float32)
    rows[..., 0] = np.arange(rows.shape[1]) / 100
    return rows


def stretch(speaker: str = S1, *, seed: int = 0) -> LandmarkStretch:
    template = EYE_DISTANCE_PX * canonical_face()[0][MESH_OF_68, :2]
    points = template + np.random.default_rng(seed).normal(0, 2, (FRAMES, 68, 2))
    speech = np.random.default_rng(seed).random((2, BEFORE + 4 * (FRAMES - 1) + 1 + AFTER, 13)).astype(np.float32)
    return LandmarkStretch(speech, points, template, speaker)


@pytest.mark.parametrize("fps", [25.0, 30.0])
def test_speech_goes_with_the_landmarks_of_its_own_time(monkeypatch: pytest.MonkeyPatch, fps: float) -> None:
    recording = Recording("x", "A", Path("x.mp4"), "GRID")
    track = moving(round(7 * fps), fps)
    monkeypatch.setattr(train_stl, "tracks", lambda clips, cache: [(clips[0], track)])
    monkeypatch.setattr(train_stl, "speech_versions", lambda *_, **__: heard(7.0))
    monkeypatch.setattr(train_stl, "fps_of", lambda _: fps)
    first, second = read_stretches((recording,), Path(), CONFIGS["tiny"].landmarks)
    for number, made in enumerate((first, second)):
        times = made.speech[0, BEFORE : BEFORE + 4 * FRAMES : 4, 0]
        np.testing.assert_allclose(times, 3.0 * number + np.arange(FRAMES) / 25, atol=1e-6)
        # The head moves on evenly from where the stretch begins.
        place = (made.points[:, 36, 0] - made.template[36, 0]) / EYE_DISTANCE_PX * 60
        np.testing.assert_allclose(place, 2 * np.arange(FRAMES) / 25, atol=0.03)
    assert (first.speech[0, :BEFORE] == 0).all()


def test_clips_out_of_step_teach_no_lips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_stl, "tracks", lambda *_: pytest.fail("not to be read"))
    recording = Recording("EDTalk__Obama_20s", "A", Path("x.mp4"), "address")
    assert read_stretches((recording,), Path(), CONFIGS["tiny"].landmarks) == []


def test_batches_are_functions_of_the_step() -> None:
    batches = LandmarkBatches([stretch(), stretch("other", seed=1)], size=16)
    first, again, other = batches(5), batches(5), batches(6)
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert not torch.equal(first["speech"], other["speech"])
    assert first["points"].shape == (16, FRAMES, 68, 2)
    assert first["lips"].shape == (16, FRAMES, 21, 2)


def test_some_hear_nothing_and_rest() -> None:
    batch = LandmarkBatches([stretch()], size=256)(0)
    silent = (batch["speech"] == 0).all(dim=2).all(dim=1)
    assert 2 < int(silent.sum()) < 50
    template = batch["template"][silent, None].expand(-1, FRAMES, -1, -1)
    torch.testing.assert_close(batch["points"][silent], template)
    torch.testing.assert_close(batch["lips"][silent], template[:, :, torch.from_numpy(MOUTH_POINTS)])


def test_faces_that_are_not_varied_are_the_clips() -> None:
    one = stretch()
    batch = LandmarkBatches([one], size=64)(0)
    own = torch.from_numpy(one.template).float()
    plain = (batch["template"] - own).abs().amax(dim=(1, 2)) < 1e-4
    heard_something = (batch["speech"] != 0).any(dim=2).any(dim=1)
    assert 16 < int(plain.sum()) < 48
    wanted = torch.from_numpy(calibrate(one.points, one.template)).float()
    rows = batch["lips"][plain & heard_something]
    torch.testing.assert_close(rows, wanted.expand_as(rows), atol=1e-3, rtol=0)


def test_both_kinds_of_speakers_are_drawn() -> None:
    one, two = stretch(), stretch("other", seed=1)
    batch = LandmarkBatches([one] * 9 + [two], size=512)(0)
    first = torch.from_numpy(one.speech)[:, 0, 0]
    share = torch.isin(batch["speech"][:, 0, 0], first).float().mean()
    assert 0.45 < float(share) < 0.7  # not nine tenths


def test_scores_of_what_stands_still() -> None:
    network = SpeechToLandmarks(CONFIGS["tiny"].landmarks).eval()
    for branch in network.branches:
        torch.nn.init.zeros_(branch.out.weight)  # type: ignore[union-attr, arg-type]
        torch.nn.init.zeros_(branch.out.bias)  # type: ignore[union-attr, arg-type]
    one = stretch()
    found = score(network, [one, one])
    error = np.linalg.norm(one.points - one.template, axis=-1)
    assert found["head_px"] == pytest.approx(error[:, :48].mean(), abs=0.02)
    assert found["correlation"] == pytest.approx(0.0, abs=1e-3)
    assert 1.5 < found["LMD_px"] < 3.5


def test_landmarks_in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_stl, "recordings_of", lambda corpus, group, whom: group)
    speakers = {"train": S1, "known": S1, "strangers": "GRID-s4"}
    monkeypatch.setattr(train_stl, "read_stretches", lambda group, *_, **__: [stretch(speakers[group])] * 3)
    train_landmarks(plan("attentional_landmarks", "landmarks", tmp_path, tmp_path / "out", steps=2))
    network = SpeechToLandmarks(CONFIGS["tiny"].landmarks)
    load_weights(network, tmp_path / "out" / "landmarks.safetensors")
    card = json.loads((tmp_path / "out" / "landmarks.json").read_text())
    assert {"LMD_px", "strangers_LMD_px"} < set(card["scores"])
    assert card["command"].endswith("--config tiny --steps 2 --batch 4")


def heads(speaker: str) -> FacePictures:
    rng = np.random.default_rng(0)
    jpeg = [cv2.imencode(".jpg", rng.integers(0, 255, (STORED, STORED, 3), np.uint8))[1].ravel() for _ in range(3)]
    return FacePictures(
        np.concatenate(jpeg),
        np.cumsum([0, *map(len, jpeg)], dtype=np.int64),
        rng.uniform(80, 240, (3, 68, 2)).astype(np.float32),
        np.zeros((3, MATTE, MATTE), np.uint8),
        np.zeros(3, np.int64),
        np.array(["a"]),
        np.array([speaker]),
    )


def test_renderer_in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speakers = {"train": S1, "known": S1, "strangers": "GRID-s4"}
    monkeypatch.setattr(train_ltv, "prepare_pictures", lambda corpus, group, out, place: heads(speakers[group]))
    monkeypatch.setattr(train_ltv, "recordings_of", lambda *_: ())
    monkeypatch.setattr(train_ltv, "speech_about", lambda pictures, *_: np.zeros((3, 30, 13), np.float32))
    train_video(plan("attentional_landmarks", "renderer", tmp_path, tmp_path / "out", steps=2))
    network = LandmarksToVideo(CONFIGS["tiny"].video)
    load_weights(network, tmp_path / "out" / "renderer.safetensors")
    card = json.loads((tmp_path / "out" / "renderer.json").read_text())
    assert {"known PSNR_dB", "strangers SSIM", "the portrait as it is"} < set(card["scores"])
    assert cv2.imread(str(tmp_path / "out" / "sheet.png")).shape == (4 * 64, 3 * 64, 3)

    generic = LandmarksToVideo(CONFIGS["tiny"].video)
    save_weights(generic, tmp_path / "generic.safetensors", card={})
    start = tmp_path / "generic.safetensors"
    train_video(plan("attentional_landmarks", "renderer", tmp_path, tmp_path / "on", start=start, steps=2))
    load_weights(network, tmp_path / "on" / "renderer.safetensors")
    away = [(own - first).abs().max() for own, first in zip(network.parameters(), generic.parameters(), strict=True)]
    assert 0 < max(away) < 5e-3  # two steps from where it began
    card = json.loads((tmp_path / "on" / "renderer.json").read_text())
    assert card["command"].endswith("--steps 2 --batch 4 --start generic.safetensors")


def test_packs_keep_a_margin_about_the_networks_square() -> None:
    landmarks = 100 + 60 * canonical_face()[0][MESH_OF_68, :2]
    inner = Crop.of(landmarks, (360, 288))
    wide = inner.widen(MARGIN, STORED)
    points = inner.points(landmarks) * STORED / (1.25 * inner.size)
    np.testing.assert_allclose(np.diff(wide.points(landmarks), axis=0), np.diff(points, axis=0), atol=1e-6)
    assert (wide.left + wide.side / 2, wide.top + wide.side / 2) == pytest.approx(
        (inner.left + inner.side / 2, inner.top + inner.side / 2)
    )


@pytest.mark.corpus
def test_people(corpus: Path) -> None:
    one, everybody = (recordings_of(corpus, "train", whom) for whom in ("s1", "all"))
    assert {recording.speaker for recording in one} == {S1}
    assert set(one) < set(everybody)
    strangers = {recording.speaker for recording in recordings_of(corpus, "strangers", "all")}
    assert not strangers & {recording.speaker for recording in everybody}
    assert recordings_of(corpus, "strangers", "s1") == ()
    with pytest.raises(ValueError, match="s1 or all"):
        recordings_of(corpus, "train", "s2")
