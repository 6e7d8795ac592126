"""Closures of the lips on synthetic mouths, in closed form; and on the real ones of GRID."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from talkinghead.data.corpus import Corpus
from talkinghead.data.tracks import read_takes
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import TOUCHING
from talkinghead.metrics.closure import (
    bilabial_closures,
    closed_level,
    labiodental_contacts,
    lip_at_teeth,
    lips_meet,
    lower_lip,
    open_vowels,
    select_labels,
    teeth_level,
)
from talkinghead.store import Store
from talkinghead.types import BoolArray, FloatArray, Interval

FPS = 25.0
OPEN = 0.10  # eye distances


def mouth(gap: FloatArray, *, lower: FloatArray | float = 0.9) -> FloatArray:
    """(T, 68, 3) with the lower inner lip at height ``lower`` and the upper one ``gap`` above it."""
    landmarks = np.zeros((len(gap), 68, 3))
    landmarks[:, [67, 66, 65], 1] = np.broadcast_to(lower, len(gap))[:, None]
    landmarks[:, [61, 62, 63], 1] = landmarks[:, [67, 66, 65], 1] - gap[:, None]
    return landmarks


def shut_at(*frames: int, count: int = 50) -> FloatArray:
    """(T,) open, but for some frames."""
    gap = np.full(count, OPEN)
    gap[list(frames)] = 0.0
    return gap


def word(*labels: str, start: float = 0.4, length: float = 0.08) -> tuple[Interval, ...]:
    """Phones one after the other."""
    return tuple(Interval(label, start + k * length, start + (k + 1) * length) for k, label in enumerate(labels))


def test_lips_that_close_within_and_not() -> None:
    phones = word("B", "AA", "M", "AA", "P")  # 0.40-0.48, 0.56-0.64, 0.72-0.80
    assert bilabial_closures(mouth(shut_at(11, 15, 19)), phones, FPS).tolist() == [True, True, True]
    assert bilabial_closures(mouth(shut_at(15)), phones, FPS).tolist() == [False, True, False]
    assert bilabial_closures(mouth(shut_at()), phones, FPS).tolist() == [False, False, False]


@pytest.mark.parametrize(("frame", "meets"), [(8, False), (9, True), (10, True), (12, True), (13, True), (14, False)])
def test_the_tolerance_is_one_frame(frame: int, meets: bool) -> None:
    # 0.40-0.48 s are the frames 10 to 12; 0.04 s make them 9 to 13.
    assert bilabial_closures(mouth(shut_at(frame)), word("P"), FPS).tolist() == [meets]


def test_the_tolerance_can_be_chosen() -> None:
    assert bilabial_closures(mouth(shut_at(9)), word("P"), FPS, tolerance=0.02).tolist() == [False]
    assert bilabial_closures(mouth(shut_at(8)), word("P"), FPS, tolerance=0.08).tolist() == [True]


@pytest.mark.parametrize("fps", [5.0, 12.5, 25.0, 30.0, 62.5, 100.0])
def test_every_frame_rate_sees_a_closure_of_the_right_length(fps: float) -> None:
    times = np.arange(round(2 * fps)) / fps
    shut = np.where((times > 0.3) & (times < 0.6), 0.0, OPEN)
    assert bilabial_closures(mouth(shut), word("P"), fps).tolist() == [True]
    assert bilabial_closures(mouth(OPEN - shut), word("P"), fps).tolist() == [False]


def test_where_no_frame_falls_within_the_nearest_counts() -> None:
    # 0.30-0.32 s, widened, lie between frame 1 (0.2 s) and frame 2 (0.4 s), nearer to the latter.
    phones = (Interval("M", 0.30, 0.32),)
    assert bilabial_closures(mouth(shut_at(2, count=10)), phones, 5.0).tolist() == [True]
    assert bilabial_closures(mouth(shut_at(1, count=10)), phones, 5.0).tolist() == [False]


def test_beyond_the_ends_the_last_frame_counts() -> None:
    phones = (Interval("P", 7.0, 7.1),)
    assert bilabial_closures(mouth(shut_at(49)), phones, FPS).tolist() == [True]
    assert bilabial_closures(mouth(shut_at(48)), phones, FPS).tolist() == [False]


def test_no_phones_no_closures() -> None:
    for measure in (bilabial_closures, labiodental_contacts):
        for phones in ((), word("sil", "AA", "S")):
            passed = measure(mouth(shut_at()), phones, FPS)
            assert (passed.shape, passed.dtype) == ((0,), np.dtype(bool))


def test_closed_is_a_share_of_the_wide_opening_and_never_less_than_touching() -> None:
    assert closed_level(mouth(np.full(50, 0.4))) == pytest.approx(0.06)
    assert closed_level(mouth(np.full(50, 0.1))) == TOUCHING
    assert closed_level(mouth(np.zeros(50))) == TOUCHING


def test_a_gap_just_above_the_level_is_no_closure() -> None:
    gap = np.full(50, OPEN)
    gap[11] = TOUCHING + 1e-6
    assert not bilabial_closures(mouth(gap), word("P"), FPS).any()
    gap[11] = TOUCHING - 1e-6
    assert bilabial_closures(mouth(gap), word("P"), FPS).all()
    assert lips_meet(mouth(shut_at()), word("P"), FPS, level=OPEN).all()


def test_the_lower_lip_rises_to_the_teeth() -> None:
    height = np.linspace(0.9, 1.0, 101)  # y points down; 5th and 95th percentile are 0.905 and 0.995
    assert teeth_level(mouth(np.full(101, OPEN), lower=height)) == pytest.approx(0.905 + 0.3 * 0.09)
    assert teeth_level(mouth(np.full(101, OPEN), lower=0.95)) == pytest.approx(0.962)
    up = np.full(50, 1.0)
    up[[2, 3, 4, 11]] = 0.9
    phones = word("F", "AA", "V")
    assert labiodental_contacts(mouth(np.full(50, OPEN), lower=up), phones, FPS).tolist() == [True, False]
    assert lip_at_teeth(mouth(np.full(50, OPEN), lower=up), phones, FPS, level=0.8).tolist() == [False] * 3
    np.testing.assert_allclose(lower_lip(mouth(np.full(50, OPEN), lower=up)), up)


def test_neither_test_asks_where_the_other_lip_is() -> None:
    rising = np.where(np.arange(50) == 11, 0.9, 1.0)
    pressed = mouth(shut_at(11))  # the upper lip comes down, the lower one stays
    assert not lip_at_teeth(pressed, word("F"), FPS, level=0.85).any()
    assert bilabial_closures(pressed, word("P"), FPS).all()
    assert not bilabial_closures(mouth(np.full(50, OPEN), lower=rising), word("P"), FPS).any()


def test_a_still_mouth_passes_everywhere_and_the_control_tells() -> None:
    phones = word("B", "S", "AA", "T", "F", "T", "EH", "T")
    still = mouth(np.zeros(50))
    assert bilabial_closures(still, phones, FPS).all()
    assert lips_meet(still, open_vowels(phones), FPS).all()
    assert lip_at_teeth(still, open_vowels(phones), FPS).tolist() == [True, True]


def test_the_control_is_open_vowels_away_from_lips_and_silence() -> None:
    phones = word("AA", "T", "AA", "P", "EH", "T", "IY", "S", "AO", "K", "AY", "sil", "AE", "V", "OW", "N", "AA")
    assert [phone.start for phone in open_vowels(phones)] == pytest.approx([0.4 + 8 * 0.08])
    assert open_vowels(()) == open_vowels(word("AA")) == ()


def test_labelled_keeps_the_order() -> None:
    assert [phone.label for phone in select_labels(word("M", "AA", "P", "B"), ("B", "M"))] == ["M", "B"]


@pytest.mark.parametrize("measure", [bilabial_closures, labiodental_contacts])
@pytest.mark.parametrize("shape", [(0, 68, 3), (10, 478, 3), (68, 3)])
def test_what_is_no_sequence_is_refused(
    measure: Callable[[FloatArray, Sequence[Interval], float], BoolArray], shape: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"need landmarks \(T, 68, 2 or 3\) with a row at least"):
        measure(np.zeros(shape), word("P"), FPS)


@pytest.mark.corpus
def test_real_lips_close(corpus: Path, tmp_path: Path) -> None:
    (clip,) = (one for one in Corpus.open(corpus / "grid_s1").recordings("train") if one.name == "bbaf2n")
    (take,) = read_takes([clip], Store(tmp_path))
    face, fps = head_landmarks(take.track), take.track.fps
    # Words begin with their b: "bin" and "blue".
    starts = [word.start for word in clip.words() if word.label in ("bin", "blue")]
    assert len(starts) == 2
    assert bilabial_closures(face, [Interval("B", start, start + 0.06) for start in starts], fps).all()
    letter = [word for word in clip.words() if word.label == "f"]
    assert lip_at_teeth(face, letter, fps).tolist() == [True]
