"""The second tab: the motion of the newest video is edited, and rendered again without being generated again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from talkinghead.errors import InputError
from talkinghead.web.kinds import input_files
from talkinghead.web.page.bridge import Bridge, explain, show_video
from talkinghead.web.page_tasks import LARGEST_SCALE, LARGEST_TURN_DEG, EditMotion, MotionEdits

_CONTROLS = ["smile", "frown", "pucker", "brows", "brow-frown", "open", "pitch", "yaw", "roll", "blink"]
_KEPT = (
    "voice",
    "language",
    "background",
    "method",
    "renderer",
    "seed",
    "visible_mark",
    "format",
    "person",
    "kind",
    "which_face",
    "text",
)
_ROWS = 4
_NO_VIDEO = "there is no video yet: make one on the first tab."


class EditTab:
    """The tab.

    Args:
        bridge: to the service.
        job: state: the id of the newest job.
    """

    def __init__(self, bridge: Bridge, *, job: Any) -> None:
        self._bridge = bridge
        gr.Markdown("Change how the newest video moves, then render it again; speech and face stay.")
        with gr.Row():
            with gr.Column(min_width=320):
                scales = [
                    gr.Slider(0, LARGEST_SCALE, 1, step=0.1, label=label)
                    for label in ("Lips and jaw", "Head", "Brows and eyes")
                ]
                turns = [
                    gr.Slider(-LARGEST_TURN_DEG, LARGEST_TURN_DEG, 0, step=1, label=label)
                    for label in ("Chin down (degrees)", "Nose to the left", "Tilt clockwise")
                ]
                still = gr.Checkbox(label="No blinks")
            with gr.Column(min_width=320):
                keyframes = gr.Dataframe(
                    headers=["time (s)", "control", "value"],
                    datatype=["number", "str", "number"],
                    value=[[None, "", None]] * _ROWS,
                    label="Keyframes: each adds to what the motion does there",
                    type="array",
                    interactive=True,
                )
                gr.Markdown(f"Controls: {', '.join(_CONTROLS)}, or a name of ARKit's, such as jawOpen.")
                with gr.Row():
                    look = gr.Button("Show the curves")
                    render = gr.Button("Render again", variant="primary", elem_id="th-again")
                status = gr.HTML(elem_id="th-edit-status")
        curves = gr.HTML(elem_id="th-edit-plot")
        result = gr.HTML(elem_id="th-edit-result")
        inputs = [job, *scales, *turns, still, keyframes]
        hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        look.click(self._look, inputs, [status, curves], **hidden)
        render.click(self._render, inputs, [status, curves, result], **hidden)

    async def _look(self, job: str | None, *given: Any) -> tuple[str, str]:
        try:
            await asyncio.to_thread(self._edit, job, given)
        except Exception as error:
            return explain(error), ""
        return "", self._show_curves(str(job))

    async def _render(self, request: gr.Request, job: str | None, *given: Any) -> AsyncIterator[tuple[str, str, str]]:
        try:
            motion = await asyncio.to_thread(self._edit, job, given)
            record = await asyncio.to_thread(self._submit, str(job), motion, request.client.host)
        except Exception as error:
            yield explain(error), "", ""
            return
        plot = self._show_curves(str(job))
        async for html, ended in self._bridge.follow(record.id):
            done = ended is not None and ended.state == "done"
            yield html, plot, show_video(self._bridge.service.describe(ended)) if done and ended else ""

    def _show_curves(self, job: str) -> str:
        """The picture itself, for another edit writes another one to the same place."""
        import base64

        picture = self._path_of_edit(job).with_suffix(".png").read_bytes()
        source = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        return f'<img class="th-curves" src="{source}" alt="curves before, in grey, and after the edits">'

    def _path_of_edit(self, job: str) -> Path:
        return self._bridge.service.folder_of(job) / "edited.npz"

    def _edit(self, job: str | None, given: Sequence[Any]) -> Path:
        """Write the edited motion beside the job's; its path."""
        service = self._bridge.service
        record = service.records.find(job) if job else None
        motion = None if record is None else service.result_file(record, "motion")
        if job is None or motion is None:
            raise InputError(_NO_VIDEO)
        lips, head, expression, pitch, yaw, roll, still, rows = given
        edits = MotionEdits(
            {"lips": float(lips), "head": float(head), "expression": float(expression)},
            (float(pitch), float(yaw), float(roll)),
            bool(still),
            tuple(_keyframe(*row) for row in rows if any(str(cell or "").strip() for cell in row)),
        )
        out = self._path_of_edit(job)
        service.ask(EditMotion(motion, edits, out, out.with_suffix(".png")))
        return out

    def _submit(self, job: str, motion: Path, address: str) -> Any:
        record = self._bridge.service.records.find(job)
        if record is None:
            raise InputError(_NO_VIDEO)
        files: dict[str, Any] = {
            name: paths[0] for name, paths in input_files(record, self._bridge.service.folder_of(job)).items()
        }
        values = {name: value for name, value in record.request["values"].items() if name in _KEPT}
        return self._bridge.submit(address, {**values, "arkit": "csv"}, {**files, "motion": motion})


def _keyframe(time: Any, control: Any, value: Any) -> str:
    return f"{time or 0}s:{control}={value}"
