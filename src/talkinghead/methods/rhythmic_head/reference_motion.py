"""The last three seconds of a reference video: how its head moves, and what is heard."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from talkinghead.errors import announce
from talkinghead.methods.rhythmic_head.features import FPS, STRIDE, num_features, speech_features
from talkinghead.methods.rhythmic_head.motion_config import TAU
from talkinghead.motion.rest import zero_in_silence
from talkinghead.motion.smoothing import resample_rows
from talkinghead.motion.tracked import head_of_track
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.features import loudness_gain, speech_at_16_khz
from talkinghead.speech.phonetic import crop_speech
from talkinghead.types import BoolArray, FaceTrack, FloatArray, Portrait, Speech

_LEAST_S = 1.0  # of a stretch in which the face is seen
_STILL = np.radians(0.15)  # standard deviation of all angles: a picture's, as the tracker sees it
_ALONE = "the head moves as an average person's: a video of the person, 3 s or longer, shows their own way."


@dataclass(frozen=True)
class ReferenceMotion:
    """Reference motion at ``FPS``.

    Attributes:
        pose: (TAU, 6) rotation (rad) and translation (eye distances) away from the portrait's pose.
        speech: (2 TAU, F) rows of features of what is heard meanwhile.
    """

    pose: FloatArray
    speech: FloatArray


def find_reference_motion(portrait: Portrait, features: str) -> ReferenceMotion | None:
    """The motion of the last ``TAU`` frames in which the portrait's video shows the face without a cut.

    What is missing of a short stretch is added by playing it backwards before it, which is announced, as it is that
    there is no video, no stretch of a second in it, or no motion.

    Args:
        portrait: with or without its reference.
        features: names of those of the sound.
    """
    reference = portrait.reference
    if reference is None or len(reference) == 1:
        announce(f"there is one picture alone; {_ALONE}")
        return None
    track = reference.track
    rows = last_stretch(track.found, reference.video.joins, TAU / FPS * track.fps)
    seconds = (rows.stop - rows.start) / track.fps
    if seconds < _LEAST_S:
        announce(f"the video shows the face for less than {_LEAST_S:g} s without a break; {_ALONE}")
        return None
    pose = _pose_at_rate(track[rows], portrait)
    if (pose[:, :3].std(axis=0) < _STILL).all():
        announce(f"the head does not move in the video; {_ALONE}")
        return None
    sound = _sound_rows(reference.speech, rows.stop / track.fps, features)
    if len(pose) < TAU:
        announce(
            f"only {seconds:.1f} s of the video show the face without a break: the head's way is learned from that."
        )
        pose = _fill(pose)
    return ReferenceMotion(pose[-TAU:], sound)


def last_stretch(found: BoolArray, joins: tuple[int, ...], least: float) -> slice:
    """The rows of the last stretch of at least some rows with a face and no cut, else of the longest one.

    Args:
        found: (T,) where the face was found.
        joins: rows with which another stretch of the video begins.
        least: rows.

    Returns:
        At most so many rows as make ``least``, rounded up, plus one.
    """
    ends = np.flatnonzero(np.diff(np.concatenate([[False], found, [False]]).astype(int)))
    stretches: list[tuple[int, int]] = []
    for start, stop in ends.reshape(-1, 2):
        borders = [int(start), *(join for join in joins if start < join < stop), int(stop)]
        stretches += list(pairwise(borders))
    if not stretches:
        return slice(0, 0)
    long = [stretch for stretch in stretches if stretch[1] - stretch[0] >= least]
    start, stop = long[-1] if long else max(stretches, key=lambda stretch: stretch[1] - stretch[0])
    return slice(max(start, stop - int(np.ceil(least)) - 1), stop)


def _pose_at_rate(track: FaceTrack, portrait: Portrait) -> FloatArray:
    """(n, 6) poses of a track away from the portrait's, at ``FPS``; the last row is the track's last."""
    pose = np.concatenate(head_of_track(track, portrait.pose), axis=1)
    pose[:, :3] = np.unwrap(pose[:, :3], axis=0)
    count = max(2, int((len(track) - 1) / track.fps * FPS + 1e-6) + 1)
    return resample_rows(pose[::-1], track.fps, FPS, count)[::-1]


def _fill(pose: FloatArray) -> FloatArray:
    """At least ``TAU`` rows: the motion (n, 6) played backwards and forwards until its end."""
    while len(pose) < TAU:
        pose = np.concatenate([pose[:0:-1], pose])
    return pose


def _sound_rows(speech: Speech | None, end: float, features: str) -> FloatArray:
    """(2 TAU, F) features of the speech up to a second; zeros where there is none."""
    rows = np.zeros((STRIDE * TAU, num_features(features)), np.float32)
    begin = max(0.0, end - TAU / FPS)
    if speech is None or speech.duration <= begin:
        return rows
    piece = speech_at_16_khz(crop_speech(speech, begin, end))
    activity = voice_activity(piece.samples, FPS)
    heard = speech_features(Speech(piece.samples, piece.sample_rate), features, gain=loudness_gain(piece.samples))
    heard = zero_in_silence(heard, activity, FPS, stride=STRIDE)[: len(rows)]
    rows[len(rows) - len(heard) :] = heard
    return rows
