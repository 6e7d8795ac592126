"""The 39 phones of English in ARPAbet, how they look on the lips, and how IPA maps to them."""

from __future__ import annotations

SILENCE = "sil"

VISEMES = {
    "silence": (SILENCE,),
    "bilabial": ("P", "B", "M"),
    "labiodental": ("F", "V"),
    "dental": ("TH", "DH"),
    "alveolar": ("T", "D", "N", "S", "Z", "L"),
    "postalveolar": ("CH", "JH", "SH", "ZH"),
    "velar": ("K", "G", "NG", "HH", "Y"),
    "rounded consonant": ("R", "W", "ER"),
    "open vowel": ("AA", "AE", "AH", "AY", "AW"),
    "mid vowel": ("EH", "EY"),
    "close vowel": ("IH", "IY"),
    "rounded vowel": ("AO", "OW", "OY", "UH", "UW"),
}
"""Twelve classes of phones that look alike on the lips, after the groups of Fisher 1968 ("Confusions among visually
perceived consonants") for consonants, and by height and rounding for vowels. Velars, the glottal HH and the palatal Y
leave the shape of the lips to their neighbours."""

PHONES = tuple(sorted(phone for group in VISEMES.values() for phone in group if phone != SILENCE))
"""The 39 phones of CMU's dictionary, in alphabetical order."""

CLASSES = (SILENCE, *PHONES)
"""What a frame of speech can be: 40 labels, silence first. The order of all posteriors here."""

BILABIALS, LABIODENTALS = VISEMES["bilabial"], VISEMES["labiodental"]

STOPS = ("P", "B", "T", "D", "K", "G", "CH", "JH")
"""Phones that begin with a closure, the two affricates among them."""

_TABLE = """
    aɪ AY | aʊ AW | eɪ EY | oʊ OW | əʊ OW | ɔɪ OY | ɔø OY | ɔʏ OY | aɪɚ AY ER | aɪə AY AH | aʊɚ AW ER | aʊə AW AH
    iə IY AH | ɪə IH AH | eə EH | ɛə EH | ʊə UH AH | əl AH L | ɚ ER | ɝ ER | ɜ ER | ɐ AH | ə AH | ʌ AH | ɤ AH | ɵ UH
    ᵻ IH | ɪ IH | ɨ IH | ɘ IH | i IY | y UW | ʏ UH | ʉ UW | u UW | ɯ UW | ʊ UH | e EY | ɛ EH | ø ER | œ ER | ɶ ER
    æ AE | a AA | ä AA | ɑ AA | ɒ AA | ɔ AO | o OW
    p P | b B | t T | d D | ʈ T | ɖ D | c K | ɟ G | k K | g G | ɡ G | q K | ɢ G | ʔ T | ɾ D | ɽ D
    tʃ CH | dʒ JH | tɕ CH | dʑ JH | ʨ CH | ʥ JH | ʧ CH | ʤ JH | ts T S | dz D Z | ʦ T S | ʣ D Z | pf P F
    m M | ɱ M | n N | ɳ N | ɲ N Y | ŋ NG | ɴ NG | f F | v V | ɸ F | β V | θ TH | ð DH | s S | z Z
    ʃ SH | ʒ ZH | ʂ SH | ʐ ZH | ɕ SH | ʑ ZH | ç SH | ʝ Y | x HH | ɣ G | χ HH | ʁ R | ħ HH | ʕ AA | h HH | ɦ HH
    ɬ L | ɮ L | ɫ L | l L | ɭ L | ʎ L Y | ʟ L
    ɹ R | r R | ɻ R | ʀ R | ɺ R | j Y | ɥ Y | w W | ʍ W | ʋ V | ɰ W | ɓ B | ɗ D | ɠ G
"""

_ARPABET_OF_IPA = {
    ipa: tuple(phones)
    for ipa, *phones in (entry.split() for row in _TABLE.split("\n") for entry in row.split("|") if entry.strip())
}
_LONGEST = max(map(len, _ARPABET_OF_IPA))


def arpabet_from_ipa(ipa: str) -> tuple[str, ...]:
    """The ARPAbet phones of an IPA string, longest match first, without stress and length.

    Sounds that English lacks become the nearest English sound that looks alike on the lips: front rounded vowels stay
        rounded, uvular fricatives become glottal. Signs without a sound of their own are dropped.

    >>> arpabet_from_ipa("ˈɑːɹ"), arpabet_from_ipa("tʃ"), arpabet_from_ipa("ː")
    (('AA', 'R'), ('CH',), ())
    """
    phones: list[str] = []
    ipa = ipa.replace("ː", "").replace("\u0361", "")  # length; the tie bar of affricates
    position = 0
    while position < len(ipa):
        for length in range(_LONGEST, 0, -1):
            piece = ipa[position : position + length]
            if piece in _ARPABET_OF_IPA:
                phones += _ARPABET_OF_IPA[piece]
                break
        else:
            length = 1
        position += length
    return tuple(phones)
