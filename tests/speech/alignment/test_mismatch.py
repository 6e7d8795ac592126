"""Stretches that fit badly."""

from talkinghead.speech.alignment.mismatch import broken_stretches
from talkinghead.speech.alignment.sphinx import PlacedPhone


def row(*scores: tuple[int, float]) -> list[PlacedPhone]:
    """Phones of so many frames and so bad a score."""
    phones, start = [], 0
    for frames, score in scores:
        phones.append(PlacedPhone("AH", start, start + frames, score))
        start += frames
    return phones


def test_all_well() -> None:
    assert broken_stretches(row((100, -4.0), (200, -6.0))) == []
    assert broken_stretches([]) == []


def test_a_short_bad_phone_is_forgiven() -> None:
    assert broken_stretches(row(*[(20, -4.0)] * 5, (10, -20.0), *[(20, -4.0)] * 5)) == []


def test_a_bad_stretch_is_found_where_it_is() -> None:
    ((start, end),) = broken_stretches(row(*[(20, -4.0)] * 10, (100, -12.0), *[(20, -4.0)] * 10))
    assert 140 < start < 200
    assert 300 < end < 360
    # A window of 60 frames falls below -9.2 once 40 of them are bad: -4 - 8 * 40 / 60 = -9.33.
    assert (start, end) == (200 - 20, 300 + 20)


def test_other_languages_may_fit_worse() -> None:
    phones = row((100, -9.5))
    assert broken_stretches(phones) == [(0, 100)]
    assert broken_stretches(phones, english=False) == []


def test_silence_does_not_hide_phones_that_fit_badly() -> None:
    phones = [PlacedPhone("sil", 0, 100, -0.5), PlacedPhone("AH", 100, 120, -8.0), PlacedPhone("sil", 120, 300, -0.5)]
    assert broken_stretches(phones) == [(0, 300)]
    assert broken_stretches([PlacedPhone("sil", 0, 100, -8.0)]) == []


def test_stretches_apart_stay_apart() -> None:
    good = [(10, -4.0)] * 20
    assert len(broken_stretches(row(*good, (60, -14.0), *good, (60, -14.0)))) == 2


def test_all_of_a_short_recording() -> None:
    assert broken_stretches(row((20, -10.0))) == [(0, 20)]
