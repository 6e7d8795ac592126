"""Of "write_a_speaker": table 2 of Li et al. 2021, frames of a person from real landmarks, and the renderer's speed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.intervals import cell, compare, interval
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import announce
from talkinghead.media import save_image
from talkinghead.methods.base import Renderer
from talkinghead.methods.write_a_speaker import load_renderer
from talkinghead.metrics.cpbd import cpbd
from talkinghead.metrics.psnr import psnr
from talkinghead.metrics.ssim import ssim
from talkinghead.motion.tracked import motion_of_track
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.interior import load_filler
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.store import Store
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import Frames, ImageArray, Motion, Portrait
from talkinghead.weights import Weights

FULL = "space-time"
_VARIANTS = {"without mask": "small-no-mask", "without the warped picture": "small-no-residual"}
_CLIPS, _EVERY = 16, 8  # of the test split, and frames of which one counts
_SHOWN = 4  # frames on the sheet
_TIMED = 50  # frames
_DIGITS = {"SSIM": 4, "PSNR, dB": 2, "SSIM of the head": 4, "CPBD": 3}
_TITLE = """## Table 2: frames of a person from real landmarks (GRID s1, test, {clips} clips)

Each clip's calmest frame is moved by the landmarks of its other frames, of which every eighth counts. Whole frames, and
the square of the head alone. The networks learned from other clips of the same person
(`talkinghead adapt --method write_a_speaker`). The paper's SSIM of its first person is 0.9490; its pix2pix has 0.9466,
pix2pixHD 0.9455. * marks rows than which space-time is better.
"""


def measure(recordings: Sequence[Recording], store: Store, person: Path, runs: Path, sheet: Path) -> dict[str, Any]:
    """Scores of every clip by row, and frames per second of the renderer; empty where nobody was learned.

    Args:
        recordings: of the person, none of which was learned from.
        store: keeps tracks.
        person: the folder with the person's adapted weights.
        runs: ``write_a_speaker/video-CONFIG`` in it holds the variants.
        sheet: the picture to look at: real frames, and those of each row.
    """
    folder = person / "weights" / "write_a_speaker"
    if not (folder / "video.safetensors").is_file():
        announce(f"{folder} holds no renderer of a person: table 2 is left out.")
        return {}
    renderers: dict[str, Renderer] = {FULL: load_renderer(Weights((folder,)))}
    for name, config in _VARIANTS.items():
        trained = runs / "write_a_speaker" / f"video-{config}"
        if (trained / "video.safetensors").is_file():
            renderers[name] = load_renderer(Weights((trained,)))
    renderers["warp"] = WarpRenderer(load_filler(), FlatFiller())
    rows: dict[str, list[dict[str, float]]] = {}
    pictures: list[ImageArray] = []
    places = np.linspace(0, len(recordings) - 1, _CLIPS).round().astype(int)
    for take in read_takes([recordings[place] for place in dict.fromkeys(places)], store, smooth=False):
        portrait, motion, real = _prepare(take)
        crop = Crop.of(portrait.mesh, portrait.size).refine()
        made = {name: _draw(renderer, motion, portrait) for name, renderer in renderers.items()}
        for name, frames in {**made, "real": real}.items():
            rows.setdefault(name, []).append(_score(frames, real, crop))
        if len(pictures) < _SHOWN:
            row = len(real) // 2
            pictures.append(np.concatenate([crop.extract(frames[row]) for frames in (real, *made.values())], axis=1))
    _save_sheet(pictures, sheet)
    return {
        "rows": rows,
        "speed": {"frames/s": _time(renderers[FULL], *_prepare(take)[:2]), "threads": torch.get_num_threads()},
    }


def summarise(found: Mapping[str, Any]) -> dict[str, Any]:
    """Means and intervals by measure and row, compared with space-time; and the speed."""
    if not found:
        return {}
    rows, summary = found["rows"], {}
    for measured in _DIGITS:
        values = {row: [score[measured] for score in scores if measured in score] for row, scores in rows.items()}
        summary[measured] = {
            row: interval(own) if row in (FULL, "real") else compare(own, values[FULL], higher_is_better=True)
            for row, own in values.items()
            if own
        }
    return {"rows": summary, "speed": found["speed"]}


def section(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives as Markdown."""
    rows = result["rows"]
    clips = rows["SSIM"][FULL]["clips"]
    lines = [_TITLE.format(clips=clips)]
    lines += [f"| | {' | '.join(_DIGITS)} |", "|---" * (1 + len(_DIGITS)) + "|"]
    for row in rows["CPBD"]:
        cells = [cell(rows[name][row], digits) if row in rows[name] else "-" for name, digits in _DIGITS.items()]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    speed = result["speed"]
    lines += [
        "",
        f"Space-time renders {speed['frames/s']:.1f} frames/s in {speed['threads']} threads, the warp included.",
        "",
    ]
    return "\n".join(lines)


def _prepare(take: Take) -> tuple[Portrait, Motion, ImageArray]:
    """The calmest frame, the motion of the frames that count, and these (n, H, W, 3)."""
    best = best_frame(take.track)
    rows = np.arange(0, len(take.track), _EVERY)
    still, *real = take.frames([best, *rows])
    portrait = Portrait(Frames(still[None], take.track.fps), take.track[best : best + 1])
    return portrait, motion_of_track(take.track, best), np.stack(real)


def _draw(renderer: Renderer, motion: Motion, portrait: Portrait) -> ImageArray:
    """(n, H, W, 3) the frames that count, of a whole motion."""
    frames = np.concatenate([chunk.images for chunk in renderer.render(motion, portrait)])
    return np.asarray(frames[::_EVERY])


def _score(frames: ImageArray, real: ImageArray, crop: Crop) -> dict[str, float]:
    sharp = {"CPBD": float(np.mean([cpbd(frame) for frame in frames]))}
    if frames is real:
        return sharp
    heads = (np.stack([crop.extract(frame) for frame in pictures]) for pictures in (frames, real))
    return {
        "SSIM": float(ssim(frames, real).mean()),
        "PSNR, dB": float(psnr(frames, real).mean()),
        "SSIM of the head": float(ssim(*heads).mean()),
        **sharp,
    }


def _save_sheet(pictures: Sequence[ImageArray], sheet: Path) -> None:
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
