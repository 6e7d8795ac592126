"""Decoded frames as planes, and planes as frames to encode, with every value as it was."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, ColorTrc, Interpolation, VideoReformatter

from talkinghead.media.colours import has_alpha, usual_tags
from talkinghead.types import MATRICES, Coding, ColourTags, Plane, Planes

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_CHROMATICITY, _LUMINANCE = 50_000, 10_000  # units of x265's description of a screen


def coding_of(frame: VideoFrame, aspect: Fraction) -> Coding | None:
    """How a video with this first frame codes its pictures; None where that is not three planes of YUV.

    Args:
        frame: as it was decoded.
        aspect: width of its pixels over their height.
    """
    parts = frame.format.components
    if frame.format.is_rgb or has_alpha(frame) or len(parts) != 3 or frame.format.has_palette:
        return None
    matrix = int(frame.colorspace)
    # Players assume this where nothing is stated, by the height of the picture as it is coded.
    matrix = usual_tags(frame.height).matrix if matrix == _UNSPECIFIED else matrix
    tags = ColourTags(int(frame.color_primaries), int(frame.color_trc), matrix)
    if tags.matrix not in MATRICES:
        return None
    full = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    screen = _screen(frame) if tags.transfer == ColorTrc.SMPTE2084 else ""
    return Coding(tags, 10 if parts[0].bits > 8 else 8, full, aspect, screen)


def planes_of(frame: VideoFrame, coding: Coding, reformatter: VideoReformatter, size: tuple[int, int]) -> Planes:
    """The planes of a decoded frame, which share its memory; others than 4:2:0 of (width, height) px are converted."""
    wanted = _format(coding)
    name = frame.format.name.replace("yuvj", "yuv")
    if name != wanted or (frame.width, frame.height) != size:
        span = ColorRange.JPEG if coding.full else ColorRange.MPEG
        smooth = Interpolation.BICUBIC | Interpolation.ACCURATE_RND
        frame = reformatter.reformat(
            frame, *size, wanted, src_color_range=span, dst_color_range=span, interpolation=smooth, threads=1
        )
    y, u, v = (_plane(frame, number, coding) for number in range(3))
    return y, u, v


def frame_of(planes: Planes, coding: Coding) -> VideoFrame:
    """A frame to encode, of even sides: the last row and column are repeated where they are odd."""
    height, width = (side + side % 2 for side in planes[0].shape)
    frame = VideoFrame(width, height, _format(coding))
    for number, plane in enumerate(planes):
        room = _plane(frame, number, coding)
        rows, columns = plane.shape
        room[:rows, :columns] = plane
        room[rows:, :columns] = plane[-1]
        room[:, columns:] = room[:, columns - 1, None]
    frame.colorspace, frame.color_range = coding.tags.matrix, ColorRange.JPEG if coding.full else ColorRange.MPEG
    frame.color_primaries, frame.color_trc = coding.tags.primaries, coding.tags.transfer
    return frame


def _format(coding: Coding) -> str:
    return "yuv420p" if coding.bits == 8 else "yuv420p10le"


def _plane(frame: VideoFrame, number: int, coding: Coding) -> Plane:
    plane = frame.planes[number]
    values: Plane = np.frombuffer(cast("memoryview", plane), "u1" if coding.bits == 8 else "<u2")
    stride = plane.line_size // values.itemsize
    return values[: stride * plane.height].reshape(plane.height, stride)[:, : plane.width]


def _screen(frame: VideoFrame) -> str:
    """HDR10's side data as parameters of x265."""
    said = []
    screen = cast("bytes | None", frame.side_data.get("MASTERING_DISPLAY_METADATA"))
    if screen is not None:
        # AVMasteringDisplayMetadata: ten fractions (x and y of red, green, blue and white, least and greatest
        # luminance), and whether each kind is known.
        fields = np.frombuffer(bytes(screen), np.int32)
        values = fields[0:20:2] / np.maximum(fields[1:20:2], 1)
        if fields[20] and fields[21]:
            red, green, blue, white = (values[:8].reshape(4, 2) * _CHROMATICITY).round().astype(int).tolist()
            least, most = (values[8:] * _LUMINANCE).round().astype(int).tolist()
            pairs = "".join(
                f"{name}({x},{y})" for name, (x, y) in zip(("G", "B", "R", "WP"), (green, blue, red, white))
            )
            said.append(f"master-display={pairs}L({most},{least})")
    light = cast("bytes | None", frame.side_data.get("CONTENT_LIGHT_LEVEL"))
    if light is not None:
        brightest, mean = np.frombuffer(bytes(light), np.uint32)[:2].tolist()
        said.append(f"max-cll={brightest},{mean}")
    return ":".join(said)
