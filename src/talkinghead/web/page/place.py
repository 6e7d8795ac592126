"""The tab on which landmarks are placed by hand, on faces that the tracker does not find."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import gradio as gr

from talkinghead.web.page.bridge import Bridge, explain
from talkinghead.web.page.widgets import picture_input
from talkinghead.web.page_tasks import PreparePlacing
from talkinghead.web.placings import Placings
from talkinghead.web.sentences import display_name


class PlaceTab:
    """The tab.

    Args:
        bridge: to the service.
        placings: keeps what is placed.
        placed: state: the id of the placing whose landmarks are to be used.
        picture: the picture of the first tab.
    """

    def __init__(self, bridge: Bridge, placings: Placings, *, placed: Any, picture: Any) -> None:
        self._bridge, self._placings = bridge, placings
        gr.Markdown(
            "For faces that are not found, such as drawings: drag the 68 points, press Save on the page below, then "
            "use them for the video."
        )
        with gr.Row():
            with gr.Column(min_width=320):
                own = picture_input("Picture to place the points in", elem_id="th-place-picture")
            with gr.Column(min_width=320):
                start = gr.Button("Place the points", variant="primary", elem_id="th-place")
                use = gr.Button("Use the saved points for the video", elem_id="th-use")
                status = gr.HTML(elem_id="th-place-status")
        frame = gr.HTML()
        placing = gr.State(None)
        hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        start.click(self._begin, own, [placing, status, frame], **hidden)
        use.click(self._use, [placing, own], [placed, picture, status], **hidden)
        picture.input(lambda: None, None, placed, **hidden)  # another face has other points

    async def _begin(self, picture: str | None) -> tuple[str | None, str, str]:
        if picture is None:
            return None, '<p class="th-error" role="alert">there is no picture: upload one.</p>', ""
        name = display_name(picture)
        try:
            content, state = await asyncio.to_thread(self._bridge.service.ask, PreparePlacing(Path(picture), name))
        except Exception as error:
            return None, explain(error).replace(str(picture), name), ""
        id = self._placings.add(content, state)
        return id, "", f'<iframe class="th-placing" src="placing/{id}/" title="the picture with its points"></iframe>'

    def _use(self, placing: str | None, picture: str | None) -> tuple[str | None, Any, str]:
        if placing is None or self._placings.find_points(placing) is None:
            return None, gr.skip(), '<p class="th-error" role="alert">nothing is saved yet: press Save below first.</p>'
        link = f'<a class="th-link" href="placing/{placing}/landmarks.json" download>Download the points</a>'
        return placing, picture, f'<p role="status">the first tab uses them now.</p>{link}'
