"""JSON of other programs as alignments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from talkinghead.errors import InputError
from talkinghead.speech.alignment.files import Alignment, read_alignment
from talkinghead.types import Interval

HI = (Interval("Hi", 0.1, 0.4), Interval("there.", 0.5, 1.0))


def read(tmp_path: Path, content: Any) -> Alignment:
    """What a file with this content holds."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return read_alignment(path)


WORDS = [{"word": " Hi", "start": 0.1, "end": 0.4, "probability": 0.9}, {"word": " there.", "start": 0.5, "end": 1.0}]


@pytest.mark.parametrize(
    "content",
    [
        {"text": " Hi there.", "segments": [{"id": 0, "start": 0, "end": 1, "text": " Hi there.", "words": WORDS}]},
        {"segments": [{"words": WORDS[:1]}, {"words": WORDS[1:]}], "word_segments": WORDS},
        {"task": "transcribe", "text": "Hi there.", "words": WORDS, "segments": [{"text": "Hi there."}]},
        [{"text": "Hi there.", "words": WORDS}],
        {"segments": [{"words": [WORDS[0], {"word": "12"}, WORDS[1]]}]},
        {
            "transcription": [
                {"offsets": {"from": 0, "to": 100}, "text": " [BEG]"},
                {"offsets": {"from": 100, "to": 400}, "text": " Hi"},
                {"offsets": {"from": 500, "to": 900}, "text": " there"},
                {"offsets": {"from": 900, "to": 1000}, "text": "."},
            ]
        },
    ],
)
def test_whisper(tmp_path: Path, content: Any) -> None:
    assert read(tmp_path, content) == Alignment(HI, None)


@pytest.mark.parametrize(
    "content",
    [
        {"text": "Hi there.", "segments": [{"start": 0, "end": 1, "text": "Hi there."}]},
        {"transcription": [{"offsets": {"from": 0, "to": 1000}, "text": " Hi there."}]},
    ],
)
def test_times_of_sentences_are_not_enough(tmp_path: Path, content: Any) -> None:
    with pytest.raises(InputError, match="times of sentences but not of words: transcribe again"):
        read(tmp_path, content)


def test_gentle(tmp_path: Path) -> None:
    phones = [{"duration": 0.1, "phone": "hh_B"}, {"duration": 0.2, "phone": "ay_E"}]
    words = [
        {"case": "success", "word": "Hi", "alignedWord": "hi", "start": 0.1, "end": 0.4, "phones": phones},
        {"case": "not-found-in-audio", "word": "uh"},
        {
            "case": "success",
            "word": "there.",
            "start": 0.5,
            "end": 1.0,
            "phones": [
                {"duration": 0.25, "phone": "dh_B"},
                {"duration": 0.25, "phone": "eh_I"},
                {"duration": 9, "phone": "r"},
            ],
        },
    ]
    found = read(tmp_path, {"transcript": "Hi uh there.", "words": words})
    assert found.words == HI
    assert [phone.label for phone in found.phones or ()] == ["sil", "HH", "AY", "sil", "DH", "EH"]
    assert [round(phone.end, 6) for phone in found.phones or ()] == [0.1, 0.2, 0.4, 0.5, 0.75, 1.0]


def test_rhubarb(tmp_path: Path) -> None:
    cues = [{"start": index / 10, "end": (index + 1) / 10, "value": value} for index, value in enumerate("XABCDEFGHX")]
    found = read(tmp_path, {"metadata": {"soundFile": "a.wav", "duration": 1.0}, "mouthCues": cues})
    assert found.words is None
    assert [phone.label for phone in found.phones or ()] == ["sil", "M", "S", "EH", "AA", "AO", "UW", "F", "L", "sil"]


def test_montreal(tmp_path: Path) -> None:
    words = {"type": "interval", "entries": [[0, 0.1, ""], [0.1, 0.4, "Hi"], [0.5, 1.0, "there."]]}
    phones = {"type": "interval", "entries": [[0.1, 0.2, "h"], [0.2, 0.4, "aj"], [0.5, 0.7, "ð"], [0.7, 1.0, "ɛː"]]}
    for prefix in ("", "Anna - "):
        found = read(tmp_path, {"start": 0, "end": 1, "tiers": {f"{prefix}words": words, f"{prefix}phones": phones}})
        assert found.words == HI
        assert [phone.label for phone in found.phones or ()] == ["sil", "HH", "AY", "sil", "DH", "EH"]


@pytest.mark.parametrize(
    "content",
    [
        {"mouthCues": [{"start": 0, "end": 1, "value": "Q"}]},
        {"mouthCues": 5},
        {"tiers": {"words": {"entries": [[0, 1]]}}},
        {"segments": [5]},
        {"segments": [{"words": [{"start": 0, "end": 1}]}]},
        {"words": [{"case": "success"}]},
        {"transcription": [{"text": "a"}]},
        [],
        [{"words": {"a": 1}}],
    ],
)
def test_damaged_files(tmp_path: Path, content: Any) -> None:
    with pytest.raises(InputError, match="not a readable alignment"):
        read(tmp_path, content)
