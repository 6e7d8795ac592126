"""What the trainings are fed, and both in miniature."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from plans import plan
from talkinghead.data import tracks as data_tracks
from talkinghead.data.corpus import Corpus
from talkinghead.data.face_pairs import MATTE, STORED, FacePictures
from talkinghead.data.recording import MAIN_SPEAKER, Recording
from talkinghead.data.tracks import Take
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.face.pose import camera_from_head
from talkinghead.methods.attentional_landmarks import recordings, train_ltv, train_stl
from talkinghead.methods.attentional_landmarks.config import CONFIGS, VARIANTS
from talkinghead.methods.attentional_landmarks.geometry import EYE_DISTANCE_PX, MOUTH_POINTS, calibrate
from talkinghead.methods.attentional_landmarks.ltv import LandmarksToVideo
from talkinghead.methods.attentional_landmarks.recordings import choose_recordings
from talkinghead.methods.attentional_landmarks.stages import STAGES
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
from talkinghead.store import NOTHING_KEPT
from talkinghead.tracking.track import make_track
from talkinghead.training.stage import Training
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


def fake_features(seconds: float) -> FloatArray:
    """(2, S, 13) of which the first number is the time in seconds."""
    rows = np.zeros((2, round(seconds * 100), 13), np.float32)
    rows[..., 0] = np.arange(rows.shape[1]) / 100
    return rows


def stretch(speaker: str = MAIN_SPEAKER, *, seed: int = 0) -> LandmarkStretch:
    template = EYE_DISTANCE_PX * canonical_face()[0][MESH_OF_68, :2]
    points = template + np.random.default_rng(seed).normal(0, 2, (FRAMES, 68, 2))
    speech = np.random.default_rng(seed).random((2, BEFORE + 4 * (FRAMES - 1) + 1 + AFTER, 13)).astype(np.float32)
    return LandmarkStretch(speech, points, template, speaker)


@pytest.mark.parametrize("fps", [25.0, 30.0])
def test_speech_goes_with_the_landmarks_of_its_own_time(monkeypatch: pytest.MonkeyPatch, fps: float) -> None:
    recording = Recording("x", "A", Path("x.mp4"), "GRID")
    track = moving(round(7 * fps), fps)
    monkeypatch.setattr(train_stl, "read_takes", lambda recordings, store: [Take(recordings[0], track)])
    monkeypatch.setattr(train_stl, "speech_versions", lambda *_, **__: fake_features(7.0))
    first, second = read_stretches((recording,), CONFIGS["tiny"].landmarks, NOTHING_KEPT)
    for number, made in enumerate((first, second)):
        times = made.speech[0, BEFORE : BEFORE + 4 * FRAMES : 4, 0]
        np.testing.assert_allclose(times, 3.0 * number + np.arange(FRAMES) / 25, atol=1e-6)
        # The head moves on evenly from where the stretch begins.
        place = (made.points[:, 36, 0] - made.template[36, 0]) / EYE_DISTANCE_PX * 60
        np.testing.assert_allclose(place, 2 * np.arange(FRAMES) / 25, atol=0.03)
    assert (first.speech[0, :BEFORE] == 0).all()


def test_clips_whose_offset_is_unknown_teach_no_lips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_tracks, "_read_raw_track", lambda *_: pytest.fail("not to be read"))
    recording = Recording("FACEGOOD__zsmeif", "A", Path("x.mp4"), "address")
    assert read_stretches((recording,), CONFIGS["tiny"].landmarks, NOTHING_KEPT) == []


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


def test_phones_are_missing_now_and_then_and_nothing_else_is() -> None:
    whole = [replace(stretch(), speech=np.ones_like(stretch().speech))]
    heard = LandmarkBatches(whole, size=200, phones=5)(0)["speech"]
    spoken = heard[heard.sum(dim=(1, 2)) > 0]
    assert (spoken[..., 5:] == 1).all()
    deaf = (spoken[..., :5] == 0).all(dim=2).all(dim=1)
    assert 0.2 < float(deaf.float().mean()) < 0.4
    assert (spoken[~deaf] == 1).all()
    assert train_stl._phones_to_drop(CONFIGS["small"].landmarks) == 39
    assert train_stl._phones_to_drop(VARIANTS["small-phones"].landmarks) == 0


def test_faces_that_are_not_varied_are_the_clips() -> None:
    one = stretch()
    batch = LandmarkBatches([one], size=64)(0)
    own = torch.from_numpy(one.template).float()
    plain = (batch["template"] - own).abs().amax(dim=(1, 2)) < 1e-4
    speaking = (batch["speech"] != 0).any(dim=2).any(dim=1)
    assert 16 < int(plain.sum()) < 48
    wanted = torch.from_numpy(calibrate(one.points, one.template)).float()
    rows = batch["lips"][plain & speaking]
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


TABLE = tuple(
    Recording(f"{split} {number}", MAIN_SPEAKER if split != "unseen" else "GRID-s4", Path("x"), "GRID", split=split)
    for split in ("train", "val", "unseen")
    for number in range(2)
)
CORPUS = Corpus(TABLE, folder=Path("nowhere"))
ALONE = Corpus(tuple(recording for recording in TABLE if recording.split != "unseen"))
"""The recordings of one person."""


def stand_in_for_recordings(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(found: Sequence[Recording], *_: object, **__: object) -> list[LandmarkStretch]:
        return [stretch(one.speaker, seed=number) for number, one in enumerate(found)]

    monkeypatch.setattr(train_stl, "read_stretches", read)
    monkeypatch.setattr(train_ltv, "prepare_pictures", heads)
    monkeypatch.setattr(train_ltv, "speech_around", lambda pack, *_: np.zeros((len(pack), 30, 13), np.float32))


def card_of(out: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / f"{name}.json").read_text())
    return found


def test_landmarks_in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_recordings(monkeypatch)
    train_landmarks(plan("attentional_landmarks", "landmarks", tmp_path, corpus=CORPUS, steps=2))
    network = SpeechToLandmarks(CONFIGS["tiny"].landmarks)
    load_weights(network, tmp_path / "landmarks.safetensors")
    card = card_of(tmp_path, "landmarks")
    assert {"val LMD_px", "unseen LMD_px"} < set(card["scores"])
    assert card["data"] == "recordings of GRID-s1 (2)"
    assert card["command"].endswith("--config tiny --steps 2 --batch 4")


def heads(recordings: Sequence[Recording], store: object = None) -> FacePictures:
    """Three pictures of noise of each recording."""
    rng, count = np.random.default_rng(0), 3 * len(recordings)
    jpeg = [cv2.imencode(".jpg", rng.integers(0, 255, (STORED, STORED, 3), np.uint8))[1].ravel() for _ in range(count)]
    return FacePictures(
        np.concatenate(jpeg),
        np.cumsum([0, *map(len, jpeg)], dtype=np.int64),
        rng.uniform(80, 240, (count, 68, 2)).astype(np.float32),
        np.zeros((count, MATTE, MATTE), np.uint8),
        np.tile(np.arange(3) / 25, len(recordings)),
        np.repeat(np.arange(len(recordings)), 3),
        np.array([recording.name for recording in recordings]),
        np.array([recording.speaker for recording in recordings]),
    )


def farthest(network: nn.Module, other: nn.Module) -> float:
    """The largest difference between parameters."""
    pairs = zip(network.parameters(), other.parameters(), strict=True)
    return max(float((one - two).detach().abs().max()) for one, two in pairs)


def test_renderer_in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_recordings(monkeypatch)
    train_video(plan("attentional_landmarks", "renderer", tmp_path / "out", corpus=CORPUS, steps=2))
    network = LandmarksToVideo(CONFIGS["tiny"].video)
    load_weights(network, tmp_path / "out" / "renderer.safetensors")
    assert {"val PSNR_dB", "unseen SSIM", "the portrait as it is"} < set(
        card_of(tmp_path / "out", "renderer")["scores"]
    )
    assert cv2.imread(str(tmp_path / "out" / "sheet.png")).shape == (2 * 4 * 64, 3 * 64, 3)

    generic = LandmarksToVideo(CONFIGS["tiny"].video)
    save_weights(generic, tmp_path / "generic.safetensors", card={})
    start = tmp_path / "generic.safetensors"
    train_video(plan("attentional_landmarks", "renderer", tmp_path / "on", corpus=CORPUS, start=start, steps=2))
    load_weights(network, tmp_path / "on" / "renderer.safetensors")
    assert 0 < farthest(network, generic) < 5e-3  # two steps from where it began
    card = card_of(tmp_path / "on", "renderer")
    assert card["command"].endswith("--steps 2 --batch 4 --start generic.safetensors")
    assert set(card["scores"]["before"]) < set(card["scores"])


@pytest.mark.parametrize(
    ("stage", "train", "part", "name"),
    [("landmarks", train_landmarks, "landmarks", "LMD_px"), ("renderer", train_video, "video", "PSNR_dB")],
)
@pytest.mark.parametrize("useless", [False, True])
def test_one_person_gets_weights_that_are_no_worse(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    stage: str,
    train: Callable[[Training], None],
    part: str,
    name: str,
    useless: bool,
) -> None:
    stand_in_for_recordings(monkeypatch)
    if useless:  # whatever it learns
        monkeypatch.setattr(sys.modules[train.__module__], "_merit", lambda scores: 0.0)
    config = getattr(CONFIGS["tiny"], part)
    generic: nn.Module = SpeechToLandmarks(config) if stage == "landmarks" else LandmarksToVideo(config)
    start = tmp_path / "generic.safetensors"
    save_weights(generic, start, card={})
    load_weights(generic, start)
    training = plan("attentional_landmarks", stage, tmp_path / "out", corpus=ALONE, start=start, steps=3)
    train(training)
    scores = card_of(tmp_path / "out", stage)["scores"]
    sign = 1 if name == "PSNR_dB" else -1
    assert sign * scores[f"val {name}"] >= sign * scores["before"][f"val {name}"]
    network = type(generic)(config)
    load_weights(network, tmp_path / "out" / f"{stage}.safetensors")
    if useless:
        assert farthest(network, generic) == 0
        assert "not improved" in caplog.text


def test_one_person_has_fewer_steps() -> None:
    for stage in STAGES.values():
        assert stage.personal is not None
        assert stage.usual_options(ALONE) == stage.personal
        assert stage.usual_options(CORPUS) == stage.options
        assert stage.personal.steps < stage.options.steps


def test_who_is_learned_from() -> None:
    s1 = replace(CONFIGS["tiny"], people="s1")
    both = Corpus((*TABLE, Recording("other", "B", Path("x"), "lab")), folder=Path("nowhere"))
    assert {one.speaker for one in choose_recordings(both, "train", CONFIGS["tiny"])} == {MAIN_SPEAKER, "B"}
    assert {one.speaker for one in choose_recordings(both, "train", s1)} == {MAIN_SPEAKER}
    assert choose_recordings(both, "unseen", s1) == ()
    anna = Corpus((Recording("other", "anna", Path("x"), "own"),))
    assert len(choose_recordings(anna, "train", s1)) == 1


def test_speech_around_a_picture_is_of_its_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    pack, track = heads(TABLE[:2]), moving(175, 25.0)
    monkeypatch.setattr(recordings, "read_takes", lambda found, *_, **__: [Take(one, track) for one in found])
    monkeypatch.setattr(recordings, "speech_versions", lambda *_, **__: fake_features(7.0))
    around = recordings.speech_around(pack, TABLE[:2], CONFIGS["tiny"].landmarks, NOTHING_KEPT)
    assert around.shape == (6, BEFORE + 1 + AFTER, 13)
    np.testing.assert_allclose(around[:, BEFORE, 0], pack.times, atol=1e-6)
    assert (around[0, :BEFORE] == 0).all()


def test_videos_without_sound_have_empty_features(monkeypatch: pytest.MonkeyPatch) -> None:
    table = (TABLE[0], replace(TABLE[1], silent=True))
    pack, track = heads(table), moving(175, 25.0)
    monkeypatch.setattr(recordings, "read_takes", lambda found, *_, **__: [Take(one, track) for one in found])
    monkeypatch.setattr(recordings, "speech_versions", lambda *_, **__: 1 + fake_features(7.0))
    around = recordings.speech_around(pack, table, CONFIGS["tiny"].landmarks, NOTHING_KEPT)
    assert [around[pack.of_clip(number)].any() for number in (0, 1)] == [True, False]
    assert [one.can_be_mended for one in table] == [True, False]
