"""The rows of MakeItTalk's tables: where a motion lies in the picture, what is copied from whom, and the tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from benchmarks.ablation_rows import (
    HEAD,
    LIPS,
    PAPER_RATE,
    Networks,
    Sample,
    draw_example,
    measures,
    motions,
    place_in_picture,
    sample_of,
)

from benchmarks import ablation_rows, ablations
from drawn import speech_like
from talkinghead.errors import InputError
from talkinghead.evaluation.corpus import Example
from talkinghead.evaluation.statistics import bootstrap_interval
from talkinghead.face.landmarks import JAW, MESH_OF_68, canonical_face
from talkinghead.face.landmarks import LIPS as MOUTH
from talkinghead.face.pose import camera_from_head, head_landmarks
from talkinghead.methods.makeittalk.config import CONFIGS, VARIANTS
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.speaker_aware import SpeakerAwareAnimation
from talkinghead.metrics.landmark_distance import face_width
from talkinghead.motion.tracked import motion_of_track
from talkinghead.pipeline import fit_motion
from talkinghead.types import FaceTrack, FloatArray, Frames, Motion, Portrait, Speech
from talkinghead.weights import save_weights

FPS, COUNT, SCALE = 25.0, 75, 60.0
TINY = CONFIGS["tiny"]


def mesh() -> FloatArray:
    """(T, 478, 3) px of somebody who nods, sways and speaks."""
    time = np.arange(COUNT) / FPS
    shape = np.repeat(canonical_face()[0][None], COUNT, axis=0)
    lower = MESH_OF_68[65:68]
    shape[:, lower, 1] += 0.06 * (1 - np.cos(8 * time))[:, None]
    zeros = np.zeros(COUNT)
    rotation = np.column_stack([0.1 * np.sin(2 * time), 0.08 * np.sin(time), zeros])
    translation = np.column_stack([200 + 5 * np.sin(time), 150 + zeros, zeros])
    return camera_from_head(shape, rotation, translation, np.full(COUNT, SCALE))


def example(name: str, speaker: str, split: str = "research", **options: Any) -> Example:
    return Example(name, speaker, Path(f"{name}.mp4"), split, **options)


def speech() -> Speech:
    return Speech(np.asarray(speech_like(COUNT / FPS), np.float32), 16_000)


@pytest.fixture
def sample() -> Sample:
    """Three seconds of the one who nods, the portrait being the 11th frame."""
    landmarks = mesh()
    track = ablation_rows.make_track(landmarks, np.ones(COUNT, bool), FPS, smooth=False)
    single = track[10:11]
    return Sample(
        example("nods", "one"), speech(), Portrait(Frames(np.zeros((1, 8, 8, 3), np.uint8), FPS), single), track, 10
    )


def real_motion(sample: Sample) -> Motion:
    """What the sample really does, at the paper's rate."""
    return fit_motion(motion_of_track(sample.track, sample.row), sample.speech, fps=PAPER_RATE)


def test_the_portraits_own_landmarks_lie_where_they_are(sample: Sample) -> None:
    nothing = np.zeros((1, 3))
    own = head_landmarks(sample.portrait.track)
    points, rotation, place = place_in_picture(
        Motion(FPS, own, nothing, nothing, np.zeros(1), own[0]), sample.track, sample.row
    )
    np.testing.assert_allclose(points[0], sample.track.landmarks[10, MESH_OF_68], atol=1e-6)
    np.testing.assert_allclose(rotation[0], sample.track.rotation[10], atol=1e-9)
    np.testing.assert_allclose(place[0], sample.track.translation[10], atol=1e-9)


def test_what_really_happened_has_next_to_no_error(sample: Sample) -> None:
    found = measures(real_motion(sample), sample)
    assert list(found) == [*LIPS, *HEAD]
    # Between frames rotations and landmarks are interpolated apart, and the mouth's noise is none.
    assert found.pop("correlation") > 0.999
    assert found == pytest.approx(dict.fromkeys(found, 0.0), abs=5e-3)
    assert found["D-Rot"] < 0.05


def test_a_turn_and_a_shift_are_measured(sample: Sample) -> None:
    motion, width = real_motion(sample), face_width(sample.track.landmarks[:, MESH_OF_68])
    shifted = replace(motion, translation=motion.translation + np.array([0.1, 0.0, 0.0]))
    corners = sample.track.landmarks[10, MESH_OF_68[[36, 45]]]
    assert measures(shifted, sample)["D-Pos"] == pytest.approx(
        0.1 * np.linalg.norm(corners[1] - corners[0]) / width, rel=0.02
    )
    turned = replace(motion, rotation=motion.rotation + np.array([0.0, 0.0, 0.3]))
    found = measures(turned, sample)
    assert found["D-Rot"] == pytest.approx(np.degrees(0.3) / 3, rel=0.05)
    assert found["D-L"] > 0.02
    assert found["D-LL"] == pytest.approx(measures(motion, sample)["D-LL"], abs=1e-9)


def test_speakers_are_drawn_before_their_clips(sample: Sample) -> None:
    among = [example(f"a{number}", "two") for number in range(50)] + [example("b", "three")]
    names = [replace(sample, example=example(f"clip{number}", "one")) for number in range(200)]
    found = [draw_example(one, among) for one in names]
    assert found == [draw_example(one, among) for one in names]
    count = Counter(other.speaker for other in found if other is not None)
    assert 70 < count["three"] < 130
    assert len({other.name for other in found if other is not None}) > 30
    assert draw_example(sample, []) is None


def test_a_speakers_own_clips_overlap_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    here, learned = example("here", "one"), [example("l", "two", "train")]
    research = [here, example("piece", "one"), example("apart", "one"), example("else", "two")]
    monkeypatch.setattr(ablation_rows, "same_recording", lambda first, second: second.name == "piece")
    assert [other.name for other in ablation_rows._own(here, learned, research)] == ["apart"]
    learned.append(example("m", "one", "train"))
    assert [other.name for other in ablation_rows._own(here, learned, research)] == ["m"]


def branches() -> Networks:
    torch.manual_seed(0)
    alone = replace(TINY.speaker, mouth_share=1.0, alone=True)
    return Networks(
        SpeechContentAnimation(TINY.content),
        SpeakerAwareAnimation(TINY.content, TINY.speaker),
        {ablations.NO_CONTENT: SpeakerAwareAnimation(TINY.content, alone)},
        {ablations.BRIEF: SpeechContentAnimation(TINY.content)},
    )


def test_what_each_row_is_made_of(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    donor = replace(sample, row=0)
    monkeypatch.setattr(ablation_rows, "sample_of", lambda other, runs: donor)
    monkeypatch.setattr(ablation_rows, "read_speech", lambda path: speech())
    monkeypatch.setattr(ablation_rows, "speaker_embedding", lambda samples, name: np.eye(256, dtype=np.float32)[7])
    learned = [example("l", "one", "train"), example("m", "two", "train")]
    made = dict(motions(sample, branches(), learned=learned, research=[], runs=Path()))
    assert set(made) == {*ablations._OF_LIPS, *ablations._OF_HEAD} - {ablations.UNSEPARATED, ablations.CODES}
    full, mouth = made[ablations.FULL], np.r_[JAW, MOUTH]
    for name in (ablations.DRAWN, ablations.NO_SPEAKER, ablations.IDLE, ablations.OTHER_VOICE, ablations.SAME):
        np.testing.assert_array_equal(made[name].landmarks[:, mouth], full.landmarks[:, mouth])
    for name in (ablations.SHARED, ablations.BRIEF, ablations.NO_CONTENT, ablations.STILL):
        assert np.abs(made[name].landmarks[:, mouth] - full.landmarks[:, mouth]).max() > 1e-3
    np.testing.assert_array_equal(made[ablations.SHARED].rotation, full.rotation)
    for name in (ablations.DRAWN, ablations.IDLE, ablations.OTHER_VOICE, ablations.NO_CONTENT, ablations.OTHER):
        assert np.abs(made[name].rotation - full.rotation).max() > 1e-4
    for name in (ablations.NO_SPEAKER, ablations.STILL):
        assert not made[name].rotation.any()
        assert not made[name].translation.any()
    copied = fit_motion(motion_of_track(donor.track, 0), sample.speech, fps=PAPER_RATE)
    np.testing.assert_allclose(made[ablations.SAME].rotation[:180], copied.rotation[:180], atol=1e-9)
    assert {len(motion) for motion in made.values()} == {len(full)}


def test_without_another_clip_nothing_is_copied(sample: Sample) -> None:
    made = dict(motions(sample, branches(), learned=[], research=[sample.example], runs=Path()))
    assert not {ablations.SAME, ablations.OTHER, ablations.OTHER_VOICE} & set(made)


def test_the_part_that_was_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    long = np.concatenate([mesh()] * 4)  # 12 s: the last third is from 8 s on
    ramp = np.arange(192_000) / 192_000.0
    monkeypatch.setattr(ablation_rows, "_load_landmarks", lambda path, runs: (long, FPS))
    monkeypatch.setattr(ablation_rows, "read_speech", lambda path: Speech(ramp.astype(np.float32), 16_000))
    for split, seconds, start, end in (
        ("val", 2.0, 8, 10),
        ("val", 6.0, 8, 12),
        ("train", None, 0, 8),
        ("test", None, 0, 12),
    ):
        found = sample_of(example("long", "one", split, seconds=seconds), Path())
        assert len(found.track) == 25 * (end - start)
        np.testing.assert_allclose(12 * found.speech.samples[[0, -1]], [start, end], atol=1e-3)
        assert found.row == 0


def test_the_portrait_is_a_frame_with_a_face(monkeypatch: pytest.MonkeyPatch) -> None:
    landmarks = mesh()
    landmarks[:3] = np.nan
    monkeypatch.setattr(ablation_rows, "_load_landmarks", lambda path, runs: (landmarks, FPS))
    monkeypatch.setattr(ablation_rows, "read_speech", lambda path: speech())
    assert sample_of(example("late", "one"), Path()).row == 3
    landmarks[:] = np.nan
    with pytest.raises(InputError, match=r"none\.mp4: no frame shows a face; leave the clip out"):
        sample_of(example("none", "one"), Path())


def test_variants_that_are_not_trained_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = branches()
    shipped = ablation_rows.MakeItTalkMotion(one.content, branch=one.speaker)
    monkeypatch.setattr(ablation_rows, "shipped_generator", lambda name: shipped)
    config = VARIANTS["small-alone"]
    trained = SpeakerAwareAnimation(config.content, config.speaker)
    save_weights(trained, tmp_path / "ablations" / "small-alone" / "speaker_aware.safetensors", card={})
    front = SpeechContentAnimation(VARIANTS["small-autovc"].content)
    save_weights(front, tmp_path / "fronts" / "small-autovc" / "content.safetensors", card={})
    found = ablation_rows.networks(tmp_path)
    assert set(found.alone) == {ablations.NO_CONTENT}
    assert set(found.fronts) == {ablations.CODES}
    assert "the row 'no separation' is left out" in caplog.text
    assert f"the row '{ablations.BRIEF}' is left out" in caplog.text
    shipped.branch = None
    with pytest.raises(InputError, match="ships no speaker-aware branch: train it"):
        ablation_rows.networks(tmp_path)


def test_clips_without_a_face_throughout_are_left_out(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = replace(sample, example=example("lost", "one"), track=_unseen(sample.track))
    of = {"nods": sample, "lost": lost}
    names = [example("lost", "one"), example("nods", "one")]
    monkeypatch.setattr(ablations, "networks", lambda runs: branches())
    monkeypatch.setattr(ablations, "groups_of", lambda corpus: {ablations.GRID: names, ablations.RESEARCH: ()})
    monkeypatch.setattr(ablations, "examples", lambda folder, split: ())
    monkeypatch.setattr(ablations, "open_part", lambda clips, split, seconds: ())
    monkeypatch.setattr(ablations, "sample_of", lambda one, runs: of[one.name])
    result = ablations.measure(Path(), Path())
    assert result[ablations.GRID]["clips"] == ["nods"]
    assert len(result[ablations.GRID]["rows"][ablations.FULL]["D-LL"]) == 1
    assert result[ablations.RESEARCH] == {"clips": [], "rows": {}}


def _unseen(track: FaceTrack) -> FaceTrack:
    return replace(track, found=np.arange(len(track)) < 10)


def made_up() -> dict[str, Any]:
    """Full is 1 % and 1 degree off, without the content branch twice as far, one clip has no other of its speaker."""

    def row(scale: float, count: int = 4) -> dict[str, list[float | None]]:
        values = [scale * value if k < count else None for k, value in enumerate((0.008, 0.012, 0.009, 0.011))]
        return {
            name: [None if v is None else 100 * v if name == "D-Rot" else v for v in values] for name in (*LIPS, *HEAD)
        }

    rows = {ablations.FULL: row(1), ablations.NO_CONTENT: row(2), ablations.SAME: row(0.5, 3)}
    others = {
        group: {"clips": [f"{group} a"], "rows": {ablations.FULL: row(1)}} for group in ("open, held back", "research")
    }
    return {ablations.GRID: {"clips": list("abcd"), "rows": rows}, **others}


def test_the_tables() -> None:
    text = ablations.section(ablations.summarise(made_up()))
    mean, low, high = bootstrap_interval([2.0 * value for value in (0.8, 1.2, 0.9, 1.1)])
    cell = f"{mean:.2f} % ({low:.2f} to {high:.2f}) *"
    higher = f"{mean / 100:.3f} ({low / 100:.3f} to {high / 100:.3f}) !"  # a correlation is the better the higher
    assert f"| no content branch | {cell} | {cell} | {cell} | {higher} | 3.1 / 0.38 / 10.2 % |" in text
    degrees = f"{mean:.2f} ({low:.2f} to {high:.2f}) *"
    assert f"| GRID s1, test (4) | no content branch | {cell} | {cell} | {degrees} | {cell} | 12.5 % /" in text
    assert "| GRID s1, test (3) | retrieve-same ID | 0.48 % (0.40 to 0.60) ! |" in text
    assert "| research (4) | full | 1.00 % (" in text
    assert "random ID" not in text.split("## Table 2")[1].split("## Table 3")[0]
    assert "| no separation |" not in text
    assert "Open, held back: open, held back a." in text
