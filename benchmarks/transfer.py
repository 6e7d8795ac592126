"""The part "transfer": how near one man's real mouth comes to other people's, when it says the same words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.intervals import cell, interval
from benchmarks.voices import Sample, known_speaker, other_speakers
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import read_takes
from talkinghead.face.pose import head_landmarks
from talkinghead.metrics.aperture import aperture
from talkinghead.speech.alignment.align import align
from talkinghead.store import Store
from talkinghead.types import FloatArray, Interval, Speech

OTHERS, HIMSELF = "GRID, 9 other speakers", "GRID s1, val"
_TAKES = (1, 10)
_KNOWN = 30  # clips of himself
_AROUND_S = 0.4  # of a word's surroundings that come with it
_SENTENCE = 6  # words
_SAME_S = 0.004  # boundaries of words and phones are the same to so much
_TITLE = f"""# One speaker's mouth for another's

How much GRID s1 alone can teach about other people, by the correlation of the mouth's opening. There is no network
here: his real opening is taken from training clips with the same word at the same place of the sentence and brought to
the time of the clip phone by phone; one take of each word, or the mean of {_TAKES[-1]}. A method that has learned from
him alone can hardly do better, however well it understands speech. Median, and mean with its bootstrap 95 % interval.
"""


@dataclass(frozen=True)
class Take:
    """A sentence said: its words and phones, the opening (T,) of the mouth, frames per second."""

    speech: Speech
    opening: FloatArray
    fps: float


def words_of(clip: Recording) -> tuple[str, ...]:
    """The words of a clip of GRID, without silences."""
    return tuple(word.label for word in clip.words() if word.label not in ("sil", "sp"))


class Takes:
    """What a corpus has of each word at each place of the sentence; read when it is first asked for.

    Args:
        clips: of GRID s1.
        cache: folder with their tracks.
    """

    def __init__(self, clips: Iterable[Recording], cache: Path) -> None:
        self._cache = cache
        self._of: defaultdict[tuple[int, str], list[Recording]] = defaultdict(list)
        self._read: dict[str, Take | None] = {}
        for clip in clips:
            for place, word in enumerate(words_of(clip)):
                self._of[place, word].append(clip)

    def of(self, place: int, word: str, rng: np.random.Generator) -> Iterable[Take]:
        """Takes of a word at a place, in an order by chance."""
        clips = self._of[place, word]
        for number in rng.permutation(len(clips)):
            take = self._take(clips[number])
            if take is not None:
                yield take

    def _take(self, clip: Recording) -> Take | None:
        if clip.name not in self._read:
            self._read[clip.name] = None
            for take in read_takes([clip], Store(self._cache)):
                track = take.track
                speech = align(clip.speech(), " ".join(words_of(clip)))
                if speech.words is not None and len(speech.words) == _SENTENCE:
                    self._read[clip.name] = Take(speech, aperture(head_landmarks(track)), track.fps)
        return self._read[clip.name]


def _phones(speech: Speech, word: Interval) -> list[Interval]:
    return [phone for phone in speech.phones or () if word.start - _SAME_S <= phone.start < word.end - _SAME_S]


def source_times(times: FloatArray, here: Speech, there: Speech, place: int) -> FloatArray:
    """(T,) the times in one sentence that go with times (T,) in another, about the word at a place in both.

    Phone goes to phone where they are the same in both, else word to word; before and after it both run alike.
    """
    own, other = ((speech.words or ())[place] for speech in (here, there))
    inside, outside = _phones(here, own), _phones(there, other)
    if [phone.label for phone in inside] != [phone.label for phone in outside]:
        inside = outside = []
    knots = [
        [word.start - _AROUND_S, word.start, *(phone.start for phone in phones[1:]), word.end, word.end + _AROUND_S]
        for word, phones in ((own, inside), (other, outside))
    ]
    return np.asarray(np.interp(times, *knots))


def opening(sample: Sample, takes: Takes, count: int, rng: np.random.Generator) -> FloatArray:
    """(T,) the opening that the takes give the sentence of a sample: each word's is the mean of so many takes."""
    words, speech = sample.speech.words or (), sample.speech
    times = np.arange(len(sample.reference)) / sample.fps
    found = np.full(len(times), np.nan)
    for place, word in enumerate(words):
        after = words[place - 1].end if place else 0.0
        before = words[place + 1].start if place + 1 < len(words) else np.inf
        near = (times >= max(after, word.start - _AROUND_S)) & (times <= min(before, word.end + _AROUND_S))
        rows = []
        for take in takes.of(place, word.label.lower(), rng):
            at = source_times(times[near], speech, take.speech, place)
            rows.append(np.interp(at, np.arange(len(take.opening)) / take.fps, take.opening))
            if len(rows) == count:
                break
        if rows:
            found[near] = np.mean(rows, axis=0)
    known = np.isfinite(found)
    return np.asarray(np.interp(times, times[known], found[known]))


def measure(corpus: Path, cache: Path) -> dict[str, dict[str, list[float]]]:
    """Correlation with the real opening, one value per clip: whose clips -> takes of each word -> values.

    Args:
        corpus: the folder of the recordings.
        cache: folder for tracks.
    """
    takes = Takes(Corpus.open(corpus / "grid_s1").recordings("train"), cache)
    groups: Mapping[str, Iterable[Sample]] = {
        OTHERS: other_speakers(corpus / "clips", cache),
        HIMSELF: known_speaker(corpus / "grid_s1", cache, split="val", limit=_KNOWN),
    }
    rng = np.random.default_rng(0)
    result: dict[str, dict[str, list[float]]] = {}
    for group, samples in groups.items():
        for sample in samples:
            if len(sample.speech.words or ()) != _SENTENCE:
                continue  # the alignment has said what is wrong
            for count in _TAKES:
                made = opening(sample, takes, count, rng)
                value = float(np.corrcoef(made, aperture(sample.reference))[0, 1])
                result.setdefault(group, {}).setdefault(str(count), []).append(value)
    return result


def summarise(result: Mapping[str, Mapping[str, list[float]]]) -> dict[str, dict[str, Any]]:
    """The result of ``measure`` without its clips: median and interval of each row."""
    return {
        group: {count: {"median": float(np.median(values)), "mean": interval(values)} for count, values in rows.items()}
        for group, rows in result.items()
    }


def table(result: Mapping[str, Mapping[str, Any]]) -> str:
    """What ``summarise`` gives as Markdown."""
    lines = [_TITLE, "| clips of | takes of each word | median | mean |", "|---|---|---|---|"]
    for group, rows in result.items():
        for count, row in rows.items():
            cells = f"{row['median']:.3f} | {cell(row['mean'], 3)}"
            lines.append(f"| {group} ({row['mean']['clips']}) | {count} | {cells} |")
    return "\n".join(lines) + "\n"
