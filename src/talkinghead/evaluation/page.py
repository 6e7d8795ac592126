"""An evaluation as one self-contained HTML file, without scripts, style sheets or pictures from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from talkinghead.evaluation.measures import MEASURES, Measure, Scores
from talkinghead.evaluation.page_tables import (
    ALL,
    ARROWS,
    KEY,
    comparison_table,
    format_value,
    in_percent,
    paper_tables,
    summary_table,
)
from talkinghead.evaluation.plots import contact_sheet, curve_plot, distribution_plot
from talkinghead.evaluation.result import costs_of, values_of
from talkinghead.media.files import write_beside

_ORDERED_BY = ("aperture-correlation", "d-ll")  # the first of these that was measured ranks the worst clips
_TOLD = ("aperture-correlation", "lag", "d-ll", "d-a", "lmd", "d-rot", "ssim", "sync-offset", "sync-confidence")
_WORST = 5

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #0f172a; max-width: 1280px; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .4rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
p { max-width: 60rem; margin: .4rem 0; }
ul { margin: .3rem 0; padding-left: 1.2rem; }
code { font-size: .9em; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: .87rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid #e2e8f0; }
td.number, th.number { text-align: right; white-space: nowrap; }
thead th { border-bottom: 2px solid #94a3b8; vertical-align: bottom; }
tr.group th { background: #f1f5f9; font-weight: 600; }
tr.own td { background: #fff7ed; font-weight: 600; }
td.own { background: #fff7ed; }
td.best { font-weight: 700; }
.quiet, .interval { color: #64748b; }
.interval { font-size: .8em; font-weight: 400; display: block; }
.wide { overflow-x: auto; }
.better { color: #15803d; }
.worse { color: #b91c1c; }
.undecided { color: #a16207; }
img { max-width: 100%; height: auto; display: block; margin: .4rem 0; }
.plots { display: flex; flex-wrap: wrap; gap: 1rem; }
.plots img { width: 400px; }
.beside { display: flex; flex-wrap: wrap; gap: 0 2.5rem; align-items: flex-start; }
.beside > div { max-width: 36rem; }
"""


@dataclass(frozen=True)
class Shown:
    """What the page shows.

    Attributes:
        result: see ``evaluation.result``.
        scores: (system, clip) -> its scores, for the curves.
        real: clip -> the real video.
        fps: clip -> frames per second of its curves.
        videos: folder of the generated videos, SYSTEM/CLIP.mp4.
    """

    result: Mapping[str, Any]
    scores: Mapping[tuple[str, str], Scores]
    real: Mapping[str, Path]
    fps: Mapping[str, float]
    videos: Path


def write_page(shown: Shown, path: Path) -> None:
    """Write the page atomically, replacing an older one."""
    text = page(shown)
    with write_beside(path, overwrite=True) as part:
        part.write_text(text, encoding="utf-8")


def page(shown: Shown) -> str:
    """The HTML."""
    result = shown.result
    title = f"{result['method']} on {result['corpus']}, {result['split']}"
    body = "\n".join(
        (
            f"<h1>{escape(title)}</h1>",
            *_introduction(result),
            *summary_table(result),
            *comparison_table(result),
            *_distributions(result),
            *_clips(shown),
            *_failures(result),
            *paper_tables(result),
            *_measures(result),
            *_protocol(result),
        )
    )
    head = f'<meta charset="utf-8">\n<title>{escape(title)}</title>\n<style>{STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def _introduction(result: Mapping[str, Any]) -> Iterator[str]:
    protocol = result["protocol"]
    clips, people = (
        _count_phrase(protocol["clips"], "clip", "clips"),
        _count_phrase(protocol["speakers"], "person", "people"),
    )
    date, package = escape(protocol["date"]), escape(protocol["package"])
    yield f'<p class="quiet">{clips} of {people}, measured on {date} with talkinghead {package}.</p>'
    yield "<ul>"
    for name, system in result["systems"].items():
        yield f"<li><b>{escape(name)}</b>: {escape(system['what'])}.</li>"
        for why, count in system["lacking"].items():
            yield f"<li><b>{escape(name)}</b>, not made for {_count_phrase(count, 'clip', 'clips')}: {escape(why)}</li>"
    yield "</ul>"


def _count_phrase(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _distributions(result: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Clip by clip</h2>"
    yield '<div class="plots">'
    for measure in (MEASURES[name] for name in KEY):
        factor = 100 if in_percent(measure) else 1
        values = {
            name: [factor * value for value in values_of(system, measure.name).values()]
            for name, system in result["systems"].items()
        }
        if any(values.values()):
            unit = f"% {measure.unit}" if factor == 100 else measure.unit
            title = f"{measure.title}{', ' if unit else ''}{unit} {ARROWS[measure.better]}"
            plot = distribution_plot(values, title, result["method"])
            yield _image(plot, f"{measure.title} of every clip, by system")
    yield "</div>"


def _clips(shown: Shown) -> Iterator[str]:
    method = shown.result["method"]
    system = shown.result["systems"].get(method)
    by = next((name for name in _ORDERED_BY if system and costs_of(system, name)), None)
    if system is None or by is None:
        return
    order = sorted(costs_of(system, by).items(), key=lambda item: item[1])
    clips = [clip for clip, _ in order]
    typical = clips[(len(clips) - 1) // 2]
    worst = [clip for clip in reversed(clips) if clip != typical][:_WORST]
    title = escape(MEASURES[by].title)
    yield f"<h2>A typical clip</h2>\n<p>The median by {title}; above the real video, below {escape(method)}.</p>"
    yield from _clip(shown, method, typical)
    if worst:
        yield f"<h2>The worst clips</h2>\n<p>By {title}.</p>"
    for clip in worst:
        yield from _clip(shown, method, clip)


def _clip(shown: Shown, method: str, clip: str) -> Iterator[str]:
    values, scores = shown.result["systems"][method]["clips"][clip]["values"], shown.scores.get((method, clip))
    told = [_measure_phrase(MEASURES[name], values[name]) for name in _TOLD if name in values]
    yield f"<h3>{escape(clip)}</h3>\n<p>{escape(', '.join(told))}</p>"
    made = shown.videos / method / f"{clip}.mp4"
    if made.exists():
        yield _image(contact_sheet(shown.real[clip], made), f"six frames of {clip}, real above, made below")
    if scores is not None and scores.curves:
        yield _image(
            curve_plot(scores.curves, shown.fps[clip]), f"aperture, head pose and blinks of {clip}, made and real"
        )


def _measure_phrase(measure: Measure, value: float) -> str:
    unit = "" if in_percent(measure) or not measure.unit else f" {measure.unit}"
    return f"{measure.title} {format_value(measure, value)}{unit}"


def _image(source: str, alternative: str) -> str:
    return f'<img src="{source}" alt="{escape(alternative)}">'


def _failures(result: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>What could not be measured</h2>"
    rows = [f"{row['system']}, {row['clip']}: {row['why']}" for row in result["failures"]]
    counted: dict[str, int] = {}
    for system in result["systems"].values():
        for clip in system["clips"].values():
            for measure, why in clip["missing"].items():
                text = f"{MEASURES[measure].title}: {why}"
                counted[text] = counted.get(text, 0) + 1
    rows += [f"{text} ({_count_phrase(count, 'video', 'videos')})" for text, count in counted.items()]
    yield "<ul>" + "".join(f"<li>{escape(row)}</li>" for row in rows) + "</ul>" if rows else "<p>Nothing.</p>"


def _measures(result: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>The measures</h2>"
    used = {name for system in result["systems"].values() for name in system["summary"]}
    heads = "".join(f"<th>{text}</th>" for text in ("measure", "what", "unit", "source"))
    yield f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>'
    for measure in (ALL[name] for name in ALL if name in used):
        texts = (measure.title, measure.what, measure.unit, measure.source)
        yield f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in texts)}</tr>"
    yield "</tbody></table></div>"


def _protocol(result: Mapping[str, Any]) -> Iterator[str]:
    yield "<h2>Protocol</h2>"
    yield '<div class="wide"><table><tbody>'
    for name, value in result["protocol"].items():
        if isinstance(value, Mapping):
            text = "<br>".join(f"{escape(str(key))}: <code>{escape(str(entry))}</code>" for key, entry in value.items())
        else:
            text = escape(", ".join(map(str, value)) if isinstance(value, list) else str(value))
        yield f"<tr><th>{escape(name)}</th><td>{text}</td></tr>"
    yield "</tbody></table></div>"
