"""Networks that have not learned from some speakers: whose they are, and that their cards are believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.left_out import FOLDS, load_folds, train_commands

from benchmarks import left_out
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import MAIN_SPEAKER, OPEN
from talkinghead.errors import InputError


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of results in which the first fold's network lies, which a stub loads."""
    folder = tmp_path / "folds" / "1"
    folder.mkdir(parents=True)
    (folder / "content.safetensors").touch()
    method = type("Method", (), {"find_weights": lambda _, first: first, "generator": lambda _, folders: folders[0]})
    monkeypatch.setattr(left_out, "get_method", lambda _: method())
    return tmp_path


def describe(runs: Path, speakers: tuple[str, ...]) -> None:
    card = {"data": f"recordings of GRID-s1 (842); held out: {', '.join(speakers)}"}
    (runs / "folds" / "1" / "content.json").write_text(json.dumps(card), encoding="utf-8")


def test_only_those_who_were_left_out(runs: Path, caplog: pytest.LogCaptureFixture) -> None:
    describe(runs, FOLDS[0])
    assert load_folds(runs) == dict.fromkeys(FOLDS[0], runs / "folds" / "1")
    assert list(train_commands())[1] in caplog.text


def test_a_network_that_has_learned_from_its_speakers(runs: Path) -> None:
    describe(runs, FOLDS[0][1:])
    with pytest.raises(InputError, match=f"learned from {FOLDS[0][0]}"):
        load_folds(runs)


@pytest.mark.corpus
def test_every_open_speaker_is_left_out_once(corpus: Path) -> None:
    open_clips = {
        clip.speaker for clip in Corpus.open(corpus / "clips").recordings() if clip.can_be_mended and clip.tier == OPEN
    }
    assert sorted(open_clips - {MAIN_SPEAKER}) == sorted(name for fold in FOLDS for name in fold)
