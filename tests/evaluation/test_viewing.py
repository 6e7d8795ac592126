"""VMAF on the common clock."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evaluation.videos import moving_face, write
from talkinghead.errors import InputError
from talkinghead.evaluation import viewing
from talkinghead.evaluation.clock import Pair, on_common_clock
from talkinghead.evaluation.evidence import read_evidence
from talkinghead.evaluation.measures import Scores
from talkinghead.evaluation.pictures import walk
from talkinghead.evaluation.viewing import Viewing
from talkinghead.media import VideoReader
from talkinghead.types import no_progress


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Two videos that differ in length and size."""
    folder = tmp_path_factory.mktemp("viewing")
    longer = read_evidence(write(folder / "longer.mp4", moving_face(12, size=98)))
    return on_common_clock(longer, read_evidence(write(folder / "real.mp4", moving_face(9, size=128))))


def viewed(pair: Pair) -> Scores:
    """What is entered."""
    looking, scores = Viewing(pair), Scores()
    walk(pair, [looking], no_progress)
    looking.finish(scores)
    return scores


def test_both_files_hold_what_is_compared(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pair.reference is not None
    seen = {}

    def read(output: Path, reference: Path) -> float:
        for view, path in ((pair.output, output), (pair.reference, reference)):
            assert view is not None
            written = np.concatenate([chunk.images for chunk in VideoReader(path).chunks()])
            seen[path] = float(np.abs(written.astype(int) - np.concatenate(list(view.chunks()))).mean())
            assert written.shape == (9, 128, 128, 3)
        return 93.5

    monkeypatch.setattr(viewing, "vmaf", read)
    scores = viewed(pair)
    assert scores.values == {"vmaf": 93.5}
    assert all(difference < 2 for difference in seen.values())  # the colours are halved
    assert not any(path.parent.exists() for path in seen)


def test_a_program_that_fails_is_a_reason(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(output: Path, reference: Path) -> float:
        raise InputError("it failed: try another.")

    monkeypatch.setattr(viewing, "vmaf", failing)
    assert viewed(pair).missing == {"vmaf": "it failed: try another."}
