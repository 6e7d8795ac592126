"""Packs of talking mouths: who is in which group, what is cut, what is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drawn import speech_like
from kept import keep_track
from talkinghead.data import recording as recording_module
from talkinghead.data import tracks
from talkinghead.data.mouths import Mouth, pack_mouths, prepare_mouths, read_mouths, unpack_mouths
from talkinghead.data.recording import Recording
from talkinghead.errors import InputError
from talkinghead.face.landmarks import canonical_face
from talkinghead.store import Store
from talkinghead.types import FloatArray, Frames, ImageArray, Speech


def made_up(seed: int, count: int = 30, fps: float = 25.0) -> Mouth:
    crops = np.random.default_rng(seed).integers(0, 256, (count, 6, 8)).astype(np.uint8)
    return Mouth(f"clip {seed}", f"speaker {seed}", crops, fps, speech_like(count / fps, seed=seed))


def test_a_pack_gives_back_what_was_put_in() -> None:
    held = [made_up(0), made_up(1, 41, 29.97)]
    again = unpack_mouths(pack_mouths(iter(held)))
    for before, after in zip(held, again, strict=True):
        assert (after.name, after.speaker, after.fps) == (before.name, before.speaker, before.fps)
        np.testing.assert_array_equal(after.crops, before.crops)
        np.testing.assert_allclose(after.samples, before.samples, atol=1 / 32767)
    assert again[0].duration == pytest.approx(1.2)
    with pytest.raises(InputError, match="no recording shows a face"):
        pack_mouths([])


def test_duration_is_what_has_both(tmp_path: Path) -> None:
    mouth = made_up(0, 50)
    assert mouth.duration == pytest.approx(2.0)
    assert Mouth("", "", mouth.crops, 25.0, mouth.samples[:16_000]).duration == pytest.approx(1.0)


class Reader:
    """Stands for a video of 20 frames in two chunks, frame t all of brightness t."""

    fps = 25.0
    opened = 0

    def __init__(self, path: Path) -> None:
        Reader.opened += 1

    def chunks(self) -> list[Frames]:
        """All of it."""
        images = np.arange(20, dtype=np.uint8)[:, None, None, None].repeat(8, 1).repeat(8, 2).repeat(3, 3)
        return [Frames(images[:12], 25.0), Frames(images[12:], 25.0)]


def where(landmarks: FloatArray) -> FloatArray:
    """Places that bear the number of their frame."""
    return np.arange(len(landmarks))[:, None, None] * np.ones((1, 2, 3))


def take(images: ImageArray, places: FloatArray) -> ImageArray:
    """One pixel, checked to belong to its place."""
    assert np.array_equal(images[:, 0, 0, 0], places[:, 0, 0])
    return images[:, :1, :1, 0]


def remember(cache: Path, video: Path, count: int) -> None:
    keep_track(video, np.repeat(canonical_face()[0][None] * 60 + 100, count, axis=0), cache)


def test_mouths_are_cut_chunk_by_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "VideoReader", Reader)
    monkeypatch.setattr(recording_module, "read_speech", lambda path: Speech(speech_like(0.8, 8_000), 8_000))
    remember(tmp_path / "store", tmp_path / "a.mp4", 20)
    steps: list[int] = []
    (mouth,) = read_mouths(
        [Recording("a", "somebody", tmp_path / "a.mp4", "lab")],
        Store(tmp_path / "store"),
        places=where,
        cut=take,
        progress=lambda stage, done, total: steps.append(done),
    )
    assert mouth.crops[:, 0, 0].tolist() == list(range(20))
    assert (mouth.name, mouth.speaker, mouth.fps, len(mouth.samples)) == ("a", "somebody", 25.0, 12_800)
    assert steps == [0, 1]


def test_mouths_are_prepared_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "VideoReader", Reader)
    monkeypatch.setattr(recording_module, "read_speech", lambda path: Speech(speech_like(0.8), 16_000))
    recordings = [Recording(name, "somebody", tmp_path / f"{name}.mp4", "lab") for name in ("a", "b")]
    for recording in recordings:
        remember(tmp_path / "store", recording.video, 20)
    store = Store(tmp_path / "store")
    first = prepare_mouths(recordings, store, places=where, cut=take)
    opened = Reader.opened
    again = prepare_mouths(recordings, store, places=where, cut=take)
    assert Reader.opened == opened
    assert [mouth.name for mouth in first] == [mouth.name for mouth in again] == ["a", "b"]
    prepare_mouths(recordings[:1], store, places=where, cut=take)
    assert Reader.opened == opened + 1
    assert prepare_mouths([], store, places=where, cut=take) == []
