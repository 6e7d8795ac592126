"""How well the voice embedding tells speakers apart: cosines of pairs of recordings of one speaker and of two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.data.corpus import Corpus
from talkinghead.data.manifest import manifest_rows
from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.media import read_speech
from talkinghead.speech.speaker import speaker_embedding
from talkinghead.types import BoolArray, FloatArray

_PERCENTILES = (5, 50, 95)
_TITLE = """# Telling speakers apart

Cosines of the voice embeddings (Wan et al. 2018, with the weights of Resemblyzer 0.1.4) of all pairs of recordings. Of
LibriSpeech train-clean-100 there is one recording a speaker, cut here into halves; the GRID clips last 3 s. Equal error
rate: where as many pairs of one speaker fall below the threshold as pairs of two rise above it.
"""

Recording = tuple[str, npt.NDArray[np.float32]]


def librispeech(folder: Path) -> Iterator[Recording]:
    """(speaker, samples) of what came with Resemblyzer: test-other as it is, train-clean-100 in halves."""
    for row in (row for row in manifest_rows(folder) if row["file"].startswith("resemblyzer__LibriSpeech")):
        samples = read_speech(folder / row["file"]).samples
        parts = 2 if "train-clean" in row["dataset"] else 1
        yield from ((row["speaker"], part) for part in np.array_split(samples, parts))


def grid(corpus: Path) -> Iterator[Recording]:
    """(speaker, samples) of GRID: the test clips of s1 and the clips of others."""
    for clip in Corpus.open(corpus, unseen=()).recordings():
        if clip.dataset == "GRID" and (clip.speaker != MAIN_SPEAKER or clip.split == "test"):
            yield clip.speaker, clip.speech().samples


def equal_error(cosines: FloatArray, is_same: BoolArray) -> tuple[float, float]:
    """(rate, threshold) at which the share of same pairs below it and that of different pairs above it meet."""
    thresholds = np.sort(cosines)
    missed = np.searchsorted(np.sort(cosines[is_same]), thresholds) / is_same.sum()
    mistaken = 1.0 - np.searchsorted(np.sort(cosines[~is_same]), thresholds) / (~is_same).sum()
    best = int(np.argmin(np.abs(missed - mistaken)))
    return float(missed[best] + mistaken[best]) / 2, float(thresholds[best])


def scores(recordings: Iterator[Recording]) -> dict[str, float]:
    """Numbers of recordings, speakers and pairs, means and percentiles of cosines, equal error rate and threshold."""
    speakers, embeddings = zip(*((speaker, speaker_embedding(samples)) for speaker, samples in recordings))
    rows, columns = np.triu_indices(len(speakers), 1)
    cosines = (np.stack(embeddings) @ np.stack(embeddings).T)[rows, columns]
    is_same = np.array(speakers)[rows] == np.array(speakers)[columns]
    rate, threshold = equal_error(cosines, is_same)
    result = {"recordings": float(len(speakers)), "speakers": float(len(set(speakers)))}
    for name, part in (("same", cosines[is_same]), ("different", cosines[~is_same])):
        result |= {f"{name} pairs": float(len(part)), f"{name} mean": float(part.mean())}
        result |= {f"{name} {p} %": float(np.percentile(part, p)) for p in _PERCENTILES}
    return result | {"equal error rate": rate, "threshold": threshold}


def measure(corpus: Path) -> dict[str, dict[str, float]]:
    """Scores by corpus."""
    return {"LibriSpeech": scores(librispeech(corpus / "speech")), "GRID": scores(grid(corpus))}


def table(result: Mapping[str, Mapping[str, float]]) -> str:
    """The result as Markdown."""
    lines = ["| recordings | pairs | mean cosine | 5 %, 50 %, 95 % | equal error rate |", "|---|---|---|---|---|"]
    for corpus, row in result.items():
        lines.append(f"| {corpus}: {row['recordings']:.0f} of {row['speakers']:.0f} speakers | | | | |")
        for name in ("same", "different"):
            percentiles = ", ".join(f"{row[f'{name} {p} %']:.3f}" for p in _PERCENTILES)
            error = f"{100 * row['equal error rate']:.2f} % at {row['threshold']:.3f}" if name == "same" else ""
            cells = (f"{name} speaker", f"{row[f'{name} pairs']:.0f}", f"{row[f'{name} mean']:.3f}", percentiles, error)
            lines.append(f"| {' | '.join(cells)} |")
    return f"{_TITLE}\n" + "\n".join(lines) + "\n"
