"""Measures from tracks: how lips, head and eyes move, alone and against the real ones."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from talkinghead.evaluation.clock import Pair, View
from talkinghead.evaluation.measures import MEASURES, Scores
from talkinghead.face.landmarks import BROWS, LIPS, MESH_OF_68
from talkinghead.face.pose import head_landmarks
from talkinghead.metrics.aperture import (
    aperture,
    aperture_correlation,
    aperture_correlation_in_step,
    best_lag,
    width_correlation,
)
from talkinghead.metrics.blinks import blink_duration, blink_rate, inter_blink_interval
from talkinghead.metrics.closure import bilabial_closures, labiodental_contacts, lips_meet, open_vowels
from talkinghead.metrics.head_motion import motion_range, spectrum_distance
from talkinghead.metrics.head_pose import position_difference, rotation_difference
from talkinghead.metrics.jaw_lip import jaw_lip_distance, jaw_lip_velocity_difference
from talkinghead.metrics.landmark_distance import face_width, landmark_distance, landmark_velocity_difference
from talkinghead.metrics.lip_landmarks import (
    lip_landmark_distance,
    lip_landmark_distance_3d,
    lip_landmark_distance_128,
)
from talkinghead.metrics.mouth_area import mouth_area, mouth_area_difference
from talkinghead.metrics.parameters import parameter_mse, ssim_sequence
from talkinghead.metrics.registration import register
from talkinghead.metrics.silence import motion_in_silence
from talkinghead.speech.activity import silence_mask, voice_activity
from talkinghead.speech.features import resample
from talkinghead.speech.phones import recognise
from talkinghead.types import BoolArray, FaceTrack, FloatArray, Interval, Speech

_ACTIVITY_RATE = 100.0  # Hz


@dataclass(frozen=True)
class Lone:
    """The movements of one video: its track, and its speech or why there is none."""

    track: FaceTrack
    speech: Speech | None
    silent_because: str

    @cached_property
    def head(self) -> FloatArray:
        """(T, 68, 3) the landmarks in the head frame."""
        return head_landmarks(self.track)

    @cached_property
    def phones(self) -> tuple[Interval, ...]:
        """What is said, as the recogniser hears it."""
        assert self.speech is not None
        return recognise(self.speech)

    def closures(self) -> float:
        """The share of p, b and m on which the lips meet; NaN without one."""
        return _share(bilabial_closures(self.head, self.phones, self.track.fps))

    def closures_on_vowels(self) -> float:
        """The same of open vowels, as a control; NaN without one."""
        return _share(lips_meet(self.head, open_vowels(self.phones), self.track.fps))

    def contacts(self) -> float:
        """The share of f and v on which the lower lip reaches the upper teeth; NaN without one."""
        return _share(labiodental_contacts(self.head, self.phones, self.track.fps))

    def silence(self) -> float:
        """RMS movement of the lips in px where nobody speaks, without the head's motion; NaN without silence."""
        assert self.speech is not None
        quiet = silent_frames(self.speech, len(self.track), self.track.fps) & self.track.found
        return motion_in_silence(self.head * self.track.scale.mean(), quiet)


@dataclass(frozen=True)
class Both:
    """The movements of an output and of the real video.

    ``rows`` are those in which both show a face, ``run`` is the longest stretch of them without a gap, for measures
    that compare neighbouring frames.
    """

    output: Lone
    reference: Lone
    rows: BoolArray
    fps: float

    @property
    def tracks(self) -> tuple[FaceTrack, FaceTrack]:
        """The two tracks."""
        return self.output.track, self.reference.track

    @cached_property
    def run(self) -> slice:
        """The longest stretch of rows with a face in both."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], self.rows, [False]]).astype(np.int8))).reshape(-1, 2)
        start, stop = max(edges, key=lambda edge: int(edge[1] - edge[0]))
        return slice(int(start), int(stop))

    @cached_property
    def heads(self) -> tuple[FloatArray, FloatArray]:
        """(T, 68, 3) twice: the landmarks in the head frame, the output's registered to the reference's."""
        own, real = self.output.head, self.reference.head
        return register(own[self.rows], real[self.rows]), real[self.rows]

    @cached_property
    def heads_in_run(self) -> tuple[FloatArray, FloatArray]:
        """The same without gaps."""
        inside = np.flatnonzero(self.rows)
        kept = slice(*np.searchsorted(inside, (self.run.start, self.run.stop)))
        return self.heads[0][kept], self.heads[1][kept]

    def points(self, rows: BoolArray | slice) -> tuple[FloatArray, FloatArray]:
        """(T, 68, 2) px in the picture, twice."""
        own, real = (track.landmarks[rows][:, MESH_OF_68, :2] for track in self.tracks)
        return own, real

    def area(self) -> float:
        """D-A; NaN if the reference never opens its mouth."""
        return mouth_area_difference(*self.heads) if mouth_area(self.heads[1]).max() > 0 else float("nan")

    def positions(self) -> float:
        """Mean distance of the heads' positions in the picture, over the width of the reference's face."""
        own, real = (track.translation[self.rows] for track in self.tracks)
        return position_difference(own, real, face_width(self.points(self.rows)[1]))

    def spectra(self) -> float:
        """The difference of the heads' motion spectra in dB; NaN if they are too short."""
        own, real = (track.rotation[self.run] for track in self.tracks)
        return spectrum_distance(own, real, self.fps)

    def upper_faces(self) -> tuple[FloatArray, FloatArray]:
        """(T, 3) twice: the height of either brow in tenths of the eye distance, and how far the eyes are closed."""
        brows = np.array_split(np.r_[BROWS], 2)
        rows = [
            np.column_stack([*(-10 * head[:, brow, 1].mean(axis=1) for brow in brows), track.blink[self.rows]])
            for head, track in zip(self.heads, self.tracks)
        ]
        return rows[0], rows[1]


def _share(passed: BoolArray) -> float:
    return float(passed.mean()) if len(passed) else float("nan")


_LONE: dict[str, Callable[[Lone], float]] = {
    "blinks-per-second": lambda one: blink_rate(one.track.blink, one.track.fps),
    "blink-duration": lambda one: blink_duration(one.track.blink, one.track.fps),
    "inter-blink-interval": lambda one: inter_blink_interval(one.track.blink, one.track.fps),
    "head-range": lambda one: motion_range(one.track.rotation[one.track.found]),
    "silence-motion": Lone.silence,
    "closures": Lone.closures,
    "closures-control": Lone.closures_on_vowels,
    "contacts": Lone.contacts,
}

_BOTH: dict[str, Callable[[Both], float]] = {
    "d-ll": lambda pair: jaw_lip_distance(*pair.heads),
    "d-vl": lambda pair: jaw_lip_velocity_difference(*pair.heads_in_run),
    "d-a": Both.area,
    "aperture-correlation": lambda pair: aperture_correlation(*pair.heads),
    "aperture-correlation-in-step": lambda pair: aperture_correlation_in_step(*pair.heads_in_run),
    "width-correlation": lambda pair: width_correlation(*pair.heads),
    "lag": lambda pair: float(best_lag(*pair.heads_in_run)),
    "lmd": lambda pair: lip_landmark_distance(*pair.points(pair.rows)),
    "lmd-128": lambda pair: lip_landmark_distance_128(*pair.points(pair.rows)),
    "lip-lmd-3d": lambda pair: lip_landmark_distance_3d(*pair.heads),
    "mouth-mse": lambda pair: parameter_mse(*(head[:, LIPS].reshape(len(head), -1) for head in pair.heads)),
    "d-l": lambda pair: landmark_distance(*pair.points(pair.rows)),
    "d-v": lambda pair: landmark_velocity_difference(*pair.points(pair.run)),
    "d-rot": lambda pair: rotation_difference(*(track.rotation[pair.rows] for track in pair.tracks)),
    "d-pos": Both.positions,
    "upper-face-ssim": lambda pair: ssim_sequence(*pair.upper_faces()),
    "head-spectrum": Both.spectra,
}

# Consecutive frames that a measure needs.
_LEAST_FRAMES = {
    "d-vl": 2,
    "aperture-correlation": 3,
    "width-correlation": 3,
    "lag": 3,
    "d-v": 2,
    "upper-face-ssim": 3,
    "blinks-per-second": 3,
    "head-range": 2,
}

_NEED_SPEECH = ("silence-motion", "closures", "closures-control", "contacts")

_UNLESS = {
    "closures": "no p, b or m was heard.",
    "closures-control": "no open vowel was heard that stands apart from p, b, m, f and v.",
    "contacts": "no f or v was heard.",
    "d-a": "the real mouth never opens.",
    "blink-duration": "no blink was found.",
    "inter-blink-interval": "it needs two blinks, and there are fewer.",
    "silence-motion": "nobody is silent for long enough.",
    "aperture-correlation-in-step": "it needs 32 frames in a row with a face.",
    "head-spectrum": "it needs more than 2.5 s in a row with a face.",
}


def enter_motions(scores: Scores, pair: Pair, wanted: Container[str]) -> None:
    """Enter the curves, and those wanted measures that come from tracks and sound."""
    if "found" in wanted:
        scores.values["found"] = float(pair.both_found.mean())
    output = _lone(pair.output)
    scores.fps = pair.fps
    scores.curves |= _curves(output.track, output.head)
    _enter(scores, output, _LONE, wanted, len(pair))
    if pair.reference is None:
        return
    reference, real = _lone(pair.reference), Scores()
    _enter(real, reference, _LONE, wanted, len(pair))
    scores.reference |= {name: value for name, value in real.values.items() if MEASURES[name].better == "reference"}
    both = Both(output, reference, pair.both_found, pair.fps)
    scores.curves |= {f"reference {name}": curve for name, curve in _curves(reference.track, reference.head).items()}
    # In one head frame, so that the two curves can be drawn over each other.
    scores.curves["aperture"] = aperture(register(output.head, reference.head)).tolist()
    _enter(scores, both, _BOTH, wanted, both.run.stop - both.run.start)


def _lone(view: View) -> Lone:
    return Lone(view.track, view.evidence.speech, view.evidence.silent_because)


def _curves(track: FaceTrack, head: FloatArray) -> dict[str, list[float]]:
    pitch, yaw, roll = track.rotation.T
    rows = {"aperture": aperture(head), "pitch": pitch, "yaw": yaw, "roll": roll, "blink": track.blink}
    return {name: row.tolist() for name, row in rows.items()}


_Subject = TypeVar("_Subject", Lone, Both)


def _enter(
    scores: Scores,
    subject: _Subject,
    measures: Mapping[str, Callable[[_Subject], float]],
    wanted: Container[str],
    frames: int,
) -> None:
    """Enter the measures of a subject with this many consecutive frames, or why they have no value."""
    for name, of in measures.items():
        if name not in wanted:
            continue
        least = _LEAST_FRAMES.get(name, 1)
        if frames < least:
            scores.missing[name] = f"it needs {least} frames in a row with a face, and there are {frames}."
        elif name in _NEED_SPEECH and isinstance(subject, Lone) and subject.speech is None:
            scores.missing[name] = subject.silent_because
        elif np.isfinite(value := of(subject)):
            scores.values[name] = value
        else:
            scores.missing[name] = _UNLESS.get(name, "it has no value here.")


def silent_frames(speech: Speech, count: int, fps: float) -> BoolArray:
    """(count,) bool, True in frames in which nobody speaks, such as those after the end of the sound."""
    activity = voice_activity(resample(speech.samples, speech.sample_rate), _ACTIVITY_RATE)
    silent = silence_mask(activity, _ACTIVITY_RATE)
    rows = np.round(np.arange(count) * (_ACTIVITY_RATE / fps)).astype(int)
    covered = rows < len(silent)
    return np.where(covered, silent[np.where(covered, rows, 0)], True) if len(silent) else ~covered
