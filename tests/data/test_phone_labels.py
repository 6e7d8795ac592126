"""The class of each frame."""

from __future__ import annotations

import numpy as np

from talkinghead.data.phone_labels import frame_labels
from talkinghead.speech.arpabet import CLASSES
from talkinghead.types import Interval


def test_frames_bear_the_phone_at_their_time() -> None:
    phones = (Interval("sil", 0.0, 0.02), Interval("P", 0.02, 0.035), Interval("AA", 0.035, 0.0501))
    labels = frame_labels(phones, 802, 16_000)
    assert [CLASSES[label] for label in labels] == ["sil", "sil", "P", "P", "AA", "AA"]
    assert labels.dtype == np.uint8
