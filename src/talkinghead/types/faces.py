"""Faces: where one is in each frame, and whom to animate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from talkinghead.types.arrays import (
    NUM_EXPRESSIONS,
    NUM_MESH,
    BoolArray,
    FloatArray,
    ImageArray,
    IndexArray,
    check_array,
    check_fps,
)
from talkinghead.types.frames import Frames, VideoSource
from talkinghead.types.poses import LEFT_OUTER_EYE_CORNER, MESH_OF_68, RIGHT_OUTER_EYE_CORNER, Pose
from talkinghead.types.speech import Speech


@dataclass(frozen=True)
class FaceTrack:
    """Where the face is in each frame.

    ``landmarks[t] = scale[t] * R(rotation[t]) @ shape + translation[t]`` up to the expression: the rigid pose of the
    head in the camera's frame (x right, y down, z away from the camera; see ``face.pose``).

    Attributes:
        landmarks: (T, 478, 3) px; x, y in the picture, z relative depth in the same unit.
        rotation: (T, 3) rad, pitch, yaw, roll.
        translation: (T, 3) px, the middle between the outer eye corners.
        scale: (T,) px per unit of the head frame (the distance of the outer eye corners).
        blink: (T,) in [0, 1], 1 is closed.
        found: (T,) bool, False where no face was seen and the row is interpolated or repeated.
        fps: frames per second.
        expression: (T, 51) weights of the face model's expressions (``face.expressions``), or None: not fitted.
        gaze: (T, 2) rad, the eyes' yaw and pitch in the head frame (``docs/notation.md``), or None.
    """

    landmarks: FloatArray
    rotation: FloatArray
    translation: FloatArray
    scale: FloatArray
    blink: FloatArray
    found: BoolArray
    fps: float
    expression: FloatArray | None = None
    gaze: FloatArray | None = None

    def __post_init__(self) -> None:
        check_array(self.landmarks, (None, NUM_MESH, 3), "landmarks", "f")
        n = len(self.landmarks)
        check_array(self.rotation, (n, 3), "rotation", "f")
        check_array(self.translation, (n, 3), "translation", "f")
        check_array(self.scale, (n,), "scale", "f")
        check_array(self.blink, (n,), "blink", "f")
        check_array(self.found, (n,), "found", "b")
        check_fps(self.fps)
        if self.expression is not None:
            check_array(self.expression, (n, NUM_EXPRESSIONS), "expression", "f")
        if self.gaze is not None:
            check_array(self.gaze, (n, 2), "gaze", "f")

    def __len__(self) -> int:
        return len(self.landmarks)

    def __getitem__(self, rows: slice | IndexArray) -> FaceTrack:
        return FaceTrack(
            self.landmarks[rows],
            self.rotation[rows],
            self.translation[rows],
            self.scale[rows],
            self.blink[rows],
            self.found[rows],
            self.fps,
            None if self.expression is None else self.expression[rows],
            None if self.gaze is None else self.gaze[rows],
        )


@dataclass(frozen=True)
class Reference:
    """A whole reference video of one person: minutes, never held in memory.

    Attributes:
        video: the frames.
        track: one row per frame.
        speech: what is said in it, or None where it has no sound.
    """

    video: VideoSource
    track: FaceTrack
    speech: Speech | None = None

    def __post_init__(self) -> None:
        if self.video.num_frames != len(self.track):
            raise ValueError(f"{self.video.num_frames} frames but {len(self.track)} rows of track")
        if self.video.fps != self.track.fps:
            raise ValueError(f"the video has {self.video.fps} frames per second, its track {self.track.fps}")

    def __len__(self) -> int:
        return len(self.track)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.track) / self.track.fps


@dataclass(frozen=True)
class Portrait:
    """Whom to animate: one picture or a few, and the whole reference video where there is one.

    Attributes:
        frames: the pictures.
        track: one row per picture.
        best: the row of the picture that is animated.
        drawing: True for drawn faces, whose mouth is filled with their own flat colours.
        person: (H, W) float32 in [0, 1], how surely each pixel of the picture belongs to the person, or None.
        reference: the reference video that the pictures come from, or None.
    """

    frames: Frames
    track: FaceTrack
    best: int = 0
    drawing: bool = False
    person: FloatArray | None = None
    reference: Reference | None = None

    def __post_init__(self) -> None:
        if len(self.frames) != len(self.track):
            raise ValueError(f"{len(self.frames)} frames but {len(self.track)} rows of track")
        if len(self.frames) == 0:
            raise ValueError("a portrait needs at least one frame")
        if not 0 <= self.best < len(self.frames):
            raise ValueError(f"best is frame {self.best} of {len(self.frames)}")
        if self.person is not None:
            check_array(self.person, self.frames.images.shape[1:3], "person", "f")

    @property
    def picture(self) -> ImageArray:
        """(H, W, 3) uint8 RGB: the picture that is animated."""
        return np.asarray(self.frames.images[self.best])

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture in px."""
        return self.frames.size

    @property
    def mesh(self) -> FloatArray:
        """(478, 3) px: where the face is in the picture."""
        return np.asarray(self.track.landmarks[self.best])

    @property
    def pose(self) -> Pose:
        """The rigid pose of the head in the picture."""
        track, row = self.track, self.best
        return Pose(track.rotation[row], track.translation[row], float(track.scale[row]))

    @property
    def head_mesh(self) -> FloatArray:
        """(478, 3) the mesh of the picture in the head frame."""
        mesh = self.pose.head_from_camera(self.mesh)
        corners = mesh[MESH_OF_68[[LEFT_OUTER_EYE_CORNER, RIGHT_OUTER_EYE_CORNER]]]
        return np.asarray((mesh - corners.mean(axis=0)) / np.linalg.norm(corners[1] - corners[0]))

    @property
    def landmarks(self) -> FloatArray:
        """(68, 3) the landmarks of the picture in the head frame."""
        return np.asarray(self.head_mesh[MESH_OF_68])
