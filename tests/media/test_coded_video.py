"""Frames as a file codes them: kept to the bit, changed only where somebody changes them, HDR stays HDR."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorTrc

from encoded import encode_video
from talkinghead.media import VideoReader, save_video
from talkinghead.media.coded_video import CodedVideo, open_coded
from talkinghead.types import CodedFrames, Coding, ColourTags, ImageArray, Planes, Video, Window

BT709 = ColourTags(1, 1, 1)
SIZE = (64, 48)


def picture(bits: int = 8, seed: int = 0) -> Planes:
    """Planes of noise, 64 x 48."""
    values = np.random.default_rng(seed)
    kind = np.uint8 if bits == 8 else np.uint16
    y, u, v = (
        values.integers(20 << (bits - 8), 220 << (bits - 8), size).astype(kind)
        for size in ((48, 64), (24, 32), (24, 32))
    )
    return y, u, v


def coded(coding: Coding, size: tuple[int, int] = SIZE) -> CodedFrames:
    return CodedFrames((picture(coding.bits),), coding, 10.0, size)


@pytest.mark.parametrize(
    ("matrix", "yuv", "rgb"),
    [(1, (63, 102, 240), (255, 1, 0)), (6, (81, 90, 240), (254, 0, 0)), (9, (74, 97, 240), (255, 0, 1))],
)
def test_red_is_as_the_standards_code_it(matrix: int, yuv: tuple[int, ...], rgb: tuple[int, ...]) -> None:
    planes = tuple(np.full((8, 8) if k == 0 else (4, 4), value, np.uint8) for k, value in enumerate(yuv))
    frames = CodedFrames((planes,), Coding(ColourTags(1, 1, matrix)), 25.0, (8, 8))  # type: ignore[arg-type]
    np.testing.assert_allclose(frames.images[0, 4, 4].astype(int), rgb, atol=2)
    np.testing.assert_allclose(frames.colours_at(0, np.array([[4.0, 4.0]]))[0], rgb, atol=2)


@pytest.mark.parametrize("coding", [Coding(BT709), Coding(BT709, 10), Coding(BT709, full=True)])
def test_what_does_not_change_keeps_its_values(coding: Coding) -> None:
    frames = coded(coding)
    window = Window(10, 8, 20, 16)
    before = frames.view(0, window)
    assert frames.with_views({0: (window, before, before)}).pictures[0][0].tobytes() == frames.pictures[0][0].tobytes()
    after = before.copy()
    after[4:8, 6:10] = np.clip(before[4:8, 6:10].astype(int) + 30, 0, 255)
    changed = frames.with_views({0: (window, before, after)}).pictures[0]
    for plane, own, half in zip(changed, frames.pictures[0], (1, 2, 2)):
        where = np.argwhere(plane != own) * half
        if len(where):
            assert (where.min(axis=0) >= (12, 16)).all()
            assert (where.max(axis=0) < (16, 20)).all()
    assert (changed[0] != frames.pictures[0][0]).any()
    assert frames.pictures[0][0].tobytes() == coded(coding).pictures[0][0].tobytes()  # the frames given stay


def test_a_change_is_what_was_asked_for() -> None:
    smooth = tuple(np.full(size, 120, np.uint8) for size in ((48, 64), (24, 32), (24, 32)))
    frames = CodedFrames((smooth,), Coding(BT709), 10.0, SIZE)  # type: ignore[arg-type]
    window = Window(8, 8, 16, 16)
    before = frames.view(0, window)
    after = np.broadcast_to(np.array([200, 90, 60], np.uint8), before.shape)
    seen = frames.with_views({0: (window, before, after)}).view(0, window)
    np.testing.assert_allclose(seen[2:-2, 2:-2].astype(int), after[2:-2, 2:-2], atol=2)


def test_pixels_that_are_not_square_are_shown_square() -> None:
    frames = coded(Coding(BT709, aspect=Fraction(2)), size=(128, 48))
    assert frames.images.shape == (1, 48, 128, 3)
    window = Window(40, 8, 40, 20)
    before = frames.view(0, window)
    after = before.copy()
    after[6:12, 10:30] = 255
    changed = frames.with_views({0: (window, before, after)})
    where = np.argwhere(changed.pictures[0][0] != frames.pictures[0][0])
    assert (where.min(axis=0) >= (13, 23)).all()
    assert (where.max(axis=0) <= (21, 37)).all()
    assert changed.view(0, window)[7:11, 14:26].mean() > 225


def write_coded(path: Path, pictures: list[Planes], *, codec: str, pixels: str, **stated: int) -> Path:
    """A lossless file of planes."""
    options = {"libx264": {"crf": "0", "preset": "ultrafast"}}.get(codec, {})
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = pictures[0][0].shape[1], pictures[0][0].shape[0], pixels
        for name, value in stated.items():
            setattr(stream.codec_context, name, value)
        for planes in pictures:
            frame = VideoFrame(stream.width, stream.height, pixels)
            for plane, values in zip(frame.planes, planes):
                room = np.frombuffer(plane, values.dtype).reshape(plane.height, -1)  # type: ignore[call-overload]
                room[:, : values.shape[1]] = values
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("bits", "pixels"), [(8, "yuv420p"), (10, "yuv420p10le")])
def test_planes_are_read_as_they_were_written(tmp_path: Path, bits: int, pixels: str) -> None:
    pictures = [picture(bits, seed) for seed in range(3)]
    path = write_coded(tmp_path / "a.mkv", pictures, codec="ffv1", pixels=pixels, color_trc=1, colorspace=1)
    video = open_coded(VideoReader(path))
    assert isinstance(video, CodedVideo)
    (chunk,) = video.chunks()
    assert (len(chunk), chunk.coding.bits) == (3, bits)
    again = video.pick([2, 0])
    for read, wanted in zip([*chunk.pictures, *again.pictures], [*pictures, pictures[2], pictures[0]]):
        for mine, theirs in zip(read, wanted):
            np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("transfer", [ColorTrc.ARIB_STD_B67, ColorTrc.SMPTE2084])
def test_hdr_stays_hdr(tmp_path: Path, transfer: ColorTrc) -> None:
    smooth = tuple(np.full(size, 500, np.uint16) for size in ((96, 128), (48, 64), (48, 64)))
    stated = {"color_trc": int(transfer), "color_primaries": 9, "colorspace": 9}
    path = write_coded(tmp_path / "a.mkv", [smooth] * 3, codec="ffv1", pixels="yuv420p10le", **stated)  # type: ignore[list-item]
    video = open_coded(VideoReader(path, quick=True))
    assert isinstance(video, CodedVideo)
    out = save_video(Video(video.chunks(), None, 10.0, 3), tmp_path / "b.mp4", visible_mark=False)
    coding = VideoReader(out, quick=True).coding
    assert coding is not None
    assert (coding.bits, coding.tags) == (10, ColourTags(9, int(transfer), 9))
    (made,) = CodedVideo(VideoReader(out, quick=True), coding).chunks()
    assert abs(int(np.median(made.pictures[0][0])) - 500) <= 4


def test_an_upright_video_has_its_planes_turned(tmp_path: Path) -> None:
    images: ImageArray = np.zeros((2, 48, 64, 3), np.uint8)
    images[:, :24] = 200
    plain = encode_video(tmp_path / "plain.mp4", images, fps=10)
    turned = tmp_path / "turned.mp4"
    with av.open(str(plain)) as source, av.open(str(turned), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(90)
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    reader = VideoReader(turned)
    assert reader.size == (48, 64)
    video = open_coded(reader)
    assert isinstance(video, CodedVideo)
    np.testing.assert_allclose(video.frame(0).astype(int), reader.frame(0), atol=3)


def test_a_file_without_planes_of_yuv_is_read_as_ever(tmp_path: Path) -> None:
    path = write_coded(tmp_path / "a.mkv", [(np.zeros((48, 64), np.uint8),) * 3], codec="ffv1", pixels="gray")  # type: ignore[list-item]
    assert isinstance(open_coded(VideoReader(path)), VideoReader)
