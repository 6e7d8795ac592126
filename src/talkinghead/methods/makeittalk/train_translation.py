"""Training of the image-to-image translation network on pairs of pictures of the open recordings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import UNSEEN_FACES
from talkinghead.data.face_pairs import MARGIN, STORED, FacePictures, prepare_pictures, validation_pairs
from talkinghead.media import save_image
from talkinghead.methods.makeittalk.config import TranslationConfig
from talkinghead.methods.makeittalk.translation_losses import as_inputs, translation_adversaries, translation_losses
from talkinghead.methods.makeittalk.translation_pairs import PairBatches
from talkinghead.metrics.psnr import psnr
from talkinghead.metrics.ssim import ssim
from talkinghead.precision import autocast
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.levels import as_levels
from talkinghead.training.fit import Schedule, fit
from talkinghead.training.perceptual import perceptual_distance
from talkinghead.training.stage import Training
from talkinghead.types import FloatArray, ImageArray
from talkinghead.weights import save_weights

_JUDGED = 24  # pairs of each group in a validation
_SHOWN = 6  # of them on the sheet
_AT_ONCE = 8
_MOUTH = 96 / 256  # of the side, around the lips, that is also judged for itself


@torch.inference_mode()
def generate_batch(network: nn.Module, batch: Mapping[str, Tensor], config: TranslationConfig) -> ImageArray:
    """(B, S, S, 3) uint8 what a network of ``translation_adversaries`` makes of a batch."""
    device = next(network.parameters()).device
    made = []
    for start in range(0, len(batch["portrait"]), _AT_ONCE):
        part = {name: value[start : start + _AT_ONCE].to(device) for name, value in batch.items()}
        with autocast(device):
            colours = network(*as_inputs(part, config)).picture.float()
        made.append(as_levels(colours).cpu().numpy())
    return np.concatenate(made)


def scores(made: ImageArray, batch: Mapping[str, Tensor]) -> dict[str, float]:
    """L1 (levels), SSIM and PSNR (dB) of pictures (B, S, S, 3), and PSNR around the lips; means over pictures."""
    wanted, landmarks = batch["picture"].numpy(), batch["target"].numpy()
    size = made.shape[1]
    side = round(_MOUTH * size)
    corners = (landmarks[:, 48:].mean(axis=1) - side / 2).round().astype(int).clip(0, size - side)
    lips = [(slice(k, k + 1), slice(y, y + side), slice(x, x + side)) for k, (x, y) in enumerate(corners)]
    return {
        "l1": float(np.abs(made.astype(int) - wanted).mean()),
        "ssim": float(ssim(made, wanted).mean()),
        "psnr": float(psnr(made, wanted).mean()),
        "psnr of lips": float(np.mean([psnr(made[where], wanted[where])[0] for where in lips])),
    }


def _sheet(made: ImageArray, batch: Mapping[str, Tensor]) -> ImageArray:
    """Rows of portrait, sketch, output and real picture."""
    columns = [batch["portrait"].numpy(), batch["sketch"].numpy(), made, batch["picture"].numpy()]
    return np.concatenate([np.concatenate([column[k] for column in columns], axis=1) for k in range(len(made))])


def _wide(landmarks: FloatArray, size: tuple[int, int]) -> Crop:
    """The network's square with a margin around it, as packs keep it."""
    return Crop.of(landmarks, size).widen(MARGIN, STORED)


class _Validation:
    """Scores on people who are known and on strangers, and a sheet to look at."""

    def __init__(self, groups: Mapping[str, FacePictures], config: TranslationConfig, out: Path) -> None:
        self._config, self._out = config, out
        self._batches = {
            name: PairBatches(pictures, size=config.size, batch=1).pairs(validation_pairs(pictures, _JUDGED))
            for name, pictures in groups.items()
        }
        self.still = {name: scores(batch["portrait"].numpy(), batch) for name, batch in self._batches.items()}

    def __call__(self, network: nn.Module) -> dict[str, float]:
        found: dict[str, float] = {}
        sheets = []
        for name, batch in self._batches.items():
            made = generate_batch(network, batch, self._config)
            found |= {f"{name} {key}": round(value, 4) for key, value in scores(made, batch).items()}
            # Late pairs, because the first of each clip may be of its calmest frames both.
            shown = slice(len(made) - _SHOWN, None)
            sheets.append(_sheet(made[shown], {key: value[shown] for key, value in batch.items()}))
        height = max(len(sheet) for sheet in sheets)
        sheets = [np.pad(sheet, ((0, height - len(sheet)), (0, 0), (0, 0))) for sheet in sheets]
        save_image(np.concatenate(sheets, axis=1), self._out / "sheet.png")
        return found


def train_translation(training: Training) -> None:
    """Train the translation network; each validation leaves ``sheet.png`` in the output folder.

    Source: Zhou et al. 2020, section 4.4, trains with a batch of 16 and a learning rate of 1e-4; the defaults are for
        the slim networks of "small", which learn for an hour.
    """
    config, out, options = training.config, training.out, training.options
    sizes = config.translation
    groups = ("train", "known", "strangers")
    packs = {group: prepare_pictures(training.corpus, group, out, place=_wide) for group in groups}
    batches = PairBatches(packs["train"], size=sizes.size, batch=options.batch)
    distance = perceptual_distance(options.vgg)
    validate = _Validation({name: packs[name] for name in ("known", "strangers")}, sizes, out)
    torch.manual_seed(0)
    network = translation_adversaries(sizes).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    losses = partial(translation_losses, config=config, distance=distance)
    final = fit(
        network,
        losses,
        batches,
        out=out,
        steps=options.steps,
        validate=validate,
        schedule=Schedule(options.learning_rate, clip=5.0),
        validate_every=options.validate_every,
    )
    card = {
        "network": "portrait and drawn landmarks -> picture (image-to-image translation)",
        "config": dataclasses.asdict(sizes),
        "data": f"GRID speaker s1, split train, and the open clips of {', '.join(batches.people)}; "
        f"held out: {', '.join(UNSEEN_FACES)}",
        "data_licence": "CC BY 4.0 (GRID), US government works, MIT (FACEGOOD)",
        "command": training.command,
        "scores": {**final, "the portrait as it is": validate.still},
    }
    save_weights(network.generator, out / "translation.safetensors", card=card)
