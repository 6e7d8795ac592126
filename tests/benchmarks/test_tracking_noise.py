"""The tracker's noise: measures of a track against itself, pictures that are warped and brought back, resolution."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from benchmarks.evaluation import format_value
from benchmarks.tracking_noise import add_noise, map_back, resolution, scores, summarise, table, warp_pictures

from talkinghead.evaluation.measures import MEASURES
from talkinghead.face.landmarks import canonical_face
from talkinghead.face.pose import camera_from_head
from talkinghead.tracking.track import make_track
from talkinghead.types import FaceTrack, FloatArray, Frames

PAIR = ("re-encoded, crf 18", "re-encoded, crf 23")


def speaking(count: int = 30, *, shift: FloatArray | None = None) -> FaceTrack:
    """The track of a face 100 px between the eyes, whose lower lip goes up and down; moved by ``shift`` (3,) px."""
    mesh = np.repeat(canonical_face()[0][None], count, axis=0)
    mesh[:, [14, 17, 87, 178, 317, 402], 1] += 0.05 + 0.05 * np.sin(np.arange(count) / 3)[:, None]
    place = np.array([200.0, 150.0, 0.0]) + (0.0 if shift is None else shift)
    rows = camera_from_head(mesh, np.zeros((count, 3)), np.tile(place, (count, 1)), np.full(count, 100.0))
    return make_track(rows, np.ones(count, bool), 25.0, smooth=False)


def test_a_track_against_itself() -> None:
    found = scores(speaking(), speaking())
    assert set(found) <= set(MEASURES)
    assert found.pop("aperture-correlation") == pytest.approx(1.0)
    assert found == pytest.approx(dict.fromkeys(found, 0.0), abs=1e-9)


def test_a_shift_counts_in_the_picture_alone() -> None:
    found = scores(speaking(shift=np.array([3.0, 4.0, 0.0])), speaking())
    assert found["d-pos"] > 0
    assert found["d-pos"] == pytest.approx(found["d-l"])  # all points move by 5 px
    for name in ("d-ll", "d-a", "lmd", "lip-lmd-3d", "d-v", "d-rot"):
        assert found[name] == pytest.approx(0.0, abs=1e-6), name


def test_the_longer_track_is_cut() -> None:
    assert scores(speaking(40), speaking(30))["d-l"] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("warp", [(1.0, 0.5, 0.25), (1.02, 0.0, 0.0), (0.98, 3.0, -2.0)])
def test_points_are_brought_back_to_where_they_were(warp: tuple[float, float, float]) -> None:
    y, x = np.mgrid[:80, :100]
    dot = 255 * np.exp(-((x - 40) ** 2 + (y - 30) ** 2) / 18)
    picture = np.repeat(dot[None, ..., None], 3, axis=-1).round().astype(np.uint8)
    (moved,) = warp_pictures([Frames(picture, 25.0)], *warp)
    moments = cv2.moments(moved.images[0, ..., 0])
    seen = np.array([[[moments["m10"] / moments["m00"], moments["m01"] / moments["m00"], 5 * warp[0]]]])
    back, found, fps = map_back((seen, np.ones(1, bool), 25.0), *warp)
    np.testing.assert_allclose(back[0, 0], (40, 30, 5), atol=0.03)
    assert found.all()
    assert fps == 25.0


def test_noise_has_the_deviation_asked_for() -> None:
    grey = np.full((40, 50, 3), 128, np.uint8)
    frames = add_noise(grey, 4, 3.0)
    assert frames.images.std() == pytest.approx(np.sqrt(9 + 1 / 12), rel=0.03)  # and that of rounding
    assert (frames.images[0] != frames.images[1]).any()
    assert (add_noise(grey, 2, 0.0).images == grey).all()


def test_resolution_in_closed_form() -> None:
    rows = {PAIR[0]: {"lmd": [1.0, 2.0, 3.0]}, PAIR[1]: {"lmd": [0.0, 2.0, 4.0]}}
    # The differences 1, 0, -1 have a standard deviation of 1.
    assert resolution(rows, "lmd", compared=49) == pytest.approx(1.96 / 7)
    assert resolution({PAIR[0]: rows[PAIR[0]], PAIR[1]: rows[PAIR[0]]}, "lmd") == 0.0


def test_the_table_has_every_measure() -> None:
    names = scores(speaking(), speaking())

    def readings(value: float) -> dict[str, list[float]]:
        return {name: [value, 2 * value] for name in names}

    part: dict[str, Any] = {
        "itself": {PAIR[0]: readings(0.01), PAIR[1]: readings(0.02)},
        "still": {"still, noise 1": readings(0.005)},
        "next": {PAIR[0]: readings(0.05), PAIR[1]: readings(0.06)},
    }
    text = table(summarise({"clips": 2, "frames": 25, "raw": part, "smoothed": part}))
    for name in names:
        assert text.count(f"| {MEASURES[name].title} |") == (4 if name == "aperture-correlation" else 6)
    cells = (0.015, resolution(part["itself"], "lmd"), resolution(part["next"], "lmd"), 0.09 - 0.075)
    assert f"| LMD | px | raw | {' | '.join(format_value('lmd', value) for value in cells)} |" in text
