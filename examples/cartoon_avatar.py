"""A cartoon in a conference: a drawing speaks for you, before a background of its own.

python examples/cartoon_avatar.py DRAWING SPEECH OUT.mp4 [LANDMARKS.json]

LANDMARKS.json is what ``talkinghead landmarks DRAWING --edit`` saves: drawings in which no face is found need it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from talkinghead import TalkingHead, save_video
from talkinghead.media import read_image, read_speech
from talkinghead.rendering.backdrop import OverBackground, figure_of
from talkinghead.rendering.mouth_shapes import WithMouthShapes
from talkinghead.tracking import portrait_from_image
from talkinghead.tracking.placed import portrait_from_placed, read_placed
from talkinghead.types import ImageArray


def studio(width: int, height: int) -> ImageArray:
    """(height, width, 3) a plain wall, darker towards its foot."""
    shade = np.linspace(1.0, 0.75, height)[:, None, None]
    return np.broadcast_to(shade * (214, 226, 240), (height, width, 3)).astype(np.uint8)


def speak_for(drawing: Path, speech_file: Path, out: Path, landmarks: Path | None = None) -> None:
    """The video of a drawing saying the speech; livelier than a person, for flat colours hide small motion."""
    picture = read_image(drawing)
    head = TalkingHead.from_pretrained()
    renderer = head.renderer
    if landmarks is None:
        portrait = portrait_from_image(picture, drawing=True)
    else:
        placed = read_placed(landmarks, (picture.shape[1], picture.shape[0]))
        portrait = portrait_from_placed(picture, placed, drawing=True)
        renderer = WithMouthShapes(renderer.render, placed.closed, placed.open)
    figure = figure_of(portrait, picture, None)
    if figure is not None:
        portrait, opacity = figure
        renderer = OverBackground(renderer.render, opacity, studio(*portrait.frames.size))
    avatar = TalkingHead(head.generator, renderer, method=head.method)
    save_video(avatar(read_speech(speech_file), portrait, head=1.5), out, overwrite=True)


if __name__ == "__main__":
    speak_for(*map(Path, sys.argv[1:5]))
