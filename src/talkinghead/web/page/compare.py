"""The third tab: two methods side by side on one input."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from talkinghead.web.page.bridge import Bridge, explain, show_video
from talkinghead.web.page.widgets import method_input, picture_input, renderer_input, speech_input, text_input
from talkinghead.web.records import TaskRecord

_SIDES = ("A", "B")
_PLAY = (
    '<button class="th-link" onclick="document.querySelectorAll(\'.th-side video\').forEach('
    "video => { video.currentTime = 0; video.muted = video.closest('.th-b') !== null; video.play(); })\">"
    "Play both, with the sound of A</button>"
)


class CompareTab:
    """The tab.

    Args:
        bridge: to the service.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        with gr.Row():
            with gr.Column(min_width=320):
                picture = picture_input("Face to compare on", elem_id="th-compare-picture")
            with gr.Column(min_width=320):
                speech, text = speech_input(elem_id="th-compare-speech"), text_input()
        choices: list[Any] = []
        with gr.Row():
            for side, method in zip(_SIDES, ("makeittalk", "attentional_landmarks")):
                with gr.Column(min_width=320):
                    choices += [method_input(f"Method {side}", method), renderer_input(f"Renderer {side}")]
        with gr.Row():
            start = gr.Button("Compare", variant="primary", elem_id="th-compare")
            cancel = gr.Button("Cancel both")
        play = gr.HTML()
        with gr.Row():
            shown = [gr.HTML(elem_classes=["th-side", f"th-{side.lower()}"], min_width=320) for side in _SIDES]
        jobs = gr.State([])
        hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        start.click(self._compare, [picture, speech, text, *choices], [jobs, *shown, play], **hidden)
        cancel.click(self._cancel, jobs, None, **hidden)

    def _cancel(self, jobs: list[str]) -> None:
        for job in jobs:
            self._bridge.cancel(job)

    async def _compare(
        self,
        picture: str | None,
        speech: str | None,
        text: str,
        method_a: str,
        renderer_a: str,
        method_b: str,
        renderer_b: str,
        request: gr.Request,
    ) -> AsyncIterator[tuple[list[str], str, str, str]]:
        jobs: list[str] = []
        try:
            for method, renderer in ((method_a, renderer_a), (method_b, renderer_b)):
                values = {"method": method, "renderer": renderer, "text": text if not speech else None, "arkit": "csv"}
                files = {"face": picture, "speech": speech}
                record = await asyncio.to_thread(self._bridge.submit, request.client.host, values, files)
                jobs.append(record.id)
        except Exception as error:
            self._cancel(jobs)
            yield [], explain(error), "", ""
            return
        html, ended = ["", ""], [False, False]

        async def follow(side: int) -> None:
            async for text, record in self._bridge.follow(jobs[side]):
                html[side] = text if record is None else text + self._end(record)
            ended[side] = True

        following = [asyncio.create_task(follow(side)) for side in (0, 1)]
        try:
            before: list[str] = []
            while not all(ended) or html != before:
                before = list(html)
                yield jobs, html[0], html[1], _PLAY if all(ended) else ""
                await asyncio.sleep(0.2)
            yield jobs, html[0], html[1], _PLAY
        finally:
            for task in following:
                task.cancel()

    def _end(self, record: TaskRecord) -> str:
        return show_video(self._bridge.service.describe(record)) if record.state == "done" else ""
