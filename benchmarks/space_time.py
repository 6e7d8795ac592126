"""Of "write_a_speaker": table 2 of Li et al. 2021, frames of a person from real landmarks, and the renderer's speed."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from skimage import data

from benchmarks.facial_people import Somebody
from benchmarks.intervals import Interval, cell, compare, interval
from benchmarks.rhythmic_clips import find_embedder
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import InputError, announce
from talkinghead.media import save_image, save_video
from talkinghead.methods.base import Renderer
from talkinghead.methods.write_a_speaker import load_renderer
from talkinghead.methods.write_a_speaker.config import CONFIGS
from talkinghead.methods.write_a_speaker.renderer import SpaceTimeRenderer
from talkinghead.methods.write_a_speaker.video import SpaceTimeGenerator
from talkinghead.metrics.cpbd import cpbd
from talkinghead.metrics.frechet import frechet_distance
from talkinghead.metrics.psnr import psnr
from talkinghead.metrics.ssim import ssim
from talkinghead.metrics.vmaf import vmaf
from talkinghead.motion.tracked import motion_of_track
from talkinghead.precision import processor
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.interior import load_filler
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.store import Store
from talkinghead.tracking import portrait_from_image
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import FloatArray, Frames, ImageArray, IndexArray, Motion, Portrait, Speech, Video
from talkinghead.weights import Weights

FULL = "space-time"
_VARIANTS = {
    "without mask": "small-no-mask",
    "without the warped picture": "small-no-residual",
    "pix2pix": "small-pix2pix",
    "pix2pixHD": "small-pix2pixhd",
    "parameters in place of landmarks": "small-no-landmarks",
    "mesh in place of landmarks": "small-dense",
    "without perceptual loss": "small-no-perceptual",
    "without discriminators": "small-no-adversary",
    "without the face's loss": "small-no-face-loss",
}
_CLIPS, _EVERY = 16, 8  # of a person, and frames of which one counts
_SHOWN = 4  # frames on the sheet
_TIMED = 50  # frames
_DIGITS = {"SSIM": 4, "PSNR, dB": 2, "SSIM of the head": 4, "CPBD": 3, "VMAF": 1}
STEPS = 600
"""That each of the networks learned."""

_CRF = 6  # of the files that VMAF compares
_LARGE = 512  # px
_TITLE = """## Table 2: frames of a person from real landmarks

Each clip's calmest frame is moved by the landmarks of its other frames, of which every eighth counts (VMAF: all). Whole
frames, and the square of the head alone. The networks learned from other clips of the same person
(`talkinghead adapt --method write_a_speaker`). "Pix2pix" and "pix2pixHD" read one landmark image, have neither mask nor
face, and the losses and discriminators of their own papers; they, too, begin with the warped picture. All variants have
the same widths and as many steps, {steps}. "Frechet" is the distance of the face embeddings (dlib, times 1000) of all
frames. The paper's SSIM of its first person is 0.9490; its pix2pix has 0.9466, pix2pixHD 0.9455. * marks rows than
which space-time is better, ! rows than which it is worse.
"""


def measure(people: Iterable[Somebody], store: Store, runs: Path, sheets: Path) -> dict[str, Any]:
    """Scores of every clip by speaker and row, and frames per second of the renderer; empty where nobody was learned.

    Args:
        people: persons; of those without a renderer, nothing is measured.
        store: keeps tracks.
        runs: ``write_a_speaker/video-CONFIG-NAME`` in it holds the variants that were trained for a person.
        sheets: folder of the pictures to look at, one for each person: real frames, and those of each row.
    """
    found: dict[str, Any] = {}
    for somebody in people:
        folder = somebody.person.folder / "weights" / "write_a_speaker"
        if not (folder / "video.safetensors").is_file():
            announce(f"{folder} holds no renderer of a person: table 2 is without {somebody.speaker}.")
            continue
        renderers: dict[str, Renderer] = {FULL: load_renderer(Weights((folder,)))}
        for name, config in _VARIANTS.items():
            trained = runs / "write_a_speaker" / f"video-{config}-{somebody.person.name}"
            if (trained / "video.safetensors").is_file():
                renderers[name] = load_renderer(Weights((trained,)))
        renderers["warp"] = WarpRenderer(load_filler(), FlatFiller())
        sheet = sheets / f"space_time_{somebody.person.name}.png"
        found[somebody.speaker] = _measure_person(somebody.held_out, renderers, store, sheet)
    if not found:
        return {}
    return {"people": found, "speed": _measure_speed()}


def _measure_person(
    recordings: Sequence[Recording], renderers: Mapping[str, Renderer], store: Store, sheet: Path
) -> dict[str, Any]:
    rows: dict[str, list[dict[str, float]]] = {}
    faces: dict[str, list[FloatArray]] = {}
    pictures: list[ImageArray] = []
    embedder = find_embedder()
    places = np.linspace(0, len(recordings) - 1, _CLIPS).round().astype(int)
    for take in read_takes([recordings[place] for place in dict.fromkeys(places)], store, smooth=False):
        portrait, motion, real, counted = _prepare(take)
        crop = Crop.of(portrait.mesh, portrait.size).refine()
        made = {name: _draw(renderer, motion, portrait) for name, renderer in renderers.items()}
        for name, frames in {**made, "real": real}.items():
            rows.setdefault(name, []).append(_score(frames, real, crop, counted))
            if embedder is not None:
                faces.setdefault(name, []).append(embedder(frames[counted], take.track.landmarks[counted]))
        if len(pictures) < _SHOWN:
            row = len(real) // 2
            pictures.append(np.concatenate([crop.extract(frames[row]) for frames in (real, *made.values())], axis=1))
    _save_sheet(pictures, sheet)
    return {"rows": rows, "frechet": _frechet(faces)}


def _frechet(faces: Mapping[str, Sequence[FloatArray]]) -> dict[str, float]:
    """Of the embeddings of each row, those of the real frames."""
    if not faces:
        return {}
    real = np.concatenate(faces["real"])
    return {row: 1000 * frechet_distance(np.concatenate(own), real) for row, own in faces.items() if row != "real"}


def _measure_speed() -> dict[str, Any]:
    """Frames per second at the usual and at the large size, the warp included; weights do not matter to it."""
    still = np.zeros((_TIMED, 3))
    speeds = {}
    for size in (CONFIGS["small"].video.size, _LARGE):
        portrait = portrait_from_image(cv2.resize(data.astronaut(), (size, size), interpolation=cv2.INTER_AREA))
        landmarks = np.repeat(portrait.landmarks[None], _TIMED, axis=0)
        motion = Motion(25.0, landmarks, still, still, np.zeros(_TIMED), portrait.landmarks)
        network = SpaceTimeGenerator(replace(CONFIGS["small"].video, size=size))
        renderer = SpaceTimeRenderer(network, WarpRenderer(load_filler(), FlatFiller()))
        speeds[str(size)] = _time(renderer, portrait, motion)
    return {"frames/s": speeds, "cores": os.cpu_count(), "processor": processor()}


def summarise(found: Mapping[str, Any]) -> dict[str, Any]:
    """Means and intervals by speaker, measure and row, compared with space-time; and the speed."""
    if not found:
        return {}
    people = {
        speaker: {"rows": _summarise_rows(own["rows"]), "frechet": own["frechet"]}
        for speaker, own in found["people"].items()
    }
    return {"people": people, "speed": found["speed"]}


def _summarise_rows(rows: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, dict[str, Interval]]:
    summary: dict[str, dict[str, Interval]] = {}
    for measured in _DIGITS:
        values = {row: [score[measured] for score in scores if measured in score] for row, scores in rows.items()}
        if not values[FULL]:
            continue
        summary[measured] = {
            row: interval(own) if row in (FULL, "real") else compare(own, values[FULL], higher_is_better=True)
            for row, own in values.items()
            if own
        }
    return summary


def section(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives as Markdown."""
    lines = [_TITLE.format(steps=STEPS)]
    for speaker, own in result["people"].items():
        rows, frechet = own["rows"], own["frechet"]
        measures = [name for name in _DIGITS if name in rows]
        lines += [f"{speaker}, {rows['SSIM'][FULL]['clips']} clips:", ""]
        lines += [f"| | {' | '.join(measures)} | Frechet |", "|---" * (2 + len(measures)) + "|"]
        for row in rows["CPBD"]:
            cells = [cell(rows[name][row], _DIGITS[name]) if row in rows[name] else "-" for name in measures]
            lines.append(f"| {row} | {' | '.join(cells)} | {f'{frechet[row]:.2f}' if row in frechet else '-'} |")
        lines.append("")
    speeds = " and ".join(f"{value:.1f} frames/s at {size} px" for size, value in result["speed"]["frames/s"].items())
    machine = f"{result['speed']['cores']} cores ({result['speed']['processor']})"
    lines += [f"On {machine}, the warp included, space-time renders {speeds}.", ""]
    return "\n".join(lines)


def _prepare(take: Take) -> tuple[Portrait, Motion, ImageArray, IndexArray]:
    """The calmest frame, the motion of all frames, these (T, H, W, 3), and which of them count: not the calmest."""
    best = best_frame(take.track)
    still, *real = take.frames([best, *range(len(take.track))])
    portrait = Portrait(Frames(still[None], take.track.fps), take.track[best : best + 1])
    counted = np.array([row for row in range(0, len(real), _EVERY) if row != best], np.intp)
    return portrait, motion_of_track(take.track, best), np.stack(real), counted


def _draw(renderer: Renderer, motion: Motion, portrait: Portrait) -> ImageArray:
    """(T, H, W, 3) the frames of a motion."""
    return np.concatenate([chunk.images for chunk in renderer.render(motion, portrait)])


def _score(frames: ImageArray, real: ImageArray, crop: Crop, counted: IndexArray) -> dict[str, float]:
    """Of frames (T, H, W, 3), of which some rows count."""
    seen = {} if frames is real else _view(frames, real)
    alone, frames, real = frames is real, frames[counted], real[counted]
    sharp = {"CPBD": float(np.mean([cpbd(frame) for frame in frames]))}
    if alone:
        return sharp
    heads = (np.stack([crop.extract(frame) for frame in pictures]) for pictures in (frames, real))
    return {
        "SSIM": float(ssim(frames, real).mean()),
        "PSNR, dB": float(psnr(frames, real).mean()),
        "SSIM of the head": float(ssim(*heads).mean()),
        **sharp,
        **seen,
    }


def _view(frames: ImageArray, real: ImageArray) -> dict[str, float]:
    """The VMAF of frames (T, H, W, 3); nothing without an ffmpeg that has it."""
    silence = Speech(np.zeros(round(len(frames) / 25.0 * 16_000), np.float32), 16_000)
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, own in (("made", frames), ("real", real)):
            video = Video(iter([Frames(own, 25.0)]), silence, 25.0, len(own), {})
            files.append(save_video(video, Path(folder) / f"{name}.mp4", visible_mark=False, crf=_CRF))
        try:
            return {"VMAF": vmaf(*files)}
        except InputError as error:
            announce(f"VMAF is left out: {error}")
            return {}


def _save_sheet(pictures: Sequence[ImageArray], sheet: Path) -> None:
    sheet.parent.mkdir(parents=True, exist_ok=True)
    height = min(picture.shape[0] for picture in pictures)
    width = min(picture.shape[1] for picture in pictures)
    save_image(np.concatenate([picture[:height, :width] for picture in pictures]), sheet)


def _time(renderer: Renderer, portrait: Portrait, motion: Motion) -> float:
    """Frames per second of wall time, what is prepared once left out."""

    def frames() -> Iterator[Frames]:
        return iter(renderer.render(motion[:_TIMED], portrait))

    for _ in frames():
        pass
    begin, count = time.perf_counter(), 0
    for chunk in frames():
        count += len(chunk)
    return count / (time.perf_counter() - begin)
