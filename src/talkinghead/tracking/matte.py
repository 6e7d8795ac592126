"""Person against background in many pictures (MediaPipe's selfie segmentation)."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from talkinghead.tracking.mesh import PersonSegmenter
from talkinghead.types import FloatArray, ImageArray

_THREADS = 2

_IDLE: queue.SimpleQueue[PersonSegmenter] = queue.SimpleQueue()
# Two that are made at once would hide each other's standard error for good.
_MAKING = threading.Lock()


def person_mattes(images: ImageArray) -> FloatArray:
    """(T, H, W) float32 in [0, 1], how surely each pixel of pictures (T, H, W, 3) uint8 belongs to a person.

    Each picture stands for itself. Pictures in which head and shoulders fill most of the square are read best.
    """
    if not len(images):
        return np.zeros(images.shape[:3], np.float32)
    with ThreadPoolExecutor(_THREADS) as pool:
        return np.stack(list(pool.map(_matte, images)))


def _matte(image: ImageArray) -> FloatArray:
    try:
        segmenter = _IDLE.get_nowait()
    except queue.Empty:
        with _MAKING:
            segmenter = PersonSegmenter()
    try:
        return segmenter(image)
    finally:
        _IDLE.put(segmenter)
