"""Heads of many people with their landmarks, in a form from which pairs of one person are drawn at once.

A pack is an ``.npz`` without compression, for N pictures of K clips:

- ``jpeg``: uint8, one JPEG after the other; picture k is ``jpeg[starts[k]:starts[k + 1]]``, ``STORED`` px square, the
  network's square and an eighth of its side around it;
- ``landmarks``: (N, 68, 2) float32 px of it;
- ``mattes``: (N, 80, 80) uint8, how surely each place of it belongs to the person;
- ``clips``: (N,) which clip, in order; the first picture of a clip is its calmest, and decides where all are cut;
- ``names``, ``speakers``: (K,) strings.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.data.corpus import MAIN_SPEAKER, Corpus, Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import lip_gap
from talkinghead.store import Store
from talkinghead.tracking.matte import person_mattes
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import FaceTrack, FloatArray, ImageArray, IndexArray, Progress, no_progress

STORED = 320
"""Side of a stored picture in px."""

MARGIN = 1.25
"""Side of a stored picture in sides of the network's square."""

MATTE = 80
"""Side of a stored matte in px."""

GROUPS = ("train", "known", "strangers")
"""``train``: GRID s1 and open clips of others; ``known``: GRID s1, split val; ``strangers``: people never learned."""

# fmt: off
MIRRORED = np.array([
    *range(16, -1, -1), *range(26, 16, -1),                         # jaw, brows
    27, 28, 29, 30, 35, 34, 33, 32, 31,                             # nose
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,                 # eyes
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55,                 # outer lips
    64, 63, 62, 61, 60, 67, 66, 65,                                 # inner lips
])
# fmt: on
"""(68,) for each landmark the one that takes its place in the mirror."""

_PER_CLIP = 4  # pictures of a clip of GRID s1
_EVERY = 4  # frames from picture to picture of other clips
_QUALITY = 95
_EDGE_ROWS = 4  # px: the purple line on top of GRID's frames, and what resampling has made of it
_ARRAYS = ("jpeg", "starts", "landmarks", "mattes", "clips", "names", "speakers")


class Square(Protocol):
    """A square of a picture; ``rendering.crop.Crop`` is one."""

    def extract(self, image: ImageArray) -> ImageArray:
        """(size, size, 3) what an image (H, W, 3) shows there."""
        ...

    def points(self, points: FloatArray) -> FloatArray:
        """Points (..., 2) px of the image in px of the square."""
        ...


SquarePlacer = Callable[[FloatArray, tuple[int, int]], Square]
"""(landmarks (68, 2) px, (width, height) px) -> the square of ``STORED`` px to cut."""


@dataclass(frozen=True)
class FacePictures:
    """What a pack holds; see the module."""

    jpeg: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    landmarks: npt.NDArray[np.float32]
    mattes: npt.NDArray[np.uint8]
    clips: npt.NDArray[np.int64]
    names: npt.NDArray[np.str_]
    speakers: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.landmarks)

    def picture(self, index: int) -> ImageArray:
        """(STORED, STORED, 3) uint8 RGB."""
        found = cv2.imdecode(self.jpeg[self.starts[index] : self.starts[index + 1]], cv2.IMREAD_COLOR)
        return np.asarray(found[..., ::-1], np.uint8)

    def of_clip(self, clip: int) -> IndexArray:
        """Indices of a clip's pictures, the calmest first."""
        return np.flatnonzero(self.clips == clip)


def face_recordings(corpus: Path, group: str) -> tuple[Recording, ...]:
    """The recordings of one of ``GROUPS``, all of tier open.

    Args:
        corpus: folder with ``grid_s1`` and ``clips`` in it.
        group: which.

    Raises:
        ValueError: there is no such group.
        InputError: the folder is not the shared corpus.
    """
    if group not in GROUPS:
        raise ValueError(f"no group {group!r}: choose one of {', '.join(GROUPS)}")
    return Corpus.open(corpus).recordings({"known": "val", "strangers": "unseen"}.get(group, group))


def validation_pairs(pictures: FacePictures, count: int, *, speaker: str | None = None) -> list[tuple[int, int]]:
    """Pairs (source, target) of pictures to judge by: each clip's calmest frame and another, clips taken in turn.

    Args:
        pictures: of a group.
        count: at most so many pairs.
        speaker: of one speaker alone; None: of all.
    """
    clips = [pictures.of_clip(k) for k in range(len(pictures.names)) if speaker in (None, pictures.speakers[k])]
    clips = [rows for rows in clips if len(rows) > 1]
    longest = max((len(rows) for rows in clips), default=1)
    # A stride prime to the number of frames: pairs of one clip are not neighbours.
    turns = [(int(rows[0]), int(rows[1 + 7 * k % (len(rows) - 1)])) for k in range(longest - 1) for rows in clips]
    return turns[:count]


def choose_frames(track: FaceTrack, *, few: bool) -> IndexArray:
    """Rows of a track worth keeping, the calmest first.

    Args:
        track: of a clip.
        few: of a short clip among very many of one person: its calmest frame, its widest blink, lips wide open and
            half open. Otherwise every fourth frame.
    """
    best = best_frame(track)
    if few:
        order = np.argsort(np.where(track.found, lip_gap(head_landmarks(track)), -np.inf))
        half = order[len(order) - np.count_nonzero(track.found) // 4 - 1]
        rows = [order[-1], half, int(np.where(track.found, track.blink, -1).argmax())]
    else:
        rows = [row for row in range(0, len(track), _EVERY) if track.found[row]]
    return np.array(list(dict.fromkeys([best, *(int(row) for row in rows)]))[: _PER_CLIP if few else None], np.intp)


def read_pictures(
    recordings: Iterable[Recording], cache: Path, *, place: SquarePlacer, progress: Progress = no_progress
) -> Iterator[tuple[Recording, ImageArray, FloatArray]]:
    """Pictures (n, STORED, STORED, 3) and landmarks (n, 68, 2) of each recording, in one pass over its frames.

    Recordings that hardly show a face are left out, and named.

    Args:
        recordings: of what.
        cache: folder for what the tracker sees, which is kept.
        place: where to cut.
        progress: hook.
    """
    todo = list(recordings)
    for done, recording in enumerate(todo):
        progress("cut heads", done, len(todo))
        for take in read_takes([recording], Store(cache), smooth=False):
            rows = choose_frames(take.track, few=recording.speaker == MAIN_SPEAKER)
            images = _frames(take, rows)
            landmarks = take.track.landmarks[rows][:, MESH_OF_68, :2]
            square = place(landmarks[0], (images[0].shape[1], images[0].shape[0]))
            yield recording, np.stack([square.extract(image) for image in images]), square.points(landmarks)
    progress("cut heads", len(todo), len(todo))


def _frames(take: Take, rows: IndexArray) -> list[ImageArray]:
    """The given frames, in the order asked for."""
    images = take.frames(rows)
    if take.recording.dataset == "GRID":
        for image in images:
            image[:_EDGE_ROWS] = image[_EDGE_ROWS]
    return images


def save_pictures(pictures: Iterable[tuple[Recording, ImageArray, FloatArray]], path: Path) -> None:
    """Write a pack; a file that is there already is replaced as a whole.

    Raises:
        ValueError: there is no picture.
    """
    encoded: list[npt.NDArray[np.uint8]] = []
    landmarks, mattes, clips, names, speakers = [], [], [], [], []
    for number, (recording, images, points) in enumerate(pictures):
        for image in images:
            encoded.append(cv2.imencode(".jpg", image[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))[1].ravel())
        landmarks.append(points.astype(np.float32))
        mattes.append(np.stack([_small(matte) for matte in person_mattes(images)]))
        clips.append(np.full(len(images), number, np.int64))
        names.append(recording.name)
        speakers.append(recording.speaker)
    if not encoded:
        raise ValueError("a pack needs at least one picture")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new.npz")
    np.savez(
        beside,
        jpeg=np.concatenate(encoded),
        starts=np.cumsum([0, *map(len, encoded)], dtype=np.int64),
        landmarks=np.concatenate(landmarks),
        mattes=np.concatenate(mattes),
        clips=np.concatenate(clips),
        names=np.array(names, np.str_),
        speakers=np.array(speakers, np.str_),
    )
    os.replace(beside, path)


def _small(matte: FloatArray) -> npt.NDArray[np.uint8]:
    small = cv2.resize(np.asarray(matte, np.float32), (MATTE, MATTE), interpolation=cv2.INTER_AREA)
    return np.asarray((255 * small).round().clip(0, 255), np.uint8)


def load_pictures(path: Path) -> FacePictures:
    """The pack that ``save_pictures`` wrote.

    Raises:
        InputError: there is no such file, or it is not such a pack.
    """
    try:
        with np.load(path) as arrays:
            return FacePictures(*(arrays[name] for name in _ARRAYS))
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: not a pack of heads ({error}); prepare it again.") from None


def prepare_pictures(
    corpus: Path, group: str, out: Path, *, place: SquarePlacer, progress: Progress = no_progress
) -> FacePictures:
    """The pack of a group, ``out/heads/GROUP.npz``, which is made where it is missing.

    Args:
        corpus: folder with ``grid_s1`` and ``clips`` in it.
        group: one of ``GROUPS``.
        out: folder for packs and, in ``tracks``, what the tracker sees.
        place: where to cut.
        progress: hook.

    Raises:
        InputError: the folder is not the shared corpus.
    """
    path = out / "heads" / f"{group}.npz"
    if not path.exists():
        found = face_recordings(corpus, group)
        save_pictures(read_pictures(found, out / "tracks", place=place, progress=progress), path)
    return load_pictures(path)
