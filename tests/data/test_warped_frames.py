"""Frames beside the calmest one, warped: what renderers that draw over the warp learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from talkinghead.data import tracks
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take
from talkinghead.data.warped_frames import warp_frames
from talkinghead.media.joined import ArrayVideo
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import Frames, Portrait


def test_the_calmest_frame_is_not_its_own_target(calm: Portrait, monkeypatch: pytest.MonkeyPatch) -> None:
    track = calm.track[calm.best : calm.best + 1][np.zeros(13, int)]
    images = np.repeat(calm.picture[None], len(track), axis=0)
    monkeypatch.setattr(tracks, "VideoReader", lambda path: ArrayVideo(Frames(images, track.fps)))
    found = warp_frames(Take(Recording("calm", "anna", Path("x.mp4"), "lab"), track), size=64, few=False)
    assert best_frame(track) not in found.rows.tolist()
    assert len(found.rows) == len(found.own) == len(found.target) > 1
