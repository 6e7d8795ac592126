"""What is weak in the videos from which a person is made: told at once, before hours of training on them."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from talkinghead.metrics.sync import FPS, SyncScore, at_25_fps, sync_score
from talkinghead.metrics.syncnet import load_syncnet
from talkinghead.types import FloatArray, ImageArray, Reference, num_frames

_SHORT_S = 20.0
_SHUT = 0.5  # of the lids, from which it counts as a blink
_TURNED_DEGREES = 30.0
_FRAMES = 24  # that are looked at, spread over the video
_LIGHTS = 1.35  # brightest frame's skin relative to the darkest's, at the 90th and 10th percentile
_BRIDGE = 0.046  # of the skin's brightness: the least contrast that a line across the nose has
_COMPARED_S = 20.0  # of sound and picture
_LATE_FRAMES, _SURE = 2, 0.1
_EYE_SIDE, _EYE_AT = 100, (75, 60)  # px between the outer corners in the picture of the eyes; their middle in it
_EYES = (150, 120)
_NOSE = slice(40, 80), slice(66, 85)  # rows and columns of it between the eyes
_CORNERS = (33, 133, 362, 263)  # of the eyes in the mesh, from the right outer one to the left outer one


def find_weaknesses(reference: Reference, *, sound: bool = True) -> Iterator[str]:
    """Sentences on what somebody's videos lack for a person to be learned from them, each with a remedy.

    Args:
        reference: the videos with their track and sound.
        sound: whether to look at how sound and picture are in step, too.
    """
    track = reference.track
    if reference.duration < _SHORT_S:
        yield (
            f"there are only {reference.duration:.1f} s of reference: the person's own lips, head motion and blinks "
            f"will be weak; give at least {_SHORT_S:g} s, better two minutes."
        )
    found = track.found
    if not (track.blink[found] >= _SHUT).any():
        yield "nobody blinks in it: shut eyes will be guessed; give a part with blinks."
    turn = float(np.degrees(np.median(np.abs(track.rotation[found, 1]))))
    if turn > _TURNED_DEGREES:
        yield (
            f"the face is turned away by {turn:.0f} degrees throughout: what is hidden will be guessed; give a part "
            "that shows it from the front."
        )
    pictures, meshes = _sample(reference)
    brightness = [_skin_brightness(picture, mesh) for picture, mesh in zip(pictures, meshes, strict=True)]
    dark, bright = np.percentile(brightness, (10, 90))
    if bright > _LIGHTS * dark:
        yield (
            f"the light changes ({bright / max(dark, 1e-6):.1f} times as bright at times): texture and light cannot be "
            "told apart well; give a part under one light."
        )
    if np.median([bridge_contrast(*pair) for pair in zip(pictures, meshes, strict=True)]) > _BRIDGE:
        yield (
            "the person seems to wear glasses: how far the eyes are shut is read less surely, and frames are drawn as "
            "part of the face."
        )
    if sound and (late := measure_sound_late(reference)):
        yield (
            f"the sound is {describe_late(late)} against the picture, and lips would be learned so: add --sound-late "
            f"{late:g} to take that off, or --sound-late auto."
        )


def describe_late(seconds: float) -> str:
    """Such as "0.12 s late"."""
    return f"{abs(seconds):.2f} s {'late' if seconds > 0 else 'early'}"


def measure_sound_late(reference: Reference) -> float:
    """Seconds by which the sound is late against the picture; negative: early; 0: in step, or it is not sure.

    The judge's offset and that of the linear model of ``data.offsets`` differ by a frame at most in all 38 speakers of
    the shared corpus of whom the model is sure.
    """
    score = measure_synchrony(reference)
    if score is None or score.confidence < _SURE or abs(score.offset) < _LATE_FRAMES:
        return 0.0
    return -score.offset / FPS


def measure_synchrony(reference: Reference) -> SyncScore | None:
    """How sound and picture are in step, over the beginning of the videos; None where there is too little.

    Source: Chung and Zisserman 2016; see ``metrics.sync``.
    """
    if reference.speech is None or reference.duration < 1:
        return None
    network, track = load_syncnet(), reference.track
    count = min(len(reference), num_frames(_COMPARED_S, track.fps))
    places = network.places(track.landmarks[:count])
    rows = at_25_fps(count, track.fps)
    crops, first = [], 0
    for chunk in reference.video.chunks():
        wanted = rows[(rows >= first) & (rows < first + len(chunk))]
        if len(wanted):
            crops.append(network.crop(chunk.images[wanted - first], places[wanted]))
        first += len(chunk)
        if first >= count:
            break
    mouths = network.embed_video(np.concatenate(crops))
    return sync_score(mouths, network.embed_audio(reference.speech, len(rows)))


def _sample(reference: Reference) -> tuple[list[ImageArray], list[FloatArray]]:
    """Frames in which the face is found, spread over the videos, and the mesh in each."""
    rows = np.flatnonzero(reference.track.found)
    rows = rows[np.linspace(0, len(rows) - 1, min(_FRAMES, len(rows))).round().astype(int)]
    pictures = [reference.video.frame(int(row)) for row in rows]
    return pictures, [np.asarray(mesh) for mesh in reference.track.landmarks[rows]]


def _skin_brightness(picture: ImageArray, mesh: FloatArray) -> float:
    """Mean level of the face within its eyes' and mouth's surroundings, in [0, 255]."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(mesh[:, :2]).astype(np.int32)), 1)
    inside = picture[mask > 0]
    return float(inside.mean()) if len(inside) else float(picture.mean())


def bridge_contrast(picture: ImageArray, mesh: FloatArray) -> float:
    """How clearly a line crosses the nose between the eyes, as glasses draw it: the least of all columns' edges.

    Of 41 speakers of the shared corpus it is above 0.046 for three of the four who wear glasses (not for thin, light
    frames) and for nobody else; the limit was chosen on them.

    Args:
        picture: (H, W, 3) uint8.
        mesh: (478, 3) px.
    """
    right, left = mesh[_CORNERS[0], :2], mesh[_CORNERS[3], :2]
    across = left - right
    length = float(np.linalg.norm(across))
    if length < 1:
        return 0.0
    cosine, sine = across / length * (_EYE_SIDE / length)
    matrix = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0]])
    matrix[:, 2] = np.array(_EYE_AT) - matrix[:, :2] @ mesh[[*_CORNERS[1:3]], :2].mean(axis=0)
    eyes = cv2.warpAffine(picture, matrix, _EYES, flags=cv2.INTER_AREA).mean(axis=2).astype(np.float32)
    eyes = cv2.GaussianBlur(eyes, (0, 0), 1.0)
    edges = np.abs(cv2.Sobel(eyes, cv2.CV_32F, 0, 1, ksize=3)) / 8
    return float(edges[_NOSE].max(axis=0).min() / max(float(eyes[_NOSE].mean()), 1.0))
