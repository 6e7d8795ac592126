"""Speech -> Motion: the content branch for the mouth, idle motion for head and lids."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from talkinghead.errors import announce
from talkinghead.face.landmarks import LEFT_EYE, RIGHT_EYE
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import closed_mouth
from talkinghead.media.spool import spooled_rows
from talkinghead.methods.makeittalk.config import ContentConfig
from talkinghead.methods.makeittalk.content import SpeechContentAnimation, windows_of
from talkinghead.methods.makeittalk.hearing import at_16_khz, heard
from talkinghead.motion.idle import idle_blinks, idle_head
from talkinghead.motion.rest import rest_in_silence, speaking_share
from talkinghead.motion.smoothing import smooth
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.features import loudness_gain
from talkinghead.speech.phones import is_speech
from talkinghead.speech.phonetic import PhoneticFeatures, cut
from talkinghead.types import FloatArray, Motion, Portrait, Speech, num_frames

_BATCH = 512  # windows at once: their LSTM states stay in the cache
BLOCK = 3750
"""Frames (a minute) worked on at once, so that memory hardly grows with the speech. Blocks and margins are multiples of
5 frames, which are 8 of the recogniser's."""
_MARGIN = 125  # frames (2 s) on either side that a block is given to see, more than any filter or ramp remembers
# Eye distances; two readings of one frame differ by up to 0.012 at the lips. Chosen on GRID val for the least change to
# a stranger that costs little there: D-LL is 1.85 % with it, 1.82 % without a limit, 1.90 % at 0.02.
_TRACKER_NOISE = 0.03
_CUTOFF_HZ = 9.0  # lips close and open within about 0.1 s; what is faster is the network's jitter


class MakeItTalkMotion:
    """Motion as Zhou et al. 2020 make it, as far as it is built: the content branch (section 3.1).

    Head pose and blinks come from ``motion.idle`` until the speaker-aware branch (section 3.2) is there.

    Args:
        network: the content branch.
        features: what it hears, if it was trained on somebody else's; None: what its configuration names.
    """

    def __init__(self, network: SpeechContentAnimation, *, features: PhoneticFeatures | None = None) -> None:
        self.network = network.eval()
        self.features = features
        self.config: ContentConfig = network.config

    def generate(self, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
        """Motion at the paper's 62.5 frames per second for the whole of the speech (section 4.4)."""
        rate = self.config.rate
        speech = at_16_khz(speech)
        gain = loudness_gain(speech.samples)
        count = num_frames(speech.duration, rate)
        track = portrait.track[portrait.best : portrait.best + 1]
        in_picture = head_landmarks(track)[0]
        rest = closed_mouth(in_picture)
        activity = _fitted(voice_activity(speech.samples, rate), count)
        if speech.phones is None and not is_speech(speech.samples, activity, rate):
            announce("nobody speaks in the sound, it is taken for music: the mouth will rest.")
            activity = np.zeros_like(activity)
        # Where the mouth settles in silence is the network's to say, not the single picture's: steadier, and no jump.
        settled = self.landmarks(np.zeros((1, self.config.num_features)), rest)[0]
        foreign = _beyond_noise(settled - rest)
        settled = closed_mouth(settled - foreign)

        def blocks() -> Iterator[FloatArray]:
            for start in range(0, count, BLOCK):
                end = min(start + BLOCK, count)
                rows = slice(max(0, start - _MARGIN), min(end + _MARGIN, count))
                piece = cut(speech, rows.start / rate, rows.stop / rate)
                features = _fitted(heard(piece, self.config, gain=gain, features=self.features), rows.stop - rows.start)
                block = self._mouth(features, rest, settled, activity[rows], foreign)
                for eye in (LEFT_EYE, RIGHT_EYE):
                    block[:, eye] = rest[eye]
                yield block[start - rows.start : end - rows.start]

        landmarks = spooled_rows(blocks(), rest.shape)
        rotation, translation = idle_head(count, rate, seed=seed, activity=activity)
        blink = idle_blinks(count, rate, seed=seed, activity=activity)
        return Motion(rate, landmarks, rotation, translation, blink, in_picture)

    def _mouth(
        self, features: FloatArray, rest: FloatArray, settled: FloatArray, activity: FloatArray, foreign: FloatArray
    ) -> FloatArray:
        """Landmarks (T, 68, 3) less what is foreign to the face, smooth, and settled where nobody speaks."""
        # What the recogniser makes of noise is not to move the face, not even nose and brows.
        features = features * speaking_share(activity, self.config.rate)[:, None]
        landmarks = smooth(self.landmarks(features, rest) - foreign, self.config.rate, cutoff_hz=_CUTOFF_HZ)
        return rest_in_silence(landmarks, settled, activity, self.config.rate)

    @torch.inference_mode()
    def landmarks(self, features: FloatArray, rest: FloatArray) -> FloatArray:
        """Landmarks (T, 68, 3) for speech frames (T, num_features) of a face at rest (68, 3)."""
        static = torch.from_numpy(np.asarray(rest, np.float32))
        device = next(self.network.parameters()).device
        windows = windows_of(torch.from_numpy(np.asarray(features, np.float32)), self.config)
        pieces = []
        for start in range(0, len(windows), _BATCH):
            batch = windows[start : start + _BATCH].to(device)
            # bfloat16 is several times as fast on CPUs that have it; at the lips it differs by 0.0003 eye distances, a
            # twentieth of what two readings of one frame differ by.
            with torch.autocast(device.type, dtype=torch.bfloat16):
                pieces.append(self.network(batch, static.to(device).expand(len(batch), -1, -1)).float().cpu())
        return np.asarray(torch.cat(pieces).numpy(), np.float64)


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


def _fitted(rows: FloatArray, count: int) -> FloatArray:
    """The first ``count`` rows, the last one held where there are fewer."""
    if len(rows) >= count:
        return rows[:count]
    if len(rows) == 0:
        return np.zeros((count, *rows.shape[1:]), rows.dtype)
    return np.concatenate([rows, np.repeat(rows[-1:], count - len(rows), axis=0)])
