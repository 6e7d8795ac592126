"""Whether stretches of a video are told apart by who is in them: differences of faces of one person and of two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import MAIN_SPEAKER, Recording
from talkinghead.data.tracks import raw_track_of
from talkinghead.store import Store
from talkinghead.tracking.stretches import SAME_PERSON, Stretch, find_stretches
from talkinghead.types import FloatArray, num_frames

SECONDS = 1.6
THRESHOLDS = (0.8, 0.9, 1.0, 1.1, 1.2, 1.3)
ONE_CLIP, ONE_PERSON, TWO_PEOPLE = "one clip", "one person, two clips", "two people"

_MOST = 8  # pieces of a stretch
_OF_MAIN = 6  # clips of the speaker of most of the corpus
_TITLE = f"""# Telling people apart in a video

A reference video with cuts may show several people. Stretches without a cut belong to one person where their faces
differ by less than {SAME_PERSON:.1f} in shape and colours (`tracking.stretches`). Here that difference is measured
between pieces of {SECONDS:g} s: the share of pairs that are taken for one person. Every person, and every pair of
people, weighs the same. The threshold is the one from which on hardly more pieces of a clip are put together, but more
and more of two people.
"""


@dataclass(frozen=True)
class Piece:
    """A short stretch of a clip, and who is in it."""

    clip: str
    speaker: str
    stretch: Stretch


def read_pieces(recordings: Iterable[Recording], store: Store) -> Iterator[Piece]:
    """The pieces of ``SECONDS`` of recordings, at most eight of each of their stretches."""
    for recording in recordings:
        raw = raw_track_of(recording.video, store)
        count = num_frames(SECONDS, raw.fps)
        for whole in find_stretches(raw):
            for start in range(whole.start, whole.stop - count + 1, count)[:_MOST]:
                found = find_stretches(raw[start : start + count])
                yield from (Piece(recording.name, recording.speaker, one) for one in found if len(one) == count)


def compare_pieces(pieces: Sequence[Piece]) -> dict[str, Any]:
    """Numbers of clips, people, pieces and pairs, and kind of pair -> share below each of ``THRESHOLDS``."""
    of_people: dict[str, dict[tuple[str, str], list[float]]] = {kind: {} for kind in (ONE_CLIP, ONE_PERSON, TWO_PEOPLE)}
    for one, other in combinations(pieces, 2):
        same = one.speaker == other.speaker
        kind = TWO_PEOPLE if not same else ONE_CLIP if one.clip == other.clip else ONE_PERSON
        people = (min(one.speaker, other.speaker), max(one.speaker, other.speaker))
        of_people[kind].setdefault(people, []).append(one.stretch.difference(other.stretch))
    return {
        "clips": len({piece.clip for piece in pieces}),
        "people": len({piece.speaker for piece in pieces}),
        "pieces": len(pieces),
        "pairs": {kind: sum(map(len, rows.values())) for kind, rows in of_people.items()},
        "below": {kind: _shares(list(rows.values())) for kind, rows in of_people.items()},
    }


def _shares(rows: Sequence[Sequence[float]]) -> list[float | None]:
    """The share of differences below each threshold, the mean over people; None where there are none."""
    if not rows:
        return [None] * len(THRESHOLDS)
    shares: FloatArray = np.mean([[np.mean(np.array(row) < limit) for limit in THRESHOLDS] for row in rows], axis=0)
    return [float(share) for share in shares]


def measure(corpus: Path, store: Store) -> dict[str, Any]:
    """``compare_pieces`` of all clips of the corpus, and a few of its main speaker.

    Args:
        corpus: the folder of the recordings.
        store: keeps the tracks.
    """
    table = Corpus.open(corpus)
    others = [recording for recording in table.recordings() if recording.speaker != MAIN_SPEAKER]
    main = table.recordings("test", speakers=(MAIN_SPEAKER,))[:_OF_MAIN]
    return compare_pieces(list(read_pieces([*others, *main], store)))


def table(result: Mapping[str, Any]) -> str:
    """The result as Markdown."""
    said = f"{result['pieces']} pieces of {result['clips']} clips of {result['people']} people."
    lines = [f"| taken for one person below | {' | '.join(f'{limit:.1f}' for limit in THRESHOLDS)} |"]
    lines.append("|---" * (1 + len(THRESHOLDS)) + "|")
    for kind, shares in result["below"].items():
        cells = ["" if share is None else f"{100 * share:.1f} %" for share in shares]
        lines.append(f"| {kind} ({result['pairs'][kind]} pairs) | {' | '.join(cells)} |")
    return f"{_TITLE}\n{said}\n\n" + "\n".join(lines) + "\n"
