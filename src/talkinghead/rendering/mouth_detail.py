"""The fine detail of large mouths: what lies between the pixels of the network's small picture."""

from __future__ import annotations

import cv2
import numpy as np

from talkinghead.rendering.mouth import PATCH_SIZE
from talkinghead.types import FloatArray

# From the middle of the upper teeth to the far edges of the incisors, the canine and the premolars, in px of the
# network's picture (1.2 mm): mean crown widths (Nelson, Wheeler's Dental Anatomy, tables 6 to 9), seen along the arch.
_TOOTH_EDGES = np.array([0.0, 7.0, 12.4, 17.6, 21.3, 24.0, 26.0])
_SHORTER = np.array([0.0, 0.12, 0.02, 0.1, 0.14, 0.16])  # by how much each tooth is, as _NOTCH

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_TOOTH, _NO_TOOTH = 0.3, 0.12  # brightness less redness of dim teeth, and of the brightest tongue
_DARK = 0.05  # the same of what is behind teeth
_CRISP = 0.14  # share of the way from dark to tooth, on either side, over which one becomes the other
_NOTCH = 0.3  # the same by which corners of teeth are rounder
_CROWN_PX = 9.0  # by which upper teeth reach below the upper lip, at most
_GAP_PX, _GAP_DEPTH = 0.2, np.array([0.13, 0.19, 0.21])  # width of the line between two teeth, and how dark it is
_LAYER_PX = 1.3  # over which each layer's colours are spread beyond its edge
_GRAIN = 0.015  # of tongue and gums
_SHARPENING = 0.7
_FROM, _FULL = 2.0, 6.0  # enlargements at which detail begins and is whole


class MouthDetail:
    """Enlarges the network's pictures of the inside of a mouth with edges and teeth as sharp as the portrait's.

    A picture of 64 x 48 px shows where teeth are and how bright, but not their edges. So teeth and what is behind them
    are enlarged apart, put together along a sharp edge, and the teeth are parted where teeth are in mean.

    Args:
        size: (width, height) px of the result, a multiple of the network's.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self._zoom = size[0] / PATCH_SIZE[0]
        self._share = float(np.clip((self._zoom - _FROM) / (_FULL - _FROM), 0, 1))
        across = np.abs((np.arange(size[0]) + 0.5) / self._zoom - PATCH_SIZE[0] / 2)
        tooth = np.clip(np.searchsorted(_TOOTH_EDGES, across, side="right") - 1, 0, len(_TOOTH_EDGES) - 2)
        low, high = _TOOTH_EDGES[tooth], _TOOTH_EDGES[tooth + 1]
        place = ((2 * across - low - high) / (high - low)).clip(-1, 1)  # -1 and 1 are the edges of a tooth
        to_edge = np.minimum(across - low, np.abs(high - across))
        gap = np.exp(-((to_edge / _GAP_PX) ** 2))
        self._shade = ((1 - gap[:, None] * _GAP_DEPTH) * (1.03 - 0.09 * place[:, None] ** 4)).astype(np.float32)
        self._notch = (_NOTCH * np.abs(place) ** 6 + _SHORTER[tooth]).astype(np.float32)
        self._grain = _grain(size, self._zoom)

    def enlarge(self, colours: FloatArray, outline: FloatArray) -> tuple[FloatArray, tuple[slice, slice]]:
        """The part of a picture that an opening shows.

        Args:
            colours: (48, 64, 3) in [0, 1] as the network gives them.
            outline: (20, 2) px of the network's picture, the opening.

        Returns:
            (h, w, 3) float32, and its rows and columns in the enlarged picture.
        """
        rows, columns = self._window(outline)
        colours = np.asarray(colours, np.float32)
        plain = self._resize(colours, rows, columns)
        if self._share == 0:
            return plain, (rows, columns)
        share = _tooth_share(colours, outline)
        teeth = self._resize(_spread(colours, share), rows, columns) * self._shade[columns]
        behind = self._resize(_sharpen(_spread(colours, 1 - share)), rows, columns) * self._grain[rows, columns, None]
        surface = self._resize(share, rows, columns) - self._notch[columns]
        mask = _smoothstep((surface - 0.5) / (2 * _CRISP) + 0.5)[..., None]
        return plain + self._share * (mask * teeth + (1 - mask) * behind - plain), (rows, columns)

    def _window(self, outline: FloatArray) -> tuple[slice, slice]:
        """Rows and columns of the enlarged picture that an outline spans, and a little more."""
        low = np.floor((outline.min(axis=0) - 1.5) * self._zoom).astype(int).clip(0, np.array(self.size) - 1)
        high = np.ceil((outline.max(axis=0) + 2.5) * self._zoom).astype(int).clip(low + 1, self.size)
        return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))

    def _resize(self, picture: FloatArray, rows: slice, columns: slice) -> FloatArray:
        """A window of a picture (48, 64, ...) enlarged by cubic interpolation."""
        zoom = self._zoom
        small_from_window = np.array(
            [[1 / zoom, 0, (columns.start + 0.5) / zoom - 0.5], [0, 1 / zoom, (rows.start + 0.5) / zoom - 0.5]]
        )
        size = (columns.stop - columns.start, rows.stop - rows.start)
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpAffine(picture, small_from_window, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        )


def _tooth_share(colours: FloatArray, outline: FloatArray) -> FloatArray:
    """(H, W) in [0, 1]: 1 on upper teeth, which reach up behind the lip, 0.5 on their edges, 0 elsewhere."""
    toothness = colours @ _LUMA - (colours[..., 0] - colours[..., 1:].mean(axis=-1))
    height, width = toothness.shape
    lip = np.interp(np.arange(width), outline[:11, 0], outline[:11, 1])
    below = np.arange(height)[:, None] - lip
    toothness = toothness - 0.1 * np.maximum(below - _CROWN_PX, 0)
    inside = (below > 0) & (
        np.arange(height)[:, None] < np.interp(np.arange(width), outline[:9:-1, 0], outline[:9:-1, 1])
    )
    if not inside.any():
        return np.zeros_like(toothness, np.float32)
    toothness = np.where(below > -1, toothness, _DARK)
    bright = float(np.percentile(toothness[inside], 92))
    seen = float(np.clip((bright - _NO_TOOTH) / (_TOOTH - _NO_TOOTH), 0, 1))
    share = ((toothness - _DARK) / max(bright - _DARK, 0.05)).clip(0, 1)
    # The lip's shadow on a tooth is tooth, too.
    return np.asarray(seen * np.maximum.accumulate(share[::-1])[::-1], np.float32)


def _spread(colours: FloatArray, weight: FloatArray) -> FloatArray:
    """Colours (H, W, 3) where their weight (H, W) is large, and elsewhere those nearby."""

    def blur(plane: FloatArray) -> FloatArray:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), _LAYER_PX))

    pure = np.maximum(_smoothstep((np.asarray(weight, np.float32) - 0.6) / 0.4), 1e-3)[..., None]
    near = blur(colours * pure) / blur(pure)[..., None]
    return np.asarray(pure * colours + (1 - pure) * near)


def _sharpen(colours: FloatArray) -> FloatArray:
    return np.asarray(colours + _SHARPENING * (colours - cv2.GaussianBlur(colours, (0, 0), 1.2)))


def _smoothstep(x: FloatArray) -> FloatArray:
    x = x.clip(0, 1)
    return np.asarray(x * x * (3 - 2 * x))


def _grain(size: tuple[int, int], zoom: float) -> FloatArray:
    """(H, W) factors around 1: the fine relief of a tongue, the same in every frame."""
    noise = np.random.default_rng(0).standard_normal((size[1], size[0])).astype(np.float32)
    fine, coarse = (cv2.GaussianBlur(noise, (0, 0), max(0.5, share * zoom)) for share in (0.12, 0.5))
    relief = fine / fine.std() + coarse / coarse.std()
    return np.asarray(1 + _GRAIN * relief.clip(-3, 3) / 1.5, np.float32)
