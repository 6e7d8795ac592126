"""Video files to frames."""

from __future__ import annotations

import gc
import io
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talkinghead.media import VideoReader

MakeVideo = Callable[..., Path]
LOSSLESS = {"codec": "ffv1", "pixels": "bgr0"}


def _numbered(count: int, size: tuple[int, int] = (32, 24)) -> Any:
    """Frames that are flat and as bright as their number."""
    width, height = size
    return np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, height, width, 3)).copy()


def _numbers(reader: VideoReader, fps: float | None = None) -> list[int]:
    return [int(image[5, 5, 0]) for chunk in reader.chunks(7, fps) for image in chunk.images]


def _quarters(height: int, width: int) -> Any:
    """Red, green / blue, white."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = (255, 0, 0)
    image[: height // 2, width // 2 :] = (0, 255, 0)
    image[height // 2 :, : width // 2] = (0, 0, 255)
    image[height // 2 :, width // 2 :] = 255
    return image


@pytest.mark.parametrize(("seconds", "count"), [(0.5, 12), (3.3, 82)])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_every_frame_once(tmp_path: Path, make_video: MakeVideo, seconds: float, count: int, suffix: str) -> None:
    reader = VideoReader(make_video(tmp_path / f"film.{suffix}", _numbered(count) * 2 + 20))
    assert reader.fps == 25
    assert reader.size == (32, 24)
    assert reader.num_frames == count
    assert reader.duration == pytest.approx(count / 25, abs=1e-3)
    chunks = list(reader.chunks(10))
    assert [len(c) for c in chunks] == [10] * (count // 10) + [count % 10]
    assert all(c.fps == 25 and c.size == (32, 24) for c in chunks)
    levels = np.concatenate([c.images for c in chunks])[:, 5, 5, 0].astype(int)
    assert np.abs(levels - (2 * np.arange(count) + 20)).max() <= 3
    assert [len(c) for c in reader.chunks(10)] == [len(c) for c in chunks], "a second reading starts anew"


@pytest.mark.parametrize("rate", [Fraction(30_000, 1001), Fraction(7), Fraction(60)])
def test_unusual_constant_rates_are_kept(tmp_path: Path, make_video: MakeVideo, rate: Fraction) -> None:
    reader = VideoReader(make_video(tmp_path / "film.mp4", _numbered(20), fps=rate))
    assert reader.fps == pytest.approx(float(rate))
    assert reader.num_frames == 20


def test_resamples_to_another_rate(tmp_path: Path, make_video: MakeVideo) -> None:
    reader = VideoReader(make_video(tmp_path / "film.mkv", _numbered(10), **LOSSLESS))
    assert _numbers(reader, 50) == [n for n in range(10) for _ in range(2)]
    assert _numbers(reader, 12.5) == [0, 2, 4, 6, 8]
    assert _numbers(reader, 30) == [0, 1, 2, 2, 3, 4, 5, 6, 7, 7, 8, 9]


def test_variable_rate_becomes_constant_by_nearest_time(tmp_path: Path, make_video: MakeVideo) -> None:
    times = [0, 40, 80, 280, 290, 300, 320, 400]
    reader = VideoReader(make_video(tmp_path / "phone.mkv", _numbered(8), times_ms=times, fps=20, **LOSSLESS))
    assert reader.fps == pytest.approx(20)
    expected = [min(range(8), key=lambda i: abs(times[i] - 50 * k)) for k in range(9)]
    assert _numbers(reader)[:9] == expected
    assert len(_numbers(reader)) == reader.num_frames


def test_variable_rate_in_mp4_keeps_the_pace(tmp_path: Path, make_video: MakeVideo) -> None:
    gaps = np.random.default_rng(0).choice([20, 40, 60], 200)
    times = [0, *np.cumsum(gaps).tolist()]
    images = np.zeros((201, 16, 16, 3), np.uint8)
    images[100:] = 255  # the light goes on at a known time
    reader = VideoReader(make_video(tmp_path / "phone.mp4", images, times_ms=times))
    assert reader.fps in (24, 25)  # 40 ms on average, but for chance
    levels = np.concatenate([c.images for c in reader.chunks()])[:, 8, 8, 0]
    assert np.argmax(levels > 128) / reader.fps == pytest.approx(times[100] / 1000, abs=0.021)
    assert len(levels) / reader.fps == pytest.approx(times[-1] / 1000, abs=0.1)


def test_file_without_duration_is_measured(tmp_path: Path, make_video: MakeVideo) -> None:
    class Pipe(io.RawIOBase):
        """What a browser's recorder writes to: no going back to note the length."""

        data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    make_video(tmp_path / "x", _numbered(30), file=pipe, container="matroska", options={"live": "1"}, **LOSSLESS)
    (tmp_path / "live.webm").write_bytes(pipe.data)
    reader = VideoReader(tmp_path / "live.webm")
    assert reader.fps == pytest.approx(25)
    assert reader.num_frames == 30
    assert reader.duration == pytest.approx(1.2, abs=0.002)
    assert _numbers(reader) == list(range(30))


@pytest.mark.parametrize(
    ("rotation", "hflip", "corners"),
    [
        (0, False, "RG BW"),
        (90, False, "GW RB"),  # counter-clockwise
        (180, False, "WB GR"),
        (-90, False, "BR WG"),
        (0, True, "GR WB"),
    ],
)
def test_rotation_is_honoured(
    tmp_path: Path, make_video: MakeVideo, rotation: float, hflip: bool, corners: str
) -> None:
    images = np.repeat(_quarters(32, 64)[None], 3, 0)
    reader = VideoReader(make_video(tmp_path / "phone.mp4", images, rotation=rotation, hflip=hflip))
    image = next(reader.chunks()).images[0]
    assert image.shape[:2] == ((64, 32) if abs(rotation) == 90 else (32, 64))
    assert reader.size == (image.shape[1], image.shape[0])
    names = {(1, 0, 0): "R", (0, 1, 0): "G", (0, 0, 1): "B", (1, 1, 1): "W"}
    height, width = image.shape[:2]
    places = [(height // 4, width // 4), (height // 4, 3 * width // 4)]
    places += [(3 * height // 4, x) for _, x in places]
    found = "".join(names[tuple((image[place] > 128).astype(int))] for place in places)
    assert found == corners.replace(" ", "")


@pytest.mark.parametrize(
    ("aspect", "rotation", "size"),
    [
        (Fraction(4, 3), None, (64, 36)),
        (Fraction(1, 2), None, (48, 72)),
        (Fraction(4, 3), 90, (36, 64)),
        (Fraction(20), None, (48, 36)),  # nonsense is taken for square
    ],
)
def test_pixels_become_square(
    tmp_path: Path, make_video: MakeVideo, aspect: Fraction, rotation: float | None, size: tuple[int, int]
) -> None:
    path = make_video(tmp_path / "tv.mp4", np.zeros((2, 36, 48, 3), np.uint8), aspect=aspect, rotation=rotation)
    reader = VideoReader(path)
    assert reader.size == size
    assert next(reader.chunks()).size == size


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le", "yuv444p12le", "yuva420p", "gbrp10le", "bgr0", "gray"])
@pytest.mark.parametrize("size", [(32, 24), (37, 21)])
def test_pixel_formats_and_odd_sizes(tmp_path: Path, make_video: MakeVideo, pixels: str, size: tuple[int, int]) -> None:
    images = np.full((2, size[1], size[0], 3), (120, 120, 120) if pixels == "gray" else (200, 30, 60), np.uint8)
    reader = VideoReader(make_video(tmp_path / "film.mkv", images, codec="ffv1", pixels=pixels))
    assert reader.size == size
    image = next(reader.chunks()).images[0]
    assert np.abs(image.astype(int) - images[0]).max() <= 3


# Matrices by swscale's number, and by the number that codecs write down (ITU-T H.273).
@pytest.mark.parametrize(("matrix", "tagged"), [(1, 1), (5, 5), (5, 6), (9, 9)])
@pytest.mark.parametrize("full_range", [False, True])
def test_colours_follow_the_stated_matrix_and_range(
    tmp_path: Path, make_video: MakeVideo, matrix: int, tagged: int, full_range: bool
) -> None:
    images = np.full((3, 32, 32, 3), (200, 30, 60), np.uint8)
    path = make_video(tmp_path / "film.mp4", images, matrix=matrix, tagged=tagged, full_range=full_range)
    colour = next(VideoReader(path).chunks()).images[1, 16, 16].astype(int)
    assert np.abs(colour - (200, 30, 60)).max() <= 3


@pytest.mark.parametrize(("height", "matrix"), [(576, 5), (720, 1)])
def test_untagged_colours_are_guessed_as_players_do(
    tmp_path: Path, make_video: MakeVideo, height: int, matrix: int
) -> None:
    images = np.full((2, height, 64, 3), (200, 30, 60), np.uint8)
    path = make_video(tmp_path / "film.mp4", images, matrix=matrix, tagged=2)
    colour = next(VideoReader(path).chunks()).images[1, 16, 16].astype(int)
    assert np.abs(colour - (200, 30, 60)).max() <= 3


def test_truncated_mp4_gives_what_is_readable_and_says_what_is_lost(
    tmp_path: Path, make_video: MakeVideo, announced: Callable[[], list[str]]
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (75, 48, 64, 3)).astype(np.uint8)
    path = make_video(tmp_path / "film.mp4", images, options={"movflags": "+faststart"})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    reader = VideoReader(path)
    assert announced() == []
    count = sum(len(c) for c in reader.chunks())
    assert 35 <= count <= 50
    assert reader.num_frames == count
    lost = 3.0 - count / 25
    assert announced() == [f"{path} is cut short: the last {lost:.1f} of 3.0 seconds could not be read."]
    list(reader.chunks())
    assert len(announced()) == 1, "said once"


def test_damage_in_the_middle_keeps_the_pace(
    tmp_path: Path, make_video: MakeVideo, announced: Callable[[], list[str]]
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (75, 48, 64, 3)).astype(np.uint8)
    path = make_video(tmp_path / "film.mp4", images)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 9000] = np.random.default_rng(1).bytes(9000)
    path.write_bytes(data)
    count = sum(len(c) for c in VideoReader(path).chunks())
    assert abs(count - 75) <= 2
    assert len(announced()) == 1
    assert "damaged places" in announced()[0]


def test_refuses(
    tmp_path: Path, make_video: MakeVideo, make_wav: Callable[..., Path], refused: Callable[..., str]
) -> None:
    path = make_video(tmp_path / "cut.mp4", np.random.default_rng(0).integers(0, 256, (9, 64, 64, 3)).astype(np.uint8))
    whole = path.read_bytes()
    path.write_bytes(whole[:3000])
    assert "cut off before its index" in refused(VideoReader, path)
    assert "has no pictures" in refused(VideoReader, make_wav(tmp_path / "sound.wav", np.zeros(800, np.int16)))
    assert "does not exist" in refused(VideoReader, tmp_path / "missing.mp4")
    assert "is a folder" in refused(VideoReader, tmp_path)
    (tmp_path / "empty.mp4").touch()
    assert "is empty" in refused(VideoReader, tmp_path / "empty.mp4")
    (tmp_path / "text.mp4").write_text("once upon a time\n" * 200)
    assert "is not a sound or video file" in refused(VideoReader, tmp_path / "text.mp4")
    tiny = make_video(tmp_path / "tiny.mkv", np.zeros((2, 8, 32, 3), np.uint8), **LOSSLESS)
    assert "at least 16 x 16" in refused(VideoReader, tiny)


def test_refuses_video_whose_pictures_cannot_be_decoded(
    tmp_path: Path, make_video: MakeVideo, refused: Callable[..., str]
) -> None:
    path = make_video(tmp_path / "film.mp4", np.zeros((5, 64, 64, 3), np.uint8))
    data = path.read_bytes()
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    path.write_bytes(data[:start] + bytes(end - start) + data[end:])
    assert "no picture that can be decoded" in refused(VideoReader, path)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_files_are_closed_after_an_early_stop(tmp_path: Path, make_video: MakeVideo) -> None:
    reader = VideoReader(make_video(tmp_path / "film.mp4", _numbered(30)))
    gc.collect()  # readers of other tests close their files when they go
    before = len(os.listdir("/proc/self/fd"))
    chunks = reader.chunks(4)
    next(chunks)
    assert len(os.listdir("/proc/self/fd")) == before + 1
    chunks.close()  # type: ignore[attr-defined]
    assert len(os.listdir("/proc/self/fd")) == before


def test_chunks_of_large_frames_are_short(tmp_path: Path, make_video: MakeVideo, monkeypatch: Any) -> None:
    monkeypatch.setattr("talkinghead.media.video._CHUNK_BYTES", 32 * 24 * 3 * 4)
    reader = VideoReader(make_video(tmp_path / "film.mp4", _numbered(10)))
    assert [len(c) for c in reader.chunks(32)] == [4, 4, 2]
