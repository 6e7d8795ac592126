"""Texture and light of a face, fitted to pictures of it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.face.landmarks import INNER_LIP_CONTOUR
from talkinghead.rendering.mesh_render import Skin, harmonics, shade, unwrap
from talkinghead.types import FloatArray, ImageArray

_RIDGE = 0.002  # of all terms but the constant one, per pixel; one picture says little about some
_ROUNDS = 4  # of light and albedo by turns
_SHARPNESS = 4.0  # power of how squarely a camera sees the skin, by which frames are weighed
_LEAST_SEEN = 0.05
_DARKEST = 0.25  # of the mean light: less says nothing about the albedo
_MOUTH_OPEN = 0.06  # of the width of the lips
_TEETH = np.array([0.88, 0.84, 0.80])  # under white light, where no frame shows any
_BRIGHT = 85  # percentile of the mouth's inside that is taken for teeth


def fit_skin(pictures: Sequence[ImageArray], meshes: Sequence[FloatArray]) -> Skin:
    """What a face is covered with, from pictures of it under one light.

    Light and albedo are solved for by turns: the light that explains the pictures best, given the albedo, by least
    squares; the albedo as the mean of the pictures divided by the light, in which the frames that see a point most
    squarely count most. What no picture shows is filled from beside it. Of one picture, only that much is parted
    as the mean colour of its skin allows: light and albedo together always give the picture.

    Source: Zhang et al. 2021, section 4, which takes both from a regression network over a model of textures.

    Args:
        pictures: (H, W, 3) uint8 each.
        meshes: (478, 3) px, the face in each.

    Raises:
        ValueError: there is not one mesh for each picture, or no picture.
    """
    if not pictures or len(pictures) != len(meshes):
        raise ValueError(f"{len(pictures)} pictures but {len(meshes)} meshes")
    unwrapped = [unwrap(picture, mesh) for picture, mesh in zip(pictures, meshes, strict=True)]
    colours, facing, normals = (np.stack(part).astype(np.float32) for part in zip(*unwrapped, strict=True))
    weights = facing**_SHARPNESS * (facing > _LEAST_SEEN)
    albedo = np.broadcast_to(_mean_colour(colours, weights), colours.shape[1:]).astype(np.float32)
    basis = harmonics(normals)
    light: FloatArray = np.zeros((9, 3))
    for _ in range(_ROUNDS):
        light = _solve_light(colours, weights, basis, albedo)
        albedo = _solve_albedo(colours, weights, np.maximum(basis @ light, 0.0))
    return Skin(_fill(albedo, weights.sum(axis=0) > 0), _teeth_colour(pictures, meshes, light), light)


def _mean_colour(colours: npt.NDArray[np.float32], weights: FloatArray) -> FloatArray:
    return np.asarray(np.average(colours.reshape(-1, 3), axis=0, weights=weights.ravel() + 1e-9))


def _solve_light(
    colours: npt.NDArray[np.float32], weights: FloatArray, basis: FloatArray, albedo: npt.NDArray[np.float32]
) -> FloatArray:
    """(9, 3) light; the mean of what it gives is 1, so that the albedo has the picture's brightness."""
    chosen = weights > 0
    weight = weights[chosen]
    light = np.zeros((9, 3))
    penalty = np.diag([0.0, *(8 * [_RIDGE])]) * weight.sum()
    for channel in range(3):
        own = np.broadcast_to(albedo[..., channel], chosen.shape)[chosen]
        rows = basis[chosen] * own[:, None]
        gram = (rows * weight[:, None]).T @ rows + penalty * float(np.average(own**2, weights=weight))
        light[:, channel] = np.linalg.solve(gram, (rows * weight[:, None]).T @ colours[..., channel][chosen])
    mean = np.average(basis[chosen] @ light, axis=0, weights=weight)
    return np.asarray(light / np.maximum(mean, 1e-6))


def _solve_albedo(colours: npt.NDArray[np.float32], weights: FloatArray, lights: FloatArray) -> npt.NDArray[np.float32]:
    """(S, S, 3) that explains the pictures best under their lights, by weighted least squares."""
    lights = np.maximum(lights, _DARKEST)
    weight = weights[..., None]
    found = (weight * lights * colours).sum(axis=0) / np.maximum((weight * lights**2).sum(axis=0), 1e-9)
    return np.asarray(found, np.float32)


def _fill(albedo: npt.NDArray[np.float32], known: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """The same albedo, with what is not known filled in from beside it."""
    if known.all():
        return albedo
    levels = np.round(np.clip(albedo, 0.0, 2.0) * 127).astype(np.uint8)
    filled = cv2.inpaint(levels, (~known).astype(np.uint8), 3, cv2.INPAINT_TELEA).astype(np.float32) / 127
    return np.where(known[..., None], albedo, filled)


def _teeth_colour(pictures: Sequence[ImageArray], meshes: Sequence[FloatArray], light: FloatArray) -> FloatArray:
    """(3,) colour of the teeth under white light: of the bright parts of open mouths, else the usual one."""
    front = shade(np.array([0.0, 0.0, -1.0]), light)
    found = []
    for picture, mesh in zip(pictures, meshes, strict=True):
        lips = mesh[INNER_LIP_CONTOUR, :2]
        width, height = np.ptp(lips[:, 0]), np.ptp(lips[:, 1])
        if height < _MOUTH_OPEN * width:
            continue
        inside = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillPoly(inside, [np.round(lips).astype(np.int32)], 1)
        pixels = picture[inside > 0].astype(np.float64) / 255
        if len(pixels):
            grey = pixels.mean(axis=1)
            found.append(pixels[grey >= np.percentile(grey, _BRIGHT)].mean(axis=0))
    if not found:
        return _TEETH.copy()
    brightest = max(found, key=lambda colour: float(colour.mean()))
    return np.asarray(np.clip(brightest / np.maximum(front, 0.3), 0.0, 1.0))
