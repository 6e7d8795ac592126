"""Subtitles as text with times."""

from __future__ import annotations

import pytest

from talkinghead.speech.text.ssml import PAUSE
from talkinghead.speech.text.subtitles import read_subtitles, text_of_subtitles

SRT = """1
00:00:00,000 --> 00:00:02,000
Hello there, my name
is <i>Peter</i>.

2
00:00:03,000 --> 01:00:03,500
{\\an8}- I paid $12.
"""
WEBVTT = """WEBVTT - a title

NOTE
a remark

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.000 align:start position:0%
<v Bob>Hi <00:01.500><c>there</c>

00:02.000 --> 00:03.000
Hi there
and more
"""


def test_srt() -> None:
    cues = read_subtitles(SRT)
    assert cues is not None
    assert [(cue.label, cue.start, cue.end) for cue in cues] == [
        ("Hello there, my name is Peter.", 0.0, 2.0),
        ("I paid $12.", 3.0, 3603.5),
    ]
    assert text_of_subtitles(SRT) == f"Hello there, my name is Peter. {PAUSE * 10} I paid $12."


def test_webvtt() -> None:
    assert text_of_subtitles(WEBVTT) == "Hi there and more"
    assert text_of_subtitles(WEBVTT.replace("\n", "\r\n")) == "Hi there and more"


@pytest.mark.parametrize("text", ["", "1\nHello", "At 10:30 --> then", "A WEBVTT file", "00:00 --> 00:01 no"])
def test_what_are_no_subtitles(text: str) -> None:
    assert text_of_subtitles(text) is None
