"""The part "rhythmic_head": table 2 of Chen et al. 2020, frames from real landmarks and K references.

It can be run by parts: ``measure`` takes the groups and the number of clips of each.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.intervals import cell, compare, interval
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import InputError, announce
from talkinghead.media import save_image
from talkinghead.methods import get_renderer
from talkinghead.methods.base import Renderer
from talkinghead.metrics.background import background_drift
from talkinghead.metrics.frechet import frechet_distance
from talkinghead.metrics.identity import FaceEmbedder, best_embedder, cosine_similarity
from talkinghead.metrics.ssim import ssim
from talkinghead.motion.tracked import motion_of_track
from talkinghead.rendering.crop import Crop
from talkinghead.store import Store
from talkinghead.tracking.person import person_mask
from talkinghead.tracking.portrait import best_frame
from talkinghead.tracking.reference_frames import gather_references
from talkinghead.types import Frames, ImageArray, IndexArray, Motion, Portrait, Reference

COUNTS = (1, 8, 32)
FULL = "composition, K = 8"
ROWS = (*(f"composition, K = {count}" for count in COUNTS), "warp", "attention", "translation", "still")
_MEASURES = {"SSIM": 4, "CSIM": 4}
_REFERENCES = 64  # frames at the beginning from which references come (tau)
_FRAMES = 24  # later frames that count
_LEAST = 90  # frames of a clip that counts
_MOVING = 5.0  # degrees that a head turns in a clip with head motion
_SHOWN = 6  # clips on the sheet
_TIMED = 100  # frames
_YAWS = (0, 10, 20, 30)
_PAPER = "VoxCeleb2: SSIM 0.71, 0.71, 0.78 and CSIM 0.44, 0.50, 0.58 for K = 1, 8, 32"
_TITLE = f"""# Rhythmic Head Motion: table 2, frames from real landmarks

References are of a clip's first {_REFERENCES} frames; the rest of it, of which {_FRAMES} frames count, is made from its
real landmarks and compared in the square of the head (256 px). No person was learned from. "Still" is the picture that
is animated. CSIM is the cosine of face embeddings (dlib), which are nearer to each other than those of the paper; the
Frechet distance is that of the same embeddings, over all clips of a group. The paper has, of other clips, {_PAPER}.
Means over clips and their bootstrap 95 % interval. * marks rows than which composition with K = 8 is better, ! rows
than which it is worse; "moving" are clips in which the head turns by more than {_MOVING:g} degrees.
"""


def groups(corpus: Corpus) -> dict[str, tuple[Recording, ...]]:
    """Recordings of people whom no network of the house has learned, by dataset."""
    found: dict[str, list[Recording]] = {}
    for recording in (*corpus.recordings("research"), *corpus.recordings("unseen")):
        name = "HDTF and web" if recording.dataset.startswith(("HDTF", "web", "YouTube")) else recording.dataset
        found.setdefault(name, []).append(recording)
    return {name: tuple(own) for name, own in found.items()}


def measure(
    folder: Path, cache: Path, sheet: Path, *, only: Sequence[str] | None = None, clips: int | None = None
) -> dict[str, Any]:
    """Scores of every clip by group and row, and the speed.

    Args:
        folder: of the recordings.
        cache: keeps tracks.
        sheet: the picture to look at: for some clips a frame of each row, and the real one.
        only: names of groups; None: all.
        clips: of each group at most; None: all.
    """
    renderers = {name: get_renderer(name) for name in ("composition", "warp", "attention", "translation")}
    embedder = _find_embedder()
    result: dict[str, Any] = {}
    pictures: list[ImageArray] = []
    for group, recordings in groups(Corpus.open(folder)).items():
        if only is not None and group not in only:
            continue
        rows: list[dict[str, Any]] = []
        embedded: dict[str, list[Any]] = {row: [] for row in (*ROWS, "real")}
        for take in read_takes(recordings[:clips], Store(cache)):
            if len(take.track) < _LEAST:
                continue
            shown, scores, faces = _score(take, renderers, embedder)
            rows.append({"turn": _turn(take), **scores})
            for row, own in faces.items():
                embedded[row].append(own)
            if len(pictures) < _SHOWN:
                pictures.append(np.concatenate([shown[row][len(shown[row]) // 2] for row in (*ROWS, "real")], axis=1))
        result[group] = {"clips": rows, "frechet": _frechet(embedded)}
    if pictures:
        sheet.parent.mkdir(parents=True, exist_ok=True)
        save_image(np.concatenate(pictures), sheet)
    return result


def _score(
    take: Take, renderers: Mapping[str, Renderer], embedder: FaceEmbedder | None
) -> tuple[dict[str, ImageArray], dict[str, dict[str, float]], dict[str, Any]]:
    """Of a clip: squares (n, 256, 256, 3), scores, and embeddings (n, d), of each row."""
    targets = np.linspace(_REFERENCES, len(take.track) - 1, _FRAMES).round().astype(int)
    portraits = portraits_of(take)
    one = portraits[1]
    crop = Crop.of(one.mesh, one.size)
    best = int(np.square(take.track.landmarks - one.mesh).sum(axis=(1, 2)).argmin())
    motion = replace(motion_of_track(take.track, best), gaze=None)[targets]
    real = np.stack([crop.extract(image) for image in take.frames(targets)])
    made = {f"composition, K = {count}": _draw(renderers["composition"], motion, portraits[count]) for count in COUNTS}
    made |= {name: _draw(renderer, motion, one) for name, renderer in renderers.items() if name != "composition"}
    made["still"] = np.repeat(one.picture[None], len(targets), axis=0)
    squares = {name: np.stack([crop.extract(image) for image in made[name]]) for name in ROWS} | {"real": real}
    scores = {name: {"SSIM": float(ssim(squares[name], real).mean())} for name in ROWS}
    faces: dict[str, Any] = {}
    if embedder is not None:
        meshes = crop.points(take.track.landmarks[targets].astype(np.float64))
        still = np.repeat(crop.points(one.mesh)[None], len(targets), axis=0)
        faces = {name: embedder(squares[name], still if name == "still" else meshes) for name in (*ROWS, "real")}
        for name in ROWS:
            scores[name]["CSIM"] = float(cosine_similarity(faces[name], faces["real"]).mean())
    return squares, scores, faces


def portraits_of(take: Take) -> dict[int, Portrait]:
    """The portrait of a clip's first frames, by number of references."""
    track = take.track[:_REFERENCES]
    frames = take.frames(range(len(track)))
    best = best_frame(track)
    image = frames[best]
    video = _HeldVideo(np.stack(frames), track.fps)
    person = person_mask(image, track.landmarks[best])
    portrait = Portrait(Frames(image[None], track.fps), track[best : best + 1], person=person)
    portrait = replace(portrait, reference=Reference(video, track))
    return {count: gather_references(portrait, count) for count in COUNTS}


class _HeldVideo:
    """Frames (T, H, W, 3) in memory as a video source."""

    digest, joins = "", ()

    def __init__(self, images: ImageArray, fps: float) -> None:
        self._images, self.fps = images, fps
        self.num_frames, self.size = len(images), (images.shape[2], images.shape[1])

    def chunks(self) -> Iterator[Frames]:
        yield Frames(self._images, self.fps)

    def frame(self, index: int) -> ImageArray:
        return np.asarray(self._images[index])


def _draw(renderer: Renderer, motion: Motion, portrait: Portrait) -> ImageArray:
    return np.concatenate([chunk.images for chunk in renderer.render(motion, portrait)])


def _turn(take: Take) -> float:
    return float(np.degrees(np.ptp(take.track.rotation, axis=0)).max())


def _frechet(embedded: Mapping[str, list[Any]]) -> dict[str, float]:
    """Of each row, where there are embeddings of two frames."""
    if not embedded["real"]:
        return {}
    real = np.concatenate(embedded["real"])
    return {row: frechet_distance(np.concatenate(embedded[row]), real) for row in ROWS}


def _find_embedder() -> FaceEmbedder | None:
    try:
        return best_embedder()
    except InputError as error:
        announce(f"CSIM and the Frechet distance are left out: {error}")
        return None


def turned_heads(renderer: Renderer, portraits: Mapping[str, Portrait], sheet: Path) -> dict[str, list[float]]:
    """Drift of the background, px, while portraits turn to either side; and a sheet to look at.

    Args:
        renderer: of one picture.
        portraits: by name.
        sheet: a row for each: the portrait, and its head turned by 0, 10, 20 and 30 degrees to either side.
    """
    yaws = np.radians([*_YAWS, *(-yaw for yaw in _YAWS[1:])])
    drift, rows = {}, []
    for name, portrait in portraits.items():
        still = np.zeros((len(yaws), 3))
        own = np.repeat(portrait.landmarks[None], len(yaws), axis=0)
        turn = np.stack([0 * yaws, yaws, 0 * yaws], axis=1)
        made = _draw(renderer, Motion(25.0, own, turn, still, still[:, 0], portrait.landmarks), portrait)
        if portrait.person is not None:
            masks = np.repeat(portrait.person[None] < 0.02, len(made), axis=0)
            drift[name] = [float(value) for value in background_drift(made, masks, first=portrait.picture)]
        crop = Crop.of(portrait.mesh, portrait.size)
        rows.append(np.concatenate([crop.extract(image) for image in (portrait.picture, *made)], axis=1))
    save_image(np.concatenate(rows), sheet)
    return drift


def speed(renderer: Renderer, portraits: Mapping[int, Portrait], motion: Motion) -> dict[str, float]:
    """Frames per second by number of references, after these are encoded.

    Args:
        renderer: composition.
        portraits: by number of references.
        motion: of them.
    """
    found = {}
    rows: IndexArray = np.arange(_TIMED) % len(motion)
    for count, portrait in portraits.items():
        chunks = renderer.render(motion[rows], portrait)
        first = len(next(chunks))
        start = time.perf_counter()
        rest = sum(map(len, chunks))
        found[f"K = {count}"] = rest / (time.perf_counter() - start) if first < _TIMED else float("nan")
    return found


def summarise(result: Mapping[str, Any]) -> dict[str, Any]:
    """Means and intervals by group, measure and row, compared with K = 8; and for clips with head motion."""
    everything = [clip for found in result.values() for clip in found["clips"]]
    named = {**{group: found["clips"] for group, found in result.items()}, "all": everything}
    named["moving"] = [clip for clip in everything if clip["turn"] > _MOVING]
    summary: dict[str, Any] = {}
    for group, clips in named.items():
        if not clips:
            continue
        summary[group] = {"frechet": result[group]["frechet"]} if group in result else {}
        for measured in _MEASURES:
            values = {row: [clip[row][measured] for clip in clips if measured in clip[row]] for row in ROWS}
            if not values[FULL]:
                continue
            summary[group][measured] = {
                row: interval(own) if row == FULL else compare(own, values[FULL], higher_is_better=True)
                for row, own in values.items()
            }
    return summary


def section(summary: Mapping[str, Any]) -> str:
    """What ``summarise`` gives as Markdown."""
    lines = [_TITLE]
    for group, found in summary.items():
        clips = found["SSIM"][FULL]["clips"]
        lines += [f"## {group} ({clips} clips)", "", "| | SSIM | CSIM | Frechet |", "|---|---|---|---|"]
        for row in ROWS:
            cells = [cell(found[name][row], digits) if name in found else "-" for name, digits in _MEASURES.items()]
            distance = found.get("frechet", {}).get(row)
            lines.append(f"| {row} | {' | '.join(cells)} | {'-' if distance is None else f'{distance:.4f}'} |")
        lines.append("")
    return "\n".join(lines)
