"""Beginnings and ends beside silence, on sounds made for it."""

import numpy as np
import numpy.typing as npt
import pytest

from talkinghead.speech.alignment.boundaries import boundaries
from talkinghead.speech.alignment.sphinx import PlacedPhone


def sound(*, begins: float, ends: float, duration: float = 2.0) -> npt.NDArray[np.float32]:
    """Faint noise, and from ``begins`` to ``ends`` (s) a loud one."""
    noise = np.random.default_rng(0).normal(size=round(16_000 * duration)).astype(np.float32)
    times = np.arange(len(noise)) / 16_000
    return noise * np.where((times >= begins) & (times < ends), 0.1, 0.0003).astype(np.float32)


def row(*phones: tuple[str, int, int]) -> list[PlacedPhone]:
    """Phones as they were placed."""
    return [PlacedPhone(label, start, end, -3.0) for label, start, end in phones]


def test_an_initial_stop_is_closed_no_longer_than_50_ms_before_it_is_heard() -> None:
    phones = row(("sil", 0, 30), ("B", 30, 85), ("IH", 85, 120), ("sil", 120, 200))
    times = boundaries(phones, sound(begins=0.8, ends=1.2))
    assert times[1] == pytest.approx(0.75, abs=0.011)
    assert times[2] == 0.85
    other = row(("sil", 0, 30), ("M", 30, 85), ("IH", 85, 120), ("sil", 120, 200))
    assert boundaries(other, sound(begins=0.8, ends=1.2))[1] == 0.3


def test_a_smack_of_the_lips_is_no_beginning() -> None:
    phones = row(("sil", 0, 30), ("B", 30, 85), ("IH", 85, 120), ("sil", 120, 200))
    samples = sound(begins=0.8, ends=1.2) + sound(begins=0.4, ends=0.43)
    assert boundaries(phones, samples)[1] == pytest.approx(0.75, abs=0.011)


def test_a_stop_that_begins_late_enough_stays() -> None:
    phones = row(("sil", 0, 78), ("B", 78, 85), ("IH", 85, 120), ("sil", 120, 200))
    assert boundaries(phones, sound(begins=0.8, ends=1.2))[1] == 0.78


@pytest.mark.parametrize(("ends", "end"), [(1.2, 1.2), (1.23, 1.23), (1.5, 1.25), (1.0, 1.2)])
def test_a_last_phone_goes_on_while_it_is_heard_for_50_ms_at_most(ends: float, end: float) -> None:
    phones = row(("sil", 0, 80), ("AH", 80, 100), ("N", 100, 120), ("sil", 120, 200))
    assert boundaries(phones, sound(begins=0.8, ends=ends))[3] == pytest.approx(end, abs=0.021)


def test_short_silences_and_the_ends_stay() -> None:
    phones = row(("AH", 0, 80), ("sil", 80, 84), ("P", 84, 199))
    times = boundaries(phones, sound(begins=0.0, ends=2.0))
    assert times.tolist() == [0.0, 0.8, 0.84, 2.0]


def test_digital_silence() -> None:
    phones = row(("sil", 0, 80), ("P", 80, 120), ("sil", 120, 200))
    times = boundaries(phones, np.zeros(32_000, np.float32))
    assert (np.diff(times) >= 0).all()
    assert (times[0], times[-1]) == (0.0, 2.0)
