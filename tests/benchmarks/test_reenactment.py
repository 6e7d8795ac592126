"""Predicted landmarks against the real ones: closed-form values, and the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from benchmarks.reenactment import MEASURES, scores, table

from talkinghead.evaluation.statistics import bootstrap_interval
from talkinghead.face.landmarks import LIPS, MESH_OF_68, canonical_face
from talkinghead.metrics.jaw_lip import lip_width
from talkinghead.types import FloatArray, Motion, Speech


def speaking(count: int) -> FloatArray:
    """(T, 68, 3) a face whose lower lip goes down and up again, in straight lines."""
    landmarks = np.repeat(canonical_face()[0][MESH_OF_68][None], count, axis=0)
    landmarks[:, 65:68, 1] += 0.1 * np.abs(np.arange(count) % 10 - 5)[:, None]
    return landmarks


def motion_of(landmarks: FloatArray) -> Motion:
    """A motion at 25 frames per second with these landmarks."""
    nothing = np.zeros((len(landmarks), 3))
    return Motion(25.0, landmarks, nothing, nothing, np.zeros(len(landmarks)), landmarks[0])


@pytest.fixture
def speech() -> Speech:
    """Two seconds of silence."""
    return Speech(np.zeros(32_000, np.float32), 16_000)


def test_the_real_motion_has_no_error(speech: Speech) -> None:
    found = scores(motion_of(speaking(50)), speech, speaking(50), 25.0)
    assert list(found) == list(MEASURES)
    assert found.pop("correlation") == pytest.approx(1.0)
    assert found == pytest.approx(dict.fromkeys(found, 0.0), abs=1e-7)


def test_a_shift_of_the_lips(speech: Speech) -> None:
    predicted = speaking(50)
    predicted[:, LIPS, 0] += 0.1
    found = scores(motion_of(predicted), speech, speaking(50), 25.0)
    assert found["D-LL"] == pytest.approx(20 / 37 * 0.1 / lip_width(speaking(50)))
    assert found["D-VL"] == pytest.approx(0.0, abs=1e-9)


def test_velocity_per_frame_is_less_at_a_higher_rate(speech: Speech) -> None:
    predicted = speaking(50)
    predicted[:, LIPS, 0] += 0.01 * np.arange(50)[:, None]
    found = scores(motion_of(predicted), speech, speaking(50), 25.0)
    # At the end the last of the 50 frames is held for one and a half of the shorter ones.
    assert found["D-VL at 62.5"] == pytest.approx(found["D-VL"] / 2.5, rel=0.02)


def test_the_table_has_means_and_intervals(records: dict[str, dict[str, Any]]) -> None:
    text = table(records["reenactment"]["result"])
    mean, low, high = (100 * value for value in bootstrap_interval([0.07, 0.09]))
    assert f"| {mean:.2f} % ({low:.2f} to {high:.2f}) |" in text
    assert "| median +1, within 1: 50 % |" in text
    assert "2 clips" in text
