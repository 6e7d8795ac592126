"""The command that writes alignments."""

import os
import threading
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from drawn import write_wav
from talkinghead.cli.align import align
from talkinghead.errors import InputError
from talkinghead.speech.alignment.files import read_alignment
from talkinghead.speech.features import resample
from talkinghead.speech.say import say

TEXT = "A cold wind blew."


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of ``TEXT``."""
    pytest.importorskip("espeakng_loader")
    path = tmp_path_factory.mktemp("said") / "said.wav"
    spoken = say(TEXT)
    write_wav(path, resample(spoken.samples, spoken.sample_rate))
    return path


def run(*arguments: str | Path) -> tuple[str, str]:
    """What the command says on stdout and on stderr."""
    app = typer.Typer()
    app.command()(align)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


@pytest.mark.parametrize("name", ["out.json", "out.TextGrid", "out.align"])
def test_writes_words_and_phones(said: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    stdout, stderr = run(said, "--transcript", TEXT, "-o", out)
    assert stdout == f"{out}\n"
    assert "4 words" in stderr
    found = read_alignment(out)
    assert [word.label for word in found.words or ()] == ["A", "cold", "wind", "blew"]
    assert (found.phones is None) == (name == "out.align")


def test_a_transcript_in_a_file(said: Path, tmp_path: Path) -> None:
    text, out = tmp_path / "said.txt", tmp_path / "out.json"
    text.write_text(TEXT + "\n", encoding="utf-16")
    run(said, "--transcript-file", text, "-o", out)
    assert len(read_alignment(out).words or ()) == 4


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ([], "neither is given: choose one"),
        (["--transcript", TEXT, "--transcript-file", "x.txt"], "both are given: choose one"),
        (["--transcript", "..."], "has no words"),
        (["--transcript-file", "no.txt"], "does not exist"),
        (["--transcript", "привет"], "Cyrillic"),
        (["--transcript", TEXT, "--out", "out.srt"], "unknown suffix '.srt'"),
    ],
)
def test_what_is_refused_before_any_work(
    said: Path, tmp_path: Path, arguments: list[str], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=fault):
        run(said, "-o", "out.json", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_speech_from_a_pipe(said: Path, tmp_path: Path) -> None:
    pipe, out = tmp_path / "pipe", tmp_path / "out.json"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(said.read_bytes(),))
    writer.start()
    run(pipe, "--transcript", TEXT, "-o", out)
    writer.join()
    assert len(read_alignment(out).words or ()) == 4


@pytest.mark.parametrize("text", ["Please send me seven yellow envelopes before Wednesday afternoon, thank you."])
def test_no_word_found_is_an_error(said: Path, tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"no word of the transcript was found in .*said\.wav: give the text"):
        run(said, "--transcript", text, "-o", tmp_path / "out.json")
    assert list(tmp_path.iterdir()) == []


def test_existing_files_are_kept(said: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    out.write_text("mine")
    with pytest.raises(InputError, match="already exists"):
        run(said, "--transcript", TEXT, "-o", out)
    assert out.read_text() == "mine"
    run(said, "--transcript", TEXT, "-o", out, "--overwrite")
    assert read_alignment(out).words
    with pytest.raises(InputError, match="given as SPEECH and as OUT"):
        run(
            said.rename(said.with_suffix(".json")), "--transcript", TEXT, "-o", said.with_suffix(".json"), "--overwrite"
        )
