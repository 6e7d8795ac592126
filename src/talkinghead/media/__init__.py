"""Files to and from the types: pictures, videos and sound in; videos out, each marked as synthetic."""

from talkinghead.media.images import read_image, save_image
from talkinghead.media.joined import ArrayVideo, JoinedVideo, VideoExcerpt
from talkinghead.media.kind import sniff
from talkinghead.media.provenance import read_provenance
from talkinghead.media.sound import ArraySound, FileSound, read_speech, speech_from_array
from talkinghead.media.video import VideoReader
from talkinghead.media.writer import SUFFIXES, check_output, save_video

__all__ = [
    "SUFFIXES",
    "ArraySound",
    "ArrayVideo",
    "FileSound",
    "JoinedVideo",
    "VideoExcerpt",
    "VideoReader",
    "check_output",
    "read_image",
    "read_provenance",
    "read_speech",
    "save_image",
    "save_video",
    "sniff",
    "speech_from_array",
]
