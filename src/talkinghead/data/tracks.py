"""Recordings -> recordings with the face's track, as trainings and benchmarks read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkinghead.data.recording import OWN, Recording
from talkinghead.errors import announce
from talkinghead.media import VideoReader
from talkinghead.store import Store, file_digest, key_of
from talkinghead.tracking.raw import RawTrack, find_raw_track, read_raw_track
from talkinghead.types import FaceTrack, FloatArray, Frames, ImageArray, Speech

_LEAST_FOUND = 0.9  # a recording with fewer frames with a face is damaged


@dataclass(frozen=True)
class Take:
    """The part of a recording that belongs to its split, with the face's track.

    Attributes:
        recording: what it is a part of.
        track: one row per frame of the part.
        first: the frame of the recording with which the part begins.
    """

    recording: Recording
    track: FaceTrack
    first: int = 0

    @property
    def digest(self) -> str:
        """Of the part's content, for keys of what is computed from it."""
        return key_of(file_digest(self.recording.video), self.first, len(self.track))

    def speech(self, *, mended: bool = False) -> Speech:
        """The part's sound, mono at 16 kHz; of a whole recording also what sounds beyond its last frame.

        Args:
            mended: whether the recording's offset of sound and picture is taken off; silence takes the place of what
                is then missing at an end.
        """
        speech = self.recording.speech()
        if mended and self.recording.offset:
            speech = replace(speech, samples=_move(speech.samples, -round(self.recording.offset * speech.sample_rate)))
        if self.recording.part == (0.0, 1.0):
            return speech
        start, stop = (
            round(frame / self.track.fps * speech.sample_rate) for frame in (self.first, self.first + len(self.track))
        )
        return replace(speech, samples=speech.samples[start:stop], sound=None)

    def chunks(self) -> Iterator[Frames]:
        """The part's frames in order, a few at a time."""
        done, last = 0, self.first + len(self.track)
        for chunk in VideoReader(self.recording.video).chunks():
            rows = slice(max(0, self.first - done), max(0, last - done))
            if len(images := chunk.images[rows]):
                yield Frames(images, chunk.fps)
            done += len(chunk)
            if done >= last:
                return

    def frames(self, rows: Iterable[int]) -> list[ImageArray]:
        """The frames (H, W, 3) of some rows of the track, in the order asked for, read in one pass."""
        rows, done = [int(row) for row in rows], 0
        found: dict[int, ImageArray] = {}
        for chunk in self.chunks():
            found |= {row: chunk.images[row - done].copy() for row in rows if done <= row < done + len(chunk)}
            done += len(chunk)
            if done > max(rows):
                break
        return [found[row] for row in rows]


def read_takes(recordings: Iterable[Recording], store: Store, *, smooth: bool = True) -> Iterator[Take]:
    """Recordings with their tracks; one of which more than a tenth shows no face is left out, and named.

    Args:
        recordings: of a split.
        store: keeps what the tracker saw.
        smooth: see ``tracking.track.make_track``.
    """
    for recording in recordings:
        raw, count = _read_raw_track(recording, store)
        rows = recording.rows(count)
        found = (raw[rows] if recording.tier == OWN else raw).found
        if not len(found) or found.mean() < _LEAST_FOUND:
            share = found.mean() if len(found) else 0.0
            announce(f"{recording.video}: only {share:.0%} of the frames show a face; the clip is left out.")
            continue
        # A part of somebody's own video may end at a cut, over which nothing is smoothed.
        track = raw[rows].track(smooth=smooth) if recording.tier == OWN else raw.track(smooth=smooth)[rows]
        yield Take(recording, track, rows.start)


def _move(samples: FloatArray, count: int) -> npt.NDArray[np.float32]:
    """Samples (N,) later by ``count`` samples, or earlier if it is negative, with silence in the gap."""
    kept = samples[max(0, -count) : max(0, len(samples) - count)]
    return np.pad(kept, (max(0, count), max(0, -count)))[: len(samples)].astype(np.float32)


def raw_track_of(video: Path, store: Store) -> RawTrack:
    """What the tracker sees in a video file; one that the store has is not opened."""
    return find_raw_track(file_digest(video), store) or read_raw_track(VideoReader(video), store)


def _read_raw_track(recording: Recording, store: Store) -> tuple[RawTrack, int]:
    """What the tracker sees up to the end of the recording's part, and how many frames the whole video has."""
    whole = find_raw_track(file_digest(recording.video), store)
    if whole is not None or recording.part[1] == 1.0:
        raw = whole or read_raw_track(VideoReader(recording.video), store)
        return raw, len(raw)
    video = VideoReader(recording.video)
    frames = recording.rows(video.num_frames).stop
    return read_raw_track(video, store, frames=frames), video.num_frames
