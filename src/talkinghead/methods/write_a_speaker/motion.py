"""Speech -> Motion: the mouth from phones, the upper face from words and emotion, the head from words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from talkinghead.cancellation import checkpoint
from talkinghead.errors import announce
from talkinghead.face.expressions import MOUTH_EXPRESSIONS, UPPER_EXPRESSIONS
from talkinghead.face.rest import closed_mouth
from talkinghead.methods.write_a_speaker.chance import draw_noise
from talkinghead.methods.write_a_speaker.emotion import balance_jaw, emotion_pitch, emotion_shares, emotion_weights
from talkinghead.methods.write_a_speaker.features import (
    FPS,
    RATE,
    STRIDE,
    phone_frames,
    phone_rows,
    share_of_known,
    word_frames,
)
from talkinghead.methods.write_a_speaker.mood import resolve_auto
from talkinghead.methods.write_a_speaker.networks import MouthGenerator, WordsGenerator
from talkinghead.methods.write_a_speaker.style import MouthStyle
from talkinghead.methods.write_a_speaker.targets import HEAD_UNITS
from talkinghead.methods.write_a_speaker.vocabulary import load_vocabulary
from talkinghead.motion.contacts import contact_shares
from talkinghead.motion.expressions import landmarks_from_expression
from talkinghead.motion.generator import Movement, Talk, generate_motion
from talkinghead.motion.lips import in_order
from talkinghead.motion.smoothing import smooth, smoothstep
from talkinghead.speech.arpabet import PHONES
from talkinghead.speech.emotions import EMOTIONS
from talkinghead.types import NUM_EXPRESSIONS, FloatArray, Interval, Motion, Portrait, Speech

_BLOCK = 1536  # frames that the encoder-decoders read at a time, a multiple of their stride
_HEAD_CUTOFF_HZ = 4.0
_RAMP_S = 1.0  # from the portrait's own pose to the full motion
_FEW_KNOWN = 0.5  # share of the words
_MOUTH, _UPPER = np.array(MOUTH_EXPRESSIONS), np.array(UPPER_EXPRESSIONS)


class WriteASpeakerMotion:
    """Motion after Li et al. 2021, the speaker-independent stage: three generators side by side.

    All three are read relative to what they make of silence, so that the face at rest is the portrait's. Blinks and the
    gaze that the network of the upper face makes are those that it expects, a lid that is always somewhat closed: the
    lids come from ``motion.idle``, and the gaze stays the portrait's. The head goes with the words and their rhythm,
    and where they leave it open, by chance; a network without chance has idle motion on top.

    Args:
        mouth: phones to the 28 weights of jaw, mouth and cheek puff.
        upper_face: words and emotions to the 23 others.
        head: words to the head's pose.
        style: a person's own mouth; None: it stays generic.
        liveliness: amount of idle head motion for a head without chance.
    """

    fps, stride = FPS, STRIDE

    def __init__(
        self,
        mouth: MouthGenerator,
        upper_face: WordsGenerator,
        head: WordsGenerator,
        *,
        style: MouthStyle | None = None,
        liveliness: float = 1.0,
    ) -> None:
        self.mouth, self.upper_face, self.head = mouth.eval(), upper_face.eval(), head.eval()
        self.style = None if style is None else style.eval()
        self.liveliness = liveliness

    def generate(self, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
        """The motion for the whole of the speech, at ``fps``; ``speech.emotions`` are as in ``speech.emotions``.

        Raises:
            InputError: there is no such emotion, or its strength is out of range.
        """
        return generate_motion(self, speech, portrait, seed=seed)

    def compute_features(self, speech: Speech, *, gain: float) -> FloatArray:
        """Shares of the phones in a piece of a speech; see ``phone_rows``."""
        return phone_rows(speech, gain=gain)

    def animate(self, talk: Talk, features: FloatArray) -> Movement:
        """Weights of the expressions turned into landmarks, and the head's pose."""
        _announce_words(talk.speech.words)
        emotions = emotion_shares(resolve_auto(talk.speech.emotions, talk.speech.words), len(talk), FPS)
        shown = balance_jaw(emotion_weights(), talk.rest)
        silence = self.mouth_weights(np.zeros((2 * self.mouth.reach + 1, len(PHONES))))[self.mouth.reach]
        upper = self._parameters(self.upper_face, talk, features, emotions)
        upper = np.maximum(upper, emotions @ shown[:, _UPPER])  # of what is rare, such as wide eyes, it learns little
        pose = smooth(self._parameters(self.head, talk, features, emotions), FPS, cutoff_hz=_HEAD_CUTOFF_HZ)
        pose *= HEAD_UNITS * smoothstep(np.arange(len(talk)) / (_RAMP_S * FPS))[:, None]
        pose[:, 0] += emotions @ emotion_pitch()

        def landmarks(rows: slice) -> FloatArray:
            phones = phone_frames(features[STRIDE * rows.start : STRIDE * rows.stop], rows.stop - rows.start)
            weights = np.zeros((len(phones), NUM_EXPRESSIONS))
            weights[:, _MOUTH] = self._wear_style((self.mouth_weights(phones) - silence).clip(0.0, 1.0))
            weights[:, _MOUTH] += emotions[rows] @ shown[:, _MOUTH]
            weights[:, _UPPER] = upper[rows]
            return in_order(landmarks_from_expression(weights, talk.rest), talk.rest)

        def settle(rows: slice) -> FloatArray:
            """The lips of the emotion, which stay while nobody speaks, and closed, lest they miss a first p, b or m."""
            weights = np.zeros((rows.stop - rows.start, NUM_EXPRESSIONS))
            weights[:, _MOUTH] = emotions[rows] @ shown[:, _MOUTH]
            return closed_mouth(landmarks_from_expression(weights, talk.rest))

        return Movement(
            landmarks,
            settle,
            head=(pose[:, :3], pose[:, 3:]),
            idle=0.0 if self.head.config.noise else self.liveliness,
            contacts=contact_shares(features, RATE)[::STRIDE],
            lids=True,
        )

    @torch.inference_mode()
    def mouth_weights(self, phones: FloatArray) -> FloatArray:
        """(T, 28) weights for shares (T, 39) of the phones at 25 frames per second."""
        device = next(self.mouth.parameters()).device
        made = self.mouth(torch.from_numpy(np.array(phones, np.float32))[None].to(device))
        return np.asarray(made[0].double().cpu().numpy())

    @torch.inference_mode()
    def _wear_style(self, weights: FloatArray) -> FloatArray:
        """Mouth weights (T, 28) as the person makes them."""
        if self.style is None:
            return weights
        device = next(self.style.parameters()).device
        own = self.style(torch.from_numpy(weights.astype(np.float32)).to(device))
        return np.asarray(own.double().cpu().numpy().clip(0.0, 1.0))

    @torch.inference_mode()
    def _parameters(
        self, network: WordsGenerator, talk: Talk, features: FloatArray, emotions: FloatArray
    ) -> FloatArray:
        """(T, outputs) parameters at each frame, less those of silence, block by block and without seams."""
        count, reach = len(talk), network.reach
        quiet = np.zeros((2 * reach + 1, len(PHONES)))
        calm = np.zeros((len(quiet), len(EMOTIONS)), np.float32)
        calm[:, 0] = 1.0
        settled = self.words_parameters(network, (), quiet, calm)[reach]
        made = np.zeros((count, network.config.outputs))
        noise = draw_noise(np.random.default_rng(talk.seed), count, network.config.noise)
        for start in range(0, count, _BLOCK):
            checkpoint()
            first, last = max(0, start - reach), min(count, start + _BLOCK + reach)
            phones = phone_frames(features[STRIDE * first : STRIDE * last], last - first)
            words = None if talk.speech.words is None else tuple(_within(talk.speech.words, first / FPS, last / FPS))
            rows = self.words_parameters(network, words, phones, emotions[first:last], noise[first:last])
            made[start : start + _BLOCK] = rows[start - first :][:_BLOCK] - settled
        return made

    @torch.inference_mode()
    def words_parameters(
        self,
        network: WordsGenerator,
        words: Sequence[Interval] | None,
        phones: FloatArray,
        emotions: npt.NDArray[np.float32],
        noise: npt.NDArray[np.float32] | None = None,
    ) -> FloatArray:
        """(T, outputs) parameters of one of the encoder-decoders.

        Args:
            network: of the upper face, or of the head.
            words: in order; None: unknown.
            phones: (T, 39) shares in each frame.
            emotions: (T, len(EMOTIONS)) of ``emotion_shares``.
            noise: (T, noise) for a network that reads it; None: zeros.
        """
        device = next(network.parameters()).device
        found = word_frames(words, phones, load_vocabulary(), rows=network.config.words)
        read = (found.rows, found.vectors, found.beats, emotions.astype(np.float32), noise)
        made = network(*[None if rows is None else torch.from_numpy(rows)[None].to(device) for rows in read])
        return np.asarray(made[0].double().cpu().numpy())


def _announce_words(words: Sequence[Interval] | None) -> None:
    if not words:
        announce(
            "the words of the speech are unknown: brows and head follow its rhythm alone (--transcript tells them)."
        )
    elif share_of_known(words, load_vocabulary()) < _FEW_KNOWN:
        announce("most words of the speech are not English: brows and head follow its rhythm alone.")


def _within(words: Sequence[Interval], start: float, end: float) -> Iterator[Interval]:
    """The words of a window of time (s), timed from its start."""
    for word in words:
        if word.end > start and word.start < end:
            yield Interval(word.label, max(0.0, word.start - start), min(word.end, end) - start)
