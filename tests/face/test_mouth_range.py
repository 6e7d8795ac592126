"""How far somebody's mouth moves."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.face.mouth_range import measure_mouth, speaker_gains
from talkinghead.face.rest import LOWER_INNER
from talkinghead.types import FloatArray


def speaker(opening: float, widening: float, *, size: float = 1.0, count: int = 400) -> FloatArray:
    """(count, 68, 3) landmarks of a mouth that opens and widens evenly up to these distances."""
    landmarks = np.repeat(canonical_face()[0][MESH_OF_68][None], count, axis=0)
    phase = np.linspace(0, 1, count)
    landmarks[:, LOWER_INNER, 1] += opening * phase[:, None]
    landmarks[:, 54, 0] += widening * phase[::-1]
    return np.asarray(size * landmarks)


def test_the_range_leaves_out_the_extremes_and_is_relative_to_the_width() -> None:
    landmarks = speaker(0.3, 0.0)
    wide = np.linalg.norm(landmarks[0, 54] - landmarks[0, 48])
    own = measure_mouth([landmarks[:150], landmarks[150:]])
    assert own.opening == pytest.approx(0.9 * 0.3 / wide)
    assert own.width == pytest.approx(0.0, abs=1e-9)
    larger = measure_mouth([speaker(0.3, 0.0, size=3.0)])
    assert larger.opening == pytest.approx(own.opening)


def test_gains_bring_one_speakers_range_to_anothers() -> None:
    quiet, lively = measure_mouth([speaker(0.1, 0.06)]), measure_mouth([speaker(0.15, 0.1)])
    wide, high, deep = quiet.gains(lively)
    assert high == deep == pytest.approx(lively.opening / quiet.opening, rel=1e-4)
    assert wide == pytest.approx(lively.width / quiet.width, rel=1e-4)
    np.testing.assert_array_equal(quiet.gains(quiet), 1.0)
    still = measure_mouth([speaker(0.0, 0.0)])
    np.testing.assert_array_equal(still.gains(still), 1.0)


def test_a_lost_mouth_is_not_blown_up() -> None:
    still, lively = measure_mouth([speaker(0.0, 0.0)]), measure_mouth([speaker(0.15, 0.1)])
    np.testing.assert_array_equal(still.gains(lively), 2.0)
    np.testing.assert_array_equal(lively.gains(still), 0.5)


def test_every_speaker_is_brought_to_the_reference() -> None:
    rows = [("anna", speaker(0.1, 0.06)), ("bert", speaker(0.15, 0.1)), ("anna", speaker(0.1, 0.06))]
    gains = speaker_gains(rows, "bert")
    assert set(gains) == {"anna", "bert"}
    np.testing.assert_array_equal(gains["bert"], 1.0)
    np.testing.assert_allclose(gains["anna"], measure_mouth([rows[0][1]]).gains(measure_mouth([rows[1][1]])))
    np.testing.assert_array_equal(speaker_gains(rows, "nobody")["anna"], 1.0)
