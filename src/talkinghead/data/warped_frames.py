"""Frames of a recording beside its calmest frame, warped by the same motion, for renderers that draw over the warp."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from talkinghead.data.face_pairs import choose_frames
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.motion.tracked import motion_of_track
from talkinghead.rendering.head_renderer import HeadScene
from talkinghead.rendering.interior import load_filler
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import Frames, ImageArray, IndexArray, Motion, Portrait

# Clips of one person, of each of which a few pictures are enough. These are a blink and wide mouths: a network that
# sees nothing else spoils what hardly moves.
_MANY = 50


@dataclass(frozen=True)
class WarpedFrames:
    """Frames of a recording.

    Attributes:
        portrait: the recording's calmest frame.
        head: the same, with the square of the head.
        motion: of the whole recording, away from that frame.
        rows: (n,) of the motion.
        own: (n, S, S, 3) uint8 that frame, warped by the motion.
        target: (n, S, S, 3) uint8 the real frames.
        landmarks: (n, 68, 2) px of them.
    """

    portrait: Portrait
    head: HeadScene
    motion: Motion
    rows: IndexArray
    own: ImageArray
    target: ImageArray
    landmarks: npt.NDArray[np.float32]


def are_many(recordings: Iterable[Recording]) -> bool:
    """Whether there are so many recordings of a person that a few frames of each are enough."""
    return max(Counter(recording.speaker for recording in recordings).values(), default=0) > _MANY


def warp_frames(take: Take, *, size: int, few: bool) -> WarpedFrames:
    """Frames of a take that are worth learning from.

    Args:
        take: a recording with its track.
        size: side of the network's picture in px.
        few: see ``face_pairs.choose_frames``.
    """
    best = best_frame(take.track)
    rows = choose_frames(take.track, few=few)
    rows = rows[1:] if len(rows) > 1 else rows  # the calmest, warped by nothing, is its own target: 100 dB in a mean
    still, *pictures = take.frames([best, *rows])
    portrait = Portrait(Frames(still[None], take.track.fps), take.track[best : best + 1])
    motion, head = motion_of_track(take.track, best), HeadScene(portrait, size=size)
    chunks = WarpRenderer(load_filler(), FlatFiller()).render(motion[rows], portrait)
    own = np.stack([head.crop.extract(image) for chunk in chunks for image in chunk.images])
    landmarks = head.crop.points(take.track.landmarks[rows][:, MESH_OF_68, :2]).astype(np.float32)
    target = np.stack([head.crop.extract(picture) for picture in pictures])
    return WarpedFrames(portrait, head, motion, rows, own, target, landmarks)
