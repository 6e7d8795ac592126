"""The scores of one video as a self-contained HTML file."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from talkinghead.evaluation.measures import GROUPS, MEASURES, Scores
from talkinghead.evaluation.page import STYLE
from talkinghead.evaluation.page_tables import format_value
from talkinghead.evaluation.plots import curve_plot

_BETTER = {
    "lower": "lower is better",
    "higher": "higher is better",
    "reference": "best as the real one",
    "": "0 is best",
}


def pair_page(scores: Scores, *, video: str, reference: str | None) -> str:
    """The HTML.

    Args:
        scores: from ``evaluate_pair``.
        video: name of the video.
        reference: name of the real one, or None.
    """
    title = f"{video} against {reference}" if reference else video
    body = "\n".join(
        (f"<h1>{escape(title)}</h1>", *_notes(scores), *_curves(scores), *_table(scores), *_missing(scores))
    )
    head = f'<meta charset="utf-8">\n<title>{escape(title)}</title>\n<style>{STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n'


def _notes(scores: Scores) -> Iterator[str]:
    if scores.notes:
        yield f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in scores.notes)}</ul>"


def _curves(scores: Scores) -> Iterator[str]:
    if any(name.startswith("reference ") for name in scores.curves):
        yield f'<img src="{curve_plot(scores.curves, scores.fps)}" alt="curves of mouth, head and lids of both videos">'


def _table(scores: Scores) -> Iterator[str]:
    yield '<div class="wide"><table><thead><tr><th>measure</th><th class="number">value</th>'
    yield '<th class="number">real</th>'
    yield "<th>what it is</th><th>which way</th></tr></thead><tbody>"
    for group in GROUPS:
        names = [name for name in scores.values if MEASURES[name].group == group]
        if names:
            yield f'<tr class="group"><th colspan="5">{escape(group)}</th></tr>'
        for name in names:
            measure = MEASURES[name]
            value = format_value(measure, scores.values[name])
            real = format_value(measure, scores.reference[name]) if name in scores.reference else ""
            unit = "" if not measure.unit else f" ({measure.unit})"
            yield (
                f'<tr><td>{escape(measure.title)}</td><td class="number">{value}</td>'
                f'<td class="number">{real}</td><td>{escape(measure.what + unit)}</td>'
                f"<td>{_BETTER[measure.better]}</td></tr>"
            )
    yield "</tbody></table></div>"


def _missing(scores: Scores) -> Iterator[str]:
    if scores.missing:
        yield "<h2>Not measured</h2><ul>"
        for name, why in scores.missing.items():
            yield f"<li>{escape(MEASURES[name].title)}: {escape(why)}</li>"
        yield "</ul>"
