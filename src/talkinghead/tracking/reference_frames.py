"""The frames of a reference video from which a renderer of several pictures draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from talkinghead.errors import announce
from talkinghead.face.landmarks import LIPS
from talkinghead.face.pose import head_landmarks
from talkinghead.tracking.visibility import mouth_is_covered
from talkinghead.types import FaceTrack, FloatArray, Frames, IndexArray, Portrait

MOST_REFERENCES = 64
"""Pictures that are held at once."""

_SHUT = 0.5  # blink from which eyes count as shut
_MOST_SEEN = 3000  # frames among which the references are chosen, so that hours of video need no more memory
_PIECE = 256  # rows of a track that are held at once


def gather_references(portrait: Portrait, count: int) -> Portrait:
    """A portrait with so many frames of its reference, among them its picture.

    They are spread over poses and mouth shapes: each is the one farthest from those chosen before. Frames with shut
    eyes or a covered mouth are left out, and if fewer are left than wanted, that is announced.

    Args:
        portrait: of one picture, with a reference; without one it stays as it is, which is announced.
        count: of frames, at least 1.
    """
    reference = portrait.reference
    if count == 1:
        return portrait
    if reference is None:
        announce(f"the video lasts less than a second: one frame of it is drawn from, not {count}.")
        return portrait
    track = reference.track
    own = _find_row(track, portrait.mesh)
    usable = np.flatnonzero(track.found & (track.blink < _SHUT))
    usable = usable[usable != own]
    usable = usable[np.linspace(0, len(usable) - 1, min(len(usable), _MOST_SEEN)).round().astype(int)]
    wanted = min(count, MOST_REFERENCES, 1 + len(usable))
    rows, images, covered = [own], [portrait.picture], 0
    for row in _spread(track, own, usable):
        if len(rows) == wanted:
            break
        image = np.array(reference.video.frame(int(row)))
        if mouth_is_covered(image, track.landmarks[row]):
            covered += 1
            continue
        rows.append(int(row))
        images.append(image)
    if len(rows) == MOST_REFERENCES < count:
        announce(f"the {MOST_REFERENCES} most different frames are drawn from, which is the most, not {count}.")
    elif len(rows) < count:
        hidden = f", {covered} with a covered mouth left out" if covered else ""
        announce(f"the video has {len(rows)} frames to draw from, not {count}: these are used{hidden}.")
    frames = Frames(np.stack(images), portrait.frames.fps)
    return replace(portrait, frames=frames, track=track[np.array(rows)], best=0)


def _find_row(track: FaceTrack, mesh: FloatArray) -> int:
    """The row of a track whose landmarks are nearest to a mesh (478, 3)."""
    pieces = (track.landmarks[start : start + _PIECE] for start in range(0, len(track), _PIECE))
    return int(np.concatenate([np.square(piece - mesh).sum(axis=(1, 2)) for piece in pieces]).argmin())


def _spread(track: FaceTrack, own: int, usable: IndexArray) -> Iterator[int]:
    """Usable rows of a track, each the one farthest in pose and mouth shape from all before, beginning from one."""
    scale, rows = float(np.median(track.scale)), np.array([own, *usable])
    shown = track[rows]
    mouth = head_landmarks(shown)[:, LIPS].reshape(len(shown), -1)
    seen = np.concatenate([shown.rotation, shown.translation / scale, mouth], axis=1)
    away, left = np.square(seen - seen[0]).sum(axis=1), np.ones(len(rows), bool)
    left[0] = False
    while left.any():
        row = int(np.where(left, away, -1.0).argmax())
        left[row] = False
        away = np.minimum(away, np.square(seen - seen[row]).sum(axis=1))
        yield int(rows[row])
