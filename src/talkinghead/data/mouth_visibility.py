"""The weights of ``tracking.visibility``: what the mesh sees of mouths that are there, covered, or sought elsewhere.

``python -m talkinghead.data.mouth_visibility CORPUS`` makes them again, from frames of every open speaker with
something painted over the mouth or beside it (``data.occluders``), upright, or read the wrong way up.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn import functional as F

from talkinghead.data.corpus import Corpus, describe
from talkinghead.data.occluders import COVERING, HARMLESS, cover, restyle
from talkinghead.data.recording import OPEN, Recording
from talkinghead.face.landmarks import OUTER_LIP_CONTOUR
from talkinghead.media import VideoReader
from talkinghead.tracking.crops import crop_around, through_affine
from talkinghead.tracking.find import find_faces
from talkinghead.tracking.follow import choose_face
from talkinghead.tracking.mesh import read_squares
from talkinghead.tracking.networks import weights_of
from talkinghead.tracking.regions import squares_of_landmarks
from talkinghead.tracking.visibility import NAME, MouthVisibility, MouthVisibilityConfig, read_lip_features
from talkinghead.types import BoolArray, FloatArray, ImageArray
from talkinghead.weights import save_weights

_CLIPS, _FRAMES = 4, 4  # of a speaker; of a clip
_EACH = 14  # changed copies of a frame
_SIDE = 320  # px of a picture of a face
_FREE, _HIDDEN = 0.3, 0.65  # share of the lips that is covered: below, a mouth is seen; above, it is not
_THERE, _ELSEWHERE = 0.2, 0.4  # eye distances between lips as read and as they are
_TURNED = 0.3  # of the copies are read the wrong way up, or from the side
_DECAY = 0.1
_STEPS = 100


@dataclass(frozen=True)
class _Face:
    speaker: str
    image: ImageArray
    mesh: FloatArray


def _choose(corpus: Path) -> list[Recording]:
    chosen: dict[str, list[Recording]] = {}
    for recording in sorted(Corpus.open(corpus).table, key=lambda one: one.name):
        if recording.tier == OPEN:
            chosen.setdefault(recording.speaker, []).append(recording)
    return [
        clips[int(k)]
        for clips in chosen.values()
        for k in np.unique(np.linspace(0, len(clips) - 1, _CLIPS).astype(int))
    ]


def _faces(recordings: list[Recording]) -> Iterator[_Face]:
    for recording in recordings:
        video = VideoReader(recording.video)
        for place in (np.arange(_FRAMES) + 0.5) / _FRAMES:
            image = np.array(video.frame(int(place * video.num_frames)))
            found = find_faces(image, thorough=False)
            if len(found):
                mesh = choose_face(found, None)
                x, y, side, _ = squares_of_landmarks(mesh[None])[0]
                half = side / 3
                picture, image_from_crop = crop_around(image, np.array([x - half, y - half, x + half, y + half]), _SIDE)
                yield _Face(
                    recording.speaker, picture, through_affine(mesh, cv2.invertAffineTransform(image_from_crop))
                )
        video.release()


def _vary(faces: list[_Face], rng: np.random.Generator) -> tuple[FloatArray, BoolArray, list[str]]:
    """Features (N, F) of changed copies, whether a mouth is seen (N,), and whose face it is."""
    others = [face.image for face in faces]
    images, squares, shares, truths, speakers = [], [], [], [], []
    for face in faces:
        for number in range(_EACH):
            what = str(rng.choice((HARMLESS, COVERING)[number % 2]))
            changed = cover(face.image, face.mesh, what, rng, others)
            square = squares_of_landmarks(face.mesh[None])[0]
            square[:2] += rng.normal(size=2) * 0.03 * square[2]
            square[2] *= rng.uniform(0.9, 1.12)
            square[3] += 0.06 * rng.normal()
            if rng.random() < _TURNED:
                square[3] += rng.choice((np.pi, np.pi, np.pi / 2, -np.pi / 2))
            images.append(restyle(changed.image, rng))
            squares.append(square)
            shares.append(changed.share)
            truths.append(face.mesh)
            speakers.append(face.speaker)
    meshes, _ = read_squares(images, np.stack(squares))
    meshes, _ = read_squares(images, squares_of_landmarks(meshes))
    lips, true_lips = (points[:, OUTER_LIP_CONTOUR, :2].mean(axis=1) for points in (meshes, np.stack(truths)))
    units = np.linalg.norm(np.stack(truths)[:, 263, :2] - np.stack(truths)[:, 33, :2], axis=-1)
    away, share = np.linalg.norm(lips - true_lips, axis=-1) / units, np.array(shares)
    seen = (away < _THERE) & (share < _FREE)
    clear = seen | (away > _ELSEWHERE) | (share > _HIDDEN)
    features = read_lip_features([images[int(row)] for row in np.flatnonzero(clear)], meshes[clear])
    return features, seen[clear], [speakers[int(row)] for row in np.flatnonzero(clear)]


def fit(features: FloatArray, seen: BoolArray, weights: FloatArray) -> MouthVisibility:
    """Logistic regression with weight decay on standardised features.

    Args:
        features: (N, F).
        seen: (N,) whether a mouth is seen.
        weights: (N,) of the rows.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-3 * features.std()
    x = torch.from_numpy((features - mean) / spread).float()
    y, weight = torch.from_numpy(seen).float(), torch.from_numpy(weights / weights.sum()).float()
    slope, shift = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([slope, shift], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        wrong = F.binary_cross_entropy_with_logits(x @ slope + shift, y, reduction="none")
        total = (wrong * weight).sum() + _DECAY * slope.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    network = MouthVisibility(MouthVisibilityConfig(features=x.shape[1]))
    with torch.no_grad():
        network.read.weight.copy_(slope / torch.from_numpy(spread).float())
        network.read.bias.copy_(shift - (slope * torch.from_numpy(mean / spread).float()).sum())
    return network


def main(corpus: Path) -> None:
    """Write the weights and their card."""
    recordings = _choose(corpus)
    faces = list(_faces(recordings))
    features, seen, speakers = _vary(faces, np.random.default_rng(0))
    names, owners, counts = np.unique(speakers, return_inverse=True, return_counts=True)
    network = fit(features, seen, 1.0 / counts[owners])
    with torch.no_grad():
        right = float(((network(torch.from_numpy(features).float()) > 0).numpy() == seen).mean())
    card = {
        "network": "whether a mouth is seen where the face mesh places it: a linear layer over features of the lips",
        "config": asdict(network.config),
        **describe(recordings),
        "command": "python -m talkinghead.data.mouth_visibility CORPUS",
        "scores": {"pictures": len(seen), "seen": float(seen.mean()), "right in training": right},
    }
    save_weights(network, weights_of(NAME), card=card)
    print(f"{len(faces)} faces of {len(names)} speakers, {len(seen)} pictures, {100 * right:.1f} % right")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
