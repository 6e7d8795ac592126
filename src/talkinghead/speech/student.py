"""The encoder and the recogniser with little sound ahead, for live speech: smaller ones, distilled from those.

The encoder needs sound from later on because its blocks attend to all of their window. What they attend to is mostly
near: with attention to no more than 80 ms ahead in each block, and without any training, 0.78 of the variance of its
features remains. So the student begins as the encoder, so limited and without the weakest of its perceptrons' neurons,
and is then trained to make up for what it no longer hears.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from talkinghead.speech.encoder import SpeechEncoder, encode_speech
from talkinghead.speech.phones import PhoneConfig, PhoneRecogniser, phone_posteriors
from talkinghead.speech.time_delay import look_ahead
from talkinghead.speech.transformer import EncoderConfig
from talkinghead.store import code_digest, file_digest, key_of
from talkinghead.weights import load_network

Rows = npt.NDArray[np.float32]

_WEIGHTS = Path(__file__).with_name("weights") / "student.safetensors"
_PAST = (-2, -1, 0)  # what each block of the recogniser sees


@dataclass(frozen=True)
class StudentConfig:
    """Sizes of the student's two networks, of which neither sees far ahead."""

    encoder: EncoderConfig = field(default_factory=lambda: EncoderConfig(hidden=1280, look_ahead=4))
    phones: PhoneConfig = field(default_factory=lambda: PhoneConfig(width=96, taps=(_PAST, _PAST)))

    @property
    def look_ahead(self) -> float:
        """Seconds of sound ahead that an output waits for."""
        return max(self.encoder.seconds_ahead, look_ahead(self.phones.taps))


CONFIGS = {
    "small": StudentConfig(),
    # As wide as the encoder that it learns from.
    "tiny": StudentConfig(EncoderConfig(blocks=1, hidden=16, look_ahead=2), PhoneConfig(width=16, taps=(_PAST,))),
}


class SpeechStudent(nn.Module):
    """An encoder that attends to little of what comes, and a recogniser that listens to it.

    Source: Hinton, Vinyals, Dean 2015, "Distilling the knowledge in a neural network"; of a layer inside the teacher as
        in Romero et al. 2015, "FitNets"; limits of attention as in Zhang et al. 2020, "Transformer transducer".
    """

    def __init__(self, config: StudentConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = SpeechEncoder(config.encoder)
        self.phones = PhoneRecogniser(config.phones)

    def forward(self, spectra: Tensor, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, T / 2, width) and logits (B, T, 40) of a window of T frames.

        Args:
            spectra: (B, T, num_mels) as the encoder reads them (``encoder.window_mel``).
            mel: (B, T, num_mels) as the recogniser does (``time_delay.mel_frames``).
        """
        encoded = self.encoder(spectra)
        return encoded, self.phones(mel, encoded)


@torch.no_grad()
def copy_encoder(student: SpeechEncoder, teacher: SpeechEncoder, spectra: Tensor) -> None:
    """Give a student its teacher's weights; of its perceptrons' neurons the ones that contribute most.

    Args:
        student: of the teacher's width, with at most as many blocks, heads and neurons.
        teacher: the encoder.
        spectra: (B, T, num_mels) of speech, on which the contributions are measured.
    """
    contributions = []
    perceptrons = [layer for name, layer in teacher.named_modules() if name.endswith("contract")]
    hooks = [
        perceptron.register_forward_pre_hook(
            lambda layer, given: contributions.append(
                given[0].square().mean(dim=(0, 1)).sqrt() * (layer.weight / teacher.spread[:, None]).norm(dim=0)
            )
        )
        for perceptron in perceptrons
    ]
    teacher(spectra)
    for hook in hooks:
        hook.remove()
    own, known = student.state_dict(), teacher.state_dict()
    for name, value in own.items():
        source = known[name]
        if source.shape != value.shape:
            across = int(name.endswith("contract.weight"))
            number, count = int(name.split(".")[1]), value.shape[across]
            kept = contributions[number].topk(count).indices.sort().values
            source = source.index_select(across, kept)
        value.copy_(source)


@lru_cache(maxsize=1)
def load_student() -> SpeechStudent:
    """The student that ships, loaded once.

    Raises:
        InputError: its weights are missing or of another architecture.
    """
    return load_network(SpeechStudent, StudentConfig, _WEIGHTS).eval()


def student_digest() -> str:
    """What keys of stored features have of the student: its weights and its code."""
    modules = ("encoder", "transformer", "phones", "features", "mel", "time_delay")
    return key_of(file_digest(_WEIGHTS), code_digest(__name__, *(f"talkinghead.speech.{name}" for name in modules)))


def encode_as_heard(
    samples: Rows,
    *,
    gain: float | None = None,
    first: int = 0,
    count: int | None = None,
    network: SpeechStudent | None = None,
) -> Rows:
    """As ``encoder.encode_speech``, but from sound that ends ``look_ahead`` after each feature."""
    network = load_student() if network is None else network
    return encode_speech(samples, gain=gain, first=first, count=count, network=network.encoder)


def posteriors_as_heard(
    samples: Rows,
    *,
    gain: float | None = None,
    first: int = 0,
    count: int | None = None,
    network: SpeechStudent | None = None,
) -> Rows:
    """As ``phones.phone_posteriors``, but from sound that ends ``look_ahead`` after each frame."""
    network = load_student() if network is None else network
    return phone_posteriors(
        samples, gain=gain, first=first, count=count, network=network.phones, encoder=network.encoder
    )
