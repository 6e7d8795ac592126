"""Inception features, whose Frechet distance between two sets of pictures is the FID."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from talkinghead.errors import InputError
from talkinghead.types import FloatArray, ImageArray

FILE_NAME = "weights-inception-2015-12-05-6726825d.pth"
URL = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{FILE_NAME}"
VARIABLE = "TALKINGHEAD_INCEPTION"

FeatureNetwork = Callable[[torch.Tensor], torch.Tensor]
"""(b, 3, H, W) uint8 RGB -> (b, 2048): it resizes pictures itself."""


def inception_features(
    images: ImageArray, *, weights: Path | None = None, network: FeatureNetwork | None = None, batch_size: int = 16
) -> FloatArray:
    """(n, 2048) the features of each picture after the last pooling of Inception-v3.

    Args:
        images: (n, H, W, 3) uint8 RGB.
        weights: the file of weights; None: see ``inception_weights``.
        network: used instead of Inception, or that of ``load_inception`` to load it once for many calls.
        batch_size: pictures at a time.

    Returns:
        (n, 2048) float32; ``frechet_distance`` of two such sets is the FID.

    Raises:
        InputError: as for ``load_inception``.
        ValueError: the images are not (n, H, W, 3) uint8.

    Source: Heusel et al. 2017, with the network of their TensorFlow release as ported by torch-fidelity: values are
        comparable with those of torchmetrics and torch-fidelity, not with torchvision's Inception.
    """
    if images.ndim != 4 or images.shape[-1] != 3 or images.dtype != np.uint8:
        raise ValueError(f"need images (n, H, W, 3) of uint8, got {images.shape} of {images.dtype}")
    network = load_inception(weights) if network is None else network
    rows = []
    with torch.inference_mode():
        for start in range(0, len(images), batch_size):
            batch = torch.from_numpy(np.ascontiguousarray(images[start : start + batch_size]))
            rows.append(network(batch.permute(0, 3, 1, 2)).float().numpy())
    return np.concatenate(rows) if rows else np.zeros((0, 2048), np.float32)


def load_inception(weights: Path | None = None) -> FeatureNetwork:
    """The network that defines FID, from torchmetrics and torch-fidelity.

    Raises:
        InputError: the file of weights or one of the packages is missing; the message says where to get them. Nothing
            is downloaded.
    """
    path = inception_weights(weights)
    try:
        extractor = importlib.import_module("torchmetrics.image.fid").NoTrainInceptionV3
        # torchmetrics has the class even if torch-fidelity, which it needs, is missing or broken.
        importlib.import_module("torch_fidelity")
    except Exception as error:  # a torchvision of another build raises errors of many kinds
        raise InputError(
            f"FID needs packages that cannot be used here ({error}): "
            "pip install torchmetrics torch-fidelity, with the torchvision that fits your torch."
        ) from None
    network = extractor(name="inception-v3-compat", features_list=["2048"], feature_extractor_weights_path=str(path))
    return network.eval()  # type: ignore[no-any-return]


def inception_weights(weights: Path | None = None) -> Path:
    """The file of weights: the path given, the variable TALKINGHEAD_INCEPTION, or torch hub's folder, in this order.

    Raises:
        InputError: there is no such file.
    """
    named = os.environ.get(VARIABLE)
    usual = Path(torch.hub.get_dir()) / "checkpoints" / FILE_NAME
    path = weights or (Path(named) if named else usual)
    if not path.is_file():
        raise InputError(f"{path}: no such weights for FID; download {URL} to {usual} or name your copy in {VARIABLE}.")
    return path
