"""A small network that draws the inside of a mouth for a given opening of the lips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.face.rest import lips_touch
from talkinghead.precision import autocast
from talkinghead.rendering.mouth import PATCH_SIZE, Fill, MouthFrame, are_open, own_outline, patch_size, seam_colour
from talkinghead.rendering.mouth_detail import MouthDetail
from talkinghead.rendering.outline import fill_polygon, smooth_outline
from talkinghead.rendering.rig import Rig
from talkinghead.types import FloatArray, ImageArray
from talkinghead.weights import load_network

WIDTH = 24
"""Channels of the shipped network at the finest level."""

_WEIGHTS = Path(__file__).with_name("weights") / "mouth.safetensors"
_PERSON_SIZE = 8
REFERENCE_SKIN = np.array([190.0, 140.0, 120.0])
"""Colour of the skin around the mouth under the light that the network's colours assume."""

_LUMA = np.array([0.299, 0.587, 0.114])
_TINT_SHARE = 0.6  # of the light's tint: teeth and tongue take less of it than skin does
_BESIDE_TEETH = 0.55  # brightness of the mouth behind and below visible teeth, in whose shadow it lies
_LIGHT_SHARE = 0.7  # exponent of the light: teeth and tongue vary less from person to person than skin does
SKIN = np.array([205, 425, 187, 411, 200, 199, 175, 171, 396, 212, 432, 214, 434, 192, 416, 207, 427])
"""Mesh points on the cheeks beside the mouth and the chin below it."""


@dataclass(frozen=True)
class InteriorConfig:
    """Sizes of the network: ``width``, its channels at the finest level."""

    width: int = WIDTH


class MouthInterior(nn.Module):
    """Opening of the lips -> colours inside it: a U-Net of three levels over the mouth frame.

    Behind the same lips, different people show different teeth. One learned embedding per person of the training data
    captures this, so that the network need not average them into a blur.

    Args:
        width: channels at the finest level; they double twice.
        people: number of people in the training data.
    """

    def __init__(self, width: int = WIDTH, *, people: int = 1) -> None:
        super().__init__()
        self.person = nn.Embedding(people, _PERSON_SIZE)
        self.first = _block(3 + _PERSON_SIZE, width)
        self.down1, self.down2 = _block(width, 2 * width, stride=2), _block(2 * width, 4 * width, stride=2)
        self.middle = _block(4 * width, 4 * width, stride=2)
        self.up2, self.up1 = _block(8 * width, 2 * width), _block(4 * width, width)
        self.up0 = _block(2 * width, width)
        self.out = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, opening: Tensor, person: Tensor) -> Tensor:
        """Colours relative to the light on the face.

        Args:
            opening: (B, 1, H, W) in [0, 1], how much of each pixel the lips leave open; H and W divisible by 8.
            person: (B,) int, index of the person.

        Returns:
            (B, 3, H, W) in [0, 1].
        """
        rows = torch.linspace(-1, 1, opening.shape[2], device=opening.device)[:, None].expand(opening.shape[2:])
        columns = torch.linspace(-1, 1, opening.shape[3], device=opening.device).expand(opening.shape[2:])
        place = torch.stack([rows, columns]).to(opening.dtype).expand(len(opening), -1, -1, -1)
        who = self.person(person)[:, :, None, None].to(opening.dtype).expand(-1, -1, *opening.shape[2:])
        fine = self.first(torch.cat([2 * opening - 1, place, who], dim=1))
        half = self.down1(fine)
        quarter = self.down2(half)
        x = _twice(self.middle(quarter))
        x = _twice(self.up2(torch.cat([x, quarter], dim=1)))
        x = _twice(self.up1(torch.cat([x, half], dim=1)))
        return torch.sigmoid(self.out(self.up0(torch.cat([x, fine], dim=1))))


def _block(channels_in: int, channels_out: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(channels_out, channels_out, 3, padding=1),
        nn.LeakyReLU(0.2),
    )


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")


def opening_mask(outlines: FloatArray) -> FloatArray:
    """(T, 1, H, W) float32 coverage of the mouth frame by openings (T, 20, 2) px of the patch."""
    width, height = PATCH_SIZE
    zoom, bits = 4, 4
    masks = np.zeros((len(outlines), 1, height, width), np.float32)
    for t, outline in enumerate(outlines):
        canvas = np.zeros((height * zoom, width * zoom), np.uint8)
        corners = ((smooth_outline(outline) + 0.5) * zoom - 0.5) * (1 << bits)
        masks[t, 0] = fill_polygon(corners.round().astype(np.int32), canvas, zoom, shift=bits)
    return masks


def skin_colour(image: ImageArray, rig: Rig) -> FloatArray:
    """(3,) median colour in [0, 255] of the skin around the mouth in a picture (H, W, 3); no part is below 1."""
    return np.asarray(np.median(skin_colours(image, rig), axis=0))


def skin_colours(image: ImageArray, rig: Rig) -> FloatArray:
    """(P, 3) colours in [0, 255] of a picture (H, W, 3) at the points ``SKIN``; no part is below 1."""
    column, row = rig.source[SKIN].round().astype(int).clip(0, np.array(image.shape[1::-1]) - 1).T
    return np.asarray(np.maximum(image[row, column].astype(np.float64), 1.0))


class InteriorFiller:
    """For photos: the network's mouth, lit as in the portrait, and the portrait's own teeth where they are visible.

    Args:
        network: the network.
    """

    def __init__(self, network: MouthInterior) -> None:
        self.network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def prepare(self, image: ImageArray, rig: Rig, frame: MouthFrame) -> Fill:
        """See ``MouthFiller``."""
        relight = _relight(skin_colour(image, rig))
        detail = MouthDetail(patch_size(rig))
        touch = lips_touch(rig.landmarks)
        own, kept = (None, None) if touch else _own_teeth(image, rig, frame, detail.size)

        def paint(outlines: FloatArray) -> ImageArray:
            patches = np.zeros((len(outlines), detail.size[1], detail.size[0], 3), np.uint8)
            # One after the other, for those of large faces are large.
            for patch, colours, outline in zip(patches, self._colours(outlines), outlines):
                made, window = detail.enlarge(colours, outline)
                lit = relight(made)
                if own is not None and kept is not None:
                    lit = kept[window] * own[window] + (1 - kept[window]) * _BESIDE_TEETH * lit
                patch[window] = _to_bytes(lit)
            return patches

        return Fill(paint, None if touch else seam_colour(image, rig))

    @torch.inference_mode()
    def _colours(self, outlines: FloatArray) -> FloatArray:
        """(T, h, w, 3) in [0, 1]; rows with closed lips are not drawn and stay black."""
        device = next(self.network.parameters()).device
        rows = are_open(outlines)
        width, height = PATCH_SIZE
        colours = np.zeros((len(rows), height, width, 3), np.float32)
        if not rows.any():
            return colours
        seen = torch.from_numpy(opening_mask(outlines[rows])).to(device).contiguous(memory_format=torch.channels_last)
        person = torch.zeros(len(seen), dtype=torch.long, device=device)
        with autocast(device):
            made = self.network(seen, person)
        colours[rows] = made.float().permute(0, 2, 3, 1).cpu().numpy()
        return colours


@cache
def load_filler() -> InteriorFiller:
    """The filler with the shipped weights."""
    return InteriorFiller(load_network(lambda config: MouthInterior(config.width), InteriorConfig, _WEIGHTS))


def _relight(skin: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """A function of colours (..., 3) in [0, 1] under the reference light -> [0, 255] under the light on this skin."""
    light = float(skin @ _LUMA) / float(REFERENCE_SKIN @ _LUMA)
    tint = (skin / REFERENCE_SKIN / light) ** _TINT_SHARE
    gain = 255.0 * tint * light**_LIGHT_SHARE
    # Colourless pictures (greyscale, pencil) get a colourless mouth.
    colourful = min(1.0, float(np.ptp(skin) / skin.max()) / float(np.ptp(REFERENCE_SKIN) / REFERENCE_SKIN.max()))

    def relight(colours: FloatArray) -> FloatArray:
        lit = colours * gain
        grey = (lit @ _LUMA)[..., None]
        return np.asarray(grey + colourful * (lit - grey))

    return relight


def _to_bytes(patches: FloatArray) -> ImageArray:
    return np.asarray((patches + 0.5).clip(0, 255).astype(np.uint8))


def _own_teeth(image: ImageArray, rig: Rig, frame: MouthFrame, size: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """The portrait's own mouth (h, w, 3) in the mouth frame, to which teeth are fixed, and its visibility (h, w, 1)."""
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]]], np.float32) - 0.5
    image_from_patch = cv2.getAffineTransform(corners, frame.in_picture(rig).astype(np.float32))
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC
    own = cv2.warpAffine(image, image_from_patch, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    mask = opening_mask(own_outline(rig, frame)[None])[0, 0]
    mask = cv2.resize(cv2.erode(mask, np.ones((3, 3), np.uint8)), size, interpolation=cv2.INTER_CUBIC)
    mask = cv2.GaussianBlur(mask, (0, 0), 0.02 * size[1]).clip(0, 1)
    return own.astype(np.float32), mask[..., None]
