"""Transcripts as people write them."""

import sys

import pytest

from talkinghead.errors import InputError
from talkinghead.speech.alignment import transcript
from talkinghead.speech.alignment.transcript import read_transcript
from talkinghead.speech.arpabet import PHONES
from talkinghead.speech.synthesis import espeak_library


def labels(text: str) -> list[str]:
    """The words as they are written."""
    return [word.label for word in read_transcript(text)]


def said(text: str, *, language: str = "en-us") -> list[str]:
    """The first pronunciation of each word, a stroke between its parts."""
    return [" | ".join(part[0] for part in word.parts) for word in read_transcript(text, language=language)]


def test_punctuation_goes_and_spelling_stays() -> None:
    assert labels('"Hello," she SAID — it\'s (really) fine... isn’t it?') == (
        ["Hello", "she", "SAID", "it's", "really", "fine", "isn't", "it"]
    )
    assert labels("well--then, $5.50 and 50%!") == ["well", "then", "$5.50", "and", "50%"]


def test_noises_in_brackets_are_not_said() -> None:
    assert labels("so [loud laughter] this <cough> works") == ["so", "this", "works"]


def test_numbers_are_read() -> None:
    assert said("25 2nd") == ["T W EH N T IY | F AY V", "S EH K AH N D"]
    (year,) = read_transcript("1984")
    assert year.parts[0][0] == "N AY N T IY N EY T IY F AO R"
    assert any(phones.startswith("W AH N TH AW Z AH N D") for phones in year.parts[0])


def test_notations_are_read_as_people_say_them() -> None:
    twelve = ("T W EH L V D AA L ER Z", "T W EH L V D AO L ER Z")
    for price in ("$12.00", "12 $", "12$", "USD 12"):
        (*_, word) = read_transcript(f"I paid {price}.")
        assert word.label == price
        assert word.parts[0][:2] == twelve
    assert "T W EH L V F IH F T IY" in read_transcript("$12.50")[0].parts[0]
    assert said("10am 5kg 20°C ½ 1.5M")[:2] == ["T EH N EY EH M", "F AY V K IH L AH G R AE M Z"]
    assert labels("Henry VIII, 10 am") == ["Henry", "VIII", "10 am"]
    assert "DH AH EY T TH" in read_transcript("Henry VIII")[1].parts[0]
    assert said("a@b.com")[0].endswith("D AA T | K AA M")


def test_no_sign_swallows_words() -> None:
    assert labels("I <3 you (applause) and > [noise] that &amp; 5 < 6") == ["I", "you", "and", "that", "&", "5", "6"]
    assert labels("1\n00:00:00,000 --> 00:00:02,000\nHello <i>there</i>.\n") == ["Hello", "there"]
    assert labels("𝐇𝐞𝐥𝐥𝐨 ｗｏｒｌｄ") == ["Hello", "world"]


def test_notations_of_other_languages() -> None:
    pytest.importorskip("espeakng_loader")
    (weight,) = read_transcript("1,5 kg", language="de")
    assert weight.label == "1,5 kg"
    assert weight.parts[0][0].startswith("AY N S K AO M AA F UH N F K")


def test_letters_are_words_and_names() -> None:
    (a, f, z) = read_transcript("a f z")
    assert set(a.parts[0]) == {"AH", "EY"}
    assert f.parts == (("EH F",),)
    assert set(z.parts[0]) == {"Z IY", "Z EH D"}


def test_abbreviations_and_initials() -> None:
    assert said("Dr. No. U.S.A.") == ["D AA K T ER", "N AH M B ER", "Y UW EH S EY"]
    (doctor,) = read_transcript("Dr.")
    assert "D R AY V" in doctor.parts[0]
    (agency,) = read_transcript("the NASA")[1:]
    assert agency.parts[0][0] == "N AE S AH"
    assert "EH N EY EH S EY" in agency.parts[0]
    assert said("XQJZ then")[0] == "EH K S K Y UW JH EY Z IY"


def test_a_transcript_in_capitals_is_not_spelled() -> None:
    assert said("THE CHILD")[1] == "CH AY L D"
    assert len(read_transcript("THE CAT SAT")[1].parts[0]) == 1


def test_hyphens_contractions_genitives_accents() -> None:
    assert said("green-ish don't o'clock rock-solid")[1:] == ["D OW N T", "AH K L AA K", "R AA K | S AA L AH D"]
    assert said("wizard's café") == ["W IH Z ER D Z", "K AH F EY"]
    assert said("and/or") == ["AH N D | AO R"]


def test_unknown_words_are_asked_of_espeak() -> None:
    pytest.importorskip("espeakng_loader")
    (word,) = read_transcript("blorfish")
    phones = word.parts[0][0].split()
    assert phones[:3] == ["B", "L", "AO"]
    assert set(phones) <= set(PHONES)


def test_unknown_words_without_espeak_name_word_and_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    transcript._espeak.cache_clear()
    espeak_library._load.cache_clear()
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    assert labels("known words work") == ["known", "words", "work"]
    with pytest.raises(InputError, match=r"'zyxxyq' is not in the dictionary: .*pip install 'talkinghead\[tts\]'"):
        read_transcript("a zyxxyq word")


def test_other_languages() -> None:
    pytest.importorskip("espeakng_loader")
    assert said("Guten Tag", language="de") == ["G UW T AH N", "T AA K"]
    assert said("мир", language="ru") == ["M IY R"]


@pytest.mark.parametrize(
    ("text", "language", "fault"),
    [
        ("", "en-us", "has no words"),
        (" ... [music] -- ", "en-us", "has no words"),
        ("привет", "en-us", "Cyrillic script.*name its language"),
        ("你好", "en-us", "Chinese script.*Latin letters"),
        ("你好", "cmn", "Chinese script.*Latin letters"),
    ],
)
def test_what_cannot_be_read(text: str, language: str, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        read_transcript(text, language=language)
