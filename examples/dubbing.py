"""Dub a clip: the head and the blinks stay the actor's own, the lips say what another voice says.

python examples/dubbing.py CLIP SPEECH OUT.mp4
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from talkinghead import TalkingHead, save_video
from talkinghead.media import VideoReader, read_speech
from talkinghead.motion.editing import retime
from talkinghead.motion.tracked import loop, motion_of_track
from talkinghead.tracking import read_portrait, track_faces
from talkinghead.tracking.portrait import best_frame, first_frames


def dub(clip: Path, speech_file: Path, out: Path) -> None:
    """The video of the clip's face saying the speech; where the speech is longer, the head goes back and forth."""
    reader = VideoReader(clip)
    speech, portrait = read_speech(speech_file), read_portrait(clip)
    # The frame that `read_portrait` takes for the picture is the one from which the head's motion counts.
    track = track_faces(first_frames(reader.chunks(), round(20 * reader.fps)))
    actor = motion_of_track(track, best_frame(track))

    head = TalkingHead.from_pretrained()
    lips = head.motion(speech, portrait, fps=reader.fps)
    own = retime(loop(actor, len(lips)), lips.fps, len(lips))
    motion = replace(lips, rotation=own.rotation, translation=own.translation, blink=own.blink)
    save_video(head.video(motion, portrait, speech), out, overwrite=True)


if __name__ == "__main__":
    dub(*map(Path, sys.argv[1:4]))
