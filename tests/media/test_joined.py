"""Videos made of others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.media import ArrayVideo, JoinedVideo, VideoExcerpt
from talkinghead.types import Frames, VideoSource

MakeVideo = Callable[..., Path]
LOSSLESS = {"codec": "ffv1", "pixels": "bgr0"}


def numbered(first: int, count: int) -> Any:
    """Frames (T, 24, 32, 3) as bright as their number."""
    numbers = np.arange(first, first + count, dtype=np.uint8)
    return np.broadcast_to(numbers[:, None, None, None], (count, 24, 32, 3)).copy()


def numbers(video: VideoSource) -> list[int]:
    """What ``chunks`` gives; ``frame`` must give the same."""
    found = [int(image[5, 5, 0]) for chunk in video.chunks() for image in chunk.images]
    assert video.num_frames == len(found)
    for index in [*range(len(found)), *range(len(found) - 1, -1, -1)]:
        assert int(video.frame(index)[5, 5, 0]) == found[index]
    for index in (-1, len(found)):
        with pytest.raises(IndexError, match="there is no frame"):
            video.frame(index)
    return found


def test_files_in_a_row(tmp_path: Path, make_video: MakeVideo) -> None:
    counts = (3, 40, 1, 6)
    firsts = np.cumsum([0, *counts[:-1]]).tolist()
    paths = [
        make_video(tmp_path / f"{first}.mkv", numbered(first, count), **LOSSLESS)
        for first, count in zip(firsts, counts, strict=True)
    ]
    video = JoinedVideo(paths)
    assert (video.fps, video.size) == (25.0, (32, 24))
    assert video.joins == (3, 43, 44)
    assert numbers(video) == list(range(50))
    assert JoinedVideo(paths[::-1]).digest != video.digest == JoinedVideo(paths).digest


def test_files_that_do_not_go_together_are_named(tmp_path: Path, make_video: MakeVideo) -> None:
    first = make_video(tmp_path / "first.mkv", numbered(0, 3), **LOSSLESS)
    fast = make_video(tmp_path / "fast.mkv", numbered(0, 3), fps=30, **LOSSLESS)
    wide = make_video(tmp_path / "wide.mkv", np.zeros((3, 24, 64, 3), np.uint8), **LOSSLESS)
    for other, kind in ((fast, "32 x 24 px at 30"), (wide, "64 x 24 px at 25")):
        with pytest.raises(InputError, match=rf"{other.name} has {kind} .*first\.mkv 32 x 24 .*: give videos of one"):
            JoinedVideo([first, other])
    with pytest.raises(InputError, match="no video to join"):
        JoinedVideo([])


def test_stretches_of_a_video() -> None:
    video = ArrayVideo(Frames(numbered(0, 90), 30.0), joins=(20, 50))
    excerpt = VideoExcerpt(video, ((2, 5), (10, 30), (60, 70)))
    assert numbers(excerpt) == [*range(2, 5), *range(10, 30), *range(60, 70)]
    assert (excerpt.fps, excerpt.size) == (30.0, (32, 24))
    assert excerpt.joins == (3, 13, 23)
    assert VideoExcerpt(video, ((0, 90),)).joins == (20, 50)
    assert excerpt.digest != VideoExcerpt(video, ((2, 5),)).digest
    for stretches in ((), ((5, 2),), ((0, 3), (2, 4)), ((3, 3),), ((-1, 3),)):
        with pytest.raises(ValueError, match="stretches"):
            VideoExcerpt(video, stretches)


def test_pictures_in_memory() -> None:
    video = ArrayVideo(Frames(numbered(0, 40), 25.0))
    assert numbers(video) == list(range(40))
    assert video.digest == ArrayVideo(Frames(numbered(0, 40), 25.0)).digest
    others = (ArrayVideo(Frames(numbered(1, 40), 25.0)), ArrayVideo(Frames(numbered(0, 40), 30.0)))
    assert video.digest not in {other.digest for other in others}
