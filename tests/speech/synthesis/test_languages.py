"""Languages by any of their names."""

from __future__ import annotations

import logging

import pytest

from talkinghead.errors import InputError
from talkinghead.speech.synthesis.engines import Voice
from talkinghead.speech.synthesis.languages import speaking, voice_for

VOICES = tuple(
    Voice(name, language, "espeak")
    for name, language in {
        "cmn": "Chinese (Mandarin, latin as English)",
        "de": "German",
        "en-029": "English (Caribbean)",
        "en-gb": "English (Great Britain)",
        "en-us": "English (America)",
        "es": "Spanish (Spain)",
        "es-419": "Spanish (Latin America)",
        "fr-be": "French (Belgium)",
        "fr-fr": "French (France)",
        "nb": "Norwegian Bokmål",
        "pt": "Portuguese (Portugal)",
        "pt-br": "Portuguese (Brazil)",
        "yue": "Chinese (Cantonese)",
    }.items()
)


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("de", "de"),
        ("de-DE", "de"),
        ("DE_at", "de"),
        ("german", "de"),
        (" German ", "de"),
        ("en", "en-us"),
        ("English", "en-us"),
        ("en-GB", "en-gb"),
        ("English (Great Britain)", "en-gb"),
        ("zh", "cmn"),
        ("zh-CN", "cmn"),
        ("zh-Hans-CN", "cmn"),
        ("zh-HK", "yue"),
        ("Chinese", "cmn"),
        ("fr", "fr-fr"),
        ("French", "fr-fr"),
        ("es", "es"),
        ("Spanish", "es"),
        ("no", "nb"),
        ("pt_BR", "pt-br"),
        ("pt-PT", "pt"),
    ],
)
def test_the_usual_voice(language: str, voice: str, caplog: pytest.LogCaptureFixture) -> None:
    assert voice_for(language, VOICES).name == voice
    assert caplog.records == []


@pytest.mark.parametrize(("language", "voice"), [("en-AU", "en-us"), ("fr-CA", "fr-fr")])
def test_another_region_is_announced(language: str, voice: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "talkinghead"):
        assert voice_for(language, VOICES).name == voice
    assert [record.getMessage() for record in caplog.records] == [
        f"there is no voice for {language}: {voice} speaks instead."
    ]


@pytest.mark.parametrize(
    ("language", "near"), [("germn", "german"), ("klingon", "one like"), ("", "one like"), ("frr-x", "fr")]
)
def test_unknown(language: str, near: str) -> None:
    for function in (voice_for, speaking):
        with pytest.raises(InputError, match=f"no voice speaks {language!r}: choose .*{near}"):
            function(language, VOICES)


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["en-029", "en-gb", "en-us"]),
        ("english", ["en-029", "en-gb", "en-us"]),
        ("en-gb", ["en-gb"]),
        ("Chinese", ["cmn", "yue"]),
        ("zh", ["cmn"]),
        ("de-CH", ["de"]),
        ("es", ["es", "es-419"]),
    ],
)
def test_all_voices_of_a_language(language: str, names: list[str]) -> None:
    assert [voice.name for voice in speaking(language, VOICES)] == names
