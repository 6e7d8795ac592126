"""Recordings with their tracks: kept by content, at the video's own rate, and cut to the part of a split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drawn import speech_like
from evaluation.videos import moving_face, write
from kept import keep_track
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, raw_track_of, read_takes
from talkinghead.face.landmarks import canonical_face
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import lip_gap
from talkinghead.media import VideoReader
from talkinghead.store import Store
from talkinghead.tracking import raw, track_faces
from talkinghead.tracking.track import make_track
from talkinghead.types import FloatArray, Speech


def meshes(found: list[bool]) -> FloatArray:
    """(T, 478, 3) px of the mean face, which goes to the right by a pixel a frame."""
    landmarks = np.repeat(canonical_face()[0][None] * 60 + 100, len(found), axis=0)
    landmarks[:, :, 0] += np.arange(len(found))[:, None]
    landmarks[~np.array(found)] = np.nan
    return landmarks


def recording(video: Path, *, part: tuple[float, float] = (0.0, 1.0)) -> Recording:
    return Recording(video.stem, "somebody", video, "lab", part=part)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn face at 30 frames per second."""
    return write(tmp_path_factory.mktemp("tracks") / "face.mp4", moving_face(24), fps=30)


def test_tracks_are_read_again_as_they_were(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    (first,) = read_takes([recording(video)], store)
    monkeypatch.setattr(raw, "FaceFollower", lambda *_, **__: pytest.fail("tracked again"))
    (again,) = read_takes([recording(video)], store)
    assert (first.track.fps, again.track.fps) == (30.0, 30.0)
    for name in ("landmarks", "rotation", "translation", "scale", "blink", "found"):
        np.testing.assert_array_equal(getattr(first.track, name), getattr(again.track, name))
    # Windows are seconds long: at 25 frames per second they would smooth otherwise.
    np.testing.assert_allclose(again.track.landmarks, track_faces(VideoReader(video).chunks()).landmarks, atol=1e-3)


def test_a_file_of_the_same_name_is_another_recording(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    keep_track(tmp_path / "one" / "a.mp4", meshes([True] * 8), tmp_path / "store")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.mp4").write_bytes(b"another")
    keep_track(tmp_path / "two" / "a.mp4", meshes([True] * 12), tmp_path / "store")
    counts = [len(raw_track_of(tmp_path / folder / "a.mp4", store)) for folder in ("one", "two")]
    assert counts == [8, 12]


def test_clips_without_a_face_are_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keep_track(tmp_path / "good.mp4", meshes([True] * 19 + [False]), tmp_path / "store")
    keep_track(tmp_path / "bad.mp4", meshes([True] * 17 + [False] * 3), tmp_path / "store")
    takes = list(
        read_takes([recording(tmp_path / f"{name}.mp4") for name in ("bad", "good")], Store(tmp_path / "store"))
    )
    assert [take.recording.name for take in takes] == ["good"]
    assert len(takes[0].track) == 20
    messages = [record.getMessage() for record in caplog.records if record.name == "talkinghead"]
    assert messages == [f"{tmp_path / 'bad.mp4'}: only 85% of the frames show a face; the clip is left out."]


def test_a_part_has_its_own_rows_frames_and_sound(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = Speech(speech_like(0.8), 16_000)
    monkeypatch.setattr(Recording, "speech", lambda self: sound)
    whole, part = read_takes([recording(video), recording(video, part=(0.75, 1.0))], Store(tmp_path))
    assert (part.first, len(part.track)) == (18, 6)
    np.testing.assert_array_equal(part.track.landmarks, whole.track.landmarks[18:])
    images = np.concatenate([chunk.images for chunk in VideoReader(video).chunks()])
    np.testing.assert_array_equal(np.concatenate([chunk.images for chunk in part.chunks()]), images[18:])
    np.testing.assert_array_equal(np.stack(part.frames([4, 1])), images[[22, 19]])
    np.testing.assert_array_equal(part.speech().samples, sound.samples[9600:12800])
    assert whole.speech() is sound


@pytest.mark.corpus
def test_a_real_clip(corpus: Path, tmp_path: Path) -> None:
    clip = Corpus.open(corpus / "grid_s1").recordings("train")[0]
    assert clip.transcript() == "bin blue at f two now"
    (take,) = read_takes([clip], Store(tmp_path))
    assert (len(take.track), take.track.fps) == (75, 25.0)
    assert take.track.found.all()
    gap = lip_gap(head_landmarks(take.track))
    assert gap.max() > 0.1 > gap[:5].max()


@pytest.mark.parametrize(("offset", "first"), [(0.08, 1280), (-0.04, -640), (0.0, 0), (None, 0)])
def test_an_offset_is_taken_off(offset: float | None, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = np.arange(1, 32_001, dtype=np.float32) / 32_000
    monkeypatch.setattr(Recording, "speech", lambda self: Speech(sound, 16_000))
    monkeypatch.setattr(Recording, "offset", offset)
    landmarks = np.repeat(canonical_face()[0][None] * 60 + 100, 25, axis=0)
    found = np.ones(25, bool)
    track = make_track(landmarks, found, 25.0)
    whole, half = (
        Take(recording(Path("a.mp4"), part=part), track, row) for part, row in (((0.0, 1.0), 0), ((0.5, 1.0), 25))
    )
    np.testing.assert_array_equal(whole.speech().samples, sound)
    expected = np.pad(sound[max(0, first) : 32_000 + min(0, first)], (max(0, -first), max(0, first)))
    np.testing.assert_array_equal(whole.speech(mended=True).samples, expected)
    np.testing.assert_array_equal(half.speech(mended=True).samples, expected[16_000:])
