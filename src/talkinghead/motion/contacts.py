"""Lips that meet where a sound requires it, whatever the network made of it.

p b m cannot be said with parted lips, nor f v without the lower lip at the upper teeth. Viewers notice at once when a
mouth does not close, so these contacts do not depend on how well a network has learned them.
"""

from __future__ import annotations

import numpy as np
import scipy

from talkinghead.face.rest import close_lips, raise_lower_lip
from talkinghead.speech.arpabet import BILABIALS, LABIODENTALS, PHONES
from talkinghead.types import FloatArray

# With 0.06 s and from 0.35 on, lips that were learned from GRID s1 follow his real ones less well: correlation 0.901 on
# val instead of 0.908 (0.910 without any of this); p b m are closed there already.
_SURE = (0.55, 0.85)  # probability of such a phone: from none of the contact to all of it
_AHEAD_S = 0.025  # lips meet a little before the sound: the median of GRID s1 train
_RAMP_S = 0.04  # in which lips meet and part
_LABIODENTAL = 0.8  # of the way to the teeth

_CONTACTS = tuple([PHONES.index(phone) for phone in group] for group in (BILABIALS, LABIODENTALS))


def contact_shares(phones: FloatArray, rate: float) -> FloatArray:
    """How far lips must go to each of the two contacts.

    Args:
        phones: (T, 39) posteriors of the phones.
        rate: frames per second.

    Returns:
        (T, 2) in [0, 1]: the lips meet (p b m); the lower lip is at the upper teeth (f v).
    """
    said = np.stack([phones[:, columns].sum(axis=1) for columns in _CONTACTS], axis=1)
    certain = np.clip((said - _SURE[0]) / (_SURE[1] - _SURE[0]), 0.0, 1.0)
    certain[:, 0] = _ahead(certain[:, 0], _AHEAD_S * rate)
    # Held over the width of the ramp, so that after it is blurred a short sound still has the whole contact.
    width = 2 * round(_RAMP_S * rate / 2) + 1
    held = scipy.ndimage.maximum_filter1d(certain, width, axis=0, mode="nearest")
    ramp = np.hanning(width + 2)[1:-1]
    return np.asarray(scipy.ndimage.convolve1d(held, ramp / ramp.sum(), axis=0, mode="nearest"))


def _ahead(rows: FloatArray, frames: float) -> FloatArray:
    """(T,) rows that come earlier by some frames."""
    places = np.arange(len(rows)) + frames
    return np.asarray(np.interp(places, np.arange(len(rows)), rows))


def make_contacts(landmarks: FloatArray, rest: FloatArray, shares: FloatArray) -> FloatArray:
    """The same landmarks with the lips brought together, and the lower lip to the teeth, as far as the shares say.

    Args:
        landmarks: (T, 68, 3) in the head frame.
        rest: (68, 3) with the lips closed.
        shares: (T, 2) of ``contact_shares``.

    Returns:
        (T, 68, 3).
    """
    raised = raise_lower_lip(landmarks, rest, _LABIODENTAL * shares[:, 1])
    return close_lips(raised, shares[:, 0])
