"""The report of a batch: a table for programs, the same as JSON, and a page with thumbnails for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from talkinghead.batch.records import RowOutcome
from talkinghead.errors import InputError, announce
from talkinghead.media.files import write_beside
from talkinghead.version import __version__

CSV, JSON, HTML = "report.csv", "report.json", "report.html"
THUMBNAILS = "thumbnails"
_HEIGHT = 120  # px of a thumbnail
_COLUMNS = (
    "row",
    "video",
    "state",
    "resumed",
    "seconds",
    "width",
    "height",
    "fps",
    "work",
    "wall",
    "attempts",
    "worker",
)
_TEXTS = ("why", "notes")
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #0f172a; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .4rem; }
.quiet { color: #475569; }
.videos { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
.videos li { max-width: 14rem; font-size: .87rem; overflow-wrap: anywhere; }
.videos img { height: 120px; display: block; background: #e2e8f0; }
.failures li { margin: .3rem 0; overflow-wrap: anywhere; }
"""


def write_report(outcomes: Sequence[RowOutcome], folder: Path) -> None:
    """Write all three into the batch's folder, and thumbnails beside them.

    Raises:
        InputError: they cannot be written.
    """
    rows = [_describe(outcome) for outcome in outcomes]
    summary = {state: sum(row["state"] == state for row in rows) for state in ("done", "failed", "not done")}
    content = {"format": 1, "package": __version__, **summary, "rows": rows}
    _write(folder / CSV, _table(rows))
    _write(folder / JSON, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    pictures = [_thumbnail(outcome, folder) for outcome in outcomes]
    _write(folder / HTML, _page(rows, pictures, summary))


def _describe(outcome: RowOutcome) -> dict[str, Any]:
    record, failure = outcome.record, outcome.failure
    state = "done" if record is not None else "not done" if failure is None else "failed"
    row: dict[str, Any] = {"row": outcome.row.number, "video": outcome.row.name, "state": state}
    row["resumed"] = outcome.resumed
    if record is not None:
        row |= {"seconds": record.seconds, "width": record.size[0], "height": record.size[1], "fps": record.fps}
        row |= {"work": record.work, "wall": record.wall, "attempts": record.attempts, "worker": record.worker}
        row |= {"files": dict(record.files), "notes": list(record.notes)}
    if failure is not None:
        row |= {"why": failure.sentence, "code": failure.code}
    return row


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, (*_COLUMNS, *_TEXTS), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "resumed": str(row["resumed"]).lower(), "notes": " ".join(row.get("notes", ()))})
    return text.getvalue()


def _page(rows: Sequence[Mapping[str, Any]], pictures: Sequence[str], summary: Mapping[str, int]) -> str:
    seconds = sum(row.get("seconds", 0.0) for row in rows)
    counts = ", ".join(f"{count} {state}" for state, count in summary.items() if count)
    body = ["<h1>Batch</h1>", f'<p class="quiet">{counts or "no rows"}; {seconds:.1f} s of video.</p>']
    unmade = [row for row in rows if row["state"] != "done"]
    if unmade:
        body += ["<h2>Not made</h2>", '<ul class="failures">']
        body += [
            f"<li><b>{_call(row)}</b>: {escape(row.get('why', 'it was not begun or not finished.'))}</li>"
            for row in unmade
        ]
        body += ["</ul>"]
    if len(unmade) < len(rows):
        body += ["<h2>Videos</h2>", '<ul class="videos">']
        for row, picture in zip(rows, pictures):
            if row["state"] == "done":
                name, link = escape(row["video"]), quote(row["video"])
                about = f"{row['seconds']:.2f} s, {row['width']} x {row['height']}"
                notes = "".join(f"<br>{escape(note)}" for note in row["notes"])
                image = f'<img src="{quote(picture)}" alt="a frame of {name}">' if picture else ""
                body.append(f'<li><a href="{link}">{image}{name}</a><br><span class="quiet">{about}{notes}</span></li>')
        body += ["</ul>"]
    head = f'<meta charset="utf-8">\n<title>Batch: {counts}</title>\n<style>{_STYLE}</style>'
    text = "\n".join(body)
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{text}\n</body>\n</html>\n'


def _call(row: Mapping[str, Any]) -> str:
    called = f"row {row['row']}"
    return escape(called if row["video"] == called else f"{called}, {row['video']}")


def _thumbnail(outcome: RowOutcome, folder: Path) -> str:
    """Name of a small picture of a video below the folder, made where it is missing; "" for none."""
    if outcome.record is None:
        return ""
    name = f"{THUMBNAILS}/{outcome.record.key}.jpg"
    if not (folder / name).exists():
        try:
            _draw_thumbnail(folder / next(iter(outcome.record.files)), folder / name)
        except (InputError, OSError) as error:
            announce(f"the report shows no picture of {outcome.row.name} ({error})")
            return ""
    return name


def _draw_thumbnail(video: Path, path: Path) -> None:
    from PIL import Image

    from talkinghead.media import VideoReader

    reader = VideoReader(video)
    picture = Image.fromarray(reader.frame(min(reader.num_frames // 2, round(reader.fps))))
    picture = picture.resize((max(1, round(picture.width * _HEIGHT / picture.height)), _HEIGHT))
    path.parent.mkdir(exist_ok=True)
    with write_beside(path, overwrite=True) as part:
        picture.save(part, "JPEG", quality=80)


def _write(path: Path, text: str) -> None:
    with write_beside(path, overwrite=True) as part:
        part.write_text(text, encoding="utf-8", newline="")
