"""Of "facial": the persons, what was held back of their videos, and table 1 of Zhang et al. 2021 on it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.intervals import Interval, cell, compare, interval
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import announce
from talkinghead.evaluation.pair import evaluate_pair
from talkinghead.media import VideoReader, save_video
from talkinghead.motion.tracked import motion_of_track
from talkinghead.person import Person, open_person
from talkinghead.pipeline import TalkingHead
from talkinghead.store import Store, file_digest
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import Speech, Video

NAMES = ("s1", "s4", "obama")
"""Folders of the persons."""

REAL, ANYBODY = "the real video", "facial, for anybody"
OWN, WARPED = "facial, for the person", "facial, the person's motion, warped"
TRACKED = "real landmarks, drawn"
_OTHERS = ("makeittalk", "attentional_landmarks")
ROWS = (REAL, OWN, WARPED, ANYBODY, *_OTHERS, TRACKED)
_MOST = 6  # clips of a person
_FEW = 3  # clips of which a comparison can be made
_LMD = "lmd"
_MEASURES = (_LMD, "lmd-128", "cpbd", "sync-offset", "sync-confidence")
_HEADINGS = ("LMD, px", "LMD at 128", "CPBD", "AV offset, frames", "AV confidence, of the real", "CPBD, of the real")
_SPLITS = ("test", "unseen")
_PAPER_LMD = 3.57
_TITLE = f"""## Table 1: clips that were held back

The person's picture says the sound of clips that were held back; what is written is tracked again and held against
the real clip. "For anybody" and the other methods are given the same picture. LMD is in px of the clip, and with the
face's square scaled to 128 px; the paper prints {_PAPER_LMD} px, of a size that it does not state. The offset is the
largest of all clips, of either sign. AV confidence is of the SyncNet that ships. Means over clips and their bootstrap
95 % interval; `*` marks rows than which the first row of the person's has a lower LMD, `!` rows than which it has a
higher one. "Warped" are videos in which the person's motion moves their picture, without a renderer of their own.
"Drawn" are the landmarks of the real clip, moved onto the same picture and drawn as in the first row of the person's:
what a perfect motion would be given. SyncNet has learned from other sentences of GRID's s1 and from all clips of s4,
not from {{obama}}.
"""

Scores = dict[str, float]


@dataclass(frozen=True)
class Somebody:
    """A person, and recordings that nothing of theirs was learned from.

    Attributes:
        person: adapted.
        speaker: as the corpus calls them.
        held_out: recordings, or parts of them.
    """

    person: Person
    speaker: str
    held_out: tuple[Recording, ...]


def find_people(persons: Path, corpus: Path) -> Iterator[Somebody]:
    """The persons of a folder that there are.

    Of a person made of clips, other clips of the same size are held out; of one made of the first minutes of a video,
    the rest of it.

    Args:
        persons: with the folders ``NAMES`` in it.
        corpus: the folder of the recordings.
    """
    table = Corpus.open(corpus)
    for name in NAMES:
        if not (persons / name / "person.json").is_file():
            continue
        person = open_person(persons / name)
        known = {video.digest for video in person.record.videos}
        paths = {path.name for path in person.videos()}
        [own, *_] = [recording for recording in table.recordings() if recording.video.name in paths]
        yield Somebody(person, own.speaker, tuple(_held_out(person, table.recordings(speakers=(own.speaker,)), known)))


def _held_out(person: Person, recordings: Sequence[Recording], known: set[str]) -> Iterator[Recording]:
    minutes, size = person.record.minutes, person.portrait().size
    for recording in recordings:
        learned = file_digest(recording.video) in known
        if learned and minutes is not None:
            yield replace(recording, part=(60 * minutes / VideoReader(recording.video).duration, 1.0))
        if not learned and minutes is None and recording.split in _SPLITS and VideoReader(recording.video).size == size:
            yield recording


def measure_person(
    somebody: Somebody, store: Store, scratch: Path, *, only: Collection[str] = ROWS
) -> dict[str, list[Scores]]:
    """Row -> scores of each clip.

    Args:
        somebody: of ``find_people``.
        store: keeps tracks.
        scratch: folder for videos.
        only: which rows.
    """
    load: dict[str, Callable[[], TalkingHead]] = {
        OWN: partial(TalkingHead.from_pretrained, "facial", person=somebody.person),
        WARPED: partial(TalkingHead.from_pretrained, "facial", person=somebody.person, renderer="warp"),
        ANYBODY: partial(TalkingHead.from_pretrained, "facial"),
        **{name: partial(TalkingHead.from_pretrained, name) for name in _OTHERS},
    }
    if not has_renderer(somebody.person):
        announce(f"{somebody.person.folder} has no renderer of facial: the row {OWN!r} is left out.")
        del load[OWN]
    heads = {name: load[name]() for name in load if name in only}
    drawn_by = load[OWN if OWN in load else WARPED]() if TRACKED in only else None
    portrait, held = somebody.person.portrait(reference=True), somebody.held_out
    chosen = [held[row] for row in dict.fromkeys(np.linspace(0, len(held) - 1, _MOST).round().astype(int))]
    scratch.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list[Scores]] = {}
    for number, take in enumerate(read_takes(chosen, store)):
        speech, fps = sound_of(take), take.track.fps
        real = scratch / f"{somebody.person.name}-{number}-real.mp4"
        save_video(Video(take.chunks(), speech, fps, len(take.track)), real, overwrite=True)
        if REAL in only:
            rows.setdefault(REAL, []).append(_score(real, real, scratch))
        for name, head in heads.items():
            made = scratch / f"{somebody.person.name}-{number}-{'-'.join(re.findall('[a-z_]+', name))}.mp4"
            save_video(head(speech, portrait, fps=fps, seed=number), made, overwrite=True)
            rows.setdefault(name, []).append(_score(made, real, scratch))
        if drawn_by is not None:
            made = scratch / f"{somebody.person.name}-{number}-drawn.mp4"
            motion = motion_of_track(take.track, best_frame(take.track))
            save_video(drawn_by.video(motion, portrait, speech), made, overwrite=True)
            rows.setdefault(TRACKED, []).append(_score(made, real, scratch))
    return rows


def has_renderer(person: Person) -> bool:
    """Whether rendering-to-video has learned a person."""
    return (person.folder / "weights" / "facial" / "video.safetensors").is_file()


def sound_of(take: Take) -> Speech:
    """The sound of a take, in step with its frames and as long as they."""
    speech = take.speech(mended=True)
    samples = speech.samples[: round(len(take.track) / take.track.fps * speech.sample_rate)]
    return replace(speech, samples=samples, sound=None)


def _score(made: Path, real: Path, scratch: Path) -> Scores:
    values = evaluate_pair(made, real, measures=_MEASURES, cache=scratch / "cache").values
    return {name: float(value) for name, value in values.items()}


def summarise_people(result: Mapping[str, Mapping[str, Sequence[Scores]]]) -> dict[str, dict[str, Any]]:
    """Speaker -> row -> what ``section`` tells."""
    return {speaker: _summarise_rows(rows) for speaker, rows in result.items()}


def _summarise_rows(rows: Mapping[str, Sequence[Scores]]) -> dict[str, dict[str, Any]]:
    real, best = rows[REAL], OWN if OWN in rows else WARPED
    summary: dict[str, dict[str, Any]] = {}
    for name, scores in rows.items():
        own: dict[str, Interval] = {}
        for measured in (_LMD, "lmd-128"):
            values, reference = ([score[measured] for score in row] for row in (scores, rows[best]))
            compared = name not in (best, REAL, TRACKED) and len(values) >= _FEW
            own[measured] = compare(values, reference, higher_is_better=False) if compared else interval(values)
        own["cpbd"] = interval([score["cpbd"] for score in scores])
        shares = {
            f"{measured} of the real": _mean(scores, measured) / _mean(real, measured)
            for measured in ("sync-confidence", "cpbd")
        }
        summary[name] = {**own, **shares, "sync-offset": max((s["sync-offset"] for s in scores), key=abs)}
    return summary


def _mean(scores: Sequence[Scores], measured: str) -> float:
    return float(np.mean([score[measured] for score in scores if math.isfinite(score[measured])]))


def people_section(summary: Mapping[str, Mapping[str, Any]]) -> str:
    """What ``summarise_people`` gives as Markdown."""
    lines = [_TITLE.format(obama="Barack Obama")]
    for speaker, rows in summary.items():
        clips = rows[REAL][_LMD]["clips"]
        lines += [f"{speaker} ({clips} clip{'s' if clips > 1 else ''}):", "", f"| | {' | '.join(_HEADINGS)} |"]
        lines.append("|---" * (1 + len(_HEADINGS)) + "|")
        for name, row in rows.items():
            cells = [_cell(row[_LMD], 2), _cell(row["lmd-128"], 2), _cell(row["cpbd"], 3), f"{row['sync-offset']:.0f}"]
            cells += [f"{row['sync-confidence of the real']:.2f}", f"{row['cpbd of the real']:.2f}"]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _cell(row: Interval, digits: int) -> str:
    return cell(row, digits) if row["clips"] > 1 else f"{row['mean'][0]:.{digits}f}"
