"""The progress bar."""

from __future__ import annotations

import io
import logging
import re

import pytest
from rich.console import Console

from talkinghead.cli import console
from talkinghead.cli.progress import Bar
from talkinghead.errors import announce


def drive(bar: Bar) -> None:
    """Call the hook as the pipeline does: frames are written a little after they are made."""
    with bar:
        for stage in ("model", "speech", "portrait", "motion"):
            bar(stage, 0, 1)
            bar._progress.refresh()
        for done in range(0, 101, 20):
            bar("render", done, 100)
            bar("encode", max(0, done - 20), 100)
            bar._progress.refresh()
        bar("encode", 100, 100)


def test_stages_and_share_are_shown_and_gone_at_the_end() -> None:
    stream = io.StringIO()
    drive(Bar(Console(file=stream, force_terminal=True, width=100), shown=True))
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
    stages = ["loading the networks", "reading the speech", "tracking the face", "making the motion", "rendering"]
    places = [text.index(stage) for stage in [*stages, "encoding"]]
    assert places == sorted(places)
    assert re.search(r"rendering .* 60%", text)
    assert "100%" in text
    assert stream.getvalue().endswith("\x1b[1A\x1b[2K")


def test_stages_that_count_show_how_far_they_are() -> None:
    stream = io.StringIO()
    with Bar(Console(file=stream, force_terminal=True, width=100), shown=True) as bar:
        for stage, total in (("track", 40), ("compare", 80)):
            bar(stage, total // 4, total)
            bar._progress.refresh()
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
    assert re.search(r"following the face .* 25%", text)
    assert re.search(r"comparing the pictures .* 25%", text)


def test_nothing_is_shown_where_stderr_is_no_terminal() -> None:
    stream = io.StringIO()
    drive(Bar(Console(file=stream, force_terminal=True), shown=False))
    assert stream.getvalue() == ""


def test_announcements_are_shown_whole_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    message = "speech.wav is [bold]odd[/bold]: " + "and long " * 30
    with console.notes_shown():
        announce(message)
        announce(message)
    assert capsys.readouterr().err == f"note: {message}\n"
    assert not any(isinstance(handler, console._Notes) for handler in logging.getLogger("talkinghead").handlers)
