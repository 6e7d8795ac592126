"""Which frames of a video a renderer draws from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.tracking import portrait as portrait_module
from talkinghead.tracking import reference_frames
from talkinghead.tracking.reference_frames import gather_references
from talkinghead.types import Frames, ImageArray, Portrait, Reference


@dataclass(frozen=True)
class Copies:
    """A video of one picture, with the number of each frame in its corner."""

    image: ImageArray
    num_frames: int
    fps: float = 25.0
    digest: str = ""
    joins: tuple[int, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        return self.image.shape[1], self.image.shape[0]

    def chunks(self) -> Iterator[Frames]:
        yield Frames(np.stack([self.frame(number) for number in range(self.num_frames)]), self.fps)

    def frame(self, index: int) -> ImageArray:
        image = self.image.copy()
        image[0, 0] = index
        return image


@pytest.fixture
def filmed(calm: Portrait, monkeypatch: pytest.MonkeyPatch) -> Portrait:
    """A portrait with a reference of 20 frames that turns ever faster; the mouth is covered in frame 19."""
    monkeypatch.setattr(reference_frames, "mouth_is_covered", lambda image, mesh: image[0, 0, 0] == 19)
    track = calm.track[np.zeros(20, int)]
    frame = np.arange(20)[:, None]
    rotation = track.rotation + 0.02 * (frame + 0.01 * frame**2) * (0, 1, 0)
    track = replace(track, rotation=rotation)
    return replace(calm, reference=Reference(Copies(calm.picture, 20), track))


def numbers(portrait: Portrait) -> list[int]:
    return [int(image[0, 0, 0]) for image in portrait.frames.images[1:]]


def test_of_a_long_video_a_part_of_the_frames_is_looked_at(filmed: Portrait, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_frames, "_MOST_SEEN", 4)
    monkeypatch.setattr(reference_frames, "_PIECE", 3)
    assert sorted(numbers(gather_references(filmed, 4))) == [1, 7, 13]  # of 1, 7, 13 and 19, which is covered


def test_frames_are_spread_over_poses(filmed: Portrait) -> None:
    portrait = gather_references(filmed, 3)
    np.testing.assert_array_equal(portrait.picture, filmed.picture)
    assert numbers(portrait) == [10, 15]  # 19, the farthest, is covered; then always what is farthest from all
    assert portrait.track.rotation[2, 1] > portrait.track.rotation[1, 1] > portrait.track.rotation[0, 1]
    np.testing.assert_array_equal(portrait.mesh, filmed.mesh)


def test_more_than_there_are_is_said(filmed: Portrait, caplog: pytest.LogCaptureFixture) -> None:
    portrait = gather_references(filmed, 32)
    assert len(portrait.frames) == 19
    assert "the video has 19 frames to draw from, not 32: these are used, 1 with a covered mouth" in caplog.text


def test_shut_eyes_are_left_out(filmed: Portrait) -> None:
    assert filmed.reference is not None
    track = filmed.reference.track
    blink = np.where(np.arange(20) == 9, 0.9, 0.0)
    winking = replace(filmed, reference=replace(filmed.reference, track=replace(track, blink=blink)))
    assert 9 not in numbers(gather_references(winking, 8))


def test_no_more_than_memory_allows(
    filmed: Portrait, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reference_frames, "MOST_REFERENCES", 4)
    assert len(gather_references(filmed, 4).frames) == 4
    assert not caplog.text
    assert len(gather_references(filmed, 9).frames) == 4
    assert "the 4 most different frames are drawn from, which is the most, not 9" in caplog.text


def test_a_picture_stays_as_it_is(calm: Portrait, filmed: Portrait, caplog: pytest.LogCaptureFixture) -> None:
    assert gather_references(calm, 1) is calm
    assert gather_references(filmed, 1) is filmed
    assert not caplog.text


def test_of_less_than_a_second_there_is_one_frame(calm: Portrait, caplog: pytest.LogCaptureFixture) -> None:
    assert gather_references(calm, 8) is calm
    assert "the video lasts less than a second: one frame of it is drawn from, not 8." in caplog.text


def test_a_picture_is_found_where_the_calmest_frames_hide_the_mouth(
    calm: Portrait, monkeypatch: pytest.MonkeyPatch
) -> None:
    track = calm.track[np.zeros(64, int)]
    hidden = np.arange(64) % 8 < 5
    track = replace(track, blink=np.where(hidden, 0.0, 0.2))  # what hides the mouth makes a face look calm
    monkeypatch.setattr(portrait_module, "mouth_is_covered", lambda image, mesh: bool(hidden[image]))
    number, image = portrait_module._show_mouth(track, lambda numbers: [np.array(number) for number in numbers])
    assert number == image
    assert not hidden[number]
    hidden[:] = True
    with pytest.raises(InputError, match="mouth is covered"):
        portrait_module._show_mouth(track, lambda numbers: [np.array(number) for number in numbers])
