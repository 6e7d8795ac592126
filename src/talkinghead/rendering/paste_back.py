"""Pasting a generated head back into the portrait, over a still background.

Source: ours. Zhou et al. 2020, section 6, name as a limit of image-to-image translation that the generated background
    moves with the head; here the background is the portrait's own.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.errors import announce
from talkinghead.rendering.crop import Crop
from talkinghead.tracking.matte import person_mattes
from talkinghead.types import FloatArray, ImageArray

Mattes = Callable[[ImageArray], FloatArray]

_THREADS = 2
_RAMP, _RAMP_BELOW = 0.06, 0.12  # of the crop's side: width of the transition to the portrait at its edges
_SPREAD = 0.018  # of the crop's side, by which a person's outline is widened: segmentation misses strands of hair
_FAINT, _SURE = 0.1, 0.6  # probability of the person from which a pixel is partly, and fully, opaque
_SELF = 0.9  # probability of the person from which a pixel has no background
_GROUND_SIDE, _GROUND_REACH = 64, 9  # px: size at which backgrounds are compared, and window of their mean
_LIKE = 0.6  # intersection over union from which the crop's segmentation and the portrait's mask show the same person
_MATTE_SIDE = 512  # px: people are told from larger crops' background at this size
_PLATE_SIDE = 512  # px: a larger background is filled in at this size
_PLATE_RADIUS = 4  # px
_CLEAR = 0.02  # of the larger side: closer to a person, the background may be tinged by them
_COLOURLESS, _MOST = 6, 99.0  # levels between the channels of a grey picture, in this percentage of its pixels


class PasteBack:
    """Composes generated heads over a portrait.

    Outside both the portrait's and the generated person, pixels of the portrait stay bit-identical. Where the person no
    longer is, the background is filled in from its surroundings. At edges of the crop inside the picture, the result
    fades into the portrait. A grey portrait stays grey.

    Args:
        image: (H, W, 3) uint8, the portrait.
        crop: the square that the patches show.
        person: (H, W) each pixel's probability of being the person's; None: unknown. Then, or if segmentation of the
            crop finds another figure, the background within the crop is the generated one, and this is announced.
        mattes: (T, h, w, 3) pictures -> (T, h, w) each pixel's probability of being the person's.

    Raises:
        ValueError: the mask has another size than the image, or the crop lies outside the image.
    """

    def __init__(
        self, image: ImageArray, crop: Crop, person: FloatArray | None, *, mattes: Mattes = person_mattes
    ) -> None:
        height, width = image.shape[:2]
        if person is not None and person.shape != (height, width):
            raise ValueError(f"the mask is {person.shape} and the image {image.shape[:2]}")
        low = np.ceil(np.maximum((crop.left, crop.top), 0)).astype(int)
        high = np.floor(np.minimum((crop.left + crop.side, crop.top + crop.side), (width, height))).astype(int)
        if not (low < high).all():
            raise ValueError(f"{crop} shows nothing of a picture of {width} x {height} px")
        self._image, self._crop, self._mattes = image, crop, mattes
        self._small = replace(crop, size=min(crop.size, _MATTE_SIDE))
        self._corner, self._size = low, (int(high[0] - low[0]), int(high[1] - low[1]))
        self._rows, self._columns = slice(low[1], high[1]), slice(low[0], high[0])
        self._own = np.ascontiguousarray(image[self._rows, self._columns])
        self._ramp = self._ramp_towards((width, height))
        self._grey = bool(np.percentile(np.ptp(self._own, axis=2), _MOST) <= _COLOURLESS)
        self._plate = None if person is None else self._background(person)
        if self._plate is not None:
            empty = image.copy()
            empty[self._rows, self._columns] = self._plate
            self._ground = replace(crop, size=_GROUND_SIDE).extract(empty).astype(np.float32)
        else:
            announce(
                "the person cannot be told from the background, which therefore moves a little with the head: "
                "give a picture with a plainer background, or choose another renderer, to hold it still."
            )

    def __call__(self, patches: ImageArray) -> ImageArray:
        """(T, H, W, 3) uint8, the portrait with the generated heads.

        Args:
            patches: (T, size, size, 3) uint8, the generated crops.

        Raises:
            ValueError: the patches have another shape.
        """
        size = self._crop.size
        if patches.ndim != 4 or patches.shape[1:] != (size, size, 3):
            raise ValueError(f"patches must have shape (T, {size}, {size}, 3), got {patches.shape}")
        mattes = [None] * len(patches) if self._plate is None else list(self._mattes(self._shrink(patches)))
        with ThreadPoolExecutor(_THREADS) as pool:
            frames = list(pool.map(self._frame, patches, mattes))
        return np.stack(frames) if frames else np.zeros((0, *self._image.shape), np.uint8)

    def _frame(self, patch: ImageArray, matte: FloatArray | None) -> ImageArray:
        if self._grey:
            patch = np.asarray(cv2.cvtColor(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
        if matte is None or self._plate is None:
            head, opacity = self._to_picture(patch), None
        else:
            wide = self._widen(matte)
            patch = _towards(patch, self._ground, wide, matte)
            head, opacity = self._to_picture(patch), self._to_picture(wide)
        if opacity is not None:
            head = cv2.blendLinear(head, self._plate, opacity, 1 - opacity)
        frame = self._image.copy()
        frame[self._rows, self._columns] = cv2.blendLinear(head, self._own, self._ramp, 1 - self._ramp)
        return frame

    def _shrink(self, patches: ImageArray) -> ImageArray:
        """The patches at the size at which people are told from their background."""
        side = self._small.size
        if side == self._crop.size:
            return patches
        return np.stack([cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA) for patch in patches])

    def _to_picture(self, patch: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A patch of colours, or of a plane, at the size of the part of the crop inside the picture."""
        side = int(self._crop.side)
        if side < len(patch):
            patch = cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA)
        if side == len(patch):  # pixel by pixel
            left, top = self._corner - (int(self._crop.left), int(self._crop.top))
            return np.ascontiguousarray(patch[top : top + self._size[1], left : left + self._size[0]])
        affine = Crop(self._crop.left, self._crop.top, self._crop.side, len(patch)).affine
        affine[:, 2] -= self._corner
        flags = cv2.INTER_CUBIC if patch.ndim == 3 else cv2.INTER_LINEAR
        return np.asarray(cv2.warpAffine(patch, affine, self._size, flags=flags, borderMode=cv2.BORDER_REPLICATE))

    def _widen(self, matte: FloatArray) -> FloatArray:
        """(size, size) float32 opacity in [0, 1] of the person and a narrow band around them, 0 elsewhere."""
        reach = max(1, round(_SPREAD * len(matte)))
        wide = cv2.dilate(matte, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2))
        share = np.clip((cv2.blur(wide, (reach + 1 | 1,) * 2) - _FAINT) / (_SURE - _FAINT), 0.0, 1.0)
        return np.asarray(share * share * (3 - 2 * share), np.float32)

    def _ramp_towards(self, picture_size: tuple[int, int]) -> FloatArray:
        """(h, w) float32, 0 on edges of the crop inside the picture, 1 away from them."""
        side = self._crop.side
        axes = []
        for k in (0, 1):
            place = np.arange(self._size[k]) + 0.5
            start, end = place / (_RAMP * side), (self._size[k] - place) / ((_RAMP, _RAMP_BELOW)[k] * side)
            inside = np.ones(self._size[k])
            if self._corner[k] > 0:
                inside = np.minimum(inside, start)
            if self._corner[k] + self._size[k] < picture_size[k]:
                inside = np.minimum(inside, end)
            axes.append(inside * inside * (3 - 2 * inside))
        return np.ascontiguousarray(axes[1][:, None] * axes[0], np.float32)

    def _background(self, person: FloatArray) -> ImageArray | None:
        """(h, w, 3) the picture's part of the crop without the person; None if the two segmentations disagree."""
        seen = self._mattes(self._small.extract(self._image)[None])[0]
        known = np.asarray(person[self._rows, self._columns], np.float32)
        found = self._to_picture(seen)
        union = np.count_nonzero((known > 0.5) | (found > 0.5))
        if np.count_nonzero((known > 0.5) & (found > 0.5)) < _LIKE * max(1, int(union)):
            return None
        opacity = self._to_picture(self._widen(np.maximum(seen, self._as_patch(person))))
        return np.asarray(cv2.blendLinear(_fill_hidden(self._own, opacity), self._own, opacity, 1 - opacity))

    def _as_patch(self, plane: FloatArray) -> FloatArray:
        levels = np.repeat((255 * plane.clip(0, 1)).round().astype(np.uint8)[..., None], 3, axis=2)
        return np.asarray(self._small.extract(levels)[..., 0], np.float32) / 255


def _towards(patch: ImageArray, ground: FloatArray, wide: FloatArray, matte: FloatArray) -> ImageArray:
    """A patch (size, size, 3) whose background around the person takes the real one's colours, so that no rim shows.

    Args:
        patch: the generated crop.
        ground: (_GROUND_SIDE, _GROUND_SIDE, 3) float32, the real background.
        wide: (s, s) opacity of the person and a narrow band around them.
        matte: (s, s) each pixel's probability of being the person's.
    """
    small = ground.shape[:2]
    weight = 1 - cv2.resize(wide, small, interpolation=cv2.INTER_AREA)
    apart = (ground - cv2.resize(patch, small, interpolation=cv2.INTER_AREA)) * weight[..., None]
    reach = (_GROUND_REACH, _GROUND_REACH)
    shift = cv2.blur(apart, reach) / (cv2.blur(weight, reach) + 1e-3)[..., None]
    share = np.clip((_SELF - matte) / (_SELF - _FAINT), 0.0, 1.0)
    shift = cv2.resize(shift, matte.shape, interpolation=cv2.INTER_LINEAR) * share[..., None]
    if len(shift) != len(patch):
        shift = cv2.resize(shift, patch.shape[:2], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.add(patch, shift, dtype=cv2.CV_8U))


def _fill_hidden(image: ImageArray, hidden: FloatArray) -> ImageArray:
    """An image (h, w, 3), inpainted from its surroundings wherever ``hidden`` (h, w) is above 0."""
    if not (hidden == 0).any():
        return image
    height, width = hidden.shape
    shrink = min(1.0, _PLATE_SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    hole = (cv2.resize(hidden, size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    clear = cv2.dilate(hole, np.ones((2 * round(_CLEAR * max(size)) + 1,) * 2, np.uint8))
    filled = cv2.inpaint(small, hole if clear.all() else clear, _PLATE_RADIUS, cv2.INPAINT_TELEA)
    return np.asarray(cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC))
