"""What folders of recordings say of themselves: GRID's table of splits, a manifest of clips, videos by themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from talkinghead.data.manifest import MANIFEST, manifest_rows
from talkinghead.data.recording import MAIN_SPEAKER, OPEN, Recording
from talkinghead.errors import InputError, announce
from talkinghead.foreign import read_json
from talkinghead.media import sniff

SPLITS_FILE = "splits.json"
_COLUMNS = ("file", "tier", "dataset", "speaker")


def read_grid(folder: Path) -> Iterator[Recording]:
    """The recordings of GRID's main speaker, from a folder with ``splits.json``, ``video`` and ``align``.

    Source: Cooke, Barker, Cunningham and Shao 2006.

    Raises:
        InputError: the table of splits is damaged, or has a clip twice.
    """
    path = folder / SPLITS_FILE
    splits = read_json(path, kind="a table of splits", remedy="copy the corpus again.")
    if not _is_table(splits):
        raise InputError(f"{path}: not a table of splits; it needs the names of splits, each with a list of clips.")
    check_distinct((Path(code).stem for codes in splits.values() for code in codes), path)
    for split, codes in splits.items():
        for code in (Path(code).stem for code in codes):
            video, alignment = folder / "video" / f"{code}.mp4", folder / "align" / f"{code}.align"
            yield Recording(code, MAIN_SPEAKER, video, "GRID", licence="CC BY 4.0", split=split, alignment=alignment)


def _is_table(splits: object) -> bool:
    lists = list(splits.values()) if isinstance(splits, dict) else [None]
    return all(isinstance(codes, list) and all(isinstance(code, str) for code in codes) for codes in lists)


def read_clips(folder: Path) -> Iterator[Recording]:
    """The recordings of many people, from a folder with a ``manifest.csv``.

    Raises:
        InputError: the manifest is damaged, lacks a column, or has a clip twice.
    """
    path = folder / MANIFEST
    listed = manifest_rows(folder)
    rows = [row for number, row in enumerate(listed) if row not in listed[:number]]
    if len(rows) < len(listed):
        announce(f"{path}: {len(listed) - len(rows)} of its rows repeat others and are left out.")
    for row in rows:
        missing = [column for column in _COLUMNS if not row.get(column)]
        if missing:
            raise InputError(f"{path}: a row has no {', '.join(missing)}; each needs {', '.join(_COLUMNS)}.")
    check_distinct((Path(row["file"]).stem for row in rows), path)
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


def check_distinct(names: Iterable[str], path: Path) -> None:
    """Refuse two recordings of one name.

    Args:
        names: of recordings.
        path: where they are listed, for the error.

    Raises:
        InputError: two have the same name.
    """
    double = sorted(name for name, count in Counter(names).items() if count > 1)
    if double:
        raise InputError(f"{path}: {', '.join(double)} is there twice; give every clip one name and one split.")


def list_videos(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and of folders every video by name.

    Raises:
        InputError: one is not there, or is a picture.
    """
    return [file for path in paths for file in _videos(path)]


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
