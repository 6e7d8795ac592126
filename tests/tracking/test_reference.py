"""A whole video as a reference: cuts, other people, no face, no sound, odd rates and turned phones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from drawn import speech_like
from encoded import encode_video
from evaluation.videos import moving_face, speech_of, write
from talkinghead.errors import InputError
from talkinghead.media import ArrayVideo
from talkinghead.store import Store
from talkinghead.tracking import raw, track_faces
from talkinghead.tracking.reference import read_reference, track_reference
from talkinghead.types import Frames, ImageArray, Interval, Speech

FPS = 25.0
Told = Callable[[], list[str]]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    """What was announced."""
    return lambda: [record.getMessage() for record in caplog.records if record.name == "talkinghead"]


@pytest.fixture(scope="module")
def anna() -> ImageArray:
    """(80, 160, 160, 3) the drawn face."""
    return moving_face(80, size=160)


@pytest.fixture(scope="module")
def eileen(astronaut: ImageArray) -> ImageArray:
    """(50, 160, 160, 3) the photo, moving."""
    shifts = 4 * np.sin(np.arange(50) / 4)
    affines = [np.array([[1.0, 0, 80 + shift - 224], [0, 1.0, 80 - 118]]) for shift in shifts]
    return np.stack([cv2.warpAffine(astronaut, affine, (160, 160)) for affine in affines])


@pytest.fixture(scope="module")
def meadow() -> ImageArray:
    """(40, 160, 160, 3) without a face."""
    coarse = np.random.default_rng(0).integers(60, 160, (1, 20, 20, 3)).astype(np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2).repeat(40, axis=0)


def video(*parts: ImageArray, fps: float = FPS) -> ArrayVideo:
    return ArrayVideo(Frames(np.concatenate(parts), fps))


def ramp(count: int) -> Speech:
    """Samples that tell their time: sample k is k / 2^24."""
    return Speech((np.arange(round(count / FPS * 16_000)) / 2**24).astype(np.float32), 16_000)


def test_a_whole_video_of_one_person(anna: ImageArray, told: Told) -> None:
    speech, steps = ramp(80), []
    reference = track_reference(video(anna), speech, progress=lambda *step: steps.append(step))
    assert (len(reference), reference.video.num_frames, reference.duration) == (80, 80, 3.2)
    assert reference.speech is speech
    assert reference.video.joins == ()
    assert steps[-1] == ("track", 80, 80)
    plain = track_faces([Frames(anna, FPS)])
    np.testing.assert_allclose(reference.track.landmarks, plain.landmarks, atol=1e-4)
    np.testing.assert_allclose(reference.track.blink, plain.blink, atol=1e-6)
    assert reference.track.landmarks.dtype == np.float32
    assert told() == []


def test_cuts_to_somebody_else(anna: ImageArray, eileen: ImageArray, told: Told) -> None:
    words = (Interval("one", 0.2, 0.5), Interval("two", 1.5, 1.9), Interval("three", 3.5, 4.0))
    speech = Speech(ramp(130).samples, 16_000, words=words)
    reference = track_reference(video(anna[:40], eileen, anna[40:]), speech, name="interview.mp4")
    assert len(reference) == 80
    assert reference.video.joins == (40,)
    np.testing.assert_array_equal(reference.video.frame(39), anna[39])
    np.testing.assert_array_equal(reference.video.frame(40), anna[40])
    assert told() == ["interview.mp4: 2.0 of 5.2 seconds are left out: 2.0 s show somebody else."]
    assert reference.speech is not None
    samples = np.r_[0:25_600, 57_600:83_200]
    np.testing.assert_allclose(reference.speech.samples * 2**24, samples)
    assert [(word.label, round(word.start, 6), round(word.end, 6)) for word in reference.speech.words or ()] == [
        ("one", 0.2, 0.5),
        ("two", 1.5, 1.6),
        ("three", 1.6, 2.0),
    ]
    # Nothing is smoothed across the cut.
    alone = track_reference(video(anna[40:]), None)
    np.testing.assert_allclose(reference.track.landmarks[45:75], alone.track.landmarks[5:35], atol=1.0)
    assert np.abs(np.diff(reference.track.translation[:, 0]))[38:41].max() < 8


def test_the_person_of_the_first_frame_is_chosen_by_number(anna: ImageArray, eileen: ImageArray, told: Told) -> None:
    reference = track_reference(video(eileen[:30], anna), None, face=1)
    assert len(reference) == 30
    assert told() == ["the video: 3.2 of 4.4 seconds are left out: 3.2 s show somebody else."]


def test_two_people_at_once(anna: ImageArray, eileen: ImageArray, told: Told) -> None:
    smaller = np.stack([cv2.resize(image, (120, 120)) for image in anna[:50]])
    smaller = np.pad(smaller, ((0, 0), (20, 20), (20, 20), (0, 0)), mode="edge")
    both = np.concatenate([smaller, eileen], axis=2)
    reference = track_reference(video(both), None)
    assert len(told()) == 1
    assert "shows 2 people at once; the largest face is followed" in told()[0]
    assert "--face N" in told()[0]
    right = reference.track.landmarks[..., 0].mean() > 160
    other = track_reference(video(both), None, face=1 if right else 2)
    assert (other.track.landmarks[..., 0].mean() > 160) != right
    assert len(told()) == 1
    with pytest.raises(InputError, match="--face 3"):
        track_reference(video(both), None, face=3)


def test_stretches_without_a_face(anna: ImageArray, meadow: ImageArray, told: Told) -> None:
    reference = track_reference(video(meadow, anna[:40], meadow[:30], anna[40:]), None)
    assert 70 <= len(reference) <= 80
    assert len(reference.video.joins) == 1
    assert reference.track.found.all()
    assert "show no face" in told()[0]


def test_shots_shorter_than_a_second(anna: ImageArray, eileen: ImageArray, told: Told) -> None:
    reference = track_reference(video(anna[:40], eileen[:20], anna[40:]), None)
    assert len(reference) == 80
    assert told() == ["the video: 0.8 of 4.0 seconds are left out: 0.8 s lie in shots shorter than a second."]
    with pytest.raises(InputError, match="no face is seen for a second without a cut: give a longer video"):
        track_reference(video(anna[:20]), None)


def test_no_face_at_all(meadow: ImageArray) -> None:
    with pytest.raises(InputError, match=r"^meadow\.mp4: no face was found in any frame: give a video"):
        track_reference(video(meadow), None, name="meadow.mp4")


def test_a_store_is_used(anna: ImageArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = track_reference(video(anna), None, store=Store(tmp_path))
    monkeypatch.setattr(raw, "FaceFollower", lambda *_, **__: pytest.fail("tracked again"))
    again = track_reference(video(anna), None, store=Store(tmp_path))
    np.testing.assert_array_equal(again.track.landmarks, first.track.landmarks)


def test_files(anna: ImageArray, tmp_path: Path, told: Told) -> None:
    one = write(tmp_path / "one.mp4", anna[:40], speech=speech_of(40))
    two = write(tmp_path / "two.mp4", anna[40:75], speech=Speech(speech_like(1.0), 16_000))
    reference = read_reference([one])
    assert len(reference) == 40
    assert reference.speech is not None
    assert reference.speech.duration == pytest.approx(1.6, abs=0.01)
    joined = read_reference([one, two])
    assert len(joined) == 75
    assert joined.video.joins == (40,)
    assert joined.speech is not None
    assert joined.speech.duration == pytest.approx(3.0)
    np.testing.assert_array_equal(joined.speech.samples[25_600:41_600], read_reference([two]).speech.samples[:16_000])  # type: ignore[union-attr]
    assert not joined.speech.samples[41_700:].any()
    assert told() == []
    mute = read_reference([write(tmp_path / "mute.mp4", anna[:40])])
    assert mute.speech is None
    assert told()[0].startswith("what is said is not known: ")
    assert str(tmp_path / "mute.mp4") in told()[0]


def test_a_turned_phone_and_a_variable_rate(anna: ImageArray, tmp_path: Path) -> None:
    lying = np.rot90(anna[:40], axes=(1, 2))
    turned = encode_video(tmp_path / "phone.mp4", np.ascontiguousarray(lying), rotation=-90)
    reference = read_reference([turned])
    assert len(reference) == 40
    assert np.abs(reference.track.rotation[:, 2]).max() < 0.2
    gaps = np.random.default_rng(0).choice([20, 40, 60], 39)
    times = [0, *np.cumsum(gaps).tolist()]
    reference = read_reference([encode_video(tmp_path / "odd.mp4", anna[:40], times_ms=times)])
    assert reference.video.fps == reference.track.fps
    assert reference.duration == pytest.approx(times[-1] / 1000, abs=0.1)
    assert reference.video.frame(len(reference) - 1).shape == (160, 160, 3)
