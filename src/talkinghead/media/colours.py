"""RGB to and from the YUV of video, with the matrix and range that frames state, or else players assume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter
from PIL import Image

from talkinghead.types import ColourTags, ImageArray

if TYPE_CHECKING:
    from talkinghead.media.tone_mapping import ToneMapper

# swscale's defaults round every colour down by one or two levels; these flags round correctly.
_ROUNDED = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_BT709, _BT470BG, _SMPTE170M = 1, 5, 6  # AVCOL_SPC_..., numbered as in codecs, unlike swscale's Colorspace
_MATRICES = {_BT709: Colorspace.ITU709, _BT470BG: Colorspace.ITU601, _SMPTE170M: Colorspace.ITU601}


def to_layers(
    frame: VideoFrame,
    reformatter: VideoReformatter,
    *,
    width: int,
    height: int,
    tones: ToneMapper | None = None,
    quick: bool = False,
) -> tuple[ImageArray, ImageArray | None]:
    """A decoded frame by the matrix and range it states.

    Args:
        frame: the frame.
        reformatter: converts it.
        width: px, of the result.
        height: px, of the result.
        tones: maps HDR colours to SDR; None: the frame has none.
        quick: whether colours may be off by a level or two, which takes half the time.

    Returns:
        colours: (height, width, 3) uint8 RGB, not multiplied by the opacity.
        alpha: (height, width) uint8, 255 is opaque; None where the whole frame is opaque.
    """
    resized = (frame.width, frame.height) != (width, height)
    is_yuv = not frame.format.is_rgb and len(frame.format.components) > 1
    usual = _usual_matrix(frame.height) if is_yuv else None

    def convert(matrix: Colorspace | None, pixels: str) -> VideoFrame:
        return reformatter.reformat(
            frame,
            width=width,
            height=height,
            format=pixels,
            src_colorspace=matrix,
            dst_color_range=ColorRange.JPEG,
            interpolation=(Interpolation(0) if quick else _ROUNDED)
            | (Interpolation.BICUBIC if resized else Interpolation.BILINEAR),
            threads=1,
        )

    def values(pixels: str) -> npt.NDArray[Any]:
        try:
            converted = convert(usual if frame.colorspace == _UNSPECIFIED else None, pixels)
        except av.FFmpegError:
            converted = convert(usual, pixels)  # a matrix that is nonsensical or unknown to swscale
        return converted.to_ndarray()

    layers = values("rgba") if has_alpha(frame) else None
    alpha = None if layers is None or layers[..., 3].min() == 255 else np.ascontiguousarray(layers[..., 3])
    if tones is not None:
        return tones(values("gbrp16le"), _white(frame)), alpha
    return np.ascontiguousarray(values("rgb24") if layers is None else layers[..., :3]), alpha


def over_white(colours: ImageArray, alpha: ImageArray | None) -> ImageArray:
    """(H, W, 3) uint8: colours (H, W, 3) with an opacity (H, W) in front of white."""
    if alpha is None:
        return colours
    white = Image.new("RGB", (colours.shape[1], colours.shape[0]), "white")
    return np.array(Image.composite(Image.fromarray(colours), white, Image.fromarray(alpha)))


def has_alpha(frame: VideoFrame) -> bool:
    """Whether a frame has a plane of opacity."""
    return any(component.is_alpha for component in frame.format.components)


def tones_of(frame: VideoFrame) -> ToneMapper | None:
    """What maps the colours of a video with this first frame to SDR; None if they need not be."""
    if frame.color_trc not in (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67):
        return None
    from talkinghead.media.tone_mapping import ToneMapper, peak_in_side_data  # compiles loops

    def side_data(name: str) -> bytes | None:
        found = cast("bytes | None", frame.side_data.get(name))  # a buffer, to be exact
        return None if found is None else bytes(found)

    if frame.color_trc == ColorTrc.ARIB_STD_B67:
        return ToneMapper(hlg=True, primaries=frame.color_primaries)
    peak = peak_in_side_data(side_data("CONTENT_LIGHT_LEVEL"), side_data("MASTERING_DISPLAY_METADATA"))
    return ToneMapper(hlg=False, primaries=frame.color_primaries, peak=peak)


def _white(frame: VideoFrame) -> int:
    """What swscale makes of white where it converts to 16 bit: it shifts, and takes limited ranges by 8 bit."""
    bits = frame.format.components[0].bits
    is_grey = sum(not component.is_alpha for component in frame.format.components) == 1
    is_full = frame.format.is_rgb or is_grey or frame.color_range == ColorRange.JPEG
    return (2**bits - 1) << (16 - bits) if is_full else 255 << 8


def tags_of(frame: VideoFrame) -> ColourTags | None:
    """How a decoded frame says that its colours are coded; None where it is not said, or we cannot write that."""
    if tones_of(frame) is not None or int(frame.colorspace) not in _MATRICES:
        return None
    return ColourTags(int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace))


def usual_tags(height: int) -> ColourTags:
    """How colours of pictures so high (px) are usually coded.

    The transfer curve is BT.709 although pictures are sRGB, because players expect that and show it unchanged.
    """
    matrix = _BT709 if _usual_matrix(height) == Colorspace.ITU709 else _SMPTE170M
    return ColourTags(int(ColorPrimaries.BT709), int(ColorTrc.BT709), matrix)


def to_yuv(image: ImageArray, reformatter: VideoReformatter, tags: ColourTags) -> VideoFrame:
    """(H, W, 3) uint8 RGB as a yuv420p frame of limited range, coded as the tags declare."""
    converted = reformatter.reformat(
        VideoFrame.from_numpy_buffer(image, format="rgb24"),
        format="yuv420p",
        dst_colorspace=_MATRICES[tags.matrix],
        dst_color_range=ColorRange.MPEG,
        interpolation=_ROUNDED | Interpolation.BILINEAR,
        threads=1,
    )
    converted.color_primaries, converted.color_trc = tags.primaries, tags.transfer
    return converted


def tag(codec: VideoCodecContext, tags: ColourTags, *, full: bool = False) -> None:
    """Declare in an encoder how its frames are coded; ``full``: with the full range of bits."""
    codec.colorspace, codec.color_range = tags.matrix, ColorRange.JPEG if full else ColorRange.MPEG
    codec.color_primaries, codec.color_trc = tags.primaries, tags.transfer


def _usual_matrix(height: int) -> Colorspace:
    # Players assume this if nothing is stated; we also write by it, so that players that never look are right as well.
    return Colorspace.ITU709 if height >= 720 else Colorspace.ITU601
