"""What the tracker sees: block by block, shot by shot, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from evaluation.videos import moving_face
from talkinghead.errors import InputError
from talkinghead.store import Store
from talkinghead.tracking import raw
from talkinghead.tracking.raw import find_raw_track, read_raw_track
from talkinghead.tracking.shots import read_ahead
from talkinghead.types import Frames, ImageArray


@dataclass
class Pictures:
    """A video in memory, which breaks off where it is told to."""

    images: ImageArray
    fps: float = 30.0
    digest: str = "made up"
    joins: tuple[int, ...] = ()
    stop_after: int | None = None
    given: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in px."""
        return self.images.shape[2], self.images.shape[1]

    @property
    def num_frames(self) -> int:
        """How many there are."""
        return len(self.images)

    def chunks(self) -> Iterator[Frames]:
        """Four at a time."""
        for start in range(0, len(self.images), 4):
            if self.stop_after is not None and start >= self.stop_after:
                raise KeyboardInterrupt
            self.given += 4
            yield Frames(self.images[start : start + 4], self.fps)

    def frame(self, index: int) -> ImageArray:
        """One of them."""
        return self.images[index]


@pytest.fixture(scope="module")
def face() -> ImageArray:
    """(60, 128, 128, 3) the drawn face, which moves."""
    return moving_face(60, size=128)


def test_frames_are_counted_and_faces_kept_small(face: ImageArray) -> None:
    told: list[tuple[str, int, int]] = []
    seen = read_raw_track(Pictures(face[:10]), progress=lambda *step: told.append(step))
    assert (len(seen), seen.fps) == (10, 30.0)
    assert seen.found.all()
    assert not seen.cuts.any()
    assert told == [("track", 4, 10), ("track", 8, 10), ("track", 10, 10)]
    # The eyes lie on one height, dark in skin.
    small = seen.faces[0].mean(axis=-1)
    assert small[4:7, [2, 3, 8, 9]].mean() < small[6:8, 5:7].mean()
    assert len(seen.track()) == 10


def test_a_run_that_was_stopped_goes_on(face: ImageArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw, "_BLOCK", 16)
    store = Store(tmp_path)
    whole = read_raw_track(Pictures(face))
    with pytest.raises(KeyboardInterrupt):
        read_raw_track(Pictures(face, stop_after=40), store)
    assert len(list((tmp_path / "tracks").iterdir())) == 2
    assert find_raw_track("made up", store) is None
    calls: list[int] = []
    follow = raw.FaceFollower.__call__
    monkeypatch.setattr(
        raw.FaceFollower, "__call__", lambda self, images: calls.extend([1] * len(images)) or follow(self, images)
    )
    again = read_raw_track(Pictures(face), store)
    assert len(calls) == 60 - (32 - 25)
    assert len(again) == 60
    assert np.abs(again.landmarks - whole.landmarks)[..., :2].max() < 1.0
    np.testing.assert_array_equal(again.sketches, whole.sketches)
    unread = Pictures(face)
    read_raw_track(unread, store)
    assert unread.given == 0
    known = find_raw_track("made up", store)
    assert known is not None
    np.testing.assert_array_equal(known.landmarks, again.landmarks)


def test_an_entry_of_another_form_is_announced_and_made_again(
    face: ImageArray, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(tmp_path)
    video = Pictures(face[:8])
    first = read_raw_track(video, store)
    (path,) = tmp_path.rglob("*.npz")
    for arrays in ({"landmarks": np.zeros(3)}, {"last": np.array(True)}):
        np.savez(path, **arrays)
        caplog.clear()
        again = read_raw_track(video, store)
        assert [record.getMessage() for record in caplog.records] == [f"{path} is damaged and is made again."]
        np.testing.assert_array_equal(again.landmarks, first.landmarks)


def test_another_shot_begins_where_everything_changes(face: ImageArray) -> None:
    other = np.roll(face[:20], 30, axis=2)[:, ::-1, :, ::-1]
    seen = read_raw_track(Pictures(np.concatenate([face[:20], 255 - face[:20], face[20:40], other])))
    assert np.flatnonzero(seen.cuts).tolist() == [20, 40, 60]


def test_joins_are_cuts(face: ImageArray) -> None:
    assert np.flatnonzero(read_raw_track(Pictures(face[:20], joins=(6, 9))).cuts).tolist() == [6, 9]


def test_a_moving_camera_makes_no_cut() -> None:
    wave = np.sin(np.arange(256) / 9) * 90 + 128
    images = np.stack([np.tile(np.roll(wave, 12 * shift)[None, :, None], (64, 1, 3)) for shift in range(40)])
    seen = read_raw_track(Pictures(images.astype(np.uint8)))
    assert not seen.cuts[1:].any()
    assert not seen.found.any()
    with pytest.raises(ValueError, match="at least one frame"):
        seen.track()


def test_the_next_shot_may_show_fewer_faces(face: ImageArray) -> None:
    two = np.concatenate([face, np.roll(face, 3, axis=1)], axis=2)
    one = np.concatenate([255 - face, np.zeros_like(face)], axis=2)
    seen = read_raw_track(Pictures(np.concatenate([two[:12], one[:4], two[:8]])), face=2)
    assert seen.found[:12].all()
    assert (seen.landmarks[:12, :, 0].mean(axis=1) > 128).all()
    with pytest.raises(InputError, match="--face 3"):
        read_raw_track(Pictures(two[:4]), face=3)


def test_chunks_are_read_ahead_and_errors_come_through() -> None:
    def broken() -> Iterator[Frames]:
        yield Frames(np.zeros((1, 4, 4, 3), np.uint8), 25.0)
        raise InputError("broken")

    chunks = read_ahead(broken())
    assert len(next(chunks)) == 1
    with pytest.raises(InputError, match="broken"):
        next(chunks)
    endless = read_ahead(Frames(np.zeros((1, 4, 4, 3), np.uint8), 25.0) for _ in iter(int, 1))
    next(endless)
    endless.close()
