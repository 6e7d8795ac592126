"""The shell of motion generators: everything around a network that turns features of speech into a moving face.

A method supplies an ``Animator``: which features it computes, and how they move a face. The shell resamples the speech
to 16 kHz, normalises its loudness, finds where somebody speaks, works in blocks so that memory hardly grows with
length, smooths, brings the lips to rest in silence, and adds idle head motion and blinks if the method has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Protocol

import numpy as np

from talkinghead.errors import InputError, announce
from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE
from talkinghead.face.rest import closed_mouth
from talkinghead.media.spool import spool_rows
from talkinghead.motion.contacts import make_contacts
from talkinghead.motion.idle import idle_blinks, idle_head
from talkinghead.motion.reach import reach_further, scale_reach
from talkinghead.motion.rest import rest_in_silence, zero_in_silence
from talkinghead.motion.smoothing import smooth
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.features import SAMPLE_RATE, loudness_gain, speech_at_16_khz
from talkinghead.speech.phones import is_speech
from talkinghead.speech.phonetic import crop_speech
from talkinghead.speech.speaker import speaker_embedding
from talkinghead.types import NUM_LANDMARKS, FloatArray, Motion, Portrait, Reference, Speech, num_frames

BLOCK_S = 60.0
"""Length of a block. Whole seconds are whole frames of motion and of every feature."""

MARGIN_S = 2.0
"""Context of a block on either side, longer than the memory of any feature, filter or ramp."""

_VOICE_S = 60.0  # of the speech, which tell whose voice it is
_TOLD_S = 15.0  # of voice, after which it is asked whether it speaks: to recognise all of it would cost as much again
_CUTOFF_HZ = 9.0  # lips close and open within about 0.1 s; faster motion is a network's jitter


@dataclass(frozen=True)
class Talk:
    """A speech, and the face that will say it.

    Attributes:
        speech: at 16 kHz.
        fps: rows of motion per second.
        activity: (T,) voice activity at each row, speech above 0.5; all zeros for music.
        pictured: (68, 3) the landmarks of the portrait in the head frame.
        rest: (68, 3) the same with the lips closed.
        seed: of all random choices.
        reference: the reference video of the face, or None.
    """

    speech: Speech
    fps: float
    activity: FloatArray
    pictured: FloatArray
    rest: FloatArray
    seed: int
    reference: Reference | None = None

    def __len__(self) -> int:
        return len(self.activity)

    @cached_property
    def voice(self) -> FloatArray | None:
        """(256,) embedding of who speaks; None: there is too little speech."""
        try:
            return speaker_embedding(self.speech.samples[: round(_VOICE_S * SAMPLE_RATE)])
        except InputError:
            return None

    def blocks(self) -> Iterator[tuple[slice, slice]]:
        """For each block of the motion, its rows with context, and which of them are its own."""
        size, margin, count = round(BLOCK_S * self.fps), round(MARGIN_S * self.fps), len(self)
        for start in range(0, count, size):
            rows = slice(max(0, start - margin), min(start + size + margin, count))
            yield rows, slice(start - rows.start, min(start + size, count) - rows.start)


@dataclass(frozen=True)
class Movement:
    """What a method generates for a talk.

    Attributes:
        landmarks: rows of the motion -> their landmarks (n, 68, 3) in the head frame, which the shell smooths.
        settled: (68, 3) the landmarks to which the mouth returns when nobody speaks; or rows of the motion -> those of
            each row (n, 68, 3), if they change.
        head: rotation (T, 3) rad and translation (T, 3) in eye distances, as in ``Motion``; None: the method has none.
        idle: amount of idle head motion to add.
        blink: (T,) as in ``Motion``; None: idle blinks.
        contacts: (T, 2) of ``contacts.contact_shares``; None: lips meet only as far as the landmarks say.
        reach: how far lips of voices other than the main speaker's move along x, y and z beside what ``landmarks`` says
            (``motion.reach``).
        lids: whether eyelids follow the landmarks, for eyes that widen or narrow; else they stay as in the portrait.
    """

    landmarks: Callable[[slice], FloatArray]
    settled: FloatArray | Callable[[slice], FloatArray]
    head: tuple[FloatArray, FloatArray] | None = None
    idle: float = 1.0
    blink: FloatArray | None = None
    contacts: FloatArray | None = None
    reach: tuple[float, float, float] = (1.0, 1.0, 1.0)
    lids: bool = False


class Animator(Protocol):
    """What a method supplies."""

    @property
    def fps(self) -> float:
        """Rows of motion per second."""
        ...

    @property
    def stride(self) -> int:
        """Speech frames per row of motion."""
        ...

    def compute_features(self, speech: Speech, *, gain: float) -> FloatArray:
        """Speech frames (ceil(duration * fps * stride), F) of a piece of a speech.

        Args:
            speech: at 16 kHz.
            gain: factor that brings the whole recording to the usual loudness.
        """
        ...

    def animate(self, talk: Talk, features: FloatArray) -> Movement:
        """The movement of a face that says the speech.

        Args:
            talk: the speech and the face.
            features: (T * stride, F) float32 speech frames, zeros where nobody speaks; may be mapped from a file.
        """
        ...


def generate_motion(animator: Animator, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
    """The motion of a face that says the whole speech, at the animator's own rate.

    Args:
        animator: of the method.
        speech: at any sample rate.
        portrait: the face.
        seed: of all random choices.
    """
    talk = prepare_talk(speech, portrait, fps=animator.fps, seed=seed)
    movement = animator.animate(talk, _compute_features(animator, talk))
    landmarks = spool_rows(_finish_blocks(talk, movement), (NUM_LANDMARKS, 3))
    count, fps, activity = len(talk), talk.fps, talk.activity
    rotation, translation = movement.head or (np.zeros((count, 3)), np.zeros((count, 3)))
    if movement.idle:
        turn, shift = idle_head(count, fps, seed=seed, activity=activity, amount=movement.idle)
        rotation, translation = rotation + turn, translation + shift
    blink = idle_blinks(count, fps, seed=seed, activity=activity) if movement.blink is None else movement.blink
    return Motion(fps, landmarks, rotation, translation, blink, talk.pictured)


def prepare_talk(speech: Speech, portrait: Portrait, *, fps: float, seed: int = 0) -> Talk:
    """A talk with ``fps`` rows per second; a sound in which nobody speaks is announced."""
    speech = speech_at_16_khz(speech)
    activity = _fit_length(voice_activity(speech.samples, fps), num_frames(speech.duration, fps))
    if speech.phones is None and not _somebody_speaks(speech.samples, activity, fps):
        announce("nobody speaks in the sound, it is taken for music: the mouth will rest.")
        activity = np.zeros_like(activity)
    rest = closed_mouth(portrait.landmarks)
    return Talk(speech, fps, activity, portrait.landmarks, rest, seed, portrait.reference)


def _somebody_speaks(samples: FloatArray, activity: FloatArray, fps: float) -> bool:
    """Whether sound (N,) at 16 kHz that passed for a voice is speech; mostly, what is heard first tells that."""
    voiced = np.flatnonzero(activity > 0.5)
    if len(voiced) > _TOLD_S * fps:
        heard = int(voiced[round(_TOLD_S * fps)])
        if is_speech(samples[: round(heard / fps * SAMPLE_RATE)], activity[:heard], fps):
            return True
    return is_speech(samples, activity, fps)


def _compute_features(animator: Animator, talk: Talk) -> FloatArray:
    """Speech frames (T * stride, F) of the whole talk, in a file if they are many."""
    gain, stride, fps = loudness_gain(talk.speech.samples), animator.stride, talk.fps

    def compute(rows: slice, inner: slice) -> FloatArray:
        piece = crop_speech(talk.speech, rows.start / fps, rows.stop / fps)
        features = animator.compute_features(piece, gain=gain)
        quiet = zero_in_silence(features, talk.activity[rows], fps, stride=stride)
        return quiet[stride * inner.start : stride * inner.stop]

    blocks = (compute(rows, inner) for rows, inner in talk.blocks())
    first = next(blocks)
    return spool_rows(chain([first], blocks), first.shape[1:])


def _finish_blocks(talk: Talk, movement: Movement) -> Iterator[FloatArray]:
    """Landmarks (n, 68, 3), block by block: smoothed; lips move as far as the voice's do, meet where a sound requires
    it, and rest where nobody speaks; lids as in the portrait, unless the method moves them.
    """
    factors = None if movement.reach == (1.0, 1.0, 1.0) else scale_reach(movement.reach, talk.voice)
    for rows, inner in talk.blocks():
        block = smooth(movement.landmarks(rows), talk.fps, cutoff_hz=_CUTOFF_HZ)
        settled = movement.settled(rows) if callable(movement.settled) else movement.settled
        if factors is not None:
            block = reach_further(block, settled, factors)
        if movement.contacts is not None:
            block = make_contacts(block, talk.rest, movement.contacts[rows])
        block = rest_in_silence(block, settled, talk.activity[rows], talk.fps)
        for eye in (LEFT_EYE, RIGHT_EYE) if not movement.lids else ():
            block[:, eye] = talk.rest[eye]
        yield block[inner]


def _fit_length(rows: FloatArray, count: int) -> FloatArray:
    """The first ``count`` rows; if there are fewer, the last one is held, and without rows there are zeros."""
    if len(rows) == 0:
        return np.zeros((count, *rows.shape[1:]), rows.dtype)
    return np.asarray(rows[np.minimum(np.arange(count), len(rows) - 1)])
