"""How far the mouths of voices move that a network knows less well."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.landmarks import JAW, LIPS
from talkinghead.motion.reach import load_main_voice, reach_further, scale_reach


def test_what_rests_stays_and_the_rest_of_the_face_too() -> None:
    rest = np.random.default_rng(0).normal(size=(68, 3))
    moved = np.repeat(rest[None], 2, axis=0)
    moved[1] += [0.1, 0.2, 0.3]
    further = reach_further(moved, rest, np.array([2.0, 1.5, 1.0]))
    np.testing.assert_array_equal(further[0], rest)
    for part in (JAW, LIPS):
        np.testing.assert_allclose(further[1, part] - rest[part], [[0.2, 0.3, 0.3]] * len(rest[part]))
    others = np.setdiff1d(np.arange(68), np.r_[JAW, LIPS])
    np.testing.assert_array_equal(further[1, others], moved[1, others])
    each = reach_further(moved, np.stack([rest, moved[1]]), np.array([2.0, 1.5, 1.0]))
    np.testing.assert_array_equal(each, moved)


def test_the_main_speaker_keeps_what_the_network_says_and_others_reach_further() -> None:
    his = load_main_voice().voice.numpy()
    assert np.linalg.norm(his) == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(scale_reach((1.6, 1.2, 1.1), his), 1.0)
    np.testing.assert_allclose(scale_reach((1.6, 1.2, 1.1), None), [1.6, 1.2, 1.1])
    other = np.random.default_rng(0).normal(size=256)
    other -= (other @ his) * his / (his @ his)
    other /= np.linalg.norm(other)
    alike = lambda cosine: cosine * his / np.linalg.norm(his) + np.sqrt(1 - cosine**2) * other  # noqa: E731
    np.testing.assert_allclose(scale_reach((1.6, 1.2, 1.1), alike(0.68)), [1.6, 1.2, 1.1])
    np.testing.assert_allclose(scale_reach((1.6, 1.2, 1.1), alike(0.8)), 1.0)
    between = scale_reach((1.6, 1.2, 1.1), alike(0.745))
    assert (between > 1.0).all()
    assert (between < [1.6, 1.2, 1.1]).all()
