"""Words out of Markdown, HTML, SSML and subtitles."""

from __future__ import annotations

import time

import pytest

from talkinghead.speech.text.markup import plain_letters, plain_text
from talkinghead.speech.text.ssml import PAUSE, ignored_elements


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("**Hello** world, *important* and __bold__ _too_ ~~gone~~", "Hello world, important and bold too gone"),
        ("see `code` and ``a `b` c``", "see code and a `b` c"),
        ("# Title\n\nText", "Title.\n\nText"),
        ("Title\n=====\nText", "Title.\nText"),
        ("- one item\n- two items!\n* three", "one item.\ntwo items!\nthree."),
        ("- an item that\n  goes on\n- next", "an item that\n  goes on\nnext."),
        ("1. first\n2. second", "1. first.\n2. second."),
        ("- [x] done", "done."),
        ("> quoted\n> twice", "quoted\ntwice"),
        ('[a link](https://x.org/a_(b) "title"), ![a picture](p.png), [ref][1]', "a link, a picture, ref"),
        ("<https://x.org> <me@x.org>", "https://x.org me@x.org"),
        ("said[^1] so\n\n[^1]: A note", "said so\n\nA note"),
        ("| a | b |\n|---|:-:|\n| c | d |", "a, b.\nc, d."),
        ("one\n\n---\n\ntwo", "one\n\n\n\ntwo"),
        ("```python\nx = 1\n```", "\nx = 1\n"),
        (r"5 \* 3", "5 * 3"),
        ("Tom &amp; Jerry&nbsp;are &quot;friends&quot; &amp;lt;", 'Tom & Jerry are "friends" <'),
        ("&#39;yes&#x27; &unknown; &copy AT&T", "'yes' &unknown; &copy AT&T"),
        ("<p>One</p><p>two <b>three</b><!-- no --></p><script>var x;</script>", "\nOne\n\ntwo three \n "),
        ("(applause) Thank you (really). [noise] [sic]", "  Thank you (really).   [sic]"),
        ("(LAUGHTER) ♪ la la ♪ *laughs* (audience laughing) [music playing]", "         "),
        ("I <3 you", "I   you"),
    ],
)
def test_what_only_formats_is_gone(text: str, plain: str) -> None:
    assert plain_text(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d, 3 <4> 5, x <3.5 y, 2*3*4, a*b*c, snake_case_name, ~5, 5 * 3 * 2",
        "jazz (and pop music), (see the music section), (really)",
        "well - a dash, -5 and 3-4; don't [stop]",
        "Line\nline two - dash\n#5 and #tag",
        "x² 3º ½ ™ … “quotes” 你好，世界。",
    ],
)
def test_what_is_text_stays(text: str) -> None:
    assert plain_text(text) == text


def test_in_transcripts_all_square_brackets_are_noise() -> None:
    assert plain_text("so [loud bang] it [x](y.org) goes", sounds=False).split() == ["so", "it", "x", "goes"]


@pytest.mark.parametrize(
    ("styled", "plain"),
    [
        ("𝐇𝐞𝐥𝐥𝐨 ｗｏｒｌｄ", "Hello world"),
        ("𝓱𝓲 ⓗⓘ 𝟏𝟐 １２", "hi hi 12 12"),
        ("ﬁne Henry Ⅷ", "fine Henry VIII"),
        ("🅷🅸 🄷🄸", "HI HI"),
        ("น้ำ ½ x² ª", "น้ำ ½ x² ª"),
    ],
)
def test_styled_letters_become_plain(styled: str, plain: str) -> None:
    assert plain_letters(styled) == plain


def test_ssml() -> None:
    text = '<speak>One <break time="500ms"/> two <break strength="strong"></break><sub alias="three">3</sub></speak>'
    assert plain_text(text).split() == ["One", PAUSE * 5, "two", PAUSE * 8, "three"]
    assert plain_text('<say-as interpret-as="characters">ABC</say-as>') == "A B C"
    assert plain_text('<say-as interpret-as="date">May 5</say-as>').strip() == "May 5"
    assert ignored_elements('<speak><prosody rate="slow">x</prosody><voice name="a"/></speak>') == ("prosody", "voice")
    assert ignored_elements('<audio src="x.mp3"></audio> <b>web page</b>') == ()


def test_a_private_sign_in_the_text_is_no_pause() -> None:
    assert plain_text(f"a{PAUSE}b") == "a b"


@pytest.mark.parametrize(
    "text",
    [
        "<",
        "<!--",
        "<script>",
        "<sub>",
        "*",
        "_",
        "`",
        "[",
        "[^",
        "](",
        "![",
        "&",
        "- ",
        "  x",
        "|",
        "~~",
        "(laughs ",
        "#",
    ],
)
def test_time_grows_with_the_length(text: str) -> None:
    began = time.perf_counter()
    plain_text(text * 20_000)
    plain_text(f"{text}\n" * 20_000)
    assert time.perf_counter() - began < 5
