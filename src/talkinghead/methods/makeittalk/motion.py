"""Speech -> Motion: the content branch for the mouth, the speaker-aware branch for head and brows, idle blinks."""

from __future__ import annotations

import numpy as np
import torch

from talkinghead.cancellation import checkpoint
from talkinghead.errors import InputError, announce
from talkinghead.face.landmarks import BROWS, JAW, LIPS
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
from talkinghead.methods.makeittalk.hearing import speech_features
from talkinghead.methods.makeittalk.speaker_aware import SpeakerAwareAnimation
from talkinghead.motion.generator import Movement, Talk, generate_motion
from talkinghead.precision import autocast
from talkinghead.speech.features import SAMPLE_RATE
from talkinghead.speech.phonetic import PhoneticFeatures
from talkinghead.speech.speaker import speaker_embedding
from talkinghead.types import NUM_LANDMARKS, FloatArray, Motion, Portrait, Speech

_BATCH = 512  # windows at once: their LSTM states stay in the cache
# Eye distances; two readings of one frame differ by up to 0.012 at the lips. Chosen on GRID val for the least change to
# a stranger that costs little there: D-LL is 1.85 % with it, 1.82 % without a limit, 1.90 % at 0.02.
_TRACKER_NOISE = 0.03
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

    stride = 1

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

    @property
    def fps(self) -> float:
        """Rows of motion per second: the paper's 62.5 (section 4.4)."""
        return self.config.rate

    def generate(self, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
        """The motion for the whole of the speech, at ``fps``."""
        return generate_motion(self, speech, portrait, seed=seed)

    def compute_features(self, speech: Speech, *, gain: float) -> FloatArray:
        """What both branches hear of a piece of a speech; see ``hearing``."""
        return speech_features(speech, self.config, gain=gain, features=self.features)

    def animate(self, talk: Talk, features: FloatArray) -> Movement:
        """The mouth by the content branch, head and brows by the speaker-aware one."""
        # Where the mouth settles in silence is the network's to say, not the single picture's: steadier, and no jump.
        settled = self.landmarks(np.zeros((1, self.config.num_features)), talk.rest)[0]
        foreign = _beyond_noise(settled - talk.rest)
        settled = closed_mouth(settled - foreign)
        if self.branch is None:
            return Movement(lambda rows: self.landmarks(features[rows], talk.rest) - foreign, settled)
        style = self._displace(self.branch, talk, features)

        def landmarks(rows: slice) -> FloatArray:
            return self.landmarks(features[rows], talk.rest) - foreign + self._expression(style[rows], talk.rest)

        return Movement(landmarks, settled, head=head_poses(style, talk.rest, talk.fps), idle=0.0)

    def _displace(self, branch: SpeakerAwareAnimation, talk: Talk, features: FloatArray) -> FloatArray:
        """What the speaker-aware branch adds (T, 68, 3), in a file where it is much."""
        speaker = self._voice(talk.speech, branch) if self.speaker is None else self.speaker
        rng = np.random.default_rng([talk.seed, _STYLE_STREAM])
        noise = self.liveliness * smooth_noise(len(talk), branch.config.noise_size, talk.fps, rng)
        return spool_rows(displacements(branch, features, talk.rest, speaker, noise), talk.rest.shape)

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
            checkpoint()
            batch = windows[start : start + _BATCH].to(device)
            # bfloat16 is several times as fast on CPUs that have it; at the lips it differs by 0.0003 eye distances, a
            # twentieth of what two readings of one frame differ by.
            with autocast(device):
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
