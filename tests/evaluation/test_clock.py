"""Two videos on one clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.evaluation.clock import Pair, on_common_clock
from talkinghead.evaluation.evidence import Evidence
from talkinghead.face.landmarks import canonical_face
from talkinghead.tracking.track import make_track
from talkinghead.types import Frames


class Numbered:
    """In place of a reader: frame ``n`` is of one grey, ``n``."""

    def __init__(self, name: str, count: int, fps: float, size: tuple[int, int]) -> None:
        self.path, self.count, self.fps, self.size = Path(name), count, fps, size

    def chunks(self) -> Iterator[Frames]:
        """Seven at a time."""
        width, height = self.size
        for start in range(0, self.count, 7):
            greys = np.arange(start, min(start + 7, self.count), dtype=np.uint8)
            yield Frames(np.broadcast_to(greys[:, None, None, None], (len(greys), height, width, 3)).copy(), self.fps)


def evidence(name: str, count: int, *, fps: float = 25.0, size: tuple[int, int] = (64, 48)) -> Evidence:
    """A face whose place says which frame it is: its x is the frame's number, in parts of the picture's width."""
    face = canonical_face()[0] * size[0] / 4
    landmarks = np.repeat(face[None], count, axis=0)
    landmarks[..., 0] += np.arange(count)[:, None] * size[0] / 100
    track = make_track(landmarks, np.ones(count, bool), fps, smooth=False)
    reader: Any = Numbered(name, count, fps, size)
    return Evidence(reader, track, None, "")


def shown(pair: Pair) -> list[int]:
    """Numbers of the output's frames at the ticks."""
    return [int(image[0, 0, 0]) for chunk in pair.output.chunks(5) for image in chunk]


def test_the_same_clock_changes_nothing() -> None:
    pair = on_common_clock(evidence("out", 20), evidence("real", 20))
    assert shown(pair) == list(range(20))
    assert (len(pair), pair.fps, pair.notes) == (20, 25.0, [])
    np.testing.assert_array_equal(pair.output.track.landmarks, pair.output.evidence.track.landmarks)


def test_alone_it_keeps_its_own_clock() -> None:
    pair = on_common_clock(evidence("out", 9, fps=30), None)
    assert (len(pair), pair.fps, pair.reference) == (9, 30, None)
    assert shown(pair) == list(range(9))


@pytest.mark.parametrize(
    ("fps", "count", "expected"),
    [(50, 12, [0, 2, 4, 6, 8, 10]), (12.5, 3, [0, 0, 1, 1, 2, 2]), (30, 6, [0, 1, 2, 4, 5])],
)
def test_at_another_rate_the_frame_nearest_in_time_is_shown(fps: float, count: int, expected: list[int]) -> None:
    pair = on_common_clock(evidence("out", count, fps=fps), evidence("real", len(expected)))
    assert shown(pair) == expected
    assert pair.fps == 25
    np.testing.assert_allclose(pair.output.track.translation[:, 0], 0.64 * np.array(expected), atol=1e-9)
    assert any("frames per second" in note for note in pair.notes)


def test_another_size_is_scaled_and_told() -> None:
    pair = on_common_clock(evidence("out", 5, size=(128, 96)), evidence("real", 5))
    assert next(pair.output.chunks()).shape == (5, 48, 64, 3)
    reference = evidence("real", 5).track
    for field in ("landmarks", "rotation", "translation", "scale"):
        np.testing.assert_allclose(getattr(pair.output.track, field), getattr(reference, field), atol=1e-9)
    assert "128 x 96 px" in pair.notes[0]
    assert on_common_clock(evidence("out", 5, size=(65, 48)), evidence("real", 5)).output.size == (64, 48)


def test_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match=r"out has 64 x 64 px and real 64 x 48 px: crop"):
        on_common_clock(evidence("out", 5, size=(64, 64)), evidence("real", 5))


@pytest.mark.parametrize(("own", "other"), [(30, 20), (20, 30)])
def test_of_two_lengths_the_common_part_is_compared_and_told(own: int, other: int) -> None:
    pair = on_common_clock(evidence("out", own), evidence("real", other))
    assert len(pair) == 20
    assert "the first 0.80 s" in pair.notes[0]
    assert on_common_clock(evidence("out", 74), evidence("real", 75)).notes == []


@pytest.mark.parametrize(("own", "other"), [(41, 20), (20, 41)])
def test_less_than_half_in_common_is_refused(own: int, other: int) -> None:
    with pytest.raises(InputError, match=r"out lasts .* and real .*: cut the longer one"):
        on_common_clock(evidence("out", own), evidence("real", other))
