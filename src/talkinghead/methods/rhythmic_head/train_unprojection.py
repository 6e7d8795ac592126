"""Training of the unprojection network on what the tracker sees of the open recordings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from talkinghead.data.canonical import mirror_pairs
from talkinghead.data.corpus import describe
from talkinghead.data.pairs import relight
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import read_takes
from talkinghead.errors import InputError
from talkinghead.face.model import load_face_model
from talkinghead.face.pose import OUTER_EYE_CORNERS, fit_similarity
from talkinghead.methods.rhythmic_head.reference_sets import choose_recordings
from talkinghead.methods.rhythmic_head.unprojection import (
    SURFACE,
    UnprojectionNetwork,
    mesh_distances,
    unprojection_losses,
)
from talkinghead.precision import autocast
from talkinghead.rendering.levels import as_colours
from talkinghead.store import Store, code_digest, file_digest, key_of
from talkinghead.training.fit import Schedule
from talkinghead.training.stage import Training
from talkinghead.types import FloatArray, ImageArray

_FRAMES = 24  # of a recording
_STORED = 192  # px of a face that is kept, with room about it
_ROOM, _MARGIN = 1.5, 1.3  # sides of the network's picture in faces, and of what is kept in these
_MAIN = 0.25  # share of the person with the most faces
_ZOOM, _TURN, _SHIFT = 0.15, 0.35, 0.06  # as a logarithm, in rad, in sides of the picture
_SPOILT = 0.3  # of the pictures, by each way of three
_SCORED = 240  # faces
_AT_ONCE = 48


@dataclass(frozen=True)
class Faces:
    """N faces with their meshes.

    Attributes:
        pictures: (N, 192, 192, 3) uint8.
        meshes: (N, 468, 3) px of them; z is 0 between the outer eye corners.
        speakers: (N,) who it is.
    """

    pictures: ImageArray
    meshes: FloatArray
    speakers: npt.NDArray[np.str_]


def prepare_faces(recordings: Sequence[Recording], store: Store) -> Faces:
    """The faces of recordings, which the store keeps.

    Raises:
        InputError: none of them shows a face.
    """
    videos = [(recording.name, recording.part, file_digest(recording.video)) for recording in recordings]
    key = key_of(videos, code_digest(__name__))
    return Faces(**store.arrays("faces", key, lambda: vars(_read_faces(recordings, store))))


def _read_faces(recordings: Iterable[Recording], store: Store) -> Faces:
    pictures, meshes, speakers = [], [], []
    for take in read_takes(recordings, store):
        found = np.flatnonzero(take.track.found)
        rows = found[np.linspace(0, len(found) - 1, min(len(found), _FRAMES)).round().astype(int)]
        for image, mesh in zip(take.frames(rows), take.track.landmarks[rows].astype(np.float64), strict=True):
            low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
            scale = _STORED / (_ROOM * _MARGIN * float((high - low).max()))
            shift = (_STORED - 1) / 2 - scale * (low + high) / 2
            affine = np.column_stack([scale * np.eye(2), shift])
            flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            pictures.append(
                cv2.warpAffine(image, affine, (_STORED, _STORED), flags=flags, borderMode=cv2.BORDER_REPLICATE)
            )
            depth = mesh[:SURFACE, 2] - mesh[OUTER_EYE_CORNERS, 2].mean()
            meshes.append(np.column_stack([scale * mesh[:SURFACE, :2] + shift, scale * depth]).astype(np.float32))
            speakers.append(take.recording.speaker)
    if not pictures:
        raise InputError("no recording shows a face: give other recordings.")
    return Faces(np.stack(pictures), np.stack(meshes), np.array(speakers, np.str_))


class FaceBatches:
    """Step -> batch for ``unprojection_losses``: the same for the same step; faces placed and lit by chance.

    Args:
        faces: what to draw from.
        size: side of the network's picture in px.
        batch: faces in a batch.
    """

    def __init__(self, faces: Faces, *, size: int, batch: int) -> None:
        self._faces, self._size, self._batch = faces, size, batch
        names, counts = np.unique(faces.speakers, return_counts=True)
        main = names[counts.argmax()]
        shares = np.where(names == main, _MAIN if len(names) > 1 else 1.0, (1 - _MAIN) / max(1, len(names) - 1))
        weights = (shares / counts)[np.searchsorted(names, faces.speakers)]
        self._weights = weights / weights.sum()
        self._mirror = mirror_pairs(load_face_model().mean)[:SURFACE]

    def __call__(self, step: int) -> dict[str, Tensor]:
        """The batch of a step."""
        rng = np.random.default_rng(step)
        chosen = rng.choice(len(self._weights), self._batch, p=self._weights)
        return _stack([self._show(int(number), rng) for number in chosen])

    def plain(self, numbers: Sequence[int]) -> dict[str, Tensor]:
        """The given faces as they are."""
        return _stack([self._show(int(number), None) for number in numbers])

    def scatter(self, numbers: Sequence[int]) -> dict[str, Tensor]:
        """The given faces, placed and lit by chance, the same each time."""
        rng = np.random.default_rng(0)
        return _stack([self._show(int(number), rng) for number in numbers])

    def _show(self, number: int, rng: np.random.Generator | None) -> tuple[ImageArray, FloatArray]:
        size, mesh = self._size, self._faces.meshes[number].astype(np.float64)
        scale, turn, shift = size * _MARGIN / _STORED, 0.0, np.zeros(2)
        if rng is not None:
            scale *= np.exp(rng.uniform(-_ZOOM, _ZOOM))
            turn, shift = rng.uniform(-_TURN, _TURN), rng.uniform(-_SHIFT, _SHIFT, 2) * size
        matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        offset = (size - 1) / 2 + shift - matrix @ np.full(2, (_STORED - 1) / 2)
        affine = np.column_stack([matrix, offset])
        picture = cv2.warpAffine(
            self._faces.pictures[number], affine, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        mesh = np.column_stack([mesh[:, :2] @ matrix.T + offset, scale * mesh[:, 2]])
        mesh = (mesh - ((size - 1) / 2, (size - 1) / 2, 0.0)) / (size / 2)
        if rng is not None:
            picture = _spoil(relight([picture], rng)[0], rng)
            if rng.random() < 0.5:
                picture, mesh = picture[:, ::-1], (mesh * (-1, 1, 1))[self._mirror]
        return np.ascontiguousarray(picture), mesh


def _spoil(picture: ImageArray, rng: np.random.Generator) -> ImageArray:
    """A picture without colours, coarser, or with a patch over a part of it, each at times."""
    size = len(picture)
    if rng.random() < _SPOILT:
        picture = np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if rng.random() < _SPOILT:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 0.02 * size + 0.5))
    if rng.random() < _SPOILT:
        left, top = rng.integers(0, size, 2)
        width, height = rng.integers(1, size // 3 + 1, 2)
        picture = picture.copy()
        picture[top : top + height, left : left + width] = rng.integers(0, 256, 3)
    return picture


def _stack(items: Sequence[tuple[ImageArray, FloatArray]]) -> dict[str, Tensor]:
    pictures, meshes = zip(*items, strict=True)
    return {"picture": torch.from_numpy(np.stack(pictures)), "mesh": torch.from_numpy(np.stack(meshes)).float()}


@torch.inference_mode()
def score_meshes(network: nn.Module, groups: dict[str, dict[str, Tensor]]) -> dict[str, float]:
    """The mean distance of meshes from the tracker's in groups of faces, % of the distance between the eyes."""
    scores = {}
    for name, batch in groups.items():
        found = []
        for pictures in torch.split(batch["picture"], _AT_ONCE):
            with autocast(pictures.device):
                found.append(network(as_colours(pictures)).mesh)
        scores[f"{name} mesh_%"] = _percent(torch.cat(found), batch["mesh"])
    return scores


def _percent(meshes: Tensor, targets: Tensor) -> float:
    return round(100 * float(mesh_distances(meshes, targets).mean()), 2)


def mean_faces(batch: dict[str, Tensor], usual: Tensor) -> dict[str, float]:
    """The same scores of meshes that tell no face from another.

    Args:
        batch: pictures and meshes.
        usual: (468, 3) the mean mesh of the pictures that are learned from.
    """
    meshes = batch["mesh"]
    face = load_face_model().mean[:SURFACE]
    matrix, shift, scale = fit_similarity(face, meshes.double().numpy())
    posed = torch.from_numpy(scale[:, None, None] * (face @ np.swapaxes(matrix, 1, 2)) + shift[:, None]).float()
    rows = {"the mean mesh of training": usual.expand_as(meshes), "the mean face in the right pose": posed}
    return {name: _percent(mesh, meshes) for name, mesh in rows.items()}


def train_unprojection(training: Training) -> None:
    """Train the unprojection network.

    Source: Chen et al. 2020, section 4.1: pretrained on 300W-LP. Where we differ: it learns what the tracker sees in
        open recordings.
    """
    sizes, corpus, store = training.config.unprojection, training.corpus, training.store
    recordings = {name: choose_recordings(corpus.recordings(name)) for name in ("train", "unseen")}
    faces = {name: prepare_faces(own, store) for name, own in recordings.items()}
    learned = FaceBatches(faces["train"], size=sizes.size, batch=training.options.batch)
    unseen, numbers = FaceBatches(faces["unseen"], size=sizes.size, batch=1), _spread(len(faces["unseen"].meshes))
    held = {"in the middle": unseen.plain(numbers), "anywhere": unseen.scatter(numbers)}
    usual = learned.plain(_spread(len(faces["train"].meshes)))["mesh"].mean(dim=0)
    torch.manual_seed(0)
    network = UnprojectionNetwork(sizes).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def losses(network: nn.Module, batch: Any) -> dict[str, Tensor]:
        return unprojection_losses(network, batch, training.config)

    scores = training.fit(
        network,
        losses,
        learned,
        validate=lambda network: score_meshes(network, held),
        schedule=Schedule(training.options.learning_rate),
    )
    card = {
        "network": "unprojection (Chen et al. 2020, section 4.1)",
        "config": sizes,
        **describe(recordings["train"], unseen=corpus.unseen),
        "scores": {"splits": "unseen", **scores, **{name: mean_faces(own, usual) for name, own in held.items()}},
    }
    training.save(network, "unprojection", card)


def _spread(count: int) -> list[int]:
    return [int(number) for number in np.linspace(0, count - 1, min(count, _SCORED)).round()]
