"""Measures by networks: collectors that pass faces and mouths through them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from talkinghead.errors import InputError
from talkinghead.evaluation.clock import Pair, View
from talkinghead.evaluation.measures import Scores
from talkinghead.evaluation.pictures import Collector, FrameBatch
from talkinghead.evaluation.viewing import Viewing
from talkinghead.metrics.fid import FeatureNetwork, inception_features, load_inception
from talkinghead.metrics.frechet import frechet_distance
from talkinghead.metrics.identity import FaceEmbedder, best_embedder, cosine_similarity
from talkinghead.metrics.released_syncnet import load_released_syncnet
from talkinghead.metrics.sync import WINDOW, SyncEmbedder, at_25_fps, sync_score
from talkinghead.metrics.syncnet import load_syncnet
from talkinghead.metrics.vmaf import find_ffmpeg
from talkinghead.types import FloatArray, ImageArray, IndexArray

_Network = TypeVar("_Network")

SYNC, FMD = ("sync-offset", "sync-confidence", "sync-distance"), "fmd"
_PIECE = 100  # crops embedded together
_FACES, _LOOKS = 8, 16  # frames of a video, evenly spread, for comparing faces and for Inception


@dataclass(frozen=True)
class Networks:
    """The networks that are available.

    Attributes:
        sync: compares mouths with sound, or None.
        faces: tells faces apart, or None.
        inception: the network of FID, or None.
        viewer: whether a program for VMAF is available.
        missing: measure -> why it cannot be made.
    """

    sync: SyncEmbedder | None = None
    faces: FaceEmbedder | None = None
    inception: FeatureNetwork | None = None
    viewer: bool = False
    missing: dict[str, str] = field(default_factory=dict)


def load_networks(
    wanted: Collection[str], *, sync_weights: Path | None = None, inception_weights: Path | None = None
) -> Networks:
    """The networks that the wanted measures need, as far as they are available.

    Args:
        wanted: names of measures.
        sync_weights: a file of released SyncNet weights; None: the SyncNet that ships.

    Raises:
        InputError: the file of weights cannot be used.
    """
    missing: dict[str, str] = {}

    def load_if_wanted(names: Collection[str], load: Callable[[], _Network]) -> _Network | None:
        asked = [name for name in names if name in wanted]
        if not asked:
            return None
        try:
            return load()
        except InputError as error:
            missing.update(dict.fromkeys(asked, str(error)))
            return None

    sync: SyncEmbedder | None = None
    if sync_weights is None:
        sync = load_if_wanted((*SYNC, FMD), load_syncnet)
    elif any(name in wanted for name in (*SYNC, FMD)):
        sync = _released(sync_weights)
    faces = load_if_wanted(("csim",), _embedder)
    inception = load_if_wanted(("fid",), lambda: _inception(inception_weights))
    viewer = load_if_wanted(("vmaf",), find_ffmpeg) is not None
    return Networks(sync, faces, inception, viewer, missing)


# Loaded once for many videos.
_embedder = lru_cache(maxsize=1)(best_embedder)
_inception = lru_cache(maxsize=1)(load_inception)
_released = lru_cache(maxsize=1)(load_released_syncnet)


def network_collectors(pair: Pair, wanted: Container[str], networks: Networks) -> list[Collector]:
    """The collectors for the wanted measures whose networks are available."""
    collectors: list[Collector] = []
    names = [name for name in (*SYNC, FMD) if name in wanted]
    if networks.sync is not None and names:
        collectors.append(Synchrony(pair, networks.sync, names))
    if networks.faces is not None and "csim" in wanted and pair.reference is not None:
        collectors.append(Likeness(pair, networks.faces))
    if networks.inception is not None and "fid" in wanted and pair.reference is not None:
        collectors.append(Inception(pair, networks.inception))
    if networks.viewer and "vmaf" in wanted and pair.reference is not None:
        collectors.append(Viewing(pair))
    return collectors


class _Windows:
    """The embeddings of one video's mouth, made as its frames pass; crops are kept only until embedded."""

    def __init__(self, view: View, network: SyncEmbedder) -> None:
        self._network = network
        self._places = network.places(view.track.landmarks)
        self._rows = at_25_fps(len(view), view.track.fps)
        self._crops: list[ImageArray] = []
        self._embedded: list[FloatArray] = []

    def add(self, images: ImageArray, first: int) -> None:
        """Take (n, H, W, 3) frames, the first of them at tick ``first``."""
        begin, end = np.searchsorted(self._rows, (first, first + len(images)))
        rows = self._rows[begin:end]
        if len(rows):
            self._crops.extend(self._network.crop(images[rows - first], self._places[rows]))
        if len(self._crops) >= _PIECE + WINDOW - 1:
            self._embed()

    def finish(self) -> FloatArray:
        """(count - 4, d) all embeddings."""
        if len(self._crops) >= WINDOW or not self._embedded:
            self._embed()
        return np.concatenate(self._embedded)

    @property
    def count(self) -> int:
        """Frames at 25 per second."""
        return len(self._rows)

    def _embed(self) -> None:
        self._embedded.append(self._network.embed_video(np.stack(self._crops)))
        del self._crops[: max(0, len(self._crops) - WINDOW + 1)]


class Synchrony:
    """Whether mouth and sound are in sync, and whether the mouth moves as real ones do."""

    def __init__(self, pair: Pair, network: SyncEmbedder, names: Collection[str]) -> None:
        """``names`` are the wanted measures."""
        self._evidence, self._network, self._names = pair.output.evidence, network, names
        self._output = _Windows(pair.output, network)
        compared = pair.reference is not None and FMD in names
        self._reference = _Windows(pair.reference, network) if compared and pair.reference is not None else None

    def add(self, batch: FrameBatch) -> None:
        """Look at the next frames."""
        self._output.add(batch.images, batch.first)
        if self._reference is not None and batch.reference is not None:
            self._reference.add(batch.reference, batch.first)

    def finish(self, scores: Scores) -> None:
        """Enter what was found."""
        mouths = self._output.finish()
        if len(mouths) == 0:
            scores.missing |= dict.fromkeys(self._names, f"it needs {WINDOW / 25:g} s of video, and there is less.")
            return
        if FMD in self._names and self._reference is not None:
            scores.features |= {"mouth": mouths, "reference mouth": self._reference.finish()}
            _enter_distance(scores, FMD, "mouth")
        names = [name for name in SYNC if name in self._names]
        if names and self._evidence.speech is None:
            scores.missing |= dict.fromkeys(names, self._evidence.silent_because)
        elif names and self._evidence.speech is not None:
            score = sync_score(mouths, self._network.embed_audio(self._evidence.speech, self._output.count))
            made = (float(score.offset), score.confidence, score.distance)
            scores.values |= {name: value for name, value in zip(SYNC, made) if name in names}
            scores.notes.append(f"synchrony is measured by {self._network.name}.")


class _Spread:
    """Frames spread evenly over some rows of a video."""

    def __init__(self, rows: IndexArray, most: int) -> None:
        self._rows = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int)]

    def of(self, batch: FrameBatch) -> IndexArray:
        """The rows that are in a batch, counted from its first."""
        begin, end = np.searchsorted(self._rows, (batch.first, batch.first + len(batch.images)))
        return np.asarray(self._rows[begin:end] - batch.first)


class Likeness:
    """Whether both show the same person, in frames spread evenly over those in which both show a face."""

    def __init__(self, pair: Pair, embedder: FaceEmbedder) -> None:
        self._embedder = embedder
        self._spread = _Spread(np.flatnonzero(pair.both_found), _FACES)
        self._values: list[float] = []

    def add(self, batch: FrameBatch) -> None:
        """Look at the next frames."""
        rows = self._spread.of(batch)
        if len(rows) and batch.reference is not None and batch.reference_landmarks is not None:
            own = self._embedder(batch.images[rows], batch.landmarks[rows])
            real = self._embedder(batch.reference[rows], batch.reference_landmarks[rows])
            self._values.extend(cosine_similarity(own, real))

    def finish(self, scores: Scores) -> None:
        """Enter the mean."""
        scores.values["csim"] = float(np.mean(self._values))
        scores.notes.append(f"faces are told apart by {self._embedder.name}.")


class Inception:
    """Inception-v3's features of frames spread evenly over both videos: the samples of FID."""

    def __init__(self, pair: Pair, network: FeatureNetwork) -> None:
        self._network = network
        self._spread = _Spread(np.arange(len(pair)), _LOOKS)
        self._seen: tuple[list[FloatArray], list[FloatArray]] = ([], [])

    def add(self, batch: FrameBatch) -> None:
        """Look at the next frames."""
        rows = self._spread.of(batch)
        if len(rows) and batch.reference is not None:
            for seen, images in zip(self._seen, (batch.images, batch.reference)):
                seen.append(inception_features(images[rows], network=self._network))

    def finish(self, scores: Scores) -> None:
        """Enter the features and their distance."""
        own, real = (np.concatenate(seen) for seen in self._seen)
        scores.features |= {"inception": own, "reference inception": real}
        _enter_distance(scores, "fid", "inception")


def _enter_distance(scores: Scores, name: str, feature: str) -> None:
    own, real = scores.features[feature], scores.features[f"reference {feature}"]
    if min(len(own), len(real)) < 2:
        scores.missing[name] = "it needs two samples of each video, and there is one."
    else:
        scores.values[name] = frechet_distance(own, real)
