"""Single frames of a video file are those that reading it from the start gives."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from talkinghead.media import VideoReader
from talkinghead.media import frame_finder as module

MakeVideo = Callable[..., Path]


def pictures(count: int, size: tuple[int, int] = (48, 32)) -> Any:
    """Frames (T, H, W, 3), each unlike every other."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (count, size[1] // 8, size[0] // 8, 3)).astype(np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)


def encoded(path: Path, images: Any, codec: str, **options: str) -> Path:
    """A video of any codec with any options."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=Fraction(25), options=options)
        stream.height, stream.width, stream.pix_fmt = *images.shape[1:3], "yuv420p"
        packets = [p for image in images for p in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24"))]
        for packet in [*packets, *stream.encode(None)]:
            output.mux(packet)
    return path


def check(path: Path) -> VideoReader:
    """Compare frames asked for forwards, backwards and at random with those of ``chunks``."""
    images = np.concatenate([chunk.images for chunk in VideoReader(path).chunks()])
    reader = VideoReader(path)
    assert reader.num_frames == len(images)
    rng = np.random.default_rng(1)
    count = len(images)
    for order in ([0], range(count), range(count - 1, -1, -1), rng.integers(0, count, 30)):
        fresh = VideoReader(path)
        for index in order:
            np.testing.assert_array_equal(fresh.frame(int(index)), images[index], err_msg=str(index))
    with pytest.raises(IndexError, match="there is no frame"):
        reader.frame(count)
    with pytest.raises(IndexError, match="there is no frame"):
        reader.frame(-1)
    return reader


def seeks(reader: VideoReader, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a frame at the end is found without reading all."""
    with monkeypatch.context() as patch:
        patch.setattr(VideoReader, "at_rate", lambda *_: pytest.fail("read from the start"))
        reader.release()
        reader.frame(reader.num_frames - 1)
    return True


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("plain.mp4", "libx264", {"bf": "0", "g": "10"}),
        ("b_frames.mp4", "libx264", {"bf": "3", "g": "12"}),
        ("short_groups.mp4", "libx264", {"bf": "3", "g": "3", "b_strategy": "0"}),
        ("open_groups.mp4", "libx264", {"bf": "3", "g": "12", "x264-params": "open-gop=1"}),
        ("open_groups.mkv", "libx264", {"bf": "3", "g": "12", "x264-params": "open-gop=1"}),
        ("one_group.mp4", "libx264", {"bf": "2", "g": "500"}),
        ("vp9.webm", "libvpx-vp9", {"g": "10", "deadline": "realtime"}),
        ("hevc.mp4", "libx265", {"x265-params": "keyint=12:bframes=3:log-level=none"}),
        ("mpeg4.mp4", "mpeg4", {"g": "8", "bf": "2"}),
    ],
)
def test_seeking_finds_the_same_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, codec: str, options: dict[str, str]
) -> None:
    # x265 writes beyond its buffers where a picture is smaller than its largest block, and the process dies later.
    size = (128, 96) if codec == "libx265" else (48, 32)
    reader = check(encoded(tmp_path / name, pictures(57, size), codec, **options))
    assert seeks(reader, monkeypatch)


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("stream.ts", "libx264", {"bf": "3", "g": "12"}),
        ("old.avi", "mpeg4", {"g": "8", "bf": "0"}),
        ("b_frames.avi", "mpeg4", {"g": "8", "bf": "2"}),
        ("refresh.mp4", "libx264", {"bf": "0", "g": "12", "x264-params": "intra-refresh=1"}),
        ("old.mpg", "mpeg2video", {"g": "8", "bf": "2"}),
    ],
)
def test_files_that_seek_badly_give_the_same_picture(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    check(encoded(tmp_path / name, pictures(40), codec, **options))


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_variable_rate(tmp_path: Path, make_video: MakeVideo, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    gaps = np.random.default_rng(0).choice([15, 20, 40, 60, 400], 50, p=[0.2, 0.2, 0.4, 0.15, 0.05])
    path = make_video(tmp_path / f"phone.{suffix}", pictures(51), times_ms=[0, *np.cumsum(gaps).tolist()])
    assert seeks(check(path), monkeypatch)


@pytest.mark.parametrize(("rotation", "hflip"), [(90, False), (-90, False), (180, False), (0, True)])
def test_a_rotated_video(tmp_path: Path, make_video: MakeVideo, rotation: float, hflip: bool) -> None:
    reader = check(make_video(tmp_path / "phone.mp4", pictures(12), rotation=rotation, hflip=hflip))
    assert reader.frame(3).shape[:2] == ((48, 32) if abs(rotation) == 90 else (32, 48))


def test_sound_that_begins_first(tmp_path: Path, make_video: MakeVideo) -> None:
    tone = np.sin(np.arange(32_000) / 20)[None].astype(np.float32)
    check(make_video(tmp_path / "film.mp4", pictures(30), sound=(tone, 16_000, "mono")))


def test_damaged_and_truncated_files(tmp_path: Path, make_video: MakeVideo) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (75, 48, 64, 3)).astype(np.uint8)
    path = make_video(tmp_path / "cut.mp4", noise, options={"movflags": "+faststart"})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    reader = VideoReader(path)
    images = np.concatenate([chunk.images for chunk in reader.chunks()])
    assert reader.num_frames == len(images)
    for index in (0, len(images) - 2, 5):
        np.testing.assert_array_equal(reader.frame(index), images[index])


def test_near_frames_are_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encoded(tmp_path / "film.mp4", pictures(60), "libx264", bf="2", g="60")
    calls: list[int] = []
    decode = module.decode_frames

    def counted(*args: Any) -> Any:
        for frame in decode(*args):
            calls.append(1)
            yield frame

    reader = VideoReader(path)
    reader.frame(0)
    monkeypatch.setattr(module, "decode_frames", counted)
    reader.release()
    for index in (30, 31, 32, 30, 28, 20, 33):
        reader.frame(index)
    assert len(calls) <= 35
    assert not reader.frame(30).flags.writeable


def test_the_file_is_closed_when_released(tmp_path: Path, make_video: MakeVideo) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc")
    film = make_video(tmp_path / "film.mp4", pictures(9))
    reader = VideoReader(film)
    reader.frame(4)
    assert count_open(film) == 1
    reader.release()
    assert count_open(film) == 0
    reader.frame(3)


def count_open(path: Path) -> int:
    """How many of this process' open files are this one."""
    return sum(link.exists() and link.samefile(path) for link in Path("/proc/self/fd").iterdir())
