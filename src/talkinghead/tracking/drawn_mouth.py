"""The mouth of a drawn face, found by its colours: networks that know people's mouths miss cartoon ones.

A drawn mouth is a patch or a line that stands out from evenly coloured skin. Where there is one near the tracked mouth,
the lips are laid along its edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import scipy

from talkinghead.face.landmarks import FACE_OVAL, INNER_LIP_CONTOUR, OUTER_LIP_CONTOUR
from talkinghead.types import BoolArray, FloatArray, ImageArray

_SIDE = 400  # px of the face's width at which it is looked for
_NOSE_BASE, _CHIN = 2, 152
_DIFFERENT = 22.0  # Lab distance from the skin from which a pixel belongs to the mouth
_EVEN = 12.0  # median Lab distance of the skin from its own colour: beyond it the skin is shaded, not drawn flat
_SMALLEST, _WIDEST = (0.10, 0.02), 0.75  # of the face's width: width and height of a mouth, and its greatest width
_NEAR = 0.22  # of the face's width between the middle of the tracked mouth and the drawn one
_WITHIN = 0.9  # of a mouth that lies on the lower face: other patches are outlines, beards or clothes
_MOST_LIP = 0.35  # of the mouth's height
_DARK = 30.0  # lightness of lines; lips are lighter
_SHUT = 0.8  # of the mouth's height: lips that are thicker together meet in a line
_LINE = 0.05  # of the mouth's height, where it has no lips
_BLURRED = 2  # px at an edge whose colours are mixed
_EDGE = 2 * _BLURRED  # px from an outer edge to where colours are those of the lips
_SMOOTH = 0.25  # of the mouth's width over which the inner edge is the median of what single columns tell
_STEPS = 24  # along an edge
_REACH = 0.2  # of the face's width over which the skin around the lips follows them
# The mesh's rings between the outer and the inner edge of the lips, in the order of the two contours.
_RINGS = (
    (76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306, 307, 320, 404, 315, 16, 85, 180, 90, 77),
    (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292, 325, 319, 403, 316, 15, 86, 179, 89, 96),
)
_INSET = 0.05  # of the face's width along its contour, where outlines are drawn


@dataclass(frozen=True)
class DrawnMouth:
    """A mouth in a picture.

    Attributes:
        left, right: px, the columns of its corners.
        outer: (2, n) px, the rows of its upper and lower edge in each column from left to right.
        inner: (2, n) px, the same of the edges between lips and what is inside.
        corners: (2,) px, the rows of its corners.
    """

    left: float
    right: float
    outer: FloatArray
    inner: FloatArray
    corners: FloatArray


def fit_drawn_mouth(image: ImageArray, landmarks: FloatArray) -> FloatArray | None:
    """Landmarks (478, 3) px with the lips along the edges of the drawn mouth; None: none is found for sure.

    Args:
        image: (H, W, 3), the face upright.
        landmarks: (478, 3) px.
    """
    zoom = _SIDE / float(np.ptp(landmarks[FACE_OVAL, 0]))
    low = np.floor(landmarks[FACE_OVAL, :2].min(axis=0)).astype(int).clip(min=0)
    high = np.ceil(landmarks[FACE_OVAL, :2].max(axis=0)).astype(int) + 1
    cut = image[low[1] : high[1], low[0] : high[0]]
    if min(cut.shape[:2], default=0) < 2:
        return None
    face = cv2.resize(cut, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR)
    points = (landmarks[:, :2] - low) * zoom
    mouth = find_drawn_mouth(face, points)
    if mouth is None:
        return None
    moved = landmarks.copy()
    moved[:, :2] = _lay_lips(points, mouth) / zoom + low
    return moved


def find_drawn_mouth(face: ImageArray, points: FloatArray) -> DrawnMouth | None:
    """The mouth in a picture of a face 400 px wide, with its landmarks (478, 2) px."""
    colours = cv2.cvtColor(face, cv2.COLOR_RGB2LAB).astype(np.float32) * (100 / 255, 1, 1)
    region = _lower_face(points, face.shape[:2])
    if region.sum() < 100:
        return None
    skin = np.median(colours[region], axis=0)
    away = np.linalg.norm(colours - skin, axis=2)
    if np.median(away[region]) > _EVEN:
        return None
    patch = _choose_patch(away > _DIFFERENT, region, points)
    return None if patch is None else _trace(patch, colours)


def _lower_face(points: FloatArray, shape: tuple[int, int]) -> BoolArray:
    """(H, W) between nose and chin, without the outline of the face."""
    inside = np.zeros(shape, np.uint8)
    cv2.fillPoly(inside, [points[FACE_OVAL].round().astype(np.int32)], 1)
    inset = 2 * round(_INSET * _SIDE) + 1
    inside = cv2.erode(cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT), np.ones((inset, inset), np.uint8))
    inside = inside[1:-1, 1:-1]
    nose, chin = points[_NOSE_BASE, 1], points[_CHIN, 1]
    inside[: max(0, int(nose + 0.12 * (chin - nose)))] = 0
    return np.asarray(inside > 0)


def _choose_patch(different: BoolArray, region: BoolArray, points: FloatArray) -> BoolArray | None:
    """The patch that is a mouth: near the tracked one, of the size of a mouth, hardly beyond the lower face."""
    gap = 2 * round(0.01 * _SIDE) + 1
    joined = cv2.morphologyEx(different.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    count, labels, boxes, centres = cv2.connectedComponentsWithStats(joined)
    tracked = points[OUTER_LIP_CONTOUR].mean(axis=0)
    best, largest = None, 0
    for k in range(1, count):
        _, _, width, height, area = boxes[k]
        fits = _SMALLEST[0] * _SIDE <= width <= _WIDEST * _SIDE and height >= _SMALLEST[1] * _SIDE
        near = np.linalg.norm(centres[k] - tracked) <= _NEAR * _SIDE
        if fits and near and area > largest and np.mean(region[labels == k]) >= _WITHIN:
            best, largest = k, area
    if best is None:
        return None
    outline, _ = cv2.findContours((labels == best).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = np.zeros(different.shape, np.uint8)
    cv2.drawContours(whole, outline, -1, 1, cv2.FILLED)
    return np.asarray(whole > 0)


def _trace(patch: BoolArray, colours: FloatArray) -> DrawnMouth:
    """The edges of a patch (H, W): the outer ones on clean skin, so that nothing of the mouth is left beyond them."""
    grown = np.ones((2 * _BLURRED + 1, 2 * _BLURRED + 1), np.uint8)
    patch = cv2.dilate(patch.astype(np.uint8), grown) > 0
    columns = np.flatnonzero(patch.any(axis=0))
    rows = np.arange(len(patch))[:, None]
    own = patch[:, columns]
    upper = np.where(own, rows, len(patch)).min(axis=0)
    lower = np.where(own, rows, -1).max(axis=0)
    pieces = [colours[top : bottom + 1, column] for column, top, bottom in zip(columns, upper, lower, strict=True)]
    # A mouth without an inside has no lips to tell from one.
    quarter = len(columns) // 4
    lips = _colours_of_lips(pieces[quarter : len(pieces) - quarter])
    thickness = np.array([_thickness(piece, lips) for piece in pieces]).T
    thickness = scipy.ndimage.median_filter(thickness, (1, max(1, round(_SMOOTH * len(columns)))), mode="reflect")
    thickness *= np.minimum(1.0, (lower - upper) / np.maximum(thickness.sum(axis=0), 1e-6))
    inner = np.stack([upper + thickness[0], lower - thickness[1]])
    end = max(1, round(0.04 * len(columns)))
    corners = [(upper[rows] + lower[rows]).mean() / 2 for rows in (slice(0, end), slice(-end, None))]
    return DrawnMouth(float(columns[0]), float(columns[-1]), np.stack([upper, lower]), inner, np.array(corners))


def _colours_of_lips(pieces: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray] | None:
    """(3,) of the upper and the lower lip, in the columns of a mouth's middle; None: most show no inside."""
    if np.mean([min(_ends_of_lips(piece)) == len(piece) for piece in pieces]) > 0.5:
        return None
    above, below = (np.median([_at_edge(way) for way in ways], axis=0) for ways in (pieces, [p[::-1] for p in pieces]))
    return above, below


def _at_edge(column: FloatArray) -> FloatArray:
    """(3,) the colour at the beginning of a column (n, 3), where it is no longer mixed with the skin's."""
    return np.asarray(column[min(_EDGE, len(column) - 1)])


def _ends_of_lips(column: FloatArray) -> list[int]:
    """Where the colour changes in a column (n, 3) of a mouth, seen from above and from below; n: nowhere."""
    ends = []
    for way in (column, column[::-1]):
        other = np.linalg.norm(way - _at_edge(way), axis=1) > _DIFFERENT
        other[:_EDGE] = other[-_EDGE:] = False
        ends.append(int(other.argmax()) if other.any() else len(column))
    return ends


def _thickness(column: FloatArray, lips: tuple[FloatArray, FloatArray] | None) -> tuple[float, float]:
    """How thick the upper and the lower lip are in a column (n, 3) of a mouth; all lip: half of it each.

    Towards the corners, a drawn mouth may go on without lips: there they end where the mouth begins.

    Args:
        column: the colours.
        lips: (3,) of the upper and the lower lip; None: there is no telling.
    """
    count, ends = len(column), _ends_of_lips(column)
    if lips is not None:
        for k, way in enumerate((column, column[::-1])):
            if np.linalg.norm(_at_edge(way) - lips[k]) > _DIFFERENT:
                ends[k] = _BLURRED
    if min(ends) == count:
        return (count - 1) / 2, (count - 1) / 2
    if sum(ends) >= _SHUT * count:
        seam = (ends[0] + count - ends[1]) / 2
        return seam, count - 1 - seam
    # A dark edge that goes on for longer is a line, and then the inside in the same colour.
    for k, way in enumerate((column, column[::-1])):
        if ends[k] > _MOST_LIP * count and _at_edge(way)[0] < _DARK:
            ends[k] = round(_LINE * count)
    return float(ends[0]), float(ends[1])


def _along(mouth: DrawnMouth, edge: FloatArray, share: FloatArray) -> FloatArray:
    """(n, 2) px of the points at shares (n,) of the way along an edge, from corner to corner.

    By the way along the edge, not by columns: so the upright sides of a square mouth, too, close with the lips.
    """
    rows = np.linspace(0, len(edge) - 1, _STEPS).round().astype(int)
    path = np.stack([mouth.left + rows, edge[rows]], axis=1)
    (left, right), (first, last) = (mouth.left, mouth.right), mouth.corners
    path = np.concatenate([[(left, first)], path, [(right, last)]])
    walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    at = share * walked[-1]
    return np.stack([np.interp(at, walked, path[:, axis]) for axis in (0, 1)], axis=1)


def _lay_lips(points: FloatArray, mouth: DrawnMouth) -> FloatArray:
    """Landmarks (478, 2) px whose lips lie along a mouth's edges; the skin around them follows."""
    moved = {}
    for contour, edges in ((OUTER_LIP_CONTOUR, mouth.outer), (INNER_LIP_CONTOUR, mouth.inner)):
        own, half = points[contour], len(contour) // 2
        ends = [0, half]
        left, right = sorted(own[ends, 0])
        share = np.clip((own[:, 0] - left) / max(right - left, 1e-6), 0.0, 1.0)
        above, below = (_along(mouth, edge, share) for edge in edges)
        places = np.where((np.arange(len(contour)) < half)[:, None], above, below)
        for index, place in zip(contour, places, strict=True):
            moved[int(index)] = place
    for ring, share in zip(_RINGS, (1 / 3, 2 / 3), strict=True):
        for index, outer, inner in zip(ring, OUTER_LIP_CONTOUR, INNER_LIP_CONTOUR, strict=True):
            moved[index] = (1 - share) * moved[int(outer)] + share * moved[int(inner)]
    lips = np.array(list(moved))
    shift = np.array(list(moved.values())) - points[lips]
    gaps = np.linalg.norm(points[:, None] - points[lips], axis=2) / _SIDE
    weight = 1 / (gaps + 1e-3) ** 3
    follow = np.exp(-((gaps.min(axis=1) / _REACH) ** 2))
    result = points + follow[:, None] * (weight @ shift) / weight.sum(axis=1, keepdims=True)
    result[lips] = points[lips] + shift
    outline = points[FACE_OVAL]
    result[FACE_OVAL] = outline
    return np.asarray(result)
