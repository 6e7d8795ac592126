"""The part "facial": table 1 of FACIAL for people from parts of their videos, tested on the rest."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.intervals import cell, interval
from benchmarks.retracked import REAL, Sample, read_sample, synchrony_of
from benchmarks.speed import FPS, SECONDS, write_speech
from benchmarks.voices import without_phones
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import read_takes
from talkinghead.errors import announce
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.face.pose import head_landmarks
from talkinghead.media import read_speech
from talkinghead.methods import get_renderer, method_names
from talkinghead.methods.base import MotionGenerator
from talkinghead.methods.facial.motion import FacialMotion
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.metrics.blinks import blink_duration, find_blinks
from talkinghead.metrics.cpbd import cpbd
from talkinghead.metrics.head_motion import motion_range
from talkinghead.metrics.lip_landmarks import lip_landmark_distance
from talkinghead.person import Person, is_person, open_person
from talkinghead.pipeline import TalkingHead
from talkinghead.store import Store, file_digest
from talkinghead.tracking import portrait_from_image, track_faces
from talkinghead.types import FaceTrack, FloatArray, Frames, ImageArray, Speech

METHOD = "facial"
OWN, ANYBODY = f"{METHOD}, adapted", f"{METHOD}, for anybody"
PEOPLE: Mapping[str, tuple[str, str]] = {
    "s4": ("GRID-s4", "vid2speech__grid_s4_p*.mp4"),
    "obama": ("Barack Obama", "styletalk__Obama_clip1.mp4"),
    "ng": ("Andrew Ng", "styletalk__andrew_clip_1.mp4"),
}
"""Folder of a person -> who it is, and the videos from which they are made; all others of the corpus are the test."""

MEASURES: Mapping[str, tuple[str, int]] = {
    "lmd": ("LMD, px of 256", 2),
    "opening": ("opening, correlation", 2),
    "cpbd": ("CPBD", 3),
    "offset": ("AV offset within a frame", 2),
    "confidence": ("AV confidence", 2),
    "head": ("head's range", 2),
}
"""What a clip is scored by -> the heading of its column, and digits."""

PAPER = {"lmd": 3.57, "cpbd": 0.314, "blinks": 0.39, "length": 0.26}
"""What the paper reports of its own videos."""

_SIDES, _DRAWN_S = (256, 512), 6.0  # px of pictures, and seconds of speech, by which the speed of drawing is measured
_PICTURES = 8  # of a clip, whose sharpness is measured
_TITLE = """# FACIAL

As in table 1 of Zhang et al. 2021, for people of whom there is more than one clip: each is made from some of their
clips by `talkinghead adapt`, and made to say what the others say. The portrait is the calmest frame of the test clip
(256 px, a close-up, at most 8 s); what is rendered is tracked again.

LMD: mean distance of the 20 lip landmarks in px of 256, their means taken off. CPBD: sharpness of the frames. AV offset
within a frame: in how many clips. AV confidence and the head's range (standard deviation of its turns) are divided by
the real video's. Blinks of all clips together; the paper calls their length "inter-blink duration". Means and 95 %
bootstrap intervals over clips.
"""
_COST = """## Speed, and ten minutes

Seconds of speech for which motion is made in a second, and pictures per second of the renderer for a person, beside
warping in the same run, on {cores:.0f} cores. Over ten minutes of speech: the 99th percentile of how far attributes
jump from one frame to the next where one window follows another, divided by that within windows; and by how many
degrees the head's mean turn of the last minute is away from that of the first.

"""
_MADE = """## How the people were made

"""

Score = dict[str, Any]


def adapt_commands() -> Iterator[str]:
    """The command that makes each of ``PEOPLE``."""
    for folder, (speaker, videos) in PEOPLE.items():
        yield (
            f'talkinghead adapt CORPUS/clips/{videos} -o runs/persons/{folder} --method {METHOD} --name "{speaker}" '
            '--consent "Recordings of a public corpus."'
        )


def test_recordings(corpus: Path, person: Person, speaker: str) -> list[Recording]:
    """The clips of a speaker from which the person was not made, of which the offset of sound and picture is known."""
    learned = {video.digest for video in person.record.videos}
    return [
        clip
        for clip in Corpus.open(corpus / "clips").recordings()
        if clip.speaker == speaker and clip.can_be_mended and file_digest(clip.video) not in learned
    ]


def score(images: ImageArray, track: FaceTrack, sample: Sample, *, real: Mapping[str, float] | None) -> Score:
    """``MEASURES`` of a video, and its blinks: their number, their length in s, and the seconds they were counted in.

    Args:
        images: (T, H, W, 3) uint8.
        track: of the face in them.
        sample: the clip that it repeats, its own video being ``real``'s.
        real: what that video scores; None: this is it.
    """
    count = min(len(track), len(sample.track))
    own, wanted = head_landmarks(track)[:count], head_landmarks(sample.track)[:count]
    pixels, real_pixels = (_in_256(each[:count]) for each in (track, sample.track))
    found = synchrony_of(iter([images]), track, sample.speech)
    chosen = images[np.linspace(0, len(images) - 1, _PICTURES).round().astype(int)]
    length = blink_duration(track.blink, track.fps)
    return {
        "lmd": lip_landmark_distance(pixels, real_pixels),
        "opening": aperture_correlation(own, wanted),
        "cpbd": float(np.nanmean([cpbd(picture) for picture in chosen])),
        "offset": float(abs(found.offset) <= 1),
        "confidence": found.confidence / (found.confidence if real is None else real["raw confidence"]),
        "raw confidence": found.confidence,
        "head": motion_range(track.rotation) / max(motion_range(sample.track.rotation), 1e-6),
        "blinks": float(len(find_blinks(track.blink, track.fps))),
        "blink seconds": float(length),
        "seconds": len(track) / track.fps,
    }


def _in_256(track: FaceTrack) -> FloatArray:
    """(T, 68, 2) landmarks, in px of a close-up of 256 px that the face fills as in ``voices.close_up``."""
    points = track.landmarks[:, MESH_OF_68, :2]
    side = float(np.median(np.ptp(points, axis=1).max(axis=-1)))
    return np.asarray(points * (128.0 / max(side, 1e-6)))


def measure(corpus: Path, store: Store, persons: Path) -> dict[str, Any]:
    """ "people": speaker -> row -> one score per clip; and "cost", see ``measure_cost``.

    People whose folder is not there are left out, which is announced.

    Args:
        corpus: the folder of the recordings.
        store: keeps tracks.
        persons: the folder of ``PEOPLE``.
    """
    anybody = {ANYBODY: TalkingHead.from_pretrained(METHOD)}
    anybody |= {name: TalkingHead.from_pretrained(name) for name in method_names() if name != METHOD}
    people: dict[str, dict[str, list[Score]]] = {}
    cost: dict[str, float] = {}
    for (folder, (speaker, _)), command in zip(PEOPLE.items(), adapt_commands(), strict=True):
        if not is_person(persons / folder):
            announce(f"{persons / folder} is not there, {speaker} is left out: {command}")
            continue
        person = open_person(persons / folder)
        heads = {OWN: TalkingHead.from_pretrained(METHOD, person=person), **anybody}
        rows: dict[str, list[Score]] = {}
        for take in read_takes(test_recordings(corpus, person, speaker), store):
            sample = read_sample(take)
            for name, value in _rows(sample, heads):
                rows.setdefault(name, []).append({"clip": take.recording.name, **value})
        people[speaker], cost = rows, cost or measure_cost(person)
    return {"people": people, "cost": cost}


def measure_cost(person: Person) -> dict[str, float]:
    """Speed of motion and pictures of a person, and what ten minutes show of seams and drift; see the page."""
    found = {"cores": float(os.cpu_count() or 1)}
    own = TalkingHead.from_pretrained(METHOD, person=person)
    portrait = person.portrait()
    with tempfile.TemporaryDirectory() as name:
        write_speech(SECONDS, Path(name) / "speech.wav")
        speech = read_speech(Path(name) / "speech.wav")
    own.motion(speech, portrait)
    began = time.perf_counter()
    motion = own.motion(speech, portrait)[: round(_DRAWN_S * FPS)]
    found["motion, times real time"] = SECONDS / (time.perf_counter() - began)
    for side in _SIDES:
        sized = portrait_from_image(cv2.resize(portrait.picture, (side, side), interpolation=cv2.INTER_AREA))
        for label, renderer in (("render-to-video", own.renderer_for(portrait)), ("warp", get_renderer("warp"))):
            list(renderer.render(motion[:8], sized))
            began = time.perf_counter()
            count = sum(len(chunk) for chunk in renderer.render(motion, sized))
            found[f"{label}, frames per second at {side} px"] = count / (time.perf_counter() - began)
    return found | _measure_ten_minutes(own.generator, speech)


def _measure_ten_minutes(generator: MotionGenerator, speech: Speech) -> dict[str, float]:
    assert isinstance(generator, FacialMotion)
    config, rate = generator.network.config, generator.fps
    features = generator.compute_features(speech, gain=1.0)
    count = round(600 * rate)
    pieces = list(generator.windows(np.tile(features, (-(-count // len(features)), 1))[:count]))
    made = np.concatenate(pieces)
    jumps = np.linalg.norm(np.diff(made / made.std(axis=0).clip(1e-6), axis=0), axis=1)
    borders = np.cumsum([len(piece) for piece in pieces[:-1]]) - 1
    inside = np.delete(jumps, borders)
    turns = np.degrees(made[:, config.expression_size : config.expression_size + 3])
    minute = round(60 * rate)
    return {
        "jump between windows": float(np.percentile(jumps[borders], 99) / np.percentile(inside, 99)),
        "drift of the head, degrees": float(np.abs(turns[-minute:].mean(axis=0) - turns[:minute].mean(axis=0)).max()),
    }


def _rows(sample: Sample, heads: Mapping[str, TalkingHead]) -> Iterator[tuple[str, Score]]:
    """The real video's scores, and those of each way to make it again."""
    pictures = np.concatenate([chunk.images for chunk in sample.take.chunks()])[: len(sample.track)]
    real = score(pictures, sample.track, sample, real=None)
    yield REAL, real
    for name, head in heads.items():
        video = head(without_phones(sample.speech), sample.portrait, fps=sample.track.fps)
        frames = list(video.frames)
        images = np.concatenate([chunk.images for chunk in frames])
        track = track_faces(iter([Frames(images, sample.track.fps)]))
        yield name, score(images, track, sample, real=real)


def summarise(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of ``measure`` without its clips."""
    people: Mapping[str, Mapping[str, Sequence[Score]]] = result["people"]
    return {
        "people": {
            speaker: {name: _summarise_row(scores) for name, scores in rows.items()} for speaker, rows in people.items()
        },
        "cost": result["cost"],
    }


def _summarise_row(scores: Sequence[Score]) -> dict[str, Any]:
    return {
        **{key: interval([score[key] for score in scores]) for key in MEASURES},
        "blinks": sum(score["blinks"] for score in scores) / sum(score["seconds"] for score in scores),
        "length": _mean_length(scores),
    }


def _mean_length(scores: Iterable[Score]) -> float | None:
    lengths = [score["blink seconds"] for score in scores if np.isfinite(score["blink seconds"])]
    return float(np.mean(lengths)) if lengths else None


def table(result: Mapping[str, Mapping[str, Any]]) -> str:
    """What ``summarise`` gives as a page."""
    lines = [_TITLE]
    for speaker, rows in result["people"].items():
        clips = next(iter(rows.values()))["lmd"]["clips"]
        heads = [heading for heading, _ in MEASURES.values()]
        lines += [f"## {speaker}, {clips} clips\n", f"| row | {' | '.join(heads)} | blinks per s | their length, s |"]
        lines.append("|---" * (3 + len(heads)) + "|")
        lines.append(_published())
        lines += [_line(name, row) for name, row in rows.items()]
        lines.append("")
    if cost := result["cost"]:
        lines += [_COST.format(cores=cost["cores"]), "| what | value |", "|---|---|"]
        lines += [f"| {name} | {value:.3g} |" for name, value in cost.items() if name != "cores"]
        lines.append("")
    lines.append(_MADE + "\n".join(f"    {command}" for command in adapt_commands()))
    return "\n".join(lines) + "\n"


def _published() -> str:
    cells = [f"{PAPER[key]:g}" if key in PAPER else "" for key in MEASURES]
    return f"| *published, other videos* | {' | '.join(cells)} | {PAPER['blinks']:g} | {PAPER['length']:g} |"


def _line(name: str, row: Mapping[str, Any]) -> str:
    cells = [cell(row[key], digits) for key, (_, digits) in MEASURES.items()]
    length = "-" if row["length"] is None else f"{row['length']:.2f}"
    return f"| {name} | {' | '.join(cells)} | {row['blinks']:.2f} | {length} |"
