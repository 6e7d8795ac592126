"""The mean face of ``face/canonical_face.npz``, made from the open recordings.

``python -m talkinghead.data.canonical CORPUS OUT.npz`` makes it again; the triangles, which are those
of MediaPipe's mesh, are taken over from the file that ships.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import MAIN_SPEAKER, OPEN
from talkinghead.face.landmarks import STABLE, canonical_face
from talkinghead.face.pose import fit_similarity
from talkinghead.media import VideoReader
from talkinghead.tracking.portrait import first_frames
from talkinghead.tracking.track import read_mesh
from talkinghead.types import FloatArray

_FRAMES_PER_CLIP = 40
_MOST_SKEW = 0.2  # distance of a point from its partner's mirror image, in eye distances
_LEFT_CORNER, _RIGHT_CORNER, _FOREHEAD, _CHIN = 33, 263, 10, 152


def mirror_pairs(shape: FloatArray) -> npt.NDArray[np.intp]:
    """(N,) for each point of a nearly symmetric shape (N, 3) its mirror image.

    Raises:
        ValueError: the points do not pair up, or are far from their partners' mirror images.
    """
    centred = shape - shape[[_LEFT_CORNER, _RIGHT_CORNER]].mean(axis=0)
    distances = np.linalg.norm(centred[:, None] * (-1, 1, 1) - centred[None], axis=-1)
    pairs: npt.NDArray[np.intp] = linear_sum_assignment(distances)[1]
    points = np.arange(len(shape))
    width = float(np.linalg.norm(shape[_RIGHT_CORNER] - shape[_LEFT_CORNER]))
    if not np.array_equal(pairs[pairs], points) or distances[points, pairs].max() > _MOST_SKEW * width:
        raise ValueError("the shape is too skewed to be mirrored")
    return pairs


def upright(shape: FloatArray) -> FloatArray:
    """A shape in the head frame: eye corners 1 apart along x, forehead above chin, all about the middle of the eyes."""
    shape = shape - shape[[_LEFT_CORNER, _RIGHT_CORNER]].mean(axis=0)
    x = shape[_RIGHT_CORNER] - shape[_LEFT_CORNER]
    y = shape[_CHIN] - shape[_FOREHEAD]
    y = y - x * (x @ y) / (x @ x)
    axes = np.stack([x / np.linalg.norm(x), y / np.linalg.norm(y)])
    axes = np.concatenate([axes, np.cross(axes[0], axes[1])[None]])
    return np.asarray(shape @ axes.T / np.linalg.norm(x))


def mean_face(shapes: FloatArray, rounds: int = 10) -> FloatArray:
    """Symmetric generalised Procrustes mean (478, 3) of shapes (S, 478, 3), aligned on the stable points."""
    mean = upright(shapes[0])
    for _ in range(rounds):
        matrix, translation, scale = fit_similarity(mean[STABLE], shapes[:, STABLE])
        aligned = (shapes - translation[:, None]) @ matrix / scale[:, None, None]
        mean = upright(aligned.mean(axis=0))
        mean = upright((mean + (mean * (-1, 1, 1))[mirror_pairs(mean)]) / 2)
    return mean


def _clips(corpus: Path) -> dict[str, list[Path]]:
    speakers: dict[str, list[Path]] = {}
    for recording in Corpus.open(corpus).recordings():
        if recording.tier == OPEN:
            speakers.setdefault(recording.speaker, []).append(recording.video)
    speakers.get(MAIN_SPEAKER, []).sort()
    return {speaker: paths[:3] for speaker, paths in speakers.items()}


def main(corpus: Path, out: Path) -> None:
    """Track a few clips of every open speaker and write the mean face."""
    shapes = []
    for speaker, paths in sorted(_clips(corpus).items()):
        tracks = [read_mesh(first_frames(VideoReader(path).chunks(), _FRAMES_PER_CLIP)) for path in paths]
        found = np.concatenate([landmarks[seen] for landmarks, seen, _ in tracks])
        if not len(found):
            continue
        matrix, translation, scale = fit_similarity(found[0][STABLE], found[:, STABLE])
        shapes.append(((found - translation[:, None]) @ matrix / scale[:, None, None]).mean(axis=0))
        print(speaker, len(found))
    np.savez_compressed(out, shape=mean_face(np.stack(shapes)).astype(np.float32), triangles=canonical_face()[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
