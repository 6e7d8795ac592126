"""Arrays, clocks and progress: what all values that pass between the stages are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
BoolArray = npt.NDArray[np.bool_]
IndexArray = npt.NDArray[np.integer[Any]]
ImageArray = npt.NDArray[np.uint8]

NUM_MESH = 478
NUM_LANDMARKS = 68
NUM_EXPRESSIONS = 51

Progress = Callable[[str, int, int], None]
"""Progress hook ``(stage, done, total)``: one serves the bar, the page and the timing."""


def no_progress(stage: str, done: int, total: int) -> None:
    """The hook that shows nothing."""


def num_frames(duration: float, fps: float) -> int:
    """Number of video frames for a duration: ``round(duration * fps)``, at least 1.

    The one place that decides a length; everything that makes frames asks here.

    >>> num_frames(3.3, 25), num_frames(0.02, 25), num_frames(2.98, 25)
    (82, 1, 74)
    """
    return max(1, round(duration * fps))


def check_array(array: npt.NDArray[np.generic], shape: tuple[int | None, ...], name: str, kind: str) -> None:
    """Raise ``ValueError`` unless an array has a shape, in which None stands for any number, and one of the kinds."""
    matches = array.ndim == len(shape) and all(want is None or want == have for want, have in zip(shape, array.shape))
    if not matches:
        wanted = ", ".join("T" if n is None else str(n) for n in shape)
        raise ValueError(f"{name} must have shape ({wanted}), got {array.shape}")
    if array.dtype.kind not in kind:
        raise ValueError(f"{name} must be of kind {kind!r}, got {array.dtype}")


def check_fps(fps: float) -> None:
    """Raise ``ValueError`` for a frame rate that is not a positive number."""
    if not (np.isfinite(fps) and fps > 0):
        raise ValueError(f"fps must be a positive number, got {fps}")
