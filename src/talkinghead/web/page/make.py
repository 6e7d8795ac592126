"""The first tab: a face and what it says become a video."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from talkinghead.production.dub_checks import PAINTERS
from talkinghead.speech.emotions import AUTO, EMOTIONS
from talkinghead.web.about import list_methods
from talkinghead.web.page.bridge import Bridge, explain, show_curves, show_video
from talkinghead.web.page.widgets import (
    NOBODY,
    file_input,
    hint,
    method_input,
    picture_input,
    renderer_input,
    speech_input,
    text_input,
    voice_input,
)
from talkinghead.web.placings import Placings

_FORMATS = ["mp4", "webm", "mov", "gif"]


def list_persons(bridge: Bridge) -> list[tuple[str, str]]:
    """(name, id) of the persons to choose from."""
    done = [record for record in bridge.service.records.all_of("person") if record.state == "done"]
    return [(NOBODY, ""), *((str((record.result or {}).get("name", record.id)), record.id) for record in done)]


class MakeTab:
    """The tab.

    Args:
        bridge: to the service.
        placings: landmarks placed on the page.
        job: state: the id of the newest job.
        placed: state: the id of the placing whose landmarks are to be used.
        examples: pictures to try: a photo and a drawing.
    """

    def __init__(self, bridge: Bridge, placings: Placings, *, job: Any, placed: Any, examples: Sequence[Path]) -> None:
        self._bridge, self._placings = bridge, placings
        self._emotional = {method["name"] for method in list_methods() if method["emotional"]}
        with gr.Row():
            with gr.Column(min_width=320):
                self.picture = picture_input("Face: a picture, or the camera", elem_id="th-make-picture")
                gr.Examples(
                    [[str(example)] for example in examples],
                    [self.picture],
                    label="Examples",
                    example_labels=["Eileen Collins (NASA, public domain)", "A drawing"],
                )
                with gr.Accordion("Instead of a picture: a video, or a person", open=False):
                    video = file_input("A video of a face", file_types=["video"], height=120)
                    dub = gr.Checkbox(label="Dub it: keep the video, change its lips alone")
                    person = gr.Dropdown(label="A person made on this service", choices=list_persons(bridge), value="")
            with gr.Column(min_width=320):
                speech, text = speech_input(elem_id="th-make-speech"), text_input()
                voice = voice_input()
                language = gr.Textbox(label="Or the language whose usual voice speaks", placeholder="de, pt-BR, French")
                emotion = gr.Dropdown(
                    label="Emotion",
                    choices=[("none", ""), AUTO, *EMOTIONS],
                    value="",
                    visible=False,
                    info=hint("emotion"),
                )
                with gr.Row():
                    method, renderer = method_input(), renderer_input()
                with gr.Accordion("More", open=False):
                    with gr.Row():
                        seed = gr.Number(label="Seed", value=0, precision=0, minimum=0, info=hint("seed"))
                        head = gr.Slider(0, 3, 1, step=0.1, label="Movement of the head", info=hint("head"))
                    with gr.Row():
                        fps = gr.Textbox(label="Frames per second", placeholder="25", info="or 30000/1001")
                        file_format = gr.Dropdown(label="File", choices=_FORMATS, value="mp4")
                    colour = gr.Textbox(label="Background colour", placeholder="#00b140")
                    background = file_input("Or a background picture", file_types=["image"], height=100)
                    mark = gr.Checkbox(label='A small "AI" in the corner', value=True)
                with gr.Row():
                    make = gr.Button("Make the video", variant="primary", elem_id="th-make")
                    cancel = gr.Button("Cancel", elem_id="th-cancel")
                status = gr.HTML(elem_id="th-status")
        result = gr.HTML(elem_id="th-result")
        curves = gr.HTML(elem_id="th-plot")
        method.change(self._show_emotion, method, emotion, api_visibility="private", show_progress="hidden")
        inputs = [self.picture, video, dub, person, speech, text, voice, language, emotion, method, renderer]
        inputs += [seed, head, fps, file_format, colour, background, mark, placed]
        make.click(self._make, inputs, [job, status, result, curves], api_visibility="private", show_progress="hidden")
        cancel.click(bridge.cancel, job, None, api_visibility="private", show_progress="hidden")
        self.person = person

    def _show_emotion(self, method: str) -> Any:
        return gr.update(visible=method in self._emotional)

    async def _make(
        self,
        picture: str | None,
        video: str | None,
        dub: bool,
        person: str | None,
        speech: str | None,
        text: str,
        voice: str,
        language: str,
        emotion: str,
        method: str,
        renderer: str,
        seed: float,
        head: float,
        fps: str,
        file_format: str,
        colour: str,
        background: str | None,
        mark: bool,
        placed: str | None,
        request: gr.Request,
    ) -> AsyncIterator[tuple[Any, str, str, str]]:
        values: dict[str, object] = {"person": person, "text": text if not speech else None, "arkit": "csv"}
        if not speech:
            values |= {"voice": voice, "language": language if not voice else None}
        values |= {"method": method, "renderer": renderer, "seed": int(seed or 0), "format": file_format}
        values |= {"visible_mark": mark, "emotion": emotion if method in self._emotional else None}
        files: dict[str, Any] = {"face": None if person else video or picture, "speech": speech}
        if dub and video:
            values |= {"task": "dub", "renderer": renderer if renderer in PAINTERS else None}
        else:
            values |= {"head": float(head), "fps": fps, "background": colour if not background else None}
            files["background"] = background
        landmarks = self._landmarks(placed) if placed and picture and not video and not person else None
        try:
            record = await asyncio.to_thread(
                self._bridge.submit, request.client.host, values, {**files, "landmarks": landmarks}
            )
        except Exception as error:
            yield None, explain(error), "", ""
            return
        async for html, ended in self._bridge.follow(record.id):
            if ended is not None and ended.state == "done":
                told = self._bridge.service.describe(ended)
                plot = show_curves(record.id) if "motion" in told["results"] else ""
                yield record.id, html, show_video(told), plot
            else:
                yield record.id, html, "", ""

    def _landmarks(self, placed: str) -> bytes | None:
        """A file with the landmarks that were saved on the page; None: none were."""
        saved = self._placings.find_points(placed)
        return None if saved is None else json.dumps(saved).encode()
