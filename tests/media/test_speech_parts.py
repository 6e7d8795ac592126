"""Parts of speeches in a row."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.media.speech_parts import SpeechPart, cut_speech, join_parts
from talkinghead.types import Interval, Speech


def ramp(seconds: float, **known: tuple[Interval, ...]) -> Speech:
    return Speech(np.arange(round(seconds * 1000), dtype=np.float32), 1000, **known)  # type: ignore[arg-type]


def test_spans_in_a_row_do_not_drift() -> None:
    spans = [(k / 3, k / 3 + 1 / 30) for k in range(30)]
    cut = cut_speech(ramp(12.0), spans)
    assert len(cut.samples) == 1000
    starts = np.flatnonzero(np.diff(cut.samples) > 1) + 1
    np.testing.assert_allclose(starts / 1000, np.arange(1, 30) / 30, atol=0.6e-3)


def test_intervals_move_along_and_are_cut() -> None:
    words = (Interval("a", 0.0, 0.4), Interval("b", 0.4, 1.2), Interval("c", 1.2, 2.0))
    cut = cut_speech(ramp(2.0, words=words, phones=words), [(0.1, 0.6), (1.5, 2.0)])
    expected = [("a", 0.0, 0.3), ("b", 0.3, 0.5), ("c", 0.5, 1.0)]
    for found in (cut.words, cut.phones):
        assert found is not None
        assert [interval.label for interval in found] == ["a", "b", "c"]
        np.testing.assert_allclose([(i.start, i.end) for i in found], [row[1:] for row in expected])
    assert cut.emotions is None
    assert cut.duration == 1.0


def test_what_ends_early_goes_on_in_silence() -> None:
    joined = join_parts([SpeechPart(ramp(0.5), 0.0, 0.8), SpeechPart(ramp(0.5), 0.2, 0.4)])
    assert joined.duration == 1.0
    assert not joined.samples[500:800].any()
    np.testing.assert_array_equal(joined.samples[800:], np.arange(200, 400))
    with pytest.raises(ValueError, match="one sample rate"):
        join_parts([])
    with pytest.raises(ValueError, match="one sample rate"):
        join_parts([SpeechPart(ramp(1.0), 0, 1), SpeechPart(Speech(np.zeros(3, np.float32), 8000), 0, 1)])
