"""Movement of the lips in silence, in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.landmarks import LIPS
from talkinghead.metrics.silence import motion_in_silence
from talkinghead.types import FloatArray


def fluttering(count: int, size: float) -> FloatArray:
    """(T, 68, 3) whose lips go ``size`` up and down about one place, frame by frame, and whose depth is noise."""
    landmarks = np.repeat(np.random.default_rng(0).uniform(-1, 1, (1, 68, 3)), count, axis=0)
    landmarks[:, LIPS, 1] += size * (-1.0) ** np.arange(count)[:, None]
    landmarks[..., 2] = np.random.default_rng(1).standard_normal((count, 68))
    return landmarks


def test_the_size_of_a_flutter() -> None:
    silent = np.ones(20, bool)
    assert motion_in_silence(fluttering(20, 0.5), silent) == pytest.approx(0.5)
    assert motion_in_silence(fluttering(20, 0.0), silent) == pytest.approx(0.0, abs=1e-12)
    assert motion_in_silence(30 * fluttering(20, 0.5), silent) == pytest.approx(15.0)


def test_both_directions_count() -> None:
    landmarks = fluttering(20, 3.0)
    landmarks[:, LIPS, 0] += 4.0 * (-1.0) ** np.arange(20)[:, None]
    assert motion_in_silence(landmarks, np.ones(20, bool)) == pytest.approx(5.0)


def test_speech_does_not_count() -> None:
    landmarks = np.concatenate([fluttering(10, 0.1), fluttering(10, 9.0)])
    assert motion_in_silence(landmarks, np.arange(20) < 10) == pytest.approx(0.1)


def test_each_silence_has_its_own_rest() -> None:
    landmarks = fluttering(20, 0.1)
    landmarks[10:, LIPS, 1] += 5.0  # the mouth waits more open in the second pause
    silent = np.ones(20, bool)
    silent[8:10] = False
    assert motion_in_silence(landmarks, silent) == pytest.approx(0.1)
    assert motion_in_silence(landmarks, np.ones(20, bool)) > 2.0


def test_nothing_else_moves_it() -> None:
    landmarks = fluttering(20, 0.1)
    landmarks[:, :48] += np.random.default_rng(2).standard_normal((20, 48, 3))
    assert motion_in_silence(landmarks, np.ones(20, bool)) == pytest.approx(0.1)


def test_without_silence_there_is_no_number() -> None:
    assert np.isnan(motion_in_silence(fluttering(20, 0.1), np.zeros(20, bool)))
    assert np.isnan(motion_in_silence(fluttering(20, 0.1), np.arange(20) % 2 == 0))  # single frames


def test_bad_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one bool for each of 20 frames"):
        motion_in_silence(fluttering(20, 0.1), np.ones(19, bool))
    with pytest.raises(ValueError, match=r"need landmarks \(T, 68, 2 or 3\)"):
        motion_in_silence(np.zeros((20, 20, 2)), np.ones(20, bool))
