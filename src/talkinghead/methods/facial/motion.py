"""Speech -> Motion: expression, head pose and blink from FACIAL-GAN, window by window."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from talkinghead.errors import InputError
from talkinghead.face.expressions import MOUTH_EXPRESSIONS
from talkinghead.media.spool import spool_rows
from talkinghead.methods.facial.blinks import place_blinks
from talkinghead.methods.facial.config import POSE_SIZE
from talkinghead.methods.facial.features import FPS, speech_features
from talkinghead.methods.facial.gan import AFTER, BEFORE, FacialGenerator
from talkinghead.methods.facial.heads import CUTOFF_HZ, match_levels
from talkinghead.methods.facial.mouths import shift_lips
from talkinghead.motion.contacts import contact_shares
from talkinghead.motion.expressions import landmarks_from_expression
from talkinghead.motion.generator import Movement, Talk, generate_motion
from talkinghead.motion.lips import in_order
from talkinghead.motion.smoothing import smooth, smoothstep
from talkinghead.speech.arpabet import PHONES
from talkinghead.types import NUM_EXPRESSIONS, FloatArray, Motion, Portrait, Speech

_MOUTH = list(MOUTH_EXPRESSIONS)
# Squared errors make mouths that move less than any real one. Openings of recordings held back of two persons vary 0.86
# and 0.81 times as much as the real ones, with the first factor 1.03 and 0.97 times; lips come as near to them (0.92
# and 0.98 % of the eye distance; 0.92 and 1.03 without). The picture of a person shows a little less of that: tracked
# again, openings of GRID's s1 vary 0.96 times as much as the real ones with the first factor, 1.02 times with the
# second.
_REACH, _PERSONS_REACH = 1.2, 1.3


class FacialMotion:
    """Motion after Zhang et al. 2021 (section 3.2).

    Args:
        network: speech to attributes.
    """

    fps, stride = FPS, 1

    def __init__(self, network: FacialGenerator) -> None:
        self.network = network.eval()

    def generate(self, speech: Speech, portrait: Portrait, *, seed: int = 0) -> Motion:
        """The motion for the whole of the speech, at ``fps``; only how soon the first blink comes depends on the seed.

        Raises:
            InputError: the network's expression is not that of our face model.
        """
        size = self.network.config.expression_size
        if size != NUM_EXPRESSIONS:
            raise InputError(
                f"an expression of {size} numbers belongs to a face model that does not ship, ours has "
                f"{NUM_EXPRESSIONS}: use the configuration small."
            )
        return generate_motion(self, speech, portrait, seed=seed)

    def compute_features(self, speech: Speech, *, gain: float) -> FloatArray:
        """Features of a piece of a speech; see ``speech_features``."""
        return speech_features(speech, self.network.config, gain=gain)

    def animate(self, talk: Talk, features: FloatArray) -> Movement:
        """Lips, face, head and blink from the network."""
        size = self.network.config.expression_size
        rows = spool_rows(self.windows(features), (self.network.config.num_attributes,))
        # The mean pose in silence is not this portrait's: the head moves relative to that. Expressions were learned as
        # what differs from a face at rest.
        quiet = np.concatenate(list(self.windows(np.zeros((3 * self.network.config.window, features.shape[1])))))
        silent = quiet[len(quiet) // 3 :].mean(axis=0)

        # Lips that have passed each other in the picture, which is the tracker's noise, open from where they meet.
        [shut] = in_order(talk.rest[None], talk.rest)

        reach = _REACH if self.network.usual is None else _PERSONS_REACH

        def face(expression: FloatArray) -> FloatArray:
            weights = np.array(expression, np.float64)
            weights[:, _MOUTH] *= reach
            return np.asarray(shut + landmarks_from_expression(weights, talk.pictured) - talk.pictured)

        shift = np.zeros_like(talk.rest)
        if talk.reference is not None and self.network.usual is not None:
            usual = self.network.usual.double().cpu().numpy()
            shift = shift_lips(talk.reference.track, face(usual[None])[0])

        def landmarks(part: slice) -> FloatArray:
            return in_order(face(rows[part, :size]) + shift, talk.rest)

        pose = np.asarray(rows[:, size : size + POSE_SIZE], np.float64) - silent[size : size + POSE_SIZE]
        head = self.move_head(pose)
        contacts = None
        if self.network.config.features.startswith("phones"):
            contacts = contact_shares(features[:, : len(PHONES)], FPS)
        blink = place_blinks(
            np.asarray(rows[:, -1]),
            FPS,
            habit=self.network.habit,
            level=self.network.level,
            seed=talk.seed,
        )
        settled = in_order((talk.rest + shift)[None], talk.rest)[0]
        return Movement(landmarks, settled, head=(head[:, :3], head[:, 3:]), idle=0.0, blink=blink, contacts=contacts)

    def move_head(self, pose: FloatArray) -> FloatArray:
        """Smooth head motion of the network's poses (T, POSE_SIZE); of a person, as far as their own."""
        levels = self.network.head
        if levels is None:
            return smooth(pose, FPS, cutoff_hz=CUTOFF_HZ)
        return match_levels(pose, FPS, levels.double().cpu().numpy())

    @torch.inference_mode()
    def windows(self, features: FloatArray, *, state: FloatArray | None = None) -> Iterator[FloatArray]:
        """Attributes, rows after rows, of speech frames; each window begins with what the one before it ends with.

        Source: Zhang et al. 2021, section 3.2: the initial state "is introduced to ensure the temporal continuity
            between generated sequences". Where we differ: a window overlaps the next by a quarter, over which both are
            blended, because nothing later than its end is known at its end.

        Args:
            features: (T, num_features).
            state: (num_attributes,) attributes of the first frame; None: the face at rest.

        Yields:
            (n, num_attributes) float32, T rows in all.
        """
        config, device = self.network.config, next(self.network.parameters()).device
        overlap = config.window // 4
        hop, count = config.window - overlap, len(features)
        share = torch.from_numpy(smoothstep(np.linspace(0.0, 1.0, overlap + 2)[1:-1])).float().to(device)[:, None]
        begun = np.zeros(config.num_attributes) if state is None else state
        carried = self.network.standardise(torch.from_numpy(np.asarray(begun, np.float32)).to(device)[None])
        before: torch.Tensor | None = None
        for start in range(0, count, hop):
            speech = _rows_between(features, start - BEFORE, start + config.window + AFTER)
            made = self.network(torch.from_numpy(speech).to(device)[None], carried)[0].float()
            if before is not None:
                made[:overlap] = before + share * (made[:overlap] - before)
            before, carried = made[hop:], made[hop][None]
            yield self.network.restore(made[: min(hop, count - start)]).cpu().numpy()


def _rows_between(rows: FloatArray, first: int, last: int) -> FloatArray:
    """(last - first, F) float32 rows; zeros beyond both ends."""
    padding = ((max(0, -first), max(0, last - len(rows))), (0, 0))
    return np.pad(np.asarray(rows[max(0, first) : last], np.float32), padding)
