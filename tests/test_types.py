"""The values that pass between stages: what they accept, and what they refuse."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import talkinghead
from talkinghead.face.pose import head_landmarks
from talkinghead.types import (
    FaceTrack,
    Frames,
    ImageArray,
    Interval,
    Motion,
    Portrait,
    Pose,
    Reference,
    Speech,
    Video,
    no_progress,
    num_frames,
)

SOURCE = Path(talkinghead.__file__).parent


def frames(count: int = 3) -> Frames:
    return Frames(np.zeros((count, 4, 6, 3), np.uint8), 25.0)


def track(count: int = 3, **changes: Any) -> FaceTrack:
    rows = np.arange(count, dtype=float)
    fields: dict[str, Any] = {
        "landmarks": np.zeros((count, 478, 3)) + rows[:, None, None],
        "rotation": np.zeros((count, 3)) + rows[:, None],
        "translation": np.zeros((count, 3)) + rows[:, None],
        "scale": rows,
        "blink": rows / 10,
        "found": rows < 2,
        "fps": 25.0,
    }
    return FaceTrack(**{**fields, **changes})


def motion(count: int = 3, **changes: Any) -> Motion:
    rows = np.arange(count, dtype=float)
    fields: dict[str, Any] = {
        "fps": 62.5,
        "landmarks": np.zeros((count, 68, 3)) + rows[:, None, None],
        "rotation": np.zeros((count, 3)) + rows[:, None],
        "translation": np.zeros((count, 3)) + rows[:, None],
        "blink": rows / 10,
        "rest": np.full((68, 3), 7.0),
        "expression": np.zeros((count, 51)) + rows[:, None],
    }
    return Motion(**{**fields, **changes})


@pytest.mark.parametrize(
    ("duration", "fps", "expected"),
    [
        (0.5, 25, 12),  # 12.5 goes to the even neighbour
        (0.5, 30, 15),
        (0.5, 62.5, 31),
        (3.3, 25, 82),
        (3.3, 30, 99),
        (3.3, 29.97, 99),
        (3.3, 62.5, 206),
        (2.98, 25, 74),
        (0.02, 25, 1),
        (0.0, 25, 1),
        (0.06, 25, 2),
        (60.0, 25, 1500),
    ],
)
def test_num_frames(duration: float, fps: float, expected: int) -> None:
    assert num_frames(duration, fps) == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda: Speech(np.zeros(4, np.float32), 0),
        lambda: Speech(np.zeros((4, 2), np.float32), 16_000),
        lambda: Speech(np.zeros(4, np.int16), 16_000),
        lambda: Interval("AH", 1.0, 0.5),
        lambda: Interval("AH", float("nan"), 0.5),
        lambda: Frames(np.zeros((3, 4, 6), np.uint8), 25.0),
        lambda: Frames(np.zeros((3, 4, 6, 4), np.uint8), 25.0),
        lambda: Frames(np.zeros((3, 4, 6, 3), np.float32), 25.0),
        lambda: Frames(np.zeros((3, 4, 6, 3), np.uint8), 0.0),
        lambda: Frames(np.zeros((3, 4, 6, 3), np.uint8), float("inf")),
        lambda: track(landmarks=np.zeros((3, 468, 3))),
        lambda: track(landmarks=np.zeros((3, 478, 2))),
        lambda: track(rotation=np.zeros((2, 3))),
        lambda: track(translation=np.zeros((3, 2))),
        lambda: track(scale=np.zeros((3, 1))),
        lambda: track(blink=np.zeros(4)),
        lambda: track(found=np.zeros(3)),
        lambda: track(fps=-25.0),
        lambda: Portrait(frames(3), track(2)),
        lambda: Portrait(frames(0), track(0)),
        lambda: Portrait(frames(3), track(3), best=3),
        lambda: Portrait(frames(3), track(3), best=-1),
        lambda: Portrait(frames(3), track(3), person=np.zeros((6, 4), np.float32)),
        lambda: motion(landmarks=np.zeros((3, 478, 3))),
        lambda: motion(landmarks=np.zeros((3, 68, 3), int)),
        lambda: motion(rotation=np.zeros((4, 3))),
        lambda: motion(translation=np.zeros(3)),
        lambda: motion(blink=np.zeros((3, 2))),
        lambda: motion(rest=np.zeros((3, 68, 3))),
        lambda: motion(expression=np.zeros((3, 52))),
        lambda: motion(fps=float("nan")),
    ],
)
def test_wrong_shapes_are_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match=r"must|ends|needs|rows|best"):
        make()


def test_the_message_names_field_and_shapes() -> None:
    with pytest.raises(ValueError, match=r"landmarks must have shape \(T, 478, 3\), got \(3, 468, 3\)"):
        track(landmarks=np.zeros((3, 468, 3)))
    with pytest.raises(ValueError, match=r"rotation must have shape \(3, 3\), got \(2, 3\)"):
        motion(rotation=np.zeros((2, 3)))


@pytest.mark.parametrize(
    "value",
    [
        Speech(np.zeros(4, np.float32), 16_000),
        Interval("AH", 0.0, 0.5),
        frames(),
        track(),
        motion(),
        Portrait(frames(), track()),
        Video(iter([frames()]), None, 25.0, 3),
    ],
)
def test_values_are_frozen(value: Any) -> None:
    name = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, None)


def test_speech_knows_its_duration() -> None:
    assert Speech(np.zeros(8000, np.float32), 16_000).duration == 0.5
    assert Speech(np.zeros(0, np.float32), 16_000).duration == 0.0


def test_frames_know_length_and_size() -> None:
    assert len(frames(5)) == 5
    assert frames(5).size == (6, 4)


def test_a_slice_of_a_track_takes_every_field_along() -> None:
    part = track(5)[1:4]
    assert len(part) == 3
    assert part.fps == 25.0
    for array in (part.landmarks[:, 0, 0], part.rotation[:, 0], part.translation[:, 0], part.scale, part.blink * 10):
        np.testing.assert_allclose(array, [1, 2, 3])
    assert part.found.tolist() == [True, False, False]


def test_a_slice_of_a_motion_takes_every_field_along() -> None:
    part = motion(6)[1:6:2]
    assert len(part) == 3
    assert part.fps == 62.5
    assert part.expression is not None
    rows = (part.landmarks[:, 9, 1], part.rotation[:, 2], part.translation[:, 1], part.expression[:, 50])
    for array in (*rows, part.blink * 10):
        np.testing.assert_allclose(array, [1, 3, 5])
    assert (part.rest == 7.0).all()
    assert motion(6, expression=None)[2:].expression is None


def test_slices_take_gaze_and_expression_along() -> None:
    whole = dataclasses.replace(track(5), gaze=np.arange(10.0).reshape(5, 2), expression=np.ones((5, 51)))
    part = whole[1:3]
    assert part.gaze is not None
    assert part.expression is not None
    np.testing.assert_allclose(part.gaze, [[2, 3], [4, 5]])
    assert part.expression.shape == (2, 51)
    moved = dataclasses.replace(motion(5), gaze=np.arange(10.0).reshape(5, 2))[3:]
    assert moved.gaze is not None
    np.testing.assert_allclose(moved.gaze, [[6, 7], [8, 9]])


def test_a_pose_goes_there_and_back() -> None:
    pose = Pose(np.array([0.2, -0.3, 0.1]), np.array([100.0, 80.0, 5.0]), 90.0)
    points = np.random.default_rng(0).normal(size=(7, 3))
    np.testing.assert_allclose(pose.head_from_camera(pose.camera_from_head(points)), points, atol=1e-12)
    np.testing.assert_allclose(pose.camera_from_head(np.zeros((1, 3)))[0], pose.translation)


def test_a_portrait_knows_its_picture(calm: Portrait) -> None:
    assert calm.picture.shape == (calm.size[1], calm.size[0], 3)
    assert calm.mesh.shape == (478, 3)
    np.testing.assert_array_equal(calm.landmarks, head_landmarks(calm.track)[calm.best])


class Pictures:
    """Three black frames that can be read again and again."""

    fps, size, num_frames = 25.0, (6, 4), 3

    def chunks(self) -> Iterator[Frames]:
        yield frames(3)

    def frame(self, index: int) -> ImageArray:
        return frames(3).images[index]


def test_a_reference_is_of_one_length_and_rate() -> None:
    assert Reference(Pictures(), track(3)).duration == 3 / 25
    with pytest.raises(ValueError, match="3 frames but 2 rows"):
        Reference(Pictures(), track(2))
    with pytest.raises(ValueError, match="frames per second"):
        Reference(Pictures(), dataclasses.replace(track(3), fps=30.0))


def test_an_empty_slice_is_a_value_too() -> None:
    assert len(motion(3)[3:]) == 0
    assert len(track(3)[3:]) == 0


def test_the_silent_hook_takes_what_hooks_take() -> None:
    no_progress("render", 1, 2)


def examples() -> list[str]:
    """Modules whose docstrings hold examples."""
    files = [path for path in SOURCE.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8")]
    names = [".".join(path.relative_to(SOURCE.parent).with_suffix("").parts) for path in files]
    return sorted(name.removesuffix(".__init__") for name in names)


def test_there_are_examples() -> None:
    assert {"talkinghead", "talkinghead.types.arrays", "talkinghead.types.poses"} <= set(examples())


@pytest.mark.parametrize("name", examples())
def test_examples_in_docstrings(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted > 0
    assert results.failed == 0
