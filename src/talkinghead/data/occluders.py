"""Faces of which something is covered: masks, scarves, cups, hands and paper over the mouth, and what leaves it free.

Painted, not photographed: what matters is that the mouth cannot be seen, by whatever stands before it.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from talkinghead.face.landmarks import FACE_OVAL, JAW, LEFT_EYE, LIPS, MESH_OF_68, OUTER_LIP_CONTOUR, RIGHT_EYE
from talkinghead.types import FloatArray, ImageArray

COVERING = ("mask", "mask", "scarf", "round", "box", "fingers")
"""What may be painted over a mouth; masks twice as often as others."""

HARMLESS = ("nothing", "nothing", "elsewhere", "microphone", "beard", "beard")
"""What may be painted without hiding the mouth."""

_NOSE_BRIDGE, _NOSE_TIP, _NOSE_BASE, _CHIN = 27, 30, 33, 8


class Covered(NamedTuple):
    """A picture of a face, and the share of the lips that something covers."""

    image: ImageArray
    share: float


def cover(
    image: ImageArray, mesh: FloatArray, what: str, rng: np.random.Generator, others: list[ImageArray]
) -> Covered:
    """A face with one of ``COVERING`` or ``HARMLESS`` painted on.

    Args:
        image: (S, S, 3), mostly a face.
        mesh: (478, 3) px.
        what: is painted.
        rng: for place, form, colour and texture.
        others: pictures (S, S, 3) from which textures are taken.
    """
    if what == "nothing":
        return Covered(image, 0.0)
    shape = _shape(image.shape[:2], mesh[MESH_OF_68, :2], what, rng)
    skin = np.median(image[_fill_outline(image.shape[:2], mesh[FACE_OVAL, :2]) > 0], axis=0)
    paint = _hair(image.shape[:2], rng) if what == "beard" else _texture(image.shape[:2], skin, rng, others)
    if rng.random() < 0.5:  # the light of the scene falls on it
        light = cv2.GaussianBlur(image.mean(axis=-1), (0, 0), image.shape[0] / 16)
        paint = (
            paint * (0.5 + 0.5 * light / max(1.0, float(light[shape > 0].mean()) if shape.any() else 1.0))[..., None]
        )
    opacity = cv2.GaussianBlur(shape, (0, 0), rng.uniform(0.6, 2.5))[..., None] / 255.0
    opacity = opacity * rng.uniform(0.6, 1.0) if what == "beard" else opacity
    lips = _fill_outline(image.shape[:2], mesh[OUTER_LIP_CONTOUR, :2]) > 0
    share = float(opacity[lips].mean()) if lips.any() else 0.0
    return Covered((image * (1 - opacity) + paint * opacity).clip(0, 255).astype(np.uint8), share)


def restyle(image: ImageArray, rng: np.random.Generator) -> ImageArray:
    """A picture as another camera, a painter or a draughtsman might have made it; often as it is."""
    kind = rng.integers(9)
    if kind == 0:
        return np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if kind == 1:
        step = int(rng.integers(24, 64))
        return (image // step * step + step // 2).astype(np.uint8)
    if kind == 2:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(1, 4)), np.uint8)
    if kind == 3:
        return (image * rng.uniform(0.3, 1.3) + rng.uniform(-20, 40)).clip(0, 255).astype(np.uint8)
    if kind == 4:
        smooth = cv2.stylization(image, sigma_s=int(rng.integers(10, 60)), sigma_r=float(rng.uniform(0.2, 0.6)))
        return np.asarray(smooth, np.uint8)
    if kind == 5:  # a pencil drawing
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        around = cv2.GaussianBlur(255 - grey, (0, 0), rng.uniform(3, 9))
        return np.repeat((255 * (grey / (256.0 - around)).clip(0, 1)).astype(np.uint8)[..., None], 3, axis=2)
    if kind == 6:
        return (image * rng.uniform(0.6, 1.4, 3)).clip(0, 255).astype(np.uint8)
    if kind == 7:
        return (image + rng.normal(size=image.shape) * rng.uniform(3, 18)).clip(0, 255).astype(np.uint8)
    return image


def _fill_outline(size: tuple[int, int], outline: FloatArray) -> ImageArray:
    canvas = np.zeros(size, np.uint8)
    cv2.fillPoly(canvas, [outline.round().astype(np.int32)], 255)
    return canvas


def _shape(size: tuple[int, int], points: FloatArray, what: str, rng: np.random.Generator) -> ImageArray:
    """(H, W) 255 where it is painted, for landmarks (68, 2)."""
    canvas = np.zeros(size, np.uint8)
    right = points[45] - points[36]
    unit = float(np.linalg.norm(right))
    right = right / unit
    down = points[_CHIN] - points[_NOSE_BRIDGE]
    down = down / np.linalg.norm(down)
    mouth, jaw = points[LIPS].mean(axis=0), points[JAW]

    def ellipse(centre: FloatArray, wide: tuple[float, float], high: tuple[float, float]) -> None:
        axes = (2 * unit * rng.uniform(*wide), 2 * unit * rng.uniform(*high))
        cv2.ellipse(canvas, (centre.tolist(), axes, float(rng.uniform(0, 180))), 255, -1)

    if what == "mask":
        start, top = int(rng.integers(1, 5)), points[int(rng.integers(_NOSE_BRIDGE, _NOSE_TIP + 1))]
        left, other = jaw[start], jaw[16 - start]
        outline = np.stack([*jaw[start : 17 - start], 0.9 * other + 0.1 * left, top, 0.9 * left + 0.1 * other])
        return _fill_outline(size, outline + (outline - mouth) * rng.uniform(-0.05, 0.15))
    if what == "scarf":
        edge, far = points[_NOSE_TIP] + down * unit * rng.uniform(-0.3, 0.1), 3 * unit
        corners = [edge - right * far, edge + right * far, edge + (right + down) * far, edge + (down - right) * far]
        return _fill_outline(size, np.stack(corners))
    if what == "round":
        ellipse(mouth + rng.normal(size=2) * 0.15 * unit, (0.3, 0.7), (0.25, 0.7))
    elif what == "box":
        sides = (unit * rng.uniform(0.5, 2.5), unit * rng.uniform(0.4, 1.5))
        centre = (mouth + rng.normal(size=2) * 0.2 * unit).tolist()
        return _fill_outline(size, cv2.boxPoints((centre, sides, float(25 * rng.normal()))))
    elif what == "fingers":
        turn, thick = rng.uniform(-0.6, 0.6), unit * rng.uniform(0.16, 0.26)
        along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
        centre = mouth + rng.normal(size=2) * 0.15 * unit
        for number in range(int(rng.integers(2, 5))):
            middle = centre + across * (number - 1.5) * thick
            ends = middle - along * unit * rng.uniform(0.3, 0.6), middle + 1.2 * along * unit
            first, last = (end.round().astype(int).tolist() for end in ends)
            cv2.line(canvas, first, last, 255, int(thick))
    elif what == "elsewhere":
        forehead, below = points[_NOSE_BRIDGE] - 0.6 * unit * down, jaw[8] + 0.1 * unit * down
        eyes = points[LEFT_EYE].mean(axis=0), points[RIGHT_EYE].mean(axis=0)
        ellipse((forehead, *eyes, below, jaw[3], jaw[13])[rng.integers(6)], (0.15, 0.45), (0.1, 0.3))
    elif what == "microphone":
        head = mouth + down * unit * rng.uniform(0.3, 0.6) + right * unit * 0.2 * rng.normal()
        radius = max(2, int(unit * rng.uniform(0.12, 0.28)))
        foot = head + 3 * unit * down + unit * rng.normal() * right
        cv2.circle(canvas, head.round().astype(int).tolist(), radius, 255, -1)
        cv2.line(canvas, head.round().astype(int).tolist(), foot.round().astype(int).tolist(), 255, radius)
    else:  # a beard
        canvas = _fill_outline(size, np.concatenate([jaw[2:15], points[_NOSE_BASE][None]]))
        lips = _fill_outline(size, points[LIPS.start : LIPS.start + 12])
        canvas[cv2.dilate(lips, np.ones((3, 3), np.uint8), iterations=int(rng.integers(0, 3))) > 0] = 0
    return canvas


def _hair(size: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    grain = cv2.GaussianBlur(rng.normal(size=size).astype(np.float32), (0, 0), rng.uniform(0.6, 2))
    colour = rng.integers(10, 120) * np.array([1.0, rng.uniform(0.8, 1), rng.uniform(0.6, 1)])
    return np.asarray(colour * (1 + 0.3 * grain / grain.std())[..., None])


def _texture(size: tuple[int, int], skin: FloatArray, rng: np.random.Generator, others: list[ImageArray]) -> FloatArray:
    """(H, W, 3) plain, shaded, pleated, grainy, of another picture, or in bands like fingers."""
    colour = rng.integers(0, 256, 3).astype(np.float64) if rng.random() < 0.6 else skin * rng.uniform(0.5, 1.2)
    if rng.random() < 0.25:
        colour = np.full(3, rng.integers(0, 60) if rng.random() < 0.5 else rng.integers(200, 256), np.float64)
    turn, (rows, columns) = rng.uniform(0, 2 * np.pi), np.mgrid[: size[0], : size[1]]
    kind = rng.integers(6)
    if kind == 2 and rng.random() < 0.6:  # pleats of a surgical mask
        turn = rng.normal(np.pi / 2, 0.3)
    along = np.cos(turn) * columns + np.sin(turn) * rows
    paint = np.ones((*size, 3)) * colour
    if kind == 1:
        paint *= (1 + rng.uniform(-0.6, 0.6) * (along - along.mean()) / max(size))[..., None]
    elif kind == 2:
        waves = np.sin(along * 2 * np.pi / rng.uniform(8, 40) + rng.uniform(0, 6))
        paint *= (1 + rng.uniform(0.05, 0.3) * waves)[..., None]
    elif kind == 3:
        grain = cv2.GaussianBlur(rng.normal(size=paint.shape).astype(np.float32), (0, 0), rng.uniform(0.8, 8))
        paint += grain / grain.std() * rng.uniform(4, 40)
    elif kind == 4:
        other = others[int(rng.integers(len(others)))]
        top, left = rng.integers(0, size[0] // 3, 2)
        paint = cv2.resize(other[top : top + size[0] // 2, left : left + size[1] // 2], size[::-1]).astype(np.float64)
    elif kind == 5:
        between = 2 * np.abs(along / rng.uniform(16, 45) % 1 - 0.5)
        paint *= (0.55 + 0.45 * np.minimum(1, 4 * (1 - between)))[..., None]
    return np.asarray(paint.clip(0, 255))
