"""Speech -> Motion: the face from the expression learner, the head from the head motion learner, idle blinks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from talkinghead.cancellation import checkpoint
from talkinghead.methods.rhythmic_head.chance import draw_paths
from talkinghead.methods.rhythmic_head.expression import ExpressionLearner
from talkinghead.methods.rhythmic_head.features import (
    FPS,
    STRIDE,
    columns_of,
    join_features,
    parts_of,
    speech_features,
)
from talkinghead.methods.rhythmic_head.head import HeadMotionLearner, HeadStyle, set_out
from talkinghead.methods.rhythmic_head.motion_config import POSE_SIZE, ExpressionConfig, HeadConfig
from talkinghead.methods.rhythmic_head.reference_motion import ReferenceMotion, find_reference_motion
from talkinghead.motion.contacts import contact_shares
from talkinghead.motion.generator import Movement, Talk, generate_motion
from talkinghead.motion.limits import limit_pose
from talkinghead.motion.lips import in_order
from talkinghead.motion.smoothing import smooth
from talkinghead.types import FloatArray, Motion, Portrait, Speech
from talkinghead.weights import Weights, load_network

_BLOCK = 1500  # frames that the head motion learner reads at a time
_HEAD_CUTOFF_HZ = 4.0
_CHANCE_STREAM = 2  # of random numbers, apart from those of blinks


class RhythmicMotion:
    """Motion after Chen et al. 2020, sections 3.2 and 3.3.

    The face is read relative to what the expression learner makes of silence, so that the face at rest is the
    portrait's. The head continues from the last pose of the portrait's video as its last three seconds suggest; from a
    picture alone it sets out from the picture's pose as an average person's.

    Args:
        expression: sound and a face at rest to the face in each frame.
        head: reference motion and sound to the head's motion.
    """

    fps, stride = FPS, STRIDE

    def __init__(self, expression: ExpressionLearner, head: HeadMotionLearner) -> None:
        self.expression, self.head = expression.eval(), head.eval()
        self.features = join_features(expression.config.features, head.config.features)

    def generate(self, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
        """The motion for the whole of the speech, at ``fps``."""
        reference = find_reference_motion(portrait, self.head.config.features)
        return generate_motion(_Continuation(self, reference), speech, portrait, seed=seed)


class _Continuation:
    """The animator of one portrait, whose reference motion is known.

    Args:
        own: the generator.
        reference: None: the motion of an average person.
    """

    fps, stride = FPS, STRIDE

    def __init__(self, own: RhythmicMotion, reference: ReferenceMotion | None) -> None:
        self._own, self._reference = own, reference

    def compute_features(self, speech: Speech, *, gain: float) -> FloatArray:
        """Features of a piece of a speech for both learners."""
        return speech_features(speech, self._own.features, gain=gain)

    def animate(self, talk: Talk, features: FloatArray) -> Movement:
        """Face and head."""
        own = self._own
        heard = columns_of(own.features, own.expression.config.features)
        reach = own.expression.reach
        silence = move_face(own.expression, np.zeros((STRIDE * (2 * reach + 1), len(heard))), talk.rest)[0]

        def landmarks(rows: slice) -> FloatArray:
            about = rows_between(features, STRIDE * (rows.start - reach), STRIDE * (rows.stop + reach))
            return in_order(talk.rest + move_face(own.expression, about[:, heard], talk.rest) - silence, talk.rest)

        contacts = None
        if "phones" in parts_of(own.features):
            phones = np.asarray(features[:, columns_of(own.features, "phones")])
            contacts = contact_shares(phones, FPS * STRIDE)[::STRIDE]
        sound = np.asarray(features[:, columns_of(own.features, own.head.config.features)])
        pose = move_head(own.head, sound, self._reference, seed=talk.seed)
        return Movement(landmarks, talk.rest, head=(pose[:, :3], pose[:, 3:]), idle=0.0, contacts=contacts)


@torch.inference_mode()
def move_face(network: ExpressionLearner, speech: FloatArray, rest: FloatArray) -> FloatArray:
    """Landmarks (T, 68, 3) in the head frame that the expression learner makes.

    Args:
        network: the expression learner.
        speech: (2 (reach + T + reach), F) rows of features.
        rest: (68, 3) the face at rest.
    """
    device = network.mean.device
    batch = (torch.from_numpy(np.asarray(values, np.float32))[None].to(device) for values in (speech, rest))
    return np.asarray(network(*batch)[0].float().cpu().numpy(), np.float64)


@torch.inference_mode()
def move_head(
    network: HeadMotionLearner, speech: FloatArray, reference: ReferenceMotion | None, *, seed: int
) -> FloatArray:
    """Poses (T, 6) of a head that goes on as its reference does, the first one a frame after the reference's last.

    Args:
        network: the head motion learner.
        speech: (2 T, F) rows of features.
        reference: None: an average person, whose first pose is zero.
        seed: of all random choices.
    """
    device = network.mean_feature.device
    style, start, velocity, begun = network.mean_style(), np.zeros(POSE_SIZE), np.zeros(POSE_SIZE), 0
    if reference is not None:
        given = (reference.pose, reference.speech)
        style = network.style(*(torch.from_numpy(np.asarray(rows, np.float32))[None].to(device) for rows in given))
        start, velocity, begun = reference.pose[-1], (reference.pose[-1] - reference.pose[-3]) / 2, 1
    count = len(speech) // STRIDE + begun
    if count == 0:
        return np.zeros((0, POSE_SIZE))
    noise = draw_paths(np.random.default_rng([seed, _CHANCE_STREAM]), count + 2 * network.reach, network.config.noise)
    path = np.concatenate(list(_perceive(network, style, speech, noise, begun)))
    path = smooth(path, FPS, cutoff_hz=_HEAD_CUTOFF_HZ)
    path = np.concatenate(limit_pose(path[:, :3], path[:, 3:]), axis=1)
    if count == 1:
        return start[None].astype(np.float64)
    rows = (torch.from_numpy(np.asarray(values, np.float64))[None] for values in (path, start, velocity))
    return np.asarray(set_out(*rows)[0].numpy())[begun:]


def _perceive(
    network: HeadMotionLearner, style: HeadStyle, speech: FloatArray, noise: FloatArray, begun: int
) -> Iterator[FloatArray]:
    """Rows (n, 6) of the path, block by block; ``begun``: of them come before the speech."""
    reach, device = network.reach, network.mean_feature.device
    for first in range(0, len(noise) - 2 * reach, _BLOCK):
        last = min(first + _BLOCK, len(noise) - 2 * reach)
        checkpoint()
        heard = rows_between(speech, STRIDE * (first - begun - reach), STRIDE * (last - begun + reach))
        batch = (torch.from_numpy(rows)[None].to(device) for rows in (heard, noise[first : last + 2 * reach]))
        yield np.asarray(network.perceive(network.encode(*batch), style)[0].float().cpu().numpy(), np.float64)


def rows_between(rows: FloatArray, first: int, last: int) -> FloatArray:
    """(last - first, F) float32 rows; zeros beyond both ends."""
    padding = ((max(0, -first), max(0, last - len(rows))), (0, 0))
    return np.pad(np.asarray(rows[max(0, first) : max(0, last)], np.float32), padding)


def build_motion(expression: ExpressionConfig, head: HeadConfig) -> RhythmicMotion:
    """The generator with random weights."""
    return RhythmicMotion(ExpressionLearner(expression), HeadMotionLearner(head))


def load_motion(weights: Weights) -> RhythmicMotion:
    """The generator with trained weights."""
    return RhythmicMotion(
        load_network(ExpressionLearner, ExpressionConfig, weights.file("expression")),
        load_network(HeadMotionLearner, HeadConfig, weights.file("head_motion")),
    )
