"""Stretches that fit badly."""

import numpy as np
import numpy.typing as npt

from talkinghead.speech.alignment.mismatch import broken_stretches
from talkinghead.speech.alignment.sphinx import PlacedPhone
from talkinghead.speech.arpabet import CLASSES


def row(*scores: tuple[int, float]) -> list[PlacedPhone]:
    """Phones of so many frames and so bad a score."""
    phones, start = [], 0
    for frames, score in scores:
        phones.append(PlacedPhone("AH", start, start + frames, score))
        start += frames
    return phones


def posteriors(phones: list[PlacedPhone], label: str = "AH") -> npt.NDArray[np.float32]:
    """Of a recogniser that is sure of one phone all the time."""
    rows = np.full((phones[-1].end if phones else 0, len(CLASSES)), 1e-6, np.float32)
    rows[:, CLASSES.index(label)] = 1.0
    return rows


def broken(phones: list[PlacedPhone], label: str = "AH") -> list[tuple[int, int]]:
    """What is found where the recogniser agrees, or hears only ``label``."""
    return broken_stretches(phones, posteriors(phones, label))


def test_all_well() -> None:
    assert broken(row((100, -4.0), (200, -6.0))) == []
    assert broken([]) == []


def test_a_short_bad_phone_is_forgiven() -> None:
    assert broken(row(*[(20, -4.0)] * 5, (10, -40.0), *[(20, -4.0)] * 5)) == []


def test_a_bad_stretch_is_found_where_it_is() -> None:
    ((start, end),) = broken(row(*[(20, -4.0)] * 10, (100, -28.0), *[(20, -4.0)] * 10))
    # A window of 60 frames falls 18 below the others once 46 of them are bad: -4 - 24 * 46 / 60 = -22.4.
    assert (start, end) == (200 - 14, 300 + 14)


def test_sounds_that_fit_worse_are_borne_while_the_recogniser_agrees() -> None:
    """As with synthetic voices and other languages."""
    phones = row((100, -10.0))
    assert broken(phones) == []
    assert broken(phones, "M") == [(0, 100)]


def test_silence_does_not_hide_phones_that_fit_badly() -> None:
    phones = [PlacedPhone("sil", 0, 100, -0.5), PlacedPhone("AH", 100, 120, -18.0), PlacedPhone("sil", 120, 300, -0.5)]
    rows = np.concatenate(
        [posteriors(row((100, 0.0)), "sil"), posteriors(row((20, 0.0))), posteriors(row((180, 0.0)), "sil")]
    )
    assert broken_stretches(phones, rows) == [(0, 300)]
    assert broken([PlacedPhone("sil", 0, 100, -8.0)], "sil") == []


def test_stretches_apart_stay_apart() -> None:
    good = [(10, -4.0)] * 20
    assert len(broken(row(*good, (60, -24.0), *good, (60, -24.0)))) == 2


def test_all_of_a_short_recording() -> None:
    assert broken(row((20, -18.0))) == [(0, 20)]
