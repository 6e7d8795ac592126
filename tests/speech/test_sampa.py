"""X-SAMPA as IPA."""

import pytest

from talkinghead.speech.arpabet import arpabet_from_ipa
from talkinghead.speech.sampa import ipa_from_sampa


@pytest.mark.parametrize(
    ("sampa", "phones"),
    [
        ("aI", "AY"),
        ("tS", "CH"),
        ("dZ", "JH"),
        ("S", "SH"),
        ("T", "TH"),
        ("{", "AE"),
        ("@U", "OW"),
        ("3:", "ER"),
        ("r\\", "R"),
        ("OY", "OY"),
        ("2:", "ER"),
        ('"i:', "IY"),
        ("t_h", "T"),
        ("n=", "N"),
        ("N", "NG"),
    ],
)
def test_symbols(sampa: str, phones: str) -> None:
    assert " ".join(arpabet_from_ipa(ipa_from_sampa(sampa))) == phones
