"""The figure of a portrait over a still background."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from talkinghead.rendering.rasteriser import backward_map
from talkinghead.rendering.rig import Rig, build_rig
from talkinghead.types import FloatArray, Frames, ImageArray, Motion, Portrait

Render = Callable[[Motion, Portrait], Iterator[Frames]]

_PIECE = 24  # frames placed at once
_INSET = 0.5  # probability of being the person below which a pixel is dropped: the old background tinges it
_SHOWS = 0.05  # opacity from which a transparent picture's own colour is reliable
_SURE = 0.95  # opacity from which a pixel of a mask has only the person's colour


def opacity_of_person(person: FloatArray) -> FloatArray:
    """(H, W) float32 opacity, soft inside the outline, from the probability that pixels are the person's."""
    share = np.clip((person - _INSET) / (1 - _INSET), 0.0, 1.0)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def spread_colours(image: ImageArray, alpha: FloatArray, *, known: float) -> ImageArray:
    """A picture (H, W, 3) whose nearly transparent pixels take the colour of the nearest opaque one.

    So edges are moved and blended with the figure's own colour, and no rim of the old background shows.

    Args:
        image: colours, not multiplied by the opacity.
        alpha: (H, W) in [0, 1].
        known: opacity from which a colour is kept.

    Raises:
        ValueError: no pixel reaches that opacity.
    """
    hidden = (alpha < known).astype(np.uint8)
    if hidden.all():
        raise ValueError(f"no pixel has an opacity of {known}")
    _, nearest = cv2.distanceTransformWithLabels(hidden, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    colours = np.zeros((int(nearest.max()) + 1, 3), np.uint8)
    colours[nearest[hidden == 0]] = image[hidden == 0]
    return np.asarray(colours[nearest])


class OverBackground:
    """A renderer that puts its figure in front of another background.

    The picture's colours, spread beyond the figure's edge, are rendered as usual, and the rig moves the opacity with
    them; so this works for every renderer that moves the portrait's pixels. It costs one map and one plane per frame.

    Args:
        render: makes the frames, of the portrait's size.
        alpha: (H, W) float32 in [0, 1], the opacity of the portrait's best frame.
        background: (H, W, 3) uint8.

    Raises:
        ValueError: the sizes differ.
    """

    def __init__(self, render: Render, alpha: FloatArray, background: ImageArray) -> None:
        if alpha.shape != background.shape[:2]:
            raise ValueError(f"alpha is {alpha.shape} and the background {background.shape[:2]}")
        self._render = render
        self._alpha = np.ascontiguousarray(alpha, np.float32)
        self._background = background

    def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        """One picture per row of the motion, in the chunks of the wrapped renderer.

        Raises:
            ValueError: the portrait has another size than the background.
        """
        width, height = portrait.size
        if self._alpha.shape != (height, width):
            raise ValueError(f"the portrait is {width} x {height} px, the background {self._background.shape[1::-1]}")
        opacities = _move_plane(self._alpha, build_rig(portrait), motion)
        for chunk in self._render(motion, portrait):
            pictures = np.empty_like(chunk.images)
            for picture, image in zip(pictures, chunk.images, strict=True):
                picture[:] = _over(image, next(opacities), self._background)
            yield Frames(pictures, chunk.fps)


def _over(image: ImageArray, alpha: FloatArray, background: ImageArray) -> ImageArray:
    return np.asarray(cv2.blendLinear(image, background, alpha, 1 - alpha))


def _move_plane(plane: FloatArray, rig: Rig, motion: Motion) -> Iterator[FloatArray]:
    """A plane (H, W) float32 moved by the rig, once per row of the motion."""
    height, width = plane.shape
    for start in range(0, len(motion), _PIECE):
        placed, _ = rig.place(motion[start : start + _PIECE])
        for points in placed:
            if np.allclose(points[:, :2], rig.source, atol=1e-3):
                yield plane
                continue
            maps = backward_map(points[:, :2], points[:, 2], rig.source, rig.triangles, size=(width, height))
            yield cv2.remap(plane, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def place_over(portrait: Portrait, alpha: FloatArray, background: ImageArray) -> Portrait:
    """A portrait with its figure in front of another background, for renderers that hold backgrounds still.

    Args:
        portrait: of one picture, with colours spread beyond the figure's edge, as from ``figure_of``.
        alpha: (H, W) float32, its opacity.
        background: (H, W, 3) uint8.
    """
    return _with_picture(portrait, _over(portrait.picture, alpha, background), alpha)


def _with_picture(portrait: Portrait, image: ImageArray, person: FloatArray | None) -> Portrait:
    """The portrait of one picture (H, W, 3) in place of all it has: others would show the old background."""
    row = slice(portrait.best, portrait.best + 1)
    frames = Frames(image[None], portrait.frames.fps)
    return replace(portrait, frames=frames, track=portrait.track[row], best=0, person=person)


def figure_of(portrait: Portrait, colours: ImageArray, alpha: FloatArray | None) -> tuple[Portrait, FloatArray] | None:
    """A portrait prepared for another background, and its opacity.

    Args:
        portrait: of one picture.
        colours: (H, W, 3) uint8 of that picture, not multiplied by the opacity.
        alpha: (H, W) in [0, 1], the picture's own opacity; None: it is derived from the portrait's ``person``.

    Returns:
        The portrait with spread colours and a ``person`` that matches its opacity, and that opacity (H, W) float32;
        None if neither the opacity nor the person is known.
    """
    known, person = _SHOWS, alpha
    if alpha is None:
        if portrait.person is None:
            return None
        alpha, known, person = opacity_of_person(portrait.person), _SURE, portrait.person
    alpha = np.asarray(alpha, np.float32)
    return _with_picture(portrait, spread_colours(colours, alpha, known=known), person), alpha
