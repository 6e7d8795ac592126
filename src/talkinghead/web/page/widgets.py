"""Widgets of the page. Uploaded files are never decoded in the server: only workers open them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from talkinghead.web.about import list_methods, list_voices
from talkinghead.web.forms import job_form

USUAL = "the method's own"
NOBODY = "nobody: the picture above"
_SPEECH = "Speech: a recording, or the microphone"


def picture_input(label: str, **options: Any) -> Any:
    """A picture, uploaded or taken with the camera."""
    picture = gr.Image(
        label=label, type="filepath", sources=["upload", "webcam"], buttons=["fullscreen"], height=300, **options
    )
    # Not a subclass: Gradio would write a file about it beside this one.
    picture.preprocess = _hand_on
    return picture


class UploadedPath(str):
    """The path of an uploaded file, which knows what the client calls it.

    Attributes:
        client_name: for sentences about the file.
    """

    client_name = ""


def _hand_on(payload: Any) -> Any:
    """The path of an uploaded file, or of several, as they came."""
    if payload is None:
        return None
    files = getattr(payload, "root", payload)
    return [_path_of(file) for file in files] if isinstance(files, list) else _path_of(payload)


def _path_of(file: Any) -> UploadedPath:
    path = UploadedPath(file.path)
    path.client_name = file.orig_name or Path(file.path).name
    return path


def file_input(label: str, **options: Any) -> Any:
    """A file, uploaded."""
    file = gr.File(label=label, **options)
    file.preprocess = _hand_on
    return file


def speech_input(**options: Any) -> Any:
    """A recording, uploaded or taken with the microphone."""
    speech = gr.Audio(label=_SPEECH, type="filepath", sources=["upload", "microphone"], buttons=["download"], **options)
    speech.preprocess = _hand_on
    return speech


def text_input() -> Any:
    """A text to say."""
    return gr.Textbox(label="Or a text to say", lines=3, max_lines=8, placeholder="Good morning.")


def voice_input() -> Any:
    """The voice that says it."""
    from talkinghead.errors import InputError

    try:
        names = [(f"{voice['language']} ({voice['name']})", voice["name"]) for voice in list_voices()]
    except InputError:  # no synthesiser is installed: the job says so
        names = []
    return gr.Dropdown(label="Voice for the text", choices=[("English, American (usual)", ""), *names], value="")


def method_input(label: str = "Method", value: str = "makeittalk") -> Any:
    """Which method."""
    return gr.Dropdown(label=label, choices=[method["name"] for method in list_methods()], value=value, min_width=190)


def renderer_input(label: str = "Renderer") -> Any:
    """What draws the frames."""
    names = dict.fromkeys(name for method in list_methods() for name in method["renderers"])
    return gr.Dropdown(label=label, choices=[(USUAL, ""), *names], value="", min_width=190)


def hint(field: str) -> str:
    """What a field of a job is, from the job's own documentation."""
    return str(job_form()[field].schema["description"])
