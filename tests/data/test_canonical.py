"""How the mean face is made, on meshes small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.data.canonical import mean_face, mirror_pairs, upright
from talkinghead.face.landmarks import canonical_face
from talkinghead.face.pose import matrix_from_rotation


def test_mirror_pairs_of_a_shifted_face() -> None:
    shape, _ = canonical_face()
    np.testing.assert_array_equal(mirror_pairs(shape + np.array([3.0, 1.0, -2.0])), mirror_pairs(shape))
    assert mirror_pairs(shape)[[33, 263, 468]].tolist() == [263, 33, 473]


def test_a_skewed_face_has_no_mirror_image() -> None:
    shape, _ = canonical_face()
    assert (mirror_pairs(shape + shape[:, 1:2] * (0.05, 0, 0)) == mirror_pairs(shape)).mean() > 0.9
    with pytest.raises(ValueError, match="too skewed"):
        mirror_pairs(shape + shape[:, 1:2] * (0.5, 0, 0))
    with pytest.raises(ValueError, match="too skewed"):
        mirror_pairs(np.random.default_rng(0).standard_normal((478, 3)))


def test_upright_undoes_any_similarity() -> None:
    shape, _ = canonical_face()
    matrix = matrix_from_rotation(np.array([0.4, -0.7, 1.1]))
    np.testing.assert_allclose(upright(37.0 * shape @ matrix.T + (5, 6, 7)), upright(shape), atol=1e-9)
    np.testing.assert_allclose(upright(shape)[[33, 263], 0], [-0.5, 0.5])
    assert upright(shape)[10, 1] < upright(shape)[152, 1]


def test_mean_face_of_turned_copies_is_the_face() -> None:
    shape, _ = canonical_face()
    random = np.random.default_rng(0)
    copies = []
    for _ in range(4):
        matrix = matrix_from_rotation(0.3 * random.standard_normal(3))
        copies.append(random.uniform(20, 90) * shape @ matrix.T + random.standard_normal(3) * 50)
    np.testing.assert_allclose(mean_face(np.stack(copies), rounds=3), upright(shape), atol=1e-6)


def test_mean_face_is_symmetric() -> None:
    shape, _ = canonical_face()
    random = np.random.default_rng(1)
    mean = mean_face(shape + 0.005 * random.standard_normal((3, 478, 3)), rounds=3)
    np.testing.assert_allclose(mean[mirror_pairs(mean)], mean * (-1, 1, 1), atol=1e-9)
