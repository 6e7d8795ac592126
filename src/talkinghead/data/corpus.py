"""The one table of recordings: who speaks in which file, under which licence, and in which split.

Every training, benchmark and evaluation asks here. A corpus is the shared folder of recordings, one of its parts, or
the videos of a single person, so that networks are trained on either by the same code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from talkinghead.data.manifest import MANIFEST
from talkinghead.data.recording import OPEN, OWN, SPLITS, Recording
from talkinghead.data.tables import SPLITS_FILE, check_distinct, list_videos, read_clips, read_grid
from talkinghead.errors import InputError, announce
from talkinghead.media import VideoReader

UNSEEN_FACES = ("GRID-s4", "Donald Trump")
"""Speakers of ``clips`` whose pictures no shipped renderer or generator has learned from."""

UNSEEN_BY_SYNCNET = ("GRID-s2", "GRID-s5", "GRID-s20", "GRID-s23", "GRID-s26")
"""Speakers of ``clips`` on whom SyncNet was not trained."""

_LONG_S = 8.0  # a recording of which a part can be held back
_FEW = 5  # recordings of a speaker, none of which is held back whole


@dataclass(frozen=True)
class Corpus:
    """Recordings and their splits.

    Attributes:
        table: every recording, with the split that it has while nobody is held out.
        unseen: speakers who are held out of training.
        folder: of the shared recordings, for what is not a video; None: the corpus of one person.
    """

    table: tuple[Recording, ...]
    unseen: tuple[str, ...] = ()
    folder: Path | None = None

    @classmethod
    def open(cls, folder: Path, *, unseen: tuple[str, ...] = UNSEEN_FACES) -> Corpus:
        """The corpus in a folder.

        Args:
            folder: with ``grid_s1`` and ``clips`` in it, or a folder like one of these two: with ``splits.json``,
                ``video`` and ``align``, or with videos and a ``manifest.csv``.
            unseen: speakers who are held out of training.

        Raises:
            InputError: the folder is no corpus, or its table is damaged.
        """
        if (folder / SPLITS_FILE).exists():
            return cls(tuple(read_grid(folder)), unseen, folder)
        if (folder / MANIFEST).exists():
            return cls(tuple(read_clips(folder)), unseen, folder)
        grid, clips = folder / "grid_s1", folder / "clips"
        there = {part: (part / table).exists() for part, table in ((grid, SPLITS_FILE), (clips, MANIFEST))}
        if not any(there.values()):
            raise InputError(
                f"{folder}: not a corpus; name the folder that holds grid_s1 and clips, a GRID folder (with "
                f"{SPLITS_FILE}, video and align), or a folder of clips with a {MANIFEST}."
            )
        for part in (part for part, found in there.items() if not found):
            announce(f"{part} is not there: the corpus is used without it.")
        found = (*(read_grid(grid) if there[grid] else ()), *(read_clips(clips) if there[clips] else ()))
        check_distinct((recording.name for recording in found), folder)
        return cls(found, unseen, folder)

    @classmethod
    def of_videos(cls, videos: Iterable[Path], *, speaker: str = "person", share: float = 0.1) -> Corpus:
        """The corpus of one person: some of the clips are ``val``, or where there are few, the end of each.

        Args:
            videos: files, and folders of which every video counts.
            speaker: who it is.
            share: of the videos that is ``val``.

        Raises:
            InputError: there is no video, or one cannot be read.
        """
        found: list[Recording] = []
        for video in list_videos(videos):
            seconds = VideoReader(video).duration
            found.append(Recording(_free_name(video.stem, found), speaker, video, "own", OWN, seconds=seconds))
        return cls.of_recordings(found, share=share)

    @classmethod
    def of_recordings(cls, table: Sequence[Recording], *, share: float = 0.1) -> Corpus:
        """The corpus of one person's recordings: some are ``val``, or where there are few, the end of each.

        Args:
            table: the recordings.
            share: of the recordings that is ``val``.

        Raises:
            InputError: there is none.
        """
        if not table:
            raise InputError("there is no video of the person: give one, or a folder of clips.")
        return cls(tuple(_split(table, share, cut_from=0.0 if len(table) <= _FEW else _LONG_S)))

    def recordings(
        self, split: str | None = None, *, in_step: bool | None = None, speakers: Container[str] | None = None
    ) -> tuple[Recording, ...]:
        """The recordings of a split, in the order of the table.

        Args:
            split: which; None: all.
            in_step: those whose picture and sound go together, or those whose do not; None: all.
            speakers: of these alone; None: of all.

        Raises:
            InputError: there is no such split.
        """
        if split is not None and split not in self.splits:
            raise InputError(f"there is no split {split!r}; choose one of {', '.join(self.splits)}.")
        return tuple(
            recording
            for recording in (self._placed(recording) for recording in self.table)
            if split in (None, recording.split)
            and in_step in (None, recording.in_step)
            and (speakers is None or recording.speaker in speakers)
        )

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of all splits: ``SPLITS``, of which some may be empty, and what else the table has."""
        return tuple(dict.fromkeys([*SPLITS, *(recording.split for recording in self.table)]))

    def hold_out(self, speakers: Iterable[str]) -> Corpus:
        """The same corpus with these speakers, and no others, as ``unseen``."""
        return replace(self, unseen=tuple(sorted(speakers)))

    def split_everybody(self, share: float = 1 / 3) -> Corpus:
        """The corpus in which every speaker of ``train`` has recordings in ``val``, or parts of them.

        Of a speaker who has none there, the last ``share`` of each recording of 8 s or more goes there, and of a
        speaker with more than five, the same share of the shorter recordings.
        """
        settled = {recording.speaker for recording in self.table if recording.split == "val"}
        return replace(self, table=tuple(_split(self.table, share, settled=settled)))

    def _placed(self, recording: Recording) -> Recording:
        held_out = recording.speaker in self.unseen and recording.tier == OPEN
        return replace(recording, split="unseen") if held_out else recording


def describe(recordings: Iterable[Recording], *, unseen: Iterable[str] = ()) -> dict[str, str]:
    """What the card of weights says of the recordings that a network has learned from, and under which licences."""
    found = tuple(recordings)
    counts = Counter(recording.speaker for recording in found)
    who = ", ".join(f"{speaker} ({count})" for speaker, count in sorted(counts.items()))
    licences = sorted({recording.licence or "none stated" for recording in found})
    held_out = f"; held out: {', '.join(unseen)}" if unseen else ""
    return {"data": f"recordings of {who}{held_out}", "data_licence": "; ".join(licences)}


def _split(
    table: Iterable[Recording], share: float, *, settled: Container[str] = (), cut_from: float = _LONG_S
) -> Iterator[Recording]:
    """A table whose recordings of ``train`` are divided; ``cut_from``: seconds from which they are cut in two."""
    table = tuple(table)
    speakers = [recording.speaker for recording in table]
    for number, recording in enumerate(table):
        count = speakers.count(recording.speaker)
        if recording.split != "train" or recording.speaker in settled:
            yield recording
        elif (end := recording.part[1]) and recording.seconds * (length := end - recording.part[0]) >= cut_from:
            border = end - share * length
            yield replace(recording, part=(recording.part[0], border))
            yield replace(recording, split="val", part=(border, end))
        else:
            every = min(round(1 / share), count)
            last = speakers[:number].count(recording.speaker) % every == every - 1
            yield replace(recording, split="val" if count > _FEW and last else "train")


def _free_name(name: str, found: Iterable[Recording]) -> str:
    names = {recording.name for recording in found}
    while name in names:
        name += "-"
    return name
