"""Phonetic features of others: stored in files, or computed by a large recogniser that lies on disk."""

from __future__ import annotations

import importlib
import json
import math
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from talkinghead.errors import InputError
from talkinghead.speech.features import SAMPLE_RATE, resample
from talkinghead.speech.phonetic import Rows, SpeechPiece, at_rate, num_rows
from talkinghead.types import FloatArray, Speech

_USUAL_RATE = 50.0  # of DeepSpeech, wav2vec 2.0 and HuBERT
_TOLERANCE = 0.05  # share of the speech by which the length of stored features may differ from it ...
_TOLERATED_ROWS = 2  # ... or rows, which a recogniser without padding loses at the ends
_PIECE = 1 << 16  # rows or samples looked at at once
_WINDOW_S = 20.0  # that a large recogniser hears at once ...
_MARGIN_S = 2.0  # ... and more on either side


class StoredFeatures:
    """Features that another program made of the same speech: a file of (T, F) numbers, row ``k`` at ``k / rate`` s.

    So DeepSpeech's (T, 29) logits, the (T, 768) of wav2vec 2.0 or HuBERT, or any others can be tried without their
    programs.

    Args:
        path: .npy, which is read a stretch at a time, or .npz with ``features`` (or one array of any name) and perhaps
            ``rate``.
        rate: rows per second; None: what the file says, else 50.

    Raises:
        InputError: no such file, not numbers in (T, F), not finite, or a rate that is not positive.
    """

    def __init__(self, path: str | os.PathLike[str], rate: float | None = None) -> None:
        self.path = Path(path)
        self._rows, own_rate = _read_rows(self.path)
        self.rate = own_rate if rate is None else rate
        if not (np.isfinite(self.rate) and self.rate > 0):
            raise InputError(f"{self.path} cannot have {self.rate} rows per second: give its rate in Hz.")
        self.name = f"stored features ({self.path.name})"
        self.size = self._rows.shape[1]

    def __call__(self, speech: Speech, rate: float, *, gain: float | None = None) -> Rows:
        """(ceil(duration * rate), size); ``gain`` is not used.

        Raises:
            InputError: the file and the speech (of a piece: the whole) differ by more than 5 % in length.
        """
        whole, start = (speech.whole, speech.start) if isinstance(speech, SpeechPiece) else (speech, 0.0)
        own = len(self._rows) / self.rate
        if abs(own - whole.duration) > max(_TOLERANCE * whole.duration, _TOLERATED_ROWS / self.rate):
            raise InputError(
                f"{self.path} holds {own:.1f} s of features at {self.rate:g} Hz and the speech lasts "
                f"{whole.duration:.1f} s: give the rate they were made at, or those of this speech."
            )
        count, reach = num_rows(speech, rate), 1.0 / rate + 1.0 / self.rate
        first = min(max(0, math.floor((start - reach) * self.rate)), len(self._rows) - 1)
        last = max(first + 1, math.ceil((start + count / rate + reach) * self.rate) + 1)
        rows = np.asarray(self._rows[first:last], np.float32)
        return at_rate(rows, self.rate, rate, num_frames=count, begins=first / self.rate - start)


class TransformersFeatures:
    """A layer of wav2vec 2.0 or HuBERT, computed here by ``transformers`` (extra ``features``) from a folder on disk.

    Args:
        model_folder: with ``config.json`` and the weights; nothing is downloaded.
        layer: which hidden state, 0 the one before the first layer; -1 the last.

    Raises:
        InputError: ``transformers`` is not installed, the folder holds no such model, or the model no such layer.
    """

    def __init__(self, model_folder: str | os.PathLike[str], layer: int = -1) -> None:
        folder = Path(model_folder)
        self._model, self._normalises = _load_transformer(folder)
        config = self._model.config
        self._hop, self._field = math.prod(config.conv_stride), 1
        for kernel, stride in reversed(list(zip(config.conv_kernel, config.conv_stride))):
            self._field = (self._field - 1) * stride + kernel
        if not -config.num_hidden_layers - 1 <= layer <= config.num_hidden_layers:
            raise InputError(f"{folder} has {config.num_hidden_layers} layers: there is no layer {layer}.")
        self.layer, self.size, self.name = layer, int(config.hidden_size), f"{config.model_type} layer {layer}"
        self._of: tuple[Speech, tuple[float, float]] | None = None

    def __call__(self, speech: Speech, rate: float, *, gain: float | None = None) -> Rows:
        """(ceil(duration * rate), size); ``gain`` is not used: the model has its own way with loudness."""
        samples = resample(speech.samples, speech.sample_rate)
        mean, deviation = self._statistics(speech)
        count = -(-len(samples) // self._hop)
        rows = np.zeros((count, self.size), np.float32)
        block, margin = (round(s * SAMPLE_RATE / self._hop) for s in (_WINDOW_S, _MARGIN_S))
        for start in range(0, count, block):
            end = min(start + block, count)
            first, last = max(0, start - margin), min(end + margin, count)
            length = (last - first - 1) * self._hop + self._field
            window = np.zeros(length, np.float32)
            heard = samples[first * self._hop : first * self._hop + length]
            window[: len(heard)] = (heard - mean) / deviation
            rows[start:end] = self._hidden(window)[start - first : end - first]
        # A row is centred on the middle of the samples that it sees.
        begins = self._field / 2 / SAMPLE_RATE
        return at_rate(rows, SAMPLE_RATE / self._hop, rate, num_frames=num_rows(speech, rate), begins=begins)

    @torch.inference_mode()
    def _hidden(self, window: Rows) -> Rows:
        states = self._model(torch.from_numpy(window)[None], output_hidden_states=True).hidden_states
        return np.asarray(states[self.layer][0].float().numpy(), np.float32)

    def _statistics(self, speech: Speech) -> tuple[float, float]:
        """Mean and deviation of the whole speech's samples, kept for its next piece."""
        if not self._normalises:
            return 0.0, 1.0
        whole = speech.whole if isinstance(speech, SpeechPiece) else speech
        if self._of is None or self._of[0] is not whole:
            pieces = [whole.samples[i : i + _PIECE] for i in range(0, len(whole.samples), _PIECE)]
            count = max(1, len(whole.samples))
            mean = sum(float(piece.sum(dtype=np.float64)) for piece in pieces) / count
            square = sum(float(np.square(piece - mean).sum(dtype=np.float64)) for piece in pieces) / count
            self._of = whole, (mean, math.sqrt(square + 1e-7))
        return self._of[1]


def _read_rows(path: Path) -> tuple[FloatArray, float]:
    """(T, F) numbers, mapped where they can be, and their rate."""
    rate = _USUAL_RATE
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(stored, np.ndarray):
            rows = stored
        else:
            with stored:
                names = [name for name in stored.files if name != "rate"]
                name = names[0] if len(names) == 1 else "features"
                if name not in names:
                    held = ", ".join(names) or "nothing"
                    raise InputError(f"{path} holds {held}: call the (T, F) array 'features'.")
                rows = stored[name]
                rate = float(stored["rate"]) if "rate" in stored.files else rate
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: give a .npy or .npz file of features.") from error
    except InputError:
        raise
    except (OSError, EOFError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read as numbers: save the features with numpy.save.") from error
    if rows.ndim != 2 or rows.size == 0 or rows.dtype.kind not in "fiu":
        raise InputError(f"{path} holds {rows.dtype} of shape {rows.shape}: give (T, F) numbers, a row per frame.")
    for first in range(0, len(rows), _PIECE):
        if not np.isfinite(rows[first : first + _PIECE]).all():
            raise InputError(f"{path} holds values that are not numbers (NaN or infinite): make the features again.")
    return rows, rate


def _load_transformer(folder: Path) -> tuple[Any, bool]:
    """The model, and whether it wants samples of zero mean and unit variance."""
    try:
        transformers = importlib.import_module("transformers")
    except ImportError as error:
        raise InputError("wav2vec 2.0 and HuBERT need transformers: pip install 'talkinghead[features]'.") from error
    try:
        model = transformers.AutoModel.from_pretrained(str(folder), local_files_only=True).eval()
        preparation = folder / "preprocessor_config.json"
        settings = json.loads(preparation.read_text(encoding="utf-8")) if preparation.is_file() else {}
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder} holds no model that transformers can read: give the folder of one.") from error
    if not hasattr(model.config, "conv_stride"):
        raise InputError(f"{folder} holds {model.config.model_type}, which hears no sound: give wav2vec2 or HuBERT.")
    return model, bool(settings.get("do_normalize", True))
