"""How well the shipped SyncNet works on unseen people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.data.corpus import UNSEEN_BY_SYNCNET, Corpus
from talkinghead.data.mouths import Mouth, prepare_mouths
from talkinghead.metrics.sync import offsets_by_window, sync_score
from talkinghead.metrics.syncnet import SyncNet, crop_mouths, load_syncnet, mouth_places
from talkinghead.speech.features import SAMPLE_RATE
from talkinghead.store import Store
from talkinghead.types import FloatArray, Speech

SHIFTS = range(-5, 6)
JITTERS = range(5)

_CACHE = Path(__file__).resolve().parents[1] / "runs" / "store"
_GOAL = 0.95
_TITLES = {"test": "GRID s1, test split", "unseen": "GRID, 5 unseen speakers", "out of step": "out of step"}
_OUT_OF_STEP = "out of step"
_TITLE = f"""# Synchrony: how well SyncNet works on unseen people

Real videos that the shipped SyncNet has not learned from. Each is put out of step by {SHIFTS[0]} to {SHIFTS[-1]} frames
of 25 per second and scored over every two seconds, half a second apart. Found: the share of windows whose shift is
found to within one frame (goal: {_GOAL:.0%}). Some recordings are out of step to begin with; "found from its own"
counts from the offset that SyncNet sees in the whole unshifted clip. Confidence is the median distance over offsets of
+-15 frames minus the least (Chung and Zisserman 2016, section 3.1).
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """The embeddings of a recording's picture and sound, (n, d) each."""

    name: str
    video: FloatArray
    audio: FloatArray


def embed(mouths: Sequence[Mouth], syncnet: SyncNet) -> list[Pair]:
    """The embeddings of recordings, as long as both picture and sound last."""
    pairs = []
    for mouth in mouths:
        frames = round(mouth.duration * mouth.fps)
        video = syncnet.embed_video(mouth.crops[:frames], mouth.fps)
        pairs.append(Pair(mouth.name, video, syncnet.embed_audio(Speech(mouth.samples, SAMPLE_RATE), len(video) + 4)))
    return pairs


def shift_pair(pair: Pair, shift: int) -> tuple[FloatArray, FloatArray]:
    """Video and sound of a pair whose picture comes ``shift`` frames later than it did."""
    late, early = max(shift, 0), max(-shift, 0)
    return pair.video[early : len(pair.video) - late], pair.audio[late : len(pair.audio) - early]


def find_shifts(pair: Pair) -> tuple[list[bool], list[bool]]:
    """For each shift and each two seconds, whether it is found: as it is, and from the clip's own offset on."""
    own = sync_score(pair.video, pair.audio).offset
    as_it_is: list[bool] = []
    from_own: list[bool] = []
    for shift in SHIFTS:
        offsets = np.array([score.offset for score in offsets_by_window(*shift_pair(pair, shift), step=12)])
        as_it_is += (np.abs(offsets - shift) <= 1).tolist()
        from_own += (np.abs(offsets - shift - own) <= 1).tolist()
    return as_it_is, from_own


def jittered_confidence(pair: Pair, jitter: int) -> float:
    """The confidence where each window of video is taken from up to ``jitter`` frames beside its place, by chance."""
    rng = np.random.default_rng(0)
    count = len(pair.video)
    places = np.arange(count) + rng.integers(-jitter, jitter + 1, count)
    return sync_score(pair.video[places.clip(0, count - 1)], pair.audio).confidence


def score_group(pairs: Sequence[Pair], still: Sequence[Pair]) -> Row:
    """All that is reported of a group.

    Args:
        pairs: the recordings.
        still: the same with the first picture held all along.
    """
    results = [find_shifts(pair) for pair in pairs]
    scores = [sync_score(pair.video, pair.audio) for pair in pairs]
    others = []
    for pair, other in zip(pairs, [*pairs[1:], *pairs[:1]]):
        count = min(len(pair.video), len(other.audio))
        others.append(sync_score(pair.video[:count], other.audio[:count]).confidence)
    return {
        "clips": len(pairs),
        "windows": sum(len(as_it_is) for as_it_is, _ in results),
        "found": float(np.mean(np.concatenate([as_it_is for as_it_is, _ in results]))),
        "found from its own": float(np.mean(np.concatenate([from_own for _, from_own in results]))),
        "offsets": {pair.name: score.offset for pair, score in zip(pairs, scores)},
        "confidence": float(np.mean([score.confidence for score in scores])),
        "distance": float(np.mean([score.distance for score in scores])),
        "jitter": [float(np.mean([jittered_confidence(pair, jitter) for pair in pairs])) for jitter in JITTERS],
        "still picture": float(np.mean([sync_score(pair.video, pair.audio).confidence for pair in still])),
        "other sound": float(np.mean(others)) if len(pairs) > 1 else None,
    }


def measure(corpus: Path, *, cache: Path = _CACHE, syncnet: SyncNet | None = None) -> dict[str, Row]:
    """SyncNet's scores of real videos, by group: the test split, speakers held out, and each set of unseen people.

    Args:
        corpus: folder with ``grid_s1`` and ``clips`` in it.
        cache: folder for crops and tracks; the store of the training will do.
        syncnet: None: the one that ships.
    """
    syncnet = load_syncnet() if syncnet is None else syncnet
    result = {}
    table = Corpus.open(corpus, unseen=UNSEEN_BY_SYNCNET)
    groups = {split: table.recordings(split, in_step=True) for split in ("test", "unseen", "research")}
    for group, recordings in {**groups, _OUT_OF_STEP: table.recordings(in_step=False)}.items():
        datasets = {item.name: _TITLES.get(group, item.dataset) for item in recordings}
        mouths = prepare_mouths(recordings, Store(cache), places=mouth_places, cut=crop_mouths)
        for title in dict.fromkeys(datasets[mouth.name] for mouth in mouths):
            mine = [mouth for mouth in mouths if datasets[mouth.name] == title and mouth.duration > 2.0]
            held = [_hold_first_frame(mouth) for mouth in mine]
            if mine:
                result[title] = score_group(embed(mine, syncnet), embed(held, syncnet))
    return result


def _hold_first_frame(mouth: Mouth) -> Mouth:
    crops = np.repeat(mouth.crops[:1], len(mouth.crops), axis=0)
    return Mouth(mouth.name, mouth.speaker, crops, mouth.fps, mouth.samples)


def summarise(result: Mapping[str, Row]) -> dict[str, Row]:
    """The result of ``measure`` without the offsets of single clips, but of those that are out of step."""
    return {
        title: row if title == _OUT_OF_STEP else {key: value for key, value in row.items() if key != "offsets"}
        for title, row in result.items()
    }


def table(result: Mapping[str, Row]) -> str:
    """What ``summarise`` gives as Markdown."""
    lines = ["| clips | found | found from its own | confidence | distance |", "|---|---|---|---|---|"]
    heads = ["clips", "in step", *(f"+-{jitter}" for jitter in JITTERS[1:]), "still picture", "other sound"]
    beside = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for name, row in result.items():
        first = f"{name} ({row['clips']})"
        cells = [first, f"{row['found']:.1%}", f"{row['found from its own']:.1%}"]
        lines.append(f"| {' | '.join([*cells, format(row['confidence'], '.3f'), format(row['distance'], '.3f')])} |")
        values = [*row["jitter"], row["still picture"], row["other sound"]]
        cells = ["-" if value is None else f"{value:.3f}" for value in values]
        beside.append(f"| {' | '.join([first, *cells])} |")
    text = f"{_TITLE}\n" + "\n".join(lines) + "\n"
    if _OUT_OF_STEP in result:
        offsets = result[_OUT_OF_STEP]["offsets"].items()
        text += "\nOut of step are clips whose lips, by their p, b and m, run 2 to 6 frames ahead; SyncNet sees "
        text += ", ".join(f"{name}: {offset:+d}" for name, offset in offsets) + ".\n"
    text += "\nConfidence where each window of video is displaced by chance, up to so many frames:\n\n"
    return text + "\n".join(beside) + "\n"
