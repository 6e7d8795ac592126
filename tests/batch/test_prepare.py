"""What trainings read of a corpus is kept beforehand: of every recording, by every method, and failures are told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from talkinghead.batch import prepare
from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.errors import InputError, announce
from talkinghead.production import WorkerPool, cluster
from talkinghead.store import Store
from thread_ray import ThreadRay


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Three recordings, one to learn from, one damaged, one that shows nobody."""
    names = {"good": "train", "damaged": "val", "empty": "test"}
    return Corpus(tuple(Recording(name, "anna", tmp_path / name, "own", split=part) for name, part in names.items()))


def test_every_recording_is_prepared_by_every_method(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[tuple[str, Path | None, bool]] = []

    def read_takes(recordings: list[Recording], store: Store) -> list[Recording]:
        (recording,) = recordings
        if recording.name == "damaged":
            raise InputError(f"{recording.video} is damaged: copy it again.")
        if recording.name == "empty":
            announce(f"{recording.video} shows nobody; the clip is left out.")
            return []
        return [recording]

    def keep(recording: Recording, store: Store, learned: bool) -> None:
        prepared.append((recording.name, store.folder, learned))

    monkeypatch.setattr(prepare, "read_takes", read_takes)
    monkeypatch.setattr(prepare, "get_method", lambda name: SimpleNamespace(prepare=None if name == "still" else keep))
    monkeypatch.setattr(cluster, "take_threads", lambda threads: None)
    counted: list[tuple[int, int]] = []
    found = prepare.prepare_corpus(
        corpus,
        tmp_path / "store",
        lambda number: WorkerPool(cluster.RayCrew(ThreadRay(), 1)),
        methods=("moving", "still", "speaking"),
        advance=lambda *call: counted.append(call),
    )
    assert prepared == [("good", tmp_path / "store", True)] * 2
    assert found.done == 2
    assert found.failed == {"damaged": f"{tmp_path / 'damaged'} is damaged: copy it again."}
    assert found.notes == (f"{tmp_path / 'empty'} shows nobody; the clip is left out.",)
    assert counted == [(done, 3) for done in range(4)]
