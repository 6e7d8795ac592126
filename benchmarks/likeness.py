"""The part "likeness": what renderers keep of portraits that no network has seen: colours, sharpness, no seam."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from talkinghead.errors import InputError
from talkinghead.face.landmarks import FACE_OVAL, INNER_LIP_CONTOUR, OUTER_LIP_CONTOUR
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.methods import get_renderer
from talkinghead.methods.base import Renderer
from talkinghead.metrics.seam import seam_visibility
from talkinghead.motion.controls import shape_field
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.rig import build_rig
from talkinghead.tracking import read_portrait
from talkinghead.types import BoolArray, FloatArray, ImageArray, Motion, Portrait

REFERENCE, OTHERS = "warp", ("attention", "translation")
MOMENTS = ("shut", "open", "blink", "turned")
MEASURES = (
    "colour of the lips, shut",
    "colour of the lips, open",
    "colour around the lips, open",
    "sharpness of the face",
    "sharpness around the face",
    "seam",
)
_OPENING, _TURN = 0.24, np.radians(9.0)  # eye distances, rad
_SIDE = 512  # px of the square of the head in which all is measured
_RING = 1.35  # of the lips' outline: the skin around them
_MOUTH = 1.5  # of the same: left out where sharpness is measured
_TEXT = f"""# Likeness: colours and sharpness of portraits that no network has seen

Every picture of the shared folder with its mouth shut, wide open ({_OPENING:g} eye distances), and so with the head
turned by 9 degrees. *Colour*: distance, in a and b of CIELAB, of the mean colour of the lips, or of the skin around
them, from that in the portrait; 2 can just be seen. *Sharpness*: energy of the Laplacian of the turned head, divided by
that of the warping renderer, which moves the portrait's own pixels: in the face without the mouth, and on hair and body
around it. *Seam*: the step around the face, in grey levels, with the mouth shut. Medians over pictures, and in brackets
the value that a tenth of them exceeds (for sharpness: falls below).

"""


def moments(portrait: Portrait) -> Motion:
    """The four moments of ``MOMENTS``."""
    shut = closed_mouth(portrait.landmarks)
    field = shape_field("open")
    wide = shut + _OPENING / lip_gap(field) * field
    rotation = np.zeros((4, 3))
    rotation[3] = (0.0, _TURN, 0.05)
    blink = np.array([0.0, 0.0, 1.0, 0.0])
    return Motion(25.0, np.stack([shut, wide, shut, wide]), rotation, np.zeros((4, 3)), blink, portrait.landmarks)


def render_moments(renderer: Renderer, portrait: Portrait) -> ImageArray:
    """(4, H, W, 3) the pictures of the moments."""
    return np.concatenate([chunk.images for chunk in renderer.render(moments(portrait), portrait)])


class Ruler:
    """Measures pictures of a portrait against the portrait and the reference's picture.

    Args:
        portrait: the portrait.
        reference: (4, H, W, 3) its moments by the reference renderer.
    """

    def __init__(self, portrait: Portrait, reference: ImageArray) -> None:
        self._portrait = portrait
        self._crop = replace(Crop.of(portrait.mesh, portrait.size), size=_SIDE)
        rig = build_rig(portrait)
        self._placed = rig.place(moments(portrait))[0][:, :468]
        self._own = rig.source[:468]
        self._reference = self._sharpness(reference)

    def scores(self, made: ImageArray) -> dict[str, float]:
        """``MEASURES`` of moments (4, H, W, 3)."""
        face, around = (a / b for a, b in zip(self._sharpness(made), self._reference))
        colours = [self._colours(image, points) for image, points in zip(made, self._placed)]
        own = self._colours(self._portrait.picture, self._own)
        away = np.linalg.norm(np.array(colours) - own, axis=-1)
        mesh = self._portrait.mesh[None]
        values = (away[0, 0], away[1, 0], away[1, 1], face, around, seam_visibility(made[:1], mesh)[0])
        return {name: float(value) for name, value in zip(MEASURES, values)}

    def _colours(self, image: ImageArray, points: FloatArray) -> FloatArray:
        """(2, 2) mean a and b of the lips and of the skin around them."""
        chroma = cv2.cvtColor(self._crop.extract(image).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 1:]
        outer = self._area(points[OUTER_LIP_CONTOUR])
        lips = outer & ~self._area(points[INNER_LIP_CONTOUR], 1.1)
        ring = self._area(points[OUTER_LIP_CONTOUR], _RING) & ~self._area(points[OUTER_LIP_CONTOUR], 1.1)
        return np.stack([chroma[lips].mean(axis=0), chroma[ring].mean(axis=0)])

    def _sharpness(self, made: ImageArray) -> tuple[float, float]:
        """Energy of the Laplacian in the turned head: of the face, and of what is around it."""
        image, points = made[3], self._placed[3]
        grey = cv2.cvtColor(self._crop.extract(image), cv2.COLOR_RGB2GRAY).astype(np.float32)
        energy = np.square(cv2.Laplacian(grey, cv2.CV_32F, ksize=3))
        face = self._area(points[FACE_OVAL])
        around = ~self._area(points[FACE_OVAL], 1.15) & self._inside()
        person = self._portrait.person
        if person is not None:
            levels = np.repeat((255 * person).astype(np.uint8)[..., None], 3, axis=2)
            around &= cv2.dilate(self._crop.extract(levels)[..., 0], np.ones((25, 25))) > 127
        inner = face & ~self._area(points[OUTER_LIP_CONTOUR], _MOUTH)
        return float(energy[inner].mean()), float(energy[around].mean())

    def _inside(self) -> BoolArray:
        """What of the crop lies in the picture."""
        rows, columns = np.mgrid[:_SIDE, :_SIDE] * (self._crop.side / _SIDE)
        width, height = self._portrait.size
        across, down = columns + self._crop.left, rows + self._crop.top
        return np.asarray((across >= 0) & (across < width) & (down >= 0) & (down < height))

    def _area(self, outline: FloatArray, scale: float = 1.0) -> BoolArray:
        """(_SIDE, _SIDE) the inside of an outline (N, 2 or 3) px of the picture, scaled about its middle."""
        points = self._crop.points(outline[:, :2])
        middle = points.mean(axis=0)
        corners = (middle + scale * (points - middle)).round().astype(np.int32)
        return np.asarray(cv2.fillPoly(np.zeros((_SIDE, _SIDE), np.uint8), [corners], 1), bool)


def _portraits(folder: Path) -> Iterator[tuple[str, Portrait]]:
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")):
        try:
            yield path.name, read_portrait(path)
        except InputError:
            continue  # the part "portraits" says why


def measure(folder: Path) -> dict[str, dict[str, dict[str, float]]]:
    """renderer -> picture -> ``MEASURES``, for all pictures of a folder that show a face."""
    reference, others = get_renderer(REFERENCE), {name: get_renderer(name) for name in OTHERS}
    result: dict[str, dict[str, dict[str, float]]] = {name: {} for name in (REFERENCE, *OTHERS)}
    for name, portrait in _portraits(folder):
        moved = render_moments(reference, portrait)
        ruler = Ruler(portrait, moved)
        result[REFERENCE][name] = ruler.scores(moved)
        for other, renderer in others.items():
            result[other][name] = ruler.scores(render_moments(renderer, portrait))
    return result


def summarise(result: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, Any]:
    """renderer -> measure -> median over the pictures, and the value that the worst tenth exceeds."""
    return {
        renderer: {
            "pictures": len(rows),
            **{name: _median_and_worst(name, [row[name] for row in rows.values()]) for name in MEASURES},
        }
        for renderer, rows in result.items()
    }


def _median_and_worst(name: str, values: Sequence[float]) -> list[float]:
    return [float(np.nanmedian(values)), float(np.nanpercentile(values, 10 if name.startswith("sharpness") else 90))]


def table(result: Mapping[str, Mapping[str, Any]]) -> str:
    """What ``summarise`` gives, as a page."""
    lines = ["| renderer (pictures) | " + " | ".join(MEASURES) + " |", "|---" * (1 + len(MEASURES)) + "|"]
    for renderer, row in result.items():
        cells = " | ".join("{:.2f} ({:.2f})".format(*row[name]) for name in MEASURES)
        lines.append(f"| {renderer} ({row['pictures']}) | {cells} |")
    return _TEXT + "\n".join(lines) + "\n"
