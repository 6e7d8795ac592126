"""What the tracker sees in a whole video: every frame is read once, and what was seen is kept block by block."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.face.landmarks import STABLE, canonical_face
from talkinghead.foreign import Arrays
from talkinghead.media import JoinedVideo
from talkinghead.media.spool import spool_rows
from talkinghead.store import NOTHING_KEPT, Store, code_digest, file_digest, key_of
from talkinghead.tracking.follow import ChooseFace, FaceFollower, SeenFace
from talkinghead.tracking.networks import NETWORKS, weights_of
from talkinghead.tracking.shots import ShotFrame, read_shots
from talkinghead.tracking.track import make_track
from talkinghead.tracking.visibility import NAME as VISIBILITY
from talkinghead.types import (
    NUM_MESH,
    BoolArray,
    FaceTrack,
    FloatArray,
    ImageArray,
    Progress,
    VideoSource,
    no_progress,
)

_KIND = "tracks"
_BLOCK = 1000  # frames of an entry of the store
_WARM_UP = 25  # frames that a tracker sees before those that it goes on with
_ROW: dict[str, tuple[tuple[int, ...], type]] = {
    "landmarks": ((NUM_MESH, 3), np.float32),
    "sketches": ((9, 16, 3), np.uint8),
    "faces": ((12, 12, 3), np.uint8),
    "cuts": ((), np.bool_),
}
"""What is kept of each frame: shape and type."""
_SHAPES = {"fps": (), "last": (), **{name: (None, *shape) for name, (shape, _) in _ROW.items()}}
_FACE_PX = 12
_FACE_REACH = 2.6  # side of the picture of a face in eye distances ...
_FACE_MIDDLE = (0.5, 0.42)  # ... and where in it the middle between the eye corners is


Look = Callable[[Sequence[ShotFrame], Sequence[SeenFace | None]], None]
"""Is shown frames in a row, and the face in each or None."""


def ignore(frames: Sequence[ShotFrame], faces: Sequence[SeenFace | None]) -> None:
    """Look at nothing."""


@dataclass(frozen=True)
class RawTrack:
    """What the tracker saw, neither smoothed nor bridged.

    Attributes:
        landmarks: (T, 478, 3) px float32, NaN where no face was seen.
        sketches: (T, 9, 16, 3) uint8, each frame as small as that.
        faces: (T, 12, 12, 3) uint8, the upright face as small as that; black where none was seen.
        cuts: (T,) bool, whether another shot begins with the frame.
        fps: frames per second.
    """

    landmarks: npt.NDArray[np.float32]
    sketches: ImageArray
    faces: ImageArray
    cuts: BoolArray
    fps: float

    def __len__(self) -> int:
        return len(self.landmarks)

    def __getitem__(self, rows: slice) -> RawTrack:
        return replace(self, **{name: getattr(self, name)[rows] for name in _ROW})

    @property
    def found(self) -> BoolArray:
        """(T,) whether a face was seen."""
        return np.asarray(np.isfinite(self.landmarks[:, 0, 0]))

    def track(self, *, smooth: bool = True) -> FaceTrack:
        """The track of all frames as one stretch; see ``make_track``.

        Raises:
            ValueError: no frame shows a face.
        """
        return make_track(self.landmarks.astype(np.float64), self.found, self.fps, smooth=smooth)


def read_raw_track(
    video: VideoSource,
    store: Store = NOTHING_KEPT,
    *,
    face: int | None = None,
    frames: int | None = None,
    progress: Progress = no_progress,
    choose: ChooseFace | None = None,
    look: Look = ignore,
) -> RawTrack:
    """What the tracker sees in a video; what the store has of it is not looked at again.

    Args:
        video: read once, a few frames at a time. Of files in a row each is known to the store on its own.
        store: keeps what was seen, in blocks, so that a run that was stopped goes on where it was.
        face: which face, 1 being the leftmost of the first frame with faces; None: the largest.
        frames: of the first so many; None: of all.
        progress: hook; the stage is "track", counted in frames.
        choose: which face at the start of each shot, instead of ``face``; not with a store or files in a row.
        look: is shown all frames that are looked at.
    """
    wanted = video.num_frames if frames is None else min(frames, video.num_frames)
    if isinstance(video, JoinedVideo):
        return _read_parts(video, store, face, wanted, progress)

    def up_to(stage: str, done: int, total: int) -> None:
        progress(stage, min(done, wanted), wanted)

    raw = _join(_blocks(video, store, face, frames, up_to, choose=choose, look=look))
    return raw if frames is None else raw[:frames]


def _blocks(
    video: VideoSource,
    store: Store,
    face: int | None,
    frames: int | None,
    progress: Progress,
    *,
    choose: ChooseFace | None,
    look: Look,
) -> Iterator[Arrays]:
    """The blocks of a video, or of its first frames: those that are known, and the others as they are made."""
    number, count, seen = 0, 0, None
    for block in _look_up(video.digest, store, face):
        yield block
        number, count, seen = number + 1, count + len(block["landmarks"]), _last_seen(block, seen)
        if block["last"] or (frames is not None and count >= frames):
            return
    follow = FaceFollower(face, last=seen, choose=choose)
    for block in _track_on(video, count, follow, look, progress):
        store.keep(_KIND, _key(video.digest, face, number), block)
        yield block
        number, count = number + 1, count + len(block["landmarks"])
        if frames is not None and count >= frames:
            return


def _read_parts(video: JoinedVideo, store: Store, face: int | None, wanted: int, progress: Progress) -> RawTrack:
    parts: list[RawTrack] = []
    done = 0
    for part in video.parts:
        if done >= wanted:
            break

        def tell(stage: str, frame: int, total: int, before: int = done) -> None:
            progress(stage, before + frame, wanted)

        raw = read_raw_track(part, store, face=face, frames=min(part.num_frames, wanted - done), progress=tell)
        raw.cuts[:1] = bool(parts)
        parts.append(raw)
        done += len(raw)
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _ROW}
    return RawTrack(fps=video.fps, **arrays)


def find_raw_track(digest: str, store: Store, *, face: int | None = None) -> RawTrack | None:
    """What the store knows of a whole video with that digest, or None."""
    blocks = list(_look_up(digest, store, face))
    return _join(blocks) if blocks and blocks[-1]["last"] else None


def _look_up(digest: str, store: Store, face: int | None) -> Iterator[Arrays]:
    """The blocks that the store has, from the first on without a gap."""
    for number in itertools.count():
        block = store.find(_KIND, _key(digest, face, number), _SHAPES)
        if block is None:
            return
        yield block
        if block["last"]:
            return


def _key(digest: str, face: int | None, number: int) -> str:
    return key_of(digest, tracker_digest(), face, number)


def tracker_digest() -> str:
    """What tells one tracker from another: its code and its networks."""
    names = (
        "crops",
        "find",
        "follow",
        "layers",
        "mesh",
        "networks",
        "raw",
        "regions",
        "shots",
        "upright",
        "visibility",
    )
    modules = (f"talkinghead.tracking.{name}" for name in names)
    return key_of(
        code_digest(*modules, "talkinghead.face.pose"),
        *(file_digest(weights_of(name)) for name in (*NETWORKS, VISIBILITY)),
    )


def _join(blocks: Iterable[Arrays]) -> RawTrack:
    """One track of blocks that are taken one at a time; the landmarks of many lie in a temporary file."""
    others: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in _ROW if name != "landmarks"}
    fps: list[float] = []

    def landmarks() -> Iterator[FloatArray]:
        for block in blocks:
            fps.append(float(block["fps"]))
            for name, parts in others.items():
                parts.append(block[name])
            yield block["landmarks"]

    rows = spool_rows(landmarks(), (NUM_MESH, 3))
    return RawTrack(rows, fps=fps[0], **{name: np.concatenate(parts) for name, parts in others.items()})


def _track_on(video: VideoSource, first: int, follow: FaceFollower, look: Look, progress: Progress) -> Iterator[Arrays]:
    """The blocks from a frame on; a video of no frames has one empty block."""
    rows: list[dict[str, Any]] = []
    for frames in read_shots(video, max(0, first - _WARM_UP), progress):
        if frames[0].is_cut:
            follow.forget()
        faces = follow([frame.image for frame in frames])
        look(frames, faces)
        for frame, seen in zip(frames, faces):
            if frame.number < first:
                continue
            if len(rows) == _BLOCK:
                yield _block(rows, video.fps, last=False)
                rows = []
            rows.append({"landmarks": np.nan, "sketches": frame.sketch, "faces": 0, "cuts": frame.is_cut})
            if seen is not None:
                rows[-1] |= {"landmarks": seen.mesh, "faces": small_face(frame.image, seen.mesh)}
    yield _block(rows, video.fps, last=True)


def _block(rows: list[dict[str, Any]], fps: float, *, last: bool) -> Arrays:
    block = {"fps": np.array(fps), "last": np.array(last)}
    for name, (shape, kind) in _ROW.items():
        block[name] = np.empty((len(rows), *shape), kind)
        for number, row in enumerate(rows):
            block[name][number] = row[name]
    return block


def small_face(image: ImageArray, landmarks: FloatArray) -> ImageArray:
    """(12, 12, 3) the face, turned upright by the points that neither speech nor blinks move."""
    shape = canonical_face()[0][STABLE, :2] @ (1, 1j)
    points = landmarks[STABLE, :2] @ (1, 1j)
    centred = shape - shape.mean()
    turn = np.vdot(centred, points - points.mean()) / np.vdot(centred, centred)  # eye distances -> px
    step = turn * _FACE_REACH / (4 * _FACE_PX)
    corner = points.mean() - turn * (shape.mean() + _FACE_REACH * complex(*_FACE_MIDDLE))
    image_from_face = np.array([[step.real, -step.imag, corner.real], [step.imag, step.real, corner.imag]])
    side = (4 * _FACE_PX, 4 * _FACE_PX)
    face = cv2.warpAffine(image, image_from_face, side, flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(face, (_FACE_PX, _FACE_PX), interpolation=cv2.INTER_AREA))


def _last_seen(block: Arrays, before: FloatArray | None) -> FloatArray | None:
    """(478, 3) px where the face was seen last in a block, or else before it."""
    seen = np.flatnonzero(np.isfinite(block["landmarks"][:, 0, 0]))
    return np.asarray(block["landmarks"][seen[-1]], np.float64) if len(seen) else before
