"""The tab on which persons are made from reference videos."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from talkinghead.web.page.bridge import Bridge, explain
from talkinghead.web.page.make import list_persons
from talkinghead.web.page.widgets import file_input
from talkinghead.web.tasks import AdaptPerson, CheckVideos


class PersonsTab:
    """The tab.

    Args:
        bridge: to the service.
        choice: the first tab's choice of a person.
    """

    def __init__(self, bridge: Bridge, *, choice: Any) -> None:
        self._bridge = bridge
        gr.Markdown(
            "A person is made once from a reference video and then serves every method. Ask them first: how they "
            "agreed is kept. Persons can be chosen by everybody who may use this service."
        )
        with gr.Row():
            with gr.Column(min_width=320):
                videos = file_input("Videos of one person", file_types=["video"], file_count="multiple", height=140)
            with gr.Column(min_width=320):
                name = gr.Textbox(label="Name")
                consent = gr.Textbox(label="How they agreed", placeholder="Anna agreed by e-mail on 3 March 2026.")
                methods = gr.Textbox(label="Adapt these methods, too (long)", placeholder="makeittalk")
                with gr.Row():
                    start = gr.Button("Make the person", variant="primary", elem_id="th-person")
                    cancel = gr.Button("Cancel")
                status = gr.HTML(elem_id="th-person-status")
        task = gr.State(None)
        hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        start.click(self._make, [videos, name, consent, methods], [task, status, choice], **hidden)
        cancel.click(bridge.cancel, task, None, **hidden)

    async def _make(
        self, videos: list[str] | None, name: str, consent: str, methods: str, request: gr.Request
    ) -> AsyncIterator[tuple[str | None, str, Any]]:
        values = {"name": name, "consent": consent, "methods": methods}
        try:
            record = await asyncio.to_thread(
                self._bridge.submit, request.client.host, values, {"videos": videos}, kind="person", check=_check
            )
        except Exception as error:
            yield None, explain(error), gr.skip()
            return
        async for html, ended in self._bridge.follow(record.id):
            done = ended is not None and ended.state == "done"
            yield record.id, html, gr.update(choices=list_persons(self._bridge)) if done else gr.skip()


def _check(task: AdaptPerson) -> CheckVideos:
    return CheckVideos(task.videos)
