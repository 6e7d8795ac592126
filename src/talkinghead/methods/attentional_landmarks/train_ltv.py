"""Training of the landmarks-to-video network.

Source: Wang et al. 2020, sections 3.2 and 4.1. Where we differ: the learning rate runs one cycle instead of 1e-4
    throughout; the generic network learns from a dozen people, not from all 33 of GRID.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import UNSEEN_FACES
from talkinghead.data.face_pairs import MARGIN, STORED, FacePictures, prepare_pictures, validation_pairs
from talkinghead.media import save_image
from talkinghead.methods.attentional_landmarks.config import AttentionalConfig
from talkinghead.methods.attentional_landmarks.ltv_losses import video_adversaries, video_losses
from talkinghead.methods.attentional_landmarks.ltv_pairs import VideoBatches, as_images, speech_about
from talkinghead.methods.attentional_landmarks.people import S1, recordings_of
from talkinghead.metrics.psnr import psnr
from talkinghead.metrics.ssim import ssim
from talkinghead.precision import autocast
from talkinghead.rendering.crop import Crop
from talkinghead.training.fit import Schedule, fit
from talkinghead.training.stage import Training
from talkinghead.types import FloatArray, ImageArray
from talkinghead.weights import load_weights, save_weights

_JUDGED = 24  # pairs of each group in a validation
_SHOWN = 5  # of them on the sheet
_AT_ONCE = 8
_LICENCES = "CC BY 4.0 (GRID), US government works, MIT (FACEGOOD)"


def _wide(landmarks: FloatArray, size: tuple[int, int]) -> Crop:
    """The network's square with a margin around it, as packs keep it."""
    return Crop.of(landmarks, size).widen(MARGIN, STORED)


class _Validation:
    """PSNR and SSIM of pictures of people who are known and of strangers, and a sheet to look at."""

    def __init__(self, groups: Mapping[str, FacePictures], config: AttentionalConfig, out: Path) -> None:
        self._out = out
        self._batches: dict[str, dict[str, Tensor]] = {}
        for name, pictures in groups.items():
            silence = np.zeros((len(pictures), 1, 1), np.float32)
            pairs = validation_pairs(pictures, _JUDGED, speaker=S1 if config.people == "s1" else None)
            if pairs:
                self._batches[name] = VideoBatches(pictures, silence, size=config.video.size).pairs(pairs)
        self.still = {
            name: _scores(as_images(batch["source"]), as_images(batch["target"]))
            for name, batch in self._batches.items()
        }

    def __call__(self, network: nn.Module) -> dict[str, float]:
        found: dict[str, float] = {}
        sheets = []
        for name, batch in self._batches.items():
            made = generate_batch(network, batch)
            source, target = (as_images(batch[key]) for key in ("source", "target"))
            found |= {f"{name} {key}": value for key, value in _scores(made, target).items()}
            sheets += [np.concatenate(row, axis=1) for row in list(zip(source, made, target))[-_SHOWN:]]
        save_image(np.concatenate(sheets), self._out / "sheet.png")
        return found


def _scores(made: ImageArray, wanted: ImageArray) -> dict[str, float]:
    return {
        "PSNR_dB": round(float(psnr(made, wanted).mean()), 3),
        "SSIM": round(float(ssim(made, wanted).mean()), 4),
    }


@torch.inference_mode()
def generate_batch(network: nn.Module, batch: Mapping[str, Tensor]) -> ImageArray:
    """(B, S, S, 3) uint8 what a network of ``video_adversaries`` makes of a batch."""
    device, made = next(network.parameters()).device, []
    for start in range(0, len(batch["source"]), _AT_ONCE):
        part = {name: batch[name][start : start + _AT_ONCE].to(device) for name in ("landmarks", "source", "own")}
        with autocast(device):
            made.append(as_images(network(part["landmarks"], part["source"], part["own"])))
    return np.concatenate(made)


def train_video(training: Training) -> None:
    """Train the renderer on pairs of pictures; each validation leaves ``sheet.png`` in the output folder."""
    corpus, config, out, options = training.corpus, training.config, training.out, training.options
    packs = {group: prepare_pictures(corpus, group, out, place=_wide) for group in ("train", "known", "strangers")}
    recordings = recordings_of(corpus, "train", "all")
    speech = speech_about(packs["train"], recordings, out / "tracks", config.landmarks)
    watched = {name: packs[name] for name in ("known", "strangers")}
    validation = _Validation(watched, config, out)
    torch.manual_seed(0)
    network = video_adversaries(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if training.start is not None:
        load_weights(network.generator, training.start)
    scores = fit(
        network,
        partial(video_losses, config=config),
        VideoBatches(packs["train"], speech, size=config.video.size, batch=options.batch, whom=config.people),
        out=out,
        steps=options.steps,
        schedule=Schedule(options.learning_rate),
        validate_every=options.validate_every,
        validate=validation,
    )
    others = "" if config.people == "s1" else f", and the open clips of others but {', '.join(UNSEEN_FACES)}"
    card = {
        "network": "landmarks to video (Wang et al. 2020, section 3.2)",
        "config": config.video,
        "data": f"GRID speaker s1, split train{others}",
        "data_licence": "CC BY 4.0" if config.people == "s1" else _LICENCES,
        "command": training.command,
        "scores": {"split": "GRID s1 val, strangers", **scores, "the portrait as it is": validation.still},
    }
    save_weights(network.generator, out / "renderer.safetensors", card=card)
