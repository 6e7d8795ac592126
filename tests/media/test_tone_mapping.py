"""HDR video and pictures come back with the right SDR values."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from talkinghead.media import VideoReader, read_image
from talkinghead.media.tone_mapping import (
    ToneMapper,
    compress_highlights,
    luminance_of_pq,
    peak_in_side_data,
    pq_of_luminance,
    scene_of_hlg,
)

PQ, HLG = 16, 18
BT709, BT2020 = 1, 9

# cd/m² of grey -> SDR level: grey card (42.5 % of SDR by ITU-R BT.2408), diffuse white at 203, full highlights at 1000.
# Below 89 cd/m² it is 255 (L / 203)^(1 / 2.4), above it is what is left by the EETF of BT.2390 for a peak of 1000.
GREYS = {0.0: 0, 1.0: 28, 26.0: 108, 50.0: 142, 90.0: 182, 100.0: 189, 203.0: 230, 400.0: 250, 1000.0: 255}


def hlg_of_luminance(luminance: Any) -> Any:
    """HLG codes of (..., 3) cd/m² on a screen of 1000, by ITU-R BT.2100, table 5."""
    light = np.asarray(luminance) / 1000
    bright = (light @ (0.2627, 0.6780, 0.0593))[..., None]
    scene = light / np.maximum(bright, 1e-9) ** (0.2 / 1.2)
    upper = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), upper)


def codes(transfer: int, luminance: Any) -> Any:
    """Codes in [0, 1] of (..., 3) cd/m²."""
    return pq_of_luminance(np.asarray(luminance)) if transfer == PQ else hlg_of_luminance(luminance)


def bars(levels: Any, height: int = 96, width: int = 16) -> Any:
    """(height, width * N, 3): bars of codes (N, 3)."""
    return np.repeat(np.asarray(levels)[None], height, axis=0).repeat(width, axis=1)


def write_hdr(
    path: Path,
    image: Any,
    transfer: int,
    *,
    pixels: str = "gbrp10le",
    primaries: int = BT2020,
    codec: str = "ffv1",
    options: dict[str, str] | None = None,
) -> Path:
    """Two frames of codes (H, W, 3) in [0, 1]; in YUV the codes must be grey."""
    height, width = image.shape[:2]
    with av.open(str(path), "w") as output:
        video = output.add_stream(codec, rate=25, options=options or {})
        video.width, video.height, video.pix_fmt = width, height, pixels
        context = video.codec_context
        context.color_trc, context.color_primaries = transfer, primaries
        context.colorspace, context.color_range = (0, 2) if pixels.startswith("gbr") else (9, 1)
        frame = av.VideoFrame(width, height, pixels)
        frame.colorspace, frame.color_range = context.colorspace, context.color_range
        for index, plane in enumerate(frame.planes):
            if pixels.startswith("gbr"):
                values = 1023 * image[..., (1, 2, 0)[index]]
            elif index == 0:
                values = 64 + 876 * image[..., 0]
            else:
                values = np.full((plane.height, plane.width), 512.0)
            rows = np.zeros((plane.height, plane.line_size // 2), np.uint16)
            rows[:, : plane.width] = values.round()
            plane.update(rows.tobytes())
        for time in range(2):
            frame.pts = time
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
    return path


def levels_in(path: Path, width: int = 16) -> Any:
    """(N, 3) levels in the middle of each bar."""
    return next(VideoReader(path).chunks()).images[1, 48, width // 2 :: width].astype(int)


def test_the_curves_go_through_the_published_points() -> None:
    # ITU-R BT.2408, table 1: grey card 38 %, diffuse white 58 % PQ and 75 % HLG; 1000 cd/m² is 75 % PQ.
    np.testing.assert_allclose(
        luminance_of_pq(np.array([0, 0.38, 0.58, 0.7518, 1])), [0, 26, 203, 1000, 10_000], rtol=0.01
    )
    np.testing.assert_allclose(pq_of_luminance(np.array([0, 26, 203, 1000])), [0, 0.38, 0.5807, 0.7518], atol=1e-3)
    np.testing.assert_allclose(1000 * scene_of_hlg(np.array([0.38, 0.75, 1.0])) ** 1.2, [26, 203, 1000], rtol=0.01)
    np.testing.assert_allclose(scene_of_hlg(np.array([0.0, 0.5])), [0, 1 / 12])


def test_only_highlights_are_compressed() -> None:
    light = np.linspace(0, 1000, 2001)
    mapped = compress_highlights(light, 1000)
    np.testing.assert_allclose(mapped[light < 89], light[light < 89], atol=0.01)
    assert mapped[-1] == pytest.approx(203, abs=0.1)
    assert (np.diff(mapped) > 0).all()
    assert (np.diff(mapped) <= 0.51).all(), "never steeper than it was"
    np.testing.assert_array_equal(compress_highlights(light, 203), np.minimum(light, 203))


@pytest.mark.parametrize("pixels", ["yuv420p10le", "gbrp10le"])
@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_known_luminances_come_back(tmp_path: Path, transfer: int, pixels: str) -> None:
    image = bars(codes(transfer, np.repeat(np.array(list(GREYS))[:, None], 3, axis=1)))
    levels = levels_in(write_hdr(tmp_path / "grey.mkv", image, transfer, pixels=pixels))
    assert np.ptp(levels, axis=1).max() <= 1, "grey stays grey"
    assert np.abs(levels - np.array(list(GREYS.values()))[:, None]).max() <= 2


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_colours_of_bt2020_become_those_of_bt709(tmp_path: Path, transfer: int) -> None:
    bt2020_from_bt709 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
    wanted = np.array([[80, 0, 0], [0, 80, 0], [0, 0, 80], [60, 40, 30]], float)  # cd/m²
    expected = 255 * (wanted / 203) ** (1 / 2.4)
    image = bars(codes(transfer, wanted @ bt2020_from_bt709.T))
    path = write_hdr(tmp_path / "colours.mkv", image, transfer)
    assert np.abs(levels_in(path) - expected).max() <= 8  # 10 bit of 1 cd/m² are eight levels in the dark
    assert np.abs(levels_in(path) - expected)[expected > 100].max() <= 2
    path = write_hdr(tmp_path / "same.mkv", bars(codes(transfer, wanted)), transfer, primaries=BT709)
    assert np.abs(levels_in(path) - expected)[expected > 100].max() <= 2
    # The purest green of BT.2020 lies outside BT.709.
    levels = levels_in(write_hdr(tmp_path / "green.mkv", bars(codes(transfer, [[0.0, 80, 0]])), transfer))
    assert levels[0].tolist() == [0, pytest.approx(255 * (80 * 1.1329 / 203) ** (1 / 2.4), abs=2), 0]


def test_the_peak_is_what_the_file_says(tmp_path: Path) -> None:
    image = bars(codes(PQ, np.full((8, 3), 203.0)))
    plain = "log-level=none:pools=none:frame-threads=1:lossless=1"
    screen = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(40000000,50)"
    found = []
    for number, stated in enumerate(("", ":max-cll=203,100", f":{screen}", f":{screen}:max-cll=203,100")):
        path = tmp_path / f"{number}.mkv"
        options = {"x265-params": plain + stated, "preset": "ultrafast"}
        write_again = partial(write_hdr, path, image, PQ, pixels="yuv420p10le", codec="libx265", options=options)
        try:
            write_again()
        except av.error.ArgumentError:  # x265 spoils its own memory in about one of a hundred runs
            write_again()
        found.append(int(levels_in(path)[0, 0]))
    of_4000 = 255 * (float(compress_highlights(np.array(203.0), 4000)) / 203) ** (1 / 2.4)
    assert found == [pytest.approx(value, abs=2) for value in (230, 255, of_4000, 255)]
    assert 190 < of_4000 < 225
    assert peak_in_side_data(None, None) == 1000
    assert peak_in_side_data(struct.pack("<II", 0, 0), None) == 1000


def test_every_code_is_within_a_level_of_the_formula() -> None:
    code = np.arange(0, 65_281, 16, dtype=np.uint16)
    image = ToneMapper(hlg=False)(np.repeat(code[None, :, None], 3, axis=2), 65_280)
    light = compress_highlights(luminance_of_pq(code / 65_280), 1000) / 203
    assert np.abs(image[0, :, 0] - 255 * light.clip(0, 1) ** (1 / 2.4)).max() <= 1


def test_it_is_said_once(tmp_path: Path, announced: Callable[[], list[str]]) -> None:
    path = write_hdr(tmp_path / "film.mkv", bars(np.full((8, 3), 0.5)), HLG)
    reader = VideoReader(path)
    list(reader.chunks())
    reader.frame(1)
    assert announced() == [f"{path} is HDR (HLG): its colours are tone-mapped to SDR."]


def _png(path: Path, image: Any, described: tuple[int, ...]) -> Path:
    """Codes (H, W, 3) in [0, 1] as a 16-bit PNG with a chunk cICP."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + row.tobytes() for row in (65_535 * image).round().astype(">u2"))
    head = struct.pack(">IIBBBBB", image.shape[1], image.shape[0], 16, 2, 0, 0, 0)
    chunks = (b"IHDR", head), (b"cICP", bytes(described)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in chunks))
    return path


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_png(tmp_path: Path, transfer: int, announced: Callable[[], list[str]]) -> None:
    image = bars(codes(transfer, np.repeat(np.array(list(GREYS))[:, None], 3, axis=1)))
    path = _png(tmp_path / "grey.png", image, (BT2020, transfer, 0, 1))
    levels = read_image(path)[48, 8::16].astype(int)
    assert np.abs(levels - np.array(list(GREYS.values()))[:, None]).max() <= 1
    assert announced() == [f"{path} is HDR ({'PQ' if transfer == PQ else 'HLG'}): its colours are tone-mapped to SDR."]
    np.testing.assert_array_equal(
        read_image(_png(path, np.full((96, 96, 3), 0.5), (BT709, 13, 0, 1))), np.full((96, 96, 3), 128)
    )


def test_avif(tmp_path: Path) -> None:
    image = bars(codes(PQ, np.repeat(np.array(list(GREYS))[:, None], 3, axis=1)))
    path = tmp_path / "grey.avif"
    write_hdr(path, image, PQ, pixels="yuv420p10le", codec="libsvtav1", options={"svtav1-params": "crf=5:lp=1"})
    levels = read_image(path)[48, 8::16].astype(int)
    assert np.abs(levels - np.array(list(GREYS.values()))[:, None]).max() <= 4
    Image.new("RGB", (96, 96), (148, 148, 148)).save(path)
    assert read_image(path)[48, 48].tolist() == [148, 148, 148]
