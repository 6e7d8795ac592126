"""The baselines: what they learn, what they copy, and that they do no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drawn import drawn_face, speech_like
from talkinghead.evaluation.corpus import Example
from talkinghead.evaluation.systems import (
    BASELINES,
    ENERGY,
    MEAN,
    RANDOM,
    REAL,
    SAME,
    STILL,
    Scene,
    baseline_motion,
    choose_by_chance,
    learn_mouths,
    loud_share,
    portrait_row,
    scene_of,
    seed_of,
    still_motion,
    video_of,
)
from talkinghead.face.landmarks import JAW, LIPS, canonical_face
from talkinghead.face.pose import camera_from_head, head_landmarks
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.media import VideoReader, save_video
from talkinghead.motion.tracked import motion_of_track
from talkinghead.pipeline import TalkingHead
from talkinghead.types import FaceTrack, FloatArray, Frames, Portrait, Speech, Video

SPEECH = Speech(speech_like(1.2, quiet=(0.8, 1.2)), 16_000)
OPENING = np.zeros((68, 3))
OPENING[LIPS.start + 8 : LIPS.start + 12, 1] = 0.5  # under the lower lip
OPENING[65:68, 1] = 1.0  # its inner edge
OPENING[7:10, 1] = 0.8  # the chin


def face() -> FloatArray:
    """The mean face, its lips together."""
    from talkinghead.face.landmarks import MESH_OF_68

    return closed_mouth(canonical_face()[0][MESH_OF_68])


def talking(gaps: FloatArray) -> FloatArray:
    """The face with its lips so far apart."""
    return face() + (gaps - lip_gap(face()))[:, None, None] * OPENING


def track_of(rotation: FloatArray, translation: FloatArray, scale: FloatArray) -> FaceTrack:
    """A rigid head."""
    landmarks = camera_from_head(canonical_face()[0], rotation, translation, scale)
    n = len(landmarks)
    return FaceTrack(landmarks, rotation, translation, scale, np.linspace(0, 1, n), np.ones(n, bool), 50.0)


def scene(portrait: Portrait, video: Path = Path("nowhere.mp4")) -> Scene:
    """A scene of a second."""
    return Scene(video, portrait, SPEECH, 25.0, 3)


def test_the_opening_of_mouths_is_learned() -> None:
    gaps = 0.1 + 0.1 * np.sin(np.linspace(0, 20, 60))
    mouths = learn_mouths([talking(gaps), talking(2 * gaps)], [face(), face()])
    np.testing.assert_allclose(mouths.opening, OPENING, atol=1e-6)
    assert float(lip_gap(mouths.opening)) == pytest.approx(1.0)
    assert mouths.wide == pytest.approx(1.5 * np.percentile(gaps, 95))
    other = np.r_[17:48]
    np.testing.assert_allclose(mouths.mean[other], mouths.rest[other])


def test_the_mean_mouth_is_the_mean_above_the_closed_one() -> None:
    gaps = np.tile([0.05, 0.15], 20)
    mouths = learn_mouths([talking(gaps)], [face()])
    np.testing.assert_allclose(mouths.rest, face(), atol=1e-9)
    assert float(lip_gap(mouths.mean)) == pytest.approx(0.1)
    np.testing.assert_allclose(mouths.mean, talking(np.array([0.1]))[0], atol=1e-9)


def test_an_open_mouth_at_rest_is_closed() -> None:
    ajar = talking(np.array([0.3]))[0]
    mouths = learn_mouths([talking(np.linspace(0, 0.3, 20))], [ajar])
    np.testing.assert_allclose(mouths.rest, closed_mouth(ajar))


def test_mouths_that_never_move_open_nothing() -> None:
    mouths = learn_mouths([np.repeat(face()[None], 5, axis=0)], [face()])
    assert np.all(mouths.opening == 0)
    with pytest.raises(ValueError, match="one clip at least"):
        learn_mouths([], [])


def test_loudness_is_nothing_in_silence_and_one_where_it_is_loud() -> None:
    share = loud_share(SPEECH, 25.0, 30)
    assert share.shape == (30,)
    assert share.min() >= 0
    assert np.all(share[22:] == 0)  # from 0.88 s on it is quiet
    assert np.percentile(share, 95) == pytest.approx(1.0)
    # Syllables are a quarter of a second apart: between them the jaw rises.
    assert share[:20].max() > share[:20].min() + 0.2


def test_loudness_does_not_depend_on_the_level() -> None:
    quieter = replace(SPEECH, samples=SPEECH.samples * np.float32(0.1))
    np.testing.assert_allclose(loud_share(quieter, 25.0, 30), loud_share(SPEECH, 25.0, 30), atol=0.03)


@pytest.mark.parametrize("samples", [np.zeros(16_000, np.float32), np.full(16_000, 0.3, np.float32)])
def test_a_sound_that_does_not_change_opens_no_mouth(samples: FloatArray) -> None:
    assert np.all(loud_share(Speech(samples, 16_000), 25.0, 25) == 0)


def test_the_jaw_follows_the_sound(drawn_portrait: Portrait) -> None:
    gaps = 0.1 + 0.1 * np.sin(np.linspace(0, 20, 60))
    mouths = learn_mouths([talking(gaps)], [face()])
    motion = baseline_motion(ENERGY, scene(drawn_portrait), mouths=mouths, donor=None)
    assert len(motion) == 30
    gap, loud = lip_gap(motion.landmarks) - lip_gap(motion.rest), loud_share(SPEECH, 25.0, 30)
    np.testing.assert_allclose(gap, mouths.wide * loud, atol=1e-6)
    assert not motion.rotation.any()
    assert not motion.blink.any()


def test_what_is_copied_is_cut_and_looped_to_length(drawn_portrait: Portrait) -> None:
    n = 20  # 0.4 s
    track = track_of(np.stack([np.linspace(0, 0.3, n)] * 3, axis=1), np.zeros((n, 3)), np.ones(n))
    donor = motion_of_track(track, 0)
    for name in (SAME, RANDOM):
        motion = baseline_motion(name, scene(drawn_portrait), mouths=None, donor=donor)
        assert (len(motion), motion.fps) == (30, 25.0)
        assert np.abs(np.diff(motion.rotation[:, 0])).max() < 0.04  # it never jumps
        assert motion.rotation[9, 0] == pytest.approx(donor.rotation[18, 0])


def test_a_baseline_needs_what_it_needs(drawn_portrait: Portrait) -> None:
    for name in (MEAN, ENERGY, SAME, RANDOM, REAL, "magic"):
        with pytest.raises(ValueError, match=f"no motion for '{name}'"):
            baseline_motion(name, scene(drawn_portrait), mouths=None, donor=None)


def test_still_is_the_portrait_to_the_pixel(talking_head: TalkingHead, calm: Portrait) -> None:
    video = video_of(STILL, scene(calm), talking_head, mouths=None, donor=None)
    images = np.concatenate([chunk.images for chunk in video.frames])
    assert len(images) == video.num_frames == 30
    np.testing.assert_array_equal(images, np.broadcast_to(calm.frames.images[0], images.shape))
    assert video.facts["system"] == STILL


def test_the_mean_mouth_is_put_on_the_portrait(talking_head: TalkingHead, calm: Portrait) -> None:
    own = head_landmarks(calm.track)[0]
    mouths = learn_mouths([talking(np.tile([0.2, 0.3], 20))], [face()])
    video = video_of(MEAN, scene(calm), talking_head, mouths=mouths, donor=None)
    first, *_ = video.frames
    changed = np.abs(first.images[0].astype(int) - calm.frames.images[0]).sum(axis=-1) > 30
    rows = np.flatnonzero(changed.any(axis=1))
    mouth = calm.track.landmarks[0, 13, 1]
    assert changed.any()
    assert rows.min() > mouth - 30  # nothing above the mouth moves
    assert float(lip_gap(own)) < 0.05


def test_every_baseline_says_what_it_is() -> None:
    assert set(BASELINES) == {REAL, STILL, MEAN, SAME, RANDOM, ENERGY}
    assert all(BASELINES.values())


def test_chance_is_the_clips_own() -> None:
    clips = tuple(Example(f"clip{k}", "anna", Path(f"{k}.mp4"), "all") for k in range(30))
    drawn = [choose_by_chance(clip, clips) for clip in clips]
    assert drawn == [choose_by_chance(clip, clips) for clip in clips]
    assert len(set(drawn)) > 10
    assert choose_by_chance(clips[0], ()) is None
    assert seed_of("a") != seed_of("b")


@pytest.fixture(scope="module")
def short_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of the drawn face that moves sideways."""
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    images = np.stack([drawn_face(192, at=0.5 + 0.002 * t, grain=4).image for t in range(12)])
    speech = Speech(speech_like(0.48), 16_000)
    return save_video(Video(iter([Frames(images, 25.0)]), speech, 25.0, 12), path, visible_mark=False)


def test_the_real_video_is_the_clip_again(talking_head: TalkingHead, short_video: Path) -> None:
    n = 12
    track = track_of(np.zeros((n, 3)), np.zeros((n, 3)), np.ones(n))
    example = Example("clip", "anna", short_video, "all")
    own = scene_of(example, short_video, track)
    assert (own.fps, own.num_frames, own.seed) == (25.0, 12, seed_of("clip"))
    assert portrait_row(replace(example, calmest=True), track) == 0
    video = video_of(REAL, own, talking_head, mouths=None, donor=None)
    images = np.concatenate([chunk.images for chunk in video.frames])
    again = np.concatenate([chunk.images for chunk in VideoReader(short_video).chunks()])
    np.testing.assert_array_equal(images, again)
    assert video.speech is own.speech


def test_the_method_is_what_has_another_name(talking_head: TalkingHead, calm: Portrait) -> None:
    video = video_of("makeittalk", scene(calm), talking_head, mouths=None, donor=None)
    moved = talking_head(SPEECH, calm, fps=25.0, seed=3)
    for made, wanted in zip(video.frames, moved.frames):
        np.testing.assert_array_equal(made.images, wanted.images)


def test_jaw_and_lips_alone_are_learned() -> None:
    random = np.random.default_rng(0)
    clip = talking(np.linspace(0, 0.2, 30))
    clip[:, 17:48] += random.normal(0, 0.1, (30, 31, 3))
    mouths = learn_mouths([clip], [face()])
    assert not mouths.opening[17:48].any()
    assert mouths.opening[JAW].any()


def test_still_motion_holds_everything_else() -> None:
    motion = still_motion(np.repeat(face()[None], 4, axis=0), face(), 25.0)
    assert len(motion) == 4
    for moved in (motion.rotation, motion.translation, motion.blink):
        assert not moved.any()
