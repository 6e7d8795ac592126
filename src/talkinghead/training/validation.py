"""Scores of generated pictures, and sheets of them to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.face.landmarks import LIPS
from talkinghead.media import save_image
from talkinghead.metrics.psnr import psnr
from talkinghead.metrics.ssim import ssim
from talkinghead.precision import autocast
from talkinghead.rendering.levels import as_levels
from talkinghead.types import FloatArray, ImageArray

_AT_ONCE = 8
_SHOWN = 5  # pairs of each group on a sheet
_LIPS_SIDE = 96 / 256  # of the square around the lips, in sides of the picture


class PictureValidation:
    """Network -> scores on groups of pairs, for ``fit``; each call writes ``sheet.png``.

    Attributes:
        unchanged: the scores of the unchanged source pictures, by group.

    Args:
        groups: name -> batch of pairs: ``source`` and ``target`` (B, S, S, 3) uint8, ``target_landmarks`` (B, 68, 2)
            px, and what ``generate`` needs.
        generate: (network, batch) -> pictures (B, 3, S, S) in [-1, 1].
        out: folder of ``sheet.png``: a row for each pair, the pictures of ``shown``, the generated one, the target.
        shown: names of pictures in a batch.
    """

    def __init__(
        self,
        groups: Mapping[str, Mapping[str, Tensor]],
        generate: Callable[[nn.Module, Mapping[str, Tensor]], Tensor],
        out: Path,
        *,
        shown: Sequence[str] = ("source",),
    ) -> None:
        self._groups, self._generate, self._out, self._shown = groups, generate, out, shown
        self.unchanged = {name: score_pictures(_levels(batch, "source"), batch) for name, batch in groups.items()}

    def __call__(self, network: nn.Module) -> dict[str, float]:
        """The scores of all groups."""
        scores: dict[str, float] = {}
        sheets = []
        for name, batch in self._groups.items():
            made = generate_pictures(network, batch, self._generate)
            scores |= {f"{name} {key}": value for key, value in score_pictures(made, batch).items()}
            columns = [*(_levels(batch, key) for key in self._shown), made, _levels(batch, "target")]
            sheets += [np.concatenate(row, axis=1) for row in list(zip(*columns))[-_SHOWN:]]
        save_image(np.concatenate(sheets), self._out / "sheet.png")
        return scores


@torch.inference_mode()
def generate_pictures(
    network: nn.Module,
    batch: Mapping[str, Tensor],
    generate: Callable[[nn.Module, Mapping[str, Tensor]], Tensor],
) -> ImageArray:
    """(B, S, S, 3) uint8 pictures of a network for a batch, a few at a time; arguments as for ``PictureValidation``."""
    device, made = next(network.parameters()).device, []
    for start in range(0, len(batch["source"]), _AT_ONCE):
        part = {name: value[start : start + _AT_ONCE].to(device) for name, value in batch.items()}
        with autocast(device):
            made.append(as_levels(generate(network, part)).cpu().numpy())
    return np.concatenate(made)


def score_pictures(made: ImageArray, batch: Mapping[str, Tensor]) -> dict[str, float]:
    """Mean PSNR and SSIM of pictures (B, S, S, 3) against a batch's targets, and PSNR around the lips."""
    wanted, landmarks = _levels(batch, "target"), batch["target_landmarks"].numpy()
    size = made.shape[1]
    side = round(_LIPS_SIDE * size)
    corners = _corners(landmarks[:, LIPS].mean(axis=1) - side / 2, size - side)
    squares = [(slice(k, k + 1), slice(y, y + side), slice(x, x + side)) for k, (x, y) in enumerate(corners)]
    return {
        "PSNR_dB": round(float(psnr(made, wanted).mean()), 3),
        "SSIM": round(float(ssim(made, wanted).mean()), 4),
        "lips_PSNR_dB": round(float(np.mean([psnr(made[where], wanted[where])[0] for where in squares])), 3),
    }


def picture_merit(scores: Mapping[str, float]) -> float:
    """How good a network's pictures are: all of the validation's, and as much what is around the lips."""
    return scores["val PSNR_dB"] + scores["val lips_PSNR_dB"]


def _corners(places: FloatArray, most: int) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in places.round().clip(0, most)]


def _levels(batch: Mapping[str, Tensor], name: str) -> ImageArray:
    return np.asarray(batch[name].numpy())
