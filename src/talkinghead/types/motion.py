"""Motion: how a face moves, the language that generators speak and renderers understand."""

from __future__ import annotations

from dataclasses import dataclass

from talkinghead.types.arrays import NUM_EXPRESSIONS, NUM_LANDMARKS, FloatArray, IndexArray, check_array, check_fps


@dataclass(frozen=True)
class Motion:
    """How a face moves: the language every generator speaks and every renderer understands.

    The landmarks are in the head frame (iBUG-68 order, outer eye corners 1 apart, origin between them, the face
    straight ahead), the rigid pose is kept apart, the eyelids are kept apart, so that each can be edited on its own.

    Attributes:
        fps: frames per second.
        landmarks: (T, 68, 3) in the head frame. Eyelid landmarks stay as open as in ``rest``; ``blink`` closes them.
        rotation: (T, 3) rad, pitch, yaw, roll, away from the head's pose in the portrait: zero is as in the picture.
        translation: (T, 3) in units of the outer eye corners' distance, away from the head's place in the portrait.
        blink: (T,) in [0, 1]; 0 is as open as in the portrait, 1 is closed.
        rest: (68, 3) the landmarks of the portrait as pictured: what tells another face how far to go.
        expression: (T, 51) weights of the face model's expressions where the generator makes them itself, else None.
            They are a reading of the landmarks, which are the truth: what changes the landmarks drops them.
        gaze: (T, 2) rad, the eyes' yaw and pitch away from where they look in the portrait (``docs/notation.md``),
            or None: they look as in the portrait.
        scale: (T,) how large the head is in the picture, 1 as in the portrait, as it comes nearer to the camera or goes
            away from it; or None: it does neither.
    """

    fps: float
    landmarks: FloatArray
    rotation: FloatArray
    translation: FloatArray
    blink: FloatArray
    rest: FloatArray
    expression: FloatArray | None = None
    gaze: FloatArray | None = None
    scale: FloatArray | None = None

    def __post_init__(self) -> None:
        check_fps(self.fps)
        check_array(self.landmarks, (None, NUM_LANDMARKS, 3), "landmarks", "f")
        n = len(self.landmarks)
        check_array(self.rotation, (n, 3), "rotation", "f")
        check_array(self.translation, (n, 3), "translation", "f")
        check_array(self.blink, (n,), "blink", "f")
        check_array(self.rest, (NUM_LANDMARKS, 3), "rest", "f")
        if self.expression is not None:
            check_array(self.expression, (n, NUM_EXPRESSIONS), "expression", "f")
        if self.gaze is not None:
            check_array(self.gaze, (n, 2), "gaze", "f")
        if self.scale is not None:
            check_array(self.scale, (n,), "scale", "f")

    def __len__(self) -> int:
        return len(self.landmarks)

    def __getitem__(self, rows: slice | IndexArray) -> Motion:
        expression = None if self.expression is None else self.expression[rows]
        return Motion(
            self.fps,
            self.landmarks[rows],
            self.rotation[rows],
            self.translation[rows],
            self.blink[rows],
            self.rest,
            expression,
            None if self.gaze is None else self.gaze[rows],
            None if self.scale is None else self.scale[rows],
        )
