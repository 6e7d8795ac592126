"""The page of dubbed videos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks import dub_covers, dub_titles
from benchmarks.dub import CALM, KINDS
from benchmarks.intervals import cell

_TITLE = """# Dubbing

The first {seconds:g} s of each video are given the sound of another one (*other words*); the result is then dubbed with
the video's own sound (*its own words again*), so that the lips that were replaced must come back. Nothing is encoded in
between. Each recording's own offset of sound and picture is taken off first. Beside them: the real video (the ceiling),
the real video under the other sound (the floor), and one frame of it that says its own words (the still-picture way).
Lips are tracked anew in each result. Means and bootstrap 95 % intervals over clips.

- *asked*: correlation of the mouth's opening with that of the motion that was drawn: what drawing loses.
- *real*: the same with the real video's mouth. *motion*: the motion itself against the real mouth: no drawing can be
  much nearer than that, for it is how well speech predicts these lips.
- *LMD*: of the lips in px at a face of 128 px.
- *AV confidence* and *offset* in frames, by the SyncNet that ships.
- *likeness*: cosine of face embeddings (dlib) with the real video's frames; the real video with itself a little later.
- *seam*: step of brightness around the face, grey levels. *flicker*: in a band around the lips, relative to the real
  video. *drift* of the background from the first frame, px.
"""
_COLUMNS = {
    "wanted": ("asked", 2),
    "real": ("real", 2),
    "motion": ("motion", 2),
    "lmd": ("LMD", 2),
    "confidence": ("AV confidence", 2),
    "offset": ("offset", 1),
    "likeness": ("likeness", 3),
    "seam": ("seam", 1),
    "flicker": ("flicker", 2),
    "drift": ("drift", 2),
}
_GROUPS = {
    "clips": "People of whom some (GRID) have taught the lips",
    "unseen_speakers": "Arabic news, of people and in a language that nothing was trained on, 1.2 s each",
}


def table(result: Mapping[str, Any]) -> str:
    """The result as Markdown."""
    lines = [_TITLE.format(seconds=result["seconds"])]
    for name, group in result["groups"].items():
        lines.append(f"## {_GROUPS[name]} ({group['clips']} videos)\n")
        lines.append(f"| | {' | '.join(title for title, _ in _COLUMNS.values())} |")
        lines.append("|---" * (len(_COLUMNS) + 1) + "|")
        for kind in KINDS:
            row = group["rows"][kind]
            cells = [cell(row[each], digits) if each in row else "" for each, (_, digits) in _COLUMNS.items()]
            lines.append(f"| {kind} | {' | '.join(cells)} |")
        lines += ["", *_clip_by_clip(group), "", *_outside(group)]
        lines.append("")
    if "painted" in result:
        lines += _painted(result["painted"])
    if "covers" in result:
        lines += dub_covers.table(result["covers"])
    if "titles" in result:
        lines += dub_titles.table(result["titles"])
    lines.append("Time and memory: [another page](dub_speed.md).")
    return "\n".join(lines) + "\n"


def _clip_by_clip(group: Mapping[str, Any]) -> list[str]:
    """Lines about single clips."""
    return [
        f"- {kind}: offset of at most a frame in {row['in time']} of {group['clips']} clips, flicker of at most {CALM} "
        f"in {row['calm']} (the largest: {row['most flicker']:.2f})"
        for kind, row in group.get("clip by clip", {}).items()
    ]


def _outside(row: Mapping[str, Any]) -> list[str]:
    """Lines about what must not change."""
    lines = [
        f"All else stays: in {row['unchanged']} of {row['frames']} frames every pixel above the line through "
        "the lower lids, and further from the face than the skin follows the jaw, is the video's, before encoding."
    ]
    outside = row["outside"]
    for measure, digits in (("ssim", 4), ("vmaf", 1)):
        if f"{measure} dubbed" in outside:
            dubbed, copied = (cell(outside[f"{measure} {kind}"], digits) for kind in ("dubbed", "copied"))
            lines.append(
                f"{measure.upper()} of these pixels in the written file: {dubbed}; of a mere copy by the same encoder: "
                f"{copied}."
            )
    return lines


def _painted(result: Mapping[str, Any]) -> list[str]:
    """Lines about renderers of heads, beside the warp of the frame's own mouth."""
    names = [name for name in _COLUMNS if any(name in row for row in result["rows"].values())]
    lines = [
        "## Mouths that a renderer of heads paints\n",
        f"{result['clips']} of the videos, dubbed with their own words: the frame's own mouth is warped, as is usual,",
        "or the lower face is that of a whole head that `--renderer` has drawn.\n",
        f"| | {' | '.join(_COLUMNS[name][0] for name in names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    for renderer, row in result["rows"].items():
        cells = [cell(row[name], _COLUMNS[name][1]) if name in row else "" for name in names]
        lines.append(f"| {renderer} | {' | '.join(cells)} |")
    for renderer, row in result.get("kept", {}).items():
        lines += ["", f"`{renderer}`:", *_outside(row)]
    return [*lines, ""]
