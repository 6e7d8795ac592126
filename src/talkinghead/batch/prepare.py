"""What trainings and evaluations compute of a corpus, computed beforehand on many cores or machines."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import read_takes
from talkinghead.errors import InputError
from talkinghead.media.files import make_folder
from talkinghead.methods import get_method
from talkinghead.production.handle import TaskEvent, TaskHandle
from talkinghead.production.pool import WorkerPool
from talkinghead.production.spread import run_all
from talkinghead.store import Store
from talkinghead.types import Progress


@dataclass(frozen=True)
class Preparation:
    """What became of a corpus.

    Attributes:
        done: how many recordings are in the store now.
        notes: what was announced, such as recordings that rarely show a face.
        failed: recording -> why nothing of it is kept, in one sentence.
    """

    done: int
    notes: tuple[str, ...]
    failed: dict[str, str]


def prepare_corpus(
    corpus: Corpus,
    store: Path,
    make_pool: Callable[[int], WorkerPool],
    *,
    methods: Collection[str],
    advance: Callable[[int, int], None] | None = None,
) -> Preparation:
    """Keep the tracks of all recordings in a store, and what trainings of some methods read of them.

    What the store has is not made again, so that a call that was stopped goes on. A recording that fails does not keep
    others from being prepared.

    Args:
        corpus: the recordings.
        store: folder, made where it is missing; all workers must see it at this path, as they must the corpus.
        make_pool: makes a pool for so many recordings.
        methods: names of methods.
        advance: is told (ended, all) in this thread.

    Raises:
        InputError: a method does not exist, the corpus has no recordings, or the store cannot be written to.
    """
    for name in methods:
        get_method(name)
    recordings = corpus.recordings()
    if not recordings:
        raise InputError("the corpus has no recordings: name another folder.")
    make_folder(store)
    notes: dict[str, None] = {}

    def listen(handle: TaskHandle, event: TaskEvent) -> None:
        if event.kind == "note":
            notes[event.text] = None

    tasks = [partial(_prepare, recording, store.absolute(), tuple(methods)) for recording in recordings]
    with make_pool(len(tasks)) as pool:
        handles = run_all(pool, tasks, advance=advance, listen=listen)
    failed = {
        recording.name: handle.failure.sentence
        for recording, handle in zip(recordings, handles)
        if handle.failure is not None
    }
    return Preparation(len(handles) - len(failed), tuple(notes), failed)


def _prepare(recording: Recording, folder: Path, methods: tuple[str, ...], progress: Progress) -> None:
    """Keep what is computed of one recording."""
    store = Store(folder)
    total = 1 + len(methods)
    progress("track", 0, total)
    takes = list(read_takes([recording], store))
    progress("track", 1, total)
    for done, name in enumerate(methods if takes else (), 2):
        prepare = get_method(name).prepare
        if prepare is not None:
            prepare(recording, store, recording.split == "train")
        progress("track", done, total)
