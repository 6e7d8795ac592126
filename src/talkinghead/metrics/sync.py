"""Whether picture and sound are in sync: offset, confidence and distance from embeddings of both.

Rows are windows of 0.2 s (5 frames at 25 per second), one for every frame that four more follow. The measures work with
any embeddings, of ``metrics.syncnet`` (ours) or ``metrics.released_syncnet``; numbers of different networks cannot be
compared.

Source: Chung and Zisserman 2016, "Out of time: automated lip sync in the wild", section 3.1 (distances between one
window of video and the windows of sound within +-15 frames, averaged over the clip; offset and confidence), and Prajwal
et al. 2020, "A lip sync expert is all you need", section 4.2 (LSE-D is ``distance`` and LSE-C is ``confidence``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from talkinghead.types import FloatArray, ImageArray, IndexArray, Speech, num_frames

FPS = 25.0
"""Frames per second of everything compared."""

WINDOW = 5
"""Frames in a window."""

_LEAST_PARTNERS = 0.5  # share of the windows that must have a partner within the clip for an offset to count


class SyncEmbedder(Protocol):
    """A network that embeds pictures and sound for comparison.

    Attributes:
        name: for reports.
    """

    name: str

    def places(self, landmarks: FloatArray) -> FloatArray:
        """(T, 2, 3) image from crop, of landmarks (T, 478, 3) px without gaps."""
        ...

    def crop(self, images: ImageArray, places: FloatArray) -> ImageArray:
        """(n, height, width[, 3]) crops of pictures (n, H, W, 3) at places (n, 2, 3)."""
        ...

    def embed_video(self, crops: ImageArray, fps: float = FPS) -> FloatArray:
        """(T' - 4, d) of crops in the order of time, for T' frames at 25 per second."""
        ...

    def embed_audio(self, speech: Speech, count: int) -> FloatArray:
        """(count - 4, d) embeddings of the sound of ``count`` frames at 25 per second."""
        ...


@dataclass(frozen=True)
class SyncScore:
    """How well picture and sound are in sync.

    Attributes:
        offset: frames at 25 per second by which the picture is late; negative: early.
        confidence: median of the distances over all offsets, less the smallest (LSE-C).
        distance: the smallest mean distance, that at the offset (LSE-D).
    """

    offset: int
    confidence: float
    distance: float


def at_25_fps(count: int, fps: float) -> IndexArray:
    """Which of ``count`` frames to show at 25 per second: the nearest at each instant.

    Raises:
        ValueError: the rate is not positive.
    """
    if not fps > 0:
        raise ValueError(f"fps must be positive, got {fps}")
    if count == 0:
        return np.zeros(0, np.intp)
    instants = np.arange(num_frames(count / fps, FPS)) / FPS
    return np.asarray(np.minimum(np.round(instants * fps).astype(np.intp), count - 1))


def offset_distances(video: FloatArray, audio: FloatArray, *, reach: int = 15) -> FloatArray:
    """The distance of picture and sound when one is shifted against the other.

    Row ``t`` of the video is compared with row ``t - offset`` of the sound. Chung and Zisserman's program puts silence
    beyond the ends; here pairs beyond the ends are left out. An offset at which fewer than half of the windows have a
    partner does not count.

    Args:
        video: (n, d).
        audio: (m, d).
        reach: the largest offset.

    Returns:
        (2 * reach + 1,) mean Euclidean distance for offsets -reach to reach; NaN for offsets that do not count.

    Raises:
        ValueError: the embeddings are not (n, d) and (m, d) with rows, or the reach is negative.
    """
    return _distances(pair_distances(video, audio, reach=reach))


def pair_distances(video: FloatArray, audio: FloatArray, *, reach: int = 15) -> FloatArray:
    """(n, 2 * reach + 1) distance of each window of video to its partner at each offset; NaN if there is none.

    Arguments and errors are those of ``offset_distances``.
    """
    if video.ndim != 2 or audio.ndim != 2 or video.shape[1] != audio.shape[1] or not (len(video) and len(audio)):
        raise ValueError(f"need embeddings (n, d) and (m, d) with rows, got {video.shape} and {audio.shape}")
    if reach < 0:
        raise ValueError(f"reach must not be negative, got {reach}")
    pairs = np.full((len(video), 2 * reach + 1), np.nan)
    for column, offset in enumerate(range(-reach, reach + 1)):
        rows = np.arange(max(offset, 0), min(len(video), len(audio) + offset))
        pairs[rows, column] = np.linalg.norm(video[rows] - audio[rows - offset], axis=1)
    return pairs


def _distances(pairs: FloatArray) -> FloatArray:
    there = np.isfinite(pairs)
    count = there.sum(axis=0)
    means = np.where(there, pairs, 0.0).sum(axis=0) / np.maximum(count, 1)
    return np.where(count >= max(1.0, _LEAST_PARTNERS * len(pairs)), means, np.nan)


def _score(distances: FloatArray) -> SyncScore:
    reach = len(distances) // 2
    best = int(np.nanargmin(distances))
    least = float(distances[best])
    return SyncScore(best - reach, float(np.nanmedian(distances)) - least, least)


def sync_score(video: FloatArray, audio: FloatArray, *, reach: int = 15) -> SyncScore:
    """Offset, confidence and distance of a clip.

    Args:
        video: (n, d) embeddings of windows of video.
        audio: (m, d) embeddings of windows of sound; row 0 begins with row 0 of the video.
        reach: the largest offset that is looked at.

    Raises:
        ValueError: the embeddings are not (n, d) and (m, d) with rows, the reach is negative, or the two are so
            unequal in length that no offset counts.
    """
    distances = offset_distances(video, audio, reach=reach)
    if np.isnan(distances).all():
        raise ValueError(f"{len(video)} windows of video and {len(audio)} of sound: too few pairs at every offset")
    return _score(distances)


def offsets_by_window(
    video: FloatArray, audio: FloatArray, *, window: int = 46, step: int = 5, reach: int = 15
) -> tuple[SyncScore, ...]:
    """Offset, confidence and distance of every stretch of a clip; each is compared with all of the sound.

    Args:
        video: (n, d) embeddings of windows of video.
        audio: (m, d) embeddings of windows of sound.
        window: rows in a stretch; 46 are 50 frames, two seconds. A shorter clip is one stretch.
        step: rows from one stretch to the next.
        reach: the largest offset that is looked at.

    Raises:
        ValueError: as for ``sync_score``; or window or step is less than 1.
    """
    if window < 1 or step < 1:
        raise ValueError(f"window and step must be at least 1, got {window} and {step}")
    pairs = pair_distances(video, audio, reach=reach)
    starts = range(0, max(1, len(pairs) - window + 1), step)
    stretches = [_distances(pairs[start : start + window]) for start in starts]
    scores = tuple(_score(distances) for distances in stretches if np.isfinite(distances).any())
    if not scores:
        raise ValueError(f"{len(video)} windows of video and {len(audio)} of sound: too few pairs at every offset")
    return scores
