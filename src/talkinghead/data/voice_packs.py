"""Many voices on disk in a form that the training of a voice conversion reads at once.

A pack is an ``.npz`` without compression, for K utterances:

- ``mels``: (T, 80) float16 log-mel at 62.5 Hz, one utterance after the other; utterance k is
  ``mels[starts[k]:starts[k + 1]]``;
- ``starts``: (K + 1,) int64;
- ``embeddings``: (K, 256) float32, the speaker embedding of each utterance;
- ``voices``, ``sources``: (K,) strings.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.data.corpus import Corpus
from talkinghead.data.manifest import manifest_rows
from talkinghead.data.packs import is_whole
from talkinghead.data.prompts import Prompter, sentences
from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.errors import InputError, announce
from talkinghead.foreign import read_arrays, refuse_damage
from talkinghead.media import read_speech
from talkinghead.parts import replace_whole
from talkinghead.speech.features import SAMPLE_RATE, log_mel, loudness_gain, resample
from talkinghead.speech.say import say
from talkinghead.speech.speaker import EMBEDDING_SIZE, speaker_embedding
from talkinghead.speech.synthesis.espeak import Espeak

HELD_OUT_VOICES = (
    *("LS-103", "LS-2002", "LS-2436", "LS-2609", "LS-3080", "LS-3664"),
    *("LS-367", "LS-4788", "LS-533", "LS-5750", "LS-696", "LS-8108"),
    "GRID-s4",
)
"""Twelve readers of LibriSpeech and one speaker of GRID that no voice conversion is trained on."""

MEL_RATE = 62.5
NUM_MELS = 80

_MORE = "speech_open"
_DATASETS = ("LibriSpeech", "VCTK", "LJSpeech", "CMU ARCTIC", "Common Voice", "MFA own recording", "FACEGOOD")
_SPEEDS = (0.87, 1.0, 1.15)  # of people: pitch and throat change with it, so that each is three voices
_MOST_S = 90.0  # of one person
_MOST_OF = {"speechocean762": 20.0}  # the same where there are hundreds
_LONGEST_S = 6.0  # of an utterance
_WHOLE_S = 4.0  # what is no longer stays whole
_EVERY = 28  # so many-th clip of GRID s1: its 42 minutes are one voice
_SENTENCES = 3  # that each synthetic voice says
_ACCENTS = ("en-us", "en-us", "en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc")
_SIZES = (0.87, 0.93, 1.0, 1.07, 1.15)
_ARRAYS = ("mels", "starts", "embeddings", "voices", "sources")


@dataclass(frozen=True)
class Utterance:
    """What a voice says: samples (N,) float32 at 16 kHz and the usual loudness, whose voice, from which source."""

    samples: npt.NDArray[np.float32]
    voice: str
    source: str


@dataclass(frozen=True)
class VoicePack:
    """The arrays of a pack; the module's docstring says what they hold."""

    mels: npt.NDArray[np.float16]
    starts: npt.NDArray[np.int64]
    embeddings: npt.NDArray[np.float32]
    voices: npt.NDArray[np.str_]
    sources: npt.NDArray[np.str_]

    def __len__(self) -> int:
        """How many utterances there are."""
        return len(self.voices)

    def mels_of(self, index: int) -> npt.NDArray[np.float32]:
        """(T, 80) log-mel of an utterance."""
        return self.mels[self.starts[index] : self.starts[index + 1]].astype(np.float32)

    def hours(self) -> dict[str, float]:
        """Hours by source."""
        lengths = np.diff(self.starts) / MEL_RATE / 3600
        return {str(s): float(lengths[self.sources == s].sum()) for s in dict.fromkeys(self.sources.tolist())}


def utterances(samples: npt.NDArray[np.float32], voice: str, source: str) -> list[Utterance]:
    """A recording at the usual loudness, in even pieces of at most 6 s; at least two of what is longer than 4 s.

    Args:
        samples: (N,) float32 at 16 kHz.
        voice: whose.
        source: corpus or engine.
    """
    seconds = len(samples) / SAMPLE_RATE
    parts = 1 if seconds <= _WHOLE_S else max(2, int(np.ceil(seconds / _LONGEST_S)))
    louder = samples * np.float32(loudness_gain(samples))
    return [Utterance(part, voice, source) for part in np.array_split(louder, parts)]


def people(corpus: Path, *, held_out: bool) -> Iterator[Utterance]:
    """What people say in the recordings that weights may be trained on; those to learn from at three speeds.

    Args:
        corpus: folder with ``grid_s1``, ``clips`` and ``speech`` in it.
        held_out: those of ``HELD_OUT_VOICES``, as they are, or all the others.
    """
    seconds: defaultdict[str, float] = defaultdict(float)
    for path, speaker, source in _files(corpus):
        if (speaker in HELD_OUT_VOICES) != held_out or seconds[speaker] >= _MOST_S:
            continue
        samples = read_speech(path).samples[: round((_MOST_S - seconds[speaker]) * SAMPLE_RATE)]
        seconds[speaker] += len(samples) / SAMPLE_RATE
        for speed in (1.0,) if held_out else _SPEEDS:
            played = samples if speed == 1.0 else resample(samples, round(SAMPLE_RATE * speed))
            yield from utterances(played, speaker if speed == 1.0 else f"{speaker}x{speed:g}", source)


def more_people(corpus: Path) -> Iterator[Utterance]:
    """What people say in ``speech_open``, as they are; nothing if it is not there."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for row in manifest_rows(corpus / _MORE) if (corpus / _MORE).is_dir() else ():
        speaker, most = row["speaker"], _MOST_OF.get(row["dataset"], _MOST_S)
        if seconds[speaker] < most:
            samples = read_speech(corpus / _MORE / row["file"]).samples[: round(most * SAMPLE_RATE)]
            seconds[speaker] += len(samples) / SAMPLE_RATE
            yield from utterances(samples, speaker, row["dataset"])


def machines(hours: float, *, seed: int, prompts: tuple[str, ...] = ()) -> Iterator[Utterance]:
    """Voices of espeak-ng, a few sentences each, until the hours are filled.

    Args:
        hours: in all.
        seed: of the choices.
        prompts: real sentences, to be said among rows of words.
    """
    choice, prompter = random.Random(seed), Prompter(seed, prompts)
    variants = Espeak().variants()
    filled, number = 0.0, 0
    while filled < hours * 3600:
        name = f"{choice.choice(_ACCENTS)}+{choice.choice(variants)}"
        size, rate = choice.choice(_SIZES), choice.uniform(0.8, 1.25)
        for _ in range(_SENTENCES):
            speech = say(prompter.english(), voice=name, rate=rate)
            samples = resample(speech.samples, round(speech.sample_rate * size), SAMPLE_RATE)
            samples = samples[: round(_LONGEST_S * SAMPLE_RATE)]
            filled += len(samples) / SAMPLE_RATE
            yield Utterance(samples * np.float32(loudness_gain(samples)), f"espeak:{number}:{name}", "espeak")
        number += 1


def voice_pack(items: Iterable[Utterance]) -> VoicePack:
    """The pack of what is given, in its order; utterances without speech enough for an embedding are left out."""
    mels, embeddings, kept = [], [], []
    for item in items:
        try:
            embeddings.append(speaker_embedding(item.samples, name=item.voice))
        except InputError as error:
            announce(f"an utterance is left out: {error}")
            continue
        mels.append(log_mel(item.samples, rate=MEL_RATE, num_mels=NUM_MELS).astype(np.float16))
        kept.append(item)
    return VoicePack(
        np.concatenate([*mels, np.zeros((0, NUM_MELS), np.float16)]),
        np.cumsum([0, *map(len, mels)], dtype=np.int64),
        np.array(embeddings, np.float32).reshape(-1, EMBEDDING_SIZE),
        np.array([item.voice for item in kept], dtype=np.str_),
        np.array([item.source for item in kept], dtype=np.str_),
    )


def save_voices(pack: VoicePack, path: Path) -> None:
    """Write a pack; a file that is there already is replaced as a whole."""
    with replace_whole(path) as part:
        np.savez(part, **{name: getattr(pack, name) for name in _ARRAYS})


def load_voices(path: Path) -> VoicePack:
    """A pack that ``save_voices`` wrote.

    Raises:
        InputError: there is no such file, or it is not such a pack.
    """
    with refuse_damage(path, kind="a pack of voices", remedy="delete it, and it is prepared again."):
        arrays = read_arrays(path, kind="a pack of voices", remedy="delete it, and it is prepared again.", largest=None)
        return VoicePack(*(arrays[name] for name in _ARRAYS))


def prepare_voices(corpus: Path, cache: Path, *, hours: float = 0.5, seed: int = 0) -> dict[str, Path]:
    """The packs "heldout", "people", "more" (people of ``speech_open``) and "machines".

    They are made in ``cache`` where they are not there yet or damaged.

    Args:
        corpus: the folder of the shared recordings.
        cache: a folder.
        hours: of synthetic speech.
        seed: of the synthetic speech.

    Raises:
        InputError: the folder is not the shared corpus, or a package for synthesising or comparing voices is missing.
    """
    makers: dict[str, Callable[[], Iterator[Utterance]]] = {
        "heldout": lambda: people(corpus, held_out=True),
        "people": lambda: people(corpus, held_out=False),
        "more": lambda: more_people(corpus),
        "machines": lambda: machines(hours, seed=seed, prompts=sentences(corpus)),
    }
    paths = {name: cache / f"{name}.npz" for name in makers}
    for name, make in makers.items():
        if not is_whole(paths[name], load_voices):
            save_voices(voice_pack(make()), paths[name])
    return paths


def _files(corpus: Path) -> Iterator[tuple[Path, str, str]]:
    """Path, speaker and source of every recording of tier open, few of GRID s1."""
    for row in manifest_rows(corpus / "speech"):
        source = next((name for name in _DATASETS if row["dataset"].startswith(name)), None)
        if source is not None:
            yield corpus / "speech" / row["file"], row["speaker"], source
    train = Corpus.open(corpus, unseen=()).recordings("train")
    main, others = ([clip for clip in train if (clip.speaker == MAIN_SPEAKER) is known] for known in (True, False))
    for clip in [*others, *main[::_EVERY]]:
        yield clip.video, clip.speaker, clip.dataset
