"""Whether the content code says what is said and not who says it, by linear probes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from talkinghead.data.packs import load_pack, prepare
from talkinghead.data.phone_labels import LABEL_RATE
from talkinghead.data.voice_packs import HELD_OUT_VOICES, people
from talkinghead.methods.makeittalk.features import load_codes
from talkinghead.methods.makeittalk.voice import VOICE_RATE, mean_of_speech
from talkinghead.speech.arpabet import BILABIALS, CLASSES, LABIODENTALS, SILENCE
from talkinghead.speech.features import SAMPLE_RATE
from talkinghead.speech.phonetic import LogMel, PhonePosteriors, PhoneticFeatures, Rows
from talkinghead.types import FloatArray, Speech
from talkinghead.weights import Weights

Labels = npt.NDArray[np.int64]

_ITERATIONS = 60
_DECAY = 1e-3
_MEAN_FRAMES = 62  # a second
_SPEAKERS = tuple(name for name in HELD_OUT_VOICES if name.startswith("LS-"))
_LABELLED = ("GRID-s4", "LS-367", "LS-533")
_TITLE = """# What is said and who says it

Linear probes (multinomial logistic regression) of what a frame of speech holds, on voices that the voice conversion was
not trained on. *Who* asks which of 12 readers of LibriSpeech is speaking, from single frames or from means over a
second: the probe learns from the first half of each reader's recording and is tested on the other; shown is the mean of
the readers' recalls. A recording is one session, so microphone and room help to tell the readers apart. *What* asks for
the phone at a frame, of GRID's s4 and two of these readers: the probe learns from every other recording; silence is
left out, and chance is always answering with the most frequent phone. *p b m*, *f v*: the share of frames of these
phones that are recognised as any of them. The content code and the phone posteriors know what surrounds a frame, the
log-mel does not. *Centred* means relative to the mean over the recording, which is the input of the code's network:
what the code knows less about the reader, or more about the phone, is its own achievement.
"""


class CentredLogMel:
    """The log-mel of a recording about the mean of what is spoken in it."""

    name = "centred log-mel"
    size = LogMel().size

    def __call__(self, speech: Speech, rate: float, *, gain: float | None = None) -> Rows:
        """(ceil(duration * rate), size)."""
        mels = LogMel()(speech, rate, gain=gain)
        return mels - mean_of_speech(torch.from_numpy(mels)[None])[0].numpy()


def probe(learn: tuple[FloatArray, Labels], ask: FloatArray, *, balanced: bool = False) -> Labels:
    """What a linear reading answers.

    Args:
        learn: features (N, F) and their classes (N,) from 0 on, to learn from.
        ask: (M, F) features.
        balanced: every class counts as much as every other.

    Returns:
        (M,) the likeliest classes.

    Source: multinomial logistic regression with a penalty of 0.001 on the squared weights, of features brought to mean
        0 and variance 1, by L-BFGS.
    """
    rows, labels = learn
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    known, wanted = torch.tensor((rows - mean) / spread, dtype=torch.float32), torch.from_numpy(labels)
    counts = torch.bincount(wanted).clamp_min(1).float()
    importance = counts.reciprocal() if balanced else None
    weight = torch.zeros(known.shape[1], len(counts), requires_grad=True)
    bias = torch.zeros(len(counts), requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(known @ weight + bias, wanted, weight=importance) + _DECAY * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        answers = torch.tensor((ask - mean) / spread, dtype=torch.float32) @ weight + bias
    return np.asarray(answers.argmax(dim=1).numpy())


def recall(answers: Labels, wanted: Labels) -> float:
    """Mean over the classes of how often each is recognised."""
    return float(np.mean([np.mean(answers[wanted == label] == label) for label in np.unique(wanted)]))


def means(rows: FloatArray) -> FloatArray:
    """Means over seconds that overlap by half, one at least: (T, F) -> (N, F)."""
    starts = range(0, max(1, len(rows) - _MEAN_FRAMES + 1), _MEAN_FRAMES // 2)
    return np.stack([rows[start : start + _MEAN_FRAMES].mean(axis=0) for start in starts])


def phone_rows(labels: npt.NDArray[np.uint8], count: int) -> Labels:
    """Classes (count,) at the frames of the features, of labels at 100 Hz."""
    places = np.round(np.arange(count) * (LABEL_RATE / VOICE_RATE)).astype(int)
    return labels[np.minimum(places, len(labels) - 1)].astype(np.int64)


def probe_reader(corpus: Path, features: Mapping[str, PhoneticFeatures]) -> dict[str, dict[str, float]]:
    """Recall of the reader from one frame and from means over a second, by what is read, beside chance."""
    said: dict[str, list[Speech]] = {}
    for utterance in people(corpus, held_out=True):
        if utterance.voice in _SPEAKERS:
            said.setdefault(utterance.voice, []).append(Speech(utterance.samples, SAMPLE_RATE))
    spoken = {
        voice: [PhonePosteriors()(speech, VOICE_RATE)[:, CLASSES.index(SILENCE)] < 0.5 for speech in speeches]
        for voice, speeches in said.items()
    }
    result: dict[str, dict[str, float]] = {"who, one frame": {}, "who, mean of 1 s": {}}
    for name, hear in features.items():
        halves: dict[str, tuple[list[FloatArray], list[FloatArray]]] = {}
        for voice, speeches in said.items():
            rows = [hear(speech, VOICE_RATE)[mask] for speech, mask in zip(speeches, spoken[voice], strict=True)]
            middle = len(rows) // 2
            halves[voice] = [row for row in rows[:middle] if len(row)], [row for row in rows[middle:] if len(row)]
        for task in result:
            sides: list[tuple[FloatArray, Labels]] = []
            for side in (0, 1):
                parts = [
                    np.concatenate([means(row) if "mean" in task else row for row in half[side]])
                    for half in halves.values()
                ]
                owners = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
                sides.append((np.concatenate(parts), owners))
            result[task][name] = recall(probe(sides[0], sides[1][0], balanced=True), sides[1][1])
    return {task: row | {"chance": 1 / len(said)} for task, row in result.items()}


def probe_phone(corpus: Path, packs: Path, features: Mapping[str, PhoneticFeatures]) -> dict[str, dict[str, float]]:
    """Accuracy of the phone, and recall of p b m and f v, by what is read, beside chance."""
    pack = load_pack(next(iter(prepare(corpus, packs))))
    kept = np.flatnonzero(np.isin(pack.speakers, _LABELLED))
    groups = {"p b m": BILABIALS, "f v": LABIODENTALS}
    result: dict[str, dict[str, float]] = {"what, one frame": {}, **{name: {} for name in groups}}
    for name, hear in features.items():
        sides: list[tuple[FloatArray, Labels]] = []
        for part in (kept[::2], kept[1::2]):
            rows = [hear(Speech(pack.samples_of(int(k)), SAMPLE_RATE), VOICE_RATE) for k in part]
            labels = np.concatenate([phone_rows(pack.labels_of(int(k)), len(row)) for k, row in zip(part, rows)])
            phones = labels != CLASSES.index(SILENCE)
            sides.append((np.concatenate(rows)[phones], labels[phones]))
        answers, wanted = probe(sides[0], sides[1][0]), sides[1][1]
        result["what, one frame"][name] = float(np.mean(answers == wanted))
        result["what, one frame"]["chance"] = float(np.mean(wanted == np.bincount(sides[0][1]).argmax()))
        for group, members in groups.items():
            places = [CLASSES.index(label) for label in members]
            result[group][name] = float(np.isin(answers[np.isin(wanted, places)], places).mean())
            result[group]["chance"] = 0.0
    return result


def measure(corpus: Path, runs: Path) -> dict[str, dict[str, float]]:
    """What is read from log-mels, the content code and the phone posteriors: question -> features -> share.

    Args:
        corpus: the folder of the recordings.
        runs: the folder of results; the phone recogniser's packs are in ``phones/packs``.

    Raises:
        InputError: the voice conversion's weights, which do not ship, are not in ``runs/voice``.
    """
    features: dict[str, PhoneticFeatures] = {
        "log-mel": LogMel(),
        "centred log-mel": CentredLogMel(),
        "content code": load_codes(Weights((runs / "voice",))),
        "phone posteriors": PhonePosteriors(),
    }
    return probe_reader(corpus, features) | probe_phone(corpus, runs / "phones" / "packs", features)


def section(result: Mapping[str, Mapping[str, float]]) -> str:
    """The result as a section of the report."""
    names = list(next(iter(result.values())))
    lines = [f"| read | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    for task, row in result.items():
        lines.append(f"| {task} | {' | '.join(f'{100 * row[name]:.1f} %' for name in names)} |")
    return "\n".join([_TITLE, *lines]) + "\n"
