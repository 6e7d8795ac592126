"""What is painted over faces: it hides the mouth or leaves it free, as its name says."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.data.occluders import COVERING, HARMLESS, cover, restyle
from talkinghead.face.landmarks import FACE_OVAL, OUTER_LIP_CONTOUR, canonical_face
from talkinghead.types import FloatArray, ImageArray

SIDE = 192


@pytest.fixture(scope="module")
def mesh() -> FloatArray:
    """(478, 3) px of a face in the middle of a picture."""
    shape = canonical_face()[0] * 55.0
    middle = (shape[FACE_OVAL].min(axis=0) + shape[FACE_OVAL].max(axis=0)) / 2
    return np.asarray(shape - middle + (SIDE / 2, SIDE / 2, 0))


@pytest.fixture(scope="module")
def image() -> ImageArray:
    """(192, 192, 3) like skin, with shade and grain."""
    grain = np.random.default_rng(0).normal(size=(SIDE, SIDE, 1)) * 6
    shade = np.linspace(0.8, 1.2, SIDE)[:, None, None]
    return (np.array((205, 160, 135)) * shade + grain).clip(0, 255).astype(np.uint8)


def shares(image: ImageArray, mesh: FloatArray, what: str, count: int = 30) -> FloatArray:
    """(count,) shares of the lips that are covered, each time painted anew."""
    return np.array(
        [cover(image, mesh, what, np.random.default_rng(seed), [image[::-1]]).share for seed in range(count)]
    )


@pytest.mark.parametrize("what", sorted(set(COVERING)))
def test_a_covered_mouth_is_mostly_hidden(image: ImageArray, mesh: FloatArray, what: str) -> None:
    found = shares(image, mesh, what)
    assert ((found >= 0) & (found <= 1)).all()
    assert np.median(found) > 0.65, found


@pytest.mark.parametrize("what", sorted(set(HARMLESS)))
def test_what_is_harmless_mostly_leaves_the_mouth_free(image: ImageArray, mesh: FloatArray, what: str) -> None:
    assert np.median(shares(image, mesh, what)) < 0.3


@pytest.mark.parametrize("what", sorted({*COVERING, *HARMLESS} - {"nothing"}))
def test_the_picture_changes_where_something_is_painted_and_its_share_is_what_shows(
    image: ImageArray, mesh: FloatArray, what: str
) -> None:
    green = np.zeros_like(image) + np.array((0, 255, 0), np.uint8)
    lips = mesh[OUTER_LIP_CONTOUR, :2].round().astype(int)
    left, top, right, bottom = *lips.min(axis=0), *lips.max(axis=0)
    for seed in range(6):
        before = image.copy()
        covered = cover(image, mesh, what, np.random.default_rng(seed), [green])
        assert (covered.image.shape, covered.image.dtype) == (image.shape, np.uint8)
        np.testing.assert_array_equal(image, before)
        changed = (covered.image != image).any(axis=-1)
        assert changed.any()
        if covered.share > 0.9 and what != "beard":
            assert changed[top : bottom + 1, left : right + 1].mean() > 0.5
        if covered.share == 0:
            middle_row, middle_column = (top + bottom) // 2, (left + right) // 2
            assert not changed[middle_row, middle_column]


def test_nothing_is_painted_where_nothing_is_asked(image: ImageArray, mesh: FloatArray) -> None:
    rng = np.random.default_rng(0)
    covered = cover(image, mesh, "nothing", rng, [])
    assert covered.image is image
    assert covered.share == 0.0


def test_the_same_seed_paints_the_same(image: ImageArray, mesh: FloatArray) -> None:
    for what in ("mask", "beard"):
        first, same, other = (
            cover(image, mesh, what, np.random.default_rng(seed), [image]).image for seed in (3, 3, 4)
        )
        np.testing.assert_array_equal(first, same)
        assert (first != other).any()


def test_styles_keep_size_and_type_and_differ(image: ImageArray) -> None:
    made = [restyle(image, np.random.default_rng(seed)) for seed in range(60)]
    assert {(one.shape, one.dtype.name) for one in made} == {(image.shape, "uint8")}
    assert any(one is image for one in made)
    assert any((one != image).any() and (one[..., 0] == one[..., 1]).all() for one in made)  # grey, or a pencil's
    assert len({one.tobytes() for one in made}) > 20
