"""X-SAMPA, phonetic symbols in ASCII, as WebMAUS and MBROLA write them -> IPA.

Source: Wells, "Computer-coding the IPA: a proposed extension of SAMPA", 1995.
"""

from __future__ import annotations

_TABLE = (
    "@` ɚ|3` ɝ|r\\ ɹ|R\\ ʀ|r` ɽ|s` ʂ|z` ʐ|t` ʈ|d` ɖ|n` ɳ|l` ɭ|h\\ ɦ|s\\ ɕ|z\\ ʑ|v\\ ʋ|j\\ ʝ|p\\ ɸ|L\\ ʟ|"
    "x\\ ɧ|N\\ ɴ|l\\ ɺ|M\\ ɰ|"
    "A ɑ|B β|C ç|D ð|E ɛ|F ɱ|G ɣ|H ɥ|I ɪ|J ɲ|K ɬ|L ʎ|M ɯ|N ŋ|O ɔ|P ʋ|Q ɒ|R ʁ|S ʃ|T θ|U ʊ|V ʌ|W ʍ|X χ|Y ʏ|Z ʒ|"
    "@ ə|{ æ|} ʉ|1 ɨ|2 ø|3 ɜ|4 ɾ|5 ɫ|6 ɐ|7 ɤ|8 ɵ|9 œ|& ɶ|? ʔ|: ː|g ɡ"
)
_IPA = dict(entry.split() for entry in _TABLE.split("|"))
_UNSOUNDED = "~=_\"%'`\\0-"  # nasality, syllables, stress and other diacritics


def ipa_from_sampa(sampa: str) -> str:
    """A label in X-SAMPA as IPA, without stress and diacritics.

    >>> ipa_from_sampa("aI"), ipa_from_sampa('"tS_h'), ipa_from_sampa("3:")
    ('aɪ', 'tʃ', 'ɜː')
    """
    ipa, position = "", 0
    while position < len(sampa):
        for length in (2, 1):
            piece = sampa[position : position + length]
            if piece in _IPA:
                ipa += _IPA[piece]
                break
        else:
            length = 1
            if piece == "_":  # a diacritic of one sign
                length = 2
            elif piece not in _UNSOUNDED:
                ipa += piece
        position += length
    return ipa
