"""TextGrids in both forms."""

import pytest

from talkinghead.speech.alignment.textgrid import text_from_tiers, tiers_from_text
from talkinghead.types import Interval

SHORT = '''File type = "ooTextFile"
Object class = "TextGrid"

0
1.5
<exists>
2
"TextTier"
"clicks"
0
1.5
1
0.7
"!"
"IntervalTier"
"words"
0
1.5
2
0
0.5
"say ""hi"""
0.5
1.5
"5"
'''
LONG = '''File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 1.5
tiers? <exists>
size = 1
item []: ! a comment with a "text" and 5
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 1.5
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = "say ""hi"""
        intervals [2]:
            xmin = 0.5
            xmax = 1.5
            text = "5"
'''
WORDS = (Interval('say "hi"', 0.0, 0.5), Interval("5", 0.5, 1.5))


@pytest.mark.parametrize("text", [SHORT, LONG, LONG.replace("\n", "\r\n")])
def test_both_forms(text: str) -> None:
    assert tiers_from_text(text) == {"words": WORDS}


def test_there_and_back() -> None:
    tiers = {"words": WORDS, 'a "b"': (Interval("two\nlines !", 0.0, 1.123457),)}
    assert tiers_from_text(text_from_tiers(tiers, 1.5)) == tiers


def test_no_tiers() -> None:
    assert tiers_from_text('"ooTextFile" "TextGrid" 0 1 <absent>') == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "text is missing at the end"),
        ("12 34", "text is missing before '12'"),
        ('"ooTextFile" "Pitch 1"', "does not begin"),
        (SHORT[:-10], "is missing at the end"),
        (SHORT.replace("IntervalTier", "OddTier"), "'OddTier' is not a kind"),
        (SHORT.replace("<exists>\n2", "<exists>\n1.5"), "1.5 is not a count"),
        (SHORT.replace("0.5\n1.5\n", "0.5\n0.2\n"), "before it starts"),
    ],
)
def test_damaged(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        tiers_from_text(text)
