"""A whole video -> Reference: minutes of one person, tracked in constant memory, without cuts within a stretch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from talkinghead.errors import InputError, announce
from talkinghead.face.eyes import EYE_POINTS, blink_of_openings, opening_of_eyes
from talkinghead.face.pose import head_from_camera
from talkinghead.media import JoinedVideo, VideoExcerpt, VideoReader, read_speech
from talkinghead.media.speech_parts import SpeechPart, cut_speech, join_parts
from talkinghead.media.spool import spool_rows
from talkinghead.store import NOTHING_KEPT, Store
from talkinghead.tracking.find import find_faces
from talkinghead.tracking.raw import RawTrack, read_raw_track
from talkinghead.tracking.stretches import Stretch, choose_person, find_stretches
from talkinghead.tracking.track import make_track
from talkinghead.types import (
    NUM_MESH,
    FaceTrack,
    FloatArray,
    Progress,
    Reference,
    Speech,
    VideoSource,
    no_progress,
    num_frames,
)

_LOOKS = 8  # frames in which somebody else is looked for
_OTHER_SIZE = 0.4  # of the face's: what is smaller stands in the background
_OFTEN = 2  # frames with somebody else that are no mistake
_LITTLE_S = 0.2  # left out without a word
_PIECE = 1000  # rows


def read_reference(
    paths: Sequence[Path],
    *,
    store: Store = NOTHING_KEPT,
    face: int | None = None,
    seconds: float | None = None,
    progress: Progress = no_progress,
) -> Reference:
    """The reference of one video file of a person, or of several in a row; see ``track_reference``.

    Where one has no sound, the reference has no speech, which is announced.

    Raises:
        InputError: a file cannot be read, they are not of one size and rate, or no face is found.
    """
    video = open_videos(paths)
    name = str(paths[0]) if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
    frames = None if seconds is None else num_frames(seconds, video.fps)
    speech = read_speech_of(paths)
    return track_reference(video, speech, store=store, face=face, frames=frames, name=name, progress=progress)


def open_videos(paths: Sequence[Path]) -> VideoSource:
    """One video file, or several of one size and rate in a row.

    Raises:
        InputError: a file cannot be read, or they are not of one size and rate.
    """
    return VideoReader(paths[0]) if len(paths) == 1 else JoinedVideo(paths)


def read_speech_of(paths: Sequence[Path]) -> Speech | None:
    """The sound of video files in a row, each as long as its pictures; None, which is announced, if one has none."""
    try:
        speeches = [read_speech(path) for path in paths]
    except InputError as error:
        announce(f"what is said is not known: {error}")
        return None
    if len(speeches) == 1:
        return speeches[0]
    seconds = [video.num_frames / video.fps for video in map(VideoReader, paths)]
    return join_parts([SpeechPart(speech, 0.0, end) for speech, end in zip(speeches, seconds, strict=True)])


def track_reference(
    video: VideoSource,
    speech: Speech | None,
    *,
    store: Store = NOTHING_KEPT,
    face: int | None = None,
    frames: int | None = None,
    name: str = "the video",
    progress: Progress = no_progress,
) -> Reference:
    """The reference of a video: every frame in which one person is seen, in stretches without a cut.

    What does not show the person is left out, of picture and sound alike, and how much that is gets announced: cuts to
    somebody else, frames without a face, shots shorter than a second. ``reference.video.joins`` tells where one stretch
    ends and the next begins.

    Args:
        video: read once; a few frames of it again.
        speech: its sound, from the first frame on, or None.
        store: keeps what the tracker saw, so that a run that was stopped goes on where it was.
        face: which face, 1 being the leftmost of the first frame with faces; None: the largest of each shot, and of the
            people whom that gives, the one who is seen longest.
        frames: of the first so many; None: of all.
        name: what announcements and errors call the video.
        progress: hook; the stage is "track", counted in frames.

    Raises:
        InputError: no frame shows a face, no shot with one lasts a second, or there is no face of that number.
    """
    raw = read_raw_track(video, store, face=face, frames=frames, progress=progress)
    if not raw.found.any():
        raise InputError(f"{name}: no face was found in any frame: give a video in which one is clearly visible.")
    stretches = find_stretches(raw)
    if not stretches:
        raise InputError(f"{name}: no face is seen for a second without a cut: give a longer video of the person.")
    chosen = choose_person(stretches, first=face is not None)
    kept = tuple(stretch for stretch, keep in zip(stretches, chosen) if keep)
    _tell_what_is_left_out(raw, stretches, kept, name)
    if face is None:
        _tell_of_others(video, raw, kept, name)
    spans = tuple((stretch.start, stretch.stop) for stretch in kept)
    if speech is not None and spans != ((0, video.num_frames),):
        speech = cut_speech(speech, [(start / raw.fps, stop / raw.fps) for start, stop in spans])
    return Reference(VideoExcerpt(video, spans), join_track(raw, spans), speech)


def join_track(raw: RawTrack, spans: Sequence[tuple[int, int]]) -> FaceTrack:
    """One track of all stretches, each smoothed on its own."""
    parts = [make_track(raw.landmarks[start:stop], raw.found[start:stop], raw.fps) for start, stop in spans]
    if len(parts) == 1:
        return parts[0]
    left_out = ("fps", "landmarks", "expression", "gaze")
    names = [entry.name for entry in fields(FaceTrack) if entry.name not in left_out]
    landmarks = spool_rows((part.landmarks for part in parts), (NUM_MESH, 3))
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    track = FaceTrack(fps=raw.fps, landmarks=landmarks, **joined)
    return replace(track, blink=blink_of_openings(_openings(track)))


def _openings(track: FaceTrack) -> FloatArray:
    """(T, 2) how far the eyes are open: in a short stretch alone nobody knows what open is."""
    pieces = []
    for start in range(0, len(track), _PIECE):
        piece = track[start : start + _PIECE]
        eyes = piece.landmarks[:, EYE_POINTS].astype(np.float64)
        pieces.append(opening_of_eyes(head_from_camera(eyes, piece.rotation, piece.translation, piece.scale)))
    return np.concatenate(pieces)


def _tell_what_is_left_out(raw: RawTrack, stretches: Sequence[Stretch], kept: Sequence[Stretch], name: str) -> None:
    total, of_person, of_all = (
        frames / raw.fps for frames in (len(raw), sum(map(len, kept)), sum(map(len, stretches)))
    )
    faceless = (len(raw) - np.count_nonzero(raw.found)) / raw.fps
    reasons = [
        (of_all - of_person, "show somebody else"),
        (min(faceless, total - of_all), "show no face"),
        (total - of_all - faceless, "lie in shots shorter than a second"),
    ]
    told = [f"{seconds:.1f} s {reason}" for seconds, reason in reasons if seconds > _LITTLE_S]
    if told:
        announce(f"{name}: {total - of_person:.1f} of {total:.1f} seconds are left out: {', '.join(told)}.")


def _tell_of_others(video: VideoSource, raw: RawTrack, kept: Sequence[Stretch], name: str) -> None:
    """Say so if others are in the picture, too: the largest face was followed."""
    rows = np.concatenate([np.arange(stretch.start, stretch.stop) for stretch in kept])
    rows = rows[raw.found[rows]]
    counts = []
    for row in rows[np.linspace(0, len(rows) - 1, min(_LOOKS, len(rows))).round().astype(int)]:
        sizes = np.ptp(find_faces(video.frame(int(row)), thorough=False)[..., 0], axis=-1)
        counts.append(int((sizes > _OTHER_SIZE * np.ptp(raw.landmarks[row, :, 0])).sum()))
    if sum(count > 1 for count in counts) >= _OFTEN:
        announce(
            f"{name} shows {max(counts)} people at once; the largest face is followed: another one is chosen by "
            "--face N, counted from the left of the first frame."
        )
