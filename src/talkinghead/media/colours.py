"""RGB to and from the YUV of video, with the matrix and range that frames state, or else players assume."""

from __future__ import annotations

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter

from talkinghead.types import ImageArray

# swscale's defaults round every colour down by one or two levels; these flags round correctly.
_ROUNDED = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_BT709, _SMPTE170M = 1, 6  # AVCOL_SPC_..., numbered as in codecs, unlike swscale's Colorspace


def to_rgb(frame: VideoFrame, reformatter: VideoReformatter, *, width: int, height: int) -> ImageArray:
    """(height, width, 3) uint8 RGB of a decoded frame, by the matrix and range it states."""
    resized = (frame.width, frame.height) != (width, height)
    is_yuv = not frame.format.is_rgb and len(frame.format.components) > 1
    usual = _usual_matrix(frame.height) if is_yuv else None

    def convert(matrix: Colorspace | None) -> VideoFrame:
        return reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="rgb24",
            src_colorspace=matrix,
            dst_color_range=ColorRange.JPEG,
            interpolation=_ROUNDED | (Interpolation.BICUBIC if resized else Interpolation.BILINEAR),
            threads=1,
        )

    try:
        converted = convert(usual if frame.colorspace == _UNSPECIFIED else None)
    except av.FFmpegError:
        converted = convert(usual)  # a matrix that is nonsensical or unknown to swscale
    return np.asarray(converted.to_ndarray(), np.uint8)


def to_yuv(image: ImageArray, reformatter: VideoReformatter) -> VideoFrame:
    """(H, W, 3) uint8 RGB as a yuv420p frame of limited range, by the matrix that ``tag`` declares."""
    converted = reformatter.reformat(
        VideoFrame.from_numpy_buffer(image, format="rgb24"),
        format="yuv420p",
        dst_colorspace=_usual_matrix(len(image)),
        dst_color_range=ColorRange.MPEG,
        interpolation=_ROUNDED | Interpolation.BILINEAR,
        threads=1,
    )
    converted.color_primaries, converted.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    return converted


def tag(codec: VideoCodecContext, height: int) -> None:
    """Declare in an encoder what ``to_yuv`` does.

    The transfer curve is declared as BT.709 although pictures are sRGB, because players expect that and show it
    unchanged.
    """
    codec.colorspace = _BT709 if _usual_matrix(height) == Colorspace.ITU709 else _SMPTE170M
    codec.color_range = ColorRange.MPEG
    codec.color_primaries, codec.color_trc = ColorPrimaries.BT709, ColorTrc.BT709


def is_hdr(frame: VideoFrame) -> bool:
    """Whether a frame is meant for a brighter screen (PQ or HLG)."""
    return frame.color_trc in (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)


def _usual_matrix(height: int) -> Colorspace:
    # Players assume this if nothing is stated; we also write by it, so that players that never look are right as well.
    return Colorspace.ITU709 if height >= 720 else Colorspace.ITU601
