"""D-A in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mouths import UNFIT, faces
from talkinghead.metrics.mouth_area import mouth_area, mouth_area_difference
from talkinghead.types import FloatArray

MEASURES = (mouth_area_difference,)


def test_mouth_area_of_an_octagon() -> None:
    # A rectangle 0.1 x 0.1 with a triangle 0.05 long at each side.
    np.testing.assert_allclose(mouth_area(faces(3)), 0.015)
    np.testing.assert_allclose(mouth_area(faces(3)[:, :, :] * (-1, 1, 1)), 0.015)
    np.testing.assert_allclose(mouth_area(2 * faces(3) + 5.0), 0.06)


def test_mouth_area_difference_is_a_share_of_the_largest() -> None:
    reference, predicted = faces(4), faces(4)
    reference[3] *= 2  # the largest area: 0.06
    predicted[:, 61:64, 1] = predicted[:, 65:68, 1] = 0.0  # shut
    assert mouth_area_difference(predicted, reference) == pytest.approx((3 * 0.015 + 0.06) / 4 / 0.06)
    assert mouth_area_difference(reference, reference) == 0.0


def test_a_reference_that_never_opens_gives_no_share() -> None:
    shut = faces()
    shut[:, 60:68, 1] = 0.0
    with pytest.raises(ValueError, match="never opens its mouth"):
        mouth_area_difference(faces(), shut)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("shapes", UNFIT)
def test_sequences_that_do_not_fit_are_refused(
    measure: Callable[[FloatArray, FloatArray], float], shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    with pytest.raises(ValueError, match=r"need two sequences \(T, 68, 2 or 3\) of one shape"):
        measure(np.zeros(shapes[0]), np.zeros(shapes[1]))
