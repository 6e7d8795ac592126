"""Phones in time -> the class of each frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from talkinghead.speech.arpabet import CLASSES
from talkinghead.types import Interval

LABEL_RATE = 100
"""Frames of labels per second."""


def frame_labels(phones: tuple[Interval, ...], samples: int, sample_rate: int) -> npt.NDArray[np.uint8]:
    """The class of each frame: where in ``CLASSES`` the phone at ``t / 100`` s stands.

    Args:
        phones: without gaps from 0 to the end.
        samples: how many there are.
        sample_rate: in Hz.

    Returns:
        (ceil(samples * 100 / sample_rate),) uint8.
    """
    count = -(-samples * LABEL_RATE // sample_rate)
    starts = np.array([phone.start for phone in phones])
    at = np.searchsorted(starts, np.arange(count) / LABEL_RATE + 1e-9, side="right") - 1
    index = np.array([CLASSES.index(phone.label) for phone in phones], np.uint8)
    labels: npt.NDArray[np.uint8] = index[np.maximum(at, 0)]
    return labels
