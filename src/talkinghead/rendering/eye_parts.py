"""The parts of a portrait's eyes: the opening of the lids, the white without an iris, and the whole iris."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.rendering.outline import smooth_outline
from talkinghead.types import BoolArray, FloatArray, ImageArray

# In widths of the eye:
_ROOM = (1.5, 1.0)  # of the crop: width, height
_LARGEST = 0.33  # radius of the iris
_LID = 0.035  # rim of the opening, where lashes and the lids' shadow lie
_EDGE = 0.045  # transition from the eye to the lids
_NARROWEST = 0.12  # least opening of an eye that can be turned
_FINEST = 112  # px; smaller eyes are enlarged to this width
_FEWEST = 6.0  # px; smaller eyes show no detail

# In radii of the iris:
_SEARCH, _RADII = (0.2, 0.08), (0.65, 1.4)  # search for its middle (sideways, vertically) and radius, from the tracked
_WHITE_FROM = (1.1, 1.25)  # distances from its middle between which the eye's own white fades in
_SOFT = 0.1

_FLANKS = 0.8  # sine of the steepest spoke that counts
_WHITE_LEVEL = 80  # percentile of the opening's levels
_PULL = 10.0  # levels by which a circle one radius off the tracked place must be clearer
_LEAST_STEP, _CLEAR_STEP = 10.0, 50.0  # levels from iris to white: below, no iris is visible; above, it is clear enough
_LEAST_WHITE = 0.03  # of the opening
_LEAST_SHADE = 0.6  # of its brightest colour: the darkest white of a drawing
_ALIKE = 25.0  # levels between pixels of the same white
_CUT = 0.04  # of the iris: part below the tracked opening from which the eye counts as larger than tracked
_RINGS = 18  # around the iris's middle, each a twelfth of its radius wide

Layer = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Eye:
    """One eye of the portrait, in its own crop with both corners on a horizontal line.

    Attributes:
        crop_from_image: (2, 3) similarity.
        original: (h, w, 3) levels, the crop.
        white: (h, w, 3) the same without an iris.
        iris: (h, w, 3) the same with the whole iris.
        cover: (h, w) in [0, 1], opacity of painted eyes.
        inside: (h, w) px from the opening's edge; 0 outside.
        centre: (2,) px of the iris.
        radius: px of the iris.
        softness: px of the iris's edge.
    """

    crop_from_image: FloatArray
    original: Layer
    white: Layer
    iris: Layer
    cover: Layer
    inside: Layer
    centre: FloatArray
    radius: float
    softness: float


def find_eye(image: ImageArray, contour: FloatArray, iris: FloatArray, *, drawing: bool) -> Eye | None:
    """The eye in a picture with a tracked contour (16, 2) px and iris (5, 2) px; None if its iris cannot be moved."""
    across = contour[8] - contour[0]
    width = float(np.linalg.norm(across))
    if width < _FEWEST:
        return None
    zoom = max(1.0, _FINEST / width)
    crop_from_image = _similarity(contour, across / width, zoom, zoom * width)
    width *= zoom
    size = (round(_ROOM[0] * width), round(_ROOM[1] * width))
    crop = cv2.warpAffine(image, crop_from_image, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    original: Layer = crop.astype(np.float32)
    outline, rim = (points @ crop_from_image[:, :2].T + crop_from_image[:, 2] for points in (contour, iris))
    inside = _inside(outline, original.shape)
    if 2 * inside.max() < _NARROWEST * width:
        return None
    found = _find_iris(original, inside > _LID * width, rim)
    if found is None:
        return None
    centre, radius = found
    inside, white = _find_white(original, inside, centre, radius, drawing=drawing)
    if white.sum() < _LEAST_WHITE * (inside > 0).sum():
        return None
    filled = _fill_in(original, white, (0.8 * radius, 0.05 * width))
    away = distance_from(centre, inside.shape) / radius
    beside = ramp((away - _WHITE_FROM[0]) / (_WHITE_FROM[1] - _WHITE_FROM[0]))[..., None]
    return Eye(
        crop_from_image,
        original,
        white=filled + beside * (original - filled),
        iris=_complete(original, ramp(inside / (_LID * width) - 0.5), centre, radius),
        cover=ramp(inside / (_EDGE * width)),
        inside=inside,
        centre=centre,
        radius=radius,
        softness=max(_SOFT * radius, 0.8 * zoom),
    )


def _similarity(contour: FloatArray, along: FloatArray, zoom: float, width: float) -> FloatArray:
    """(2, 3) similarity that levels the eye and centres it in the crop."""
    turn = zoom * np.array([[along[0], along[1]], [-along[1], along[0]]])
    middle = (contour[0] + contour[8]) / 2
    return np.column_stack([turn, np.array(_ROOM) * width / 2 - turn @ middle])


def _inside(outline: FloatArray, shape: tuple[int, ...]) -> Layer:
    """(h, w) px from the edge of an eye's opening; 0 outside."""
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [(smooth_outline(outline) * 16).round().astype(np.int32)], 255, shift=4)
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, 5))


def _find_white(
    colours: Layer, inside: Layer, centre: FloatArray, radius: float, *, drawing: bool
) -> tuple[Layer, BoolArray]:
    """``inside`` of the eye, corrected if the eye is larger than tracked, and where (h, w) its own white is visible."""
    edge = _LID / _ROOM[0] * inside.shape[1]
    beside = distance_from(centre, inside.shape) > _WHITE_FROM[0] * radius
    white = (inside > edge) & beside
    if not white.any():
        return inside, white
    below = _iris_below(colours, inside > edge, centre, radius)
    if drawing or below.sum() > _CUT * np.pi * radius**2:
        inside = np.maximum(inside, _inside_white(colours, white, below, at_edge=drawing))
        white = (inside > edge) & beside
    if drawing:  # dark lines are not part of the white
        brightest = np.percentile(colours[white], _WHITE_LEVEL, axis=0)
        white &= (colours > _LEAST_SHADE * brightest).all(axis=-1)
    return inside, white


def _iris_below(colours: Layer, seen: BoolArray, centre: FloatArray, radius: float) -> BoolArray:
    """(h, w) where the iris continues below the tracked opening; a large part means that the eye is larger."""
    away = distance_from(centre, seen.shape) / radius
    iris, white = (np.median(colours[seen & where], axis=0) for where in (away < 0.9, away > _WHITE_FROM[0]))
    like_iris = np.linalg.norm(colours - iris, axis=-1) < np.linalg.norm(colours - white, axis=-1)
    below = (away < 1) & ~seen & (np.arange(len(seen))[:, None] > centre[1])
    return np.asarray(below & like_iris)


def _inside_white(colours: Layer, known: BoolArray, iris: BoolArray, *, at_edge: bool) -> Layer:
    """(h, w) px from the edge of the white that is connected to the known white, and of all that it surrounds.

    If it reaches the edge of the crop, skin was taken for white, and nothing is inside unless ``at_edge`` allows it.
    """
    white = np.percentile(colours[known], _WHITE_LEVEL, axis=0)
    alike = (np.abs(colours - white).max(axis=-1) < _ALIKE).astype(np.uint8)
    _, labels = cv2.connectedComponents(alike, connectivity=4)
    region = np.isin(labels, np.unique(labels[known & (alike > 0)]))
    rim = np.concatenate([region[[0, -1]].ravel(), region[:, [0, -1]].ravel()])
    mask = np.zeros(region.shape, np.uint8)
    if region.any() and (at_edge or not rim.any()):
        cv2.fillPoly(mask, [cv2.convexHull(np.argwhere(region | iris)[:, ::-1].astype(np.int32))], 255)
    mask[[0, -1]] = mask[:, [0, -1]] = 0
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, 5))


def _find_iris(colours: Layer, seen: BoolArray, rim: FloatArray) -> tuple[FloatArray, float] | None:
    """Centre (2,) and radius px of the circle near the tracked rim (5, 2) with the largest step outwards to the white.

    Source: Daugman 1993, the integro-differential operator, over the part of the circle that the lids leave open.
    """
    tracked = min(float(np.linalg.norm(rim[1:] - rim[0], axis=1).mean()), _LARGEST / _ROOM[0] * seen.shape[1])
    radii = tracked * np.linspace(*_RADII, 21)[:, None, None]
    steps = [np.linspace(-reach, reach, 9) for reach in _SEARCH]
    shifts = np.stack(np.meshgrid(*steps), axis=-1).reshape(1, -1, 1, 2)
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    # Only the flanks count, because lids and lashes above and below have edges of their own.
    spokes = np.stack([np.cos(angles), np.sin(angles)], axis=-1)[np.abs(np.sin(angles)) < _FLANKS]
    centres = rim[0] + tracked * shifts
    white = np.maximum(np.percentile(colours[seen], _WHITE_LEVEL, axis=0), 1.0)
    # How white a pixel is, in levels: blue irises are sometimes as bright as the white, but never as white.
    smooth = 255 * cv2.GaussianBlur((colours / white).min(axis=-1).astype(np.float32), (0, 0), 0.06 * tracked)
    inner, outer = (_read(smooth, centres + (factor * radii)[..., None] * spokes) for factor in (0.88, 1.12))
    counts = _read(seen.astype(np.float32), centres + (1.06 * radii)[..., None] * spokes) > 0.5
    sides = [counts & (sign * spokes[:, 0] > 0) for sign in (-1, 1)]
    step, beyond = (
        np.stack([np.where(side, levels, 0).sum(axis=-1) / np.maximum(side.sum(axis=-1), 1) for side in sides])
        for levels in (np.minimum(outer - inner, _CLEAR_STEP), np.minimum(outer, 255))
    )
    # The pupil has an edge as well, but no white beyond it.
    score = step.min(axis=0) + 0.5 * step.mean(axis=0) + 0.5 * beyond.mean(axis=0)
    score -= _PULL * np.linalg.norm(shifts, axis=-1)[..., 0]
    score[np.minimum(*(side.sum(axis=-1) for side in sides)) < 3] = -np.inf
    size, shift = np.unravel_index(score.argmax(), score.shape)
    if score[size, shift] == -np.inf or step.min(axis=0)[size, shift] < _LEAST_STEP:
        return None
    return centres[0, shift, 0], float(radii[size, 0, 0])


def _read(layer: Layer, points: FloatArray) -> FloatArray:
    """Values of a layer (h, w) at the pixels nearest to points (..., 2)."""
    x, y = np.moveaxis(points.round().astype(int).clip(0, np.array(layer.shape)[::-1] - 1), -1, 0)
    return np.asarray(layer[y, x])


def _fill_in(colours: Layer, known: BoolArray, reach: tuple[float, float]) -> Layer:
    """Colours (h, w, 3) spread from known pixels by ``reach`` px along and across the eye, further if necessary."""
    filled, weight = np.zeros_like(colours), np.zeros(known.shape, np.float32)
    mask = known.astype(np.float32)
    for grow in (1.0, 2.0, 4.0, 8.0):
        along, up = grow * reach[0], grow * reach[1]
        spread = cv2.GaussianBlur(colours * mask[..., None], (0, 0), along, sigmaY=up)
        share = cv2.GaussianBlur(mask, (0, 0), along, sigmaY=up)
        sure = (1 - weight) * ramp(share / 0.05)
        filled += sure[..., None] * spread / np.maximum(share, 1e-6)[..., None]
        weight += sure
    average = colours[known].mean(axis=0)
    return np.asarray(filled + (1 - weight)[..., None] * average, np.float32)


def _complete(colours: Layer, seen: Layer, centre: FloatArray, radius: float) -> Layer:
    """(h, w, 3) the crop with a whole iris: pixels not ``seen`` are mirrored or take the mean of their ring."""
    height, width = seen.shape
    flip = np.array([[1, 0, 0], [0, -1, 2 * centre[1]]], np.float64)
    across, seen_across = (
        cv2.warpAffine(layer, flip, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        for layer in (colours, seen)
    )
    bins = np.minimum(distance_from(centre, seen.shape) / radius * 12, _RINGS - 1)
    ring = bins.astype(int)
    weights = np.bincount(ring.ravel(), seen.ravel(), minlength=_RINGS)
    rings = (
        np.stack(
            [np.bincount(ring.ravel(), (seen * colours[..., k]).ravel(), minlength=_RINGS) for k in range(3)], axis=-1
        )
        / np.maximum(weights, 1e-6)[:, None]
    )
    known = np.flatnonzero(weights > 1)
    rings = np.stack([np.interp(np.arange(_RINGS), known, rings[known, k]) for k in range(3)], axis=-1)
    radial = np.stack([np.interp(bins - 0.5, np.arange(_RINGS), rings[:, k]) for k in range(3)], axis=-1)
    rest = radial + seen_across[..., None] * (across - radial)
    return np.asarray(rest + seen[..., None] * (colours - rest), np.float32)


def ramp(x: FloatArray | float) -> Layer:
    """3 x^2 - 2 x^3 between 0 and 1, constant beyond."""
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x * x * (3 - 2 * x), np.float32)


def distance_from(centre: FloatArray, shape: tuple[int, ...]) -> Layer:
    """(h, w) distances in px from a point (2,)."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    return np.asarray(np.hypot(columns - centre[0], rows - centre[1]), np.float32)
