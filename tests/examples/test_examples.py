"""The examples run and give the videos that they promise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from drawn import drawn_face, speech_like, write_wav
from examples import cartoon_avatar, dubbing, pose_editing, text_to_video
from talkinghead.media import VideoReader, read_provenance, save_image, save_video
from talkinghead.types import Frames, ImageArray, Video, num_frames


@pytest.fixture
def face(tmp_path: Path) -> Path:
    """A picture."""
    save_image(drawn_face(256).image, tmp_path / "face.png")
    return tmp_path / "face.png"


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    """Just over a second of sound."""
    return write_wav(tmp_path / "speech.wav", speech_like(1.2))


def frames_of(out: Path) -> ImageArray:
    """All frames of a video that is marked as synthetic."""
    assert read_provenance(out) is not None
    return np.concatenate([chunk.images for chunk in VideoReader(out).chunks()])


@pytest.mark.slow
def test_dubbing_keeps_the_actors_head(tmp_path: Path, speech: Path) -> None:
    clip, out = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    shifts = 12 * np.sin(np.linspace(0, 3, 20))
    images = np.stack([np.roll(drawn_face(256).image, round(shift), axis=1) for shift in shifts])
    save_video(Video(iter([Frames(images, 25.0)]), None, 25.0, 20), clip)
    script = Path(dubbing.__file__)
    subprocess.run([sys.executable, script, clip, speech, out], check=True, capture_output=True)
    frames = frames_of(out)
    assert frames.shape == (num_frames(1.2, 25), 256, 256, 3)
    # Above the mouth it is the clip, encoded again; and it goes on back and forth.
    own = np.concatenate([chunk.images for chunk in VideoReader(clip).chunks()])
    assert np.abs(frames[10, :100].astype(int) - own[10, :100]).mean() < 2
    assert np.abs(frames[21, :100].astype(int) - own[17, :100]).mean() < 2


def test_text_becomes_a_video(tmp_path: Path, face: Path) -> None:
    text_to_video.read_aloud(face, "Hello there.", tmp_path / "out.mp4")
    assert len(frames_of(tmp_path / "out.mp4")) > 10


def test_a_drawing_speaks_before_a_studio(tmp_path: Path, face: Path, speech: Path) -> None:
    cartoon_avatar.speak_for(face, speech, tmp_path / "out.mp4")
    frames = frames_of(tmp_path / "out.mp4")
    assert frames.shape == (30, 256, 256, 3)


def test_poses_stand_side_by_side(tmp_path: Path, face: Path, speech: Path) -> None:
    pose_editing.turned(face, speech, tmp_path / "out.mp4")
    frames = frames_of(tmp_path / "out.mp4")
    assert frames.shape == (30, 256, 768, 3)
    left, middle, right = (frames[20, :, k : k + 256].astype(int) for k in (0, 256, 512))
    assert np.abs(left - right).mean() > 1
    assert np.abs(left - middle).mean() > 0.5
