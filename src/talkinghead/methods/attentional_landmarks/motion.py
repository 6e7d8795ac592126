"""Speech -> Motion: the speech-to-landmarks network, with idle head motion and blinks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from talkinghead.face.pose import matrix_from_rotation, rotation_from_matrix
from talkinghead.media.spool import spool_rows
from talkinghead.methods.attentional_landmarks.features import FPS, STRIDE, speech_features
from talkinghead.methods.attentional_landmarks.geometry import lift, merge, template_of
from talkinghead.methods.attentional_landmarks.stl import AFTER, BEFORE, SpeechToLandmarks, States
from talkinghead.motion.contacts import contact_shares
from talkinghead.motion.generator import Movement, Talk, generate_motion
from talkinghead.motion.lips import in_order
from talkinghead.motion.smoothing import smooth
from talkinghead.speech.arpabet import PHONES
from talkinghead.types import FloatArray, Motion, Portrait, Speech

_SETTLING = 100  # frames of silence after which the recurrent layer has forgotten its initial state
_HEAD_CUTOFF_HZ = 2.5


class AttentionalMotion:
    """Motion after Wang et al. 2020 (section 3.1): lips and head from speech, by separate branches.

    The network predicts the expected head motion, which is calmer than that of any head. So idle motion is added;
    ``motion.idle`` also makes blinks, which the paper does not mention.

    Args:
        network: speech to landmarks.
        liveliness: amount of idle head motion; 0: only the network moves the head.
    """

    fps, stride = FPS, STRIDE

    def __init__(self, network: SpeechToLandmarks, *, liveliness: float = 1.0) -> None:
        self.network, self.liveliness = network.eval(), liveliness

    def generate(self, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
        """The motion for the whole of the speech, at ``fps``."""
        return generate_motion(self, speech, portrait, seed=seed)

    def compute_features(self, speech: Speech, *, gain: float) -> FloatArray:
        """Features of a piece of a speech; see ``speech_features``."""
        return speech_features(speech, self.network.config, gain=gain)

    def animate(self, talk: Talk, features: FloatArray) -> Movement:
        """Lips and head from the network, relative to its output for silence."""
        template = template_of(talk.rest)
        # Its output for silence shows how it misreads an unseen face, so all motion is relative to that.
        silence = np.zeros((BEFORE + STRIDE * (_SETTLING - 1) + 1 + AFTER, features.shape[1]), np.float32)
        points, states = self.points(silence, template)
        settled, turn, shift = (rows[-1] for rows in lift(points[-1:], talk.rest))
        pose: list[FloatArray] = []

        def blocks() -> Iterator[FloatArray]:
            carried = states
            for rows, inner in talk.blocks():
                own = range(rows.start + inner.start, rows.start + inner.stop)
                places, carried = self.points(_frames_about(features, own), template, carried)
                landmarks, rotation, translation = lift(places, talk.rest)
                away = matrix_from_rotation(rotation) @ matrix_from_rotation(turn).T
                pose.append(np.concatenate([rotation_from_matrix(away), translation - shift], axis=1))
                yield in_order(talk.rest + landmarks - settled, talk.rest)

        raw = spool_rows(blocks(), talk.rest.shape)
        head = smooth(np.concatenate(pose), FPS, cutoff_hz=_HEAD_CUTOFF_HZ)
        contacts = None
        if self.network.config.features.startswith("phones"):
            contacts = contact_shares(features[::STRIDE, : len(PHONES)], FPS)
        return Movement(
            lambda rows: np.asarray(raw[rows], np.float64),
            talk.rest,
            head=(head[:, :3], head[:, 3:]),
            idle=self.liveliness,
            contacts=contacts,
        )

    @torch.inference_mode()
    def points(
        self, speech: FloatArray, template: FloatArray, states: States | None = None
    ) -> tuple[FloatArray, States]:
        """Landmarks (T, 68, 2) px for a template (68, 2) px, and the states from which to continue.

        Args:
            speech: (BEFORE + 4 (T - 1) + 1 + AFTER, num_features) at 100 Hz.
            template: (68, 2) px.
            states: from an earlier call; None: initial states.
        """
        device = next(self.network.parameters()).device
        heard_by_it = torch.from_numpy(np.asarray(speech, np.float32)).to(device)
        face = torch.from_numpy(np.asarray(template, np.float32)).to(device)
        made, states = self.network(heard_by_it[None], face[None], states)
        parts = [np.asarray(part[0].double().cpu().numpy()) for part in made]
        return parts[0] if len(parts) == 1 else merge(*parts), states


def _frames_about(features: FloatArray, rows: range) -> FloatArray:
    """The speech frames (S, F) that the network needs for these rows; beyond the speech there are zeros."""
    first, last = STRIDE * rows.start - BEFORE, STRIDE * (rows.stop - 1) + 1 + AFTER
    padding = ((max(0, -first), max(0, last - len(features))), (0, 0))
    return np.pad(features[max(0, first) : last], padding)
