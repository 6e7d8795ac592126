"""Training of the mouth interior network on crops of open mouths: ``talkinghead train mouth``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.data.corpus import describe
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import read_takes
from talkinghead.face.landmarks import INNER_LIP_CONTOUR, MESH_OF_68, OUTER_LIP_CONTOUR
from talkinghead.face.pose import camera_from_head, head_mesh
from talkinghead.face.rest import lip_gap
from talkinghead.foreign import Arrays
from talkinghead.rendering.interior import REFERENCE_SKIN, InteriorConfig, MouthInterior, opening_mask
from talkinghead.rendering.mouth import PATCH_SIZE, mouth_rectangle
from talkinghead.store import Store, code_digest, file_digest, key_of
from talkinghead.training.adversarial import Adversaries, adversarial_losses
from talkinghead.training.discriminators import PatchDiscriminator
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training
from talkinghead.types import FaceTrack, FloatArray, ImageArray, IndexArray

_OPEN = 0.025  # eye distances: least opening that shows something
_PER_CLIP = {"GRID": 12, "other": 400}
_ADVERSARIAL_WEIGHT = 0.03
_LEAST_AREA = 60.0  # patch px
_LEAST_BLUE = 0.35  # blue over red of skin: below, the light is too coloured to be compensated
_SHOWN = (
    "FACEGOOD-zsmeif"  # whose teeth the shipped network shows: the sharpest recording, upper teeth and tongue both seen
)


CONFIGS = {"small": InteriorConfig(), "tiny": InteriorConfig(4)}


@dataclass(frozen=True)
class OpenMouths:
    """Open mouths: crops (N, H, W, 3) of the mouth frame, lip contours (N, 40, 2) px (inner, outer), speakers (N,)."""

    crops: ImageArray
    contours: FloatArray
    speakers: list[str]


def open_mouth_crops(
    images: Sequence[ImageArray], track: FaceTrack, rows: IndexArray
) -> tuple[list[ImageArray], list[FloatArray]]:
    """Crops and contours of the given rows of a track, with an image for each row."""
    mesh = head_mesh(track)
    rectangle = mouth_rectangle(np.median(mesh[:, MESH_OF_68], axis=0))
    eyes = track.landmarks[:, [33, 263]]
    scale = np.linalg.norm(eyes[:, 1] - eyes[:, 0], axis=-1)
    corners = camera_from_head(rectangle, track.rotation, eyes.mean(axis=1), scale)[..., :2].astype(np.float32)
    width, height = PATCH_SIZE
    patch = np.array([[0, 0], [width, 0], [0, height]], np.float32) - 0.5
    crops, contours = [], []
    for image, t in zip(images, rows, strict=True):
        image_from_patch = cv2.getAffineTransform(patch, corners[t])
        shrinks = np.linalg.norm(image_from_patch[:, 0]) > 1.5
        flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
        crops.append(cv2.warpAffine(image, image_from_patch, PATCH_SIZE, flags=flags, borderMode=cv2.BORDER_REPLICATE))
        lips = track.landmarks[t, np.r_[INNER_LIP_CONTOUR, OUTER_LIP_CONTOUR], :2]
        patch_from_image = cv2.invertAffineTransform(image_from_patch)
        contours.append(lips @ patch_from_image[:, :2].T + patch_from_image[:, 2])
    return crops, contours


def read_open_mouths(recordings: Sequence[Recording], store: Store) -> OpenMouths:
    """Crops of open mouths, which the store keeps.

    Args:
        recordings: to read.
        store: keeps crops and tracks.
    """
    videos = [(recording.name, recording.part, file_digest(recording.video)) for recording in recordings]
    kept = store.arrays("open mouths", key_of(videos, code_digest(__name__)), lambda: _read(recordings, store))
    return OpenMouths(kept["crops"], kept["contours"], kept["speakers"].tolist())


def _read(recordings: Sequence[Recording], store: Store) -> Arrays:
    """The arrays of ``OpenMouths``."""
    rng = np.random.default_rng(0)
    crops, contours, speakers = [], [], []
    for take in read_takes(recordings, store, smooth=False):
        track, count = take.track, _PER_CLIP["GRID" if take.recording.dataset == "GRID" else "other"]
        rows = np.flatnonzero((lip_gap(head_mesh(track)[:, MESH_OF_68]) > _OPEN) & track.found)
        if not len(rows):
            continue
        rows = np.sort(rng.choice(rows, min(count, len(rows)), replace=False))
        new_crops, new_contours = open_mouth_crops(take.frames(rows), track, rows)
        crops += new_crops
        contours += new_contours
        speakers += [take.recording.speaker] * len(new_crops)
    return {
        "crops": np.stack(crops),
        "contours": np.stack(contours).astype(np.float32),
        "speakers": np.array(speakers, np.str_),
    }


class MouthBatches:
    """Openings, their persons, and the colours inside them, all under the same light.

    Args:
        mouths: the training data.
        size: mouths in a batch.
    """

    def __init__(self, mouths: OpenMouths, *, size: int) -> None:
        self._size = size
        openings = opening_mask(mouths.contours[:, :20])
        skin = np.stack([_skin(crop, contour) for crop, contour in zip(mouths.crops, mouths.contours)])
        usable = (openings.sum(axis=(1, 2, 3)) > _LEAST_AREA) & (skin[:, 2] > _LEAST_BLUE * skin[:, 0])
        light = (REFERENCE_SKIN / skin[usable])[:, None, None] / 255.0
        colours = np.clip(mouths.crops[usable] * light, 0.0, 1.0).astype(np.float32)
        kept = [speaker for speaker, keep in zip(mouths.speakers, usable) if keep]
        self.people = sorted(set(kept))
        self._person = np.array([self.people.index(speaker) for speaker in kept])
        self._pictures = torch.from_numpy(np.concatenate([colours.transpose(0, 3, 1, 2), openings[usable]], axis=1))
        # People with many crops weigh more, but not in proportion.
        weight = 1.0 / np.sqrt(np.bincount(self._person))[self._person]
        weight[self._person == self.people.index(_SHOWN)] *= 3.0
        self._share = np.cumsum(weight / weight.sum())

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step: ``opening``, ``person`` and ``colours``, randomly mirrored, shifted and stretched."""
        rng = np.random.default_rng(step)
        rows = np.searchsorted(self._share, rng.random(self._size)).clip(0, len(self._person) - 1)
        pictures = self._pictures[rows]
        affine = np.zeros((self._size, 2, 3), np.float32)
        affine[:, 0, 0] = rng.uniform(0.75, 1.15, self._size) * rng.choice([-1, 1], self._size)
        affine[:, 1, 1] = rng.uniform(0.6, 1.1, self._size)
        affine[:, :, 2] = rng.uniform(-0.08, 0.08, (self._size, 2))
        grid = nn.functional.affine_grid(torch.from_numpy(affine), list(pictures.shape), align_corners=False)
        pictures = nn.functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
        return {
            "opening": pictures[:, 3:].contiguous(),
            "person": torch.from_numpy(self._person[rows]),
            "colours": pictures[:, :3].contiguous(),
        }


def _skin(crop: ImageArray, contour: FloatArray) -> FloatArray:
    """(3,) median colour of a crop outside the lips."""
    lips = np.zeros(crop.shape[:2], np.uint8)
    cv2.fillPoly(lips, [cv2.convexHull(contour[20:].round().astype(np.int32))], 1)
    lips = cv2.dilate(lips, np.ones((5, 5), np.uint8))
    return np.asarray(np.maximum(np.median(crop[lips == 0], axis=0), 1.0))


def mouth_adversaries(config: InteriorConfig, *, people: int = 2) -> Adversaries[MouthInterior, PatchDiscriminator]:
    """The mouth interior network for a number of people, and its discriminator."""
    width = config.width
    discriminator = PatchDiscriminator(4, (width, 2 * width, 2 * width), strided=2)
    return Adversaries(MouthInterior(width, people=people), discriminator)


def mouth_losses(network: nn.Module, batch: Mapping[str, Tensor], config: InteriorConfig) -> dict[str, Tensor]:
    """Colours and their gradients inside the opening (L1), and a least-squares adversarial term (Mao et al. 2017).

    Args:
        network: of ``mouth_adversaries``, possibly wrapped by a training loop.
        batch: ``opening`` (B, 1, H, W), ``person`` (B,), ``colours`` (B, 3, H, W) in [0, 1].
        config: sizes.
    """
    discriminator = cast("Adversaries[MouthInterior, PatchDiscriminator]", network).discriminator
    opening, colours = batch["opening"], batch["colours"]
    made = network(opening, batch["person"]).float()
    covered = 3 * opening.sum() + 1
    across, down = opening[..., 1:], opening[..., 1:, :]
    gradients = (
        ((made - colours).diff(dim=3).abs() * across).sum() + ((made - colours).diff(dim=2).abs() * down).sum()
    ) / covered
    verdicts = (discriminator(torch.cat([picture * opening, opening], dim=1)) for picture in (made, colours))
    on_made, on_real = (
        [verdict._replace(weight=F.adaptive_avg_pool2d(opening, verdict.logits.shape[2:]))] for verdict in verdicts
    )
    return {
        "colour_loss": ((made - colours).abs() * opening).sum() / covered,
        "gradient_loss": gradients,
        **adversarial_losses(on_made, on_real, weight=_ADVERSARIAL_WEIGHT),
    }


def mouth_example(config: InteriorConfig, seed: int) -> dict[str, Tensor]:
    """Four synthetic mouths."""
    generator = torch.Generator().manual_seed(seed)
    width, height = PATCH_SIZE
    return {
        "opening": (torch.rand(4, 1, height, width, generator=generator) < 0.3).float(),
        "person": torch.tensor([0, 1, 0, 1]),
        "colours": torch.rand(4, 3, height, width, generator=generator),
    }


def train_mouth(training: Training) -> None:
    """Train the mouth interior on GRID s1 ``train`` and the open clips."""
    config, recordings = training.config, training.corpus.hold_out(()).recordings("train")
    batches = MouthBatches(read_open_mouths(recordings, training.store), size=training.options.batch)
    torch.manual_seed(0)
    network = mouth_adversaries(config, people=len(batches.people))
    losses = partial(mouth_losses, config=config)
    training.fit(
        network,
        losses,
        batches,
        validate=lambda net: {},
        schedule=Schedule(training.options.learning_rate, clip=10.0),
    )
    shown = MouthInterior(config.width)
    weights = network.generator.state_dict()
    weights["person.weight"] = weights["person.weight"][batches.people.index(_SHOWN)][None]
    shown.load_state_dict(weights)
    with torch.no_grad():
        unseen = losses(network, batches(10_000_000))
    card = {
        "network": "inside of the mouth behind lips of a given shape",
        "config": config,
        **describe(recordings),
        "scores": {"split": "train", "colour error (0-1)": round(float(unseen["colour_loss"]), 4)},
    }
    training.save(shown, "mouth", card)
