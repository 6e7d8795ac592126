"""Dub a clip: head, eyes, hands and background stay the actor's own, the lips say what another voice says.

python examples/dubbing.py CLIP SPEECH OUT.mp4
"""

from __future__ import annotations

import sys

from talkinghead import TalkingHead, dub, save_video

if __name__ == "__main__":
    clip, speech, out = sys.argv[1:4]
    head = TalkingHead.from_pretrained()
    save_video(dub(head, clip, speech, mix=-25.0), out, overwrite=True)
