"""IPA -> ARPAbet."""

import pytest

from talkinghead.speech import arpabet
from talkinghead.speech.arpabet import CLASSES, PHONES, SILENCE, VISEMES, arpabet_from_ipa

ARPABET = "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
"""The 39 phones of the CMU pronouncing dictionary, without stress."""


@pytest.mark.parametrize(
    ("ipa", "expected"),
    [
        ("tʃ", "CH"),
        ("t͡ʃ", "CH"),
        ("t", "T"),
        ("ˈoʊ", "OW"),
        ("ˌɑːɹ", "AA R"),
        ("aɪɚ", "AY ER"),
        ("əl", "AH L"),
        ("ɲ", "N Y"),
        ("ɔ̃", "AO"),
        ("ˈ", ""),
        ("", ""),
    ],
)
def test_values(ipa, expected):
    assert " ".join(arpabet_from_ipa(ipa)) == expected


def test_table_holds_every_phone_of_english_and_no_other():
    produced = {label for labels in arpabet._ARPABET_OF_IPA.values() for label in labels}
    assert produced == set(ARPABET.split())


def test_phones_and_classes():
    assert tuple(ARPABET.split()) == PHONES
    assert (SILENCE, *PHONES) == CLASSES
    assert len(CLASSES) == 40


def test_every_label_looks_like_one_viseme():
    grouped = [label for group in VISEMES.values() for label in group]
    assert len(VISEMES) == 12
    assert sorted(grouped) == sorted(CLASSES)
