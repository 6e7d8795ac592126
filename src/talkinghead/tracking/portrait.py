"""Frames -> Portrait: who is to be animated."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from talkinghead.errors import InputError, announce
from talkinghead.face.kind import DRAWN, flat_share, is_drawing
from talkinghead.face.landmarks import STABLE
from talkinghead.face.pose import poses_between_eyes
from talkinghead.face.rest import lip_gap
from talkinghead.media.animation import Animation
from talkinghead.media.images import read_image
from talkinghead.media.kind import sniff
from talkinghead.media.video import VideoReader
from talkinghead.tracking.drawings import refit_drawing
from talkinghead.tracking.find import find_readings
from talkinghead.tracking.halves import half_is_hidden
from talkinghead.tracking.person import person_mask
from talkinghead.tracking.reference import read_reference
from talkinghead.tracking.track import choose_face, make_track, place_landmarks, track_faces
from talkinghead.tracking.upright import Reading
from talkinghead.tracking.visibility import mouth_is_covered
from talkinghead.types import FaceTrack, FloatArray, Frames, ImageArray, Portrait, Reference

_STILL_RATE = 25.0  # a single picture has no rate of its own
_SEARCHED = 20.0  # s of a video among whose frames the best is chosen
_LEAST_REFERENCE = 1.0  # s of a video that can be a reference
_TRIED = 24  # frames of an animated picture
_OTHERS = 8  # frames that may serve where the mouth is covered in the best
_ANY = 16  # frames, whatever they show, that may serve where it is covered in these
_LIES, _STANDS_ON_TOP = 60, 120  # degrees of roll from which it is said
_DOUBTFUL = 0.0  # log odds that a face is read right, below which it is said
_COVERED = (
    "the mouth is covered, so that nobody could see it speak: give a picture that shows it, or place the landmarks by "
    "hand with talkinghead landmarks --edit and give them with --landmarks."
)


def portrait_from_image(image: ImageArray, *, face: int | None = None, drawing: bool | None = None) -> Portrait:
    """A portrait from one picture.

    Args:
        image: (H, W, 3) uint8 RGB.
        face: which face, 1 being the leftmost; None: the largest.
        drawing: whether it is a drawing; None: look.

    A head that lies or stands on its top, and a face that is hard to read, is announced.

    Raises:
        InputError: no face is found, or not that many, or its mouth is covered.
    """
    mesh, drawing = find_mesh(image, face=face, drawing=drawing)
    return _portrait(image, make_track(mesh[None], np.ones(1, dtype=bool), _STILL_RATE), drawing)


def find_mesh(
    image: ImageArray, *, face: int | None = None, drawing: bool | None = None, covered: bool = False
) -> tuple[FloatArray, bool]:
    """The mesh (478, 3) px of a face in a picture, and whether it is a drawing.

    Args:
        image: (H, W, 3) uint8 RGB.
        face: as for ``portrait_from_image``.
        drawing: as for ``portrait_from_image``.
        covered: a covered mouth is announced, not refused; so it is in drawings.

    Raises:
        InputError: no face is found, or not that many, or its mouth is covered.
    """
    readings = find_readings(image)
    if not readings:
        raise InputError("no face was found: give a picture in which one is clearly visible, facing the camera.")
    meshes = np.stack([reading.mesh for reading in readings])
    mesh = choose_face(meshes, face)
    _tell_doubts(readings[int((meshes == mesh).all(axis=(1, 2)).argmax())])
    drawing = is_drawing(image, mesh) if drawing is None else drawing
    mesh = refit_drawing(image, mesh) if drawing else mesh
    if mouth_is_covered(image, mesh):
        # Mouths of drawings may be a single line, or none. A mask can be flat: the upper face tells a drawing.
        drawn = drawing and flat_share(image, mesh[STABLE]) > DRAWN
        if not (covered or drawn):
            raise InputError(_COVERED)
        announce("the mouth is covered or hard to see: look at the landmarks with talkinghead landmarks --edit.")
    return mesh, drawing


def _tell_doubts(reading: Reading) -> None:
    degrees = round(float(np.degrees(reading.roll)))
    if abs(degrees) > _LIES:
        how = "stands on its top" if abs(degrees) > _STANDS_ON_TOP else "lies on its side"
        announce(f"the head {how}, turned by {degrees} degrees: turn the picture if this is not what it shows.")
    elif reading.odds < _DOUBTFUL:
        announce("the face is hard to read: look at the landmarks with talkinghead landmarks --edit.")


def _portrait(image: ImageArray, track: FaceTrack, drawing: bool | None) -> Portrait:
    landmarks = track.landmarks[0]
    drawing = is_drawing(image, landmarks) if drawing is None else drawing
    if not drawing and half_is_hidden(image, landmarks):
        announce("half of the face is hidden or in the dark, and will be made up: give one that shows all of it.")
    return Portrait(
        Frames(image[None], track.fps),
        track,
        drawing=drawing,
        person=person_mask(image, landmarks),
    )


def best_frame(track: FaceTrack) -> int:
    """Index of the frame that serves as the picture: found, eyes open, lips together, facing the camera."""
    return int(_badness(track).argmin())


def _badness(track: FaceTrack) -> FloatArray:
    """(T,) how little frames are suited to be the picture."""
    gap = np.concatenate([lip_gap(landmarks) for landmarks in place_landmarks(track, *poses_between_eyes(track))])
    turned = np.linalg.norm(track.rotation - np.median(track.rotation, axis=0) * (0, 0, 1), axis=-1)
    return np.asarray(2.0 * np.maximum(gap, 0.0) / 0.1 + track.blink + turned / 0.3 + 100.0 * ~track.found)


def _show_mouth(track: FaceTrack, frames: Callable[[list[int]], list[ImageArray]]) -> tuple[int, ImageArray]:
    """Number and image of the best frame in which the mouth is not covered.

    Args:
        track: of the video.
        frames: numbers in rising order -> the images of these frames.

    Raises:
        InputError: it is covered in the best frame, in the best of each eighth of the video, and in some between.
    """
    best = best_frame(track)
    image = frames([best])[0]
    if not mouth_is_covered(image, track.landmarks[best]):
        return best, image
    badness, parts = _badness(track), np.array_split(np.arange(len(track)), _OTHERS)
    best_of_parts = [int(part[badness[part].argmin()]) for part in parts if len(part)]
    # What covers a mouth is often taken for lips that are together, so that the best are the covered ones.
    between = np.linspace(0, len(track) - 1, min(len(track), _ANY)).round().astype(int).tolist()
    for numbers in (best_of_parts, between):
        images = dict(zip(numbers, frames(numbers)))
        for number in sorted(numbers, key=lambda number: float(badness[number])):
            if track.found[number] and not mouth_is_covered(images[number], track.landmarks[number]):
                return number, images[number]
    raise InputError(_COVERED)


def portrait_from_video(reader: VideoReader, *, face: int | None = None, drawing: bool | None = None) -> Portrait:
    """A portrait from the best frame of a video's first 20 seconds, read twice and never held whole.

    Args:
        reader: the video.
        face: which face, 1 being the leftmost of the first frame with faces; None: the largest.
        drawing: whether it is a drawing; None: look.

    Raises:
        InputError: no frame shows a face, or its mouth is covered.
    """
    limit = round(_SEARCHED * reader.fps)
    track = track_faces(first_frames(reader.chunks(), limit), face=face)
    best, image = _show_mouth(track, lambda numbers: _read_frames(reader, numbers))
    return _portrait(image, track[best : best + 1], drawing)


def _read_frames(reader: VideoReader, numbers: list[int]) -> list[ImageArray]:
    """The frames of a video with some numbers, in rising order."""
    images: list[ImageArray] = []
    done = 0
    for chunk in first_frames(reader.chunks(), numbers[-1] + 1):
        images += [chunk.images[number - done].copy() for number in numbers if 0 <= number - done < len(chunk)]
        done += len(chunk)
    return images


def _portrait_from_animation(
    animation: Animation, why: InputError, *, face: int | None, drawing: bool | None
) -> Portrait:
    """A portrait from the first of some frames after the first one, in which there was none for a reason."""
    numbers = set(np.linspace(1, animation.num_frames - 1, _TRIED).round().astype(int).tolist())
    for number, chunk in enumerate(animation.chunks() if animation.num_frames > 1 else ()):
        if number in numbers:
            with suppress(InputError):
                portrait = portrait_from_image(chunk.images[0], face=face, drawing=drawing)
                announce(
                    f"{animation.path} is animated and its first frame shows no mouth to move: frame {number + 1} of "
                    f"{animation.num_frames} is taken."
                )
                return portrait
    raise why


def portrait_from_reference(reference: Reference, *, drawing: bool | None = None) -> Portrait:
    """A portrait from the best frame of a reference, which goes with it.

    Args:
        reference: the reference video.
        drawing: whether it is a drawing; None: look.

    Raises:
        InputError: its mouth is covered.
    """
    best, picture = _show_mouth(
        reference.track, lambda numbers: [np.array(reference.video.frame(number)) for number in numbers]
    )
    return replace(_portrait(picture, reference.track[best : best + 1], drawing), reference=reference)


def first_frames(chunks: Iterable[Frames], count: int) -> Iterator[Frames]:
    """The first ``count`` frames of a video, in its chunks; no more of it is decoded than they need."""
    for chunk in chunks:
        yield Frames(chunk.images[:count], chunk.fps)
        count -= len(chunk)
        if count <= 0:
            return


def read_portrait(
    path: str | os.PathLike[str], *, face: int | None = None, drawing: bool | None = None, reference: bool = False
) -> Portrait:
    """A portrait from a picture or video file; see ``portrait_from_image`` and ``portrait_from_video``.

    Args:
        path: the file.
        face: which face, 1 being the leftmost; None: the largest.
        drawing: whether it is a drawing; None: look.
        reference: whether the beginning of a video goes with the portrait as its reference, where it lasts a second.

    Raises:
        InputError: the file cannot be read or shows no face.
    """
    try:
        if sniff(path) == "image":
            try:
                return portrait_from_image(read_image(path), face=face, drawing=drawing)
            except InputError as error:
                return _portrait_from_animation(Animation(path), error, face=face, drawing=drawing)
        reader = VideoReader(path)
        if reference and reader.duration >= _LEAST_REFERENCE:
            found = read_reference([Path(path)], face=face, seconds=_SEARCHED)
            return portrait_from_reference(found, drawing=drawing)
        return portrait_from_video(reader, face=face, drawing=drawing)
    except InputError as error:
        message = str(error)
        if os.fspath(path) not in message:
            raise InputError(f"{os.fspath(path)}: {message}") from None
        raise
