"""Lips that meet where a sound requires it."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.face.rest import LOWER_INNER, SEAM, TOUCHING, closed_mouth, lip_gap
from talkinghead.motion.contacts import contact_shares, make_contacts
from talkinghead.speech.arpabet import PHONES
from talkinghead.types import FloatArray

RATE = 62.5


def posteriors(phone: str, start: int, stop: int, *, probability: float = 1.0, count: int = 60) -> FloatArray:
    """(count, 39) of a phone from one frame to another, an open vowel elsewhere."""
    rows = np.zeros((count, len(PHONES)))
    rows[:, PHONES.index("AA")] = 1.0
    rows[start:stop] *= 1 - probability
    rows[start:stop, PHONES.index(phone)] = probability
    return rows


def wide_open(count: int = 60) -> tuple[FloatArray, FloatArray]:
    """(count, 68, 3) landmarks with the lips 0.2 apart, and the face at rest."""
    rest = canonical_face()[0][MESH_OF_68]
    landmarks = np.repeat(rest[None], count, axis=0)
    landmarks[:, [*LOWER_INNER, 55, 56, 57, 58, 59], 1] += 0.2
    return landmarks, closed_mouth(rest)


@pytest.mark.parametrize("phone", ["P", "B", "M"])
@pytest.mark.parametrize("length", [2, 5, 12])
def test_lips_meet_for_the_whole_of_a_short_sound_or_a_long_one(phone: str, length: int) -> None:
    landmarks, rest = wide_open()
    made = make_contacts(landmarks, rest, contact_shares(posteriors(phone, 30, 30 + length), RATE))
    gap = lip_gap(made)
    assert gap[29 : 28 + length].max() <= TOUCHING
    assert gap.min() == pytest.approx(SEAM)
    assert (np.abs(gap - lip_gap(landmarks)) < 1e-9)[[*range(20), *range(48, 60)]].all()
    assert np.abs(np.diff(gap)).max() < 0.12  # of 0.27: they neither snap nor jump


@pytest.mark.parametrize(("phone", "probability"), [("AA", 1.0), ("S", 1.0), ("B", 0.3)])
def test_other_sounds_and_unlikely_ones_change_nothing(phone: str, probability: float) -> None:
    landmarks, rest = wide_open()
    shares = contact_shares(posteriors(phone, 20, 30, probability=probability), RATE)
    np.testing.assert_array_equal(make_contacts(landmarks, rest, shares), landmarks)


def test_probabilities_of_sounds_that_look_alike_add_up() -> None:
    rows = posteriors("P", 20, 30, probability=0.5)
    rows[20:30, PHONES.index("B")] = rows[20:30, PHONES.index("AA")]
    rows[20:30, PHONES.index("AA")] = 0.0
    assert contact_shares(rows, RATE)[25, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("phone", ["F", "V"])
def test_the_lower_lip_comes_near_the_teeth_and_the_upper_lip_stays(phone: str) -> None:
    landmarks, rest = wide_open()
    made = make_contacts(landmarks, rest, contact_shares(posteriors(phone, 20, 32), RATE))
    before, after = (each[26, LOWER_INNER, 1] - rest[LOWER_INNER, 1] for each in (landmarks, made))
    np.testing.assert_allclose(after, 0.2 * before, atol=1e-9)
    np.testing.assert_array_equal(made[26, [61, 62, 63]], landmarks[26, [61, 62, 63]])


def test_lips_meet_before_the_sound() -> None:
    shares = contact_shares(posteriors("M", 30, 40), RATE)[:, 0]
    middle = float((shares * np.arange(60)).sum() / shares.sum())
    assert middle == pytest.approx(34.5 - 0.025 * RATE, abs=0.1)
