"""Training of the voice conversion: ``talkinghead train makeittalk voice``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from talkinghead.data.voice_packs import HELD_OUT_VOICES, VoicePack, load_voices, prepare_voices
from talkinghead.methods.makeittalk.config import VoiceConfig
from talkinghead.methods.makeittalk.voice import VoiceConversion
from talkinghead.methods.makeittalk.voice_losses import voice_losses
from talkinghead.training.augmentation.mels import augment_voices
from talkinghead.training.stage import Training

_FRAMES = 128  # of a crop, or a few more for whole stretches
_PEOPLE = 0.7  # of the crops; the rest are synthetic voices
# Of the people's, if there are 267 more people: after 160 steps, the code then tells 26.6 % of the phones instead of
# 25.4 and 5.0 % of f v instead of 1.0; the reader by a second of it 20.3 % instead of 21.9.
_MORE = 0.5
_UNKNOWN = 0.05  # of the crops, in which the encoder gets no speaker embedding
_WATCHED, _WATCHED_CROPS = 8, 24  # batches for validation, and their size
_RIDGE = 1.0


class VoiceBatches:
    """Random crops with speaker embeddings of their utterance and of another one by the same voice.

    All voices are equally frequent, however much there is of them.

    Args:
        packs: each with the share of the crops that comes from it.
        config: sizes.
        size: crops in a batch.
    """

    def __init__(self, packs: Sequence[tuple[VoicePack, float]], config: VoiceConfig, *, size: int) -> None:
        self._size = size
        self._packs = [pack for pack, _ in packs]
        self._shares = np.cumsum([share for _, share in packs])
        self._voices = [
            [np.flatnonzero(pack.voices == voice) for voice in dict.fromkeys(pack.voices.tolist())]
            for pack in self._packs
        ]
        self._frames = -(-_FRAMES // config.downsampling) * config.downsampling
        self._strength = config.augmentation

    def __call__(self, step: int) -> dict[str, Tensor]:
        """``mels`` and ``input_mels`` (B, T, 80), ``speaker`` and ``target`` (B, 256) of a step."""
        rng = np.random.default_rng(step)
        rows = [self._row(rng) for _ in range(self._size)]
        mels, speaker, target = (torch.from_numpy(np.stack(column)) for column in zip(*rows))
        inputs = mels
        if self._strength > 0:
            inputs = augment_voices(mels, torch.Generator().manual_seed(step), strength=self._strength)
        return {"mels": mels, "input_mels": inputs, "speaker": speaker, "target": target}

    def _row(self, rng: np.random.Generator) -> tuple[npt.NDArray[np.float32], ...]:
        number = min(int(np.searchsorted(self._shares, rng.random())), len(self._packs) - 1)
        pack, voices = self._packs[number], self._voices[number]
        voice = voices[rng.integers(len(voices))]
        one = int(rng.integers(len(voice)))
        another = (one + int(rng.integers(1, len(voice)))) % len(voice) if len(voice) > 1 else one
        known = np.float32(rng.random() >= _UNKNOWN)
        crop = self._crop(pack.mels_of(int(voice[one])), rng)
        return crop, pack.embeddings[voice[one]] * known, pack.embeddings[voice[another]]

    def _crop(self, mels: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
        spare = len(mels) - self._frames
        if spare >= 0:
            start = int(rng.integers(spare + 1))
            return mels[start : start + self._frames]
        before = int(rng.integers(1 - spare))
        return np.pad(mels, ((before, -spare - before), (0, 0)))


@torch.inference_mode()
def encode_pack(network: VoiceConversion, pack: VoicePack) -> list[npt.NDArray[np.float32]]:
    """The content (T, D) of every utterance of a pack at the rate of its frames."""
    contents = []
    for k in range(len(pack)):
        mels, speaker = torch.from_numpy(pack.mels_of(k)), torch.from_numpy(pack.embeddings[k])
        contents.append(np.asarray(network.encode(mels[None], speaker[None])[0].numpy()))
    return contents


def speaker_probe(rows: list[npt.NDArray[np.float32]], voices: npt.NDArray[np.str_]) -> float:
    """The accuracy of a linear classifier of voices on the mean features of an utterance, leaving one out.

    It is ridge regression on features of variance 1; voices with a single utterance are left out.

    Args:
        rows: (T, F) of each utterance.
        voices: (K,) the voice of each.
    """
    means = np.stack([row.mean(axis=0) for row in rows]).astype(np.float64)
    means = (means - means.mean(axis=0)) / (means.std(axis=0) + 1e-6)
    seen = np.array([np.sum(voices[:k] == voice) % 2 == 0 for k, voice in enumerate(voices)])
    usable = np.array([np.sum(voices == voice) > 1 for voice in voices])
    names = sorted(set(voices[usable].tolist()))
    wanted = np.array([names.index(voice) if voice in names else -1 for voice in voices])
    learn, ask = seen & usable, ~seen & usable
    told = np.eye(len(names))[wanted[learn]] - 1 / len(names)
    gram = means[learn].T @ means[learn] + _RIDGE * np.eye(means.shape[1])
    answers = (means[ask] @ np.linalg.solve(gram, means[learn].T @ told)).argmax(axis=1)
    return float(np.mean(answers == wanted[ask]))


@torch.inference_mode()
def score(network: nn.Module, pack: VoicePack) -> dict[str, float]:
    """Mel L1 after the postnet on fixed crops of the pack, and the speaker's accuracy from the code's mean."""
    network = cast(VoiceConversion, network)
    batches = VoiceBatches([(pack, 1.0)], network.config, size=_WATCHED_CROPS)
    errors = []
    for step in range(_WATCHED):
        batch = batches(step)
        converted = network(batch["mels"], batch["speaker"], batch["target"]).converted
        errors.append(float((converted - batch["mels"]).abs().mean()))
    return {
        "mel L1": round(float(np.mean(errors)), 5),
        "speaker from the code": round(speaker_probe(encode_pack(network, pack), pack.voices), 4),
    }


def train_voice(training: Training) -> None:
    """Train the voice conversion on voices of tier ``open`` and synthetic ones."""
    config = training.config
    found = prepare_voices(training.folder, training.out / "voices")
    packs = {name: load_voices(path) for name, path in found.items()}
    held_out = packs["heldout"]
    torch.manual_seed(0)
    network = VoiceConversion(config.voice)
    more = _MORE * _PEOPLE if len(packs["more"]) else 0.0
    shares = [(packs["people"], _PEOPLE - more), (packs["machines"], 1 - _PEOPLE)]
    if more:
        shares.append((packs["more"], more))
    scores = training.fit(
        network,
        partial(voice_losses, config=config),
        VoiceBatches(shares, config.voice, size=training.options.batch),
        validate=lambda net: score(net, held_out),
    )
    from_mels = speaker_probe([held_out.mels_of(k) for k in range(len(held_out))], held_out.voices)
    hours = {source: value for pack, _ in shares for source, value in pack.hours().items()}
    card = {
        "network": "voice conversion of MakeItTalk (Zhou et al. 2020, section 3.1), AutoVC (Qian et al. 2019)",
        "config": config.voice,
        "input": "log-mel, 80 bands, 62.5 Hz; speaker embedding",
        "hours": {source: float(f"{value:.2g}") for source, value in hours.items()},
        "voices": sum(len(set(pack.voices.tolist())) for pack, _ in shares),
        "held_out": HELD_OUT_VOICES,
        "data_licence": "CC BY, CC BY-SA, CC0, public domain, MIT, BSD-like, Apache-2.0, US government; synthetic",
        "scores": {"split": "held-out voices", **scores, "speaker from the mels": round(from_mels, 4)},
    }
    training.save(network, "voice", card)
