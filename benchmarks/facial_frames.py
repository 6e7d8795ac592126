"""Of "facial": frames of a person from real landmarks, closed eyes seen again, and what all of it costs."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from benchmarks.facial_people import Somebody
from benchmarks.intervals import cell, compare, interval
from benchmarks.speed import write_speech
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import announce
from talkinghead.media import read_speech, save_image
from talkinghead.methods.base import Renderer
from talkinghead.methods.facial import load_renderer
from talkinghead.methods.facial.config import CONFIGS
from talkinghead.methods.facial.renderer import RenderToVideoRenderer
from talkinghead.methods.facial.video import RenderToVideo
from talkinghead.metrics.blinks import find_blinks
from talkinghead.metrics.cpbd import cpbd
from talkinghead.metrics.psnr import psnr
from talkinghead.metrics.ssim import ssim
from talkinghead.motion.tracked import motion_of_track
from talkinghead.person import Person
from talkinghead.pipeline import TalkingHead
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.face_scene import FaceScene
from talkinghead.rendering.interior import load_filler
from talkinghead.rendering.mesh_render import draw_face
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.store import Store
from talkinghead.tracking import portrait_from_image, track_faces
from talkinghead.tracking.portrait import best_frame
from talkinghead.types import FaceTrack, FloatArray, Frames, ImageArray, Motion, Portrait
from talkinghead.weights import Weights

FULL = "render-to-video"
_ATTENTION = "without the eye attention map"
_VARIANTS = {
    _ATTENTION: "small-without-attention",
    "all pixels made, as published": "small-all-pixels",
    "the same from rendered faces alone": "small-rendering-alone",
}
_FACE, _WARP = "the rendered face over the warp", "warp"
_CLIPS, _EVERY = 8, 6  # of what is held back, and frames of which one counts
_SHUT_FRAMES = 10
_SHOWN = 256  # px of a picture on the sheet
_SIDES = (256, 512)
_TIMED_S = 8.0
_DIGITS = {"PSNR of the head, dB": 2, "SSIM of the head": 4, "CPBD": 3, "closure": 2}
_FRAMES = """## Frames of {speaker} from real landmarks ({clips} clips)

Each held-out clip's calmest frame is moved by the landmarks of its other frames, of which every sixth counts, and
compared in the square of the head (256 px). "Closure" is what the tracker sees of eyes, from 0 to 1, when the same
motion says that they are shut; "real": of blinks in these clips at their deepest. All networks learned as many steps.
`*` marks rows than which render-to-video is better, `!` rows than which it is worse.
"""
_SPEED = """## Cost

Of {name}'s person, on {cores} cores for which {load:.0f} processes waited when this began: in a second on the clock,
and in a second of a core's time, all threads counted. Networks had {threads} thread(s). Pictures show the head; motion
includes what recognises the speech, and frames include the warp.
"""


def measure_frames(somebody: Somebody, store: Store, runs: Path, sheet: Path) -> dict[str, Any]:
    """Scores of each held-out clip by row.

    Args:
        somebody: a person with a renderer of their own.
        store: keeps tracks.
        runs: ``facial/video-CONFIG`` in it holds the variants.
        sheet: the picture to look at: a real frame and that of each row, and below eyes that are shut.
    """
    warp = WarpRenderer(load_filler(), FlatFiller())
    renderers: dict[str, Renderer] = {FULL: load_renderer(Weights((somebody.person.folder / "weights" / "facial",)))}
    for name, config in _VARIANTS.items():
        trained = runs / "facial" / f"video-{config}"
        if (trained / "video.safetensors").is_file():
            renderers[name] = load_renderer(Weights((trained,)))
        else:
            announce(f"{trained} holds no renderer: the row {name!r} is left out.")
    renderers[_FACE] = RenderToVideoRenderer(RenderToVideo(CONFIGS["small"].video), warp)
    renderers[_WARP] = warp
    held = somebody.held_out
    chosen = [held[row] for row in dict.fromkeys(np.linspace(0, len(held) - 1, _CLIPS).round().astype(int))]
    rows: dict[str, list[dict[str, float]]] = {}
    pictures: list[ImageArray] = []
    for take in read_takes(chosen, store, smooth=False):
        portrait, motion, real, counted = _prepare(take)
        # Open before they shut: the tracker's measure is relative to the lids that it has seen.
        lids = np.repeat([0.0, 1.0], _SHUT_FRAMES)
        shut = replace(motion[: len(lids)], blink=lids)
        crop = Crop.of(portrait.mesh, portrait.size).refine()
        shown, below = [real[len(real) // 2]], [portrait.picture]
        for name, renderer in renderers.items():
            made, closed = _draw(renderer, motion, portrait)[counted], _draw(renderer, shut, portrait)
            seen = track_faces(iter([Frames(closed, motion.fps)])).blink[_SHUT_FRAMES:].mean()
            rows.setdefault(name, []).append({**_score(made, real, crop), "closure": float(seen)})
            shown.append(made[len(real) // 2])
            below.append(closed[-1])
        rows.setdefault("real", []).append({"CPBD": _sharpness(real, crop), **_deepest(take.track)})
        pictures += [
            np.concatenate([cv2.resize(crop.extract(p), (_SHOWN, _SHOWN)) for p in line], axis=1)
            for line in (shown, below)
        ]
    save_image(np.concatenate(pictures[:4]), sheet)
    return {"speaker": somebody.speaker, "rows": rows}


def _prepare(take: Take) -> tuple[Portrait, Motion, ImageArray, list[int]]:
    """The calmest frame, the whole motion away from it, and the frames (n, H, W, 3) that count, with their rows."""
    best = best_frame(take.track)
    counted = [row for row in range(0, len(take.track), _EVERY) if row != best]
    still, *real = take.frames([best, *counted])
    portrait = Portrait(Frames(still[None], take.track.fps), take.track[best : best + 1])
    return portrait, motion_of_track(take.track, best), np.stack(real), counted


def _deepest(track: FaceTrack) -> dict[str, float]:
    """How far eyes are seen to be shut in the mean over real blinks, if there are any."""
    spans = [
        (round(blink.start * track.fps), round(blink.end * track.fps)) for blink in find_blinks(track.blink, track.fps)
    ]
    return {"closure": float(np.mean([track.blink[a : b + 1].max() for a, b in spans]))} if spans else {}


def _draw(renderer: Renderer, motion: Motion, portrait: Portrait) -> ImageArray:
    return np.concatenate([chunk.images for chunk in renderer.render(motion, portrait)])


def _score(frames: ImageArray, real: ImageArray, crop: Crop) -> dict[str, float]:
    heads = [np.stack([crop.extract(frame) for frame in pictures]) for pictures in (frames, real)]
    return {
        "PSNR of the head, dB": float(psnr(*heads).mean()),
        "SSIM of the head": float(ssim(*heads).mean()),
        "CPBD": _sharpness(frames, crop),
    }


def _sharpness(frames: ImageArray, crop: Crop) -> float:
    return float(np.nanmean([cpbd(crop.extract(frame)) for frame in frames]))


def summarise_frames(found: Mapping[str, Any]) -> dict[str, Any]:
    """Means and intervals by measure and row, compared with render-to-video."""
    summary: dict[str, Any] = {}
    for measured in _DIGITS:
        values = {row: [s[measured] for s in scores if measured in s] for row, scores in found["rows"].items()}
        summary[measured] = {
            row: interval(own) if row in (FULL, "real") else compare(own, values[FULL], higher_is_better=True)
            for row, own in values.items()
            if own
        }
    return {"speaker": found["speaker"], "rows": summary}


def frames_section(result: Mapping[str, Any]) -> str:
    """What ``summarise_frames`` gives as Markdown."""
    rows = result["rows"]
    lines = [_FRAMES.format(speaker=result["speaker"], clips=rows["closure"][FULL]["clips"])]
    lines += [f"| | {' | '.join(_DIGITS)} |", "|---" * (1 + len(_DIGITS)) + "|"]
    for row in rows["CPBD"]:
        cells = [cell(rows[name][row], digits) if row in rows[name] else "-" for name, digits in _DIGITS.items()]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def measure_cost(person: Person) -> dict[str, Any]:
    """Speed of motion, of the whole renderer and of the mesh."""
    head, load = TalkingHead.from_pretrained("facial", person=person), os.getloadavg()[0]
    found: dict[str, Any] = {"name": person.name, "cores": os.cpu_count(), "load": load}
    found["threads"] = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_speech(120.0, folder / "speech.wav")
        speech, portrait = read_speech(folder / "speech.wav"), person.portrait()
        head.motion(replace(speech, samples=speech.samples[: 2 * speech.sample_rate], sound=None), portrait)
        clocks, motion = _time(lambda: head.motion(speech, portrait))
        found["rates"] = {"motion, seconds of speech": [speech.duration / spent for spent in clocks]}
        for side in _SIDES:
            shown = portrait_from_image(_square(portrait, side))
            part, scene = motion[: round(25 * _TIMED_S)], FaceScene(shown, size=side)
            _draw(head.renderer, part[:8], shown)
            clocks, frames = _time(lambda part=part, shown=shown: _draw(head.renderer, part, shown))
            found["rates"][f"renderer, frames of {side}x{side}"] = [len(frames) / spent for spent in clocks]
            draws = list(zip(*scene.place(part), strict=True))
            draw_face(*draws[0], scene.skin, size=(side, side))
            clocks, _ = _time(lambda draws=draws, scene=scene: [_draw_mesh(scene, *draw) for draw in draws])
            found["rates"][f"mesh alone, frames of {side}x{side}"] = [len(draws) / spent for spent in clocks]
    return found


def _square(portrait: Portrait, side: int) -> ImageArray:
    """The head and what is around it, of a size."""
    square = Crop.of(portrait.mesh, portrait.size).widen(1.3, side)
    return square.extract(portrait.picture)


def _time(work: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    """Seconds of a core's time and by the clock, and what the work gives."""
    used, begin = time.process_time(), time.perf_counter()
    found = work()
    return (time.process_time() - used, time.perf_counter() - begin), found


def _draw_mesh(scene: FaceScene, mesh: FloatArray, teeth: FloatArray) -> None:
    draw_face(mesh, teeth, scene.skin, size=(scene.size, scene.size))


def cost_section(result: Mapping[str, Any]) -> str:
    """What ``measure_cost`` gives as Markdown."""
    facts = ("name", "cores", "load", "threads")
    lines = [_SPEED.format(**{fact: result[fact] for fact in facts})]
    lines += ["| | in a second | in a second of a core |", "|---|---|---|"]
    lines += [f"| {name} | {clock:.0f} | {core:.0f} |" for name, (core, clock) in result["rates"].items()]
    return "\n".join(lines) + "\n"
