"""The one table of recordings: who speaks in which file, under which licence, and in which split.

Every training, benchmark and evaluation asks here. A corpus is the shared folder of recordings, one of its parts, or
the videos of a single person, so that networks are trained on either by the same code.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from talkinghead.data.manifest import manifest_rows
from talkinghead.errors import InputError, announce
from talkinghead.media import VideoReader, read_speech, sniff
from talkinghead.speech.alignment.files import words_of_align
from talkinghead.types import Interval, Speech

SPLITS = ("train", "val", "test", "unseen", "research")
"""``unseen``: open recordings of speakers who are held out of training; ``research``: for evaluation alone."""

OPEN, RESEARCH, OWN = "open", "research", "own"
"""Tiers: what weights that ship may learn from, what only evaluation may use, and videos of the user's own."""

MAIN_SPEAKER = "GRID-s1"
"""The speaker of most of the shared corpus, with splits of his own."""

UNSEEN_FACES = ("GRID-s4", "Donald Trump")
"""Speakers of ``clips`` whose pictures no shipped renderer or generator has learned from."""

UNSEEN_BY_SYNCNET = ("GRID-s2", "GRID-s5", "GRID-s20", "GRID-s23", "GRID-s26")
"""Speakers of ``clips`` whom the judge of synchrony has not learned from."""

OUT_OF_STEP = (
    *("EDTalk__Obama_20s", "MimicTalk__May_5s", "styletalk__KristiNoem", "styletalk__Obama_clip1"),
    "FACEGOOD__zsmeif",
)
"""Recordings whose picture and sound are 0.07 to 0.24 s apart."""

_SPLITS, _MANIFEST = "splits.json", "manifest.csv"
_COLUMNS = ("file", "tier", "dataset", "speaker")
_LONG_S = 8.0  # a recording of which a part can be held back
_FEW = 5  # recordings of a speaker, none of which is held back whole


@dataclass(frozen=True)
class Recording:
    """A video of one person who talks.

    Attributes:
        name: unlike any other video's of the corpus.
        speaker: who talks.
        video: the file, with its sound.
        dataset: where it comes from.
        tier: "open", "research" or "own".
        licence: as the corpus states it.
        split: one of ``SPLITS``.
        part: where in the video the part begins and ends that belongs to the split, as shares of its length.
        text: what is said, as the manifest has it, or None.
        alignment: a ``.align`` file with the words in time, or None.
        seconds: the whole video's length as far as the corpus states it, else 0.
    """

    name: str
    speaker: str
    video: Path
    dataset: str
    tier: str = OPEN
    licence: str = ""
    split: str = "train"
    part: tuple[float, float] = (0.0, 1.0)
    text: str | None = None
    alignment: Path | None = None
    seconds: float = 0.0

    @property
    def in_step(self) -> bool:
        """Whether picture and sound go together, as far as is known."""
        return self.name not in OUT_OF_STEP

    def rows(self, count: int) -> slice:
        """Which of the video's ``count`` frames belong to the split."""
        return slice(round(count * self.part[0]), round(count * self.part[1]))

    def speech(self) -> Speech:
        """The whole video's sound, mono at 16 kHz."""
        return read_speech(self.video)

    def words(self) -> tuple[Interval, ...]:
        """The words with the silences between them ("sil", "sp"), in seconds; none where there is no alignment.

        Raises:
            InputError: the alignment is missing or damaged.
        """
        return () if self.alignment is None else read_align(self.alignment)

    def transcript(self) -> str | None:
        """What is said, or None where the corpus does not tell.

        Raises:
            InputError: the alignment is missing or damaged.
        """
        if self.alignment is None:
            return self.text
        return " ".join(word.label for word in self.words() if word.label not in ("sil", "sp"))


def read_align(path: Path) -> tuple[Interval, ...]:
    """The words of a ``.align`` file with the silences between them ("sil", "sp"), in seconds.

    Raises:
        InputError: the file is missing or holds anything but lines of start, end and word.
    """
    try:
        return words_of_align(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable alignment ({error}); copy the corpus again.") from None


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
        if (folder / _SPLITS).exists():
            return cls(tuple(_grid(folder)), unseen, folder)
        if (folder / _MANIFEST).exists():
            return cls(tuple(_listed(folder)), unseen, folder)
        grid, clips = folder / "grid_s1", folder / "clips"
        there = {part: (part / table).exists() for part, table in ((grid, _SPLITS), (clips, _MANIFEST))}
        if not any(there.values()):
            raise InputError(
                f"{folder}: not a corpus; name the folder that holds grid_s1 and clips, a GRID folder (with {_SPLITS}, "
                f"video and align), or a folder of clips with a {_MANIFEST}."
            )
        for part in (part for part, found in there.items() if not found):
            announce(f"{part} is not there: the corpus is used without it.")
        found = (*(_grid(grid) if there[grid] else ()), *(_listed(clips) if there[clips] else ()))
        _check_distinct((recording.name for recording in found), folder)
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
        """The corpus with these speakers ``unseen``, and those of before no more."""
        return replace(self, unseen=tuple(speakers))

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


def _grid(folder: Path) -> Iterator[Recording]:
    path = folder / _SPLITS
    try:
        splits = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable table of splits ({error}); copy the corpus again.") from None
    if not _is_table(splits):
        raise InputError(f"{path}: not a table of splits; it needs the names of splits, each with a list of clips.")
    _check_distinct((Path(code).stem for codes in splits.values() for code in codes), path)
    for split, codes in splits.items():
        for code in (Path(code).stem for code in codes):
            video, alignment = folder / "video" / f"{code}.mp4", folder / "align" / f"{code}.align"
            yield Recording(code, MAIN_SPEAKER, video, "GRID", licence="CC BY 4.0", split=split, alignment=alignment)


def _is_table(splits: object) -> bool:
    lists = list(splits.values()) if isinstance(splits, dict) else [None]
    return all(isinstance(codes, list) and all(isinstance(code, str) for code in codes) for codes in lists)


def _listed(folder: Path) -> Iterator[Recording]:
    path = folder / _MANIFEST
    rows = manifest_rows(folder)
    for row in rows:
        missing = [column for column in _COLUMNS if not row.get(column)]
        if missing:
            raise InputError(f"{path}: a row has no {', '.join(missing)}; each needs {', '.join(_COLUMNS)}.")
    _check_distinct((Path(row["file"]).stem for row in rows), path)
    for row in rows:
        try:
            seconds = float(row.get("seconds") or 0)
        except ValueError:
            raise InputError(f"{path}: {row['file']} has {row['seconds']!r} seconds; write a number.") from None
        yield Recording(
            Path(row["file"]).stem,
            row["speaker"],
            folder / row["file"],
            row["dataset"],
            row["tier"],
            row.get("licence") or "",
            "train" if row["tier"] == OPEN else "research",
            text=row.get("text") or None,
            seconds=seconds,
        )


def _check_distinct(names: Iterable[str], path: Path) -> None:
    double = sorted(name for name, count in Counter(names).items() if count > 1)
    if double:
        raise InputError(f"{path}: {', '.join(double)} is there twice; give every clip one name and one split.")


def list_videos(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and of folders every video by name.

    Raises:
        InputError: one is not there, or is a picture.
    """
    return [file for path in paths for file in _videos(path)]


def _free_name(name: str, found: Iterable[Recording]) -> str:
    names = {recording.name for recording in found}
    while name in names:
        name += "-"
    return name


def _videos(path: Path) -> list[Path]:
    """The file itself, or the videos of a folder by name."""
    if not path.is_dir():
        if sniff(path) == "image":
            raise InputError(f"{path} is a picture: give a video of the person.")
        return [path]
    files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
    return [file for file in files if _is_video(file)]


def _is_video(path: Path) -> bool:
    try:
        return sniff(path) == "video"
    except InputError:
        return False
