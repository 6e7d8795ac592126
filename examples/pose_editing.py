"""Edit the pose: the same speech, the same lips, the head turned to either side and held still.

python examples/pose_editing.py FACE SPEECH OUT.mp4

writes the three takes beside each other.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from talkinghead import TalkingHead, save_video
from talkinghead.media import read_speech
from talkinghead.motion.editing import rotate_head, scale_head, scale_lips
from talkinghead.tracking import read_portrait
from talkinghead.types import Frames, Video

TURN = np.radians(12)


def turned(face: Path, speech_file: Path, out: Path) -> None:
    """A video of three takes: turned left, as made, turned right; the outer two with still heads and wider lips."""
    head = TalkingHead.from_pretrained()
    portrait, speech = read_portrait(face), read_speech(speech_file)
    motion = head.motion(speech, portrait)
    held = scale_lips(scale_head(motion, 0.0), 1.2)
    takes = [rotate_head(held, yaw=-TURN), motion, rotate_head(held, yaw=TURN)]

    def side_by_side() -> Iterator[Frames]:
        videos = [head.video(take, portrait).frames for take in takes]
        for chunks in zip(*videos, strict=True):
            yield Frames(np.concatenate([chunk.images for chunk in chunks], axis=2), motion.fps)

    video = head.video(motion, portrait, speech)
    save_video(Video(side_by_side(), speech, motion.fps, len(motion), video.facts), out, overwrite=True)


if __name__ == "__main__":
    turned(*map(Path, sys.argv[1:4]))
