"""Frames -> Portrait: who is to be animated."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from talkinghead.errors import InputError
from talkinghead.face.kind import is_drawing
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import lip_gap
from talkinghead.media.images import read_image
from talkinghead.media.kind import sniff
from talkinghead.media.video import VideoReader
from talkinghead.tracking.drawings import refit_drawing
from talkinghead.tracking.find import find_faces
from talkinghead.tracking.person import person_mask
from talkinghead.tracking.track import choose_face, make_track, track_faces
from talkinghead.types import FaceTrack, Frames, ImageArray, Portrait, Reference

_STILL_RATE = 25.0  # a single picture has no rate of its own
_SEARCHED = 20.0  # s of a video among whose frames the best is chosen


def portrait_from_image(image: ImageArray, *, face: int | None = None, drawing: bool | None = None) -> Portrait:
    """A portrait from one picture.

    Args:
        image: (H, W, 3) uint8 RGB.
        face: which face, 1 being the leftmost; None: the largest.
        drawing: whether it is a drawing; None: look.

    Raises:
        InputError: no face is found, or not that many.
    """
    faces = find_faces(image)
    if not len(faces):
        raise InputError("no face was found: give a picture in which one is clearly visible, facing the camera.")
    landmarks = choose_face(faces, face)
    drawing = is_drawing(image, landmarks) if drawing is None else drawing
    if drawing:
        landmarks = refit_drawing(image, landmarks)
    return _portrait(image, make_track(landmarks[None], np.ones(1, dtype=bool), _STILL_RATE), drawing)


def _portrait(image: ImageArray, track: FaceTrack, drawing: bool | None) -> Portrait:
    landmarks = track.landmarks[0]
    return Portrait(
        Frames(image[None], track.fps),
        track,
        drawing=is_drawing(image, landmarks) if drawing is None else drawing,
        person=person_mask(image, landmarks),
    )


def best_frame(track: FaceTrack) -> int:
    """Index of the frame that serves as the picture: found, eyes open, lips together, facing the camera."""
    gap = np.maximum(lip_gap(head_landmarks(track)), 0.0)
    turned = np.linalg.norm(track.rotation - np.median(track.rotation, axis=0) * (0, 0, 1), axis=-1)
    badness = 2.0 * gap / 0.1 + track.blink + turned / 0.3 + 100.0 * ~track.found
    return int(badness.argmin())


def portrait_from_video(reader: VideoReader, *, face: int | None = None, drawing: bool | None = None) -> Portrait:
    """A portrait from the best frame of a video's first 20 seconds, read twice and never held whole.

    Args:
        reader: the video.
        face: which face, 1 being the leftmost of the first frame with faces; None: the largest.
        drawing: whether it is a drawing; None: look.

    Raises:
        InputError: no frame shows a face.
    """
    limit = round(_SEARCHED * reader.fps)
    track = track_faces(first_frames(reader.chunks(), limit), face=face)
    best = best_frame(track)
    for chunk in first_frames(reader.chunks(), best + 1):
        last = chunk
    return _portrait(last.images[-1], track[best : best + 1], drawing)


def portrait_from_reference(reference: Reference, *, drawing: bool | None = None) -> Portrait:
    """A portrait from the best frame of a reference, which goes with it.

    Args:
        reference: the reference video.
        drawing: whether it is a drawing; None: look.
    """
    best = best_frame(reference.track)
    picture = np.array(reference.video.frame(best))
    return replace(_portrait(picture, reference.track[best : best + 1], drawing), reference=reference)


def first_frames(chunks: Iterable[Frames], count: int) -> Iterator[Frames]:
    """The first ``count`` frames of a video, in its chunks; no more of it is decoded than they need."""
    for chunk in chunks:
        yield Frames(chunk.images[:count], chunk.fps)
        count -= len(chunk)
        if count <= 0:
            return


def read_portrait(path: str | os.PathLike[str], *, face: int | None = None, drawing: bool | None = None) -> Portrait:
    """A portrait from a picture or video file; see ``portrait_from_image`` and ``portrait_from_video``.

    Raises:
        InputError: the file cannot be read or shows no face.
    """
    try:
        if sniff(path) == "image":
            return portrait_from_image(read_image(path), face=face, drawing=drawing)
        return portrait_from_video(VideoReader(path), face=face, drawing=drawing)
    except InputError as error:
        message = str(error)
        if os.fspath(path) not in message:
            raise InputError(f"{os.fspath(path)}: {message}") from None
        raise
