"""Phone labels of corpora and other programs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from talkinghead.speech.arpabet import CLASSES
from talkinghead.speech.labels import arpabet_phones, fold_labels, is_silence, without_gaps
from talkinghead.types import Interval


def tenths(*labels: str) -> list[Interval]:
    """Labels of 0.1 s each, from 0 on."""
    return [Interval(label, index / 10, (index + 1) / 10) for index, label in enumerate(labels)]


def rounded(phones: tuple[Interval, ...]) -> list[tuple[str, float, float]]:
    """Label, start and end in rounded seconds."""
    return [(phone.label, round(phone.start, 3), round(phone.end, 3)) for phone in phones]


def spelt(*labels: str) -> list[tuple[str, float, float]]:
    """What such labels are folded to."""
    return rounded(fold_labels(tenths(*labels)))


def told(*labels: str) -> list[tuple[str, float, float]]:
    """What becomes of them without gaps."""
    return rounded(arpabet_phones(tenths(*labels)))


@pytest.mark.parametrize(
    ("label", "phone"),
    [
        *[
            ("ax", "AH"),
            ("ax-h", "AH"),
            ("ix", "IH"),
            ("axr", "ER"),
            ("ux", "UW"),
            ("hv", "HH"),
            ("nx", "N"),
            ("dx", "D"),
        ],
        *[("zh", "ZH"), ("ao", "AO"), ("IY1", "IY"), ("AH0", "AH"), ("ER", "ER"), ("hh", "HH")],
        *[("h#", "sil"), ("pau", "sil"), ("epi", "sil"), ("", "sil"), ("sp", "sil")],
    ],
)
def test_one_label(label: str, phone: str) -> None:
    assert spelt(label) == [(phone, 0.0, 0.1)]


def test_a_closure_belongs_to_its_stop() -> None:
    assert spelt("tcl", "t", "iy") == [("T", 0.0, 0.2), ("IY", 0.2, 0.3)]
    assert spelt("vcl", "jh", "ah", "cl", "p") == [("JH", 0.0, 0.2), ("AH", 0.2, 0.3), ("P", 0.3, 0.5)]


def test_a_closure_without_release_is_the_stop_it_names() -> None:
    assert spelt("kcl", "s") == [("K", 0.0, 0.1), ("S", 0.1, 0.2)]
    assert spelt("ao", "vcl") == [("AO", 0.0, 0.1), ("D", 0.1, 0.2)]
    assert fold_labels([Interval("pcl", 0.0, 0.1), Interval("p", 0.2, 0.3)]) == (
        Interval("P", 0.0, 0.1),
        Interval("P", 0.2, 0.3),
    )


def test_a_glottal_stop_belongs_to_what_follows_or_is_silence() -> None:
    assert spelt("q", "ae", "q") == [("AE", 0.0, 0.2), ("sil", 0.2, 0.3)]
    assert spelt("q", "el") == [("AH", 0.0, 0.15), ("L", 0.15, 0.2)]


def test_syllabic_consonants_are_halved() -> None:
    assert spelt("el", "en", "em", "eng") == [
        *[("AH", 0.0, 0.05), ("L", 0.05, 0.1), ("AH", 0.1, 0.15), ("N", 0.15, 0.2)],
        *[("AH", 0.2, 0.25), ("M", 0.25, 0.3), ("AH", 0.3, 0.35), ("NG", 0.35, 0.4)],
    ]


def test_silences_that_meet_become_one() -> None:
    assert told("h#", "pau", "s", "", "SIL", "spn") == [("sil", 0.0, 0.2), ("S", 0.2, 0.3), ("sil", 0.3, 0.6)]


def test_an_unknown_label_is_named() -> None:
    with pytest.raises(ValueError, match="'€' is neither"):
        arpabet_phones(tenths("P", "€"))
    with pytest.raises(ValueError, match="'xx' is no phone label of TIMIT's or CMU's"):
        fold_labels(tenths("s", "xx"))


def test_ipa_and_labels_of_two_phones() -> None:
    assert told("tʰ", "aɪ", "ts", "ɫ", "AH0", "sp") == [
        *[("T", 0.0, 0.1), ("AY", 0.1, 0.2), ("T", 0.2, 0.25), ("S", 0.25, 0.3), ("L", 0.3, 0.4), ("AH", 0.4, 0.5)],
        ("sil", 0.5, 0.6),
    ]


def test_phones_begin_at_zero_and_end_with_the_last() -> None:
    phones = arpabet_phones([Interval("P", 0.5, 1.0), Interval("IY1", 1.0, 1.5), Interval("Z", 2.0, 2.5)])
    assert [(phone.label, phone.start) for phone in phones] == [
        *[("sil", 0.0), ("P", 0.5), ("IY", 1.0), ("sil", 1.5), ("Z", 2.0)]
    ]
    assert phones[-1].end == 2.5
    assert arpabet_phones(()) == ()


def test_gaps_are_silence_and_overlaps_end() -> None:
    phones = [Interval("S", 0.1, 0.2), Interval("IY", 0.201, 0.45), Interval("T", 0.4, 0.5), Interval("M", 0.6, 0.9)]
    assert without_gaps(phones, 0.8) == (
        Interval("sil", 0.0, 0.1),
        Interval("S", 0.1, 0.2),
        Interval("IY", 0.2, 0.4),  # a gap of a millisecond is rounding
        Interval("T", 0.4, 0.5),
        Interval("sil", 0.5, 0.6),
        Interval("M", 0.6, 0.8),
    )
    assert without_gaps([], 0.5) == (Interval("sil", 0.0, 0.5),)


def test_random_labels_leave_no_gaps() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        times = np.sort(random.uniform(0, 1.2, 12)).reshape(6, 2)
        labels = [Interval(str(random.choice(CLASSES)), start, end) for start, end in times]
        phones = without_gaps(labels, 1.0)
        assert phones[0].start == 0.0
        assert phones[-1].end == 1.0
        assert all(phone.end == after.start for phone, after in itertools.pairwise(phones))
        assert all(phone.start < phone.end for phone in phones)


def test_is_silence() -> None:
    assert all(map(is_silence, ("", " ", "SIL", "sp", "<eps>", "h#")))
    assert not any(map(is_silence, ("a", "silk", "P")))
