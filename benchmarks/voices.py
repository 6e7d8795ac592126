"""What pages about lips share: clips as speech, portrait and reference; what is rendered, tracked; closures counted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.data.corpus import Corpus
from talkinghead.data.tracks import read_takes
from talkinghead.face.pose import head_landmarks
from talkinghead.media import VideoReader, read_speech
from talkinghead.methods.base import MotionGenerator
from talkinghead.metrics.closure import (
    bilabial_closures,
    labiodental_contacts,
    lip_at_teeth,
    lips_meet,
    open_vowels,
)
from talkinghead.pipeline import TalkingHead, fit_motion
from talkinghead.store import Store
from talkinghead.tracking import portrait_from_image, track_faces
from talkinghead.tracking.crops import box_of, crop_around
from talkinghead.tracking.portrait import best_frame, first_frames
from talkinghead.tracking.raw import read_raw_track
from talkinghead.types import FaceTrack, FloatArray, ImageArray, Interval, Portrait, Speech, num_frames

SIDE = 256  # px of the pictures that speak
_FACE = 0.67  # of the picture's side
_SECONDS = 10.0  # of each clip
RATES = ("p b m", "p b m, control", "f v", "f v, control")

Score = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """Somebody really speaking.

    Attributes:
        name: of the clip.
            speech: its sound, with phones.
        portrait: its calmest frame.
        reference: (T, 68, 3) what the mouth really did, in the head frame.
        fps: of the reference.
    """

    name: str
    speech: Speech
    portrait: Portrait
    reference: FloatArray
    fps: float


def with_phones(speech: Speech, transcript: str | None) -> Speech:
    """The speech with its phones: aligned where the words are known, recognised otherwise."""
    if transcript:
        from talkinghead.speech.alignment.align import align

        return align(speech, transcript)
    from talkinghead.speech.phones import recognise

    return dataclasses.replace(speech, phones=recognise(speech))


def close_up(image: ImageArray, landmarks: FloatArray) -> ImageArray:
    """A square of 256 px, two thirds of it the face (478, 3)."""
    box = box_of(landmarks)
    middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    half = half / (2 * _FACE)  # the crop reaches twice as far as the box it is given
    return crop_around(image, np.concatenate([middle - half, middle + half]), SIDE)[0]


def close_portrait(image: ImageArray) -> Portrait:
    """The face of a picture as a portrait of 256 px."""
    return portrait_from_image(close_up(image, portrait_from_image(image).track.landmarks[0]))


def _frame(path: Path, number: int) -> ImageArray:
    *_, last = first_frames(VideoReader(path).chunks(), number + 1)
    return last.images[-1]


def _real_track(path: Path, cache: Path) -> FaceTrack:
    """The track of a clip's first 10 s; what the tracker saw is kept in ``cache``."""
    video = VideoReader(path)
    return read_raw_track(video, Store(cache), frames=num_frames(_SECONDS, video.fps)).track()


def _sample(path: Path, track: FaceTrack, transcript: str | None) -> Sample:
    speech = read_speech(path)
    samples = speech.samples[: round(len(track) / track.fps * speech.sample_rate)]
    speech = with_phones(dataclasses.replace(speech, samples=samples, sound=None), transcript)
    best = best_frame(track)
    portrait = portrait_from_image(close_up(_frame(path, best), track.landmarks[best]))
    return Sample(path.stem, speech, portrait, head_landmarks(track), track.fps)


def other_speakers(folder: Path, cache: Path) -> Iterator[Sample]:
    """The clips of GRID's other speakers in the shared folder ``clips``."""
    for clip in Corpus.open(folder).recordings():
        if clip.dataset == "GRID":
            yield _sample(clip.video, _real_track(clip.video, cache), clip.transcript())


def known_speaker(root: Path, cache: Path, *, split: str = "val", limit: int | None = None) -> tuple[Sample, ...]:
    """Samples of GRID s1 for tuning; ``cache`` holds the tracks that training keeps, too."""
    samples = []
    for take in read_takes(Corpus.open(root).recordings(split)[:limit], Store(cache)):
        clip = take.recording
        samples.append(_sample(clip.video, take.track, clip.transcript()))
    return tuple(samples)


def rates(landmarks: FloatArray, phones: Sequence[Interval], fps: float) -> Score:
    """[passed, of how many] for each of ``RATES``; see ``metrics.closure``."""
    control = open_vowels(phones)
    passed = (
        bilabial_closures(landmarks, phones, fps),
        lips_meet(landmarks, control, fps),
        labiodental_contacts(landmarks, phones, fps),
        lip_at_teeth(landmarks, control, fps),
    )
    return {name: [int(of.sum()), len(of)] for name, of in zip(RATES, passed)}


def add_up(scores: Sequence[Score]) -> dict[str, list[int]]:
    """[passed, of how many] for each of ``RATES``, over all scores."""
    return {key: np.sum([score[key] for score in scores], axis=0).tolist() for key in RATES}


def without_phones(speech: Speech) -> Speech:
    """The same sound without what is known of its phones, as a recording comes to ``animate``."""
    return dataclasses.replace(speech, phones=None, words=None, transcript=None)


def predict_landmarks(generator: MotionGenerator, speech: Speech, portrait: Portrait, fps: float) -> FloatArray:
    """(T, 68, 3) the landmarks that a generator means, at ``fps`` for the length of the speech."""
    return fit_motion(generator.generate(speech, portrait), speech, fps=fps).landmarks


def track_again(head: TalkingHead, speech: Speech, portrait: Portrait, fps: float) -> tuple[FloatArray, ImageArray]:
    """What the tracker sees of the rendered video: landmarks (T, 68, 3) in the head frame; and its frames."""
    frames = list(head(speech, portrait, fps=fps).frames)
    return head_landmarks(track_faces(iter(frames))), np.concatenate([chunk.images for chunk in frames])


def rate_cell(row: Mapping[str, Any], name: str) -> str:
    """Rate, number of phones and rate of the control, for a table."""
    passed, total = row[name]
    return f"{passed / total:.0%} of {total} (control {share(row[f'{name}, control'])})" if total else "-"


def share(counted: Sequence[int]) -> str:
    """[passed, of how many] in percent; "nan%" of none."""
    passed, total = counted
    return f"{passed / total if total else float('nan'):.0%}"
