"""Eyes that look elsewhere: the portrait's own irises, moved inside the opening of the lids over the white of the eye.

Each iris moves as a rigid disc. What the lids hide of it in the portrait is mirrored from what they show, so that no
cut edge comes to light; where the disc was, the white is filled in from beside it; the lids and their edges stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.face.landmarks import LEFT_EYE_CONTOUR, LEFT_IRIS, RIGHT_EYE_CONTOUR, RIGHT_IRIS
from talkinghead.rendering.outline import smooth_outline
from talkinghead.types import FloatArray, ImageArray, IndexArray

GAZE_SEEN = 1e-3
"""rad; below, the eyes look as in the portrait."""

_EYES = ((LEFT_EYE_CONTOUR, LEFT_IRIS), (RIGHT_EYE_CONTOUR, RIGHT_IRIS))
_IRIS_AWAY = 1.74  # radii of the iris from the eye's centre to the iris: 10.2 mm against 5.9 mm

# In widths of the eye:
_ROOM = (1.5, 1.0)  # of the crop: width, height
_LARGEST = 0.33  # radius of the iris
_LID = 0.035  # edge of the opening in which lashes and the lids' shadow lie
_EDGE = 0.045  # over which the moved eye passes into the portrait's lids
_NARROWEST = 0.12  # opening of an eye that can look elsewhere
_FINEST = 112  # px; smaller eyes are enlarged to it

# In radii of the iris:
_SEARCH, _RADII = (0.2, 0.08), (0.65, 1.4)  # round what the tracker found, sideways and up or down
_WHITE_FROM = (1.1, 1.25)  # where the white is the eye's own
_SOFT = 0.1
_CORNER = 0.5  # how far the middle of the iris stays from the opening's edge
_ONSET = 0.12  # way over which the moved eye takes over from the portrait's

_FLANKS = 0.8  # sine of the steepest spoke that counts
_WHITE_LEVEL = 80  # percentile of the opening's levels
_PULL = 10.0  # levels by which a circle one radius off the tracked place must be clearer
_LEAST_STEP, _CLEAR_STEP = 10.0, 50.0  # levels from iris to white: none to be seen, and as clear as need be
_LEAST_WHITE = 0.03  # of the opening
_LEAST_SHADE = 0.6  # of its brightest colour, that white has in a drawing
_ALIKE = 25.0  # levels between pixels of one white
_CUT = 0.04  # of the iris, that shows below the tracked opening if the eye is larger

Layer = npt.NDArray[np.float32]


class Irises:
    """The eyes of a portrait, ready to look elsewhere.

    Args:
        image: (H, W, 3) uint8, the portrait.
        mesh: (478, 3) px, where the face is in it.
        matrix: (3, 3) the head's rotation in it.
        drawing: whether it is drawn, with eyes that may be larger than the tracker thinks.
    """

    def __init__(self, image: ImageArray, mesh: FloatArray, matrix: FloatArray, *, drawing: bool = False) -> None:
        self._image, self._matrix = image, matrix
        eyes = [_find_eye(image, mesh[contour, :2], mesh[iris, :2], drawing=drawing) for contour, iris in _EYES]
        # One eye alone would squint.
        self._eyes = [eye for eye in eyes if eye is not None] if None not in eyes else []

    def look(self, gaze: FloatArray) -> ImageArray:
        """The portrait looking elsewhere, as far as its lids leave room; both eyes go equally far.

        Args:
            gaze: (2,) rad, yaw and pitch away from where it looks.

        Returns:
            (H, W, 3) uint8; the portrait itself where it has no irises to be seen, or looks there already.
        """
        if not self._eyes or np.abs(gaze).max() < GAZE_SEEN:
            return self._image
        yaw, pitch = gaze
        turn = np.array([-np.sin(yaw) * np.cos(pitch), np.sin(pitch), 1 - np.cos(yaw) * np.cos(pitch)])
        way = _IRIS_AWAY * (self._matrix @ turn)[:2]
        ways = [eye.radius * (eye.crop_from_image[:, :2] @ way) / eye.zoom for eye in self._eyes]
        share = min(eye.room(own) for eye, own in zip(self._eyes, ways))
        picture = self._image.copy()
        for eye, own in zip(self._eyes, ways):
            eye.paint(picture, share * own)
        return picture


@dataclass(frozen=True)
class _Eye:
    """One eye of the portrait in a crop of its own, level along the line of its corners.

    Attributes:
        crop_from_image: (2, 3) similarity.
        zoom: its scale.
        original: (h, w, 3) levels, the crop.
        white: (h, w, 3) the same without an iris.
        iris: (h, w, 3) the same with the whole iris.
        cover: (h, w) in [0, 1], where it may be painted.
        inside: (h, w) px from the opening's edge; 0 outside.
        centre: (2,) px of the iris.
        radius: px of the iris.
        softness: px of the iris's edge.
    """

    crop_from_image: FloatArray
    zoom: float
    original: Layer
    white: Layer
    iris: Layer
    cover: Layer
    inside: Layer
    centre: FloatArray
    radius: float
    softness: float

    def room(self, way: FloatArray) -> float:
        """The share in [0, 1] of a way (2,) px that keeps the iris where an eye can have it."""
        height, width = self.inside.shape
        start = min(_CORNER * self.radius, float(self._depth(self.centre)))
        for share in np.linspace(1, 0, 41):
            x, y = self.centre + share * way
            if 0 <= x < width and 0 <= y < height and self._depth(np.array([x, y])) >= start:
                return float(share)
        return 0.0

    def paint(self, picture: ImageArray, way: FloatArray) -> None:
        """Paint the eye into the portrait (H, W, 3), in place, with the iris moved by a way (2,) px of the crop."""
        height, width = self.cover.shape
        shift = np.array([[1, 0, way[0]], [0, 1, way[1]]], np.float64)
        iris = cv2.warpAffine(
            self.iris, shift, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        disc = _disc(self.cover.shape, self.centre + way, self.radius, self.softness)
        moved = self.white + disc[..., None] * (iris - self.white)
        onset = float(_ramp(np.linalg.norm(way) / (_ONSET * self.radius)))
        change = (onset * self.cover)[..., None] * (moved - self.original)
        low, high = self._box(picture.shape)
        image_from_window = self.crop_from_image.copy()
        image_from_window[:, 2] += self.crop_from_image[:, :2] @ low
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        change = cv2.warpAffine(change, image_from_window, size, flags=flags, borderMode=cv2.BORDER_CONSTANT)
        window = picture[low[1] : high[1], low[0] : high[0]]
        window[:] = (window + change + 0.5).clip(0, 255).astype(np.uint8)

    def _depth(self, point: FloatArray) -> float:
        x, y = point.round().astype(int).clip(0, np.array(self.inside.shape)[::-1] - 1)
        return float(self.inside[y, x])

    def _box(self, shape: tuple[int, ...]) -> tuple[IndexArray, IndexArray]:
        """Left top and right bottom px of the crop in the picture."""
        height, width = self.cover.shape
        corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
        inverse = cv2.invertAffineTransform(self.crop_from_image)
        placed = corners @ inverse[:, :2].T + inverse[:, 2]
        limit = np.array([shape[1], shape[0]])
        low, high = np.floor(placed.min(axis=0)).astype(int), np.ceil(placed.max(axis=0)).astype(int)
        return low.clip(0, limit), high.clip(0, limit)


def _ramp(x: FloatArray | float) -> Layer:
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x * x * (3 - 2 * x), np.float32)


def _distance(shape: tuple[int, ...], centre: FloatArray) -> Layer:
    """(h, w) px from a point."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    return np.asarray(np.hypot(columns - centre[0], rows - centre[1]), np.float32)


def _disc(shape: tuple[int, ...], centre: FloatArray, radius: float, softness: float) -> Layer:
    """(h, w) in [0, 1], a disc with a soft edge."""
    return _ramp((radius + softness - _distance(shape, centre)) / (2 * softness))


def _find_eye(image: ImageArray, contour: FloatArray, iris: FloatArray, *, drawing: bool) -> _Eye | None:
    """The eye in a picture with a contour (16, 2) px and an iris (5, 2) px as tracked; None: no iris can be moved."""
    across = contour[8] - contour[0]
    width = float(np.linalg.norm(across))
    zoom = max(1.0, _FINEST / max(width, 1e-6))
    crop_from_image = _similarity(contour, across / width, zoom, zoom * width)
    size = (round(_ROOM[0] * zoom * width), round(_ROOM[1] * zoom * width))
    original = cv2.warpAffine(
        image, crop_from_image, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)
    width *= zoom
    outline, rim = (points @ crop_from_image[:, :2].T + crop_from_image[:, 2] for points in (contour, iris))
    inside = _inside(outline, original.shape)
    if 2 * inside.max() < _NARROWEST * width:
        return None
    found = _find_iris(original, inside > _LID * width, rim)
    if found is None:
        return None
    centre, radius = found
    softness = max(_SOFT * radius, 0.8 * zoom)
    away = _distance(inside.shape, centre) / radius
    own_white = (inside > _LID * width) & (away > _WHITE_FROM[0])
    if own_white.sum() < _LEAST_WHITE * (inside > 0).sum():
        return None
    below = _iris_below(original, inside > _LID * width, centre, radius)
    if drawing or below.sum() > _CUT * (away < 1).sum():
        inside = np.maximum(inside, _inside_white(original, own_white, below, at_edge=drawing))
        own_white = (inside > _LID * width) & (away > _WHITE_FROM[0])
    if drawing:  # whose lines are no shade
        white = np.percentile(original[own_white], _WHITE_LEVEL, axis=0)
        own_white &= (original > _LEAST_SHADE * white).all(axis=-1)
    filled = _fill_in(original, own_white, (0.8 * radius, 0.05 * width))
    beside = _ramp((away - _WHITE_FROM[0]) / (_WHITE_FROM[1] - _WHITE_FROM[0]))[..., None]
    return _Eye(
        crop_from_image,
        zoom,
        original,
        white=filled + beside * (original - filled),
        iris=_complete(original, _ramp(inside / (_LID * width) - 0.5), centre, radius),
        cover=_ramp(inside / (_EDGE * width)),
        inside=inside,
        centre=centre,
        radius=radius,
        softness=softness,
    )


def _similarity(contour: FloatArray, along: FloatArray, zoom: float, width: float) -> FloatArray:
    """(2, 3) what levels the eye and brings its middle to the middle of the crop."""
    turn = zoom * np.array([[along[0], along[1]], [-along[1], along[0]]])
    middle = (contour[0] + contour[8]) / 2
    return np.column_stack([turn, np.array(_ROOM) * width / 2 - turn @ middle])


def _inside(outline: FloatArray, shape: tuple[int, ...]) -> Layer:
    """(h, w) px from the edge of an eye's opening; 0 outside."""
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [(smooth_outline(outline) * 16).round().astype(np.int32)], 255, shift=4)
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, 5))


def _iris_below(
    colours: Layer, seen: npt.NDArray[np.bool_], centre: FloatArray, radius: float
) -> npt.NDArray[np.bool_]:
    """(h, w) where an iris goes on below the opening that was tracked: much of it tells that the eye is larger."""
    away = _distance(seen.shape, centre) / radius
    iris, white = (np.median(colours[seen & where], axis=0) for where in (away < 0.9, away > _WHITE_FROM[0]))
    like_iris = np.linalg.norm(colours - iris, axis=-1) < np.linalg.norm(colours - white, axis=-1)
    below = (away < 1) & ~seen & (np.arange(len(seen))[:, None] > centre[1])
    return np.asarray(below & like_iris)


def _inside_white(colours: Layer, known: npt.NDArray[np.bool_], iris: npt.NDArray[np.bool_], *, at_edge: bool) -> Layer:
    """(h, w) px from the edge of all the white that is connected with what is known of it, and of what it surrounds.

    Where it reaches the edge of the crop, nothing is inside unless that is allowed: then skin was taken for white.
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


def _find_iris(colours: Layer, seen: npt.NDArray[np.bool_], rim: FloatArray) -> tuple[FloatArray, float] | None:
    """Middle (2,) and radius px of the circle near the tracked rim (5, 2) across which it gets brightest outwards.

    Source: Daugman 1993, the integro-differential operator, over the part of the circle that the lids leave open.
    """
    tracked = min(float(np.linalg.norm(rim[1:] - rim[0], axis=1).mean()), _LARGEST / _ROOM[0] * seen.shape[1])
    radii = tracked * np.linspace(*_RADII, 21)[:, None, None]
    steps = [np.linspace(-reach, reach, 9) for reach in _SEARCH]
    shifts = np.stack(np.meshgrid(*steps), axis=-1).reshape(1, -1, 1, 2)
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    # Above and below, lids and lashes are dark and bright too: the flanks count.
    spokes = np.stack([np.cos(angles), np.sin(angles)], axis=-1)[np.abs(np.sin(angles)) < _FLANKS]
    centres = rim[0] + tracked * shifts
    white = np.maximum(np.percentile(colours[seen], _WHITE_LEVEL, axis=0), 1.0)
    # How white a pixel is, in levels: blue irises are as bright as their whites at times, but never as white.
    smooth = 255 * cv2.GaussianBlur((colours / white).min(axis=-1).astype(np.float32), (0, 0), 0.06 * tracked)
    inner, outer = (_read(smooth, centres + (factor * radii)[..., None] * spokes) for factor in (0.88, 1.12))
    counts = _read(seen.astype(np.float32), centres + (1.06 * radii)[..., None] * spokes) > 0.5
    sides = [counts & (sign * spokes[:, 0] > 0) for sign in (-1, 1)]
    step, beyond = (
        np.stack([np.where(side, levels, 0).sum(axis=-1) / np.maximum(side.sum(axis=-1), 1) for side in sides])
        for levels in (np.minimum(outer - inner, _CLEAR_STEP), np.minimum(outer, 255))
    )
    # The pupil has an edge as well, but beyond it comes no white.
    score = step.min(axis=0) + 0.5 * step.mean(axis=0) + 0.5 * beyond.mean(axis=0)
    score -= _PULL * np.linalg.norm(shifts, axis=-1)[..., 0]
    score[np.minimum(*(side.sum(axis=-1) for side in sides)) < 3] = -np.inf
    size, shift = np.unravel_index(score.argmax(), score.shape)
    if score[size, shift] == -np.inf or step.min(axis=0)[size, shift] < _LEAST_STEP:
        return None
    return centres[0, shift, 0], float(radii[size, 0, 0])


def _read(layer: Layer, points: FloatArray) -> FloatArray:
    """Values of (h, w) at points (..., 2), of the nearest pixel."""
    x, y = np.moveaxis(points.round().astype(int).clip(0, np.array(layer.shape)[::-1] - 1), -1, 0)
    return np.asarray(layer[y, x])


def _fill_in(colours: Layer, known: npt.NDArray[np.bool_], reach: tuple[float, float]) -> Layer:
    """Colours (h, w, 3) spread from where they are known; ``reach`` px along the eye and across it, more if need be."""
    filled, weight = np.zeros_like(colours), np.zeros(known.shape, np.float32)
    mask = known.astype(np.float32)
    for grow in (1.0, 2.0, 4.0, 8.0):
        sigma = {"sigmaX": grow * reach[0], "sigmaY": grow * reach[1]}
        spread = cv2.GaussianBlur(colours * mask[..., None], (0, 0), **sigma)
        share = cv2.GaussianBlur(mask, (0, 0), **sigma)
        sure = (1 - weight) * _ramp(share / 0.05)
        filled += sure[..., None] * spread / np.maximum(share, 1e-6)[..., None]
        weight += sure
    average = colours[known].mean(axis=0)
    return np.asarray(filled + (1 - weight)[..., None] * average, np.float32)


def _complete(colours: Layer, seen: Layer, centre: FloatArray, radius: float) -> Layer:
    """(h, w, 3) the crop with a whole iris: what is not ``seen`` (h, w) comes from across it, or from as far out."""
    height, width = seen.shape
    flip = np.array([[1, 0, 0], [0, -1, 2 * centre[1]]], np.float64)
    across, seen_across = (
        cv2.warpAffine(layer, flip, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        for layer in (colours, seen)
    )
    bins = np.minimum(_distance(seen.shape, centre) / radius * 12, 17)
    ring = bins.astype(int)
    weights = np.bincount(ring.ravel(), seen.ravel(), minlength=18)
    rings = (
        np.stack([np.bincount(ring.ravel(), (seen * colours[..., k]).ravel(), minlength=18) for k in range(3)], axis=-1)
        / np.maximum(weights, 1e-6)[:, None]
    )
    known = np.flatnonzero(weights > 1)
    rings = np.stack([np.interp(np.arange(18), known, rings[known, k]) for k in range(3)], axis=-1)
    radial = np.stack([np.interp(bins - 0.5, np.arange(18), rings[:, k]) for k in range(3)], axis=-1)
    rest = radial + seen_across[..., None] * (across - radial)
    return np.asarray(rest + seen[..., None] * (colours - rest), np.float32)
