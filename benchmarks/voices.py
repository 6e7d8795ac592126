"""Unseen people: a clip's calmest frame and its sound make the clip again; does the mouth follow, and close on p, b, m?

The model has met neither these faces nor these voices. What is rendered (256 px, not encoded) is tracked again and held
against the real video, whose own rates are the ceiling.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import read_takes
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import lip_gap
from talkinghead.media import VideoReader, read_speech
from talkinghead.methods.base import MotionGenerator
from talkinghead.metrics.aperture import aperture_correlation, best_lag
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
_REACH = 2  # frames of lag that are looked at
OTHERS, ADDRESSES = "GRID, 9 other speakers", "HDTF and addresses"
OUT_OF_STEP = "addresses out of step"
_MEDIANS = ("correlation", "shifted", "lag", "opening")
RATES = ("p b m", "p b m, control", "f v", "f v, control")

Score = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """Somebody really speaking.

    Attributes:
        name: of the clip.
        group: of clips that are reported together.
        speech: its sound, with phones.
        portrait: its calmest frame.
        reference: (T, 68, 3) what the mouth really did, in the head frame.
        fps: of the reference.
    """

    name: str
    group: str
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


def _sample(path: Path, group: str, track: FaceTrack, transcript: str | None) -> Sample:
    speech = read_speech(path)
    samples = speech.samples[: round(len(track) / track.fps * speech.sample_rate)]
    speech = with_phones(dataclasses.replace(speech, samples=samples, sound=None), transcript)
    best = best_frame(track)
    portrait = portrait_from_image(close_up(_frame(path, best), track.landmarks[best]))
    return Sample(path.stem, group, speech, portrait, head_landmarks(track), track.fps)


def unseen_samples(folder: Path, cache: Path) -> Iterator[Sample]:
    """The clips of GRID's other speakers, and of people who address the camera, in the shared folder ``clips``."""
    for clip in Corpus.open(folder).recordings():
        if clip.dataset == "GRID" or "HDTF" in clip.dataset or "address" in clip.dataset:
            yield _sample(clip.video, _group(clip), _real_track(clip.video, cache), clip.transcript())


def _group(clip: Recording) -> str:
    if clip.dataset == "GRID":
        return OTHERS
    return ADDRESSES if clip.in_step else OUT_OF_STEP


def known_speaker(root: Path, cache: Path, *, split: str = "val", limit: int | None = None) -> tuple[Sample, ...]:
    """Samples of GRID s1 for tuning; ``cache`` holds the tracks that training keeps, too."""
    samples = []
    for take in read_takes(Corpus.open(root).recordings(split)[:limit], Store(cache)):
        clip = take.recording
        samples.append(_sample(clip.video, f"GRID s1, {split}", take.track, clip.transcript()))
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


def _swing(landmarks: FloatArray) -> float:
    low, high = np.percentile(lip_gap(landmarks), (5, 95))
    return float(high - low)


def score(landmarks: FloatArray, sample: Sample) -> Score:
    """How landmarks (T, 68, 3) at the sample's rate follow its reference."""
    count = min(len(landmarks), len(sample.reference))
    landmarks, reference = landmarks[:count], sample.reference[:count]
    lag = best_lag(landmarks, reference, reach=_REACH)
    late, early = max(lag, 0), max(-lag, 0)
    return {
        "correlation": aperture_correlation(landmarks, reference),
        "shifted": aperture_correlation(landmarks[late : count - early], reference[early : count - late]),
        "lag": lag,
        "opening": _swing(landmarks) / _swing(reference),
        **rates(landmarks, sample.speech.phones or (), sample.fps),
    }


def summarise(result: Mapping[str, Mapping[str, Sequence[Score]]]) -> dict[str, dict[str, Any]]:
    """The result of ``measure`` without its clips: their number, medians, and the phones of all of them together."""
    return {
        group: {
            name: {
                "clips": len(scores),
                **{key: float(np.median([score[key] for score in scores])) for key in _MEDIANS},
                **add_up(scores),
            }
            for name, scores in rows.items()
        }
        for group, rows in result.items()
    }


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


def measure(head: TalkingHead, folder: Path, cache: Path) -> dict[str, dict[str, list[Score]]]:
    """group -> what made the landmarks -> one score per clip.

    Args:
        head: what to measure.
        folder: the shared folder ``clips``.
        cache: folder for the tracks of the real clips.
    """
    result: dict[str, dict[str, list[Score]]] = {}
    for sample in unseen_samples(folder, cache):
        still = np.repeat(head_landmarks(sample.portrait.track), len(sample.reference), axis=0)
        speech = without_phones(sample.speech)
        made = {
            "re-tracked output": track_again(head, speech, sample.portrait, sample.fps)[0],
            "predicted landmarks": predict_landmarks(head.generator, speech, sample.portrait, sample.fps),
            "the real video": sample.reference,
            "still picture": still,
        }
        if sample.speech.transcript:
            made["re-tracked, text given"] = track_again(head, sample.speech, sample.portrait, sample.fps)[0]
        for name, landmarks in made.items():
            row = {"clip": sample.name, **score(landmarks, sample)}
            result.setdefault(sample.group, {}).setdefault(name, []).append(row)
    return result


def table(result: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """What ``summarise`` gives as Markdown."""
    lines = [
        "| clips | landmarks from | aperture correlation | at its lag | lag in frames | opening | p b m | f v |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for group, rows in result.items():
        for name, s in rows.items():
            cells = [f"{group} ({s['clips']})", name, f"{s['correlation']:.3f}", f"{s['shifted']:.3f}"]
            cells += [f"{s['lag']:+.0f}", f"{s['opening']:.2f}", rate_cell(s, "p b m"), rate_cell(s, "f v")]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def rate_cell(row: Mapping[str, Sequence[int]], name: str) -> str:
    """Rate, number of phones and rate of the control, for a table."""
    passed, total = row[name]
    return f"{passed / total:.0%} of {total} (control {share(row[f'{name}, control'])})" if total else "-"


def share(counted: Sequence[int]) -> str:
    """[passed, of how many] in percent; "nan%" of none."""
    passed, total = counted
    return f"{passed / total if total else float('nan'):.0%}"
