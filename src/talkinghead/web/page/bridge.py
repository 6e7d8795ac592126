"""Between the page's widgets and the service: what was typed and uploaded becomes a task, which is followed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talkinghead.errors import InputError
from talkinghead.production.stages import STAGE_NAMES
from talkinghead.web.forms import check_texts
from talkinghead.web.kinds import input_folder
from talkinghead.web.records import FINAL, Kind, TaskRecord
from talkinghead.web.sentences import RefusedError, display_name, safe_suffix
from talkinghead.web.service import Service, client_of
from talkinghead.web.tasks import CheckJob
from talkinghead.web.uploads import ReadForm, Upload

if TYPE_CHECKING:
    from talkinghead.types import Progress

_POLL_S = 0.15
Check = Callable[[Any], "Callable[[Progress], Any]"]


class Bridge:
    """Hands tasks of the page to the service.

    Args:
        service: does the work.
    """

    def __init__(self, service: Service) -> None:
        self.service = service

    def submit(
        self,
        address: str | None,
        values: Mapping[str, object],
        files: Mapping[str, str | Path | bytes | list[str] | None],
        *,
        kind: Kind = "job",
        check: Check = CheckJob,
    ) -> TaskRecord:
        """Ask for a task; blocks until its files are checked.

        Args:
            address: of the client.
            values: by field of the form; None and "" are left out.
            files: paths of uploaded files by field, or the content of a JSON file; None is left out.
            kind: of the task.
            check: see ``Service.submit``.

        Raises:
            InputError: a value or a file cannot be used.
            RefusedError: there is no room.
        """
        client = client_of(address)
        form = ReadForm({name: _as_text(value) for name, value in values.items() if value not in (None, "")})
        if any(str(self.service.settings.data.resolve()) in text for text in form.values.values()):
            raise InputError("a file was sent where a text belongs: reload the page.")  # its path would be told
        with self.service.admit(client) as id:
            folder = input_folder(self.service.folder_of(id))
            for name, given in files.items():
                paths = given if isinstance(given, list) else [given]
                for number, path in enumerate(path for path in paths if path):
                    place = Path(f"{name}.json") if isinstance(path, bytes) else Path(path)
                    told = display_name(getattr(path, "client_name", place.name))
                    upload = Upload(f"{name}-{number}{safe_suffix(place.name)}", told)
                    if isinstance(path, bytes):
                        (folder / upload.file).write_bytes(path)
                    else:
                        shutil.copyfile(path, folder / upload.file)
                    form.files.setdefault(name, []).append(upload)
            if kind == "job":
                check_texts(form.values)
            return self.service.submit(id, kind, form, client, check)

    async def follow(self, id: str) -> AsyncIterator[tuple[str, TaskRecord | None]]:
        """HTML about a task whenever something changes, and its record once it has ended."""
        shown = ""
        while not self.service.closing.is_set():
            record = self.service.records.find(id)
            if record is None:
                yield show_error("it was removed."), None
                return
            told = self.service.describe(record)
            if record.state in FINAL:
                yield show_end(told), record
                return
            now = show_progress(told)
            if now != shown:
                shown = now
                yield now, None
            await asyncio.sleep(_POLL_S)

    def cancel(self, id: str | None) -> None:
        """Cancel a task unless it has ended."""
        record = self.service.records.find(id) if id else None
        if record is not None and record.state not in FINAL:
            self.service.cancel(record)


def explain(error: Exception) -> str:
    """The HTML of an error."""
    if isinstance(error, RefusedError):
        return show_error(error.sentence)
    if isinstance(error, InputError):
        return show_error(str(error))
    raise error


def show_error(sentence: str) -> str:
    """One sentence in red, which screen readers say at once."""
    return f'<p class="th-error" role="alert">{escape(sentence)}</p>'


def show_progress(told: Mapping[str, Any]) -> str:
    """How far a task is."""
    progress = told.get("progress", {})
    stage, done, total = progress.get("stage", ""), progress.get("done", 0), progress.get("total", 0)
    if told["state"] == "queued":
        return '<p role="status">waiting for a worker</p><progress aria-label="progress"></progress>'
    text = escape(STAGE_NAMES.get(stage, stage) or "starting")
    remaining = progress.get("remaining")
    if remaining is not None:
        text += f", about {max(1, round(remaining))} s left"
    bar = f' value="{done}" max="{total}"' if total > 1 else ""
    return f'<p role="status">{text}</p><progress aria-label="progress"{bar}></progress>{_notes(told)}'


def show_end(told: Mapping[str, Any]) -> str:
    """How a task ended."""
    if told["state"] == "done":
        return f'<p role="status">done</p>{_notes(told)}'
    if told["state"] == "cancelled":
        return '<p role="status">cancelled; nothing was kept</p>'
    return show_error(told.get("error", "it failed."))


def show_video(told: Mapping[str, Any]) -> str:
    """The video of a job that is done, and everything to download."""
    place = f"v1/jobs/{told['id']}"
    links = {"video": "Video", "motion": "Motion", "arkit": "ARKit weights", "report": "Report"}
    shown = "".join(
        f'<a class="th-link" href="{place}/{name}" download>{title}</a>'
        for name, title in links.items()
        if name in told["results"] or name == "report"
    )
    size = f"{told['size'][0]} x {told['size'][1]} px, {told['seconds']:.1f} s, {told['fps']:g} fps"
    return (
        f'<video class="th-video" src="{place}/video" controls playsinline autoplay aria-label="the video"></video>'
        f'<p>{size}</p><nav aria-label="downloads" class="th-links">{shown}</nav>'
    )


def show_curves(id: str) -> str:
    """The curves of a job that is done."""
    return f'<img class="th-curves" src="v1/jobs/{id}/curves" alt="curves of mouth, head, gaze and lids over time">'


def _notes(told: Mapping[str, Any]) -> str:
    return "".join(f'<p class="th-note">note: {escape(note)}</p>' for note in told.get("notes", ()))


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).strip()
