"""Frames -> FaceTrack -> Portrait. How a face is found, and followed from frame to frame."""

from talkinghead.tracking.portrait import portrait_from_image, portrait_from_video, read_portrait
from talkinghead.tracking.track import track_faces

__all__ = ["portrait_from_image", "portrait_from_video", "read_portrait", "track_faces"]
