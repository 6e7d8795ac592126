"""Videos as long as wanted, without a jump."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.media import ArrayVideo
from talkinghead.media.looped import LoopedVideo
from talkinghead.types import Frames


def numbered(count: int) -> ArrayVideo:
    """Frames whose level is their number."""
    images = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 16, 16, 3))
    return ArrayVideo(Frames(np.array(images), 25.0))


def levels(video: LoopedVideo) -> list[int]:
    return [int(image[0, 0, 0]) for chunk in video.chunks() for image in chunk.images]


@pytest.mark.parametrize(
    ("count", "wanted", "turn", "expected"),
    [
        (4, 2, 0, [0, 1]),
        (4, 4, 0, [0, 1, 2, 3]),
        (4, 12, 0, [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1]),
        (5, 10, 3, [0, 1, 2, 3, 4, 3, 4, 3, 4, 3]),
        (3, 6, 2, [0, 1, 2, 2, 2, 2]),  # a last shot of one frame holds
        (1, 3, 0, [0, 0, 0]),
    ],
)
def test_a_video_goes_on_back_and_forth_in_its_last_shot(
    count: int, wanted: int, turn: int, expected: list[int]
) -> None:
    video = LoopedVideo(numbered(count), wanted, turn)
    assert levels(video) == expected
    assert video.sources(0, wanted).tolist() == expected
    assert [int(video.frame(k)[0, 0, 0]) for k in range(wanted)] == expected


def test_all_chunks_together_are_as_long_as_wanted() -> None:
    video = LoopedVideo(numbered(70), 205)
    assert sum(map(len, video.chunks())) == video.num_frames == 205
    assert np.abs(np.diff(levels(video))).max() == 1
    with pytest.raises(IndexError):
        video.frame(205)
    with pytest.raises(ValueError, match="turn"):
        LoopedVideo(numbered(3), 5, 3)
