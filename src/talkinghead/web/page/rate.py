"""The fourth tab: how good is a video?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from talkinghead.web.page.bridge import Bridge, explain
from talkinghead.web.page.widgets import file_input
from talkinghead.web.page_tasks import EvaluateVideo
from talkinghead.web.tasks import CheckVideos


class RateTab:
    """The tab.

    Args:
        bridge: to the service.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        gr.Markdown("Every measure that can be made: against the real video of the same speech, if you have it.")
        with gr.Row():
            with gr.Column(min_width=320):
                video = file_input("The video to evaluate", file_types=["video"], height=140, elem_id="th-evaluated")
            with gr.Column(min_width=320):
                reference = file_input("The real video of the same speech", file_types=["video"], height=140)
        with gr.Row():
            start = gr.Button("Evaluate", variant="primary", elem_id="th-evaluate")
            cancel = gr.Button("Cancel")
        status, report = gr.HTML(elem_id="th-evaluate-status"), gr.HTML()
        task = gr.State(None)
        hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        start.click(self._evaluate, [video, reference], [task, status, report], **hidden)
        cancel.click(bridge.cancel, task, None, **hidden)

    async def _evaluate(
        self, video: str | None, reference: str | None, request: gr.Request
    ) -> AsyncIterator[tuple[str | None, str, str]]:
        files = {"video": video, "reference": reference}
        try:
            record = await asyncio.to_thread(
                self._bridge.submit, request.client.host, {}, files, kind="evaluation", check=_check
            )
        except Exception as error:
            yield None, explain(error), ""
            return
        async for html, ended in self._bridge.follow(record.id):
            place = f"v1/evaluations/{record.id}/page"
            frame = f'<iframe class="th-frame" src="{place}" title="the report"></iframe>'
            link = f'<a class="th-link" href="{place}" target="_blank">The report by itself</a>'
            yield record.id, html, frame + link if ended is not None and ended.state == "done" else ""


def _check(task: EvaluateVideo) -> CheckVideos:
    return CheckVideos(task.paths())
