"""Talking mouths with their sound, in a form that the training of the judge of synchrony reads at once.

A pack is an ``.npz`` without compression, for K recordings:

- ``crops``: (all frames, H, W) uint8, one recording after the other; recording k is
  ``crops[crop_starts[k]:crop_starts[k + 1]]``, at ``fps[k]`` frames per second;
- ``samples``: int16 at 16 kHz (full scale 32767), likewise with ``sample_starts``; both begin at the same instant;
- ``crop_starts``, ``sample_starts``: (K + 1,) int64;
- ``fps``: (K,) float64;
- ``names``, ``speakers``: (K,) strings.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.data.corpus import UNSEEN_BY_SYNCNET, Corpus, Recording
from talkinghead.data.tracks import read_takes
from talkinghead.errors import InputError
from talkinghead.speech.features import resample
from talkinghead.store import Store
from talkinghead.types import FloatArray, ImageArray, Progress, no_progress

GROUPS = ("train", "val", "test", "strangers", "research", "out of step")
"""What ``recordings`` knows: ``train`` is GRID s1 and open clips of others, ``val`` and ``test`` are GRID s1,
``strangers`` the speakers of ``UNSEEN_BY_SYNCNET``, ``research`` all clips that only serve for evaluation."""

Cropper = Callable[[ImageArray, FloatArray], ImageArray]
CropPlacer = Callable[[FloatArray], FloatArray]

_ARRAYS = ("crops", "samples", "crop_starts", "sample_starts", "fps", "names", "speakers")


@dataclass(frozen=True)
class Mouth:
    """A recording's mouth and sound.

    Attributes:
        name: of the recording.
        speaker: who speaks.
        crops: (T, H, W) uint8.
        fps: of the crops.
        samples: (N,) float32 at 16 kHz.
    """

    name: str
    speaker: str
    crops: ImageArray
    fps: float
    samples: npt.NDArray[np.float32]

    @property
    def duration(self) -> float:
        """Seconds that have both picture and sound."""
        return min(len(self.crops) / self.fps, len(self.samples) / 16_000)


def recordings(corpus: Path, group: str) -> tuple[Recording, ...]:
    """The recordings of one of ``GROUPS``.

    Args:
        corpus: folder with ``grid_s1`` and ``clips`` in it.
        group: which.

    Raises:
        ValueError: there is no such group.
        InputError: the folder is not the shared corpus.
    """
    if group not in GROUPS:
        raise ValueError(f"no group {group!r}: choose one of {', '.join(GROUPS)}")
    table = Corpus.open(corpus, unseen=UNSEEN_BY_SYNCNET)
    if group == "out of step":
        return table.recordings(in_step=False)
    return table.recordings("unseen" if group == "strangers" else group, in_step=True)


def read_mouths(
    recordings: Iterable[Recording], cache: Path, *, places: CropPlacer, cut: Cropper, progress: Progress = no_progress
) -> Iterator[Mouth]:
    """Recordings in one pass over their pictures; those that hardly show a face are left out, and named.

    Args:
        recordings: of what.
        cache: folder for what the tracker sees, which is kept.
        places: landmarks (T, 478, 3) px -> where to cut, a row per frame.
        cut: pictures (n, H, W, 3) and their places -> crops (n, height, width).
        progress: hook.
    """
    todo = list(recordings)
    for done, recording in enumerate(todo):
        progress("cut mouths", done, len(todo))
        for take in read_takes([recording], Store(cache), smooth=False):
            where, crops, first = places(take.track.landmarks), [], 0
            for chunk in take.chunks():
                crops.append(cut(chunk.images, where[first : first + len(chunk)]))
                first += len(chunk)
            speech = take.speech()
            samples = resample(speech.samples, speech.sample_rate)
            yield Mouth(recording.name, recording.speaker, np.concatenate(crops), take.track.fps, samples)
    progress("cut mouths", len(todo), len(todo))


def save_mouths(mouths: Iterable[Mouth], path: Path) -> None:
    """Write a pack; a file that is there already is replaced as a whole.

    Raises:
        ValueError: there is no recording.
    """
    held = list(mouths)
    if not held:
        raise ValueError("a pack needs at least one recording")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new.npz")
    samples = [np.round(np.clip(mouth.samples, -1, 1) * 32767).astype(np.int16) for mouth in held]
    np.savez(
        beside,
        crops=np.concatenate([mouth.crops for mouth in held]),
        samples=np.concatenate(samples),
        crop_starts=np.cumsum([0, *(len(mouth.crops) for mouth in held)], dtype=np.int64),
        sample_starts=np.cumsum([0, *map(len, samples)], dtype=np.int64),
        fps=np.array([mouth.fps for mouth in held], np.float64),
        names=np.array([mouth.name for mouth in held], np.str_),
        speakers=np.array([mouth.speaker for mouth in held], np.str_),
    )
    os.replace(beside, path)


def load_mouths(path: Path) -> list[Mouth]:
    """The recordings of a pack that ``save_mouths`` wrote.

    Raises:
        InputError: there is no such file, or it is not such a pack.
    """
    try:
        with np.load(path) as arrays:
            crops, samples, crop_starts, sample_starts, fps, names, speakers = (arrays[name] for name in _ARRAYS)
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: not a pack of mouths ({error}); prepare it again.") from None
    return [
        Mouth(
            str(names[k]),
            str(speakers[k]),
            crops[crop_starts[k] : crop_starts[k + 1]],
            float(fps[k]),
            samples[sample_starts[k] : sample_starts[k + 1]].astype(np.float32) / 32767,
        )
        for k in range(len(names))
    ]


def prepare_mouths(
    corpus: Path, group: str, cache: Path, *, places: CropPlacer, cut: Cropper, progress: Progress = no_progress
) -> list[Mouth]:
    """The recordings of a group, from the pack ``cache/mouths/GROUP.npz``, which is made where it is missing.

    Args:
        corpus: folder with ``grid_s1`` and ``clips`` in it.
        group: one of ``GROUPS``.
        cache: folder for packs and, in ``tracks``, what the tracker sees.
        places: see ``read_mouths``.
        cut: see ``read_mouths``.
        progress: hook.

    Raises:
        InputError: the folder is not the shared corpus.
    """
    path = cache / "mouths" / f"{group.replace(' ', '-')}.npz"
    if not path.exists():
        found = recordings(corpus, group)
        save_mouths(read_mouths(found, cache / "tracks", places=places, cut=cut, progress=progress), path)
    return load_mouths(path)
