"""A person's reference on disk: the track, the fitted face, and words and phones with their times.

``reference.npz`` has the rows of the track, ``stretches`` ((N, 2), ranges of frames of the concatenated videos that
show the person) and ``identity`` (coefficients of the face model); ``reference.json`` has words and phones with their
times. Pictures and sound stay in the videos.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.data.recording import OWN, Recording
from talkinghead.errors import InputError
from talkinghead.foreign import read_arrays
from talkinghead.media import VideoExcerpt, VideoReader
from talkinghead.media.files import write_beside
from talkinghead.media.speech_parts import cut_speech
from talkinghead.speech.alignment.files import Alignment, read_alignment, write_alignment
from talkinghead.speech.phones import recognise
from talkinghead.store import Store
from talkinghead.tracking.fit import fit_face
from talkinghead.tracking.reference import open_videos, read_reference, read_speech_of
from talkinghead.types import FaceTrack, FloatArray, Progress, Reference, Speech

TRACK, SAID = "reference.npz", "reference.json"
_ROWS = ("landmarks", "rotation", "translation", "scale", "blink", "found")
_OPTIONAL = ("expression", "gaze")


def make_reference(
    videos: Sequence[Path], folder: Path, store: Store, *, face: int | None, seconds: float | None, progress: Progress
) -> Reference:
    """The reference of videos, made and kept in the person's folder.

    Args:
        videos: of one size and rate, concatenated.
        folder: of the person.
        store: keeps tracks.
        face: which face of several; None: the largest.
        seconds: use at most this much; None: all.
        progress: hook; stages "track", in frames, and "speech".

    Raises:
        InputError: a video cannot be read, sizes or rates differ, or no face is found.
    """
    reference = read_reference(videos, store=store, face=face, seconds=seconds, progress=progress)
    identity, track = fit_face(reference.track)
    reference = replace(reference, track=track, speech=_with_phones(reference.speech, progress))
    _save_track(reference, identity, folder)
    if reference.speech is not None:
        said = Alignment(reference.speech.words, reference.speech.phones)
        write_alignment(said, folder / SAID, duration=reference.speech.duration, overwrite=True)
    return reference


def load_reference(videos: Sequence[Path], folder: Path) -> Reference:
    """The reference that ``make_reference`` made of the same videos.

    Raises:
        InputError: a file of the folder is missing or damaged, or a video cannot be read.
    """
    values = _load_track(folder)
    rows: dict[str, Any] = {name: values[name] for name in (*_ROWS, *_OPTIONAL) if name in values}
    rows = {name: array if array.dtype == bool else array.astype(np.float64) for name, array in rows.items()}
    track = FaceTrack(fps=float(values["fps"]), **rows)
    video = VideoExcerpt(open_videos(videos), _stretches(values))
    speech = None
    if (folder / SAID).is_file():
        said = read_alignment(folder / SAID)
        speech = read_speech_of(videos)
        if speech is not None:
            speech = cut_speech(speech, [(start / video.fps, stop / video.fps) for start, stop in video.stretches])
            speech = replace(speech, words=said.words, phones=said.phones)
    return Reference(video, track, speech)


def load_duration(folder: Path) -> float:
    """Seconds of the videos that show the person.

    Raises:
        InputError: the file is missing or damaged.
    """
    values = _load_track(folder)
    return len(values["landmarks"]) / float(values["fps"])


def list_recordings(
    videos: Sequence[Path], folder: Path, *, speaker: str, late: float | None = None
) -> list[Recording]:
    """The stretches of the videos that show the person, as recordings to learn from.

    Args:
        videos: those from which the reference was made.
        folder: of the person.
        speaker: the person's name.
        late: seconds by which the sound is late against the picture; None: it is in step.

    Raises:
        InputError: the reference is missing or damaged, or a video cannot be read.
    """
    readers = [VideoReader(video) for video in videos]
    begins = np.cumsum([0, *(reader.num_frames for reader in readers)])
    silent = not (folder / SAID).is_file()
    recordings = []
    for number, (start, stop) in enumerate(_stretches(_load_track(folder))):
        place = int(np.searchsorted(begins, start, side="right")) - 1
        reader, begin = readers[place], int(begins[place])
        part = ((start - begin) / reader.num_frames, (stop - begin) / reader.num_frames)
        name, seconds = f"{reader.path.stem}-{number}", reader.num_frames / reader.fps
        recordings.append(
            Recording(
                name, speaker, reader.path, "own", OWN, part=part, seconds=seconds, silent=silent, late=late or None
            )
        )
    return recordings


def _stretches(values: Mapping[str, FloatArray]) -> tuple[tuple[int, int], ...]:
    return tuple((int(start), int(stop)) for start, stop in values["stretches"])


def load_identity(folder: Path) -> FloatArray:
    """(K,) coefficients of the person's face in the face model.

    Raises:
        InputError: the file is missing or damaged.
    """
    return _load_track(folder)["identity"]


def _with_phones(speech: Speech | None, progress: Progress) -> Speech | None:
    """The speech with recognised phones."""
    if speech is None:
        return None
    progress("speech", 0, 1)
    speech = speech if speech.phones is not None else replace(speech, phones=recognise(speech))
    progress("speech", 1, 1)
    return speech


def _save_track(reference: Reference, identity: FloatArray, folder: Path) -> None:
    assert isinstance(reference.video, VideoExcerpt)
    track = reference.track
    arrays = {name: getattr(track, name) for name in (*_ROWS, *_OPTIONAL) if getattr(track, name) is not None}
    arrays = {name: rows if rows.dtype == bool else rows.astype(np.float32) for name, rows in arrays.items()}
    stretches = np.array(reference.video.stretches, np.int64)
    with write_beside(folder / TRACK, overwrite=True) as part, part.open("wb") as file:
        np.savez_compressed(file, fps=track.fps, stretches=stretches, identity=identity.astype(np.float32), **arrays)


def _load_track(folder: Path) -> dict[str, FloatArray]:
    path, kind, remedy = folder / TRACK, "the track of a person", "prepare the person again with talkinghead adapt."
    values = read_arrays(path, kind=kind, remedy=remedy)
    missing = {*_ROWS, "fps", "stretches", "identity"} - set(values)
    if missing:
        raise InputError(f"{path} is not {kind} (it lacks {', '.join(sorted(missing))}): {remedy}")
    return values
