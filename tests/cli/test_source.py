"""What is to be said, through the real command: a text in a synthetic voice, or a recording with its words."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.command import Run, images
from talkinghead.cli import texts
from talkinghead.cli.texts import read_given_text
from talkinghead.errors import InputError
from talkinghead.media import read_speech
from talkinghead.pipeline import TalkingHead
from talkinghead.production.source import Source, read_text
from talkinghead.speech.alignment import align as alignment
from talkinghead.speech.say import say
from talkinghead.types import Interval, Motion, Speech, num_frames

pytest.importorskip("espeakng_loader")

Refused = Callable[..., str]
TEXT = "Hello there."


@pytest.fixture
def spoken(monkeypatch: pytest.MonkeyPatch) -> list[Speech]:
    """The speeches that motions were made for."""
    seen: list[Speech] = []
    made = TalkingHead.motion

    def motion(self: TalkingHead, speech: Speech, *args: Any, **kwargs: Any) -> Motion:
        seen.append(speech)
        return made(self, speech, *args, **kwargs)

    monkeypatch.setattr(TalkingHead, "motion", motion)
    return seen


def labels(intervals: tuple[Interval, ...] | None) -> list[str]:
    """What was said."""
    return [interval.label for interval in intervals or ()]


def test_a_text_becomes_a_video_of_its_length_and_sound(run: Run, face: Path, out: Path, spoken: list[Speech]) -> None:
    outcome = run("animate", face, "--text", TEXT, "-o", out)
    assert (outcome.code, outcome.stdout) == (0, f"{out}\n")
    assert outcome.stderr.count("\n") == 1
    (speech,) = spoken
    assert labels(speech.words) == ["Hello", "there"]
    assert labels(speech.phones)[1:5] == ["HH", "AH", "L", "OW"]
    assert len(images(out)) == num_frames(speech.duration, 25)
    written = read_speech(out, speech.sample_rate).samples
    assert np.corrcoef(written[: len(speech.samples)], speech.samples[: len(written)])[0, 1] > 0.97


def test_voice_language_and_rate(run: Run, face: Path, out: Path, spoken: list[Speech]) -> None:
    for options in (["--language", "german"], ["--voice", "de"], ["--voice", "de+f3", "--rate", "2"]):
        assert run("animate", face, "--text", "Grüße!", "-o", out, "--overwrite", *options).code == 0
    german, same, fast = spoken
    assert labels(german.phones) == labels(same.phones) == labels(say("Grüße!", "de").phones)
    assert fast.duration < 0.7 * same.duration


def test_a_text_file_and_standard_input(
    run: Run, face: Path, out: Path, spoken: list[Speech], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = out.with_name("text.txt")
    file.write_bytes(b"\xef\xbb\xbf" + "Hello\r\ndéjà-vu.\r\n".encode())
    assert run("animate", face, "--text-file", file, "-o", out).code == 0
    monkeypatch.setattr(texts.sys, "stdin", io.TextIOWrapper(io.BytesIO("Hello déjà-vu.".encode())))
    assert read_given_text("-") == "Hello déjà-vu."
    assert labels(spoken[0].words) == ["Hello", "déjà-vu"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes("Grüße 你好\n".encode(encoding))
    assert read_text(file) == "Grüße 你好\n"


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (b"", "export or download"),
        (b" \n\n", "write at least one word"),
        (b"\x89PNG\r\n\x1a\n\0\0", "save it as plain text in UTF-8"),
        (b"Gr\xfc\xdfe", "save it as plain text in UTF-8"),
        (b"a\0b", "save it as plain text in UTF-8"),
        (b"a" * 10_000_001, "give it in parts"),
        (None, "check the name"),
    ],
)
def test_bad_text_files(refused: Refused, face: Path, out: Path, content: bytes | None, remedy: str) -> None:
    file = out.with_name("text.txt")
    if content is not None:
        file.write_bytes(content)
    refused("animate", face, "--text-file", file, "-o", out, names=file, remedy=remedy)


@pytest.mark.parametrize(
    ("options", "names", "remedy"),
    [
        ([], "there is nothing to say", "add SPEECH"),
        (["SPEECH", "--text", TEXT], "SPEECH and --text", "choose one"),
        (["--text", TEXT, "--text-file", "x.txt"], "--text and --text-file", "choose one"),
        (["SPEECH", "--voice", "de"], "--voice", "give --text instead"),
        (["SPEECH", "--language", "de"], "--language", "give --text or --transcript instead"),
        (["SPEECH", "--transcript", TEXT, "--language", "germn"], "no voice speaks 'germn'", "choose one like german"),
        (["SPEECH", "--rate", "1"], "--rate", "give --text instead"),
        (["--text", TEXT, "--transcript", TEXT], "--transcript", "give SPEECH instead"),
        (["--text", TEXT, "--alignment", "x.json"], "--alignment", "give SPEECH instead"),
        (["SPEECH", "--transcript", TEXT, "--alignment", "x.json"], "--alignment and --transcript", "choose one"),
        (["SPEECH", "--transcript", " "], "--transcript is empty", "leave it out"),
        (["--text", " "], "the text is empty", "at least one word"),
        (["--text", "😀"], "has nothing that can be spoken", "at least one word"),
        (["--text", TEXT, "--voice", "en-uss"], "no voice 'en-uss'", "choose one like en-us"),
        (["--text", TEXT, "--language", "germn"], "no voice speaks 'germn'", "choose one like german"),
        (["--text", TEXT, "--voice", "de", "--language", "de"], "both given", "choose one"),
        (["--text", TEXT, "--rate", "9"], "rate 9", "from 0.5 to 2.5"),
        (["--text", TEXT, "--voice", "missing.onnx"], "missing.onnx", "check the name"),
        (["SPEECH", "--alignment", "missing.json"], "missing.json", "check the name"),
    ],
)
def test_what_does_not_exist_or_go_together(
    refused: Refused,
    face: Path,
    speech: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    names: str,
    remedy: str,
) -> None:
    def worked(*args: object) -> None:
        raise AssertionError("this could have been known before the work began")

    monkeypatch.setattr(TalkingHead, "from_pretrained", worked)
    given = [str(speech) if option == "SPEECH" else option for option in options]
    refused("animate", face, *given, "-o", out, names=names, remedy=remedy)


def recorded(path: Path, words: list[Any] | None, phones: list[Any] | None) -> Path:
    """An alignment in JSON."""
    named = {"words": words, "phones": phones}
    content = {
        name: [dict(zip(("label", "start", "end"), interval)) for interval in intervals]
        for name, intervals in named.items()
        if intervals is not None
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_an_alignment_tells_words_and_phones(
    run: Run, face: Path, speech: Path, out: Path, spoken: list[Speech]
) -> None:
    path = recorded(out.with_name("a.json"), [("hi", 0.1, 0.5)], [("sil", 0, 0.1), ("HH", 0.1, 0.2), ("AY", 0.2, 0.5)])
    assert run("animate", face, speech, "--alignment", path, "-o", out, "--fps", 5).code == 0
    (animated,) = spoken
    assert animated.words == (Interval("hi", 0.1, 0.5),)
    assert animated.phones == (
        Interval("sil", 0.0, 0.1),
        Interval("HH", 0.1, 0.2),
        Interval("AY", 0.2, 0.5),
        Interval("sil", 0.5, 1.0),
    )


def test_what_an_alignment_has_over_by_rounding_is_cut(speech: Path, tmp_path: Path) -> None:
    path = recorded(tmp_path / "a.json", [("hi", 0.1, 0.9), ("you", 0.9, 1.1)], None)
    read = Source(speech, alignment=path).prepare().read(lambda *step: None)
    assert read.words == (Interval("hi", 0.1, 0.9), Interval("you", 0.9, 1.0))
    assert read.phones is None


def test_an_alignment_of_another_recording(refused: Refused, face: Path, speech: Path, out: Path) -> None:
    path = recorded(out.with_name("a.json"), [("hi", 0.1, 1.5)], None)
    sentence = refused(
        "animate", face, speech, "--alignment", path, "-o", out, names=path, remedy="alignment of SPEECH"
    )
    assert "1.50 s" in sentence
    assert "1.00 s" in sentence


def test_an_output_may_not_replace_an_input(refused: Refused, face: Path, out: Path) -> None:
    text = out.with_name("text.mp4")
    text.write_text(TEXT)
    refused("animate", face, "--text-file", text, "-o", text, "--overwrite", names="--text-file", remedy="another name")


def test_a_transcript_is_aligned(speech: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def align(given: Speech, transcript: str, *, language: str) -> Speech:
        return replace(given, words=(Interval(language, 0.0, given.duration),), transcript=transcript)

    monkeypatch.setattr(alignment, "align", align)
    for language, name in ((None, "en-us"), ("German", "de")):
        read = Source(speech, transcript="hi you", language=language).prepare().read(lambda *step: None)
        assert (read.words, read.transcript) == ((Interval(name, 0.0, 1.0),), "hi you")


def test_a_recording_alone_is_read_as_it_is(speech: Path) -> None:
    read = Source(speech).prepare().read(lambda *step: None)
    assert (read.words, read.phones, read.transcript) == (None, None, None)
    np.testing.assert_array_equal(read.samples, read_speech(speech).samples)


def test_nothing_given_is_refused_in_python_too() -> None:
    with pytest.raises(InputError, match="there is nothing to say"):
        Source(None)


def test_voices_in_a_pipe_are_lines_of_name_language_and_engine(run: Run) -> None:
    outcome = run("voices")
    rows = [line.split("\t") for line in outcome.stdout.splitlines()]
    assert outcome.code == 0
    assert all(len(row) == 3 for row in rows)
    assert ["de", "German", "espeak"] in rows
    assert ["en-us", "English (America)", "espeak"] in rows
    english = run("voices", "--language", "en").stdout.splitlines()
    assert 1 < len(english) < len(rows)
    assert all(line.startswith("en-") for line in english)


def test_voices_of_an_unknown_language(refused: Refused) -> None:
    refused("voices", "--language", "germn", names="germn", remedy="choose one like german")


def test_voices_on_a_terminal_are_a_table(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    from talkinghead.cli import voices

    screen = io.StringIO()
    monkeypatch.setattr(voices, "STDOUT", Console(file=screen, force_terminal=True, width=100))
    assert run("voices", "--language", "de").code == 0
    shown = screen.getvalue()
    assert "German" in shown
    assert "━" in shown
    assert "whisper" in shown
