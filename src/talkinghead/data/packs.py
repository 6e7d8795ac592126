"""Labelled speech on disk in a form that training reads at once.

A pack is an ``.npz`` without compression, for K recordings or pieces of them:

- ``samples``: int16 at 16 kHz (full scale 32767), one recording after the other; recording k is
  ``samples[sample_starts[k]:sample_starts[k + 1]]``;
- ``labels``: uint8 at 100 Hz, places in ``CLASSES``; recording k is ``labels[label_starts[k]:label_starts[k + 1]]``, of
  which frame t is the phone at t / 100 s from the recording's beginning, ceil(samples / 160) frames in all;
- ``sample_starts``, ``label_starts``: (K + 1,) int64;
- ``speakers``, ``sources``: (K,) strings;
- ``weights``: (K,) float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.data.phone_labels import frame_labels
from talkinghead.data.prompts import sentences
from talkinghead.data.spoken import Spoken, load_spoken
from talkinghead.data.synthesised import synthesise
from talkinghead.errors import InputError, announce
from talkinghead.foreign import read_arrays, refuse_damage
from talkinghead.parts import replace_whole
from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.features import SAMPLE_RATE

_ARRAYS = ("samples", "labels", "sample_starts", "label_starts", "speakers", "sources", "weights")


@dataclass(frozen=True)
class Pack:
    """The arrays of a pack; the module's docstring says what they hold."""

    samples: npt.NDArray[np.int16]
    labels: npt.NDArray[np.uint8]
    sample_starts: npt.NDArray[np.int64]
    label_starts: npt.NDArray[np.int64]
    speakers: npt.NDArray[np.str_]
    sources: npt.NDArray[np.str_]
    weights: npt.NDArray[np.float32]

    def __len__(self) -> int:
        """How many recordings or pieces there are."""
        return len(self.weights)

    def samples_of(self, index: int) -> npt.NDArray[np.float32]:
        """(N,) float32 in [-1, 1] at 16 kHz."""
        piece = self.samples[self.sample_starts[index] : self.sample_starts[index + 1]]
        return piece.astype(np.float32) / np.float32(32767)

    def labels_of(self, index: int) -> npt.NDArray[np.uint8]:
        """(ceil(N / 160),) places in ``CLASSES``."""
        return self.labels[self.label_starts[index] : self.label_starts[index + 1]]

    def hours(self) -> dict[str, float]:
        """Hours by source."""
        lengths = np.diff(self.sample_starts) / SAMPLE_RATE / 3600
        return {str(s): float(lengths[self.sources == s].sum()) for s in dict.fromkeys(self.sources.tolist())}


def pack(items: Iterable[Spoken]) -> Pack:
    """The pack of what is given, in its order."""
    samples, labels, rows = [], [], []
    for item in items:
        samples.append(np.round(np.clip(item.samples, -1, 1) * 32767).astype(np.int16))
        labels.append(frame_labels(item.phones, len(item.samples), SAMPLE_RATE))
        rows.append((item.speaker, item.source, item.weight))
    return Pack(
        np.concatenate([*samples, np.zeros(0, np.int16)]),
        np.concatenate([*labels, np.zeros(0, np.uint8)]),
        np.cumsum([0, *map(len, samples)], dtype=np.int64),
        np.cumsum([0, *map(len, labels)], dtype=np.int64),
        np.array([row[0] for row in rows], dtype=np.str_),
        np.array([row[1] for row in rows], dtype=np.str_),
        np.array([row[2] for row in rows], dtype=np.float32),
    )


def save_pack(pack: Pack, path: Path) -> None:
    """Write a pack; a file that is there already is replaced as a whole."""
    with replace_whole(path) as part:
        np.savez(part, **{name: getattr(pack, name) for name in _ARRAYS})


def load_pack(path: Path) -> Pack:
    """A pack that ``save_pack`` wrote.

    Raises:
        InputError: there is no such file, or it is not a pack of these classes.
    """
    with refuse_damage(path, kind="a pack of labelled speech", remedy="delete it, and it is prepared again."):
        arrays = read_arrays(
            path, kind="a pack of labelled speech", remedy="delete it, and it is prepared again.", largest=None
        )
        loaded = Pack(*(arrays[name] for name in _ARRAYS))
    if len(loaded.labels) and loaded.labels.max() >= len(CLASSES):
        raise InputError(f"{path}: labels beyond the {len(CLASSES)} classes; prepare it again.")
    return loaded


def is_whole(path: Path, load: Callable[[Path], object]) -> bool:
    """Whether a pack is there and can be loaded; one that is there and cannot is announced."""
    if not path.exists():
        return False
    try:
        load(path)
    except InputError:
        announce(f"{path} is damaged and is made again.")
        return False
    return True


def prepare(corpus: Path, cache: Path, *, hours: float = 3.0, seed: int = 0) -> Iterator[Path]:
    """Make the three packs in ``cache``, each as it is asked for; those that are there and whole are kept.

    Args:
        corpus: the folder of the shared recordings.
        cache: a folder: ``heldout.npz``, ``real.npz``, ``synthesised.npz``, and the labels in ``labels/``.
        hours: of synthetic speech.
        seed: of the synthetic speech.

    Yields:
        The path of each pack when it is there.

    Raises:
        InputError: the folder is not the shared corpus.
    """
    labels = cache / "labels"
    makers: dict[str, Callable[[], Iterable[Spoken]]] = {
        "heldout.npz": lambda: load_spoken(corpus, "held-out", cache=labels),
        "synthesised.npz": lambda: synthesise(hours, seed=seed, sentences=sentences(corpus)),
        "real.npz": lambda: load_spoken(corpus, "train", cache=labels),
    }
    for name, make in makers.items():
        path = cache / name
        if not is_whole(path, load_pack):
            save_pack(pack(make()), path)
        yield path
