"""The random numbers that the head goes by where the words leave it open."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from talkinghead.motion.smoothing import smoothstep

_KNOT = 8  # frames from one random number to the next: heads hardly nod faster than three times a second


def draw_noise(rng: np.random.Generator, count: int, channels: int) -> npt.NDArray[np.float32]:
    """(count, channels) smooth noise about zero; a longer one begins with the shorter one.

    Numbers from a normal distribution, every eighth frame, with smooth paths between them: a network turns noise that
    is new in each frame into a trembling head.

    Args:
        rng: draws the numbers.
        count: frames.
        channels: how many paths.
    """
    knots = rng.standard_normal((count // _KNOT + 2, channels))
    place, share = np.divmod(np.arange(count), _KNOT)
    mixed = smoothstep(share / _KNOT)[:, None]
    return np.asarray((1 - mixed) * knots[place] + mixed * knots[place + 1], np.float32)
