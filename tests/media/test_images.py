"""Pictures of every kind, and what is refused."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from talkinghead.media import read_image, save_image
from talkinghead.media.images import read_layers

RED = (255, 0, 0)


def _png_header(width: int, height: int, depth: int = 8, colour_type: int = 2) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + _png_chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    )


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _tiff_rgb16(path: Path, value: tuple[int, int, int], side: int = 20) -> None:
    """An uncompressed 16-bit RGB TIFF, which Pillow can read but not write."""
    pixels = np.full((side, side, 3), value, "<u2").tobytes()
    entries = [
        (256, 3, 1, side), (257, 3, 1, side), (258, 3, 3, 8), (259, 3, 1, 1), (262, 3, 1, 2),
        (273, 4, 1, 14), (277, 3, 1, 3), (278, 3, 1, side), (279, 4, 1, len(pixels)),
    ]  # fmt: skip
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    path.write_bytes(b"II*\0" + struct.pack("<I", 14 + len(pixels)) + struct.pack("<HHH", 16, 16, 16) + pixels)
    with path.open("ab") as file:
        file.write(directory + struct.pack("<I", 0))


def _profile_with_red_and_blue_exchanged() -> bytes:
    """The sRGB profile with the primaries of red and blue exchanged: what it calls red is blue."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    place = {}
    for index in range(struct.unpack(">I", data[128:132])[0]):
        name, offset, size = struct.unpack(">4sII", data[132 + 12 * index : 144 + 12 * index])
        place[name] = slice(offset, offset + size)
    data[place[b"rXYZ"]], data[place[b"bXYZ"]] = data[place[b"bXYZ"]], data[place[b"rXYZ"]]
    return bytes(data)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "tiff", "bmp", "jp2", "ppm"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.new("RGB", (30, 20), (200, 30, 60)).save(path)
    image = read_image(path)
    assert image.shape == (20, 30, 3)
    assert image.dtype == np.uint8
    assert np.abs(image.astype(int) - (200, 30, 60)).max() <= 6
    assert image.flags.writeable


@pytest.mark.parametrize(
    ("mode", "colour", "suffix", "expected"),
    [
        ("L", 77, "png", (77, 77, 77)),
        ("1", 1, "png", (255, 255, 255)),
        ("P", 0, "png", (0, 0, 0)),
        ("LA", (100, 255), "png", (100, 100, 100)),
        ("LA", (100, 0), "png", (255, 255, 255)),
        ("RGBA", (0, 0, 0, 128), "png", (127, 127, 127)),
        ("RGBA", (10, 20, 30, 255), "webp", (10, 20, 30)),
        ("RGBA", (10, 20, 30, 0), "webp", (255, 255, 255)),
        ("CMYK", (0, 255, 255, 0), "tiff", (255, 0, 0)),
        ("CMYK", (0, 0, 0, 255), "jpg", (0, 0, 0)),
        ("I;16", 128 * 257, "png", (128, 128, 128)),
        ("I;16", 65535, "tiff", (255, 255, 255)),
        ("I", 65535, "tiff", (255, 255, 255)),
        ("I", 2**31 - 1, "tiff", (255, 255, 255)),
        ("F", 0.5, "tiff", (128, 128, 128)),
        ("F", 200.0, "tiff", (200, 200, 200)),
        ("LAB", (255, 128, 128), "tiff", (255, 255, 255)),
    ],
)
def test_modes(tmp_path: Path, mode: str, colour: Any, suffix: str, expected: tuple[int, int, int]) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.new(mode, (20, 20), colour).save(path, lossless=True) if suffix == "webp" else Image.new(
        mode, (20, 20), colour
    ).save(path)
    assert np.abs(read_image(path)[10, 10].astype(int) - expected).max() <= 2


def test_sixteen_bit_ramp_is_monotonic_over_the_full_range(tmp_path: Path) -> None:
    path = tmp_path / "ramp.png"
    ramp = np.repeat(np.linspace(0, 65535, 256).astype(np.uint16)[None], 16, 0)
    Image.fromarray(ramp).save(path)
    assert read_image(path)[3, :, 1].tolist() == list(range(256))


def test_sixteen_bit_rgb(tmp_path: Path) -> None:
    rows = b"".join(b"\0" + struct.pack(">HHH", 200 * 257, 30 * 257, 60 * 257) * 20 for _ in range(20))
    png = _png_header(20, 20, depth=16) + _png_chunk(b"IDAT", zlib.compress(rows)) + _png_chunk(b"IEND", b"")
    (tmp_path / "rgb16.png").write_bytes(png)
    _tiff_rgb16(tmp_path / "rgb16.tiff", (200 * 257, 30 * 257, 60 * 257))
    assert read_image(tmp_path / "rgb16.png")[5, 5].tolist() == [200, 30, 60]
    assert read_image(tmp_path / "rgb16.tiff")[5, 5].tolist() == [200, 30, 60]


def test_palette_with_transparency_lies_on_white(tmp_path: Path) -> None:
    picture = Image.new("P", (20, 20), 1)
    picture.putpalette([0, 0, 0, 10, 20, 30] + [0] * 762)
    picture.putpixel((0, 0), 0)
    picture.save(tmp_path / "palette.png", transparency=0)
    image = read_image(tmp_path / "palette.png")
    assert image[0, 0].tolist() == [255, 255, 255]
    assert image[5, 5].tolist() == [10, 20, 30]


# Where the stored top left pixel, red, stands in the upright picture (EXIF 2.3, table of orientations).
@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (2, (0, -1)), (3, (-1, -1)), (4, (-1, 0)), (5, (0, 0)), (6, (0, -1)), (7, (-1, -1)), (8, (-1, 0))],
)
@pytest.mark.parametrize("mode", ["RGB", "I;16"])
def test_exif_orientation(tmp_path: Path, mode: str, orientation: int, corner: tuple[int, int]) -> None:
    stored = Image.new(mode, (40, 20), 0)
    stored.putpixel((0, 0), 65535 if mode == "I;16" else (255, 255, 255))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "turned.png", exif=exif)
    image = read_image(tmp_path / "turned.png")
    assert image.shape[:2] == ((40, 20) if orientation >= 5 else (20, 40))
    assert image[corner].tolist() == [255, 255, 255]
    assert int((image.sum(axis=2) > 0).sum()) == 1


def test_colour_profile_is_honoured(tmp_path: Path) -> None:
    path = tmp_path / "profile.png"
    Image.new("RGB", (20, 20), RED).save(path, icc_profile=_profile_with_red_and_blue_exchanged())
    red, green, blue = read_image(path)[5, 5].tolist()
    assert (red, green) == (0, 0)
    assert blue >= 250
    Image.new("RGBA", (20, 20), (*RED, 255)).save(path, icc_profile=_profile_with_red_and_blue_exchanged())
    assert read_image(path)[5, 5, 2] >= 250


@pytest.mark.parametrize("mode", ["RGB", "CMYK", "L"])
def test_useless_colour_profile_is_ignored(tmp_path: Path, mode: str) -> None:
    profile = _profile_with_red_and_blue_exchanged() if mode != "RGB" else b"no profile at all" * 20
    path = tmp_path / "profile.tiff"
    Image.new("RGB", (20, 20), RED).convert(mode).save(path, icc_profile=profile)
    expected = Image.new("RGB", (1, 1), RED).convert(mode).convert("RGB").getpixel((0, 0))
    assert read_image(path)[5, 5].tolist() == list(expected)


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tiff"])
def test_animation_gives_its_first_frame(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"moving.{suffix}"
    later = Image.new("RGB", (20, 20), (0, 255, 0))
    Image.new("RGB", (20, 20), RED).save(path, save_all=True, append_images=[later], duration=40)
    assert np.abs(read_image(path)[10, 10].astype(int) - RED).max() <= 3


def test_refuses_what_is_no_picture(tmp_path: Path, refused: Callable[..., str]) -> None:
    assert "does not exist" in refused(read_image, tmp_path / "missing.png")
    assert "is a folder" in refused(read_image, tmp_path)
    (tmp_path / "empty.png").touch()
    assert "is empty" in refused(read_image, tmp_path / "empty.png")
    (tmp_path / "text.png").write_text("once upon a time " * 100)
    assert "is not a picture" in refused(read_image, tmp_path / "text.png")
    (tmp_path / "phone.jpg").write_bytes(struct.pack(">I", 24) + b"ftypheic" + bytes(100))
    assert "HEIC" in refused(read_image, tmp_path / "phone.jpg")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff", "gif", "bmp"])
def test_refuses_truncated_pictures(tmp_path: Path, refused: Callable[..., str], suffix: str) -> None:
    path = tmp_path / f"cut.{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "damaged" in refused(read_image, path)


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (10_001, 10_000), (200_000, 100_000), (16_385, 100)])
def test_refuses_huge_pictures_from_the_header(
    tmp_path: Path, refused: Callable[..., str], width: int, height: int
) -> None:
    path = tmp_path / "huge.png"
    path.write_bytes(_png_header(width, height) + _png_chunk(b"IDAT", b""))  # nothing to decode: the header must do
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "100 megapixels and 16384 px a side" in refused(read_image, path)
    assert limit == Image.MAX_IMAGE_PIXELS


def test_reads_a_picture_above_pillows_own_warning_without_one(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    Image.new("L", (9_500, 9_500), 9).save(path, compress_level=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_image(path).shape == (9_500, 9_500, 3)


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (400, 15)])
def test_refuses_tiny_pictures(tmp_path: Path, refused: Callable[..., str], size: tuple[int, int]) -> None:
    Image.new("RGB", size).save(tmp_path / "tiny.png")
    assert "at least 16 x 16" in refused(read_image, tmp_path / "tiny.png")


def test_save_image_round_trip(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (17, 33, 3)).astype(np.uint8)
    path = save_image(image, tmp_path / "out.png")
    assert path == tmp_path / "out.png"
    np.testing.assert_array_equal(read_image(path), image)
    save_image(255 - image, path)
    np.testing.assert_array_equal(read_image(path), 255 - image)
    assert [p.name for p in tmp_path.iterdir()] == ["out.png"]


def test_save_image_refuses(tmp_path: Path, refused: Callable[..., str]) -> None:
    image = np.zeros((20, 20, 3), np.uint8)
    assert "mkdir" in refused(lambda path: save_image(image, path), tmp_path / "nowhere" / "out.png")
    assert ".png" in refused(lambda path: save_image(image, path), tmp_path / "out.jpg")
    with pytest.raises(ValueError, match=r"\(H, W, 3\) uint8"):
        save_image(image[..., 0], tmp_path / "out.png")
    assert list(tmp_path.iterdir()) == []


def test_save_image_leaves_the_old_file_when_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_image(np.zeros((20, 20, 3), np.uint8), tmp_path / "out.png")
    before = path.read_bytes()

    def half_done(self: Image.Image, file: Path, **_: Any) -> None:
        Path(file).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", half_done)
    with pytest.raises(KeyboardInterrupt):
        save_image(np.ones((20, 20, 3), np.uint8), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["out.png"]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_colours_and_opacity_apart(tmp_path: Path, mode: str) -> None:
    layers = np.full((20, 30, 4), (120, 120, 120, 255), np.uint8)
    layers[:, :10, 3] = 0
    layers[:, 10:20, 3] = 102
    path = tmp_path / "puppet.png"
    Image.fromarray(layers).convert(mode).save(path)
    colours, alpha = read_layers(path)
    assert alpha is not None
    np.testing.assert_array_equal(colours, layers[..., :3])
    np.testing.assert_array_equal(alpha, layers[..., 3])
    np.testing.assert_array_equal(read_image(path)[5, [5, 15, 25]], [[255] * 3, [201] * 3, [120] * 3])


def test_an_opaque_picture_has_no_opacity_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "opaque.png"
    Image.new("RGBA", (20, 20), (1, 2, 3, 255)).save(path)
    colours, alpha = read_layers(path)
    assert alpha is None
    np.testing.assert_array_equal(colours, read_image(path))
