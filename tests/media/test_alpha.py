"""The opacity of videos."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.packet import Packet, PacketSideData

from encoded import encode_video
from talkinghead.media import VideoReader
from talkinghead.media.alpha import AlphaDecoder

COLOUR = (200, 80, 60)
KINDS = [
    ("webm", "libvpx-vp9", "yuva420p"),
    ("mkv", "libvpx-vp9", "yuva420p"),
    ("mov", "prores_ks", "yuva444p10le"),
    ("mkv", "ffv1", "bgra"),
]


def figures(count: int, size: tuple[int, int] = (160, 96)) -> Any:
    """(count, H, W, 4): one colour; a third is opaque, a third half transparent, the rest darkens with time."""
    width, height = size
    images = np.full((count, height, width, 4), (*COLOUR, 255), np.uint8)
    images[:, :, width // 3 : 2 * width // 3, 3] = 128
    images[:, :, 2 * width // 3 :, 3] = (4 * np.arange(count))[:, None, None]
    return images


@pytest.mark.parametrize(("suffix", "codec", "pixels"), KINDS)
def test_colours_and_opacity_are_kept(tmp_path: Path, suffix: str, codec: str, pixels: str) -> None:
    given = figures(30)
    reader = VideoReader(encode_video(tmp_path / f"figure.{suffix}", given, codec=codec, pixels=pixels))
    shown = np.concatenate([chunk.images for chunk in reader.chunks()])
    share = given[..., 3:] / 255
    assert np.abs(shown - (share * COLOUR + (1 - share) * 255))[:, 20:-20, 20:-20:50].max() <= 5, "over white"
    np.testing.assert_array_equal(reader.frame(17), shown[17])
    found = reader.layers_of(shown[17])
    assert found is not None
    colours, alpha = found
    assert alpha.dtype == np.uint8
    assert np.abs(alpha[40, [20, 80, 140]].astype(int) - (255, 128, 68)).max() <= 3
    assert np.abs(colours[40, [20, 80, 140]].astype(int) - COLOUR).max() <= 5
    assert reader.layers_of(np.zeros_like(shown[0])) is None


def test_what_is_opaque_has_no_opacity(tmp_path: Path) -> None:
    images = np.full((3, 96, 160, 4), (*COLOUR, 255), np.uint8)
    reader = VideoReader(encode_video(tmp_path / "film.mp4", images[..., :3]))
    assert reader.layers_of(next(reader.chunks()).images[0]) is None
    reader = VideoReader(encode_video(tmp_path / "film.webm", images, codec="libvpx-vp9", pixels="yuva420p"))
    assert reader.layers_of(next(reader.chunks()).images[0]) is None


def test_only_videos_that_say_so_are_decoded_twice(tmp_path: Path) -> None:
    path = encode_video(tmp_path / "figure.webm", figures(4), codec="libvpx-vp9", pixels="yuva420p")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert AlphaDecoder.of(stream) is not None
        assert stream.metadata["alpha_mode"] == "1"
    with av.open(str(encode_video(tmp_path / "film.webm", figures(4)[..., :3], codec="libvpx-vp9"))) as container:
        assert AlphaDecoder.of(container.streams.video[0]) is None
    AlphaDecoder("vp8")  # which FFmpeg cannot write here, but packs its opacity in the same way


def test_damaged_or_missing_opacity_is_opaque(tmp_path: Path, damaged: Callable[[Path, str], Path]) -> None:
    path = encode_video(tmp_path / "figure.webm", figures(6), codec="libvpx-vp9", pixels="yuva420p")
    assert VideoReader(path).size == (160, 96)
    for how in ("missing", "noise"):
        reader = VideoReader(damaged(path, how))
        shown = next(reader.chunks()).images
        assert len(shown) == 6
        assert np.abs(shown[-1, 40, [20, 80, 140]].astype(int) - COLOUR).max() <= 5
        assert reader.layers_of(shown[0]) is None


@pytest.fixture
def damaged() -> Callable[[Path, str], Path]:
    """A WebM file without its opacities, or with noise in their place, remuxed packet by packet."""

    def remux(path: Path, how: str) -> Path:
        target = path.with_name(f"{how}.webm")
        with av.open(str(path)) as source, av.open(str(target), "w") as output:
            stream = source.streams.video[0]
            copy = output.add_stream_from_template(stream)
            copy.metadata["alpha_mode"] = "1"
            noise = np.random.default_rng(0).bytes(40)
            for packet in source.demux(stream):
                if packet.size:
                    new: Packet[Any] = Packet(bytes(packet))
                    new.pts, new.dts, new.time_base = packet.pts, packet.dts, packet.time_base
                    new.is_keyframe, new.stream = packet.is_keyframe, copy
                    if how == "noise":
                        side = PacketSideData.from_packet(packet, "matroska_block_additional")
                        side.update((1).to_bytes(8, "big") + noise[: side.data_size - 8].ljust(side.data_size - 8))
                        side.to_packet(new)
                    output.mux(new)
        return target

    return remux
