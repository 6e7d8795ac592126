"""Heads of many people with their landmarks, in a form from which pairs of one person are drawn at once.

A pack holds N pictures of K clips:

- ``jpeg``: uint8, one JPEG after the other; picture k is ``jpeg[starts[k]:starts[k + 1]]``, ``STORED`` px square, the
  network's square and an eighth of its side around it;
- ``landmarks``: (N, 68, 2) float32 px of it;
- ``mattes``: (N, 80, 80) uint8, how surely each place of it belongs to the person;
- ``times``: (N,) seconds from the beginning of the clip, or of the part of it that belongs to the split;
- ``clips``: (N,) which clip, in order; the first picture of a clip is its calmest, and decides where all are cut;
- ``names``, ``speakers``: (K,) strings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import lip_gap
from talkinghead.rendering.crop import Crop
from talkinghead.store import Store, code_digest, file_digest, key_of
from talkinghead.tracking.matte import person_mattes
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import FaceTrack, FloatArray, ImageArray, IndexArray, Progress, no_progress

STORED = 320
"""Side of a stored picture in px."""

MARGIN = 1.25
"""Side of a stored picture in sides of the network's square."""

MATTE = 80
"""Side of a stored matte in px."""

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

_MANY = 20  # clips of one person, of each of which a few pictures are enough
_PER_CLIP = 4  # pictures of such a clip
_EVERY = 4  # frames from picture to picture of other clips
_MOST = 600  # pictures of a long video
_QUALITY = 95
_EDGE_ROWS = 4  # px: the purple line on top of GRID's frames, and what resampling has made of it


@dataclass(frozen=True)
class FacePictures:
    """What a pack holds; see the module."""

    jpeg: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    landmarks: npt.NDArray[np.float32]
    mattes: npt.NDArray[np.uint8]
    times: npt.NDArray[np.float64]
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


def validation_pairs(pictures: FacePictures, count: int, *, speaker: str | None = None) -> list[tuple[int, int]]:
    """Pairs (source, target) of pictures for validation: each clip's calmest frame and another, clips taken in turn.

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
            half open. Otherwise every fourth frame, of long videos fewer.
    """
    best = best_frame(track)
    if few:
        order = np.argsort(np.where(track.found, lip_gap(head_landmarks(track)), -np.inf))
        half = order[len(order) - np.count_nonzero(track.found) // 4 - 1]
        rows = [order[-1], half, int(np.where(track.found, track.blink, -1).argmax())]
    else:
        rows = [row for row in range(0, len(track), max(_EVERY, len(track) // _MOST)) if track.found[row]]
    return np.array(list(dict.fromkeys([best, *(int(row) for row in rows)]))[: _PER_CLIP if few else None], np.intp)


def read_pictures(
    recordings: Iterable[Recording], store: Store, *, progress: Progress = no_progress
) -> Iterator[tuple[Take, IndexArray, ImageArray, FloatArray]]:
    """Of each recording the rows that are kept, pictures (n, STORED, STORED, 3) and landmarks (n, 68, 2) of them.

    Recordings that hardly show a face are left out, and named.

    Args:
        recordings: of what.
        store: keeps what the tracker sees.
        progress: hook.
    """
    todo = list(recordings)
    count = Counter(recording.speaker for recording in todo)
    for done, recording in enumerate(todo):
        progress("cut heads", done, len(todo))
        for take in read_takes([recording], store, smooth=False):
            rows = choose_frames(take.track, few=count[recording.speaker] > _MANY)
            images = _frames(take, rows)
            landmarks = take.track.landmarks[rows][:, MESH_OF_68, :2]
            square = Crop.of(landmarks[0], (images[0].shape[1], images[0].shape[0])).widen(MARGIN, STORED)
            yield take, rows, np.stack([square.extract(image) for image in images]), square.points(landmarks)
    progress("cut heads", len(todo), len(todo))


def _frames(take: Take, rows: IndexArray) -> list[ImageArray]:
    """The given frames, in the order asked for."""
    images = take.frames(rows)
    if take.recording.dataset == "GRID":
        for image in images:
            image[:_EDGE_ROWS] = image[_EDGE_ROWS]
    return images


def pack_pictures(pictures: Iterable[tuple[Take, IndexArray, ImageArray, FloatArray]]) -> FacePictures:
    """The pack of what ``read_pictures`` gives.

    Raises:
        InputError: there is no picture.
    """
    encoded: list[npt.NDArray[np.uint8]] = []
    landmarks, mattes, times, clips, names, speakers = [], [], [], [], [], []
    for number, (take, rows, images, points) in enumerate(pictures):
        for image in images:
            encoded.append(cv2.imencode(".jpg", image[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))[1].ravel())
        landmarks.append(points.astype(np.float32))
        mattes.append(np.stack([_small(matte) for matte in person_mattes(images)]))
        times.append(rows / take.track.fps)
        clips.append(np.full(len(images), number, np.int64))
        names.append(take.recording.name)
        speakers.append(take.recording.speaker)
    if not encoded:
        raise InputError("no recording shows a face: give other recordings.")
    return FacePictures(
        jpeg=np.concatenate(encoded),
        starts=np.cumsum([0, *map(len, encoded)], dtype=np.int64),
        landmarks=np.concatenate(landmarks),
        mattes=np.concatenate(mattes),
        times=np.concatenate(times),
        clips=np.concatenate(clips),
        names=np.array(names, np.str_),
        speakers=np.array(speakers, np.str_),
    )


def _small(matte: FloatArray) -> npt.NDArray[np.uint8]:
    small = cv2.resize(np.asarray(matte, np.float32), (MATTE, MATTE), interpolation=cv2.INTER_AREA)
    return np.asarray((255 * small).round().clip(0, 255), np.uint8)


def prepare_pictures(
    recordings: Sequence[Recording], store: Store, *, progress: Progress = no_progress
) -> FacePictures:
    """The pack of recordings, which the store keeps.

    Args:
        recordings: of a split.
        store: also of what the tracker sees.
        progress: hook.

    Raises:
        InputError: none of them shows a face.
    """
    videos = [(recording.name, recording.part, file_digest(recording.video)) for recording in recordings]
    key = key_of(videos, code_digest(__name__, "talkinghead.rendering.crop", "talkinghead.tracking.portrait"))
    arrays = store.arrays(
        "heads", key, lambda: vars(pack_pictures(read_pictures(recordings, store, progress=progress)))
    )
    return FacePictures(**arrays)
