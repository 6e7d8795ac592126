"""The part "rhythmic_head": Chen et al. 2020, the renderer: table 2, frames from real landmarks and K references."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from skimage import data

from benchmarks.intervals import cell, compare, interval
from benchmarks.rhythmic_ablations import (
    APART,
    build_renderers,
    draw_apart,
    draw_strip,
    load_trained,
    measure_ablations,
    measured_with_warping,
    section,
    summarise_ablations,
)
from benchmarks.rhythmic_clips import (
    CLIPS,
    COUNTS,
    FRAMES,
    HELD_OUT,
    REFERENCES,
    Clip,
    choose_takes,
    find_embedder,
    groups,
)
from benchmarks.rhythmic_renderer import measure_memory, measure_speed, memory_section, read_portraits, turned_heads
from talkinghead.methods import get_renderer
from talkinghead.metrics.frechet import frechet_distance
from talkinghead.store import Store
from talkinghead.tracking.portrait import portrait_from_image

STRIP = "rhythmic_ablations.png"
FULL = "composition, K = 8"
ROWS = (*(f"composition, K = {count}" for count in COUNTS), "warp", "attention", "translation", "still")
_MEASURES = {"SSIM": 4, "CSIM": 4}
_APART = {"SSIM": 3, "SSIM, face": 3, "SSIM, around": 3}
_OF_PAPER = "VoxCeleb2"
_MOVING = 5.0  # degrees that a head turns in a clip with head motion
_PAPER = "VoxCeleb2: SSIM 0.71, 0.71, 0.78 and CSIM 0.44, 0.50, 0.58 for K = 1, 8, 32"
_TITLE = f"""# Rhythmic Head Motion: the renderer

`--renderer composition` beside the other renderers of anybody's face and the picture that is animated ("still").

## Table 2, frames from real landmarks

References are of a clip's first {REFERENCES} frames. {FRAMES} frames of the rest are made from their real landmarks
and compared in the square of the head (256 px), as far as it lies in the picture. Of each source so many clips count at
most: {", ".join(f"{name} {count}" for name, count in CLIPS.items())}.
LRC-AR's clips are too short for that.
No network has learned from these people; designs were chosen, however, on GRID's s4 and Donald Trump, and from which
size on a head's growth counts also on five of VoxCeleb2's. CSIM is the
cosine of face embeddings (dlib), which lie closer together than those of the paper; the Frechet distance is that of
the same embeddings, over all frames of a group. The paper prints, of other clips, {_PAPER}.
Means over clips and their bootstrap 95 % interval; * marks rows than which composition with K = 8 is better, ! rows
than which it is worse. "moving" are clips in which the head turns by more than {_MOVING:g} degrees.
"""
_LOST = f"""## Where SSIM is lost

{_OF_PAPER}'s clips again: SSIM of the face (within the hull of its landmarks), and of all around it. These clips were
cut out by a frame that follows the face, so that bodies and backgrounds move behind it, as no landmark tells. For
comparison real frames, moved by a pixel or two, and of the first frames the one likest to each real one, as it is.

| | whole | face | around |
|---|---|---|---|
"""
_BEFORE = """All of this page was measured before FlowNet's warping was switched off in what ships, for which the table
of ablations is a reason, and before hidden sides of single pictures were filled in.
"""
_SPEED = """## Speed

Frames per second of a picture of 256 x 256 px on {cores} cores, references encoded, without writing the video. In the
minute before, other processes had kept {load:.1f} processors busy or waiting:
"""
_TURNED = """## Turned heads

How far the background moves, in px, while portraits turn by 0, 10, 20 and 30 degrees to either side. Left out is what
lies within 0.14 face widths about the person, where the outline's motion fades, and backgrounds too plain to follow.
The largest of all turns:
"""


def measure(corpus: Path, store: Store, images: Path, runs: Path) -> dict[str, Any]:
    """Table 2, ablations, speed and turned heads.

    Args:
        corpus: the folder of the recordings.
        store: keeps tracks.
        images: the folder of the pages' pictures.
        runs: the folder of trainings, with the networks that were trained apart.
    """
    portrait, trained = portrait_from_image(data.astronaut()), load_trained(runs)
    draw_strip(portrait, images / STRIP)
    if trained:
        draw_apart(portrait, trained, images / APART)
    return {
        "table 2": measure_frames(corpus, store),
        "ablations": measure_ablations(corpus, store, CLIPS[HELD_OUT], build_renderers()),
        "trained apart": measure_ablations(corpus, store, CLIPS[HELD_OUT], trained),
        "speed": measure_speed(corpus, store),
        "memory": measure_memory(corpus),
        "turned": turned_heads(get_renderer("composition"), read_portraits(corpus / "portraits")),
    }


def measure_frames(corpus: Path, store: Store, *, only: Container[str] = CLIPS) -> dict[str, Any]:
    """Scores of every clip by group and row.

    Args:
        corpus: the folder of the recordings.
        store: keeps tracks.
        only: names of groups.
    """
    renderers = {name: get_renderer(name) for name in ("composition", "warp", "attention", "translation")}
    embedder = find_embedder()
    result: dict[str, Any] = {}
    for group, recordings in groups(corpus).items():
        if group not in only:
            continue
        rows: list[dict[str, Any]] = []
        embedded: dict[str, list[Any]] = {row: [] for row in (*ROWS, "real")}
        for take in choose_takes(recordings, CLIPS[group], store):
            clip = Clip(take, embedder)
            made = {f"composition, K = {count}": clip.draw(renderers["composition"], count) for count in COUNTS}
            made |= {name: clip.draw(renderer) for name, renderer in renderers.items() if name != "composition"}
            scored = {name: clip.score(squares) for name, squares in made.items()}
            scored["still"] = clip.score(clip.hold(), held=True)
            bounds = clip.bounds() if group == _OF_PAPER else {}
            rows.append({"turn": clip.turn, **{name: scores for name, (scores, _) in scored.items()}, **bounds})
            for row, faces in {**{name: own for name, (_, own) in scored.items()}, "real": clip.faces}.items():
                if faces is not None:
                    embedded[row].append(faces)
        result[group] = {"clips": rows, "frechet": _frechet(embedded)}
    return result


def _frechet(embedded: Mapping[str, list[Any]]) -> dict[str, float]:
    """Of each row, where there are embeddings of two frames."""
    if not embedded["real"]:
        return {}
    real = np.concatenate(embedded["real"])
    return {row: frechet_distance(np.concatenate(embedded[row]), real) for row in ROWS}


def summarise(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of ``measure`` without its clips."""
    drifts = list(result["turned"].values())
    turned = {"portraits": len(drifts), "median": float(np.median(drifts)), "largest": max(drifts)}
    return {
        "table 2": _summarise_frames(result["table 2"]),
        "lost": _summarise_parts(result["table 2"].get(_OF_PAPER, {}).get("clips", [])),
        "ablations": summarise_ablations(result["ablations"]),
        "trained apart": summarise_ablations(result.get("trained apart", {})),
        "speed": result["speed"],
        "memory": result.get("memory", {}),
        "turned": turned,
    }


def _summarise_frames(groups_: Mapping[str, Any]) -> dict[str, Any]:
    """Means and intervals by group, measure and row, compared with K = 8; and for clips with head motion."""
    everything = [clip for found in groups_.values() for clip in found["clips"]]
    named = {**{group: found["clips"] for group, found in groups_.items()}, "all": everything}
    named["moving"] = [clip for clip in everything if clip["turn"] > _MOVING]
    summary: dict[str, Any] = {}
    for group, clips in named.items():
        if not clips:
            continue
        summary[group] = {"frechet": groups_[group]["frechet"]} if group in groups_ else {}
        for measured in _MEASURES:
            values = {row: [clip[row][measured] for clip in clips if measured in clip[row]] for row in ROWS}
            if not values[FULL]:
                continue
            summary[group][measured] = {
                row: interval(own) if row == FULL else compare(own, values[FULL], higher_is_better=True)
                for row, own in values.items()
            }
    return summary


def _summarise_parts(clips: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Row -> mean SSIM of all, of the face and of what is around it."""
    rows = [row for row, own in clips[0].items() if row != "turn" and _APART.keys() <= own.keys()] if clips else []
    return {row: {name: float(np.mean([clip[row][name] for clip in clips])) for name in _APART} for row in rows}


def page(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives, as a page."""
    lines = [_TITLE]
    if measured_with_warping(result["ablations"]):
        lines.append(_BEFORE)
    for group, found in result["table 2"].items():
        clips = found["SSIM"][FULL]["clips"]
        lines += [f"{group} ({clips} clips):", "", "| | SSIM | CSIM | Frechet |", "|---|---|---|---|"]
        for row in ROWS:
            cells = [cell(found[name][row], digits) if name in found else "-" for name, digits in _MEASURES.items()]
            distance = found.get("frechet", {}).get(row)
            lines.append(f"| {row} | {' | '.join(cells)} | {'-' if distance is None else f'{distance:.4f}'} |")
        lines.append("")
    if result.get("lost"):
        cells = {
            row: [f"{own[name]:.{digits}f}" for name, digits in _APART.items()] for row, own in result["lost"].items()
        }
        lines += [_LOST + "\n".join(f"| {row} | {' | '.join(own)} |" for row, own in cells.items()), ""]
    lines.append(section(result["ablations"], result.get("trained apart", {}), STRIP))
    speed = result["speed"]
    rates = {name: rate for name, rate in speed.items() if name.startswith("K")}
    lines += [
        _SPEED.format(cores=f"{speed['cores']:.0f}", load=speed["load"]),
        f"| {' | '.join(rates)} |",
        "|---" * len(rates) + "|",
    ]
    lines += [f"| {' | '.join(f'{rate:.1f}' for rate in rates.values())} |", ""]
    lines += [memory_section(result["memory"]), ""] if result.get("memory") else []
    lines.append(_TURNED)
    turned = result["turned"]
    lines += ["| portraits | median | largest |", "|---|---|---|"]
    lines.append(f"| {turned['portraits']} | {turned['median']:.3f} | {turned['largest']:.3f} |")
    return "\n".join(lines) + "\n"
