"""What a single picture does not show of a head that turns, filled in before the network sees it.

Skin that the camera saw too flatly is a few pixels of the picture, some of them hair or background; as the head turns
they would be drawn out over a whole cheek. In their place comes the other side of the face, in a mirror and in this
side's light, where the picture shows it; else what lies beside it.

Source: ours; Chen et al. 2020, section 4.1, leave holes of the projected mesh to the network, which has learned from
    thousands of turning heads. Ours has seen two minutes of them.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.face.landmarks import FACE_OVAL
from talkinghead.motion.smoothing import smoothstep
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.mesh_render import (
    TEXTURE_SIDE,
    eye_vertices,
    fill_values,
    skin_triangles,
    texture_places,
    unwrap,
    vertex_normals,
)
from talkinghead.rendering.rasteriser import backward_map
from talkinghead.rendering.rig import Rig
from talkinghead.types import BoolArray, FloatArray, ImageArray, IndexArray, Motion, Portrait

_SURFACE = 468
_FLAT, _SQUARE = 0.15, 0.45  # cosines at which the camera sees no colour of skin, and all of it
_GAIN = 0.2  # by which skin must be seen more squarely than in the picture to be filled in
_LIGHT = 20.0  # px of the texture map over which light is compared
_ALIKE, _MOST_LIGHT = 0.2, 0.6  # logarithms of by how much sides may differ in light: all but at all
_RIM = 0.05  # face widths about hidden skin in which the picture shows neither it nor what is behind it
_BESIDE = 0.2  # face sizes about the face in which triangles touch it
_EVEN, _UNLIKE = 9, 20.0  # px and levels by which colours may differ because light does
_FAR = np.float32(3e38)
_LEAST = 1e-3
_BESIDE_ITSELF = 0.01  # cost of equation 2 (a turn of 6 degrees) from which two heads beside each other can be told
_AROUND_PERSON = 0.02  # sides of the square

_Plane = npt.NDArray[np.float32]


class HiddenSide:
    """Fills in what a portrait's one picture hides.

    Args:
        portrait: of one picture.
        rig: of that picture.
        crop: the square of the head.
    """

    def __init__(self, portrait: Portrait, rig: Rig, crop: Crop) -> None:
        self._rig, self._crop = rig, crop
        self._shown = crop.extract(portrait.picture)
        self._source = crop.points(rig.source)
        self._outward = _outward(self._source[:_SURFACE], FACE_OVAL)
        self._skin = np.clip(complete_skin(portrait), 0, 255).round().astype(np.uint8)
        self._facing = _facing(portrait.mesh[:_SURFACE])
        count = len(rig.source) - _SURFACE
        flag = np.concatenate([np.ones(_SURFACE), np.zeros(count)])
        fixed = np.column_stack([texture_places(), self._facing, eye_vertices()])
        self._values = np.column_stack([np.concatenate([fixed, np.zeros((count, 4))]), flag])
        person = portrait.person
        self._person = None if person is None else crop.extract(np.round(255 * person).astype(np.uint8)[..., None])

    def complete(self, motion: Motion, own: ImageArray) -> ImageArray:
        """(T, S, S, 3) uint8 warped pictures ``own`` with the hidden skin of each row of a motion filled in."""
        _, placed = self._rig.place(motion)
        return np.stack([self._fill(points, picture) for points, picture in zip(placed, own, strict=True)])

    def trust(self, own: ImageArray, projected: ImageArray) -> ImageArray:
        """(T, S, S, 4) uint8: the projected mesh, known only where its light leaves it about as it was in ``own``.

        The light that one picture tells of turns too bright or too dark on skin that turns far, above all in paintings.
        """
        trusted = projected.copy()
        for mesh, picture in zip(trusted, own, strict=True):
            rows, columns = (_span(mesh[..., 3].any(axis=axis)) for axis in (1, 0))
            face, shown = mesh[rows, columns], picture[rows, columns]
            known = face[..., 3]
            if not known.size:
                continue
            share = np.maximum(cv2.blur(known, (_EVEN, _EVEN)).astype(np.float32) / 255, 0.1)
            masks = cv2.merge([(known > 0).astype(np.uint8)] * 3)
            colours = (cv2.blur(one * masks, (_EVEN, _EVEN)) for one in (np.ascontiguousarray(face[..., :3]), shown))
            away = cv2.transform(cv2.absdiff(*colours), np.full((1, 3), 1 / 3)).astype(np.float32) / share
            face[..., 3] = (known * np.exp(-np.square(away / _UNLIKE))).round()
        return trusted

    def _fill(self, points: FloatArray, picture: ImageArray) -> ImageArray:
        gains = np.zeros(len(points))
        gains[:_SURFACE] = _facing(points[:_SURFACE]) - self._facing
        if gains.max() <= 0:
            return picture
        shares = _share(self._facing[FACE_OVAL], gains[FACE_OVAL])
        shifts = np.zeros((len(points), 3))
        shifts[FACE_OVAL] = shares[:, None] * np.column_stack([self._outward, np.ones(len(shares))])
        values = np.column_stack([self._values, gains, self._source + shifts[:, :2], shifts[:, 2]])
        target = self._crop.points(points[:, :2])
        low, high = target[:_SURFACE].min(axis=0), target[:_SURFACE].max(axis=0)
        room = _BESIDE * (high - low).max()  # what follows from the rim lies within
        left, top = np.clip(np.floor(low - room), 0, len(picture) - 1).astype(int)
        right, bottom = np.clip(np.ceil(high + room), (left + 1, top + 1), len(picture)).astype(int)
        drawn = np.zeros((bottom - top, right - left, values.shape[1]), np.float32)
        buffer = np.full(drawn.shape[:2], _FAR, np.float32)
        moved = np.ascontiguousarray(target - (left, top))
        fill_values(moved, np.ascontiguousarray(points[:, 2]), values, self._rig.triangles, drawn, buffer)
        filled = picture.copy()
        filled[top:bottom, left:right] = self._paint(drawn, picture[top:bottom, left:right])
        return filled

    def _paint(self, drawn: _Plane, shown: ImageArray) -> ImageArray:
        """(h, w, 3) a part of a picture with what is hidden painted over it; ``drawn`` (h, w, 9) are its values."""
        facing, eyes, flag, gain = (drawn[..., k] for k in range(2, 6))
        inside = flag > 1 - _LEAST
        beside = cv2.remap(self._shown, drawn[..., 6], drawn[..., 7], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        share = np.where(inside, 0.0, np.minimum(1.0, 3 * drawn[..., 8])).astype(np.float32)
        shown = cv2.blendLinear(beside, np.ascontiguousarray(shown), share, 1 - share)
        share = np.where(inside, _share(facing, gain) * (1 - eyes), 0.0).astype(np.float32)
        share = cv2.blur(share, (3, 3)) / np.maximum(cv2.blur(inside.astype(np.float32), (3, 3)), 0.1) * inside
        colours = cv2.remap(self._skin, drawn[..., 0], drawn[..., 1], cv2.INTER_LINEAR)
        return np.asarray(cv2.blendLinear(colours, shown, share, 1 - share))

    def background(self, motion: Motion, own: ImageArray, still: ImageArray, costs: FloatArray) -> ImageArray:
        """(T, S, S, 3) uint8: the picture as it is, without the head as it was beside the head as it is.

        Args:
            motion: T rows.
            own: (T, S, S, 3) uint8 the warped picture, which takes its place where the person was or is.
            still: (T, S, S, 3) uint8 the picture as it is.
            costs: (T,) of the pose; where they are small, both heads lie on each other, and all of the picture counts.
        """
        shown, shares = [], 1 - np.exp(-np.square(costs / _BESIDE_ITSELF))
        if self._person is None:
            return np.stack([cv2.addWeighted(a, k, b, 1 - k, 0) for a, b, k in zip(own, still, shares, strict=True)])
        width = 2 * round(_AROUND_PERSON * own.shape[1]) + 1
        source = self._crop.points(self._rig.source)
        for points, warped, picture, most in zip(self._rig.place(motion)[1], own, still, shares, strict=True):
            target = self._crop.points(points[:, :2])
            maps = backward_map(target, points[:, 2], source, self._rig.triangles, size=self._person.shape[1::-1])
            moved = cv2.remap(self._person, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            person = cv2.dilate(cv2.max(self._person, moved), np.ones((width, width), np.uint8))
            share = cv2.blur(person, (width, width)).reshape(warped.shape[:2]) * np.float32(most / 255)
            shown.append(cv2.blendLinear(warped, picture, share, 1 - share))
        return np.stack(shown)


def _share(facing: FloatArray, gain: FloatArray) -> FloatArray:
    """How much of what a picture shows of skin is to be replaced: what it shows flatly, and is now seen squarely."""
    return (1 - smoothstep((facing - _FLAT) / (_SQUARE - _FLAT))) * smoothstep(gain / _GAIN)


def _span(marked: BoolArray) -> slice:
    """From the first to the last of those (N,) that are marked."""
    found = np.flatnonzero(marked)
    return slice(int(found[0]), int(found[-1]) + 1) if len(found) else slice(0, 0)


def _outward(places: FloatArray, contour: IndexArray) -> FloatArray:
    """(N, 2) px from a closed contour of places (V, 2) outwards, over its rim."""
    points = places[contour]
    along = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    away = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
    sign = np.sign(((points - points.mean(axis=0)) * away).sum())
    return np.asarray(sign * _RIM * np.ptp(points[:, 0]) * away)


def complete_skin(portrait: Portrait) -> _Plane:
    """(S, S, 3) float32 in [0, 255]: a portrait's skin on the texture map, also where its picture shows it flatly.

    Args:
        portrait: of which the best picture counts.
    """
    seen, facing, _ = unwrap(portrait.picture, portrait.mesh)
    if portrait.person is not None:
        person = np.repeat(np.round(255 * portrait.person).astype(np.uint8)[..., None], 3, axis=2)
        facing = facing * unwrap(person, portrait.mesh)[0][..., 0]
    own = smoothstep((facing - _FLAT) / (_SQUARE - _FLAT))
    mirrored, other = seen[:, ::-1], own[:, ::-1]
    light = _compare_light(seen, mirrored, own * other)
    alike = 1 - smoothstep((np.abs(light).mean(axis=2) - _ALIKE) / (_MOST_LIGHT - _ALIKE))
    weights = np.stack([own, (1 - own) * other * alike])
    lit = np.exp(light) * mirrored
    filled = _spread(weights[0][..., None] * seen + weights[1][..., None] * lit, weights.sum(axis=0))
    return np.asarray(255 * filled, np.float32)


def _compare_light(first: _Plane, second: _Plane, weights: FloatArray) -> FloatArray:
    """(S, S, 3) logarithm of how much lighter the first map is than the second, near where both are seen."""
    a, b = (_smooth(np.log(np.maximum(one, 0.02)) * weights[..., None]) for one in (first, second))
    total = _smooth(weights.astype(np.float32))[..., None]
    return np.asarray(np.clip((a - b) / np.maximum(total, _LEAST), -_MOST_LIGHT, _MOST_LIGHT))


def _smooth(plane: FloatArray) -> FloatArray:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), _LIGHT, borderType=cv2.BORDER_CONSTANT))


def _spread(weighted: FloatArray, weights: FloatArray) -> FloatArray:
    """(S, S, 3) colours; where their weights (S, S) are below 1, with what lies beside, from ever farther away."""
    colours, total, width = weighted.astype(np.float64), weights.astype(np.float64), 1.0
    while width < TEXTURE_SIDE:
        near = [cv2.GaussianBlur(part, (0, 0), width, borderType=cv2.BORDER_CONSTANT) for part in (weighted, weights)]
        missing = np.clip(1 - total, 0.0, 1.0)
        share = missing * np.minimum(1.0, near[1] / 0.1) / np.maximum(near[1], 1e-6)
        colours, total = colours + share[..., None] * near[0], total + share * near[1]
        width *= 2
    return np.asarray(colours / np.maximum(total, _LEAST)[..., None])


def _facing(mesh: FloatArray) -> FloatArray:
    """(468,) cosine between the normals of a mesh (468, 3) px and the view."""
    return np.maximum(-vertex_normals(mesh, skin_triangles())[:, 2], 0.0)
