"""RGB to and from the YUV of video, with the matrix and range that the frames state or that players would guess."""

from __future__ import annotations

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter

from talkinghead.types import ImageArray

# swscale's defaults round down, one or two levels of every colour; these flags round right.
_ROUNDED = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_BT709, _SMPTE170M = 1, 6  # AVCOL_SPC_..., as codecs count, other than swscale's Colorspace


def to_rgb(frame: VideoFrame, reformatter: VideoReformatter, *, width: int, height: int) -> ImageArray:
    """(height, width, 3) uint8 RGB of a decoded frame, in the matrix and range it states."""
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
        converted = convert(usual)  # a matrix that swscale does not know, or a nonsensical one
    return np.asarray(converted.to_ndarray(), np.uint8)


def to_yuv(image: ImageArray, reformatter: VideoReformatter) -> VideoFrame:
    """(H, W, 3) uint8 RGB as a yuv420p frame of limited range, in the matrix that ``tag`` writes down."""
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
    """Write down in an encoder what ``to_yuv`` does.

    The transfer curve is called BT.709, not sRGB, though pictures are sRGB: players expect that and show it unchanged.
    """
    codec.colorspace = _BT709 if _usual_matrix(height) == Colorspace.ITU709 else _SMPTE170M
    codec.color_range = ColorRange.MPEG
    codec.color_primaries, codec.color_trc = ColorPrimaries.BT709, ColorTrc.BT709


def is_hdr(frame: VideoFrame) -> bool:
    """Whether a frame is meant for a brighter screen (PQ or HLG)."""
    return frame.color_trc in (ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67)


def _usual_matrix(height: int) -> Colorspace:
    # What players guess where nothing is stated; we also write by it, so that those that never look are right as well.
    return Colorspace.ITU709 if height >= 720 else Colorspace.ITU601
