"""Another mouth in the frames of a video: each frame is its own portrait, and what does not move keeps its pixels.

The frame's own lips, jaw and cheeks are warped to the new shape, and what then lies between the lips is painted as in a
still portrait. Where the old mouth was open, its lips show edges of teeth and are stretched: over them are laid the
person's own lips from a frame in which they were shut.

Source: ours; the warp is that of ``warp``, with a rig for each frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from talkinghead.face.landmarks import INNER_LIP_CONTOUR, JAW, LIPS, OUTER_LIP_CONTOUR
from talkinghead.face.rest import lip_gap
from talkinghead.motion.smoothing import smoothstep
from talkinghead.rendering.interior import SKIN, skin_colours
from talkinghead.rendering.mouth import (
    MouthFiller,
    MouthFrame,
    in_patch,
    lip_gaps,
    mouth_rectangle,
    narrow_openings,
)
from talkinghead.rendering.mouth_painter import paint_inside
from talkinghead.rendering.mouth_rig import build_mouth_rig
from talkinghead.rendering.outline import blend, coverage, smooth_outline
from talkinghead.rendering.painted_face import DrawnHead, box_of_lower_face, cover_lower_face, match_colours
from talkinghead.rendering.rasteriser import backward_map
from talkinghead.rendering.rig import Rig, face_triangles
from talkinghead.types import CodedFrames, FloatArray, Frames, ImageArray, Pose, Window

Triangles = npt.NDArray[np.int32]

_MOUTH = np.r_[JAW, LIPS]
# How far landmarks of the jaw follow: the ends of its contour lie at the temples, which speech does not move.
_FOLLOW = np.concatenate([np.clip((8 - np.abs(np.arange(17) - 8) - 2) / 3, 0, 1), np.ones(20)])[:, None]
_SOFTNESS = 0.006  # eye distances, of the lips' edge, as in ``MouthFrame.of``
_APART = (0.012, 0.035)  # eye distances between a frame's own lips: from none of the shut lips laid over them to all
_WIDER, _LIP_EDGE = 1.15, 0.02  # size of what is laid over lips relative to them; eye distances of its soft edge
_SEEN_PX = 0.02  # a vertex that moves less stays
_LEVEL = 0.004  # change of light that is less than a level


@dataclass(frozen=True)
class PosedFace:
    """A face in a frame.

    Attributes:
        image: (H, W, 3) uint8 RGB, the frame, or a window of it.
        mesh: (478, 3) px of the frame.
        pose: of the head in the frame.
        window: which part of a larger frame the image is; None: the whole frame.
    """

    image: ImageArray
    mesh: FloatArray
    pose: Pose
    window: Window | None = None

    def build_rig(self) -> Rig:
        """The rig of the face, in px of the image."""
        corner = (0, 0) if self.window is None else (self.window.left, self.window.top)
        return build_mouth_rig(self.mesh, self.pose, corner)


@dataclass(frozen=True)
class NewMouth:
    """The mouth that a frame is to get.

    Attributes:
        landmarks: (68, 3) in the head frame, of which jaw and lips count.
        rest: (68, 3) in the head frame, the face as it would be with closed lips.
        share: in [0, 1], how much of the way to the new mouth is gone.
    """

    landmarks: FloatArray
    rest: FloatArray
    share: float = 1.0


class MouthRedraw:
    """Redraws the mouth of one person in one shot.

    Args:
        shut: a frame of the person with closed lips, which are laid over those of frames in which the old mouth was
            open.
        filler: makes the inside of the mouth.
        opened: a frame whose teeth are taken for the inside of the mouth; None: nobody's.
    """

    def __init__(self, shut: PosedFace, filler: MouthFiller, opened: PosedFace | None = None) -> None:
        self._shut, self._shut_rig = np.ascontiguousarray(shut.image), shut.build_rig()
        self._skin = skin_colours(self._shut, self._shut_rig)
        inside, rig = self._shut, self._shut_rig
        self._inside_light: FloatArray = np.ones(3)
        if opened is not None:
            inside, rig = np.ascontiguousarray(opened.image), opened.build_rig()
            self._inside_light = _compare_light(self._skin, skin_colours(inside, rig))
        self._fill = filler.prepare(inside, rig, MouthFrame.of(rig))

    def measure_light(self, frames: Frames | CodedFrames, number: int, mesh: FloatArray) -> FloatArray:
        """(3,) the skin's colours relative to those that the redrawn mouths have of themselves.

        Args:
            frames: in which the face is.
            number: of the frame.
            mesh: (478, 3) px of the face in it.
        """
        return _compare_light(np.maximum(frames.colours_at(number, mesh[SKIN, :2]), 1.0), self._skin)

    def __call__(
        self,
        faces: list[PosedFace],
        mouths: list[NewMouth],
        light: FloatArray,
        drawn: list[DrawnHead] | None = None,
    ) -> list[ImageArray]:
        """The frames with new mouths; pixels that do not move are those of the frames.

        Args:
            faces: T frames.
            mouths: one for each.
            light: (T, 3) of ``measure_light``, smoothed so that it does not flicker.
            drawn: one for each, whose lower faces are laid over the frames; None: the frames' own mouths are warped.
        """
        if not faces:
            return []
        placed = [_place(face, mouth) for face, mouth in zip(faces, mouths, strict=True)]
        if drawn is not None:
            return [each.warp_under(face.image, head) for face, each, head in zip(faces, placed, drawn, strict=True)]
        patches = self._fill(np.stack([each.outline for each in placed]))
        frames = []
        for face, each, patch, tint in zip(faces, placed, patches, light, strict=True):
            frame = face.image.copy()
            each.warp(face.image, frame)
            each.lay_lips(frame, self._shut, self._shut_rig, tint)
            each.paint(frame, _relight(patch, tint * self._inside_light))
            frames.append(frame)
        return frames


@dataclass(frozen=True)
class _PlacedMouth:
    """A new mouth in a frame.

    Attributes:
        rig: of the frame.
        vertices: (V, 3) px, where the rig's go.
        opening: (20, 2) px, outline of the opening between the lips.
        corners: (3, 2) px, of the mouth frame.
        share: how much of the new mouth is seen.
    """

    rig: Rig
    vertices: FloatArray
    opening: FloatArray
    corners: FloatArray
    share: float

    @property
    def outline(self) -> FloatArray:
        """(20, 2) the opening in px of the patch."""
        return np.asarray(in_patch(self.opening[None], self.corners[None])[0])

    def warp(self, image: ImageArray, frame: ImageArray) -> None:
        """Move an image's pixels with the rig, into a frame (H, W, 3)."""
        moved = np.abs(self.vertices[:, :2] - self.rig.source).max(axis=1) > _SEEN_PX
        triangles = self.rig.triangles[moved[self.rig.triangles].any(axis=1)]
        corners = np.concatenate([self.rig.source[triangles], self.vertices[triangles][..., :2]]).reshape(-1, 2)
        if not len(corners):
            return
        left, top = np.floor(corners.min(axis=0)).astype(int).clip(0)
        right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, (image.shape[1], image.shape[0]))
        if left < right and top < bottom:
            window = (int(left), int(top), int(right - left), int(bottom - top))
            frame[top:bottom, left:right] = self._move(image, self.rig.source, triangles, window)

    def warp_under(self, image: ImageArray, head: DrawnHead) -> ImageArray:
        """An image (H, W, 3) whose pixels move with the rig, with a drawn lower face over it."""
        frame = image.copy()
        self.warp(image, frame)
        box = box_of_lower_face(self.vertices, (image.shape[1], image.shape[0]))
        if min(box[2:]) > 0:
            share, skin = cover_lower_face(self.vertices, box)
            own = frame[box[1] :, box[0] :][: box[3], : box[2]]
            layer = self._move(head.image, head.mesh, face_triangles(), box)
            layer = match_colours(layer, own, skin, self.rig.scale)
            blend(frame, layer, self.share * share, np.array(box[:2]))
        return frame

    def lay_lips(self, frame: ImageArray, image: ImageArray, shut: Rig, light: FloatArray) -> None:
        """Lay the closed lips of another frame over a warped one (H, W, 3), as far as its own lips were apart.

        Args:
            frame: uint8, painted in place.
            image: (H, W, 3) uint8, the other frame.
            shut: its rig.
            light: (3,) the frame's light relative to that of the image.
        """
        own_gap = float(lip_gap(self.rig.landmarks))
        apart = float(smoothstep(np.array((own_gap - _APART[0]) / (_APART[1] - _APART[0]))))
        if apart * self.share == 0:
            return
        contour = self.vertices[OUTER_LIP_CONTOUR, :2]
        middle = contour.mean(axis=0)
        mask, at = coverage(
            smooth_outline(middle + (contour - middle) * _WIDER), frame.shape, soften=_LIP_EDGE * self.rig.scale
        )
        if mask.size:
            window = (int(at[0]), int(at[1]), mask.shape[1], mask.shape[0])
            lips = self._move(image, shut.source, shut.triangles, window)
            blend(frame, _relight(lips, light), apart * self.share * mask, at)

    def paint(self, frame: ImageArray, patch: ImageArray) -> None:
        """Paint what is between the lips into a frame (H, W, 3), in place."""
        softness = _SOFTNESS * self.rig.scale
        paint_inside(frame, self.opening, patch, self.corners, softness=softness, opacity=self.share)

    def _move(
        self, image: ImageArray, source: FloatArray, triangles: Triangles, window: tuple[int, int, int, int]
    ) -> ImageArray:
        """What a window (left, top, width, height) of the frame shows of an image whose vertices (V, 2) px move."""
        left, top, width, height = window
        maps = backward_map(
            self.vertices[:, :2], self.vertices[:, 2], source, triangles, size=(width, height), corner=(left, top)
        )
        # Of a face that the frame cuts off, what comes in from outside is as its edge is.
        return np.asarray(cv2.remap(image, *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))


def _place(face: PosedFace, mouth: NewMouth) -> _PlacedMouth:
    rig = face.build_rig()
    vertices = _displace(rig, mouth.landmarks, mouth.share)
    # The mesh keeps a slit between lips that touch; so much of the opening is none.
    slit = lip_gaps(_displace(rig, mouth.rest)[INNER_LIP_CONTOUR, :2], rig)
    opening = narrow_openings(vertices[None], rig, slit)[0]
    frame = MouthFrame(mouth_rectangle(mouth.rest), _SOFTNESS * rig.scale)
    return _PlacedMouth(rig, vertices, opening, frame.in_picture(rig), mouth.share)


def _displace(rig: Rig, landmarks: FloatArray, share: float = 1.0) -> FloatArray:
    """(V, 3) px of the rig's vertices on the way to the jaw and lips of landmarks (68, 3)."""
    displacement = np.zeros_like(rig.landmarks)
    displacement[_MOUTH] = share * _FOLLOW * (landmarks - rig.landmarks)[_MOUTH]
    points = rig.shape + rig.deform @ displacement
    return np.asarray(rig.scale * (points @ rig.matrix.T) + rig.origin)


def _compare_light(skin: FloatArray, other: FloatArray) -> FloatArray:
    """(3,) colours of skin relative to those of another picture at the same points (P, 3): a beard is no darkness."""
    return np.asarray(np.median(skin / other, axis=0))


def _relight(picture: ImageArray, light: FloatArray) -> ImageArray:
    if np.abs(light - 1).max() < _LEVEL:
        return picture
    return np.asarray(np.minimum(picture * light.astype(np.float32) + 0.5, 255).astype(np.uint8))
