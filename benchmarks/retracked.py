"""The part "retracked": people nobody has trained on, and others, are made to say their own words; what is seen of it.

A clip's calmest frame and its sound make the clip again. What is rendered (256 px, not encoded) is tracked again and
held against the real video, whose own closures and confidence are the ceiling.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.intervals import median_cell, median_interval
from benchmarks.lips import ARABIC, GROUPS, group_of
from benchmarks.voices import RATES, add_up, close_up, rate_cell, rates, with_phones, without_phones
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import lip_gap
from talkinghead.metrics.aperture import aperture_correlation, width_correlation
from talkinghead.metrics.sync import SyncScore, at_25_fps, sync_score
from talkinghead.metrics.syncnet import WEIGHTS, load_syncnet
from talkinghead.pipeline import TalkingHead
from talkinghead.store import Store
from talkinghead.tracking import portrait_from_image, track_faces
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import FaceTrack, FloatArray, ImageArray, Portrait, Speech, num_frames

REAL = "the real video"
MEDIANS = {
    "opening": "opening, correlation",
    "width": "width, correlation",
    "swing": "how far it opens",
    "confidence": "AV confidence",
    "confidence, new": "AV confidence, new to it",
}
"""What is told of a group by its median -> the heading of its column."""

_SECONDS = 8.0  # of each clip
_FEW = 10  # clips, of which an overview does not tell
_EVERY = {ARABIC: 12}  # one clip in so many; of the other groups all
_TITLE = """# Lips of unseen people, seen again

Each clip's calmest frame (256 px, a close-up) is animated with the clip's own sound, at most its first 8 s. What is
rendered is tracked again and compared with the tracked clip; each recording's own offset of sound and picture is taken
off, and clips for which it is not sure are left out. Which groups methods may have learned from is told in
[lips](lips.md); what methods predict for all clips is there, too.

Opening, width: correlation over time of the mouth's opening and width. How far it opens: the range from the 5th to the
95th percentile, divided by the real mouth's. AV confidence: of the SyncNet that ships, divided by what it has for the
real video; "new to it": the same of the clips of people whom it has not learned from, which it cannot know better when
they are real. Medians over clips and their bootstrap 95 % interval. *p b m*: how many of these phones bring the lips
together within the phone and 0.04 s around it; *f v*: how many bring the lower lip to the height of the upper teeth; in
brackets how often the same happens on open vowels. In GRID's clips the phones are aligned with the text; elsewhere our
own recogniser finds them, so those rates tell how well what is recognised is shown, and not what was said.
"""

Score = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """Somebody really speaking, and the frame that is to speak.

    Attributes:
        take: the recording.
        track: of the part that is made again.
        speech: its sound, the recording's offset taken off, with phones.
        portrait: its calmest frame.
        confidence: AV confidence of the real video.
    """

    take: Take
    track: FaceTrack
    speech: Speech
    portrait: Portrait
    confidence: float


def choose_recordings(corpus: Path) -> Iterator[Recording]:
    """What is measured: people other than GRID's s1, whose test sentences have a page of their own."""
    counted = dict.fromkeys(GROUPS, 0)
    for folder in ("clips", "unseen_speakers"):
        for recording in Corpus.open(corpus / folder).recordings():
            if recording.can_be_mended:
                group = group_of(recording)
                counted[group] += 1
                if counted[group] % _EVERY.get(group, 1) == 0:
                    yield recording


def read_sample(take: Take) -> Sample:
    """What a method is given of a take, and what it is compared with."""
    fps = take.track.fps
    track = take.track[: num_frames(_SECONDS, fps)]
    speech = take.speech(mended=True)
    speech = replace(speech, samples=speech.samples[: round(len(track) / fps * speech.sample_rate)], sound=None)
    best = best_frame(track)
    [still] = take.frames([best])
    portrait = portrait_from_image(close_up(still, track.landmarks[best]))
    frames = (chunk.images for chunk in take.chunks())
    confidence = synchrony_of(frames, track, speech).confidence
    return Sample(take, track, with_phones(speech, take.recording.transcript()), portrait, confidence)


def synchrony_of(frames: Iterable[ImageArray], track: FaceTrack, speech: Speech) -> SyncScore:
    """How well picture and sound of a video are in step.

    Args:
        frames: (n, H, W, 3) a few at a time; those beyond the track are not looked at.
        track: of the faces in them.
        speech: its sound.
    """
    network = load_syncnet()
    places, crops, done = network.places(track.landmarks), [], 0
    for images in frames:
        images = images[: len(track) - done]
        crops.append(network.crop(images, places[done : done + len(images)]))
        done += len(images)
        if done >= len(track):
            break
    mouths = np.concatenate(crops)[at_25_fps(len(track), track.fps)]
    return sync_score(network.embed_video(mouths), network.embed_audio(speech, len(mouths)))


def score(landmarks: FloatArray, sample: Sample, confidence: float) -> Score:
    """How landmarks (T, 68, 3) at the track's rate, and a video's confidence, are beside the real video's."""
    reference = head_landmarks(sample.track)
    count = min(len(landmarks), len(reference))
    landmarks, reference = landmarks[:count], reference[:count]
    share = confidence / sample.confidence
    known = sample.take.recording.speaker in _known_to_judge()
    return {
        "clip": sample.take.recording.name,
        "opening": aperture_correlation(landmarks, reference),
        "width": width_correlation(landmarks, reference),
        "swing": _swing(landmarks) / _swing(reference),
        "confidence": share,
        **({} if known else {"confidence, new": share}),
        **rates(landmarks, sample.speech.phones or (), sample.track.fps),
    }


@lru_cache(maxsize=1)
def _known_to_judge() -> frozenset[str]:
    """The speakers from whom the SyncNet that ships has learned, by its card."""
    card = json.loads(WEIGHTS.with_suffix(".json").read_text(encoding="utf-8"))
    return frozenset(card["minutes"])


def _swing(landmarks: FloatArray) -> float:
    low, high = np.percentile(lip_gap(landmarks), (5, 95))
    return float(high - low)


def measure(methods: Iterable[str], corpus: Path, store: Store) -> dict[str, dict[str, list[Score]]]:
    """Group -> method, or the real video -> one score per clip.

    Args:
        methods: their names.
        corpus: the folder of the recordings.
        store: keeps their tracks.
    """
    heads = {name: TalkingHead.from_pretrained(name) for name in methods}
    found: dict[str, dict[str, list[Score]]] = {group: {} for group in GROUPS}
    for take in read_takes(choose_recordings(corpus), store):
        sample, rows = read_sample(take), found[group_of(take.recording)]
        rows.setdefault(REAL, []).append(score(head_landmarks(sample.track), sample, sample.confidence))
        for name, head in heads.items():
            video = head(without_phones(sample.speech), sample.portrait, fps=sample.track.fps)
            frames = list(video.frames)
            track = track_faces(iter(frames))
            confidence = synchrony_of((chunk.images for chunk in frames), track, sample.speech).confidence
            rows.setdefault(name, []).append(score(head_landmarks(track), sample, confidence))
    return {group: rows for group, rows in found.items() if rows}


def summarise(result: Mapping[str, Mapping[str, Sequence[Score]]]) -> dict[str, dict[str, Any]]:
    """The result of ``measure`` without its clips: medians with intervals, and the phones of all clips together."""
    return {
        group: {
            name: {
                **{key: median_interval(own) for key in MEDIANS if (own := [s[key] for s in scores if key in s])},
                **add_up(scores),
            }
            for name, scores in rows.items()
        }
        for group, rows in result.items()
    }


def table(result: Mapping[str, Mapping[str, Any]]) -> str:
    """What ``summarise`` gives as a page."""
    return "\n".join([_TITLE, *lines_of(result)]) + "\n"


def lines_of(result: Mapping[str, Mapping[str, Any]], *, brief: bool = False) -> Iterator[str]:
    """The lines of the table: for each group of clips every method, and then the real video.

    Args:
        result: what ``summarise`` gives.
        brief: whether to leave out intervals, some columns, and groups of few clips.
    """
    medians, counted = (("opening", "confidence"), RATES[:1]) if brief else (tuple(MEDIANS), RATES[::2])
    yield f"| clips | lips by | {' | '.join(MEDIANS[key] for key in medians)} | {' | '.join(counted)} |"
    yield "|---" * (2 + len(medians) + len(counted)) + "|"
    for group, rows in result.items():
        if brief and rows[REAL]["opening"]["clips"] < _FEW:
            continue
        for name in sorted(rows, key=lambda name: (name == REAL, name)):
            row = rows[name]
            title = name if name == REAL else f"**{name}**"
            most = row["opening"]["clips"]
            cells = [
                "1" if name == REAL and key in row else median_cell(row.get(key), most, brief=brief) for key in medians
            ]
            cells += [rate_cell(row, rate) for rate in counted]
            yield f"| {group} ({most}) | {title} | {' | '.join(cells)} |"
