"""Speech -> Motion: the content branch for the mouth, the speaker-aware branch for head and brows, idle blinks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from talkinghead.errors import InputError, announce
from talkinghead.face.landmarks import BROWS, JAW, LEFT_EYE, LIPS, RIGHT_EYE
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import closed_mouth
from talkinghead.media.spool import spool_rows
from talkinghead.methods.makeittalk.config import ContentConfig
from talkinghead.methods.makeittalk.content import SpeechContentAnimation, windows_of
from talkinghead.methods.makeittalk.head_style import (
    displacements,
    head_poses,
    rigid_and_expression,
    smooth_noise,
    softly_within,
)
from talkinghead.methods.makeittalk.hearing import at_16_khz, speech_features
from talkinghead.methods.makeittalk.speaker_aware import SpeakerAwareAnimation
from talkinghead.motion.idle import idle_blinks, idle_head
from talkinghead.motion.rest import rest_in_silence, speaking_share
from talkinghead.motion.smoothing import smooth
from talkinghead.precision import autocast
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.features import SAMPLE_RATE, loudness_gain
from talkinghead.speech.phones import is_speech
from talkinghead.speech.phonetic import PhoneticFeatures, crop_speech
from talkinghead.speech.speaker import speaker_embedding
from talkinghead.types import NUM_LANDMARKS, FloatArray, Motion, Portrait, Speech, num_frames

_BATCH = 512  # windows at once: their LSTM states stay in the cache
BLOCK = 3750
"""Frames (a minute) worked on at once, so that memory hardly grows with the speech. Blocks and margins are multiples of
5 frames, which are 8 of the recogniser's."""
_MARGIN = 125  # frames (2 s) on either side that a block is given to see, more than any filter or ramp remembers
# Eye distances; two readings of one frame differ by up to 0.012 at the lips. Chosen on GRID val for the least change to
# a stranger that costs little there: D-LL is 1.85 % with it, 1.82 % without a limit, 1.90 % at 0.02.
_TRACKER_NOISE = 0.03
_CUTOFF_HZ = 9.0  # lips close and open within about 0.1 s; what is faster is the network's jitter
_EXPRESSION_LIMIT = 0.08  # eye distances; brows of the open recordings keep within
_VOICE_S = 60.0  # of the recording that tell whose voice it is
_STYLE_STREAM = 2  # of random numbers, beside those of idle head and blinks


class MakeItTalkMotion:
    """Motion as Zhou et al. 2020 make it: the content branch (section 3.1) and the speaker-aware one (section 3.2).

    Args:
        network: the content branch; None: the speaker-aware one is alone, lips and jaw are its own.
        features: what both hear, if they were trained on somebody else's; None: what the configuration names.
        branch: the speaker-aware branch; None: the head is idle.
        speaker: (256,) the voice in whose style the head moves (``speech.speaker``); None: that of the speech.
        liveliness: scales the noise from which the head's motion is drawn; 0 gives the expected motion.

    Raises:
        ValueError: there is neither branch.
    """

    def __init__(
        self,
        network: SpeechContentAnimation | None,
        *,
        features: PhoneticFeatures | None = None,
        branch: SpeakerAwareAnimation | None = None,
        speaker: FloatArray | None = None,
        liveliness: float = 1.0,
    ) -> None:
        self.network = None if network is None else network.eval()
        self.features = features
        self.branch = None if branch is None else branch.eval()
        self.speaker = speaker
        self.liveliness = liveliness
        if network is not None:
            self.config: ContentConfig = network.config
        elif branch is not None:
            self.config = branch.content
        else:
            raise ValueError("there must be a content branch or a speaker-aware one")

    def generate(self, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
        """Motion at the paper's 62.5 frames per second for the whole of the speech (section 4.4)."""
        rate = self.config.rate
        speech = at_16_khz(speech)
        count = num_frames(speech.duration, rate)
        track = portrait.track[portrait.best : portrait.best + 1]
        in_picture = head_landmarks(track)[0]
        rest = closed_mouth(in_picture)
        activity = _fit_length(voice_activity(speech.samples, rate), count)
        if speech.phones is None and not is_speech(speech.samples, activity, rate):
            announce("nobody speaks in the sound, it is taken for music: the mouth will rest.")
            activity = np.zeros_like(activity)
        features = self._compute_features(speech, activity)
        style = self._style(speech, features, rest, seed=seed)
        landmarks = spool_rows(self._faces(features, rest, activity, style), rest.shape)
        if style is None:
            rotation, translation = idle_head(count, rate, seed=seed, activity=activity)
        else:
            rotation, translation = head_poses(style, rest, rate)
        blink = idle_blinks(count, rate, seed=seed, activity=activity)
        return Motion(rate, landmarks, rotation, translation, blink, in_picture)

    def _compute_features(self, speech: Speech, activity: FloatArray) -> FloatArray:
        """Speech frames (T, num_features) of the whole, in a file where they are many; none where nobody speaks."""
        rate, count = self.config.rate, len(activity)
        gain = loudness_gain(speech.samples)
        # What the recogniser makes of noise is not to move the face, not even nose and brows.
        share = speaking_share(activity, rate)[:, None]

        def blocks() -> Iterator[FloatArray]:
            for rows, inner in _blocks(count):
                piece = crop_speech(speech, rows.start / rate, rows.stop / rate)
                features = _fit_length(
                    speech_features(piece, self.config, gain=gain, features=self.features), rows.stop - rows.start
                )
                yield (features * share[rows])[inner]

        return spool_rows(blocks(), (self.config.num_features,))

    def _faces(
        self, features: FloatArray, rest: FloatArray, activity: FloatArray, style: FloatArray | None
    ) -> Iterator[FloatArray]:
        """Landmarks (n, 68, 3) in the head frame, block by block: smooth, lips settled where nobody speaks."""
        rate = self.config.rate
        # Where the mouth settles in silence is the network's to say, not the single picture's: steadier, and no jump.
        settled = self.landmarks(np.zeros((1, self.config.num_features)), rest)[0]
        foreign = _beyond_noise(settled - rest)
        settled = closed_mouth(settled - foreign)
        for rows, inner in _blocks(len(features)):
            block = self.landmarks(features[rows], rest) - foreign
            if style is not None:
                block += self._expression(style[rows], rest)
            block = rest_in_silence(smooth(block, rate, cutoff_hz=_CUTOFF_HZ), settled, activity[rows], rate)
            for eye in (LEFT_EYE, RIGHT_EYE):
                block[:, eye] = rest[eye]
            yield block[inner]

    def _style(self, speech: Speech, features: FloatArray, rest: FloatArray, *, seed: int) -> FloatArray | None:
        """What the speaker-aware branch adds (T, 68, 3), in a file where it is much; None: there is no such branch."""
        if self.branch is None:
            return None
        speaker = self._voice(speech, self.branch) if self.speaker is None else self.speaker
        rng = np.random.default_rng([seed, _STYLE_STREAM])
        noise = self.liveliness * smooth_noise(len(features), self.branch.config.noise_size, self.config.rate, rng)
        return spool_rows(displacements(self.branch, features, rest, speaker, noise), (NUM_LANDMARKS, 3))

    def _voice(self, speech: Speech, branch: SpeakerAwareAnimation) -> FloatArray:
        try:
            return speaker_embedding(speech.samples[: round(_VOICE_S * SAMPLE_RATE)])
        except InputError:
            announce("there is too little speech to tell whose voice it is: the head moves as an average speaker's.")
            return np.asarray(branch.mean_speaker.float().cpu().numpy())

    def _expression(self, style: FloatArray, rest: FloatArray) -> FloatArray:
        """(n, 68, 3) what of the displacements is not the head's motion: brows and, so far as wanted, jaw and lips."""
        assert self.branch is not None
        _, _, expression = rigid_and_expression(rest + style, rest)
        share = np.zeros((NUM_LANDMARKS, 1))
        share[BROWS], share[JAW], share[LIPS] = 1.0, self.branch.config.mouth_share, self.branch.config.mouth_share
        # Lips that are this branch's own open further than what it would add to other lips.
        return (expression if self.network is None else softly_within(expression, _EXPRESSION_LIMIT)) * share

    @torch.inference_mode()
    def landmarks(self, features: FloatArray, rest: FloatArray) -> FloatArray:
        """Landmarks (T, 68, 3) of the content branch, or at rest, for speech (T, num_features), rest (68, 3)."""
        if self.network is None:
            return np.repeat(np.asarray(rest, np.float64)[None], len(features), axis=0)
        static = torch.from_numpy(np.asarray(rest, np.float32))
        device = next(self.network.parameters()).device
        windows = windows_of(torch.from_numpy(np.array(features, np.float32)), self.config)
        pieces = []
        for start in range(0, len(windows), _BATCH):
            batch = windows[start : start + _BATCH].to(device)
            # bfloat16 is several times as fast on CPUs that have it; at the lips it differs by 0.0003 eye distances, a
            # twentieth of what two readings of one frame differ by.
            with autocast(device):
                pieces.append(self.network(batch, static.to(device).expand(len(batch), -1, -1)).float().cpu())
        return np.asarray(torch.cat(pieces).numpy(), np.float64)


def _blocks(count: int) -> Iterator[tuple[slice, slice]]:
    """For each block: the rows that it is given to see, and which of them are its own."""
    for start in range(0, count, BLOCK):
        rows = slice(max(0, start - _MARGIN), min(start + BLOCK + _MARGIN, count))
        yield rows, slice(start - rows.start, min(start + BLOCK, count) - rows.start)


def _beyond_noise(change: FloatArray) -> FloatArray:
    """What of the change (68, 3) that silence makes to a face at rest goes beyond the tracker's noise.

    The network has seen one man's face: on his it takes off the noise of a single picture, on a smiling stranger's the
    smile. So much of it is not to be kept. Facing points of the inner lips share theirs, or lips would part.
    """
    size = np.linalg.norm(change, axis=-1, keepdims=True)
    beyond = change * (1 - np.minimum(1.0, _TRACKER_NOISE / np.maximum(size, 1e-9)))
    for upper, lower in ((61, 67), (62, 66), (63, 65)):
        beyond[[upper, lower]] = beyond[[upper, lower]].mean(axis=0)
    return np.asarray(beyond)


def _fit_length(rows: FloatArray, count: int) -> FloatArray:
    """The first ``count`` rows, the last one held where there are fewer."""
    if len(rows) >= count:
        return rows[:count]
    if len(rows) == 0:
        return np.zeros((count, *rows.shape[1:]), rows.dtype)
    return np.concatenate([rows, np.repeat(rows[-1:], count - len(rows), axis=0)])
