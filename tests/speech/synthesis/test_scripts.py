"""Runs of script and their voices."""

from __future__ import annotations

import pytest

from talkinghead.speech.synthesis.scripts import foreign_scripts, split_by_voice

LANGUAGES = ("en-us", "de", "ru", "uk", "cmn", "ja", "el", "ko", "en-shaw")


@pytest.mark.parametrize(
    ("text", "voice", "runs"),
    [
        ("déjà-vu ªº 123 + µ ℝ", "en-us", [("déjà-vu ªº 123 + µ ℝ", "en-us")]),
        ("123", "ru", [("123", "ru")]),
        ("", "ru", []),
        ("The letter α is π", "en-us", [("The letter α is π", "en-us")]),
        ("Say γεια σου!", "en-us", [("Say ", "en-us"), ("γεια σου!", "el")]),
        ("Привет, Google 5", "ru", [("Привет, Google 5", "ru")]),
        ("Привіт", "uk", [("Привіт", "uk")]),
        ("(1) Привет", "de+f3", [("(1) Привет", "ru+f3")]),
        ("東京は", "en-us", [("東京", None), ("は", "ja")]),
        ("東京", "en-us", [("東京", "cmn")]),
        ("カメラ Canon X", "ja", [("カメラ ", "ja"), ("Canon X", "en-us")]),
        ("안녕 ᚠᚢᚦ", "ko", [("안녕 ", "ko"), ("ᚠᚢᚦ", None)]),
        ("𐑣𐑧𐑤𐑴", "en-shaw", [("𐑣𐑧𐑤𐑴", "en-shaw")]),
    ],
)
def test_runs(text: str, voice: str, runs: list[tuple[str, str | None]]) -> None:
    found = split_by_voice(text, voice, LANGUAGES)
    assert [(run.text, run.voice) for run in found] == runs
    assert "".join(run.text for run in found) == text


def test_scripts_of_other_languages_are_named() -> None:
    assert foreign_scripts("Hello 你好 שלום ᚠᚢ", "en-us") == (
        "Chinese characters (cmn)",
        "Hebrew letters (he)",
        "Runic letters",
    )
    assert foreign_scripts("你好, hi", "cmn") == ()
