"""Speech of any voice -> phones: a small convolutional recogniser on a pretrained encoder, frame by frame.

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

from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.encoder import WindowEncoder, encode_speech
from talkinghead.speech.features import SAMPLE_RATE, loudness_gain, resample
from talkinghead.speech.time_delay import HOP, RATE, STRIDE, MelStem, TimeDelayBlock, mel_windows
from talkinghead.speech.upper import load_whole_encoder, whole_encoder_digest
from talkinghead.store import code_digest, file_digest, key_of
from talkinghead.types import FloatArray, IndexArray, Interval, Speech
from talkinghead.weights import load_weights

_WEIGHTS = Path(__file__).with_name("weights") / "phones.safetensors"
_HEARD_S = 600
_MUSIC_SILENCE, _MUSIC_SURENESS = (0.28, 0.7), 0.55
_SWITCHING = 3.0  # the log probability that a change of phone must gain; chosen on recordings held back from training


@dataclass(frozen=True)
class PhoneConfig:
    """Sizes of the recogniser.

    Attributes:
        num_mels: mel bands.
        encoder_size: numbers per 20 ms that it reads of the encoder (``speech.encoder``); 0: it hears log-mel alone.
        upper: whether half of them are those of the encoder's upper blocks (``speech.upper``).
        width: channels.
        taps: for each block, the frames (20 ms each) it sees: 0 is the present one, positive ones lie ahead.
    """

    num_mels: int = 80
    encoder_size: int = 384
    upper: bool = False
    width: int = 192
    taps: tuple[tuple[int, ...], ...] = ((-1, 0, 1), (-1, 0, 1), (-2, 0, 2))


CONFIGS = {
    "small": PhoneConfig(encoder_size=768, upper=True),
    "tiny": PhoneConfig(encoder_size=0, width=16, taps=((-1, 0, 1), (-2, -1, 0))),
}


class PhoneRecogniser(nn.Module):
    """What an encoder hears, and log-mel -> logits of the 40 classes (39 phones and silence), 100 times a second.

    The encoder knows voices, rooms and languages; log-mel has twice its rate, and knows when a phone begins.

    Source: time-delay networks for phones (Waibel et al. 1989, "Phoneme recognition using time-delay neural networks";
        Peddinti et al. 2015), with residual connections and layer normalisation.
    """

    def __init__(self, config: PhoneConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = MelStem(config.num_mels, config.width)
        self.listen = nn.Linear(config.encoder_size, config.width) if config.encoder_size else None
        self.blocks = nn.Sequential(*[TimeDelayBlock(config.width, taps) for taps in config.taps])
        self.norm = nn.LayerNorm(config.width)
        self.classify = nn.Linear(config.width, STRIDE * len(CLASSES))

    def forward(self, mel: Tensor, encoded: Tensor | None = None) -> Tensor:
        """Logits (B, T, 40).

        Args:
            mel: (B, T, num_mels) log-mel frames; T is even.
            encoded: (B, T / 2, encoder_size) what the encoder makes of the same speech.
        """
        batch, count, _ = mel.shape
        hidden = self.stem(mel)
        if self.listen is not None:
            hidden = hidden + self.listen(encoded)
        logits: Tensor = self.classify(self.norm(self.blocks(hidden)))
        return logits.view(batch, count, len(CLASSES))


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
    code = code_digest(__name__, "talkinghead.speech.features", "talkinghead.speech.time_delay")
    return key_of(file_digest(_WEIGHTS), code, whole_encoder_digest())


def phone_posteriors(
    samples: npt.NDArray[np.float32],
    *,
    gain: float | None = None,
    first: int = 0,
    count: int | None = None,
    network: PhoneRecogniser | None = None,
    encoder: WindowEncoder | None = None,
) -> npt.NDArray[np.float32]:
    """How surely each frame is silence or one of the phones; the same whatever the stretch that is asked for.

    Args:
        samples: (N,) at 16 kHz, of the whole recording; no more of them is read than the stretch needs.
        gain: brings the recording to the usual loudness; None: ``loudness_gain(samples)``.
        first: the first frame.
        count: of frames; None: up to the end of the recording.
        network: None: the one that ships.
        encoder: what it listens to; None: the one that ships.

    Returns:
        (count, 40) in the order of ``arpabet.CLASSES``, rows sum to 1; frame t is centred on ``(first + t) / 100`` s of
        the recording. Of a recording of N samples there are ceil(N / 160), and no more are returned.
    """
    network = load_recogniser() if network is None else network
    gain = loudness_gain(samples) if gain is None else gain
    config, device = network.config, next(network.parameters()).device
    encoder = load_whole_encoder() if encoder is None and config.upper else encoder
    whole = -(-len(samples) // HOP)
    last = whole if count is None else min(whole, first + count)
    result = np.zeros((max(0, last - first), len(CLASSES)), np.float32)
    for window in mel_windows(samples, config.taps, gain=gain, first=first, last=last, num_mels=config.num_mels):
        encoded = None
        if config.encoder_size:
            begin, strides = window.begin // STRIDE, window.mel.shape[1] // STRIDE
            rows = encode_speech(samples, gain=gain, first=begin, count=strides, network=encoder)
            encoded = torch.from_numpy(rows)[None].to(device)
        with torch.inference_mode():
            posteriors = network(window.mel.to(device), encoded)[0].float().softmax(dim=-1)
        result[window.rows] = posteriors[window.inner].cpu().numpy()
    return result


def is_speech(samples: npt.NDArray[np.float32], activity: FloatArray, rate: float) -> bool:
    """Whether sound that passed for a voice is speech; tunes played on an instrument are not.

    The recogniser takes held notes for silence, or wavers between silence and uncertain phones. Of 240 recordings and
    clips in ten languages, none is taken for music: the mean probability of silence is above 0.3 in three, in which
    people hum, and the mean confidence at least 0.58. For synthetic melodies that probability is 0.94.

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
