"""The image-warping renderer: it moves the portrait's own pixels, parts the lips and closes the lids.

Source: Zhou et al. 2020, section 3.3 (face warp by a triangulation of the landmarks), extended from drawings to photos
    by a dense mesh instead of 68 points, a depth test for turned heads, an inside of the mouth, lids that slide over
    the eyes, and a fall-off at the neck.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from talkinghead.cancellation import current_checkpoint
from talkinghead.rendering.irises import Irises
from talkinghead.rendering.lids import BLINK_SEEN, lid_rims, paint_eyes
from talkinghead.rendering.mouth import MouthFiller
from talkinghead.rendering.mouth_painter import MouthPainter
from talkinghead.rendering.rasteriser import backward_map
from talkinghead.rendering.rig import Rig, build_rig
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

_CHUNK = 24  # frames whose mouths go through the network together
_THREADS = 2


class WarpRenderer:
    """Renders by warping the portrait.

    Args:
        filler: makes the inside of the mouth for photos.
        drawing_filler: the same for drawings.
    """

    def __init__(self, filler: MouthFiller, drawing_filler: MouthFiller) -> None:
        self._filler, self._drawing_filler = filler, drawing_filler

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of the motion, of the portrait's size, in chunks.

        A row without displacement, head motion or blink returns the portrait's exact pixels.
        """
        filler = self._drawing_filler if portrait.drawing else self._filler
        scene = _Scene(portrait, build_rig(portrait), filler)
        with ThreadPoolExecutor(_THREADS) as pool:
            for start in range(0, len(motion), _CHUNK):
                yield Frames(scene.draw(motion[start : start + _CHUNK], pool), motion.fps)


class _Scene:
    """A portrait prepared for drawing."""

    def __init__(self, portrait: Portrait, rig: Rig, filler: MouthFiller) -> None:
        self.image = np.ascontiguousarray(portrait.picture)
        self.rig, self.rims = rig, lid_rims(rig)
        width, height = portrait.size
        low = np.floor(rig.source.min(axis=0)).astype(int).clip(0)
        high = np.ceil(rig.source.max(axis=0)).astype(int) + 1
        self.left, self.top = int(low[0]), int(low[1])
        self.right, self.bottom = min(int(high[0]), width), min(int(high[1]), height)
        self.painter = MouthPainter(self.image, rig, filler)
        self.irises = Irises(self.image, portrait.mesh, portrait.pose, drawing=portrait.drawing)

    def draw(self, motion: Motion, pool: ThreadPoolExecutor) -> ImageArray:
        placed, open_eyes = self.rig.place(motion)
        mouths = self.painter.mouths(motion, placed)

        check = current_checkpoint()

        def one(t: int) -> ImageArray:
            check()
            image = self.image if motion.gaze is None else self.irises.look(motion.gaze[t])
            frame = self._warp(image, placed[t], float(motion.blink[t]))
            mouths.paint(frame, t)
            if motion.blink[t] > BLINK_SEEN:
                paint_eyes(frame, image, self.rig, placed[t], open_eyes[t])
            return frame

        return np.stack(list(pool.map(one, range(len(motion)))))

    def _warp(self, image: ImageArray, placed: FloatArray, blink: float) -> ImageArray:
        """A picture (H, W, 3) of the portrait with its vertices at (V, 3) px; ``blink``: how far its eyes are shut."""
        frame = image.copy()
        if not np.allclose(placed[:, :2], self.rig.source, atol=1e-3):
            maps = backward_map(
                placed[:, :2],
                placed[:, 2],
                self.rig.source + blink * self.rims if blink > BLINK_SEEN else self.rig.source,
                self.rig.triangles,
                size=(self.right - self.left, self.bottom - self.top),
                corner=(self.left, self.top),
            )
            region = frame[self.top : self.bottom, self.left : self.right]
            region[:] = cv2.remap(image, *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return frame
