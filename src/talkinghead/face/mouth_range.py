"""How far somebody's mouth moves when they speak, in proportion to its width.

Some people open their mouths twice as far as others, and trackers differ on small faces. A network that learns lips
from many people learns them as if all moved as far as one of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from talkinghead.face.rest import lip_gap
from talkinghead.types import FloatArray

_CORNERS = (48, 54)
_WITHIN = (5, 95)  # percentiles
_LEAST = 1e-6  # where nothing moves
_EXTREME = 2.0  # times as far, or as little: beyond it the track is to blame rather than the speaker


@dataclass(frozen=True)
class MouthRange:
    """The span of a mouth's movement, from its 5th to its 95th percentile, in median widths of that mouth.

    Attributes:
        opening: of the distance between the lips.
        width: of the distance between the corners.
    """

    opening: float
    width: float

    def gains(self, reference: MouthRange) -> FloatArray:
        """(3,) factors along x, y and z by which this speaker's movements become as large as the reference's.

        The depth follows the opening.
        """
        wide, high = (
            np.clip((wanted + _LEAST) / (own + _LEAST), 1 / _EXTREME, _EXTREME)
            for own, wanted in ((self.width, reference.width), (self.opening, reference.opening))
        )
        return np.array([wide, high, high])


def measure_mouth(performances: Iterable[FloatArray]) -> MouthRange:
    """The range of a speaker's mouth.

    Args:
        performances: (T, 68, 2 or 3) landmarks each, without head motion.

    Raises:
        ValueError: there is no frame.
    """
    landmarks = np.concatenate(list(performances))
    corners = landmarks[:, _CORNERS]
    wide = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=-1)
    spans = [np.ptp(np.percentile(values, _WITHIN)) for values in (lip_gap(landmarks), wide)]
    opening, width = (float(span / np.median(wide)) for span in spans)
    return MouthRange(opening, width)


def speaker_gains(performances: Iterable[tuple[str, FloatArray]], reference: str) -> dict[str, FloatArray]:
    """For each speaker, the factors (3,) by which their movements become as large as the reference speaker's.

    Args:
        performances: a speaker and (T, 68, 2 or 3) landmarks each.
        reference: the speaker; if there are no landmarks of them, the first speaker of all.
    """
    known: dict[str, list[FloatArray]] = {}
    for speaker, landmarks in performances:
        known.setdefault(speaker, []).append(landmarks)
    ranges = {speaker: measure_mouth(own) for speaker, own in known.items()}
    wanted = ranges[reference if reference in ranges else next(iter(ranges))]
    return {speaker: own.gains(wanted) for speaker, own in ranges.items()}
