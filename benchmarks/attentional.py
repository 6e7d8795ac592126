"""Attentional Landmarks: table 2 for what ships, a speaker left out, its halves beside MakeItTalk's, its speed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.intervals import Interval, cell, compare, interval
from benchmarks.speed import SECONDS, SIDE, frames_per_second
from talkinghead.data.corpus import UNSEEN_FACES, Corpus
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import read_takes
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68
from talkinghead.media import save_image
from talkinghead.methods import get_renderer, shipped_generator
from talkinghead.methods.attentional_landmarks import METHOD, load_generator, load_renderer
from talkinghead.methods.attentional_landmarks.motion import AttentionalMotion
from talkinghead.methods.attentional_landmarks.renderer import AttentionalRenderer
from talkinghead.methods.base import MotionGenerator, Renderer
from talkinghead.metrics.lip_landmarks import lip_landmark_distance
from talkinghead.metrics.psnr import psnr
from talkinghead.metrics.ssim import ssim
from talkinghead.motion.tracked import motion_of_track
from talkinghead.pipeline import fit_motion
from talkinghead.rendering.crop import Crop
from talkinghead.store import Store
from talkinghead.tracking import portrait_from_image, track_faces
from talkinghead.types import FaceTrack, Frames, ImageArray, Motion, Portrait, Speech

CROP_PX = 300
"""The paper's crop (section 4.1)."""

MEASURES = ("LMD", "SSIM", "PSNR")
PAPER = (1.01, 0.91, 29.73)
"""What the paper reports of its full model."""

STILL = "the first frame, held"
PERSON, GENERIC = "weights for him", "weights for anybody"
DRIVEN = "driven by the real landmarks"
PERSON_DRIVEN, GENERIC_DRIVEN = (f"{name}, {DRIVEN}" for name in (PERSON, GENERIC))
PERSON_TURNED = f"{PERSON}, the real head"
KNOWN, LEFT_OUT = "GRID s1, test", "GRID s4, left out"
_CLIPS = 16  # of GRID s1
_INTRODUCTION = """# Attentional Landmarks

As in table 2 of Wang et al. 2020: the clip is made again from its first frame and its sound, in crops of 300 px. LMD is
the mean distance of the 20 lip landmarks in px of the crop, after removing their means (Chen et al. 2018), between
trackings of the result and of the real video. Head motion is the network's alone, without idle motion. Differences from
the paper: one speaker of GRID instead of 33, our tracker instead of dlib's, our crop instead of theirs; and we put the
head back into the frame, before its own background, whereas the paper leaves faces as generated. The sound cannot tell
how the head moved: the rows with the real landmarks, and with the real head and the network's lips, show what that
costs. *For him*: his own landmark network, and a renderer fine-tuned on him alone, which do not ship. Mean and
bootstrap 95 % interval over clips; `*`: the weights for anybody are better, `!`: they are worse, by the paired
interval.
"""
_LEFT_OUT = """## A speaker left out

The generic weights on clips of GRID's s4, whom the method's networks have not seen. The inside of the mouth is painted
over the result by another network, which has learned from him, too, and shows somebody else's teeth.
"""
_GRID = """## Any motion, any renderer

Both halves of both methods, on GRID s1; Attentional Landmarks with the weights for him.

![Real, and each pair of the table](../images/two_by_two.png)

From the top: the real clip (GRID, Cooke et al. 2006, CC BY 4.0), then synthetic, in the order of the table's rows.
"""

Rows = dict[str, dict[str, list[float]]]
Summary = dict[str, dict[str, Interval]]


@dataclass(frozen=True)
class Sample:
    """A clip: its first frame and sound, its pictures, where its face is, the paper's crop of it."""

    portrait: Portrait
    speech: Speech
    images: ImageArray
    track: FaceTrack
    crop: Crop


def samples(recordings: Iterable[Recording], cache: Path) -> Iterator[Sample]:
    """Clips, ready to be made again; ``cache`` keeps their tracks."""
    for take in read_takes(recordings, Store(cache)):
        track = take.track
        images = np.concatenate([chunk.images for chunk in take.chunks()])
        portrait = portrait_from_image(images[0])
        crop = Crop.of(portrait.track.landmarks[0], portrait.frames.size, size=CROP_PX)
        yield Sample(portrait, take.speech(), images, track, crop)


def known_samples(corpus: Path, cache: Path, limit: int | None = None) -> Iterator[Sample]:
    """The clips of ``KNOWN`` to evaluate, or the first ``limit`` of them."""
    return samples(Corpus.open(corpus / "grid_s1").recordings("test")[: limit or _CLIPS], cache)


def load_pair(*folders: Path) -> tuple[AttentionalMotion, AttentionalRenderer]:
    """Generator, without idle motion, and renderer, of weights in these folders, or of those that ship.

    Raises:
        InputError: weights are damaged.
    """
    weights = METHOD.find_weights(first=folders)
    return AttentionalMotion(load_generator(weights).network, liveliness=0.0), load_renderer(weights)


def render(motion: Motion, renderer: Renderer, sample: Sample) -> ImageArray:
    """(T, H, W, 3) uint8 a motion of a sample's portrait."""
    return np.concatenate([chunk.images for chunk in renderer.render(motion, sample.portrait)])


def spoken_motion(generator: MotionGenerator, sample: Sample) -> Motion:
    """What a generator makes of a sample's sound, at the rate of its pictures."""
    return fit_motion(generator.generate(sample.speech, sample.portrait), sample.speech, fps=sample.track.fps)


def make_again(generator: MotionGenerator, renderer: Renderer, sample: Sample) -> ImageArray:
    """(T, H, W, 3) uint8 a sample's clip, made again."""
    return render(spoken_motion(generator, sample), renderer, sample)


def hold_first_frame(sample: Sample) -> ImageArray:
    """(T, H, W, 3) uint8 a sample's first frame, as often as there are frames."""
    return np.repeat(sample.images[:1], len(sample.images), axis=0)


def scores(images: ImageArray, sample: Sample) -> dict[str, float]:
    """``MEASURES`` of pictures (T, H, W, 3) of a sample's clip."""
    count = min(len(images), len(sample.images), len(sample.track))
    images, real = images[:count], sample.images[:count]
    seen = track_faces(iter([Frames(np.ascontiguousarray(images), sample.track.fps)])).landmarks
    own, wanted = (sample.crop.points(points[:, MESH_OF_68, :2]) for points in (seen, sample.track.landmarks[:count]))
    crops, real_crops = (np.stack([sample.crop.extract(image) for image in part]) for part in (images, real))
    return {
        "LMD": lip_landmark_distance(own, wanted),
        "SSIM": float(ssim(crops, real_crops).mean()),
        "PSNR": float(psnr(crops, real_crops).mean()),
    }


def add(rows: Rows, name: str, images: ImageArray, sample: Sample) -> None:
    """Add the ``scores`` of a sample's pictures to the row of a name."""
    for measure_name, value in scores(images, sample).items():
        rows.setdefault(name, {}).setdefault(measure_name, []).append(value)


def measure(corpus: Path, cache: Path, person: Path, picture: Path, *, limit: int | None = None) -> dict[str, Any]:
    """Table 2 for what ships, a speaker left out, the grid of generators and renderers, and speed.

    Args:
        corpus: the folder of the recordings.
        cache: folder for tracks.
        person: folder of weights adapted to GRID's s1.
        picture: where the grid is shown (PNG).
        limit: only so many clips of each group.

    Returns:
        ``KNOWN``, ``LEFT_OUT`` and "grid": name -> measure -> one value per clip; "speed": method -> frames per second.

    Raises:
        InputError: there are no weights for s1.
    """
    if not person.is_dir():
        raise InputError(
            f"{person}: no weights of Attentional Landmarks for s1 are there: adapt them, or name a person."
        )
    generic, own = load_pair(), load_pair(person)
    known: Rows = {}
    grid: Rows = {}
    for number, sample in enumerate(known_samples(corpus, cache, limit)):
        real = motion_of_track(sample.track, 0)
        said = spoken_motion(own[0], sample)[: len(real)]
        turned = replace(said, rotation=real.rotation[: len(said)], translation=real.translation[: len(said)])
        pictures = {PERSON: make_again(*own, sample), GENERIC: make_again(*generic, sample)}
        pictures |= {PERSON_DRIVEN: render(real, own[1], sample), GENERIC_DRIVEN: render(real, generic[1], sample)}
        pictures |= {PERSON_TURNED: render(turned, own[1], sample), STILL: hold_first_frame(sample)}
        for name, images in pictures.items():
            add(known, name, images, sample)
        tiles = {name: make_again(*pair, sample) for name, pair in _other_pairs(*own).items()}
        tiles["attentional_landmarks | attention"] = pictures[PERSON]
        for name, images in tiles.items():
            add(grid, name, images, sample)
        if number == 0:
            save_image(_picture(list(tiles.values()), sample), picture)
    return {
        KNOWN: known,
        LEFT_OUT: _measure_left_out(generic, corpus, cache, limit),
        "grid": grid,
        "speed": frames_per_second({"attentional_landmarks": "attention", "makeittalk": "warp"}),
    }


def _measure_left_out(
    generic: tuple[AttentionalMotion, AttentionalRenderer], corpus: Path, cache: Path, limit: int | None
) -> Rows:
    found = [one for one in Corpus.open(corpus).recordings("unseen") if one.speaker == UNSEEN_FACES[0]][:limit]
    rows: Rows = {}
    for sample in samples(found, cache):
        add(rows, GENERIC, make_again(*generic, sample), sample)
        add(rows, DRIVEN, render(motion_of_track(sample.track, 0), generic[1], sample), sample)
        add(rows, STILL, hold_first_frame(sample), sample)
    return rows


def _other_pairs(generator: MotionGenerator, renderer: Renderer) -> dict[str, tuple[MotionGenerator, Renderer]]:
    """The pairs of these two and MakeItTalk's, but this one."""
    speaks, warps = shipped_generator("makeittalk"), get_renderer("warp")
    return {
        "makeittalk | warp": (speaks, warps),
        "makeittalk | attention": (speaks, renderer),
        "attentional_landmarks | warp": (generator, warps),
    }


def _picture(tiles: list[ImageArray], sample: Sample, *, moments: int = 6) -> ImageArray:
    """The real clip on top, each of the grid below it, at even moments."""
    shown = [sample.images, *tiles]
    times = np.linspace(0.2, 0.8, moments) * (min(map(len, shown)) - 1)
    crop = replace(sample.crop, size=CROP_PX // 2)
    rows = [np.concatenate([crop.extract(images[int(t)]) for t in times], axis=1) for images in shown]
    return np.concatenate(rows)


def summarise_rows(rows: Rows, *, reference: str | None = None) -> Summary:
    """Rows of values as intervals, each compared with those of the row ``reference`` where there is one."""
    if reference is None:
        return {
            name: {measure_name: interval(row[measure_name]) for measure_name in MEASURES} for name, row in rows.items()
        }
    return {
        name: {
            measure_name: compare(
                row[measure_name], rows[reference][measure_name], higher_is_better=measure_name != "LMD"
            )
            for measure_name in MEASURES
        }
        for name, row in rows.items()
    }


def summarise(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of ``measure`` without its clips."""
    return {
        KNOWN: summarise_rows(result[KNOWN], reference=GENERIC),
        LEFT_OUT: summarise_rows(result[LEFT_OUT]),
        "grid": summarise_rows(result["grid"]),
        "speed": result["speed"],
    }


def cells(row: Mapping[str, Interval]) -> str:
    """Mean, interval and mark of each measure."""
    return " | ".join(cell(row[name], digits) for name, digits in zip(MEASURES, (2, 3, 2), strict=True))


def section(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives, as a page."""
    known, left_out, grid = result[KNOWN], result[LEFT_OUT], result["grid"]
    lines = [
        _INTRODUCTION,
        f"{known[STILL]['LMD']['clips']} clips of {KNOWN}.\n",
        "| system | LMD | SSIM | PSNR, dB |",
        "|---|---|---|---|",
        f"| *published: the proposed* | {' | '.join(map(str, PAPER))} |",
    ]
    lines += [f"| {name} | {cells(row)} |" for name, row in known.items()]
    lines += ["", _LEFT_OUT, f"{left_out[STILL]['LMD']['clips']} clips.\n"]
    lines += ["| system | LMD | SSIM | PSNR, dB |", "|---|---|---|---|"]
    lines += [f"| {name} | {cells(row)} |" for name, row in left_out.items()]
    lines += ["", _GRID, "| motion | renderer | LMD | SSIM | PSNR, dB |", "|---|---|---|---|---|"]
    lines += [f"| {name} | {cells(row)} |" for name, row in grid.items()]
    lines += ["", f"## Speed\n\nFrom files to file, {SIDE}x{SIDE}, {SECONDS:g} s of speech, no GPU:"]
    lines[-1] += " and".join(f" {name} {fps:.0f} frames per second" for name, fps in result["speed"].items()) + "."
    return "\n".join(lines) + "\n"
