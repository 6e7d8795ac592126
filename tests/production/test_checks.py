"""Frame rates as people write them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from talkinghead.errors import InputError
from talkinghead.production.checks import parse_fps
from talkinghead.types import num_frames


@pytest.mark.parametrize(
    ("given", "rate"),
    [
        ("25", Fraction(25)),
        ("12.5", Fraction(25, 2)),
        (30, Fraction(30)),
        ("30.00", Fraction(30)),
        ("30000/1001", Fraction(30000, 1001)),
        ("24000 / 1001", Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        (29.97, Fraction(30000, 1001)),
        ("29.970", Fraction(30000, 1001)),
        (29.97003, Fraction(30000, 1001)),
        ("23.976", Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        ("47.952", Fraction(48000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("119.88", Fraction(120000, 1001)),
        (29.9, Fraction(299, 10)),
        (24, Fraction(24)),
        (60, Fraction(60)),
    ],
)
def test_rates_are_what_people_mean(given: str | float, rate: Fraction) -> None:
    found = parse_fps(given)
    assert found is not None
    # The writer's clock is this fraction, so that no frame is off, however long the video is.
    assert Fraction(found).limit_denominator(1001) == rate
    assert found == float(rate)


def test_an_hour_does_not_drift() -> None:
    rate = parse_fps("29.97")
    assert rate is not None
    assert num_frames(3600, rate) == 107_892  # 30000/1001 times 3600 is 107892.1
    last = 107_891 / Fraction(rate).limit_denominator(1001)
    assert last == Fraction(107_891 * 1001, 30_000)
    assert abs(float(last) - 107_891 / rate) < 1e-9


def test_without_a_rate_there_is_none() -> None:
    assert parse_fps(None) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("29,97", "has a comma: write 29.97"),
        ("fast", "is unknown: choose a number such as 25, 29.97 or 30000/1001"),
        ("", "is unknown"),
        ("30/0", "is unknown"),
        ("1/2/3", "is unknown"),
        ("nan", "is out of range"),
        ("inf", "is out of range"),
        ("241", "is out of range"),
        ("1/1000", "is out of range"),
        (-25, "is out of range"),
    ],
)
def test_what_is_no_rate(given: str | float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_fps(given)
