"""Which parts of a video show one person without a cut.

A video of a person is seldom one shot: it has cuts, titles without a face, other people. Shots are told apart where the
whole picture changes or the face jumps; people by the shape of the face and its colours, which is cheap and enough for
the few who appear in one video.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from talkinghead.face.pose import fit_pose, head_from_camera
from talkinghead.media.spool import forget_pages
from talkinghead.tracking.raw import RawTrack
from talkinghead.types import BoolArray, FloatArray, IndexArray

SAME_PERSON = 1.0
"""Stretches whose faces differ by less show one person. Of pairs of pieces of 1.6 s, 95 % from one clip differ by less,
88 % from two clips of one person, and 0.7 % of two people: ``benchmarks/people.py``, 81 clips of 42 people."""

SHORTEST_S = 1.0
"""Length of a stretch from which it shows surely whom."""

_LONGEST_GAP_S = 0.5  # without a face, within a stretch
_JUMP = 0.6  # of a face's size from frame to frame: it is another shot ...
_GROWTH = 1.4  # ... and so is a face that much larger or smaller
_SMALL_JUMP, _ABOVE_MOTION = 0.15, 4.0  # a smaller jump counts if the whole picture moves so much more than before
_MOTION_FRAMES = 25
_FACING = 0.4  # rad that a head is turned away at most in the frames that tell whose face it is
_FEWEST, _MOST = 10, 250  # such frames
_PIECE = 1000  # rows
_SHAPE_UNIT, _COLOUR_UNIT = 0.03, 24.0


@dataclass(frozen=True)
class Stretch:
    """A part of a video that shows one face in one shot.

    Attributes:
        start: the first frame.
        stop: the frame after the last one.
        shape: (478, 3) the face in the head frame, the median over the frames.
        colours: (12, 12, 3) the face in CIE Lab, the mean over the frames.
    """

    start: int
    stop: int
    shape: FloatArray
    colours: FloatArray

    def __len__(self) -> int:
        return self.stop - self.start

    def difference(self, other: Stretch) -> float:
        """How much two faces differ in shape and colours; two of one person mostly by less than ``SAME_PERSON``."""
        return face_difference((self.shape, self.colours), (other.shape, other.colours))


def face_difference(face: tuple[FloatArray, FloatArray], other: tuple[FloatArray, FloatArray]) -> float:
    """How much two faces differ, each given by its shape (478, 3) in the head frame and colours (12, 12, 3) in Lab."""
    shape, colours = (float(np.sqrt(np.square(mine - theirs).mean())) for mine, theirs in zip(face, other))
    return shape / _SHAPE_UNIT + colours / _COLOUR_UNIT


def find_stretches(raw: RawTrack, *, shortest: float = SHORTEST_S) -> tuple[Stretch, ...]:
    """The stretches of a video in order: without a cut, with a face all the time.

    Between two frames with a face, half a second without one is bridged.

    Args:
        raw: what the tracker saw.
        shortest: s, of a stretch.
    """
    known = np.flatnonzero(raw.found)
    if not len(known):
        return ()
    gaps = np.diff(known)
    ends = (gaps > _LONGEST_GAP_S * raw.fps + 1) | _cut_between(raw, known)
    firsts, lasts = known[np.r_[True, ends]], known[np.r_[ends, True]]
    return tuple(
        _stretch(raw, int(first), int(last) + 1)
        for first, last in zip(firsts, lasts, strict=True)
        if last + 1 - first >= shortest * raw.fps
    )


def choose_person(
    stretches: Sequence[Stretch], *, first: bool = False, unlike: Callable[[Stretch], float] | None = None
) -> BoolArray:
    """(N,) which stretches show the person who is seen longest, or another one.

    The longest stretches found the groups; each shorter one joins the group that it differs from least.

    Args:
        stretches: N of a video.
        first: whether it is the person of the first stretch.
        unlike: how much a stretch differs from whom is meant, who is then the person that differs least.
    """
    groups: list[list[int]] = []
    for number in sorted(range(len(stretches)), key=lambda n: -len(stretches[n])):
        nearest = [min(stretches[number].difference(stretches[n]) for n in group) for group in groups]
        if nearest and min(nearest) < SAME_PERSON:
            groups[int(np.argmin(nearest))].append(number)
        else:
            groups.append([number])
    chosen = np.zeros(len(stretches), bool)
    if groups:
        seconds = [sum(len(stretches[n]) for n in group) for group in groups]
        if unlike is not None:
            place = int(np.argmin([min(unlike(stretches[n]) for n in group) for group in groups]))
        else:
            place = next(k for k, group in enumerate(groups) if 0 in group) if first else int(np.argmax(seconds))
        chosen[groups[place]] = True
    return chosen


def _cut_between(raw: RawTrack, known: IndexArray) -> BoolArray:
    """(K - 1,) whether there is a cut between neighbours of the frames with a face."""
    cuts = np.cumsum(raw.cuts)[known]
    places = []
    for rows in _in_pieces(known):
        faces = raw.landmarks[rows][..., :2]
        places.append(np.column_stack([faces.mean(axis=1), np.ptp(faces, axis=1).max(axis=1)]))
        forget_pages(raw.landmarks)
    middles, sizes = np.split(np.concatenate(places), [2], axis=1)
    sizes = sizes[:, 0]
    smaller = np.minimum(sizes[1:], sizes[:-1])
    jump = np.linalg.norm(np.diff(middles, axis=0), axis=-1) / smaller
    growth = np.maximum(sizes[1:], sizes[:-1]) / smaller
    small_jump = (jump > _SMALL_JUMP) & _moves_suddenly(raw)[known[1:]]
    return np.asarray((np.diff(cuts) > 0) | (jump > _JUMP) | (growth > _GROWTH) | small_jump)


def _in_pieces(rows: IndexArray) -> list[IndexArray]:
    """The rows, not many at a time: what is read of a long track at once takes memory."""
    return np.array_split(rows, -(-len(rows) // _PIECE)) if len(rows) else []


def _moves_suddenly(raw: RawTrack) -> BoolArray:
    """(T,) whether the whole picture differs from the one before it by far more than is usual just before."""
    moved = np.zeros(len(raw), np.float32)
    for rows in _in_pieces(np.arange(1, len(raw))):
        sketches = raw.sketches[rows[0] - 1 : rows[-1] + 1].astype(np.float32)
        moved[rows] = np.abs(np.diff(sketches, axis=0)).mean(axis=(1, 2, 3))
    padded = np.pad(moved, (_MOTION_FRAMES, 0), mode="reflect" if len(moved) > _MOTION_FRAMES else "edge")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(padded[:-1], _MOTION_FRAMES), axis=-1)
    return np.asarray(moved > _ABOVE_MOTION * usual)


def _stretch(raw: RawTrack, start: int, stop: int) -> Stretch:
    rows = start + np.flatnonzero(raw.found[start:stop])
    rotation = np.concatenate([fit_pose(raw.landmarks[piece])[0] for piece in _in_pieces(rows)])
    facing = rows[np.linalg.norm(rotation[:, :2], axis=-1) < _FACING]
    rows = facing if len(facing) >= _FEWEST else rows
    rows = rows[:: max(1, len(rows) // _MOST)]
    landmarks = raw.landmarks[rows].astype(np.float64)
    shape = np.median(head_from_camera(landmarks, *fit_pose(landmarks)), axis=0)
    forget_pages(raw.landmarks)
    face = raw.faces[rows].mean(axis=0, dtype=np.float64).astype(np.float32) / 255
    return Stretch(start, stop, np.asarray(shape), np.asarray(cv2.cvtColor(face, cv2.COLOR_RGB2LAB)))
