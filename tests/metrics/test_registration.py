"""One similarity is undone, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mouths import UNFIT
from talkinghead.face.landmarks import JAW, LIPS, MESH_OF_68, canonical_face
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.metrics.registration import register
from talkinghead.types import FloatArray

MEASURES = (register,)


def test_registered_undoes_one_similarity() -> None:
    random = np.random.default_rng(1)
    reference = canonical_face()[0][MESH_OF_68] + 0.02 * random.standard_normal((10, 68, 3))
    moved = 1.2 * reference @ matrix_from_rotation(np.array([0.1, -0.2, 0.05])).T + (0.1, 0.2, -0.3)
    np.testing.assert_allclose(register(moved, reference), reference, atol=1e-9)


def test_registered_leaves_what_the_mouth_does() -> None:
    reference = np.repeat(canonical_face()[0][MESH_OF_68][None], 10, axis=0)
    speaks = reference.copy()
    speaks[:, LIPS, 1] += 0.1
    speaks[:, JAW, 1] += 0.1
    np.testing.assert_allclose(register(speaks, reference), speaks, atol=1e-9)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("shapes", UNFIT)
def test_sequences_that_do_not_fit_are_refused(
    measure: Callable[[FloatArray, FloatArray], float], shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    with pytest.raises(ValueError, match=r"need two sequences \(T, 68, 2 or 3\) of one shape"):
        measure(np.zeros(shapes[0]), np.zeros(shapes[1]))
