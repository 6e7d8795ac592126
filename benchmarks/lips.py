"""The part "lips": how well lips follow voices, by the landmarks that methods predict, beside other packages."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.intervals import median_cell, median_interval
from benchmarks.left_out import METHOD, load_folds, train_commands
from benchmarks.peer_curves import PEERS, opening_of_phones, read_opening
from benchmarks.voices import predict_landmarks
from talkinghead.data.corpus import Corpus
from talkinghead.data.offsets import shift
from talkinghead.data.recording import MAIN_SPEAKER, OPEN, Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import announce
from talkinghead.evaluation.systems import ENERGY, loud_share
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import LOWER_INNER
from talkinghead.methods import get_method, method_names, shipped_generator
from talkinghead.methods.base import MotionGenerator
from talkinghead.metrics.aperture import aperture, aperture_correlation, width_correlation
from talkinghead.motion.smoothing import smooth
from talkinghead.speech.phones import recognise
from talkinghead.store import Store
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import FloatArray, Frames, Portrait

KNOWN, GRID, OPEN_CLIPS = "GRID s1, val", "GRID, 9 others", "others, open"
HDTF, OTHER, ARABIC = "HDTF", "VoxCeleb2, MEAD, VidTIMIT", "LRC-AR"
GROUPS = (KNOWN, GRID, OPEN_CLIPS, HDTF, OTHER, ARABIC)
"""Whose clips are reported together; no method that ships has learned from the last three, which are for research."""

OWN_PHONES = "phones of this package"
CAUSAL, LEFT_OUT = f"{METHOD}, causal", f"{METHOD}, speaker left out"
MEASURES = {
    "correlation": "Opening, as the files are",
    "in step": "Opening, in step",
    "width": "Width, in step",
}
"""What a clip is scored by -> the heading of its table."""

_TUNED_ON = slice(0, None, 14)  # of the training sentences of GRID s1
_LATE = range(-2, 11)  # frames of 1/25 s
_CUTOFFS_HZ = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 9.0, 25.0)
_FPS = 25.0
_LAST = Path(__file__).with_name("results") / "lips.json"
_TITLE = f"""# How well lips follow voices

The landmarks that methods predict, before any picture is made, so that every clip can be measured: the correlation over
time of the mouth's opening, and of its width, with the tracked clip. The portrait is the clip's own calmest frame.
What is seen of lips and closures once a picture is made is in [retracked](retracked.md).

No method that ships has learned from the people of {HDTF}, of {OTHER}, or of {ARABIC} (Arabic news in
clips of 1.2 s). The clips of the other groups are open, and methods may have learned from them, as the cards of their
weights say: makeittalk from other sentences of GRID s1, GRID's other speakers and from addresses. Sound and picture
of many clips are out of step. "In step" takes off each recording's own offset, which a linear model estimates that no
row has to do with (`data/offsets.csv`); clips for which it is not sure are left out there.

Medians over clips and their bootstrap 95 % interval. Clips of one speaker resemble each other more than the interval
allows for.
"""
_BELOW = f"""## The rows below the methods

- **{CAUSAL}**: `--config causal`, which hears a student of encoder and recogniser, with at most 0.2 s of sound ahead.
  The branch is the same and has learned open clips by the encoder: compare on {HDTF}, {OTHER} and {ARABIC}.
- **{LEFT_OUT}**: open clips by networks that have not learned from their speakers, half of the speakers each. What
  ships is trained for 2,000 steps, each of these for fewer:

{"".join(f"      {command}" + chr(10) for command in train_commands())}
- **{ENERGY}**: the loudness of the sound, in decibels, as in [evaluation](evaluation.md).
- **{OWN_PHONES}**: what the recogniser that ships hears, through the table of openings.
- **hama** 1.7.0 (PyPI, Apache 2.0): its phones, with the times that `phoneme_spans` gives, but 0.2 s at most
  (it lets the last one last to the end), through the same table.
- **headaudio** 0.1.0 (npm, @met4citizen/headaudio, MIT): its node and worklet run as they ship, with default parameters
  and the model that comes along, updated 60 times a second; the fifteen weights that it draws go through the table. It
  never shows `aa`: its node takes that viseme's number, 0, for none.
- **wawa-lipsync** 0.0.2 (npm, MIT): the viseme that it shows, 60 times a second, through the table. Its AnalyserNode is
  written after the specification of Web Audio.

The table says how far the mouth opens on each viseme: the mean over the frames of its phones in training sentences of
GRID s1, which helps all these rows with him. All hear the sound at the loudness that our methods bring it to. None was
made for this measure, and browsers show mouths late and smooth them. So each row is moved in time and smoothed, the
same for all clips, in the way that fits best what methods may learn from as well: training sentences of GRID s1, and
open clips of other people but GRID's s4 and Donald Trump, in step, both weighing the same:

{{settings}}

To make the packages' files again, install them (`npm install @met4citizen/headaudio@0.1.0 wawa-lipsync@0.0.2`, and
`pip install hama==1.7.0` into an environment of its own), then `python -m benchmarks.peer_curves NODE_MODULES PYTHON
runs/peers` hands them every sound; the scripts are in `benchmarks/peers`. `python -m benchmarks lips` reads the files.
Where there are none, the last rows of the packages stay.
"""

Score = dict[str, Any]
Row = Callable[[Take], FloatArray]
"""Makes landmarks (T, 68, 3) of a take's sound, at the rate of its track."""


def all_recordings(corpus: Path) -> Iterator[Recording]:
    """Every recording that is measured or on which rows are tuned."""
    yield from {recording.name: recording for recording in chain(_tuned_on(corpus), _measured(corpus))}.values()


def _tuned_on(corpus: Path) -> Iterator[Recording]:
    """What methods may learn from, too: sentences of GRID s1, and open clips of others."""
    yield from Corpus.open(corpus / "grid_s1").recordings("train")[_TUNED_ON]
    yield from (recording for recording in Corpus.open(corpus / "clips").recordings("train") if recording.can_be_mended)


def _measured(corpus: Path) -> Iterator[Recording]:
    yield from Corpus.open(corpus / "grid_s1").recordings("val")
    for folder in ("clips", "unseen_speakers"):
        if (corpus / folder).is_dir():
            yield from Corpus.open(corpus / folder).recordings()


def group_of(recording: Recording) -> str:
    """One of ``GROUPS``."""
    if recording.speaker == MAIN_SPEAKER:
        return KNOWN
    if recording.dataset in ("GRID", ARABIC):
        return GRID if recording.dataset == "GRID" else ARABIC
    if recording.tier == OPEN:
        return OPEN_CLIPS
    return HDTF if "HDTF" in recording.dataset or "address" in recording.dataset else OTHER


def score(landmarks: FloatArray, take: Take, *, width: bool = True) -> Score:
    """``MEASURES`` of landmarks (T, 68, 3) that were made of a take's sound; those that cannot be told are missing."""
    reference, recording = head_landmarks(take.track), take.recording
    count = min(len(landmarks), len(reference))
    landmarks, reference = landmarks[:count], reference[:count]
    found: Score = {"clip": recording.name, "correlation": aperture_correlation(landmarks, reference)}
    if recording.can_be_mended:
        late = round((recording.offset or 0.0) * take.track.fps)
        landmarks, reference = shift(landmarks, reference, late)
        found["in step"] = aperture_correlation(landmarks, reference)
        if width:
            found["width"] = width_correlation(landmarks, reference)
    return found


def predict(generator: MotionGenerator, take: Take) -> FloatArray:
    """(T, 68, 3) landmarks from a take's sound and the face in its calmest frame, of which no pixel counts."""
    return predict_landmarks(generator, take.speech(), calmest_face(take), take.track.fps)


def calmest_face(take: Take) -> Portrait:
    """The face in a take's calmest frame, without its picture."""
    best = best_frame(take.track)
    track = take.track[best : best + 1]
    return Portrait(Frames(np.zeros((1, 16, 16, 3), np.uint8), track.fps), track)


def landmarks_of(opening: FloatArray) -> FloatArray:
    """(T, 68, 3) landmarks of a mouth that only opens, by so much (T,)."""
    landmarks = np.zeros((len(opening), 68, 3))
    landmarks[:, LOWER_INNER, 1] = opening[:, None]
    return landmarks


def adjust(opening: FloatArray, fps: float, *, late: int, cutoff_hz: float) -> FloatArray:
    """An opening (T,) smoothed, and earlier by ``late`` frames of 1/25 s."""
    return _earlier(smooth(opening, fps, cutoff_hz=cutoff_hz), round(late / _FPS * fps))


def _earlier(opening: FloatArray, rows: int) -> FloatArray:
    return np.asarray(opening[(np.arange(len(opening)) + rows).clip(0, len(opening) - 1)])


def tune(openings: Sequence[FloatArray], takes: Sequence[Take]) -> dict[str, float]:
    """The ``late`` and ``cutoff_hz`` of ``adjust`` that fit best in step, by the medians of GRID s1 and of others."""
    tracked = [aperture(head_landmarks(take.track)) for take in takes]
    groups = np.array([take.recording.speaker == MAIN_SPEAKER for take in takes])
    best, found = -np.inf, {"late": 0.0, "cutoff_hz": 0.0}
    for cutoff in _CUTOFFS_HZ:
        smoothed = [smooth(opening, take.track.fps, cutoff_hz=cutoff) for opening, take in zip(openings, takes)]
        for late in _LATE:
            fits = np.array([_fit(row, real, take, late) for row, real, take in zip(smoothed, tracked, takes)])
            fit = float(np.mean([np.median(fits[groups == group]) for group in set(groups)]))
            if fit > best:
                best, found = fit, {"late": late, "cutoff_hz": cutoff}
    return found


def _fit(opening: FloatArray, tracked: FloatArray, take: Take, late: int) -> float:
    """The correlation in step of an opening (T,) that is late by so many frames of 1/25 s."""
    moved = _earlier(opening, round(late / _FPS * take.track.fps))
    count, offset = min(len(moved), len(tracked)), round((take.recording.offset or 0.0) * take.track.fps)
    return aperture_correlation(*map(landmarks_of, shift(moved[:count], tracked[:count], offset)))


def _simple_rows(peers: Path) -> dict[str, Row]:
    """The rows that only open the mouth: (T,) openings."""

    def of_peer(name: str) -> Row:
        return lambda take: read_opening(peers / name / f"{take.recording.name}.json", take.track.fps, len(take.track))

    there = [name for name in PEERS if (peers / name).is_dir()]
    if len(there) < len(PEERS):
        announce(f"{peers} lacks files of {', '.join(sorted({*PEERS} - {*there}))}: their last rows stay.")
    return {
        ENERGY: lambda take: loud_share(take.speech(), take.track.fps, len(take.track)),
        OWN_PHONES: lambda take: opening_of_phones(recognise(take.speech()), take.track.fps, len(take.track)),
        **{name: of_peer(name) for name in there},
    }


def measure(corpus: Path, runs: Path) -> dict[str, Any]:
    """The results of ``tune`` by row ("settings"), and one score per clip by group and row ("clips").

    Args:
        corpus: the folder of the recordings.
        runs: the folder of results: ``store`` in it keeps tracks, ``peers`` has the packages' files.
    """
    store, simple = Store(runs / "store"), _simple_rows(runs / "peers")
    tuned_on = list(read_takes(_tuned_on(corpus), store))
    settings = {name: tune([row(take) for take in tuned_on], tuned_on) for name, row in simple.items()}
    generators = {name: shipped_generator(name) for name in method_names()}
    method = get_method(METHOD)
    generators[CAUSAL] = method.generator(method.find_weights("causal"))
    folds = load_folds(runs)
    found: dict[str, dict[str, list[Score]]] = {group: {} for group in GROUPS}
    for take in read_takes(_measured(corpus), store):
        rows, speaker = found[group_of(take.recording)], take.recording.speaker
        unseen = {LEFT_OUT: folds[speaker]} if speaker in folds else {}
        for name, generator in (generators | unseen).items():
            rows.setdefault(name, []).append(score(predict(generator, take), take))
        for name, row in simple.items():
            made = adjust(row(take), take.track.fps, **settings[name])
            rows.setdefault(name, []).append(score(landmarks_of(made), take, width=False))
    return {"settings": settings, "clips": {group: rows for group, rows in found.items() if rows}}


def summarise(result: Mapping[str, Any], last: Path = _LAST) -> dict[str, Any]:
    """The result of ``measure`` without its clips: group -> row -> measure -> median and interval.

    Args:
        result: of ``measure``.
        last: the record from which rows of packages are taken whose files were not there.
    """
    groups = {
        group: {
            name: {
                key: median_interval(values)
                for key in MEASURES
                if (values := [score[key] for score in scores if key in score])
            }
            for name, scores in rows.items()
        }
        for group, rows in result["clips"].items()
    }
    settings = dict(result["settings"])
    before = json.loads(last.read_text(encoding="utf-8"))["result"] if last.exists() else {"settings": {}, "groups": {}}
    for name in (*PEERS, LEFT_OUT):
        if name in before["settings"] and name not in settings:
            settings[name] = before["settings"][name]
        for group in groups.keys() & before["groups"].keys():
            if name in before["groups"][group]:
                groups[group].setdefault(name, before["groups"][group][name])
    return {"settings": settings, "groups": groups}


def table(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives as a page."""
    tables = [f"## {title}\n\n{table_of(result, key)}" for key, title in MEASURES.items()]
    settings = "\n".join(
        f"- {name}: taken to be {row['late'] / _FPS:.2f} s late, smoothed by a low-pass of {row['cutoff_hz']:g} Hz"
        for name, row in result["settings"].items()
    )
    return "\n".join([_TITLE, *tables, _BELOW.format(settings=settings)])


def table_of(result: Mapping[str, Any], key: str, *, without: Container[str] = ()) -> str:
    """One of ``MEASURES`` in what ``summarise`` gives: a row for each maker, a column for each group."""
    groups = {group: rows for group, rows in result["groups"].items() if group not in without}
    found = {
        group: {name: row[key] for name, row in rows.items() if key in row and name not in without}
        for group, rows in groups.items()
    }
    most = {group: max((row["clips"] for row in rows.values()), default=0) for group, rows in found.items()}
    heads = [f"{group} ({count})" for group, count in most.items()]
    lines = [f"| lips by | {' | '.join(heads)} |", "|---" * (1 + len(groups)) + "|"]
    for name in dict.fromkeys(chain.from_iterable(found.values())):
        cells = [median_cell(rows.get(name), most[group]) for group, rows in found.items()]
        lines.append(f"| {_bold(name)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _bold(name: str) -> str:
    return f"**{name}**" if name in method_names() else name
