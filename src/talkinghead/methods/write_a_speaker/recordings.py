"""Recordings -> stretches of three seconds to learn from: phones, words, weights and poses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take, read_takes
from talkinghead.errors import InputError, announce
from talkinghead.foreign import read_arrays
from talkinghead.media import read_speech
from talkinghead.methods.write_a_speaker.features import FPS, STRIDE, phone_frames, phone_rows
from talkinghead.methods.write_a_speaker.targets import map_captured_weights, pose_of_track, weights_of_track
from talkinghead.motion.rest import zero_in_silence
from talkinghead.motion.smoothing import resample_rows
from talkinghead.speech.activity import voice_activity
from talkinghead.speech.alignment.align import align
from talkinghead.speech.phones import recogniser_digest
from talkinghead.store import Store, code_digest, file_digest, key_of
from talkinghead.types import FloatArray, Interval, Speech, num_frames

FRAMES = 75
"""Frames of a stretch: 3 s, a sentence of GRID."""

CAPTURED_SPEAKER = "FACEGOOD-shirley"

_HERE = "talkinghead.methods.write_a_speaker"
_CAPTURED_FPS = 30.0


@dataclass(frozen=True)
class SpokenStretch:
    """Three seconds of somebody speaking, or a whole recording (T in place of FRAMES).

    Attributes:
        phones: (V, FRAMES, 39) shares of the phones, as the recogniser hears them and, where the text is known, also as
            they were aligned with it.
        words: in order, timed from the start of the stretch; None: unknown.
        weights: (FRAMES, 51) of the expressions.
        pose: (FRAMES, 6) of the head; None: unknown.
        speaker: who speaks.
    """

    phones: FloatArray
    words: tuple[Interval, ...] | None
    weights: FloatArray
    pose: FloatArray | None
    speaker: str


def read_stretches(recordings: Sequence[Recording], store: Store) -> list[SpokenStretch]:
    """Stretches of FRAMES of recordings whose picture and sound are in step once their offset is taken off."""
    return [piece for whole in read_performances(recordings, store) for piece in _cut(whole)]


def read_performances(recordings: Sequence[Recording], store: Store) -> Iterator[SpokenStretch]:
    """The same recordings, each as one stretch of its own length."""
    for take in read_takes([recording for recording in recordings if recording.can_be_mended], store):
        count = round(len(take.track) / take.track.fps * FPS)
        phones, words = _read_speech(take, count, store)
        weights, pose = (resample_rows(rows, take.track.fps, FPS, count) for rows in _face(take, store))
        yield SpokenStretch(phones, words, weights, pose, take.recording.speaker)


def prepare_recording(recording: Recording, store: Store, learned: bool) -> None:
    """Keep what the trainings read of a recording, the same whether it is learned from or not."""
    for _ in read_performances([recording], store):
        pass


def read_captured(folder: Path, store: Store) -> list[SpokenStretch]:
    """Stretches of FACEGOOD's captured Mandarin mouths in the folder of shared speech; none if they are not there."""
    names = folder / "FACEGOOD__bs_names.txt"
    if not names.is_file():
        announce(f"{folder} has no captured mouths (FACEGOOD): they are left out.")
        return []
    shapes = names.read_text(encoding="utf-8").split()
    stretches: list[SpokenStretch] = []
    for file in sorted(folder.glob("FACEGOOD__bs_*.npz")):
        rows = read_arrays(file, kind="captured weights", remedy="copy the corpus again.", largest=None)["w"]
        sound = folder / f"{file.stem.replace('bs_', '')}.ogg"
        speech = read_speech(sound)
        count = min(num_frames(speech.duration, FPS), round(len(rows) / _CAPTURED_FPS * FPS))
        weights = map_captured_weights(dict(zip(shapes, rows.T.astype(np.float64), strict=True)))
        key = key_of(file_digest(sound), count, recogniser_digest(), _code())
        phones = store.array("phones", key, partial(_phone_versions, speech, count))
        rows = resample_rows(weights, _CAPTURED_FPS, FPS, count)
        stretches += _cut(SpokenStretch(phones, None, rows, None, CAPTURED_SPEAKER))
    return stretches


def _read_speech(take: Take, count: int, store: Store) -> tuple[FloatArray, tuple[Interval, ...] | None]:
    """(V, count, 39) shares of the phones in a take, recognised and aligned, and its words where its text is known."""
    text = take.recording.transcript() if take.recording.part == (0.0, 1.0) else None

    def make() -> dict[str, npt.NDArray[Any]]:
        speech = _align_text(take, text)
        words = speech.words or ()
        return {
            "phones": _phone_versions(speech, count),
            "labels": np.array([word.label for word in words], np.str_),
            "times": np.array([(word.start, word.end) for word in words]).reshape(-1, 2),
        }

    key = key_of(take.digest, take.recording.offset, count, text, recogniser_digest(), _code())
    found = store.arrays("spoken", key, make)
    words = tuple(
        Interval(str(label), float(start), float(end)) for label, (start, end) in zip(found["labels"], found["times"])
    )
    return found["phones"], words or None


def _align_text(take: Take, text: str | None) -> Speech:
    """The sound of a take in step with its picture, with phones and words where its text is known."""
    speech = take.speech(mended=True)
    if not text:
        return speech
    try:
        return align(speech, text)
    except InputError as error:
        announce(f"{take.recording.name} is used without its text: {error}")
        return speech


def _phone_versions(speech: Speech, count: int) -> FloatArray:
    """(V, count, 39) shares of the phones, recognised and, where they are known, aligned; zeros where nobody speaks."""
    activity = voice_activity(speech.samples, FPS)[:count]
    activity = np.pad(activity, (0, count - len(activity)))
    versions = [replace(speech, phones=None)] + ([speech] if speech.phones is not None else [])
    rows = [zero_in_silence(phone_rows(version), activity, FPS, stride=STRIDE) for version in versions]
    return np.stack([phone_frames(version, count) for version in rows])


def _code() -> str:
    return code_digest(
        f"{_HERE}.features", "talkinghead.speech.phonetic", "talkinghead.speech.activity", "talkinghead.motion.rest"
    )


def _face(take: Take, store: Store) -> tuple[FloatArray, FloatArray]:
    """(T, 51) weights and (T, 6) poses of a take."""
    code = code_digest(f"{_HERE}.targets", "talkinghead.face.landmark_fit", "talkinghead.motion.tracked")
    found = store.arrays(
        "weights",
        key_of(take.digest, code),
        lambda: {"weights": weights_of_track(take.track), "pose": pose_of_track(take.track)},
    )
    return found["weights"], found["pose"]


def _cut(whole: SpokenStretch) -> Iterator[SpokenStretch]:
    for start in range(0, len(whole.weights) - FRAMES + 1, FRAMES):
        rows, begin, end = slice(start, start + FRAMES), start / FPS, (start + FRAMES) / FPS
        inside = (
            None
            if whole.words is None
            else tuple(
                Interval(word.label, max(0.0, word.start - begin), min(word.end, end) - begin)
                for word in whole.words
                if word.end > begin and word.start < end
            )
        )
        pose = None if whole.pose is None else whole.pose[rows]
        yield SpokenStretch(whole.phones[:, rows], inside, whole.weights[rows], pose, whole.speaker)
