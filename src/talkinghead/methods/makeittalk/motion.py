"""Speech -> Motion: the content branch for the mouth, the speaker-aware branch for head and brows, idle blinks."""

from __future__ import annotations

import numpy as np
import torch

from talkinghead.cancellation import checkpoint
from talkinghead.errors import announce
from talkinghead.face.landmarks import BROWS, JAW, LIPS
from talkinghead.face.rest import closed_mouth
from talkinghead.media.spool import spool_rows
from talkinghead.methods.makeittalk.config import ContentConfig
from talkinghead.methods.makeittalk.content import SpeechContentAnimation, windows_of
from talkinghead.methods.makeittalk.features import speech_features
from talkinghead.methods.makeittalk.head_style import (
    displacements,
    head_poses,
    rigid_and_expression,
    smooth_noise,
)
from talkinghead.methods.makeittalk.speaker_aware import SpeakerAwareAnimation
from talkinghead.motion.contacts import contact_shares
from talkinghead.motion.generator import Movement, Talk, generate_motion
from talkinghead.motion.limits import softly_within
from talkinghead.precision import autocast
from talkinghead.speech.arpabet import PHONES
from talkinghead.speech.phonetic import PhoneticFeatures
from talkinghead.types import NUM_LANDMARKS, FloatArray, Motion, Portrait, Speech

_BATCH = 512  # windows at once: their LSTM states stay in the cache
# Eye distances; the tracker's noise at the lips is up to 0.012. Chosen on GRID val to change unseen faces as little as
# possible at little cost there: D-LL is 1.85 % with it, 1.82 % without a limit, 1.90 % at 0.02.
_TRACKER_NOISE = 0.03
_EXPRESSION_LIMIT = 0.08  # eye distances; brows in the open recordings stay within it
_STYLE_STREAM = 2  # of random numbers, apart from those of idle head motion and blinks


class MakeItTalkMotion:
    """Motion after Zhou et al. 2020: the content branch (section 3.1) and the speaker-aware branch (section 3.2).

    Args:
        network: the content branch; None: the speaker-aware branch also moves lips and jaw.
        features: for both branches, if they were trained on other features; None: those that the configuration names.
        branch: the speaker-aware branch; None: the head moves idly.
        speaker: (256,) embedding of the voice whose style the head follows (``speech.speaker``); None: the speech's.
        liveliness: scales the noise from which head motion is sampled; 0 gives the expected motion.

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
        """Features of a piece of a speech for both branches; see ``speech_features``."""
        return speech_features(speech, self.config, gain=gain, features=self.features)

    def animate(self, talk: Talk, features: FloatArray) -> Movement:
        """The mouth from the content branch, head and brows from the speaker-aware branch."""
        # The mouth returns to the network's rest, not the single picture's, which is noisier and would make it jump.
        settled = self.landmarks(np.zeros((1, self.config.num_features)), talk.rest)[0]
        foreign = _beyond_noise(settled - talk.rest)
        settled = closed_mouth(settled - foreign)
        contacts, reach = None, self.config.reach
        if self.features is None and self.config.features.startswith("phones"):
            contacts = contact_shares(features[:, : len(PHONES)], talk.fps)
        if self.branch is None:
            return Movement(
                lambda rows: self.landmarks(features[rows], talk.rest) - foreign,
                settled,
                contacts=contacts,
                reach=reach,
            )
        style = self._displace(self.branch, talk, features)

        def landmarks(rows: slice) -> FloatArray:
            return self.landmarks(features[rows], talk.rest) - foreign + self._expression(style[rows], talk.rest)

        head = head_poses(style, talk.rest, talk.fps)
        return Movement(landmarks, settled, head=head, idle=0.0, contacts=contacts, reach=reach)

    def _displace(self, branch: SpeakerAwareAnimation, talk: Talk, features: FloatArray) -> FloatArray:
        """Displacements (T, 68, 3) by the speaker-aware branch, in a file if they are long."""
        speaker = self._voice(talk, branch) if self.speaker is None else self.speaker
        rng = np.random.default_rng([talk.seed, _STYLE_STREAM])
        noise = self.liveliness * smooth_noise(len(talk), branch.config.noise_size, talk.fps, rng)
        return spool_rows(displacements(branch, features, talk.rest, speaker, noise), talk.rest.shape)

    def _voice(self, talk: Talk, branch: SpeakerAwareAnimation) -> FloatArray:
        if talk.voice is None:
            announce("there is too little speech to tell whose voice it is: it gets an average speaker's style.")
            return np.asarray(branch.mean_speaker.float().cpu().numpy())
        return talk.voice

    def _expression(self, style: FloatArray, rest: FloatArray) -> FloatArray:
        """(n, 68, 3) the displacements without head motion: brows and, by their configured share, jaw and lips."""
        assert self.branch is not None
        _, _, expression = rigid_and_expression(rest + style, rest)
        share = np.zeros((NUM_LANDMARKS, 1))
        share[BROWS], share[JAW], share[LIPS] = 1.0, self.branch.config.mouth_share, self.branch.config.mouth_share
        # If the branch is alone, its lips open further than what it would add to the content branch's lips.
        return (expression if self.network is None else softly_within(expression, _EXPRESSION_LIMIT)) * share

    @torch.inference_mode()
    def landmarks(self, features: FloatArray, rest: FloatArray) -> FloatArray:
        """Landmarks (T, 68, 3) of the content branch for features (T, num_features); without it, ``rest`` (68, 3)."""
        if self.network is None:
            return np.repeat(np.asarray(rest, np.float64)[None], len(features), axis=0)
        static = torch.from_numpy(np.asarray(rest, np.float32))
        device = next(self.network.parameters()).device
        windows = windows_of(torch.from_numpy(np.array(features, np.float32)), self.config)
        pieces = []
        for start in range(0, len(windows), _BATCH):
            checkpoint()
            batch = windows[start : start + _BATCH].to(device)
            # bfloat16 is several times faster on CPUs that have it; at the lips it differs by 0.0003 eye distances, a
            # twentieth of the tracker's noise.
            with autocast(device):
                pieces.append(self.network(batch, static.to(device).expand(len(batch), -1, -1)).float().cpu())
        return np.asarray(torch.cat(pieces).numpy(), np.float64)


def _beyond_noise(change: FloatArray) -> FloatArray:
    """The part of the network's change (68, 3) to a face at rest in silence that exceeds the tracker's noise.

    The network was trained on a single face. On that face, the change removes the noise of a single picture; on an
    unseen smiling face, it also removes the smile, and that part is to be undone. Facing points of the inner lips get
    the same correction, or lips would part.
    """
    size = np.linalg.norm(change, axis=-1, keepdims=True)
    beyond = change * (1 - np.minimum(1.0, _TRACKER_NOISE / np.maximum(size, 1e-9)))
    for upper, lower in ((61, 67), (62, 66), (63, 65)):
        beyond[[upper, lower]] = beyond[[upper, lower]].mean(axis=0)
    return np.asarray(beyond)
