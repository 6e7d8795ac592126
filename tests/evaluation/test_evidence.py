"""A video as evidence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from drawn import drawn_face
from evaluation.videos import moving_face, speech_of, write
from talkinghead.errors import InputError
from talkinghead.evaluation.evidence import mesh_of, read_evidence
from talkinghead.media import VideoReader
from talkinghead.tracking import raw, track_faces


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of the drawn face with speech."""
    return write(tmp_path_factory.mktemp("evidence") / "face.mp4", moving_face(12), speech=speech_of(12))


def test_track_size_rate_and_speech(video: Path) -> None:
    seen = read_evidence(video)
    track = track_faces(VideoReader(video).chunks())
    assert (len(seen), seen.fps, seen.size, seen.path) == (12, 25.0, (192, 192), video)
    np.testing.assert_allclose(seen.track.landmarks, track.landmarks, atol=1e-3)
    assert seen.speech is not None
    assert seen.speech.duration == pytest.approx(12 / 25, abs=1e-3)
    assert seen.silent_because == ""


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    mute = write(tmp_path / "mute.mp4", moving_face(2))
    seen = read_evidence(mute)
    assert seen.speech is None
    assert str(mute) in seen.silent_because


def test_progress_is_counted_in_frames(video: Path) -> None:
    told: list[tuple[str, int, int]] = []
    read_evidence(video, progress=lambda *step: told.append(step))
    assert told[-1] == ("track", 12, 12)


def test_what_the_tracker_saw_is_kept_by_content(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache" / "meshes"
    first, found = mesh_of(VideoReader(video), cache=cache)
    assert found.all()
    copy = tmp_path / "of another name.mp4"
    copy.write_bytes(video.read_bytes())
    other = write(tmp_path / "other.mp4", moving_face(2))

    def tracked_again(*args: object, **kwargs: object) -> None:
        raise AssertionError("tracked again")

    monkeypatch.setattr(raw, "FaceFollower", tracked_again)
    again, _ = mesh_of(VideoReader(copy), cache=cache)
    np.testing.assert_array_equal(again, first)
    with pytest.raises(AssertionError, match="tracked again"):
        mesh_of(VideoReader(other), cache=cache)
    monkeypatch.setattr(raw, "tracker_digest", lambda: "another tracker")
    with pytest.raises(AssertionError, match="tracked again"):
        mesh_of(VideoReader(video), cache=cache)
    assert len(list((cache / "tracks").iterdir())) == 1


def test_without_a_folder_nothing_is_kept(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mesh_of(VideoReader(video))
    assert list(tmp_path.iterdir()) == []


def test_pictures_foreign_files_and_videos_without_a_face_are_refused(tmp_path: Path) -> None:
    picture, text, meadow = tmp_path / "face.png", tmp_path / "text.mp4", tmp_path / "meadow.mp4"
    Image.fromarray(drawn_face(64).image).save(picture)
    text.write_text("not a video\n" * 50)
    write(meadow, np.random.default_rng(0).integers(0, 255, (3, 64, 64, 3), np.uint8))
    for path, says in ((picture, "is a picture"), (text, "give"), (meadow, "no face was found"), (tmp_path, "folder")):
        with pytest.raises(InputError, match=says) as caught:
            read_evidence(path)
        assert str(path) in str(caught.value)
