"""Networks that hear speech frame by frame: dilated convolutions over log-mel, and the windows in which they run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.cancellation import checkpoint
from talkinghead.speech.features import SAMPLE_RATE, log_mel

RATE = 100.0
"""Frames of log-mel per second."""

HOP = round(SAMPLE_RATE / RATE)
STRIDE = 2
"""Frames that the inner layers process as one."""

_WINDOW = 512  # samples of a frame
_REACH = 4  # frames about a frame whose samples its Fourier window may touch
_PIECE = 6000  # frames (a minute) processed together, so that memory barely grows with the speech


class TimeDelayBlock(nn.Module):
    """Residual: the frames at ``taps``, side by side, through two linear layers.

    Args:
        width: numbers per frame.
        taps: which frames it sees: 0 is the present one, positive ones lie ahead.
    """

    def __init__(self, width: int, taps: tuple[int, ...]) -> None:
        super().__init__()
        self.taps = taps
        self.norm = nn.LayerNorm(width)
        self.convolution = nn.Linear(len(taps) * width, 2 * width)
        self.project = nn.Linear(2 * width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        """(B, T, width) of as many; beyond the ends there are zeros."""
        before, after = -min(self.taps), max(self.taps)
        count = hidden.shape[1]
        padded = F.pad(self.norm(hidden), (0, 0, before, after))
        seen = torch.cat([padded[:, before + tap : before + tap + count] for tap in self.taps], dim=-1)
        changed: Tensor = hidden + self.project(F.silu(self.convolution(seen)))
        return changed


class MelStem(nn.Linear):
    """Log-mel at 100 Hz -> numbers at 50 Hz, each from 6 frames."""

    def __init__(self, num_mels: int, width: int) -> None:
        super().__init__(6 * num_mels, width)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, T / 2, width) of (B, T, num_mels); T is even."""
        return super().forward(F.pad(mel, (0, 0, 2, 2)).unfold(1, 6, STRIDE).flatten(2))


def count_past(taps: Sequence[Sequence[int]]) -> int:
    """Frames of 10 ms before the present one on which a stem and blocks with these taps depend."""
    return STRIDE * -sum(min(block) for block in taps) + 3


def count_future(taps: Sequence[Sequence[int]]) -> int:
    """Frames of 10 ms after the present one on which a stem and blocks with these taps depend."""
    return STRIDE * sum(max(block) for block in taps) + 3


def look_ahead(taps: Sequence[Sequence[int]]) -> float:
    """Seconds of sound ahead that an output waits for."""
    return count_future(taps) / RATE + _WINDOW / 2 / SAMPLE_RATE


def mel_frames(samples: npt.NDArray[np.float32], *, num_mels: int = 80) -> npt.NDArray[np.float32]:
    """What these networks hear: log-mel (ceil(N / 160), num_mels) at 100 Hz of samples (N,) at 16 kHz."""
    return log_mel(samples, rate=RATE, num_mels=num_mels, window=_WINDOW, low=60.0)


class MelWindow(NamedTuple):
    """A window of a recording.

    Attributes:
        mel: (1, T, num_mels) log-mel; T is even, and a last frame may be empty.
        begin: frame of the recording at which it begins, even.
        inner: its frames without what is context alone.
        rows: the same in the stretch that was asked for.
    """

    mel: Tensor
    begin: int
    inner: slice
    rows: slice


def mel_windows(
    samples: npt.NDArray[np.float32],
    taps: Sequence[Sequence[int]],
    *,
    gain: float,
    first: int,
    last: int,
    num_mels: int,
) -> Iterator[MelWindow]:
    """Overlapping windows that cover a stretch; what a network with these taps makes of them leaves no seam.

    Args:
        samples: (N,) at 16 kHz, of the whole recording; no more of them is read than the stretch needs.
        taps: of the network's blocks.
        gain: brings the recording to the usual loudness.
        first: the first frame of the stretch.
        last: the frame after its last; at most ceil(N / 160).
        num_mels: mel bands.
    """
    past = count_past(taps) + _REACH
    past, future = past + past % STRIDE, count_future(taps) + _REACH
    for start in range(first - first % STRIDE, last, _PIECE):
        checkpoint()
        stop = min(start + _PIECE, last)
        low = max(0, start - past)
        heard = max(0, low - _REACH)
        piece = np.asarray(samples[heard * HOP : (stop + future) * HOP]) * np.float32(gain)
        mel = mel_frames(piece, num_mels=num_mels)[low - heard :]
        mel = np.pad(mel, ((0, len(mel) % STRIDE), (0, 0)))
        wanted = max(start, first)
        inner, rows = slice(wanted - low, stop - low), slice(wanted - first, stop - first)
        yield MelWindow(torch.from_numpy(mel)[None], low, inner, rows)
