"""An hour of video that is written again as dubbing writes what it leaves alone: nothing drifts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
import pytest

from talkinghead.media import ArraySound, VideoReader, read_speech, save_video
from talkinghead.media.coded_video import open_coded
from talkinghead.types import IndexArray, Speech, Video

SECONDS, RATE = 3600, 8000
WIDTH, HEIGHT, BLOCK = 48, 32, 8
BITS = WIDTH * HEIGHT // BLOCK**2
CLICKS = (1, 600, 1799, 3000, 3599)  # s


def picture_of(number: int) -> np.ndarray:
    """(32, 48) luma whose blocks are the bits of a number."""
    bits = (number >> np.arange(BITS) & 1).reshape(HEIGHT // BLOCK, WIDTH // BLOCK)
    return np.asarray(np.kron(bits, np.ones((BLOCK, BLOCK))) * 180 + 30, np.uint8)


def number_in(luma: np.ndarray) -> int:
    """The number that such a picture shows."""
    blocks = luma.reshape(HEIGHT // BLOCK, BLOCK, WIDTH // BLOCK, BLOCK).mean(axis=(1, 3))
    return int(((blocks > 120).ravel() << np.arange(BITS)).sum())


def write_numbers(path: Path, times: Sequence[int], unit: Fraction, fps: Fraction) -> None:
    """Write frames that show their numbers, at times in units of ``unit`` s."""
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "16"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = unit
        for number, time in enumerate(times):
            planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            planes[:HEIGHT] = picture_of(number)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = time, unit
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


def an_hour_of_clicks() -> Speech:
    """Faint noise, with a click at the start of some seconds."""
    samples = np.random.default_rng(0).normal(size=SECONDS * RATE).astype(np.float32) * 1e-4
    for second in CLICKS:
        samples[second * RATE : second * RATE + 40] += np.hanning(40).astype(np.float32)
    return Speech(samples, RATE, sound=ArraySound(samples[None], RATE))


def copy(source: Path, out: Path) -> IndexArray:
    """Write a video again with an hour of sound, and the number that each frame of the result shows."""
    reader = VideoReader(source, quick=True)
    video = open_coded(reader)
    made = Video(video.chunks(), an_hour_of_clicks(), reader.fps, reader.num_frames)
    save_video(made, out, preset="ultrafast", visible_mark=False)
    pictures = chain.from_iterable(chunk.pictures for chunk in open_coded(VideoReader(out, quick=True)).chunks())
    return np.array([number_in(luma) for luma, *_ in pictures])


def check_sound(path: Path) -> None:
    """Clicks are where they were, to the sample, and the sound is as long as it was."""
    samples = read_speech(path, RATE).samples
    assert len(samples) == SECONDS * RATE
    for second in CLICKS:
        start = second * RATE - 200
        assert abs(int(np.argmax(samples[start : start + 440])) - 220) <= 1


@pytest.mark.slow
def test_frames_and_sound_of_an_hour_stay_where_they_are_at_ntsc_rate(tmp_path: Path) -> None:
    count = SECONDS * 30_000 // 1001
    write_numbers(tmp_path / "hour.mp4", range(count), Fraction(1001, 30_000), Fraction(30_000, 1001))
    shown = copy(tmp_path / "hour.mp4", tmp_path / "out.mp4")
    np.testing.assert_array_equal(shown, np.arange(count))
    with av.open(str(tmp_path / "out.mp4")) as written:
        stream = written.streams.video[0]
        assert stream.average_rate == Fraction(30_000, 1001)
        unit = stream.time_base
        assert unit is not None
        starts = sorted(packet.pts for packet in written.demux(stream) if packet.pts is not None)
    assert [start * unit for start in starts] == [number * Fraction(1001, 30_000) for number in range(count)]
    check_sound(tmp_path / "out.mp4")


@pytest.mark.slow
def test_an_hour_of_variable_rate_becomes_constant_and_does_not_drift(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    steps = rng.choice([80, 90, 110, 120], SECONDS * 11)  # ms
    times = np.concatenate([[0], np.cumsum(steps)])
    times = times[times < SECONDS * 1000]
    write_numbers(tmp_path / "hour.mp4", times.tolist(), Fraction(1, 1000), Fraction(10))
    shown = copy(tmp_path / "hour.mp4", tmp_path / "out.mp4")
    assert abs(len(shown) - times[-1] / 100) <= 2
    # Every frame of the result is the one that is nearest in time.
    away = np.abs(times[shown] - np.arange(len(shown)) * 100.0)
    assert away[:-1].max() <= 61
    check_sound(tmp_path / "out.mp4")
