"""A portrait's own head, moved as a network moves it, with what the network changes laid over it.

A network that learned from a dozen people paints everybody in their colours, and blurs what it has not seen: hair,
clothes, backgrounds. How it errs shows when it is asked for the portrait as it is. So what counts of its pictures is
how they differ from that one, and where it says that pixels move; the pixels themselves are the portrait's own.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from talkinghead.rendering.displacement import landmark_distances, landmark_field, move
from talkinghead.types import FloatArray, ImageArray

_NEAR, _FAR = 0.06, 0.17  # of the picture's side: how far from a landmark changes begin to count less, and end
_LUMA = (0.299, 0.587, 0.114)


class Drawing(NamedTuple):
    """Pictures of heads by a network.

    Attributes:
        picture: (B, 3, S, S) in [-1, 1].
        field: (B, 2, s, s) px of a picture of side S, how far away in the portrait each place comes from; None: the
            network does not say.
    """

    picture: Tensor
    field: Tensor | None = None


class MovedHead:
    """Makes the pictures of a head for landmarks; without motion they are the portrait's own pixels.

    Args:
        draw: the network, (batch, 68, 2) px -> a batch of ``Drawing``.
        own: (68, 2) px, the landmarks in the portrait.
        picture: (n, n, 3) uint8, the portrait's head at any resolution.
        size: side S of the network's pictures.
        batch: of the network.
        coloured: whether the network's changes have colours. If not, they are lighter or darker only, and all colours
            are the portrait's.
    """

    def __init__(
        self,
        draw: Callable[[FloatArray], Drawing],
        own: FloatArray,
        picture: ImageArray,
        *,
        size: int,
        batch: int,
        coloured: bool,
    ) -> None:
        self._draw, self._picture, self._size, self._batch, self._coloured = draw, picture, size, batch, coloured
        self._own = np.repeat(own[None], batch, axis=0)
        drawn = draw(self._own)
        self._drawn = drawn.picture[:1].float()
        self._field = None if drawn.field is None else drawn.field[:1].float()

    @torch.inference_mode()
    def __call__(self, landmarks: FloatArray) -> ImageArray:
        """(T, n, n, 3) uint8 for landmarks (T, 68, 2) px, T at least 1, drawn in batches padded with the last row."""
        batches = pad_batches(landmarks, self._batch)
        pictures = [picture for batch in batches for picture in self._pictures(batch)]
        return np.stack(pictures[: len(landmarks)])

    def _pictures(self, landmarks: FloatArray) -> list[ImageArray]:
        drawn = self._draw(landmarks)
        target = torch.from_numpy(landmarks).float().to(drawn.picture.device)
        if drawn.field is None or self._field is None:
            own = torch.from_numpy(self._own).float().to(target.device)
            field = landmark_field(own, target, self._size)
        else:
            field = drawn.field.float() - self._field
        change = drawn.picture.float() - move(self._drawn.expand(len(landmarks), -1, -1, -1), field)
        if not self._coloured:
            luma = torch.tensor(_LUMA, device=change.device)[:, None, None]
            change = (luma * change).sum(dim=1, keepdim=True).expand(-1, 3, -1, -1)
        change = 127.5 * change * _reach(target, self._size)
        fields, changes = (part.permute(0, 2, 3, 1).cpu().numpy() for part in (field, change))
        return [self._move_pixels(*pair) for pair in zip(fields, changes)]

    def _move_pixels(self, field: FloatArray, change: FloatArray) -> ImageArray:
        """The portrait displaced by a field (s, s, 2), plus changes (S, S, 3) in levels."""
        side = len(self._picture)
        away = cv2.resize(field, (side, side), interpolation=cv2.INTER_LINEAR) * np.float32(side / self._size)
        place = np.arange(side, dtype=np.float32)
        away[..., 0] += place
        away[..., 1] += place[:, None]
        moved = cv2.remap(self._picture, away, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cv2.add(moved, cv2.resize(change, (side, side)), dtype=cv2.CV_8U))


def pad_batches(rows: FloatArray, size: int) -> Iterator[FloatArray]:
    """Rows (T, ...), T at least 1, in batches of one size, of which the last is filled up with the last row."""
    numbers = np.minimum(np.arange(-(-len(rows) // size) * size), len(rows) - 1)
    return (rows[numbers[start : start + size]] for start in range(0, len(numbers), size))


def _reach(landmarks: Tensor, size: int) -> Tensor:
    """(B, 1, S, S) in [0, 1]: 1 on the face of landmarks (B, 68, 2) px, 0 far from it."""
    nearest = landmark_distances(landmarks, size).amin(dim=2).sqrt() / size
    side = round(nearest.shape[1] ** 0.5)
    share = ((_FAR - nearest) / (_FAR - _NEAR)).clamp(0, 1).reshape(-1, 1, side, side)
    fine = torch.nn.functional.interpolate(share, size=(size, size), mode="bilinear", align_corners=False)
    return fine * fine * (3 - 2 * fine)
