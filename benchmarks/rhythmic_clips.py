"""Clips and portraits for the pages of Rhythmic Head Motion's renderer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import InputError, announce
from talkinghead.methods.base import Renderer
from talkinghead.metrics.identity import FaceEmbedder, best_embedder, cosine_similarity
from talkinghead.metrics.ssim import similarity_map
from talkinghead.motion.tracked import motion_of_track
from talkinghead.rendering.crop import Crop
from talkinghead.store import Store
from talkinghead.tracking.person import person_mask
from talkinghead.tracking.portrait import best_frame
from talkinghead.tracking.reference_frames import gather_references
from talkinghead.types import FaceTrack, FloatArray, Frames, ImageArray, Motion, Portrait, Reference

COUNTS = (1, 8, 32)
"""Numbers of references (section 5)."""

REFERENCES = 64
"""Frames at the beginning of a clip from which references come (tau)."""

HELD_OUT = "GRID s4, Trump"
"""Open clips of people from whom no network has learned, on which designs were chosen."""

FRAMES = 5
"""Later frames of a clip that are made."""

CLIPS = {"VoxCeleb2": 11, "VidTIMIT": 2, "MEAD": 3, "HDTF and web": 4, HELD_OUT: 4}
"""How many clips of each group count."""

MOVED = (1, 2)
"""Px by which real frames are moved to show what that costs."""

_BORDER = 5  # px at which SSIM's window would leave the picture
_LEAST = 72  # frames of a clip that counts
_GOLDEN = 0.618034
_EVERY = 2  # of the first frames, that are looked through for the likest
_SURFACE = 468


def groups(corpus: Path) -> dict[str, tuple[Recording, ...]]:
    """Recordings of people whom no network of the house has learned, by dataset.

    Args:
        corpus: the folder of the recordings.
    """
    found: dict[str, list[Recording]] = {name: [] for name in CLIPS}
    table = Corpus.open(corpus)
    for recording in (*table.recordings("research"), *table.recordings("unseen")):
        if recording.split == "unseen":
            name = HELD_OUT
        else:
            name = recording.dataset if recording.dataset in CLIPS else "HDTF and web"
        found[name].append(recording)
    return {name: tuple(own) for name, own in found.items()}


def choose_takes(recordings: Sequence[Recording], count: int, store: Store) -> Iterator[Take]:
    """At most so many that are long enough, spread over the recordings."""
    order = np.argsort(np.arange(len(recordings)) * _GOLDEN % 1, kind="stable")
    takes = (take for place in order for take in read_takes([recordings[place]], store))
    return islice((take for take in takes if len(take.track) >= _LEAST), count)


class Clip:
    """A clip of which later frames are made from their real landmarks and earlier frames.

    Args:
        take: the clip.
        embedder: of faces; None: CSIM is left out.

    Attributes:
        turn: degrees that the head turns in the clip.
        faces: (n, d) embeddings of the real frames; None without an embedder.
    """

    def __init__(self, take: Take, embedder: FaceEmbedder | None) -> None:
        early = take.track[:REFERENCES]
        targets = np.linspace(REFERENCES, len(take.track) - 1, FRAMES).round().astype(int)
        self.turn = float(np.degrees(np.ptp(take.track.rotation, axis=0)).max())
        self._portraits = portraits_of(early, take.frames(range(len(early))))
        one = self._portraits[1]
        best = int(np.square(take.track.landmarks - one.mesh).sum(axis=(1, 2)).argmin())
        self._motion = replace(motion_of_track(take.track, best), gaze=None)[targets]
        self._crop, self._embedder = Crop.of(one.mesh, one.size), embedder
        self._inside = _inside(self._crop, one.size)
        self._early = [self._crop.extract(image) for image in take.frames(range(0, len(early), _EVERY))]
        self._real = np.stack([self._crop.extract(image) for image in take.frames(targets)])
        self._meshes = self._crop.points(take.track.landmarks[targets].astype(np.float64))
        self.faces = self._embed(self._real, self._meshes)

    def draw(self, renderer: Renderer, count: int = 1) -> ImageArray:
        """(n, 256, 256, 3) squares of the head that a renderer makes of so many references."""
        made = draw(renderer, self._motion, self._portraits[count])
        return np.stack([self._crop.extract(image) for image in made])

    def hold(self) -> ImageArray:
        """(n, 256, 256, 3) the picture that is animated, again and again."""
        return np.repeat(self._crop.extract(self._portraits[1].picture)[None], len(self._real), axis=0)

    def score(self, squares: ImageArray, *, held: bool = False) -> tuple[dict[str, float], FloatArray | None]:
        """SSIM, of the face and of what is around it, too, and CSIM; and embeddings (n, d), of squares.

        Args:
            squares: (n, 256, 256, 3).
            held: whether they are those of ``hold``.
        """
        scores = self._compare(squares)
        still = np.repeat(self._crop.points(self._portraits[1].mesh)[None], len(squares), axis=0)
        faces = self._embed(squares, still if held else self._meshes)
        if faces is not None and self.faces is not None:
            scores["CSIM"] = float(cosine_similarity(faces, self.faces).mean())
        return scores, faces

    def bounds(self) -> dict[str, dict[str, float]]:
        """Scores of real frames, moved to the right by ``MOVED`` px, and of the first frames nearest to them."""
        found = {}
        for distance in MOVED:
            affine = np.array([[1.0, 0.0, distance], [0.0, 1.0, 0.0]])
            moved = [
                cv2.warpAffine(one, affine, one.shape[1::-1], borderMode=cv2.BORDER_REPLICATE) for one in self._real
            ]
            found[f"real frames, moved by {distance} px"] = self._compare(np.stack(moved))
        nearest = [max(self._early, key=lambda other: _similarity(other, one, self._inside)) for one in self._real]
        found["the first frame that is likest, as it is"] = self._compare(np.stack(nearest))
        return found

    def _compare(self, squares: ImageArray) -> dict[str, float]:
        """SSIM of squares, of all and apart."""
        rows, columns = (slice(part.start + _BORDER, part.stop - _BORDER) for part in self._inside)
        inside = np.zeros(squares.shape[1:3], bool)
        inside[rows, columns] = True
        found: dict[str, list[float]] = {"SSIM": [], "SSIM, face": [], "SSIM, around": []}
        for made, real, mesh in zip(squares, self._real, self._meshes, strict=True):
            likeness = np.zeros(inside.shape)
            likeness[rows, columns] = _similarities(made, real, self._inside)
            face = np.zeros(inside.shape, np.uint8)
            cv2.fillConvexPoly(face, cv2.convexHull(mesh[:_SURFACE, :2].round().astype(np.int32)), 1)
            for name, where in zip(found, (inside, inside & (face > 0), inside & (face == 0)), strict=True):
                found[name].append(float(likeness[where].mean()))
        return {name: float(np.mean(values)) for name, values in found.items()}

    def _embed(self, squares: ImageArray, meshes: FloatArray) -> FloatArray | None:
        return None if self._embedder is None else np.asarray(self._embedder(squares, meshes))


def _similarities(image: ImageArray, other: ImageArray, inside: tuple[slice, slice]) -> FloatArray:
    """(h, w) SSIM about each pixel of a part of two pictures, without its border."""
    likeness = similarity_map(image[inside], other[inside]).mean(axis=-1)
    return np.asarray(likeness[_BORDER:-_BORDER, _BORDER:-_BORDER])


def _similarity(image: ImageArray, other: ImageArray, inside: tuple[slice, slice]) -> float:
    return float(_similarities(image, other, inside).mean())


def find_embedder() -> FaceEmbedder | None:
    """The best that is installed; None, and why is said, where there is none."""
    try:
        return best_embedder()
    except InputError as error:
        announce(f"CSIM and the Frechet distance are left out: {error}")
        return None


def _inside(crop: Crop, size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of a square that show a picture of ``size`` (width, height) px, not its border, repeated."""
    first, last = crop.points(np.array([[0.0, 0.0], [size[0] - 1.0, size[1] - 1.0]]))
    low = np.ceil(np.maximum(first, 0)).astype(int)
    high = np.floor(np.minimum(last, crop.size - 1)).astype(int) + 1
    return slice(low[1], high[1]), slice(low[0], high[0])


def portraits_of(track: FaceTrack, frames: Sequence[ImageArray]) -> dict[int, Portrait]:
    """The portrait of the first frames of a clip, by number of references.

    Args:
        track: of these frames.
        frames: (H, W, 3) each.
    """
    best = best_frame(track)
    image = frames[best]
    video = HeldFrames(np.stack(frames), track.fps)
    person = person_mask(image, track.landmarks[best])
    portrait = Portrait(Frames(image[None], track.fps), track[best : best + 1], person=person)
    portrait = replace(portrait, reference=Reference(video, track))
    return {count: gather_references(portrait, count) for count in COUNTS}


class HeldFrames:
    """Frames (T, H, W, 3) in memory as a video source."""

    digest, joins = "", ()

    def __init__(self, images: ImageArray, fps: float) -> None:
        self._images, self.fps = images, fps
        self.num_frames, self.size = len(images), (images.shape[2], images.shape[1])

    def chunks(self) -> Iterator[Frames]:
        yield Frames(self._images, self.fps)

    def frame(self, index: int) -> ImageArray:
        return np.asarray(self._images[index])


def draw(renderer: Renderer, motion: Motion, portrait: Portrait) -> ImageArray:
    """(T, H, W, 3) all frames of a motion."""
    return np.concatenate([chunk.images for chunk in renderer.render(motion, portrait)])
