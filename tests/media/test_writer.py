"""Videos to files: whole, faithful, atomic, in step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from talkinghead.media import (
    SUFFIXES,
    VideoReader,
    read_image,
    read_speech,
    save_video,
    speech_from_array,
)
from talkinghead.types import Frames, Speech, Video, num_frames

FlatFrames = Callable[..., Iterator[Frames]]
MOVIES = [s for s in SUFFIXES if s != ".gif"]


def _click(seconds: float, rate: int = 16_000, channels: int = 1) -> tuple[Any, int]:
    """Silence with one loud sample, and where it is."""
    samples = np.zeros((channels, round(seconds * rate)), np.float32)
    place = int(0.6 * samples.shape[1])
    samples[:, place] = 0.9
    return samples, place


def _decoded_sound(path: Path) -> tuple[Any, int]:
    """(C, N) samples by PyAV alone, and their rate."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        packed = av.AudioResampler(format="flt")  # PyAV miscounts eight planes
        frames = [f for frame in container.decode(stream) for f in packed.resample(frame)]
        return np.concatenate([f.to_ndarray().reshape(-1, stream.channels).T for f in frames], axis=1), stream.rate


def _count(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def _video(frames: Iterator[Frames], count: int, speech: Speech | None = None, fps: float = 25, **facts: str) -> Video:
    return Video(frames, speech, fps, count, dict(facts))


@pytest.mark.parametrize("seconds", [0.5, 3.3])
@pytest.mark.parametrize("suffix", MOVIES)
def test_frames_sound_and_times(tmp_path: Path, flat_frames: FlatFrames, suffix: str, seconds: float) -> None:
    samples, place = _click(seconds)
    count = num_frames(seconds, 25)
    path = tmp_path / f"out{suffix}"
    assert save_video(_video(flat_frames(count), count, Speech(samples[0], 16_000)), path) == path
    assert _count(path) == count
    sound, rate = _decoded_sound(path)
    assert abs(int(np.abs(sound[0]).argmax()) / rate - place / 16_000) < 0.001
    assert 0 <= sound.shape[1] - seconds * rate < 1024
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate == 25
        assert next(container.decode(video=0)).time == 0
        assert container.duration is not None
        assert container.duration / 1e6 == pytest.approx(seconds, abs=0.08)
    speech = read_speech(path)
    if suffix in (".mp4", ".m4v", ".mov"):
        assert len(speech.samples) == len(samples[0]), "the edit list is exact"


@pytest.mark.parametrize("fps", [24, 30_000 / 1001, 30, 50, 12.5])
def test_frame_rates(tmp_path: Path, flat_frames: FlatFrames, fps: float) -> None:
    path = tmp_path / "out.mp4"
    save_video(_video(flat_frames(20, fps=fps), 20, fps=fps), path)
    reader = VideoReader(path)
    assert reader.fps == pytest.approx(fps)
    assert reader.num_frames == 20


@pytest.mark.parametrize("size", [(64, 48), (64, 720)])
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("colour", [(200, 30, 60), (20, 180, 90), (128, 128, 128), (255, 255, 255), (0, 0, 0)])
def test_colours_are_faithful(
    tmp_path: Path, flat_frames: FlatFrames, suffix: str, colour: tuple[int, int, int], size: tuple[int, int]
) -> None:
    path = tmp_path / f"out{suffix}"
    save_video(_video(flat_frames(3, size=size, colour=colour), 3), path, visible_mark=False)
    image = read_image(path) if suffix == ".gif" else next(VideoReader(path).chunks()).images[1]
    assert np.abs(image[size[1] // 2 :].astype(int) - colour).max() <= 3
    if suffix != ".gif":
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
        assert (frame.color_range, frame.color_primaries, frame.color_trc) == (1, 1, 1)
        assert frame.colorspace == (1 if size[1] >= 720 else 6), "as H.273 counts: BT.709, SMPTE 170M"


def test_gif_has_every_frame_at_its_time_and_few_wrong_colours(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ramp = np.stack([*np.meshgrid(np.linspace(60, 250, 64), np.linspace(40, 220, 48)), np.full((48, 64), 90)], axis=-1)
    images = np.clip(ramp + rng.normal(0, 1, (20, 48, 64, 3)), 0, 255).astype(np.uint8)
    path = tmp_path / "out.gif"
    save_video(_video(iter([Frames(images, 25)]), 20), path, visible_mark=False)
    with av.open(str(path)) as container:
        decoded = [(f.time, f.to_ndarray(format="rgb24").astype(int)) for f in container.decode(video=0)]
    assert [round(t * 100) for t, _ in decoded] == [4 * k for k in range(20)]
    assert np.abs(np.stack([i for _, i in decoded]) - images).mean() < 8
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.gif"]


def test_gif_says_that_it_has_no_sound(
    tmp_path: Path, flat_frames: FlatFrames, announced: Callable[[], list[str]]
) -> None:
    save_video(_video(flat_frames(3), 3, Speech(_click(0.12)[0][0], 16_000)), tmp_path / "out.gif")
    assert len(announced()) == 1
    assert "no sound" in announced()[0]


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif"])
def test_odd_sides_grow_by_their_last_row_and_column(tmp_path: Path, suffix: str) -> None:
    images = np.full((3, 33, 47, 3), 40, np.uint8)
    images[:, :, 40:] = images[:, 26:] = 200
    path = tmp_path / f"out{suffix}"
    save_video(_video(iter([Frames(images, 25)]), 3), path)
    image = read_image(path) if suffix == ".gif" else next(VideoReader(path).chunks()).images[1]
    assert image.shape[:2] == ((33, 47) if suffix == ".gif" else (34, 48))
    assert np.abs(image[:, 44:].astype(int) - 200).max() <= 6
    assert np.abs(image[30:].astype(int) - 200).max() <= 6


@pytest.mark.parametrize(
    ("suffix", "rate", "channels", "expected_rate"),
    [
        (".mp4", 96_000, 6, 96_000),
        (".mp4", 44_100, 2, 44_100),
        (".mp4", 8_000, 1, 8_000),
        (".mp4", 192_000, 1, 96_000),
        (".mp4", 12_345, 1, 16_000),
        (".mkv", 48_000, 8, 48_000),
        (".webm", 44_100, 2, 48_000),
        (".webm", 48_000, 6, 48_000),
    ],
)
def test_sound_keeps_its_rate_and_channels(
    tmp_path: Path, flat_frames: FlatFrames, suffix: str, rate: int, channels: int, expected_rate: int
) -> None:
    samples, place = _click(1.0, rate, channels)
    path = tmp_path / f"out{suffix}"
    save_video(_video(flat_frames(25), 25, speech_from_array(samples, rate)), path)
    sound, found = _decoded_sound(path)
    assert (found, len(sound)) == (expected_rate, channels)
    for index, channel in enumerate(sound):
        is_deep = channels >= 6 and index == 3  # the encoders filter the deep effects' channel
        if not is_deep:
            assert abs(int(np.abs(channel).argmax()) / found - place / rate) < 0.001


def test_sound_of_a_file_is_streamed_into_the_output(
    tmp_path: Path, flat_frames: FlatFrames, make_wav: Callable[..., Path]
) -> None:
    rate = 44_100
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * rate) / rate)
    given = np.stack([tone, tone[::-1] / 2]).astype(np.float32)
    speech = read_speech(make_wav(tmp_path / "speech.wav", given, rate))
    save_video(_video(flat_frames(50), 50, speech), tmp_path / "out.mp4")
    sound, _ = _decoded_sound(tmp_path / "out.mp4")
    middle = slice(4_000, -4_000)
    difference = sound[:, : 2 * rate][:, middle] - given[:, middle]
    assert np.sqrt((difference**2).mean()) < 0.005


def test_sixteen_channels_become_mono(tmp_path: Path, flat_frames: FlatFrames) -> None:
    samples, place = _click(0.4, 16_000, 16)
    save_video(_video(flat_frames(10), 10, speech_from_array(samples, 16_000)), tmp_path / "out.mp4")
    sound, _ = _decoded_sound(tmp_path / "out.mp4")
    assert len(sound) == 1
    assert abs(int(sound[0].argmax()) - place) <= 1


def test_pictures_and_sound_are_interleaved(tmp_path: Path, flat_frames: FlatFrames) -> None:
    path = tmp_path / "out.mkv"
    save_video(_video(flat_frames(250), 250, Speech(np.zeros(160_000, np.float32), 16_000)), path)
    with av.open(str(path)) as container:
        packets = [(p.stream.type, float(p.pts * p.time_base)) for p in container.demux() if p.pts is not None]
    latest = {"video": 0.0, "audio": 0.0}
    for kind, moment in packets:
        latest[kind] = max(latest[kind], moment)
        assert abs(latest["video"] - latest["audio"]) < 1.0


def test_mp4_starts_fast(tmp_path: Path, flat_frames: FlatFrames) -> None:
    save_video(_video(flat_frames(5), 5), tmp_path / "out.mp4")
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_crf_and_preset_count(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (10, 64, 64, 3)).astype(np.uint8)

    def size(**settings: Any) -> int:
        video = _video(iter([Frames(noise, 25)]), 10)
        return save_video(video, tmp_path / "out.mp4", overwrite=True, **settings).stat().st_size

    assert size(crf=40) < size() / 2 < size()
    assert size(preset="ultrafast") != size(preset="veryfast")
    for bad in ({"crf": 52}, {"preset": "warp"}):
        with pytest.raises(ValueError, match="crf must be"):
            size(**bad)


def test_mark_is_drawn_only_when_asked_and_not_into_the_frames(tmp_path: Path) -> None:
    images = np.full((2, 128, 128, 3), 200, np.uint8)
    shown = {}
    for mark in (True, False):
        save_video(_video(iter([Frames(images, 25)]), 2), tmp_path / f"{mark}.mp4", visible_mark=mark)
        shown[mark] = next(VideoReader(tmp_path / f"{mark}.mp4").chunks()).images[1].astype(int)
    assert (images == 200).all()
    assert np.abs(shown[False] - 200).max() <= 3
    assert shown[True][104:, 96:].min() < 140
    assert np.abs(shown[True][:96] - 200).max() <= 6
    assert np.abs(shown[True][:, :90] - 200).max() <= 6
