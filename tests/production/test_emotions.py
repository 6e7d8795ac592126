"""Emotions from the job and from its text to the speech."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from talkinghead.errors import InputError
from talkinghead.media import save_image
from talkinghead.production import Job
from talkinghead.production.source import Source
from talkinghead.production.work import check_job
from talkinghead.types import Interval, no_progress

TEXT = "Well. [happy:0.5]It works at last![/happy] Good."


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """With a text and emotions in it."""
    save_image(np.full((64, 64, 3), 128, np.uint8), tmp_path / "face.png")
    return Job(str(tmp_path / "face.png"), str(tmp_path / "out.mp4"), text=TEXT, method="write_a_speaker")


def test_tags_are_not_spoken_and_have_the_time_of_their_words() -> None:
    source = Source(None, text=TEXT).prepare()
    assert source.text == "Well. It works at last! Good."
    speech = source.read(no_progress)
    assert speech.words is not None
    assert speech.emotions == (Interval("happy:0.5", speech.words[1].start, speech.words[4].end),)


def test_the_usual_emotion_is_where_no_tag_is() -> None:
    emotions = Source(None, text=TEXT, emotion="sad").prepare().read(no_progress).emotions
    assert emotions is not None
    assert [emotion.label for emotion in emotions] == ["sad", "happy:0.5", "sad"]
    assert Source(None, text="Well.").prepare().read(no_progress).emotions is None


def test_a_text_file_may_have_tags(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    source = Source(None, text_file=tmp_path / "text.txt").prepare()
    assert source.text is not None
    assert "[" not in source.text
    assert [span.label for span in source.spans] == ["happy:0.5"]


def test_jobs_with_emotions_are_checked(job: Job) -> None:
    assert [span.label for span in check_job(job).source.spans] == ["happy:0.5"]
    assert check_job(replace(job, emotion="auto")).source.emotion == "auto"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"emotion": "bored"}, "no emotion 'bored': choose one of neutral, happy"),
        ({"emotion": "happy:7"}, "strength '7' of 'happy' is out of range"),
        ({"text": "[happy]Well."}, r"\[happy\] without \[/happy\]"),
        ({"text": "[happy]...[/happy] Well."}, "no word between"),
        ({"emotion": "happy", "method": "makeittalk"}, "--emotion goes only with --method write_a_speaker"),
    ],
)
def test_bad_emotions_are_refused_before_the_work(job: Job, changed: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_job(replace(job, **changed))  # type: ignore[arg-type]


def test_methods_without_emotions_say_so(job: Job, caplog: pytest.LogCaptureFixture) -> None:
    check_job(replace(job, method="makeittalk"))
    assert "makeittalk shows no emotions" in caplog.text
