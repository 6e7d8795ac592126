"""FACIAL's table 1: who is tested on what, and what a table tells."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from benchmarks.facial import ANYBODY, OWN, PEOPLE, adapt_commands, summarise, table
from benchmarks.facial import test_recordings as recordings_to_test
from benchmarks.retracked import REAL

from talkinghead.data.corpus import Corpus
from talkinghead.store import file_digest


def row(lmd: float, blinks: float, length: float) -> dict[str, Any]:
    """The scores of a clip of 4 s."""
    same = {"opening": 0.5, "cpbd": 0.3, "offset": 1.0, "confidence": 0.8, "head": 0.9}
    return {"clip": "a", "lmd": lmd, "blinks": blinks, "blink seconds": length, "seconds": 4.0, **same}


def test_blinks_of_all_clips_count_together() -> None:
    clips = [row(2.0, 3.0, 0.2), row(3.0, 0.0, float("nan"))]
    people = {"Anna": {OWN: clips, ANYBODY: [row(1.0, 0.0, float("nan"))]}}
    found = summarise({"people": people, "cost": {}})["people"]["Anna"]
    assert found[OWN]["lmd"]["mean"][0] == pytest.approx(2.5)
    assert found[OWN]["blinks"] == pytest.approx(3 / 8)
    assert found[OWN]["length"] == pytest.approx(0.2)
    assert found[ANYBODY]["length"] is None


def test_the_page_names_every_command() -> None:
    people = {"Anna": {REAL: [row(0.0, 1.0, 0.14)], OWN: [row(2.0, 0.0, np.nan)]}}
    page = table(summarise({"people": people, "cost": {"cores": 2.0, "motion, times real time": 51.23}}))
    assert "| motion, times real time | 51.2 |" in page
    assert "## Anna, 1 clips" in page
    assert f"| {REAL} | 0.00 (0.00 to 0.00)" in page
    assert "| *published, other videos* | 3.57 |" in page
    assert page.count("talkinghead adapt") == 1 + len(PEOPLE)
    assert all(command in page for command in adapt_commands())


@pytest.mark.corpus
def test_nobody_is_tested_on_what_they_were_made_from(corpus: Path) -> None:
    for speaker, pattern in PEOPLE.values():
        learned = sorted((corpus / "clips").glob(pattern))
        assert learned
        videos = [SimpleNamespace(digest=file_digest(video)) for video in learned]
        person: Any = SimpleNamespace(record=SimpleNamespace(videos=videos))
        tested = recordings_to_test(corpus, person, speaker)
        assert tested
        assert not {clip.video for clip in tested} & set(learned)
        assert {clip.speaker for clip in Corpus.open(corpus / "clips").recordings() if clip.video in learned} == {
            speaker
        }
