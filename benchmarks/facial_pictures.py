"""Of "facial": eye maps and what becomes of them, and paths of landmarks (figures 4 and 5 of Zhang et al. 2021)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.facial_people import Somebody, sound_of
from talkinghead.data.tracks import Take, read_takes
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.media import save_image
from talkinghead.methods import shipped_generator
from talkinghead.methods.facial import load_generator, load_renderer
from talkinghead.methods.facial.renderer import RenderToVideoRenderer
from talkinghead.methods.facial.scenes import eye_maps
from talkinghead.motion.editing import retarget
from talkinghead.motion.tracked import motion_of_track
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.face_scene import FaceScene
from talkinghead.rendering.rig import build_rig
from talkinghead.store import Store
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import FloatArray, ImageArray, Motion, Portrait
from talkinghead.weights import Weights

PICTURE = "facial.png"
_SIDE = 192  # px of a picture on the sheet
_SHUT = (0.0, 0.5, 1.0)
_OTHERS = ("facial", "makeittalk", "attentional_landmarks")  # for anybody
_FINE = 16  # parts of a px in which OpenCV draws
_SECTION = """## Pictures

![Eye maps and frames, and below the paths of landmarks](../images/{name})

As figure 4: {speaker}'s rendered face, whose eyes stay open, the eye attention map of shut eyes, and frames of the
person's own renderer with open, half shut and shut eyes. Below, as figure 5, the paths of the landmarks over a clip
that was held back, from dark to light: of the real video, the person's weights, the weights for anybody, makeittalk
and attentional_landmarks.
"""


def draw_pictures(somebody: Somebody, store: Store, file: Path) -> Mapping[str, str]:
    """Write the sheet of a person, and return what its section says."""
    [take] = read_takes(somebody.held_out[:1], store)
    portrait = somebody.person.portrait(reference=True)
    weights = Weights((somebody.person.folder / "weights" / "facial",))
    own = load_generator(weights).generate(sound_of(take), portrait)
    lines = [_draw_eyes(load_renderer(weights), own, portrait), _draw_paths(take, own, portrait)]
    save_image(np.concatenate(lines), file)
    return {"speaker": somebody.speaker}


def _draw_eyes(renderer: RenderToVideoRenderer, motion: Motion, portrait: Portrait) -> ImageArray:
    """(_SIDE, 5 _SIDE, 3) rendered face, eye map, frames."""
    part = replace(motion[: len(_SHUT)], blink=np.array(_SHUT))
    scene = FaceScene(portrait, size=_SIDE, skin=renderer.network.skin)
    maps = eye_maps(scene, part)
    frames = [picture for chunk in renderer.render(part, portrait) for picture in chunk.images]
    crop = scene.head.crop
    tiles = [maps[-1][..., :3], np.repeat(maps[-1][..., 3:], 3, axis=2), *(crop.extract(frame) for frame in frames)]
    return np.concatenate(tiles, axis=1)


def _draw_paths(take: Take, own: Motion, portrait: Portrait) -> ImageArray:
    """(_SIDE, 5 _SIDE, 3) the paths of landmarks, real and made."""
    real = retarget(motion_of_track(take.track, best_frame(take.track)), portrait.landmarks)
    speech = sound_of(take)
    others = [shipped_generator(name).generate(speech, portrait) for name in _OTHERS]
    rig, crop = build_rig(portrait), Crop.of(portrait.mesh, portrait.size, size=_SIDE)
    points = [crop.points(rig.place(motion)[1][:, MESH_OF_68])[..., :2] for motion in (real, own, *others)]
    return np.concatenate([_draw_lines(found) for found in points], axis=1)


def _draw_lines(points: FloatArray) -> ImageArray:
    """(_SIDE, _SIDE, 3) a line from frame to frame of each of (T, N, 2) points."""
    canvas = np.full((_SIDE, _SIDE, 3), 255, np.uint8)
    fine = np.round(points * _FINE).astype(np.int32)
    for row in range(len(fine) - 1):
        level = int(200 * row / len(fine))
        segments: Sequence[FloatArray] = list(fine[row : row + 2].transpose(1, 0, 2))
        cv2.polylines(canvas, segments, False, (level, level, 200), 1, cv2.LINE_AA, shift=4)
    return canvas


def pictures_section(result: Mapping[str, str]) -> str:
    """What ``draw_pictures`` returns as Markdown."""
    return _SECTION.format(name=PICTURE, **result)
