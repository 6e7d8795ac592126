"""Opening sound and video files with PyAV: which demuxers, which streams, what the header states."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from talkinghead.errors import InputError
from talkinghead.media.files import existing_file

# FFmpeg's demuxers that stay inside the given file. Deliberately missing: playlists, which open other files and
# addresses; still pictures, which Pillow reads better; and demuxers that take any text for a video.
_DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,m4v,h264,hevc,ivf,obu,flv,asf,rm,mxf,nut,dv,ogg,"
    "wav,w64,rf64,aiff,caf,au,flac,mp3,aac,ac3,eac3,dts,amr,amrnb,amrwb,ape,tta,wv,voc,gsm,sox,tak"
)

_CLOCK = re.compile(r"(\d{1,3}):(\d\d):(\d\d(?:\.\d+)?)")

# Demuxers whose header states the duration; others guess it from size and bit rate.
_STATED_DURATION = ("mov,mp4,m4a,3gp,3g2,mj2", "wav", "w64", "aiff", "caf", "flac", "avi")


def open_container(path: str | os.PathLike[str]) -> InputContainer:
    """An opened sound or video file; the caller closes it.

    Raises:
        InputError: the file is missing or empty, or FFmpeg cannot read it.
    """
    path = existing_file(path)
    options = {"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"}
    try:
        # Absolute, because in a relative name FFmpeg takes text before a colon for a protocol. Tags of old files have
        # any encoding.
        return av.open(str(path.absolute()), "r", container_options=options, metadata_errors="replace")
    except av.FFmpegError as error:
        raise InputError(_why_not(path)) from error


def video_stream(container: InputContainer) -> VideoStream | None:
    """The video stream a player would show, or None; the cover picture of a song is not one."""
    usable = [s for s in container.streams.video if s.codec_context and not s.disposition & Disposition.attached_pic]
    best = container.streams.best("video")
    return best if best in usable else next(iter(usable), None)


def audio_stream(container: InputContainer) -> AudioStream | None:
    """The sound track a player would play, or None."""
    best = container.streams.best("audio")
    return best if isinstance(best, AudioStream) else None


def end_in_header(container: InputContainer, stream: Stream) -> float | None:
    """The end of a stream on the file's clock (s), as the header states it, or None if it would be a guess."""
    tag = _CLOCK.fullmatch(stream.metadata.get("DURATION", ""))  # Matroska; despite its name this is the end
    if tag is not None:
        hours, minutes, seconds = map(float, tag.groups())
        return 3600 * hours + 60 * minutes + seconds
    if container.format.name not in _STATED_DURATION or not stream.duration or not stream.time_base:
        return None
    return float(((stream.start_time or 0) + stream.duration) * stream.time_base)


def packet_times(container: InputContainer, stream: Stream) -> Iterator[float]:
    """The presentation time (s) of each packet of a stream, in file order, as far as it can be read."""
    with suppress(av.FFmpegError):
        for packet in container.demux(stream):
            if packet.pts is not None and not packet.is_discard:
                yield float(packet.pts * packet.time_base)


def starts_like_mp4(path: Path) -> bool:
    """Whether a file begins like MP4 and its relatives; if it still cannot be opened, its end with the index is
    missing."""
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


def _why_not(path: Path) -> str:
    if starts_like_mp4(path):
        return f"{path} was cut off before its index was written: record, export or download it again."
    return f"{path} is not a sound or video file that can be read: convert it to WAV or MP4."
