"""The visible mark: a small "AI" in the lower right corner."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from talkinghead.types import ImageArray, Window

_SHARE = 0.035  # height of the mark over the frame's shorter side
_MIN_HEIGHT_PX = 10
_MIN_SIDE_PX = 64  # in smaller frames the mark would hide too much and be illegible
_OVERSAMPLING = 4
_TEXT = "AI"


class VisibleMark:
    """A mark drawn once for a frame size and laid over every frame.

    Attributes:
        window: where it is; None: nowhere.
    """

    def __init__(self, width: int, height: int) -> None:
        """Draw the mark for frames of (width, height) px; for tiny ones there is none."""
        self.window: Window | None = None
        if min(width, height) < _MIN_SIDE_PX:
            return
        tall = max(_MIN_HEIGHT_PX, round(_SHARE * min(width, height)))
        patch = np.asarray(_draw_pill(tall), np.float32) / 255
        rows, columns = patch.shape[:2]
        margin = tall // 2
        bottom, right = height - margin, width - margin
        self.window = Window(right - columns, bottom - rows, columns, rows)
        alpha = patch[..., 3:]
        self._kept = 1 - alpha
        self._colour = np.asarray(255 * patch[..., :3] * alpha + 0.5, np.float32)

    def draw(self, image: ImageArray) -> None:
        """Lay the mark over ``image`` (height, width, 3) uint8, in place."""
        if self.window is not None:
            self.window.of(image)[:] = self.over(self.window.of(image))

    def over(self, region: ImageArray) -> ImageArray:
        """What is in the mark's window (h, w, 3) uint8 with the mark over it."""
        return np.asarray((region * self._kept + self._colour).astype(np.uint8))


def _draw_pill(height: int) -> Image.Image:
    """A dark, semi-transparent pill with light letters, RGBA, ``height`` px tall."""
    large = height * _OVERSAMPLING
    font = ImageFont.load_default(size=0.78 * large)
    left, top, right, bottom = font.getbbox(_TEXT)
    width = round(right - left + 0.7 * large)
    pill = Image.new("RGBA", (width, large), (0, 0, 0, 0))
    draw = ImageDraw.Draw(pill)
    draw.rounded_rectangle((0, 0, width - 1, large - 1), radius=large // 3, fill=(0, 0, 0, 150))
    place = ((width - left - right) / 2, (large - top - bottom) / 2)
    letters = Image.new("L", pill.size, 0)
    ImageDraw.Draw(letters).text(place, _TEXT, font=font, fill=230)
    pill.paste((255, 255, 255, 230), mask=letters)
    return pill.resize((max(1, width // _OVERSAMPLING), height), Image.Resampling.BOX)
