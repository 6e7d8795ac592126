"""Lids and eyes: painting the eyes between the lids, and closing and turning them in frames with open eyes."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.face.landmarks import LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR
from talkinghead.motion.smoothing import smoothstep
from talkinghead.rendering.irises import GAZE_SEEN, Irises
from talkinghead.rendering.outline import blend, coverage, smooth_outline
from talkinghead.rendering.rasteriser import backward_map
from talkinghead.rendering.rig import Rig
from talkinghead.types import FloatArray, ImageArray, IndexArray, Motion

BLINK_SEEN = 0.02
"""A smaller blink leaves the eyes as open as in the portrait."""

_CONTOURS = (LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR)
_MOVED = 0.05  # of the lids' own displacement, from which skin around them counts as moved
_SOFTNESS = 0.08  # of the eye's width
_ONSET = 0.2  # blink from which the portrait's own lids are opaque
_GAZE_ONSET = 0.06  # rad of gaze from which the portrait's own eyes are opaque
_RIM = 0.06  # of the eye's width, from beyond which the skin of shut lids comes: the rim still shows some of the eye
_LASHES = 0.05  # of the eye's width: how thick the line is at which shut lids meet
_LASHES_ABOVE = 0.7  # of that line, above where they meet
_LASHES_ONSET = 0.5  # of the opening, from which it begins to show
_LASHES_SOFTNESS = 0.012  # of the eye's width
_DARKEST = 30  # percent of the portrait's upper rim, whose colour the line has


def lid_rims(rig: Rig) -> FloatArray:
    """(V, 2) px by which the skin of shut lids comes from farther away from the eye than the rim of the open eye."""
    rims = np.zeros_like(rig.source)
    for contour in _CONTOURS:
        eye = rig.source[contour]
        down = _down(eye)
        rims[contour[1:8]] = -_RIM * np.ptp(eye, axis=0).max() * down
    return rims


def paint_eyes(frame: ImageArray, image: ImageArray, rig: Rig, placed: FloatArray, open_eyes: FloatArray) -> None:
    """Paint the portrait's eyes into a frame, moved with the head, where the lids leave them open.

    Where lids meet, a line is drawn as dark as the portrait's lashes: without it, shut eyes look and are tracked as
    slits.

    Args:
        frame: (H, W, 3) uint8, painted in place.
        image: (H, W, 3) uint8, the portrait.
        rig: of the portrait.
        placed: (V, 3) px, the rig's vertices in the frame.
        open_eyes: (V, 3) px, the same with the eyes as open as in the portrait.
    """
    for contour in _CONTOURS:
        opening = _opening(placed[contour, :2], rig.matrix[:2, 1])
        mask, at = coverage(smooth_outline(opening), frame.shape)
        if mask.size == 0:
            continue
        anchors = contour[[0, 8, 12]]
        affine = cv2.getAffineTransform(
            rig.source[anchors].astype(np.float32), (open_eyes[anchors, :2] - at).astype(np.float32)
        )
        size = (mask.shape[1], mask.shape[0])
        eye = cv2.warpAffine(image, affine, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        blend(frame, eye, mask, at)
    for contour in _CONTOURS:
        _paint_lashes(frame, image, rig.source[contour], placed[contour, :2], open_eyes[contour, :2])


def _paint_lashes(
    frame: ImageArray, image: ImageArray, source: FloatArray, shut: FloatArray, opened: FloatArray
) -> None:
    """Paint the line at which the lids of one eye meet, in place.

    Args:
        frame: (H, W, 3) uint8.
        image: (H, W, 3) uint8, the portrait.
        source: (16, 2) px, the eye's contour in the portrait.
        shut: (16, 2) px, the contour in the frame.
        opened: (16, 2) px, the same as open as in the portrait.
    """
    down, width = _down(opened), float(np.linalg.norm(opened[8] - opened[0]))
    gap, whole = (float(((eye[15:8:-1] - eye[1:8]) @ down).mean()) for eye in (shut, opened))
    if whole < _LASHES * width:  # the portrait's own eyes are shut
        return
    share = float(smoothstep(np.clip(1.0 - gap / (_LASHES_ONSET * whole), 0.0, 1.0)))
    if share == 0.0:
        return
    lower = shut[[0, *range(15, 7, -1)]]
    thickness = _LASHES * width * np.sqrt(np.sin(np.linspace(0.0, np.pi, len(lower))))[:, None] * down
    below = (lower + (1 - _LASHES_ABOVE) * thickness)[1:-1]
    outline = smooth_outline(np.concatenate([lower - _LASHES_ABOVE * thickness, below[::-1]]))
    mask, at = coverage(outline, frame.shape, soften=_LASHES_SOFTNESS * width)
    if mask.size:
        layer = np.broadcast_to(_lash_colour(image, source), (*mask.shape, 3))
        blend(frame, layer, share * mask, at)


def _lash_colour(image: ImageArray, contour: FloatArray) -> ImageArray:
    """(3,) uint8 the colour of the darkest parts of an eye's upper rim (16, 2) px."""
    outline = smooth_outline(contour)
    upper = outline[: len(outline) // 2].astype(np.float32)[None]
    seen = cv2.remap(image, upper[..., 0], upper[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    brightness = seen.mean(axis=1)
    return np.asarray(seen[brightness <= np.percentile(brightness, _DARKEST)].mean(axis=0).round().astype(np.uint8))


class LidPainter:
    """Closes and turns the eyes in frames that show them open and looking as in the portrait.

    Eyes close with the skin of the portrait's own lids; turned eyes are the portrait's own as well.

    Args:
        image: (H, W, 3) uint8, the portrait.
        rig: of the portrait.
        irises: of the portrait; None: eyes are not turned.
    """

    def __init__(self, image: ImageArray, rig: Rig, irises: Irises | None = None) -> None:
        self._image, self._rig, self._irises, self._rims = image, rig, irises, lid_rims(rig)
        way = np.linalg.norm(rig.lids, axis=1)
        moved = np.flatnonzero(way > _MOVED * way.max())
        middles = [rig.source[contour].mean(axis=0) for contour in _CONTOURS]
        away = np.stack([np.linalg.norm(rig.source[moved] - middle, axis=1) for middle in middles])
        self._skin: list[IndexArray] = [moved[away.argmin(axis=0) == eye] for eye in range(2)]
        self._width = float(np.mean([np.ptp(rig.source[contour], axis=0).max() for contour in _CONTOURS]))

    def paint(self, frames: ImageArray, motion: Motion, placed: FloatArray, open_eyes: FloatArray) -> None:
        """Close and turn the eyes of frames, in place.

        Args:
            frames: (T, H, W, 3) uint8.
            motion: T rows; ``blink`` says how far the eyes are closed, ``gaze`` how far they are turned.
            placed: (T, V, 3) px, the rig's vertices with closed eyes.
            open_eyes: (T, V, 3) px, the rig's vertices in the frames.
        """
        gaze = None if self._irises is None else motion.gaze
        turned = np.zeros(len(frames)) if gaze is None else np.abs(gaze).max(axis=1, initial=0.0)
        for row in np.flatnonzero((motion.blink > BLINK_SEEN) | (turned >= GAZE_SEEN)):
            image = self._image
            if self._irises is not None and gaze is not None:
                image = self._irises.look(gaze[row])
            if image is not self._image:
                self._turn(frames[row], image, open_eyes[row], min(1.0, float(turned[row]) / _GAZE_ONSET))
            if motion.blink[row] > BLINK_SEEN:
                share = min(1.0, float(motion.blink[row]) / _ONSET)
                source = self._rig.source + float(motion.blink[row]) * self._rims
                self._close(frames[row], image, placed[row], open_eyes[row], source, share)

    def _turn(self, frame: ImageArray, image: ImageArray, open_eyes: FloatArray, share: float) -> None:
        eyes = open_eyes[np.concatenate(_CONTOURS), :2]
        low = np.floor(eyes.min(axis=0)).astype(int).clip(0) - 2
        (left, top), (right, bottom) = low.clip(0), np.ceil(eyes.max(axis=0)).astype(int).clip(0) + 3
        turned = frame.copy()
        paint_eyes(turned, image, self._rig, open_eyes, open_eyes)
        window = frame[top:bottom, left:right]
        blend(frame, turned[top:bottom, left:right], np.full(window.shape[:2], share), np.array((left, top)))

    def _close(
        self,
        frame: ImageArray,
        image: ImageArray,
        placed: FloatArray,
        open_eyes: FloatArray,
        source: FloatArray,
        share: float,
    ) -> None:
        closed = frame.copy()
        both = np.stack([placed[:, :2], open_eyes[:, :2]])
        regions = [self._region(both[:, skin].reshape(-1, 2), frame.shape) for skin in self._skin]
        rig = self._rig
        for mask, (left, top) in regions:
            height, width = mask.shape
            if mask.size == 0:
                continue
            maps = backward_map(
                placed[:, :2], placed[:, 2], source, rig.triangles, size=(width, height), corner=(left, top)
            )
            window = closed[top : top + height, left : left + width]
            window[:] = cv2.remap(self._image, *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        paint_eyes(closed, image, rig, placed, open_eyes)
        for mask, (left, top) in regions:
            height, width = mask.shape
            layer = closed[top : top + height, left : left + width]
            blend(frame, layer, share * mask, np.array((left, top)))

    def _region(self, points: FloatArray, shape: tuple[int, ...]) -> tuple[FloatArray, tuple[int, int]]:
        """A soft mask (h, w) of the skin around points (N, 2) px, and its (left, top) in the frame."""
        soft = _SOFTNESS * self._width
        wider = round(2 * soft)  # so that the soft edge lies beyond the points
        margin = 1 + wider + int(3 * soft)
        low = (np.floor(points.min(axis=0)).astype(int) - margin).clip(0)
        high = np.minimum(np.ceil(points.max(axis=0)).astype(int) + margin + 1, (shape[1], shape[0]))
        if (high <= low).any():
            return np.zeros((0, 0), np.float32), (int(low[0]), int(low[1]))
        mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.float32)
        hull = cv2.convexHull((points - low).astype(np.float32)).round().astype(np.int32)
        cv2.fillConvexPoly(mask, hull, 1.0)
        cv2.polylines(mask, [hull], True, 1.0, thickness=2 * wider + 1)
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(soft, 0.5))), (int(low[0]), int(low[1]))


def _down(contour: FloatArray) -> FloatArray:
    """(2,) the direction from the upper to the lower lid of a contour (16, 2) px."""
    way = (contour[15:8:-1] - contour[1:8]).mean(axis=0)
    return np.asarray(way / max(float(np.linalg.norm(way)), 1e-9))


def _opening(contour: FloatArray, down: FloatArray) -> FloatArray:
    """The contour (16, 2) px of an eye's opening, shut where the upper lid has passed the lower one."""
    opening = contour.copy()
    upper, lower = opening[1:8], opening[15:8:-1]
    passed = ((lower - upper) @ down < 0)[:, None]
    opening[1:8] = np.where(passed, lower, upper)
    return opening
