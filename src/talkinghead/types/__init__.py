"""The values that pass between the stages.

Each is frozen, knows its own clock, and checks its shapes when it is made. Angles are radians, times are seconds.
``docs/notation.md`` draws the axes.
"""

from __future__ import annotations

from talkinghead.types.arrays import (
    NUM_EXPRESSIONS,
    NUM_LANDMARKS,
    NUM_MESH,
    BoolArray,
    FloatArray,
    ImageArray,
    IndexArray,
    Progress,
    no_progress,
    num_frames,
)
from talkinghead.types.coded import (
    MATRICES,
    CodedFrames,
    Coding,
    Plane,
    Planes,
)
from talkinghead.types.faces import (
    FaceTrack,
    Portrait,
    Reference,
)
from talkinghead.types.frames import (
    ColourTags,
    Frames,
    VideoSource,
    Window,
)
from talkinghead.types.motion import (
    Motion,
)
from talkinghead.types.poses import (
    LEFT_OUTER_EYE_CORNER,
    MESH_OF_68,
    RIGHT_OUTER_EYE_CORNER,
    Pose,
    matrix_from_rotation,
)
from talkinghead.types.speech import (
    Interval,
    Sound,
    Speech,
)
from talkinghead.types.video import (
    Video,
)

__all__ = [
    "LEFT_OUTER_EYE_CORNER",
    "MATRICES",
    "MESH_OF_68",
    "NUM_EXPRESSIONS",
    "NUM_LANDMARKS",
    "NUM_MESH",
    "RIGHT_OUTER_EYE_CORNER",
    "BoolArray",
    "CodedFrames",
    "Coding",
    "ColourTags",
    "FaceTrack",
    "FloatArray",
    "Frames",
    "ImageArray",
    "IndexArray",
    "Interval",
    "Motion",
    "Plane",
    "Planes",
    "Portrait",
    "Pose",
    "Progress",
    "Reference",
    "Sound",
    "Speech",
    "Video",
    "VideoSource",
    "Window",
    "matrix_from_rotation",
    "no_progress",
    "num_frames",
]
