"""The part "ablations": MakeItTalk's tables 2 and 3 with all their rows, on predicted landmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.ablation_rows import (
    BRIEF,
    CODES,
    DRAWN,
    FULL,
    GRID,
    HEAD,
    HELD_BACK,
    IDLE,
    LIPS,
    NO_CONTENT,
    NO_SPEAKER,
    OTHER,
    OTHER_VOICE,
    RESEARCH,
    SAME,
    SHARED,
    STILL,
    UNSEPARATED,
    groups_of,
    measures,
    motions,
    networks,
    open_part,
    sample_of,
)
from benchmarks.intervals import Interval, cell, compare
from talkinghead.evaluation.corpus import examples

_OF_LIPS = (FULL, BRIEF, CODES, SHARED, UNSEPARATED, NO_SPEAKER, NO_CONTENT, STILL)
_OF_HEAD = (FULL, DRAWN, UNSEPARATED, NO_SPEAKER, IDLE, NO_CONTENT, OTHER_VOICE, SAME, OTHER, STILL)
_PAPER_LIPS = {
    FULL: "2.0 / 0.27 / 4.2 %",
    UNSEPARATED: "2.9 / 0.64 / 17.1 %",
    NO_SPEAKER: "2.2 / 0.29 / 5.9 %",
    NO_CONTENT: "3.1 / 0.38 / 10.2 %",
}
_PAPER_HEAD = {
    FULL: "12.3 % / 0.8 % / 8.0 / 5.4 %",
    UNSEPARATED: "12.4 % / 1.1 % / 8.8 / 5.4 %",
    NO_SPEAKER: "13.8 % / 1.2 % / 12.6 / 6.9 %",
    NO_CONTENT: "12.5 % / 0.9 % / 8.6 / 5.7 %",
    OTHER_VOICE: "33.0 % / 2.4 % / 28.7 / 12.3 %",
    SAME: "17.1 % / 1.2 % / 10.3 / 8.1 %",
    OTHER: "20.8 % / 1.1 % / 21.4 / 9.2 %",
}
_TITLE = """# MakeItTalk's ablations

The rows of tables 2 and 3 of Zhou et al. 2020, measured on predicted landmarks; no picture is made. The portrait is a
clip's first frame (GRID) or its calmest one (other clips, 6 s at most), and the speech is the clip's sound. The lips
were learned from GRID s1, the head from GRID s1 and the other open recordings; of these, the tables show what was held
back. None of the people in "research" were used in training. The paper's own figures come from other data: 67 people of
VoxCeleb2 who were seen in training, tracked by another tracker. Means and 95 % bootstrap intervals over clips; `*`: the
full model is better, `!`: it is worse, by the paired interval over the same clips.

*Full* is what ships, with the expected motion (liveliness 0, because the paper's motion is deterministic). It leaves
lips and jaw to the content branch, so table 2 has the same values with and without the speaker branch. *Lips of both
branches* adds them up as the paper does. *No content branch* is the speaker-aware branch alone, trained alone; *no
separation* is the same with log-mel (80 bands) instead of phones. *Random ID* is the full model with the voice of
another training speaker.
"""
_LIPS_TITLE = """## Table 2: lips, head motion factored out

Jaw and lips at the clip's frame rate, in the head frame, registered by one similarity of nose and eye corners per clip;
D-VL at 62.5 frames per second. The correlation of the mouth's opening with the real one is not in the paper. *On the
content code*: the content branch is given the code of the voice conversion, as in the paper, instead of phones. This
row and the one it is to be compared with were trained alike, much shorter than the branch that ships.
"""
_HEAD_TITLE = """## Table 3: with head motion

All 68 landmarks in the picture at 62.5 frames per second, without registration; D-L, D-V and D-Pos are divided by the
mean width of the reference's face. D-Rot is the mean difference of pitch, yaw and roll. Eyelids stay as in the
portrait. *Retrieve* rows show the full model's face with the head pose of another clip of the same or another speaker,
drawn at random from the training clips (in "research" from the speaker's other clips), relative to that clip's own
portrait frame; a speaker with a single clip has no such row. Distances favour little motion: a head that really moves,
but at other moments, is farther from the reference than a still one.
"""


def measure(corpus: Path, runs: Path, *, limit: int | None = None) -> dict[str, Any]:
    """group -> "clips", their names, and "rows": row -> measure -> one value per clip, None where there is no such row.

    Args:
        corpus: the folder of the recordings.
        runs: the folder of results: tracks are kept in it, and trained variants taken from it.
        limit: only so many clips of each group.

    Raises:
        InputError: no speaker-aware branch ships.
    """
    branches, groups = networks(runs), groups_of(corpus)
    learned = [*examples(corpus / "grid_s1", "train"), *open_part(corpus / "clips", "train", None)]
    result: dict[str, Any] = {}
    for group, clips in groups.items():
        samples = (sample_of(example, runs) for example in clips)
        names: list[str] = []
        found: list[dict[str, dict[str, float]]] = []
        for sample in (sample for sample in samples if sample.track.found.all()):
            if len(names) == limit:
                break
            made = motions(sample, branches, learned=learned, research=groups[RESEARCH], runs=runs)
            found.append({row: measures(motion, sample) for row, motion in made})
            names.append(sample.example.name)
        rows = dict.fromkeys(row for clip in found for row in clip)
        result[group] = {"clips": names, "rows": {row: _columns([clip.get(row, {}) for clip in found]) for row in rows}}
    return result


def _columns(of_clips: Sequence[Mapping[str, float]]) -> dict[str, list[float | None]]:
    return {name: [clip.get(name) for clip in of_clips] for name in (*LIPS, *HEAD)}


def summarise(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of ``measure`` without its values: group -> "clips", their names, and "rows": row -> measure ->
    interval.

    Each row is compared with the full model on the same clips; a measure that no clip has is left out.
    """
    return {
        group: {
            "clips": part["clips"],
            "rows": {
                row: {name: found for name in (*LIPS, *HEAD) if (found := _summary(name, of_row[name], part))}
                for row, of_row in part["rows"].items()
            },
        }
        for group, part in result.items()
    }


def _summary(name: str, values: Sequence[float | None], part: Mapping[str, Any]) -> Interval | None:
    """Mean and interval, and whether the full model is better or worse on the same clips."""
    full: Sequence[float | None] = part["rows"][FULL][name]
    both = [(own, best) for own, best in zip(values, full) if own is not None and best is not None]
    if not both:
        return None
    return compare([own for own, _ in both], [best for _, best in both], higher_is_better=name == "correlation")


def _cell(name: str, row: Mapping[str, Interval]) -> str:
    if name not in row:
        return ""
    scale, unit, digits = {"D-Rot": (1, "", 2), "correlation": (1, "", 3)}.get(name, (100, " %", 2))
    return cell(row[name], digits, scale=scale, unit=unit)


def _lines(
    group: str, part: Mapping[str, Any], shown: Sequence[str], names: Sequence[str], paper: Mapping[str, str]
) -> list[str]:
    """The lines of a group in one of the tables."""
    lines, rows = [], part["rows"]
    for row in (row for row in shown if row in rows):
        count = rows[row][names[0]]["clips"] if names[0] in rows[row] else 0
        cells = [_cell(name, rows[row]) for name in names]
        lines.append(
            f"| {group} ({count}) | {row} | {' | '.join(cells)} | {paper.get(row, '') if group == GRID else ''} |"
        )
    return lines


def section(result: Mapping[str, Any]) -> str:
    """What was measured, as a section of the report."""
    lines = [_TITLE]
    for group in (HELD_BACK, RESEARCH):
        lines += [f"{group.capitalize()}: {', '.join(result[group]['clips'])}.", ""]
    lines += [
        _LIPS_TITLE,
        "| clips | row | D-LL | D-VL | D-A | correlation | the paper's: D-LL / D-VL / D-A |",
        "|---|---|---|---|---|---|---|",
    ]
    for group, part in result.items():
        lines += _lines(group, part, _OF_LIPS, LIPS, _PAPER_LIPS)
    lines += ["", _HEAD_TITLE]
    lines += ["| clips | row | D-L | D-V | D-Rot, deg | D-Pos | the paper's: D-L / D-V / D-Rot / D-Pos |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for group, part in result.items():
        lines += _lines(group, part, _OF_HEAD, HEAD, _PAPER_HEAD)
    return "\n".join(lines) + "\n"
