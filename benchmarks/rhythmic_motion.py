"""The part "rhythmic_motion": Chen et al. 2020, the audio half: table 1, and head motion given three seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import rhythmic_heads
from benchmarks.evaluation import ALL_MEASURES, unit_of
from benchmarks.intervals import cell, compare, interval
from benchmarks.lips import ARABIC, HDTF, OTHER, calmest_face, group_of, predict
from talkinghead.data.corpus import Corpus
from talkinghead.data.offsets import shift
from talkinghead.data.tracks import Take, read_takes
from talkinghead.evaluation.result import values_of
from talkinghead.evaluation.run import evaluate_corpus
from talkinghead.face.landmarks import LIPS
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import closed_mouth
from talkinghead.methods import method_names, shipped_generator
from talkinghead.metrics.aperture import aperture_correlation
from talkinghead.store import Store
from talkinghead.types import FloatArray

_METHOD = "rhythmic_head"
_CLIPS = 11  # of table 1, from pictures that are made
STILL = "a closed mouth"
"""The row of lips that do not move at all."""

_LANDMARK_CLIPS = 12  # of each group, from landmarks alone
_GROUPS = (HDTF, OTHER, ARABIC)
_MEASURES = ("lmd", "csim", "ssim", "aperture-correlation")
_HIGHER = ("opening", "csim", "ssim", "aperture-correlation")
_LANDMARK_DIGITS = {"LMD, % of the eye distance": 2, "opening": 3}
_PICTURE_DIGITS = {"lmd": 2, "csim": 3, "ssim": 3, "aperture-correlation": 3}
_TITLE = """# Rhythmic Head Motion: what sound moves

Chen et al. 2020, table 1 and section 3.3. No method has learned from the people on this page. Means over clips and
their bootstrap 95 % interval; * marks methods than which rhythmic_head is better, ! those than which it is worse.
"""
_PICTURES = """## Table 1, audio-driven

The first 6 s of {clips} of VoxCeleb2's clips, from one picture, each method with its own renderer, tracked again. The
paper prints for VoxCeleb2 and K = 1: LMD 3.37, CSIM 0.42, SSIM 0.74; its clips, crop and detector are not ours.
"""
_LANDMARKS = """## Lips, before any picture is made

One clip of each speaker, its own calmest face, each recording's offset of sound and picture taken off. LMD is the
distance of the lips' landmarks in the head frame. It rewards lips that hardly move: where a method has the smallest
distance, its opening may follow the real one least.
"""


_HELD = f"""The row "{STILL}" tells how near lips come that do not move at all.
"""


def measure_landmarks(corpus: Path, store: Store) -> dict[str, dict[str, list[dict[str, float]]]]:
    """Group -> method -> scores of clips: lips' LMD in the head frame and correlation of the opening, both in step."""
    generators = {name: shipped_generator(name) for name in method_names()}
    found: dict[str, dict[str, list[dict[str, float]]]] = {group: {} for group in _GROUPS}
    recordings = [*Corpus.open(corpus / "clips").recordings(), *Corpus.open(corpus / "unseen_speakers").recordings()]
    chosen = [recording for recording in recordings if recording.can_be_mended and group_of(recording) in _GROUPS]
    counts = dict.fromkeys(_GROUPS, 0)
    speakers: set[str] = set()
    for recording in chosen:
        group = group_of(recording)
        if counts[group] == _LANDMARK_CLIPS or recording.speaker in speakers:
            continue
        for take in read_takes([recording], store):
            counts[group] += 1
            speakers.add(recording.speaker)
            reference = head_landmarks(take.track)
            found[group].setdefault(STILL, []).append(_score(hold_mouth(take), reference, take))
            for name, generator in generators.items():
                found[group].setdefault(name, []).append(_score(predict(generator, take), reference, take))
    return found


def hold_mouth(take: Take) -> FloatArray:
    """(T, 68, 3) the landmarks of a take's calmest frame, the lips closed, again and again."""
    return np.repeat(closed_mouth(calmest_face(take).landmarks)[None], len(take.track), axis=0)


def _score(made: FloatArray, reference: FloatArray, take: Take) -> dict[str, float]:
    count = min(len(made), len(reference))
    late = round((take.recording.offset or 0.0) * take.track.fps)
    made, reference = shift(made[:count], reference[:count], late)
    lips = np.linalg.norm((made - reference)[:, LIPS, :2], axis=-1).mean()
    return {"LMD, % of the eye distance": 100 * float(lips), "opening": aperture_correlation(made, reference)}


def measure_pictures(corpus: Path, runs: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Table 1: method -> measure -> clip -> value, of clips of unseen people, drawn by each method's own renderer."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name in method_names():
        result = evaluate_corpus(
            name,
            corpus / "clips",
            split="VoxCeleb2",
            out=runs / "rhythmic_motion" / name,
            systems=[name],
            measures=_MEASURES,
            limit=_CLIPS,
            jobs=1,
        )
        system = result["systems"][name]
        found[name] = {measure: values_of(system, measure) for measure in _MEASURES}
    return found


def measure(corpus: Path, runs: Path) -> dict[str, Any]:
    """All of it.

    Args:
        corpus: the folder of the recordings.
        runs: the folder of results, with ``store`` for tracks and features.
    """
    store = Store(runs / "store")
    return {
        "heads": rhythmic_heads.measure(corpus, store),
        "landmarks": measure_landmarks(corpus, store),
        "pictures": measure_pictures(corpus, runs),
    }


def summarise(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of ``measure`` without its clips."""
    pictures = result["pictures"]
    shared = {
        measured: [
            clip for clip in pictures[_METHOD][measured] if all(clip in own[measured] for own in pictures.values())
        ]
        for measured in _MEASURES
    }
    values = {
        name: {measured: [own[measured][clip] for clip in shared[measured]] for measured in _MEASURES}
        for name, own in pictures.items()
    }
    return {
        "heads": result["heads"],
        "landmarks": {
            group: _compare(
                {name: {key: [score[key] for score in scores] for key in scores[0]} for name, scores in own.items()}
            )
            for group, own in result["landmarks"].items()
            if own
        },
        "pictures": _compare(values),
    }


def _compare(values: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, Any]:
    """Method -> measure -> mean and interval, compared with this method's."""
    return {
        name: {
            key: interval(row)
            if name == _METHOD
            else compare(row, values[_METHOD][key], higher_is_better=key in _HIGHER)
            for key, row in own.items()
        }
        for name, own in values.items()
    }


def page(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives, as a page."""
    clips = result["pictures"][_METHOD]["lmd"]["clips"]
    lines = [_TITLE, _PICTURES.format(clips=clips), *_table(result["pictures"], _PICTURE_DIGITS), "", _LANDMARKS]
    lines += [_HELD] if any(STILL in own for own in result["landmarks"].values()) else []
    for group, own in result["landmarks"].items():
        lines += [f"{group}:", "", *_table(own, _LANDMARK_DIGITS), ""]
    return "\n".join([*lines, rhythmic_heads.section(result["heads"])])


def _heading(measured: str) -> str:
    if measured not in ALL_MEASURES:
        return measured
    unit = unit_of(measured)
    return ALL_MEASURES[measured].title + (f", {unit}" if unit else "")


def _table(rows: Mapping[str, Mapping[str, Any]], digits: Mapping[str, int]) -> list[str]:
    lines = [f"| method | {' | '.join(map(_heading, digits))} |", "|---|" + "---|" * len(digits)]
    for name, row in rows.items():
        lines.append(f"| {name} | {' | '.join(cell(row[key], count) for key, count in digits.items())} |")
    return lines
