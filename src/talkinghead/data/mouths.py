"""Talking mouths with their sound, in a form that the training of SyncNet reads at once.

A pack is an ``.npz`` without compression, for K recordings:

- ``crops``: (all frames, H, W) uint8, one recording after the other; recording k is
  ``crops[crop_starts[k]:crop_starts[k + 1]]``, at ``fps[k]`` frames per second;
- ``samples``: int16 at 16 kHz (full scale 32767), likewise with ``sample_starts``; both begin at the same instant;
- ``crop_starts``, ``sample_starts``: (K + 1,) int64;
- ``fps``: (K,) float64;
- ``names``, ``speakers``: (K,) strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from talkinghead.data.recording import Recording
from talkinghead.data.tracks import read_takes
from talkinghead.errors import InputError
from talkinghead.foreign import Arrays
from talkinghead.speech.features import resample
from talkinghead.store import Store, code_digest, file_digest, key_of
from talkinghead.tracking.raw import tracker_digest
from talkinghead.types import FloatArray, ImageArray, Progress, no_progress

Cropper = Callable[[ImageArray, FloatArray], ImageArray]
CropPlacer = Callable[[FloatArray], FloatArray]


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


def read_mouths(
    recordings: Iterable[Recording], store: Store, *, places: CropPlacer, cut: Cropper, progress: Progress = no_progress
) -> Iterator[Mouth]:
    """Recordings in one pass over their pictures; those that hardly show a face are left out, and named.

    Args:
        recordings: of what.
        store: keeps what the tracker sees.
        places: landmarks (T, 478, 3) px -> where to cut, a row per frame.
        cut: pictures (n, H, W, 3) and their places -> crops (n, height, width).
        progress: hook.
    """
    todo = list(recordings)
    for done, recording in enumerate(todo):
        progress("cut mouths", done, len(todo))
        for take in read_takes([recording], store, smooth=False):
            where, crops, first = places(take.track.landmarks), [], 0
            for chunk in take.chunks():
                crops.append(cut(chunk.images, where[first : first + len(chunk)]))
                first += len(chunk)
            speech = take.speech()
            samples = resample(speech.samples, speech.sample_rate)
            yield Mouth(recording.name, recording.speaker, np.concatenate(crops), take.track.fps, samples)
    progress("cut mouths", len(todo), len(todo))


def pack_mouths(mouths: Iterable[Mouth]) -> Arrays:
    """The arrays of a pack.

    Raises:
        InputError: there is no recording.
    """
    held = list(mouths)
    if not held:
        raise InputError("no recording shows a face: give other recordings.")
    samples = [np.round(np.clip(mouth.samples, -1, 1) * 32767).astype(np.int16) for mouth in held]
    return {
        "crops": np.concatenate([mouth.crops for mouth in held]),
        "samples": np.concatenate(samples),
        "crop_starts": np.cumsum([0, *(len(mouth.crops) for mouth in held)], dtype=np.int64),
        "sample_starts": np.cumsum([0, *map(len, samples)], dtype=np.int64),
        "fps": np.array([mouth.fps for mouth in held], np.float64),
        "names": np.array([mouth.name for mouth in held], np.str_),
        "speakers": np.array([mouth.speaker for mouth in held], np.str_),
    }


def unpack_mouths(pack: Arrays) -> list[Mouth]:
    """The recordings of a pack."""
    crops, samples = pack["crops"], pack["samples"]
    crop_starts, sample_starts = pack["crop_starts"], pack["sample_starts"]
    return [
        Mouth(
            str(pack["names"][k]),
            str(pack["speakers"][k]),
            crops[crop_starts[k] : crop_starts[k + 1]],
            float(pack["fps"][k]),
            samples[sample_starts[k] : sample_starts[k + 1]].astype(np.float32) / np.float32(32767),
        )
        for k in range(len(pack["names"]))
    ]


def prepare_mouths(
    recordings: Sequence[Recording], store: Store, *, places: CropPlacer, cut: Cropper, progress: Progress = no_progress
) -> list[Mouth]:
    """The mouths of recordings, which the store keeps.

    Args:
        recordings: of a split; without any, there are no mouths.
        store: also of what the tracker sees.
        places: see ``read_mouths``.
        cut: see ``read_mouths``.
        progress: hook.

    Raises:
        InputError: none of them shows a face.
    """
    if not recordings:
        return []
    videos = [(recording.name, recording.part, file_digest(recording.video)) for recording in recordings]
    key = key_of(videos, code_digest(__name__, places.__module__, cut.__module__), tracker_digest())

    def make() -> Arrays:
        return pack_mouths(read_mouths(recordings, store, places=places, cut=cut, progress=progress))

    return unpack_mouths(store.arrays("mouths", key, make))
