"""The phone recogniser on unseen people, beside pocketsphinx' own phone loop on the same files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pocketsphinx

from talkinghead.data.packs import Pack, load_pack, prepare
from talkinghead.recipes.phone_sounds import HELD_BACK
from talkinghead.speech.arpabet import BILABIALS, CLASSES, LABIODENTALS, SILENCE, VISEMES
from talkinghead.speech.phones import best_path, phone_posteriors

Labels = npt.NDArray[np.integer[Any]]
Samples = npt.NDArray[np.float32]

_MOST = 60  # recordings of a group
_PLACE = {label: place for place, label in enumerate(CLASSES)}
_VISEME = np.array([next(k for k, group in enumerate(VISEMES.values()) if label in group) for label in CLASSES])
_TITLE = """# Phone recogniser on unseen voices

Frames of 10 ms compared with phones that were aligned with the transcript (MFA: its own TextGrids where there are any).
Frame accuracy counts 40 classes, viseme accuracy the 12 that look alike on the lips. Phone error rate: insertions,
deletions and substitutions per phone, without silences. A closure is found if any frame of a p, b or m (f or v) is
recognised as one of p, b, m (f, v); precision is the share of the frames recognised as such that are such, within one
frame. LibriSpeech's labels rest on what Whisper tiny.en recognises, whose encoder the recogniser hears through, so they
may flatter it; the words of GRID, MFA, speechbrain and VCTK are known otherwise. All but GRID, MFA, speechbrain and
VCTK's p287 served for validation during training. "Heard voice": the only speaker of a source, in recordings that were
held back. Languages but English have the phones that espeak-ng gives their texts, replaced by the nearest ones of
English.
"""


def phone_errors(recognised: Labels, known: Labels) -> tuple[int, int]:
    """Insertions, deletions and substitutions (Levenshtein 1966) between rows of frames, and phones in ``known``."""
    one, other = (_runs(row) for row in (recognised, known))
    costs = np.arange(len(other) + 1)
    for row, label in enumerate(one, start=1):
        previous, costs = costs, np.empty_like(costs)
        costs[0] = row
        reached = np.minimum(previous[:-1] + (other != label), previous[1:] + 1)
        for column in range(1, len(costs)):
            costs[column] = min(reached[column - 1], costs[column - 1] + 1)
    return int(costs[-1]), len(other)


def _runs(row: Labels) -> Labels:
    changed = np.flatnonzero(np.diff(row, prepend=-1))
    runs = row[changed]
    runs = runs[runs != _PLACE[SILENCE]]
    return np.asarray(runs[np.flatnonzero(np.diff(runs, prepend=-1))])


def _own(samples: Samples) -> tuple[Labels, Labels]:
    posteriors = phone_posteriors(samples)
    return posteriors.argmax(axis=1), best_path(posteriors)


class _PhoneLoop:
    """pocketsphinx with its phone language model, settings as its documentation advises for phones."""

    def __init__(self) -> None:
        model = Path(pocketsphinx.get_model_path()) / "en-us"
        self._decoder = pocketsphinx.Decoder(
            allphone=str(model / "en-us-phone.lm.bin"),
            lm=None,
            lw=2.0,
            beam=1e-20,
            pbeam=1e-20,
            samprate=16_000,
            loglevel="FATAL",
        )

    def __call__(self, samples: Samples) -> tuple[Labels, Labels]:
        """Labels of the frames, twice: the loop knows no frames without a path."""
        self._decoder.start_utt()
        self._decoder.process_raw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
        self._decoder.end_utt()
        labels = np.zeros(-(-len(samples) // 160), int)
        for segment in self._decoder.seg() or ():
            label = re.sub(r"\(\d+\)$", "", segment.word)
            labels[segment.start_frame : segment.end_frame + 1] = _PLACE.get(label, _PLACE[SILENCE])
        return labels, labels


def scores(listen: Callable[[Samples], tuple[Labels, Labels]], pack: Pack, rows: Labels) -> dict[str, float]:
    """What a recogniser makes of some recordings of a pack.

    Args:
        listen: samples at 16 kHz -> labels (T,) at 100 Hz frame by frame, and along the best path.
        pack: the recordings.
        rows: which of them.
    """
    recognised, known, errors, phones, found = [], [], 0, 0, {"p b m": [0, 0], "f v": [0, 0]}
    for row in rows:
        answer, path = listen(pack.samples_of(int(row)))
        truth = pack.labels_of(int(row)).astype(int)
        count = min(len(answer), len(truth))
        answer, path, truth = answer[:count], path[:count], truth[:count]
        recognised.append(answer)
        known.append(truth)
        wrong, of = phone_errors(path, truth)
        errors, phones = errors + wrong, phones + of
        for name, group in (("p b m", BILABIALS), ("f v", LABIODENTALS)):
            members = [_PLACE[label] for label in group]
            edges = np.flatnonzero(np.diff(truth, prepend=-1, append=-1))
            for start, end in pairwise(edges):
                if truth[start] in members:
                    found[name][0] += bool(np.isin(answer[start:end], members).any())
                    found[name][1] += 1
    answer, truth = np.concatenate(recognised), np.concatenate(known)
    result = {
        "frame accuracy": float(np.mean(answer == truth)),
        "viseme accuracy": float(np.mean(_VISEME[answer] == _VISEME[truth])),
        "phone error rate": errors / max(phones, 1),
    }
    for name, group in (("p b m", BILABIALS), ("f v", LABIODENTALS)):
        members = [_PLACE[label] for label in group]
        said, thought = np.isin(truth, members), np.isin(answer, members)
        nearly = said | np.roll(said, 1) | np.roll(said, -1)
        result[f"{name}: frames recalled"] = float(thought[said].mean())
        result[f"{name}: closures found"] = found[name][0] / max(found[name][1], 1)
        result[f"{name}: precision"] = float(nearly[thought].mean()) if thought.any() else 0.0
    return result | {"minutes": len(truth) / 6000}


def measure(corpus: Path, cache: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Scores by group of speakers and recogniser.

    Args:
        corpus: the folder of recordings.
        cache: folder of the packs (``data.packs.prepare``).
    """
    loop, result = _PhoneLoop(), {}
    for group, pack, rows in _groups(corpus, cache):
        result[group] = {"talkinghead": scores(_own, pack, rows), "pocketsphinx phone loop": scores(loop, pack, rows)}
    return result


def _groups(corpus: Path, cache: Path) -> Iterator[tuple[str, Pack, Labels]]:
    """The speakers who are held out, by source; and of the sources whose only speaker is learned from, what is not."""
    packs = {path.stem: load_pack(path) for path in prepare(corpus, cache)}
    strangers = packs["heldout"]
    known = dict.fromkeys(strangers.sources.tolist())
    for source in known:
        yield str(source), strangers, _spread(np.flatnonzero(strangers.sources == source))
    heard = packs["real"]
    for source in dict.fromkeys(heard.sources.tolist()):
        rows = np.flatnonzero(heard.sources == source)
        rows = rows[rows % HELD_BACK == 0]
        if source not in known and len(rows):
            yield f"{source}, heard voice", heard, _spread(rows)


def _spread(rows: Labels) -> Labels:
    """At most so many recordings of a group, evenly spread: some groups have thousands."""
    return rows[:: -(-len(rows) // _MOST)]


def table(result: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """The result as Markdown."""
    names = [name for name in next(iter(next(iter(result.values())).values())) if name != "minutes"]
    lines = [f"| speakers | recogniser | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    for group, recognisers in result.items():
        for recogniser, row in recognisers.items():
            cells = " | ".join(f"{100 * row[name]:.1f} %" for name in names)
            lines.append(f"| {group} ({row['minutes']:.1f} min) | {recogniser} | {cells} |")
    return "\n".join([_TITLE, *lines]) + "\n"
