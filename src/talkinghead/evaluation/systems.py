"""The systems that make a video of an example: a method, and the baselines that it has to beat.

All except the real video are drawn by the method's own renderer from the same portrait, so that they differ only in
motion.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from talkinghead.errors import InputError
from talkinghead.evaluation.corpus import Example
from talkinghead.face.landmarks import JAW, LIPS
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.media import VideoReader, read_speech
from talkinghead.motion.tracked import loop
from talkinghead.pipeline import TalkingHead, fit_motion
from talkinghead.speech.activity import silence_mask, voice_activity
from talkinghead.tracking import portrait_from_image
from talkinghead.tracking.portrait import best_frame, first_frames
from talkinghead.types import (
    NUM_LANDMARKS,
    BoolArray,
    FaceTrack,
    FloatArray,
    Motion,
    Portrait,
    Speech,
    Video,
    num_frames,
)

REAL, STILL, MEAN = "real video", "still picture", "mean mouth"
SAME, RANDOM, ENERGY = "retrieve same speaker", "retrieve random speaker", "energy-driven jaw"

BASELINES = {
    REAL: "the clip itself, encoded as the others are: the ceiling, with the tracker's noise",
    STILL: "the portrait, unmoving",
    MEAN: "the mean mouth of the speaker's other clips on the portrait, unmoving",
    SAME: "lips, head and blinks of another clip of the speaker, drawn by chance (MakeItTalk, section 5.5)",
    RANDOM: "lips, head and blinks of a clip of another speaker, drawn by chance (MakeItTalk, section 5.5)",
    ENERGY: "the jaw opens as far as the sound is loud, no network",
}

_MOUTH = np.r_[JAW, LIPS]
_WIDE = 95  # percentile of a mouth's opening that counts as wide open, and of loudness as loud
_MOST_ROWS = 40  # of each clip, from which mouths are learned
_WINDOW_S = 0.06
_LEAST_DB, _RANGE_DB = -80.0, 40.0  # what is quieter than loud by more than this is silence
_LEAST_SPAN_DB = 3.0  # a sound that varies less has no loud places


@dataclass(frozen=True)
class Scene:
    """The input of a system.

    Attributes:
        video: the real one.
        portrait: the face.
        speech: its sound.
        fps: its frames per second, which the others share.
        seed: of all random choices, the clip's own.
    """

    video: Path
    portrait: Portrait
    speech: Speech
    fps: float
    seed: int

    @property
    def num_frames(self) -> int:
        """How many frames a system makes."""
        return num_frames(self.speech.duration, self.fps)


@dataclass(frozen=True)
class MouthStatistics:
    """Statistics of the mouths of some clips, in the head frame.

    Attributes:
        rest: (68, 3) mean of the closed mouths.
        mean: (68, 3) mean of all shapes; eyes, brows and nose are those of ``rest``.
        opening: (68, 3) how jaw and lips move while the lips part by one eye distance.
        wide: mean over clips of the 95th percentile of the lips' gap, in eye distances.
    """

    rest: FloatArray
    mean: FloatArray
    opening: FloatArray
    wide: float


def seed_of(name: str) -> int:
    """A seed that depends only on the name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def choose_by_chance(example: Example, among: Sequence[Example]) -> Example | None:
    """One of several clips, always the same for an example; None if there are none."""
    return among[int(np.random.default_rng(seed_of(example.name)).integers(len(among)))] if among else None


def portrait_row(example: Example, track: FaceTrack) -> int:
    """The frame of a clip that serves as portrait."""
    return best_frame(track) if example.calmest else 0


def scene_of(example: Example, video: Path, track: FaceTrack) -> Scene:
    """The input of all systems for an example.

    Args:
        example: the clip.
        video: its file, cut to what is used of it.
        track: of that file.

    Raises:
        InputError: the portrait's frame shows no face, or the file has no sound.
    """
    reader, row = VideoReader(video), portrait_row(example, track)
    *_, last = first_frames(reader.chunks(), row + 1)
    try:
        portrait = portrait_from_image(last.images[-1])
    except InputError:
        raise InputError(
            f"{example.video}: no face was found in frame {row}, which is to be the portrait; leave the clip out."
        ) from None
    return Scene(video, portrait, read_speech(video), reader.fps, seed_of(example.name))


def learn_mouths(clips: Sequence[FloatArray], rests: Sequence[FloatArray]) -> MouthStatistics:
    """Rest, mean and opening of the mouths of clips.

    The opening is the first principal component of the displacement of jaw and lips from the clip's closed mouth,
    scaled to part the lips by one.

    Args:
        clips: (T, 68, 3) each in the head frame.
        rests: (68, 3) for each clip, its landmarks at rest; an open mouth is closed.

    Raises:
        ValueError: there is no clip.
    """
    if not clips:
        raise ValueError("mouths are learned from one clip at least")
    closed = [closed_mouth(rest) for rest in rests]
    away = np.concatenate([_some_rows(clip) - rest for clip, rest in zip(clips, closed)])[:, _MOUTH]
    mean = away.mean(axis=0)
    _, _, axes = np.linalg.svd((away - mean).reshape(len(away), -1), full_matrices=False)
    opening = np.zeros((NUM_LANDMARKS, 3))
    opening[_MOUTH] = axes[0].reshape(-1, 3)
    gap = float(lip_gap(opening))
    opening = opening / gap if abs(gap) > 1e-6 else np.zeros_like(opening)
    rest = np.mean(closed, axis=0)
    average = rest.copy()
    average[_MOUTH] += mean
    wide = float(np.mean([max(0.0, float(np.percentile(lip_gap(clip), _WIDE))) for clip in clips]))
    return MouthStatistics(rest, average, opening, wide)


def _some_rows(clip: FloatArray) -> FloatArray:
    """At most 40 rows, evenly spread."""
    return np.asarray(clip[np.linspace(0, len(clip) - 1, min(len(clip), _MOST_ROWS)).round().astype(int)])


def still_motion(landmarks: FloatArray, rest: FloatArray, fps: float) -> Motion:
    """The motion of a mouth (T, 68, 3) on a head that neither moves nor blinks; ``rest`` (68, 3) as in ``Motion``."""
    nothing = np.zeros((len(landmarks), 3))
    return Motion(fps, landmarks, nothing, nothing, np.zeros(len(landmarks)), rest)


def loud_share(speech: Speech, fps: float, count: int) -> FloatArray:
    """(count,) loudness of each frame: 0 as in silence, 1 at the 95th percentile, unlimited above.

    The level is the RMS over 0.06 s around the frame, in dB. Silence is the median level where nobody speaks, at most
    40 dB below loud.
    """
    power = np.square(speech.samples.astype(np.float64))
    total = np.concatenate([[0.0], np.cumsum(power)])
    middle = np.arange(count) / fps * speech.sample_rate
    half = _WINDOW_S / 2 * speech.sample_rate
    start = np.clip(np.rint(middle - half).astype(int), 0, len(power))
    end = np.clip(np.rint(middle + half).astype(int), 0, len(power))
    mean = (total[end] - total[start]) / np.maximum(1, end - start)
    level = 10 * np.log10(np.maximum(mean, 10 ** (_LEAST_DB / 10)))
    loud = float(np.percentile(level, _WIDE))
    silent = _silent_rows(speech, fps, count)
    quiet = float(np.median(level[silent])) if silent.any() else float(level.min())
    quiet = max(quiet, loud - _RANGE_DB)
    if loud - quiet < _LEAST_SPAN_DB:
        return np.zeros(count)
    return np.asarray(np.maximum(0.0, (level - quiet) / (loud - quiet)))


def _silent_rows(speech: Speech, fps: float, count: int) -> BoolArray:
    silent = silence_mask(voice_activity(speech.samples, fps), fps)[:count]
    return np.pad(silent, (0, count - len(silent)), constant_values=True)


def baseline_motion(name: str, scene: Scene, *, mouths: MouthStatistics | None, donor: Motion | None) -> Motion:
    """The motion of a drawn baseline, which all but ``REAL`` are.

    Args:
        name: of the baseline.
        scene: what it is given.
        mouths: for ``MEAN`` and ``ENERGY``.
        donor: the motion of another clip, for ``SAME`` and ``RANDOM``.

    Raises:
        ValueError: there is no such baseline, or its input is missing.
    """
    count = scene.num_frames
    if name == STILL:
        own = scene.portrait.landmarks
        return still_motion(np.repeat(own[None], count, axis=0), own, scene.fps)
    if name in (SAME, RANDOM) and donor is not None:
        rows = int(np.ceil(scene.speech.duration * donor.fps)) + 1
        return fit_motion(loop(donor, rows), scene.speech, fps=scene.fps)
    if name == MEAN and mouths is not None:
        return still_motion(np.repeat(mouths.mean[None], count, axis=0), mouths.rest, scene.fps)
    if name == ENERGY and mouths is not None:
        gap = mouths.wide * loud_share(scene.speech, scene.fps, count)
        return still_motion(mouths.rest + gap[:, None, None] * mouths.opening, mouths.rest, scene.fps)
    raise ValueError(f"no motion for {name!r}: it is no baseline that is drawn, or it lacks what it learns from")


def video_of(
    system: str, scene: Scene, head: TalkingHead, *, mouths: MouthStatistics | None, donor: Motion | None
) -> Video:
    """The video that a system makes of a scene.

    Args:
        system: one of ``BASELINES``; any other name is the method's own.
        scene: what it is given.
        head: the method.
        mouths: see ``baseline_motion``.
        donor: see ``baseline_motion``.
    """
    if system == REAL:
        reader = VideoReader(scene.video)
        count = sum(len(chunk) for chunk in reader.chunks())
        return Video(reader.chunks(), scene.speech, reader.fps, count, {"system": system})
    if system in BASELINES:
        motion = baseline_motion(system, scene, mouths=mouths, donor=donor)
    else:
        motion = head.motion(scene.speech, scene.portrait, fps=scene.fps, seed=scene.seed)
    video = head.video(motion, scene.portrait, scene.speech)
    return replace(video, facts={**video.facts, "system": system})
