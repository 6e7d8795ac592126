"""One man's mouth for another's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.transfer import OTHERS, Take, Takes, opening, source_times, summarise, table
from benchmarks.voices import Sample

from talkinghead.data.recording import Recording
from talkinghead.types import Interval, Speech


def sentence(times: tuple[float, ...], labels: tuple[str, str] = ("B", "IY")) -> Speech:
    """One word of two phones, and silence around it: begins of silence, phones and silence, and the end."""
    start, first, second, end, last = times
    phones = (Interval("sil", start, first), Interval(labels[0], first, second), Interval(labels[1], second, end))
    sound = np.zeros(round(last * 16_000), np.float32)
    return Speech(sound, 16_000, phones=(*phones, Interval("sil", end, last)), words=(Interval("bee", first, end),))


HERE, THERE = sentence((0.0, 0.5, 0.7, 1.0, 1.5)), sentence((0.0, 1.0, 1.1, 1.6, 2.0))


def test_phone_goes_to_phone() -> None:
    times = np.array([0.1, 0.3, 0.5, 0.6, 0.7, 0.85, 1.0, 1.2])
    np.testing.assert_allclose(
        source_times(times, HERE, THERE, 0), [0.6, 0.8, 1.0, 1.05, 1.1, 1.35, 1.6, 1.8], atol=1e-9
    )


def test_said_otherwise_word_goes_to_word() -> None:
    other = sentence((0.0, 1.0, 1.1, 1.6, 2.0), ("P", "IY"))
    np.testing.assert_allclose(source_times(np.array([0.5, 0.7, 1.0]), HERE, other, 0), [1.0, 1.24, 1.6], atol=1e-9)


def test_the_mean_of_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mouth that is open by the time in its own sentence, and one that is open twice as far."""
    time = np.arange(50) / 25
    said = {"a": Take(THERE, time, 25.0), "b": Take(THERE, 2 * time, 25.0), "c": None}
    monkeypatch.setattr(Recording, "words", lambda self: (Interval("bee", 1.0, 1.6),))
    takes = Takes((Recording(name, "", Path(name), "GRID") for name in said), Path())
    monkeypatch.setattr(Takes, "_take", lambda self, clip: said[clip.name])
    reference = np.zeros((38, 68, 3))
    sample = Sample("x", HERE, None, reference, 25.0)  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    made = opening(sample, takes, 10, rng)
    assert made.shape == (38,)
    assert made[15] == pytest.approx(1.5 * 1.05)  # 0.6 s: the middle of the first phone
    assert opening(sample, takes, 1, rng)[15] in (pytest.approx(1.05), pytest.approx(2.1))


def test_the_table() -> None:
    text = table(summarise({OTHERS: {"1": [0.5, 0.7, 0.9], "10": [0.8, 0.8, 0.8]}}))
    assert f"| {OTHERS} (3) | 1 | 0.700 | 0.700 (" in text
    assert f"| {OTHERS} (3) | 10 | 0.800 | 0.800 (0.800 to 0.800) |" in text
