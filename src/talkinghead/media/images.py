"""Picture files of every kind -> (H, W, 3) sRGB, and back to PNG."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps

from talkinghead.errors import InputError
from talkinghead.media.colours import over_white
from talkinghead.media.files import check_writable, existing_file, write_beside
from talkinghead.media.hdr_pictures import read_hdr
from talkinghead.types import ImageArray

MAX_PIXELS = 100_000_000
MIN_SIDE_PX = 16
MAX_SIDE_PX = 16_384  # of the video, in H.264

# Only formats with a signature and a decoder inside Pillow: EPS would start a program, and TGA accepts any bytes.
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "DIB", "ICO", "PPM", "JPEG2000", "AVIF", "PSD", "QOI")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")


def read_image(path: str | os.PathLike[str]) -> ImageArray:
    """The picture in a file as (H, W, 3) uint8 sRGB.

    The camera's orientation (EXIF) is applied; transparent pictures are laid over white; greyscale, palettes, 16 bit,
    floating point and CMYK are converted; an embedded colour profile is honoured; animations give their first frame.

    Raises:
        InputError: the file is missing, a folder, empty, not a picture or damaged; or the picture has more than 100
            megapixels or 16 384 px on a side (refused by the header, before decoding), or a side of less than 16 px.
    """
    return over_white(*read_layers(path))


def read_layers(path: str | os.PathLike[str]) -> tuple[ImageArray, ImageArray | None]:
    """The colours of the picture in a file, and their opacity.

    Returns:
        colours: (H, W, 3) uint8 sRGB as stored, not multiplied by the opacity; arbitrary where nothing shows.
        alpha: (H, W) uint8, 255 is opaque; None if the whole picture is opaque.

    Raises:
        InputError: as for ``read_image``.
    """
    path = existing_file(path)
    with open_picture(path) as picture:
        _check_size(path, picture.size)
        try:
            picture.load()
            mapped = read_hdr(path, picture.format, picture.size)
            colours, alpha = _decode(picture)
            if mapped is not None:
                image = Image.fromarray(mapped)
                image.getexif()[ExifTags.Base.Orientation] = picture.getexif().get(ExifTags.Base.Orientation, 1)
                colours = np.array(ImageOps.exif_transpose(image))
            return colours, alpha
        # A broken file can make a decoder fail in any way.
        except Exception as error:
            raise InputError(_damage_message(path)) from error


@contextmanager
def open_picture(path: Path) -> Iterator[Image.Image]:
    """The picture in a file with only its header read.

    Raises:
        InputError: the file is not a picture, or too large to be opened.
    """
    # We have our own limit; Pillow's lower one only warns.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            picture = Image.open(path, formats=_list_formats())
        except Image.DecompressionBombError as error:
            raise _too_large(path) from error
        except Exception as error:
            raise InputError(_why_not(path)) from error
        with picture:
            yield picture


def is_picture(path: Path) -> bool:
    """Whether a file is a picture, including those that ``read_image`` refuses for their size or as HEIC."""
    try:
        with open_picture(path):
            return True
    except InputError as error:
        return isinstance(error.__cause__, Image.DecompressionBombError) or _is_heic(path)


def save_image(image: ImageArray, path: str | os.PathLike[str]) -> Path:
    """Write (H, W, 3) uint8 RGB as a PNG file; an older file of this name is replaced atomically.

    Raises:
        InputError: the name does not end in .png, or the folder is missing, not writable or full.
        ValueError: ``image`` has another shape or type.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"image must be (H, W, 3) uint8, got {image.shape} {image.dtype}")
    path = check_writable(path, overwrite=True)
    if path.suffix.lower() != ".png":
        raise InputError(f"{path} does not end in .png: pictures are written as PNG.")
    with write_beside(path, overwrite=True) as part:
        Image.fromarray(image).save(part, format="PNG")
    return path


@cache
def _list_formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _check_size(path: Path, size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS or max(size) > MAX_SIDE_PX:
        raise _too_large(path, f" ({width} x {height} px)")
    if min(width, height) < MIN_SIDE_PX:
        raise InputError(f"{path} is only {width} x {height} px: give a picture of at least 16 x 16 px.")


def _too_large(path: Path, size: str = "") -> InputError:
    most = f"{MAX_PIXELS // 1_000_000} megapixels and {MAX_SIDE_PX} px a side"
    return InputError(f"{path} is too large{size}: scale it down to at most {most}.")


def _why_not(path: Path) -> str:
    if _is_heic(path):
        return f"{path} is a HEIC picture, which cannot be read here: export it as JPEG or PNG."
    with path.open("rb") as file:
        head = file.read(16).ljust(16)
    signatures = (Image.OPEN[name][1] for name in _list_formats())
    if any(has_signature and has_signature(head) is True for has_signature in signatures):
        return _damage_message(path)
    return f"{path} is not a picture: give a PNG, JPEG, WebP, GIF, TIFF or BMP file."


def _damage_message(path: Path) -> str:
    return f"{path} is a damaged or unfinished picture: export or download it again."


def _is_heic(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS


def _decode(picture: Image.Image) -> tuple[ImageArray, ImageArray | None]:
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I") or upright.mode == "F":
        upright, profile = _eight_bit(upright), None
    if not upright.has_transparency_data:
        return np.array(_srgb(upright, profile)), None
    layered = upright.convert("RGBA")
    alpha = np.array(layered.getchannel("A"))
    return np.array(_srgb(layered.convert("RGB"), profile)), None if alpha.min() == 255 else alpha


def _eight_bit(picture: Image.Image) -> Image.Image:
    """A single-channel picture of 16 or 32 bit or floating point as mode L.

    Such files do not say which value is white. It is taken to be the smallest full-scale value of 16 or 32 bit (for
    floating point also 1.0 or 255) that is not below the brightest pixel.
    """
    values = np.nan_to_num(np.asarray(picture).astype(np.float32))
    scales = (1.0, 255.0, 65535.0) if picture.mode == "F" else (65535.0,)
    brightest = float(values.max())
    scale = next((s for s in scales if brightest <= s), max(brightest, 2.0**31 - 1))
    return Image.fromarray(np.clip(np.rint(values * (255.0 / scale)), 0, 255).astype(np.uint8))


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if picture.mode == "P":
        picture = picture.convert("RGB")
    source = _source_profile(picture, profile)
    if source is not None:
        try:
            converted = ImageCms.profileToProfile(
                picture,
                source,
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, ValueError):
            pass  # A profile that is broken or for another kind of picture is ignored.
    return picture.convert("RGB")


def _source_profile(picture: Image.Image, profile: bytes | None) -> ImageCms.ImageCmsProfile | None:
    if profile:
        try:
            return ImageCms.ImageCmsProfile(io.BytesIO(profile))
        except (OSError, ImageCms.PyCMSError):
            return None
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")) if picture.mode == "LAB" else None
