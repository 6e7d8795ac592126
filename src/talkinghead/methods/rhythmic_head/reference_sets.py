"""Examples for the composition network: K references of a video, a later frame of it, and what leads to that frame.

Examples are made once and kept: of each the pictures of ``scenes.Sources`` and the target, one below the other, as a
JPEG. References come from one end of a stretch of video and targets from the other, as in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.methods.rhythmic_head.config import CompositionConfig
from talkinghead.methods.rhythmic_head.references import build_rigs
from talkinghead.methods.rhythmic_head.scenes import CompositionScene, shrink_pictures
from talkinghead.motion.tracked import motion_of_track
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.interior import load_filler
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.rig import Rig
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.store import Store, code_digest, file_digest, key_of
from talkinghead.tracking.person import person_mask
from talkinghead.types import FaceTrack, FloatArray, Frames, ImageArray, IndexArray, Portrait

ORDER = ("own", "matched", "spoken", "still", "projected", "target")
"""The pictures of an example, from top to bottom."""

COUNTS = (1, 8, 32)
"""Numbers of references (section 5)."""

_STRETCH = 150  # frames of which one end has the references, the other the targets
_MOST_STRETCHES = 10  # of a recording, overlapping by a half
_OF_REFERENCES = 64  # frames (tau of section 5)
_SHARE = 0.6  # of a shorter recording in which references lie
_TARGETS = 12  # of a set
_CLIPS = 24  # of a speaker
_ROOM = 1.6  # sides of the square of the head that are kept around it
_QUALITY = 96
_EDGE_ROWS = 4  # px: the purple line on top of GRID's frames


@dataclass(frozen=True)
class ReferenceSets:
    """N examples of M sets of references.

    Attributes:
        jpeg: uint8, one JPEG after the other; example k is ``jpeg[starts[k]:starts[k + 1]]``.
        starts: (N + 1,).
        known: (N, S * S / 8) uint8, bits: where the projected picture has no hole.
        landmarks: (N, 68, 2) px of the target's meant landmarks.
        targets: (N, 68, 2) px of the target's real landmarks.
        costs: (N, 2), see ``Sources``.
        sets: (N,) which set of references.
        thumbnails: (R, s, s, 3) uint8, the references of all sets.
        thumbnail_landmarks: (R, 68, 2) px of the pictures from which they were shrunk.
        firsts: (M + 1,) references of set k are those from ``firsts[k]`` to ``firsts[k + 1]``.
        speakers: (M,) who it is.
    """

    jpeg: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    known: npt.NDArray[np.uint8]
    landmarks: npt.NDArray[np.float32]
    targets: npt.NDArray[np.float32]
    costs: npt.NDArray[np.float32]
    sets: npt.NDArray[np.int64]
    thumbnails: npt.NDArray[np.uint8]
    thumbnail_landmarks: npt.NDArray[np.float32]
    firsts: npt.NDArray[np.int64]
    speakers: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.landmarks)

    def counts(self) -> IndexArray:
        """(N,) how many references each example has."""
        return np.asarray(np.diff(self.firsts)[self.sets])

    def pictures(self, index: int) -> dict[str, ImageArray]:
        """The pictures of an example, (S, S, 3) by name; the projected one has 4 channels."""
        stacked = cv2.imdecode(self.jpeg[self.starts[index] : self.starts[index + 1]], cv2.IMREAD_COLOR)[..., ::-1]
        found = dict(zip(ORDER, np.split(stacked, len(ORDER)), strict=True))
        side = len(found["own"])
        known = 255 * np.unpackbits(self.known[index]).reshape(side, side, 1)
        return {**found, "projected": np.concatenate([found["projected"], known], axis=2)}

    def references(self, index: int) -> tuple[ImageArray, FloatArray]:
        """The references of an example: (K, s, s, 3) small pictures, (K, 68, 2) landmarks of the large ones."""
        rows = slice(self.firsts[self.sets[index]], self.firsts[self.sets[index] + 1])
        return self.thumbnails[rows], self.thumbnail_landmarks[rows]


def choose_recordings(recordings: Iterable[Recording]) -> list[Recording]:
    """Some recordings of each speaker, evenly spread: beside many of one person, others would hardly count."""
    of_speaker: dict[str, list[Recording]] = {}
    for recording in recordings:
        of_speaker.setdefault(recording.speaker, []).append(recording)
    chosen = []
    for own in of_speaker.values():
        places = np.linspace(0, len(own) - 1, min(len(own), _CLIPS)).round().astype(int)
        chosen += [own[place] for place in places]
    return chosen


def prepare_sets(
    recordings: Sequence[Recording], config: CompositionConfig, store: Store, *, counts: Sequence[int] = COUNTS
) -> ReferenceSets:
    """The examples of recordings, which the store keeps.

    Args:
        recordings: of a split.
        config: sizes.
        store: also of what the tracker sees.
        counts: of references.

    Raises:
        InputError: none of them shows a face for long enough.
    """
    videos = [(recording.name, recording.part, file_digest(recording.video)) for recording in recordings]
    here = "talkinghead.methods.rhythmic_head"
    code = code_digest(*(f"{here}.{name}" for name in ("reference_sets", "references", "projection", "scenes")))
    key = key_of(videos, config.size, config.thumbnail, tuple(counts), code)
    return ReferenceSets(**store.arrays("sets", key, lambda: vars(_pack(_read(recordings, config, store, counts)))))


def _read(
    recordings: Iterable[Recording], config: CompositionConfig, store: Store, counts: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """The sets of all recordings."""
    warp = WarpRenderer(load_filler(), FlatFiller())
    for number, take in enumerate(read_takes(recordings, store)):
        rng = np.random.default_rng(number)
        for first, last in _stretches(len(take.track), rng):
            turned = bool(rng.random() < 0.5)
            yield from _sets_of(take, first, last, config, counts, warp, rng, turned=turned)


def _stretches(length: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """First and last frame of the stretches of a recording."""
    count = int(np.clip(2 * length // _STRETCH - 1, 1, _MOST_STRETCHES))
    size = min(length, _STRETCH)
    starts = np.linspace(0, length - size, count).round().astype(int)
    return [(int(start), int(start) + size) for start in starts]


def _sets_of(
    take: Take,
    first: int,
    last: int,
    config: CompositionConfig,
    counts: Sequence[int],
    warp: WarpRenderer,
    rng: np.random.Generator,
    *,
    turned: bool,
) -> Iterator[dict[str, Any]]:
    """The sets of one stretch of a recording."""
    border = first + min(_OF_REFERENCES, round(_SHARE * (last - first)))
    early, late = np.arange(first, border), np.arange(border, last)
    if turned:
        early, late = np.arange(last - len(early), last), np.arange(first, last - len(early))
    early, late = (rows[take.track.found[rows]] for rows in (early, late))
    if len(early) < max(1, len(counts)) or len(late) < 1:
        return
    most = min(max(counts), len(early))
    pool = early[np.linspace(0, len(early) - 1, most).round().astype(int)]
    targets = late[np.linspace(0, len(late) - 1, min(len(late), 2 * _TARGETS)).round().astype(int)]
    frames = take.frames([*pool, *targets])
    if take.recording.dataset == "GRID":
        for frame in frames:
            frame[:_EDGE_ROWS] = frame[_EDGE_ROWS]
    track, images = _shrink(take.track, int(pool[0]), frames, config.size)
    masks = [person_mask(image, track.landmarks[row]) for row, image in zip(pool, images)]
    pictures = dict(zip([*pool, *targets], images, strict=True))
    rigs: dict[int, Rig] = {}
    for count in counts:
        rows = pool if count >= most else np.sort(rng.choice(pool, count, replace=False))
        best = int(rng.integers(len(rows)))
        person = masks[int(np.flatnonzero(pool == rows[best])[0])]
        chosen = np.stack([pictures[row] for row in rows])
        portrait = Portrait(Frames(chosen, track.fps), _rows_of(track, rows), best=best, person=person)
        own_rigs = []
        for k, row in enumerate(rows):
            if int(row) not in rigs:
                mask = masks[int(np.flatnonzero(pool == row)[0])]
                alone = Portrait(Frames(chosen[k : k + 1], track.fps), _rows_of(track, rows[k : k + 1]), person=mask)
                rigs[int(row)] = build_rigs(alone)[0]
            own_rigs.append(rigs[int(row)])
        shown = np.sort(rng.choice(targets, min(_TARGETS, len(targets)), replace=False))
        scene = CompositionScene(portrait, config, rigs=own_rigs)
        motion = motion_of_track(track, int(rows[best]))[shown]
        frames_of = [image for chunk in warp.render(motion, portrait) for image in chunk.images]
        own = np.stack([scene.head.crop.extract(image) for image in frames_of])
        sources = scene.sources(motion, own)
        real = np.stack([scene.head.crop.extract(pictures[row]) for row in shown])
        columns = {**sources.pictures(), "target": real}
        stacked = np.concatenate([columns[name][..., :3] for name in ORDER], axis=1)
        yield {
            "jpeg": [_encode(picture) for picture in stacked],
            "known": np.packbits(sources.projected[..., 3].reshape(len(shown), -1) > 127, axis=1),
            "landmarks": sources.landmarks,
            "targets": scene.head.crop.points(track.landmarks[shown][:, MESH_OF_68, :2]),
            "costs": sources.costs,
            "thumbnails": shrink_pictures(scene.references.pictures, config.thumbnail),
            "thumbnail_landmarks": scene.references.landmarks,
            "speaker": take.recording.speaker,
        }


def _rows_of(track: FaceTrack, rows: IndexArray) -> FaceTrack:
    return replace(track[rows], expression=None, gaze=None)


def _shrink(track: FaceTrack, row: int, frames: Sequence[ImageArray], size: int) -> tuple[FaceTrack, list[ImageArray]]:
    """Track and frames about the head, in which the square of a network's picture has its size."""
    height, width = frames[0].shape[:2]
    square = Crop.of(track.landmarks[row], (width, height)).widen(_ROOM, round(_ROOM * size))
    scale = 1 / square.affine[0, 0]
    moved = replace(
        track,
        landmarks=square.points(track.landmarks.astype(np.float64)),
        translation=square.points(track.translation),
        scale=track.scale * scale,
    )
    return moved, [square.extract(frame) for frame in frames]


def _encode(picture: ImageArray) -> npt.NDArray[np.uint8]:
    flags = (
        cv2.IMWRITE_JPEG_QUALITY,
        _QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    )
    return np.asarray(cv2.imencode(".jpg", picture[..., ::-1], flags)[1].ravel())


def _pack(sets: Iterable[dict[str, Any]]) -> ReferenceSets:
    """One table of all sets.

    Raises:
        InputError: there is none.
    """
    found = list(sets)
    if not found:
        raise InputError("no recording shows a face for long enough: give other recordings.")
    jpeg = [one for part in found for one in part["jpeg"]]

    def join(name: str) -> npt.NDArray[np.float32]:
        return np.concatenate([part[name] for part in found]).astype(np.float32)

    return ReferenceSets(
        jpeg=np.concatenate(jpeg),
        starts=np.cumsum([0, *map(len, jpeg)], dtype=np.int64),
        sets=np.repeat(np.arange(len(found)), [len(part["jpeg"]) for part in found]),
        firsts=np.cumsum([0, *(len(part["thumbnails"]) for part in found)], dtype=np.int64),
        speakers=np.array([part["speaker"] for part in found], np.str_),
        known=np.concatenate([part["known"] for part in found]),
        thumbnails=np.concatenate([part["thumbnails"] for part in found]),
        landmarks=join("landmarks"),
        targets=join("targets"),
        costs=join("costs"),
        thumbnail_landmarks=join("thumbnail_landmarks"),
    )
