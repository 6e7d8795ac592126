"""HDR pictures (PNG and AVIF in PQ or HLG), whose colours Pillow reads as if they were sRGB, at 8 bit."""

from __future__ import annotations

from pathlib import Path

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from talkinghead.errors import InputError, announce
from talkinghead.media import colours
from talkinghead.media.containers import open_container
from talkinghead.types import ImageArray

_HDR = (16, 18)  # transfer functions of ITU-T H.273: PQ and HLG


def read_hdr(path: Path, kind: str | None, size: tuple[int, int]) -> ImageArray | None:
    """The colours of an HDR picture, tone-mapped to SDR, which is announced; None if the picture is not HDR.

    Args:
        path: the picture.
        kind: its format by Pillow's name.
        size: (width, height) px as stored.

    Returns:
        (H, W, 3) uint8 RGB as stored, not turned upright.
    """
    frame = _decode_png(path) if kind == "PNG" else _decode_avif(path) if kind == "AVIF" else None
    tones = None if frame is None else colours.tones_of(frame)
    if frame is None or tones is None:
        return None
    if (frame.width, frame.height) != size:  # made of tiles
        announce(f"{path} is an HDR picture of a kind that is read without tone mapping: its colours may look pale.")
        return None
    announce(f"{path} is HDR ({'HLG' if tones.hlg else 'PQ'}): its colours are tone-mapped to SDR.")
    return colours.to_layers(frame, VideoReformatter(), width=size[0], height=size[1], tones=tones)[0]


def _decode_png(path: Path) -> VideoFrame | None:
    """The picture if a chunk before its pixels (cICP) says that it is HDR."""
    data = path.read_bytes()
    place = 8  # after the signature
    while place + 12 <= len(data) and data[place + 4 : place + 8] not in (b"IDAT", b"IEND"):
        if data[place + 4 : place + 8] == b"cICP":
            return _decode(data) if data[place + 9] in _HDR else None
        place += 12 + int.from_bytes(data[place : place + 4], "big")
    return None


def _decode(data: bytes) -> VideoFrame | None:
    codec = av.CodecContext.create("png", "r")
    assert isinstance(codec, VideoCodecContext)
    try:
        return next(iter([*codec.decode(Packet(data)), *codec.decode(None)]), None)
    except av.FFmpegError:
        return None


def _decode_avif(path: Path) -> VideoFrame | None:
    try:
        with open_container(path) as container:
            return next(container.decode(video=0), None)
    except (av.FFmpegError, InputError, IndexError):
        return None
