"""Head motion given three seconds of somebody (Chen et al. 2020, section 3.3): a section of "rhythmic_motion"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.data.corpus import Corpus
from talkinghead.data.tracks import Take, read_takes
from talkinghead.methods import get_method, shipped_generator
from talkinghead.methods.rhythmic_head.features import FPS, STRIDE
from talkinghead.methods.rhythmic_head.motion import RhythmicMotion, load_motion, move_head
from talkinghead.methods.rhythmic_head.motion_config import TAU
from talkinghead.methods.rhythmic_head.recordings import FilmedSpeech, read_filmed_speech
from talkinghead.methods.rhythmic_head.reference_motion import ReferenceMotion
from talkinghead.metrics.head_motion import motion_range, spectrum_distance
from talkinghead.metrics.personalisation import cross_validated_accuracy
from talkinghead.motion.idle import idle_head
from talkinghead.pipeline import fit_motion
from talkinghead.store import Store
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import FloatArray, Frames, Portrait, Speech

OWN, MEAN, IDLE, SPEAKER_AWARE, REAL = "given 3 s", "of a picture alone", "idle motion", "makeittalk", "real"
_PIECE = 74  # frames: a clip of GRID
_MOST = 6  # pieces of a person
_HALF_HOUR = 30  # min
_HEADS = """## Heads

Pieces of 3 s of {people} people ({pieces} pieces, two of each person at least). A classifier
(`metrics.personalisation`) that has learned from the real motion of other pieces names the speaker. "{own}": the
head motion learner is given the three seconds before the piece, or three seconds of another recording of the same
person; "{mean}": nothing, and moves as an average person. The spectrum's distance is from the same piece's
real motion.
"""
_BORDER = """Steps from frame to frame where the reference ends and the generated part begins, in degrees, beside all
real steps; and how the step changes there:
"""
_LONG = """Thirty minutes from one reference:
"""


@dataclass(frozen=True)
class Piece:
    """Three seconds of somebody, and the three seconds of theirs that a generator is given.

    Attributes:
        person: rows of the piece.
        reference: what lies before it in the recording, or another recording of the same speaker.
        follows: whether the reference's last frame is the one before the piece.
        take: the recording, for generators that need it.
        first: the frame of the recording, at ``FPS``, with which the piece begins.
    """

    person: FilmedSpeech
    reference: ReferenceMotion
    follows: bool
    take: Take
    first: int


def pieces_of(people: Sequence[tuple[FilmedSpeech, Take]]) -> Iterator[Piece]:
    """Pieces of recordings of 3 s or more, at most ``_MOST`` of a speaker, of speakers with two at least."""
    found: dict[str, list[Piece]] = {}
    for person, take in people:
        others = [other for other, _ in people if other.speaker == person.speaker and other.name != person.name]
        own = found.setdefault(person.speaker, [])
        for first in range(0, len(person) - _PIECE + 1, _PIECE):
            follows = first >= TAU
            given = (person, first) if follows else next(((other, len(other)) for other in others), None)
            if given is not None and given[1] >= TAU and len(own) < _MOST:
                own.append(Piece(_cut(person, first), _reference(*given), follows, take, first))
    for own in found.values():
        yield from own if len(own) > 1 else ()


def _cut(person: FilmedSpeech, first: int) -> FilmedSpeech:
    rows = slice(first, first + _PIECE)
    speech = person.speech[:, STRIDE * rows.start : STRIDE * rows.stop]
    return replace(person, speech=speech, landmarks=person.landmarks[rows], pose=person.pose[rows])


def _reference(person: FilmedSpeech, stop: int) -> ReferenceMotion:
    rows = person.speech[0, STRIDE * (stop - TAU) : STRIDE * stop].astype(np.float32)
    return ReferenceMotion(person.pose[stop - TAU : stop], rows)


def measure(corpus: Path, store: Store, generator: RhythmicMotion | None = None) -> dict[str, Any]:
    """Who is told by the head's motion, its range and spectrum, jumps at the border, and half an hour of it.

    Args:
        corpus: the folder of the recordings.
        store: keeps tracks and features.
        generator: None: the one that ships.
    """
    if generator is None:
        generator = load_motion(get_method("rhythmic_head").find_weights())
    table, features = Corpus.open(corpus), generator.head.config.features
    chosen = [recording for recording in table.recordings() if recording.split in ("research", "unseen")]
    takes = {take.recording.name: take for take in read_takes([r for r in chosen if r.can_be_mended], store)}
    people = [(person, takes[person.name]) for person in read_filmed_speech(chosen, features, store)]
    pieces = list(pieces_of(people))
    aware = shipped_generator("makeittalk")
    rows: dict[str, Callable[[int, Piece], FloatArray]] = {
        REAL: lambda number, piece: piece.person.pose,
        OWN: lambda number, piece: move_head(generator.head, _sound(piece), piece.reference, seed=number),
        MEAN: lambda number, piece: move_head(generator.head, _sound(piece), None, seed=number),
        IDLE: lambda number, piece: idle_head(_PIECE, FPS, seed=number)[0],
        SPEAKER_AWARE: lambda number, piece: _generate(aware, piece, number),
    }
    paths = {name: [make(number, piece) for number, piece in enumerate(pieces)] for name, make in rows.items()}
    speakers = [piece.person.speaker for piece in pieces]
    real = _by_speaker(paths[REAL], speakers)
    result: dict[str, Any] = {"people": len(real), "pieces": len(pieces), "rows": {}}
    for name, own in paths.items():
        made = None if name == REAL else _by_speaker(own, speakers)
        spectra = [spectrum_distance(path[:, :3], piece.person.pose[:, :3], FPS) for path, piece in zip(own, pieces)]
        result["rows"][name] = {
            "told": cross_validated_accuracy(real, FPS, generated=made),
            "range, deg": float(np.median([motion_range(path[:, :3]) for path in own])),
            "spectrum, dB": float(np.median(spectra)),
        }
    return {**result, "border": _border(pieces, paths[OWN], people), "half an hour": _half_hour(generator, pieces)}


def _sound(piece: Piece) -> FloatArray:
    return piece.person.speech[0].astype(np.float32)


def _by_speaker(paths: Sequence[FloatArray], speakers: Sequence[str]) -> dict[str, list[FloatArray]]:
    return {
        name: [path[:, :3] for path, own in zip(paths, speakers) if own == name] for name in dict.fromkeys(speakers)
    }


def _generate(generator: Any, piece: Piece, seed: int) -> FloatArray:
    """(_PIECE, 3) rotation that a generator makes of a piece's sound and the calmest frame of its recording."""
    track = piece.take.track
    best = best_frame(track)
    portrait = Portrait(Frames(np.zeros((1, 16, 16, 3), np.uint8), track.fps), track[best : best + 1])
    speech = piece.take.speech(mended=True)
    first, last = (round(row / FPS * speech.sample_rate) for row in (piece.first, piece.first + _PIECE))
    said = Speech(speech.samples[first:last], speech.sample_rate)
    rotation = fit_motion(generator.generate(said, portrait, seed=seed), said, fps=FPS).rotation
    return np.asarray(rotation[np.minimum(np.arange(_PIECE), len(rotation) - 1)])


def _border(
    pieces: Sequence[Piece], made: Sequence[FloatArray], people: Sequence[tuple[FilmedSpeech, Take]]
) -> dict[str, float]:
    """Steps of the head, in degrees a frame, from the reference to what follows, beside the real ones; and changes of
    the step.
    """
    steps, changes = [], []
    for piece, path in zip(pieces, made):
        joined = np.degrees(np.concatenate([piece.reference.pose[-3:, :3], path[:3, :3]]))
        step = np.diff(joined, axis=0)
        steps.append(np.linalg.norm(step[2]))
        changes.append(np.linalg.norm(np.diff(step, axis=0)[1:3], axis=1).max())
    real = [np.diff(np.degrees(person.pose[:, :3]), axis=0) for person, _ in people]
    real_steps = np.concatenate([np.linalg.norm(step, axis=1) for step in real])
    real_changes = np.concatenate([np.linalg.norm(np.diff(step, axis=0), axis=1) for step in real])
    limits = [float(np.percentile(values, 99)) for values in (real_steps, real_changes)]
    return {
        "largest step": float(max(steps)),
        "real steps, 99 %": limits[0],
        "share of steps below": float(np.mean(np.array(steps) < limits[0])),
        "largest change of step": float(max(changes)),
        "real changes, 99 %": limits[1],
        "share of changes below": float(np.mean(np.array(changes) < limits[1])),
    }


def _half_hour(generator: RhythmicMotion, pieces: Sequence[Piece]) -> dict[str, float]:
    """Thirty minutes of the speaker with the widest reference."""
    piece = max(pieces, key=lambda piece: motion_range(piece.reference.pose[:, :3]))
    count = round(_HALF_HOUR * 60 * FPS)
    spoken = np.concatenate([_sound(other) for other in pieces])
    sound = np.resize(spoken, (STRIDE * count, spoken.shape[1]))
    path = np.degrees(move_head(generator.head, sound, piece.reference, seed=0)[:, :3])
    minutes = path.reshape(_HALF_HOUR, -1, 3)
    ranges = [motion_range(np.radians(minute)) for minute in minutes]
    return {
        "range of the reference, deg": motion_range(piece.reference.pose[:, :3]),
        "least range of a minute, deg": min(ranges),
        "largest range of a minute, deg": max(ranges),
        "largest mean of a minute from the whole, deg": float(np.abs(minutes.mean(axis=1) - path.mean(axis=0)).max()),
        "largest turn from the reference's mean, deg": float(
            np.abs(path - np.degrees(piece.reference.pose[:, :3].mean(axis=0))).max()
        ),
    }


def section(result: Mapping[str, Any]) -> str:
    """The result as Markdown."""
    lines = [_HEADS.format(people=result["people"], pieces=result["pieces"], own=OWN, mean=MEAN)]
    lines += [f"| head | told (chance {1 / result['people']:.0%}) | range, deg | spectrum, dB |", "|---|---|---|---|"]
    for name, row in result["rows"].items():
        lines.append(f"| {name} | {row['told']:.0%} | {row['range, deg']:.1f} | {row['spectrum, dB']:.1f} |")
    for text, part in ((_BORDER, "border"), (_LONG, "half an hour")):
        lines += ["", text, "| measure | value |", "|---|---|"]
        lines += [f"| {name} | {value:.2f} |" for name, value in result[part].items()]
    return "\n".join(lines) + "\n"
