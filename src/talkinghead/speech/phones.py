"""Speech of any voice -> phones: a small convolutional recogniser, frame by frame.

Its posteriors are the phonetic features that the methods use. They replace the logits of large recognisers in the
papers (DeepSpeech in FACIAL, section 3.2), whose weights cannot be shipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from talkinghead.cancellation import checkpoint
from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.features import SAMPLE_RATE, log_mel, loudness_gain, resample
from talkinghead.store import code_digest, file_digest, key_of
from talkinghead.types import FloatArray, IndexArray, Interval, Speech
from talkinghead.weights import load_weights

RATE = 100.0
"""Posteriors per second."""

_WEIGHTS = Path(__file__).with_name("weights") / "phones.safetensors"
_HOP = round(SAMPLE_RATE / RATE)
_WINDOW = 512
_STRIDE = 2  # frames that the inner layers process as one
_PIECE = 6000  # frames (a minute) processed together, so that memory barely grows with the speech
_HEARD_S = 600
_MUSIC_SILENCE, _MUSIC_SURENESS = (0.28, 0.7), 0.55
_SWITCHING = 3.0  # the log probability that a change of phone must gain; chosen on recordings held back from training


@dataclass(frozen=True)
class PhoneConfig:
    """Sizes of the recogniser.

    Attributes:
        num_mels: mel bands.
        width: channels.
        taps: for each block, the frames (20 ms each) it sees: 0 is the present one, positive ones lie ahead.
    """

    num_mels: int = 80
    width: int = 224
    taps: tuple[tuple[int, ...], ...] = (
        (-1, 0, 1),
        (-1, 0, 1),
        (-1, 0, 1),
        (-2, 0, 2),
        (-2, 0, 2),
        (-8, -4, 0),
        (-16, -8, 0),
        (-8, -4, 0),
    )

    @property
    def past(self) -> int:
        """Frames of 10 ms before the present one on which an output depends."""
        return _STRIDE * -sum(min(taps) for taps in self.taps) + 3

    @property
    def future(self) -> int:
        """Frames of 10 ms after the present one on which an output depends; each is a window of 32 ms."""
        return _STRIDE * sum(max(taps) for taps in self.taps) + 3

    @property
    def look_ahead(self) -> float:
        """Seconds of sound ahead that an output waits for."""
        return self.future / RATE + _WINDOW / 2 / SAMPLE_RATE


CONFIGS = {"small": PhoneConfig(), "tiny": PhoneConfig(width=16, taps=((-1, 0, 1), (-2, -1, 0)))}


class _Block(nn.Module):
    """Residual: the frames at ``taps``, side by side, through two linear layers: a dilated convolution."""

    def __init__(self, width: int, taps: tuple[int, ...]) -> None:
        super().__init__()
        self.taps = taps
        self.norm = nn.LayerNorm(width)
        self.convolution = nn.Linear(len(taps) * width, 2 * width)
        self.project = nn.Linear(2 * width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        before, after = -min(self.taps), max(self.taps)
        count = hidden.shape[1]
        padded = F.pad(self.norm(hidden), (0, 0, before, after))
        seen = torch.cat([padded[:, before + tap : before + tap + count] for tap in self.taps], dim=-1)
        changed: Tensor = hidden + self.project(F.silu(self.convolution(seen)))
        return changed


class PhoneRecogniser(nn.Module):
    """Log-mel -> logits of the 40 classes (39 phones and silence), 100 times a second.

    Dilated convolutions that look far back and less than 0.2 s ahead, so that one network can serve recordings and, one
    day, live speech.

    Source: the architecture follows time-delay networks for phones (Waibel et al. 1989, "Phoneme recognition using
        time-delay neural networks"; Peddinti et al. 2015), with residual connections and layer normalisation.
    """

    def __init__(self, config: PhoneConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = nn.Linear(6 * config.num_mels, config.width)
        self.blocks = nn.Sequential(*[_Block(config.width, taps) for taps in config.taps])
        self.norm = nn.LayerNorm(config.width)
        self.classify = nn.Linear(config.width, _STRIDE * len(CLASSES))

    def forward(self, mel: Tensor) -> Tensor:
        """Logits (B, T, 40) of log-mel frames (B, T, num_mels); T is even."""
        batch, count, _ = mel.shape
        seen = F.pad(mel, (0, 0, 2, 2)).unfold(1, 6, _STRIDE).flatten(2)
        logits: Tensor = self.classify(self.norm(self.blocks(self.stem(seen))))
        return logits.view(batch, count, len(CLASSES))


def phone_features(samples: npt.NDArray[np.float32], *, num_mels: int = 80) -> FloatArray:
    """The recogniser's input: log-mel (ceil(N / 160), num_mels) at 100 Hz of samples (N,) at 16 kHz."""
    return log_mel(samples, rate=RATE, num_mels=num_mels, window=_WINDOW, low=60.0)


@lru_cache(maxsize=1)
def load_recogniser() -> PhoneRecogniser:
    """The recogniser that ships, loaded once.

    Raises:
        InputError: its weights are missing or of another architecture.
    """
    network = PhoneRecogniser(CONFIGS["small"])
    load_weights(network, _WEIGHTS)
    return network.eval()


def recogniser_digest() -> str:
    """What keys of stored features have of the recogniser: its weights and its code."""
    return key_of(file_digest(_WEIGHTS), code_digest(__name__, "talkinghead.speech.features"))


def phone_posteriors(
    samples: npt.NDArray[np.float32], *, gain: float | None = None, network: PhoneRecogniser | None = None
) -> npt.NDArray[np.float32]:
    """How surely each frame is silence or one of the phones.

    The sound is processed in overlapping windows. They leave no seam, because no output depends on more than
    ``config.past`` and ``config.future`` frames.

    Args:
        samples: (N,) at 16 kHz.
        gain: brings the sound to the usual loudness; None: ``loudness_gain(samples)``. For a piece of a longer
            recording pass the gain of the whole.
        network: None: the one that ships.

    Returns:
        (ceil(N / 160), 40) in the order of ``arpabet.CLASSES``, rows sum to 1; frame t is centred on t / 100 s.
    """
    network = load_recogniser() if network is None else network
    gain = loudness_gain(samples) if gain is None else gain
    count = -(-len(samples) // _HOP)
    result = np.zeros((count, len(CLASSES)), np.float32)
    before = network.config.past + 4  # plus the reach of the Fourier window, a whole number of strides
    before, after = before + before % _STRIDE, network.config.future + 4
    for start in range(0, count, _PIECE):
        checkpoint()
        end = min(start + _PIECE, count)
        first, last = max(0, start - before), end + after
        piece = np.asarray(samples[max(0, first - 4) * _HOP : last * _HOP]) * np.float32(gain)
        mel = phone_features(piece, num_mels=network.config.num_mels)[first - max(0, first - 4) :]
        result[start:end] = _posteriors(network, mel)[start - first : end - first]
    return result


@torch.inference_mode()
def _posteriors(network: PhoneRecogniser, mel: FloatArray) -> npt.NDArray[np.float32]:
    count = len(mel)
    frames = torch.from_numpy(np.pad(mel, ((0, count % _STRIDE), (0, 0))))
    posteriors = network(frames[None].to(next(network.parameters()).device))[0, :count].float().softmax(dim=-1)
    return np.asarray(posteriors.cpu().numpy(), np.float32)


def is_speech(samples: npt.NDArray[np.float32], activity: FloatArray, rate: float) -> bool:
    """Whether sound that passed for a voice is speech; tunes played on an instrument are not.

    The recogniser takes held notes for silence, or wavers between silence and uncertain phones. The thresholds were
    chosen on 273 recordings and clips in ten languages, none of which is taken for music. For synthetic chords the mean
    probability of silence is 0.8, for melodies it is above 0.33 with a mean confidence of 0.5; voices have a confidence
    of 0.58 and more.

    Args:
        samples: (N,) at 16 kHz; the first ten minutes are used.
        activity: (T,) voice activity; above 0.5 there is a voice.
        rate: of the activity, per second.
    """
    posteriors = phone_posteriors(samples[: _HEARD_S * SAMPLE_RATE])
    rows = np.minimum((np.arange(len(posteriors)) / RATE * rate).round().astype(int), len(activity) - 1)
    voiced = np.flatnonzero(activity[rows] > 0.5) if len(activity) else np.zeros(0, int)
    if len(voiced) < RATE / 2:
        return True  # too short to tell
    silence, sureness = float(posteriors[voiced, 0].mean()), float(posteriors[voiced].max(axis=1).mean())
    return silence < _MUSIC_SILENCE[0] or (silence < _MUSIC_SILENCE[1] and sureness > _MUSIC_SURENESS)


def recognise(speech: Speech) -> tuple[Interval, ...]:
    """The phones of a speech, without gaps from 0 to its end.

    Args:
        speech: at any sample rate.
    """
    posteriors = phone_posteriors(resample(speech.samples, speech.sample_rate))
    return intervals_of(best_path(posteriors), speech.duration)


def best_path(posteriors: FloatArray, *, switching: float = _SWITCHING) -> IndexArray:
    """The likeliest classes (T,) of posteriors (T, C) if each change of class costs ``switching``.

    Source: Viterbi 1967; all changes of class are equally probable.
    """
    scores = np.log(np.maximum(posteriors, 1e-6))
    count, classes = scores.shape
    if count == 0:
        return np.zeros(0, np.intp)
    came_from = np.empty((count, classes), np.intp)
    staying = np.arange(classes)
    total = scores[0].copy()
    for t in range(1, count):
        best = int(total.argmax())
        switched = total[best] - switching > total
        came_from[t] = np.where(switched, best, staying)
        total = np.where(switched, total[best] - switching, total) + scores[t]
    path = np.empty(count, np.intp)
    path[-1] = total.argmax()
    for t in range(count - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path


def intervals_of(path: IndexArray, duration: float) -> tuple[Interval, ...]:
    """Runs of one class in a path (T,) at 100 Hz as intervals from 0 to ``duration`` (s)."""
    if len(path) == 0:
        return ()
    changes = np.flatnonzero(np.diff(path)) + 1
    # Frame t stands for the time around t / 100 s, so a new class begins half a frame before its first frame.
    bounds = np.concatenate([[0.0], np.minimum((changes - 0.5) / RATE, duration), [duration]])
    labels = [CLASSES[path[start]] for start in (0, *changes)]
    return tuple(Interval(label, float(a), float(b)) for label, a, b in zip(labels, bounds, bounds[1:]))
