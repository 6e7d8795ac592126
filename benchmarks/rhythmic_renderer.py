"""What the composition renderer costs, and heads that turn: sections of "rhythmic_head"."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.memory import peaks_by_length, peaks_table
from benchmarks.rhythmic_clips import HELD_OUT, REFERENCES, choose_takes, draw, groups, portraits_of
from talkinghead.data.tracks import Take
from talkinghead.errors import InputError
from talkinghead.methods import get_renderer
from talkinghead.methods.base import Renderer
from talkinghead.metrics.background import background_drift
from talkinghead.motion.tracked import motion_of_track
from talkinghead.rendering.crop import Crop
from talkinghead.store import Store
from talkinghead.tracking.portrait import best_frame, read_portrait
from talkinghead.types import BoolArray, FaceTrack, ImageArray, IndexArray, Motion, Portrait

_SIDE, _ROOM = 256, 1.3  # px of the pictures that are timed, and their side in squares of the head
_TIMED = 100  # frames
_YAWS = (0, 10, 20, 30)
_BACKGROUND = 0.02  # of a person's mask, below which there is background
_SECONDS = (10, 120, 600)
_RATE = 5  # frames per second of the videos whose memory is measured: ten minutes at 25 would take an hour
_WHO = "Donald Trump"
_FADES = 0.14  # face widths about the person in which the rig's motion fades


def measure_speed(corpus: Path, store: Store) -> dict[str, float]:
    """Frames per second by number of references, after these are encoded; number and load of the cores."""
    take = next(iter(choose_takes(groups(corpus)["VidTIMIT"], 1, store)))
    track, frames = _shrink(take)
    renderer, portraits = get_renderer("composition"), portraits_of(track, frames)
    motion = replace(motion_of_track(track, best_frame(track)), gaze=None)
    found = {"cores": float(torch.get_num_threads()), "load": os.getloadavg()[0]}
    rows: IndexArray = np.arange(_TIMED) % len(motion)
    for count, portrait in portraits.items():
        chunks = renderer.render(motion[rows], portrait)
        first = len(next(chunks))
        start = time.perf_counter()
        found[f"K = {count}"] = (_TIMED - first) / (time.perf_counter() - start) if sum(map(len, chunks)) else 0.0
    return found


def _shrink(take: Take) -> tuple[FaceTrack, list[ImageArray]]:
    """Track and pictures of the head alone, of ``_SIDE`` px, from the beginning of a clip."""
    track = take.track[:REFERENCES]
    frames = take.frames(range(len(track)))
    square = Crop.of(track.landmarks[best_frame(track)], frames[0].shape[1::-1]).widen(_ROOM, _SIDE)
    moved = replace(
        track,
        landmarks=square.points(track.landmarks.astype(np.float64)),
        translation=square.points(track.translation),
        scale=track.scale * (square.size / square.side),
    )
    return moved, [square.extract(frame) for frame in frames]


def measure_memory(corpus: Path, seconds: Sequence[float] = _SECONDS) -> dict[str, dict[str, float]]:
    """Seconds of speech -> peak MiB of ``talkinghead animate`` with 8 references and motion of this method.

    Args:
        corpus: the folder of the recordings.
        seconds: lengths.
    """
    video = next(recording.video for recording in groups(corpus)[HELD_OUT] if recording.speaker == _WHO)
    chosen = ["--method", "rhythmic_head", "--renderer", "composition", "--references", "8", "--fps", str(_RATE)]
    return peaks_by_length(video, seconds, chosen)


def memory_section(result: Mapping[str, Mapping[str, float]]) -> str:
    """What ``measure_memory`` gives as Markdown."""
    told = (
        "## Memory\n\n"
        "Peak memory of `talkinghead animate` with a video as face, 8 references, and heads that go on as the video's,"
        "\n"
        f"at {_RATE} frames per second. Anonymous memory leaves out what is mapped from files.\n\n"
    )
    return told + peaks_table(result).rstrip()


def read_portraits(folder: Path) -> Iterator[tuple[str, Portrait]]:
    """Name and portrait of the photos of a folder."""
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png")):
        try:
            portrait = read_portrait(path)
        except InputError:
            continue  # the part "portraits" says why
        if not portrait.drawing and portrait.person is not None:
            yield path.name, portrait


def turned_heads(renderer: Renderer, portraits: Iterable[tuple[str, Portrait]]) -> dict[str, float]:
    """Largest drift of the background, px, by portrait, while it turns to either side; not of plain backgrounds.

    Args:
        renderer: of one picture.
        portraits: with their names.
    """
    drift = {}
    for name, portrait in portraits:
        made = turn_head(renderer, portrait)
        masks = np.repeat(_far_background(portrait)[None], len(made), axis=0)
        found = background_drift(made, masks, first=portrait.picture)
        if np.isfinite(found).any():
            drift[name] = float(np.nanmax(found))
    return drift


def _far_background(portrait: Portrait) -> BoolArray:
    """(H, W) what lies beyond the edge of a person, in which the motion of the outline fades."""
    assert portrait.person is not None
    width = 2 * round(_FADES * float(np.ptp(portrait.mesh[:, 0]))) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return np.asarray(cv2.dilate((portrait.person >= _BACKGROUND).astype(np.uint8), disc) == 0)


def turn_head(renderer: Renderer, portrait: Portrait) -> ImageArray:
    """(7, H, W, 3) a portrait whose head turns by 0, 10, 20 and 30 degrees to one side, then to the other."""
    yaws = np.radians([*_YAWS, *(-yaw for yaw in _YAWS[1:])])
    still, own = np.zeros((len(yaws), 3)), np.repeat(portrait.landmarks[None], len(yaws), axis=0)
    turn = np.stack([0 * yaws, yaws, 0 * yaws], axis=1)
    return draw(renderer, Motion(25.0, own, turn, still, still[:, 0], portrait.landmarks), portrait)
