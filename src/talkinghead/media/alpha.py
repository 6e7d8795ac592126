"""The opacity of WebM videos, which is a second video beside the first, packet by packet."""

from __future__ import annotations

from contextlib import suppress

import av
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from talkinghead.types import ImageArray

_OPACITY = (1).to_bytes(8, "big")  # BlockAddID of what follows; others hold subtitles and HDR10+
_PENDING = 64  # opacities that wait for their frame, at most: decoders hold fewer frames back


class AlphaDecoder:
    """Decodes the opacity and joins it to the frames.

    Source: WebM project, "Alpha Transparency in WebM" (the brightness of the second video is the opacity, in the range
    of 0 to 255).
    """

    def __init__(self, codec: str) -> None:
        """For a video of this codec: the second one is of the same."""
        context = av.CodecContext.create(codec, "r")
        assert isinstance(context, VideoCodecContext)
        self._context = context
        self._opacities: dict[int | None, VideoFrame] = {}

    @classmethod
    def of(cls, stream: VideoStream) -> AlphaDecoder | None:
        """The decoder for a stream; None if it has no opacity of this kind."""
        name = stream.codec_context.codec.canonical_name
        return cls(name) if name in ("vp8", "vp9") and stream.metadata.get("alpha_mode") == "1" else None

    def read(self, packet: Packet[VideoStream]) -> None:
        """Take the opacity out of a packet, before the packet is decoded; damaged ones are left out."""
        data = b""
        if packet.has_sidedata("matroska_block_additional"):
            data = bytes(packet.get_sidedata("matroska_block_additional"))
        if packet.size and not data.startswith(_OPACITY):
            return
        second = Packet(data[len(_OPACITY) :])  # empty at the end, which gives what the decoder holds back
        second.pts, second.dts, second.time_base = packet.pts, packet.dts, packet.time_base
        with suppress(av.FFmpegError):
            self._opacities |= {opacity.pts: opacity for opacity in self._context.decode(second)}
        while len(self._opacities) > _PENDING:
            del self._opacities[next(iter(self._opacities))]

    def join(self, frame: VideoFrame) -> VideoFrame:
        """The frame with its opacity, opaque where there is none; itself if it is of a kind that cannot have any."""
        opacity = self._opacities.pop(frame.pts, None)
        if frame.format.name not in ("yuv420p", "yuv444p"):
            return frame
        joined = frame.reformat(format=frame.format.name.replace("yuv", "yuva"), threads=1)
        plane = _plane(joined, 3)
        plane[:] = 255
        if opacity is not None and opacity.format.components[0].bits == 8:
            brightness = _plane(opacity, 0)
            if brightness.shape == plane.shape:
                plane[:] = brightness
        return joined


def _plane(frame: VideoFrame, index: int) -> ImageArray:
    """(H, W) uint8, a view of a plane of full size."""
    plane = frame.planes[index]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
