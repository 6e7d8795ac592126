"""Speech -> Motion: the speech-to-landmarks network, and what it leaves to chance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from talkinghead.errors import announce
from talkinghead.face.pose import head_landmarks, matrix_from_rotation, rotation_from_matrix
from talkinghead.face.rest import closed_mouth
from talkinghead.media.spool import spool_rows
from talkinghead.methods.attentional_landmarks.geometry import lift, merge, template_of
from talkinghead.methods.attentional_landmarks.hearing import FPS, STRIDE, at_16_khz, speech_frames
from talkinghead.methods.attentional_landmarks.stl import AFTER, BEFORE, SpeechToLandmarks, States
from talkinghead.motion.idle import idle_blinks, idle_head
from talkinghead.motion.lips import in_order
from talkinghead.motion.rest import rest_in_silence
from talkinghead.motion.smoothing import smooth
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.features import loudness_gain
from talkinghead.speech.phones import is_speech
from talkinghead.speech.phonetic import crop_speech
from talkinghead.types import FloatArray, Motion, Portrait, Speech, num_frames

BLOCK = 1500
"""Frames (a minute) worked on at once, so that memory hardly grows with the speech."""

_MARGIN = 50  # frames (2 s) on either side that hearing and smoothing are given to see, more than they remember
_SETTLING = 100  # frames of silence after which the recurrent layer has forgotten how it began
_CUTOFF_HZ = 9.0  # lips close and open within about 0.1 s; what is faster is the network's jitter
_HEAD_CUTOFF_HZ = 2.5


class AttentionalMotion:
    """Motion as Wang et al. 2020 make it (section 3.1): lips and head from speech, each by a branch of its own.

    The network learnt the head by what is expected of it, which is calmer than any head is. What it leaves out is idle
    motion; eyelids, of which the paper says nothing, blink by ``motion.idle``, too.

    Args:
        network: speech to landmarks.
        liveliness: amount of the idle motion; 0: the head moves as the network says.
    """

    def __init__(self, network: SpeechToLandmarks, *, liveliness: float = 1.0) -> None:
        self.network, self.liveliness = network.eval(), liveliness

    def generate(self, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
        """Motion at 25 frames per second for the whole of the speech."""
        speech = at_16_khz(speech)
        count = num_frames(speech.duration, FPS)
        in_picture = head_landmarks(portrait.track[portrait.best : portrait.best + 1])[0]
        rest = closed_mouth(in_picture)
        activity = _fit_length(voice_activity(speech.samples, FPS), count)
        if speech.phones is None and not is_speech(speech.samples, activity, FPS):
            announce("nobody speaks in the sound, it is taken for music: the mouth will rest.")
            activity = np.zeros_like(activity)
        # What the network makes of silence is its misreading of a face it does not know: all else counts from there.
        silence = np.zeros(
            (BEFORE + STRIDE * (_SETTLING - 1) + 1 + AFTER, self.network.config.num_features), np.float32
        )
        points, states = self.points(silence, template_of(rest))
        settled, turn, shift = (rows[-1] for rows in lift(points[-1:], rest))
        pose: list[FloatArray] = []

        def raw() -> Iterator[FloatArray]:
            carried = states
            for block in self._hear(speech, activity):
                places, carried = self.points(block, template_of(rest), carried)
                landmarks, rotation, translation = lift(places, rest)
                away = matrix_from_rotation(rotation) @ matrix_from_rotation(turn).T
                pose.append(np.concatenate([rotation_from_matrix(away), translation - shift], axis=1))
                yield in_order(rest + landmarks - settled, rest)

        landmarks = spool_rows(_finish_blocks(spool_rows(raw(), rest.shape), rest, activity), rest.shape)
        head = smooth(np.concatenate(pose), FPS, cutoff_hz=_HEAD_CUTOFF_HZ)
        rotation, translation = idle_head(count, FPS, seed=seed, activity=activity, amount=self.liveliness)
        blink = idle_blinks(count, FPS, seed=seed, activity=activity)
        return Motion(FPS, landmarks, head[:, :3] + rotation, head[:, 3:] + translation, blink, in_picture)

    def _hear(self, speech: Speech, activity: FloatArray) -> Iterator[FloatArray]:
        """What is heard, in blocks, each with the speech frames before and after it that the network asks for."""
        gain, count = loudness_gain(speech.samples), len(activity)
        for start in range(0, count, BLOCK):
            end = min(start + BLOCK, count)
            rows = slice(max(0, start - _MARGIN), min(end + _MARGIN, count))
            piece = crop_speech(speech, rows.start / FPS, rows.stop / FPS)
            block = speech_frames(piece, self.network.config, gain=gain, activity=activity[rows])
            first = STRIDE * (start - rows.start) - BEFORE
            last = STRIDE * (end - 1 - rows.start) + 1 + AFTER
            padding = ((max(0, -first), max(0, last - len(block))), (0, 0))
            yield np.pad(block[max(0, first) : last], padding)

    @torch.inference_mode()
    def points(
        self, speech: FloatArray, template: FloatArray, states: States | None = None
    ) -> tuple[FloatArray, States]:
        """Landmarks (T, 68, 2) px for a template (68, 2) px, and the states to go on from.

        Args:
            speech: (BEFORE + 4 (T - 1) + 1 + AFTER, num_features) at 100 Hz.
            template: (68, 2) px.
            states: what an earlier call returned; None: a beginning.
        """
        device = next(self.network.parameters()).device
        heard_by_it = torch.from_numpy(np.asarray(speech, np.float32)).to(device)
        face = torch.from_numpy(np.asarray(template, np.float32)).to(device)
        made, states = self.network(heard_by_it[None], face[None], states)
        parts = [np.asarray(part[0].double().cpu().numpy()) for part in made]
        return parts[0] if len(parts) == 1 else merge(*parts), states


def _finish_blocks(raw: FloatArray, rest: FloatArray, activity: FloatArray) -> Iterator[FloatArray]:
    """Landmarks (T, 68, 3), smooth and at rest where nobody speaks, in blocks."""
    for start in range(0, len(raw), BLOCK):
        end = min(start + BLOCK, len(raw))
        rows = slice(max(0, start - _MARGIN), min(end + _MARGIN, len(raw)))
        block = smooth(np.asarray(raw[rows], np.float64), FPS, cutoff_hz=_CUTOFF_HZ)
        yield rest_in_silence(block, rest, activity[rows], FPS)[start - rows.start : end - rows.start]


def _fit_length(rows: FloatArray, count: int) -> FloatArray:
    """The first ``count`` rows, the last one held where there are fewer."""
    if len(rows) == 0:
        return np.zeros((count, *rows.shape[1:]), rows.dtype)
    return np.asarray(np.concatenate([rows, np.repeat(rows[-1:], max(0, count - len(rows)), axis=0)])[:count])
