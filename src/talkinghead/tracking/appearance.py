"""A whole video -> Appearance: where one person's mouth is seen in it, while every frame of it is kept."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from talkinghead.errors import InputError, announce
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.face.pose import poses_between_eyes
from talkinghead.face.rest import lip_gap
from talkinghead.media.joined import VideoExcerpt
from talkinghead.media.spool import forget_pages, return_memory_between, spool_rows
from talkinghead.tracking.arrivals import ArrivalFinder
from talkinghead.tracking.chooser import FaceChooser
from talkinghead.tracking.cover import MouthCover
from talkinghead.tracking.follow import SeenFace
from talkinghead.tracking.raw import RawTrack, read_raw_track
from talkinghead.tracking.reference import join_track
from talkinghead.tracking.shots import ShotFrame
from talkinghead.tracking.still_parts import KeptPart
from talkinghead.tracking.stills import StillFinder
from talkinghead.tracking.stretches import choose_person, find_stretches
from talkinghead.tracking.tickers import TickerFinder
from talkinghead.tracking.track import place_landmarks
from talkinghead.types import (
    BoolArray,
    FaceTrack,
    FloatArray,
    ImageArray,
    IndexArray,
    Pose,
    Progress,
    Reference,
    VideoSource,
    no_progress,
)

_SHORTEST_S = 0.3  # of a stretch: shorter ones are left as they are
_FADE_S = 0.2  # in which a new mouth comes and goes where the face is lost or covered
_LOST_S = 0.1  # without a face that is bridged
_TURNED = (0.6, 0.9)  # rad of yaw from which the new mouth fades, and at which it is gone: the mouth is on the outline
_SHUT = 0.03  # eye distances between lips that are as good as closed
_OPEN = 0.12  # eye distances between the lips at which teeth show well
_WIDE_ENOUGH = 0.05  # the same at which they show at all
_FEW = 0.1  # of the frames: fewer with the person are told
_TOLD_S = 0.2


@dataclass(frozen=True)
class Appearance:
    """A video in which one person's mouth can be redrawn.

    Attributes:
        video: every frame.
        spans: the first frame with the person in each stretch, and the one after its last.
        track: the face, one row per frame of the spans.
        translation: (R, 3) px, with ``scale`` the poses of ``face.pose.poses_between_eyes``, for each span on its own.
        scale: (R,) px per unit.
        landmarks: (R, 68, 3) float32 in the head frame of these poses.
        shown: (R,) in [0, 1], how much of a new mouth is to be seen.
        stills: what stands still, or runs, before the face, and keeps its pixels.
    """

    video: VideoSource
    spans: tuple[tuple[int, int], ...]
    track: FaceTrack
    translation: FloatArray
    scale: FloatArray
    landmarks: FloatArray
    shown: FloatArray
    stills: tuple[KeptPart, ...] = ()

    def rows(self) -> IndexArray:
        """(num_frames,) the row of each frame of the video, -1 where the person is not seen."""
        rows = np.full(self.video.num_frames, -1)
        done = 0
        for start, stop in self.spans:
            rows[start:stop] = np.arange(done, done + stop - start)
            done += stop - start
        return rows

    def span_rows(self) -> list[slice]:
        """The rows of each span."""
        ends = np.cumsum([0, *(stop - start for start, stop in self.spans)]).tolist()
        return [slice(first, last) for first, last in itertools.pairwise(ends)]

    def pose(self, row: int) -> Pose:
        """The pose of the head in a row."""
        return Pose(self.track.rotation[row], self.translation[row], float(self.scale[row]))

    def forget_pages(self) -> None:
        """Take what was read of a long track out of memory."""
        forget_pages(self.track.landmarks, self.landmarks)

    def reference(self) -> Reference:
        """The person alone."""
        return Reference(VideoExcerpt(self.video, self.spans), self.track)

    def shut_row(self, rows: slice) -> int:
        """The row with the lips closed, in the usual pose, that is seen best: of some rows, or else of all."""
        best = self._find_shut(rows)
        if lip_gap(self.landmarks[best]) <= _SHUT:
            return best
        other = self._find_shut(slice(0, len(self.track)))
        return other if lip_gap(self.landmarks[other]) <= _SHUT else best

    def _find_shut(self, rows: slice) -> int:
        return int(rows.start + self._unfit(rows, np.maximum(lip_gap(self.landmarks[rows]), 0.0)).argmin())

    def open_row(self, rows: slice) -> int | None:
        """Of some rows the one in which the teeth are seen best; None if they hardly are."""
        gap = lip_gap(self.landmarks[rows])
        row = int(self._unfit(rows, np.abs(gap - min(_OPEN, float(np.percentile(gap, 95))))).argmin())
        return int(rows.start + row) if gap[row] > _WIDE_ENOUGH else None

    def _unfit(self, rows: slice, away: FloatArray) -> FloatArray:
        rotation = self.track.rotation[rows]
        turned = np.linalg.norm((rotation - np.median(rotation, axis=0))[:, :2], axis=1)
        return np.asarray(away / 0.02 + turned / 0.15 + 10 * (1 - self.shown[rows]))


def find_appearance(
    video: VideoSource,
    *,
    face: int | None = None,
    who: tuple[ImageArray, FloatArray] | None = None,
    name: str = "the video",
    progress: Progress = no_progress,
) -> Appearance:
    """Where one person is seen in a video, and their mouth is not covered.

    Frames without them, and what of the video is not dubbed, is announced.

    Args:
        video: read once.
        face: which face, 1 being the leftmost of the first frame with faces; None: the largest of each shot, and of the
            people whom that gives, the one who is seen longest.
        who: a picture of the person and the mesh of the face in it, instead of ``face``.
        name: what announcements and errors call the video.
        progress: hook; the stage is "track", counted in frames.

    Raises:
        InputError: no frame shows a face, none for long enough, or there is no face of that number.
    """
    chooser = None if face is None and who is None else FaceChooser(face, who)
    cover = MouthCover(video.fps)
    finders = StillFinder(video.fps), TickerFinder(video.fps), ArrivalFinder(video.fps)

    def look(frames: Sequence[ShotFrame], faces: Sequence[SeenFace | None]) -> None:
        cover(frames, faces)
        for find in finders:
            find(frames, faces)
        return_memory_between(frames[0].number - 1, frames[-1].number)

    raw = read_raw_track(video, progress=progress, choose=chooser, look=look)
    if not raw.found.any():
        raise InputError(f"{name}: no face was found in any frame: give a video in which one is clearly visible.")
    stretches = find_stretches(raw, shortest=_SHORTEST_S)
    if not stretches:
        raise InputError(f"{name}: no face is seen for {_SHORTEST_S:g} s without a cut: give a video of one person.")
    chosen = choose_person(stretches, unlike=None if chooser is None else chooser.unlike)
    spans = tuple((each.start, each.stop) for each, keep in zip(stretches, chosen) if keep)
    track = join_track(raw, spans)
    covered = cover.is_covered(len(raw))
    shown = np.concatenate([_fade(raw, span, covered) for span in spans])
    turned = np.abs(track.rotation[:, 1])
    shown *= 1 - _ramp((turned - _TURNED[0]) / (_TURNED[1] - _TURNED[0]))
    _tell(raw, spans, covered, turned >= _TURNED[1], name)
    return replace(_place(video, spans, track, shown), stills=tuple(part for find in finders for part in find.finish()))


def _place(video: VideoSource, spans: tuple[tuple[int, int], ...], track: FaceTrack, shown: FloatArray) -> Appearance:
    ends = np.cumsum([0, *(stop - start for start, stop in spans)]).tolist()
    poses = [poses_between_eyes(track[first:last]) for first, last in itertools.pairwise(ends)]
    translation, scale = (np.concatenate(parts) for parts in zip(*poses))
    landmarks = spool_rows(place_landmarks(track, translation, scale), (len(MESH_OF_68), 3))
    return Appearance(video, spans, track, translation, scale, landmarks, shown)


def _fade(raw: RawTrack, span: tuple[int, int], covered: BoolArray) -> FloatArray:
    """(n,) how much of a new mouth is to be seen in the frames of a span: none where the face is lost or covered."""
    start, stop = span
    bridged = max(1, round(_LOST_S * raw.fps))
    seen = scipy.ndimage.binary_closing(np.pad(raw.found[start:stop], bridged, mode="edge"), np.ones(bridged + 1))
    seen = seen[bridged:-bridged] & ~covered[start:stop]
    # At a cut, and at the ends of the video, a new mouth begins at once.
    at_once = start == 0 or bool(raw.cuts[start]), stop == len(raw) or bool(raw.cuts[stop])
    padded = np.concatenate([[at_once[0]], seen, [at_once[1]]])
    if padded.all():
        return np.ones(stop - start)
    away = scipy.ndimage.distance_transform_edt(padded)[1:-1]
    return np.where(seen, _ramp((away - 0.5) / max(1.0, _FADE_S * raw.fps)), 0.0)


def _ramp(share: FloatArray) -> FloatArray:
    share = np.clip(share, 0.0, 1.0)
    return np.asarray(share**2 * (3.0 - 2.0 * share))


def _tell(raw: RawTrack, spans: Sequence[tuple[int, int]], covered: BoolArray, turned: BoolArray, name: str) -> None:
    """Announce what of the video keeps its own mouths; ``turned``: which rows of the spans are in profile."""
    of_person, in_profile = np.zeros((2, len(raw)), bool)
    done = 0
    for start, stop in spans:
        of_person[start:stop] = True
        in_profile[start:stop] = turned[done : done + stop - start]
        done += stop - start
    parts = {
        "the mouth is covered": of_person & covered,
        "the head is turned to profile": in_profile & ~covered,
        "another face is seen, or this one is hidden": ~of_person & raw.found,
        "there is no face": ~of_person & ~raw.found,
    }
    told = [
        f"{where.sum() / raw.fps:.1f} s in which {what}"
        for what, where in parts.items()
        if where.sum() > _TOLD_S * raw.fps
    ]
    if told:
        few = "only a few frames show the person: " if of_person.mean() < _FEW else ""
        announce(f"{name}: {few}of {len(raw) / raw.fps:.1f} s, these stay as they are: {', '.join(told)}.")
