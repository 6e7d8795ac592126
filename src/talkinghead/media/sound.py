"""Speech from files and arrays: mono for analysis, with a handle on the original recording for the output."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from talkinghead.errors import InputError, announce
from talkinghead.media.audio import AudioReader, Samples
from talkinghead.media.cancellation_meter import CancellationMeter
from talkinghead.media.spool import spool_samples
from talkinghead.types import Sound, Speech

SPEECH_RATE = 16_000

_SILENT = 1e-3  # -60 dBFS
_FULL_SCALE = 0.999
_CLIPPED_SHARE = 2e-3
_OVERSHOOT = 1.5  # times full scale: lossy codecs overshoot that far, for a sample or two
_ABSURD = 16.0  # times full scale: no recording is that loud, but integers stored as floating point are
_PIECE = 65_536
_MAX_CHANNELS = 64
_LOST = 0.1  # seconds missing at the end that are worth announcing


@dataclass
class FileSound:
    """The sound of a file at its own rate and channels, decoded anew at every reading, in constant memory.

    Attributes:
        path: the file.
        sample_rate: in Hz.
        channels: how many.
        layout: FFmpeg's name of their layout, such as "stereo" or "5.1".
        num_samples: length, per channel.
    """

    path: Path
    sample_rate: int
    channels: int
    layout: str
    num_samples: int

    def chunks(self) -> Iterator[Samples]:
        """(channels, n) float32 pieces in [-1, 1], ``num_samples`` in all."""
        left = self.num_samples
        for block in AudioReader(self.path).blocks():
            piece = block[:, :left]
            left -= piece.shape[1]
            if piece.size:
                yield np.clip(piece, -1.0, 1.0)


@dataclass
class ArraySound:
    """Sound held in memory. ``samples``: (channels, N) float32 in [-1, 1]; ``sample_rate``: in Hz."""

    samples: Samples
    sample_rate: int
    channels: int = field(init=False)

    def __post_init__(self) -> None:
        self.channels = len(self.samples)

    def chunks(self) -> Iterator[Samples]:
        """(channels, n) float32 pieces in order."""
        for start in range(0, self.samples.shape[1], _PIECE):
            yield self.samples[:, start : start + _PIECE]


def read_speech(path: str | os.PathLike[str], sample_rate: int = SPEECH_RATE) -> Speech:
    """The sound of an audio or video file as mono speech at ``sample_rate`` (Hz), mixed down as a player would.

    The length is exact to the sample. Sounds of more than a minute lie read-only in a temporary file, so that memory
    does not grow with them. In a file with pictures, time zero is the first picture. Oddities are announced: silence,
    clipped or excessive samples, damaged or truncated files. Of two channels that cancel each other in the mix, all of
    the time or part of it, the louder is taken instead, which is announced too.

    Raises:
        InputError: the file is missing, empty, without sound or samples, or cannot be decoded; its samples are not
            finite or far beyond full scale; or there is no room for temporary files.
    """
    reader = AudioReader(path)
    weights = _weights(reader.layout) if reader.is_layout_known else np.ones(reader.channels, np.float32)
    samples, read = _mix_down(
        reader.blocks, weights, name=str(path), rates=(reader.sample_rate, sample_rate), length=reader.length
    )
    count = reader.length(read)
    sound = FileSound(reader.path, reader.sample_rate, reader.channels, reader.layout, count)
    _tell_losses(reader, count / reader.sample_rate)
    return Speech(samples, sample_rate, sound=sound)


def speech_from_array(samples: npt.NDArray[Any], sample_rate: int) -> Speech:
    """Mono speech at 16 kHz from samples in memory; the output will carry them as they are.

    Args:
        samples: (N,) or (channels, N), floating point in [-1, 1] or integers of full scale.
        sample_rate: in Hz.

    Raises:
        InputError: there are no samples, they are not finite or far beyond full scale, or have another shape or type;
            or there is no room for temporary files.
    """
    if sample_rate <= 0:
        raise InputError(f"the sound array cannot have {sample_rate} samples per second: give its rate in Hz.")
    given = _floating(np.asarray(samples))
    analysed, _ = _mix_down(
        ArraySound(given, sample_rate).chunks,
        np.ones(len(given), np.float32),
        name="the sound array",
        rates=(sample_rate, SPEECH_RATE),
        length=lambda count: count,
    )
    sound: Sound | None = ArraySound(np.clip(given, -1.0, 1.0), sample_rate)
    if len(given) == 1 and sample_rate == SPEECH_RATE:
        sound = None  # the speech itself is all there is
    return Speech(analysed, SPEECH_RATE, sound=sound)


def _mix_down(
    blocks: Callable[[], Iterable[Samples]],
    weights: Samples,
    *,
    name: str,
    rates: tuple[int, int],
    length: Callable[[int], int],
) -> tuple[Samples, int]:
    """The mono mix at the second rate, or the louder of two channels that cancel each other, and the samples read."""
    mono = _Mono(name, *rates)
    if len(weights) != 2:
        return mono.samples(blocks(), weights, length=length), mono.count
    meter = CancellationMeter(rates[0])
    mixed = mono.samples(_meter_blocks(blocks(), meter), weights, length=length)
    lost = meter.finish()
    if not meter.is_noticeable(lost):
        return mixed, mono.count
    side = ("left", "right")[meter.louder]
    announce(
        f"the two channels of {name} cancel each other when mixed ({100 * lost:.0f} % of the sound): "
        f"its {side} channel alone is taken for the speech."
    )
    again = _Mono(name, *rates, quiet=True)
    return again.samples(blocks(), np.eye(2, dtype=np.float32)[meter.louder], length=length), mono.count


def _meter_blocks(blocks: Iterable[Samples], meter: CancellationMeter) -> Iterator[Samples]:
    for block in blocks:
        meter.add(np.clip(np.nan_to_num(block), -1.0, 1.0))
        yield block


class _Mono:
    """Mixes blocks down to mono, resamples them, keeps only the result, and notes their oddities.

    Attributes:
        count: samples, per channel, taken so far.
    """

    def __init__(self, name: str, rate: int, target_rate: int, *, quiet: bool = False) -> None:
        self.count = 0
        self._quiet = quiet
        self._name = name
        self._rates = (rate, target_rate)
        self._resampler = AudioResampler(format="fltp", layout="mono", rate=target_rate)
        self._not_finite = self._beyond = self._at_full_scale = 0
        self._peak = 0.0

    def samples(self, blocks: Iterable[Samples], weights: Samples, *, length: Callable[[int], int]) -> Samples:
        """(N,) float32: the (channels, n) blocks mixed by ``weights`` (channels,); at least one sample.

        Args:
            blocks: n > 0 samples each.
            weights: shares of the channels.
            length: how many of a number of samples at the first rate count.
        """
        joined = spool_samples(self._pieces(blocks, weights / weights.sum(), length))
        return joined[: self._output_length(length)]

    def _pieces(self, blocks: Iterable[Samples], shares: Samples, length: Callable[[int], int]) -> Iterator[Samples]:
        """(n,) pieces at the second rate, in all at least as many samples as wanted."""
        made = 0
        for block in blocks:
            mixed = shares @ self._check_block(block)
            frame = AudioFrame.from_ndarray(mixed[None].astype(np.float32), format="fltp", layout="mono")
            frame.sample_rate = self._rates[0]
            for piece in self._resample(frame):
                made += len(piece)
                yield piece
        if not self._quiet:
            self._judge()
        rest = list(self._resample(None)) if self._rates[0] != self._rates[1] else []
        missing = self._output_length(length) - made - sum(map(len, rest))
        yield from (*rest, np.zeros(max(0, missing), np.float32))

    def _output_length(self, length: Callable[[int], int]) -> int:
        return max(1, round(length(self.count) * self._rates[1] / self._rates[0]))

    def _resample(self, frame: AudioFrame | None) -> Iterator[Samples]:
        return (made.to_ndarray()[0] for made in self._resampler.resample(frame) if made.samples)

    def _check_block(self, block: Samples) -> Samples:
        """The block, made finite and within full scale; what was not is noted."""
        finite = np.isfinite(block)
        if not finite.all():
            self._not_finite += int(finite.size - np.count_nonzero(finite))
            block = np.where(finite, block, np.float32(0))
        level = np.abs(block)
        self._peak = max(self._peak, float(level.max(initial=0.0)))
        self._at_full_scale += int(np.count_nonzero(level.max(axis=0, initial=0.0) >= _FULL_SCALE))
        self._beyond += int(np.count_nonzero(level > 1))
        self.count += block.shape[1]
        return np.clip(block, -1.0, 1.0)

    def _judge(self) -> None:
        if self.count == 0:
            raise InputError(f"{self._name} has no samples: record or export it again.")
        if self._not_finite:
            found = f"{self._not_finite} samples that are not numbers (NaN or infinite)"
            raise InputError(f"{self._name} has {found}: export it again as 16-bit WAV.")
        if self._peak > _ABSURD:
            raise InputError(
                f"{self._name} goes up to {self._peak:.0f} times full scale: scale its samples to -1 ... 1."
            )
        if self._peak > _OVERSHOOT or self._beyond > _CLIPPED_SHARE * self.count:
            announce(f"{self._name} is too loud: {self._beyond} samples beyond full scale were clipped.")
        elif self._at_full_scale > _CLIPPED_SHARE * self.count:
            share = 100 * self._at_full_scale / self.count
            announce(
                f"{self._name} is clipped ({share:.1f} % of it at full scale): a softer recording moves lips better."
            )
        elif self._peak < _SILENT:
            announce(f"{self._name} is silent: nobody speaks in it.")


def _weights(layout: str) -> Samples:
    """The share of each channel in the mono mix, as in the down-mix of FFmpeg and ATSC A/52, without the LFE
    channel."""
    shares = {"FL": 0.5**0.5, "FR": 0.5**0.5, "FC": 1.0, "LFE": 0.0, "LFE2": 0.0}
    weights = np.array([shares.get(c.name, 0.5) for c in av.AudioLayout(layout).channels], np.float32)
    return weights if weights.any() else np.ones_like(weights)


def _floating(samples: npt.NDArray[Any]) -> Samples:
    if samples.ndim == 1:
        samples = samples[None]
    if samples.ndim != 2 or len(samples) > _MAX_CHANNELS:
        raise InputError(
            f"the sound array has shape {samples.shape}: give (N,) or (channels, N), transposed if need be."
        )
    if samples.dtype.kind == "i":
        full_scale = np.float32(2.0 ** (8 * samples.dtype.itemsize - 1))
        return np.ascontiguousarray(samples.astype(np.float32) / full_scale)
    if samples.dtype.kind != "f":
        raise InputError(f"the sound array is of type {samples.dtype}: give floating point in -1 ... 1, or int16.")
    return np.ascontiguousarray(samples, np.float32)


def _tell_losses(reader: AudioReader, duration: float) -> None:
    stated = reader.stated_duration
    if stated is not None and stated - duration > _LOST:
        lost = stated - duration
        announce(f"{reader.path} is cut short: the last {lost:.1f} of {stated:.1f} seconds of sound could not be read.")
    elif reader.has_errors:
        announce(f"{reader.path} has damaged places in its sound: they may be silent.")
