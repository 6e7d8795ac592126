"""The unit of work of an evaluation, one system on one example, and what is kept of it.

Results are kept under a key over everything they depend on: the clip's content, the system and what it learned or
copied from, the sources and weights of the package, the versions of its dependencies, the measures asked for, and those
for which a tool is missing. A number is never reused after a clip or a line of code has changed, and a missing measure
is made as soon as its tool is installed.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from talkinghead.errors import InputError, announce
from talkinghead.evaluation.corpus import Example
from talkinghead.evaluation.digests import file_digest, package_digest
from talkinghead.evaluation.evidence import mesh_of
from talkinghead.evaluation.measures import Scores, choose_measures
from talkinghead.evaluation.networks import load_networks
from talkinghead.evaluation.pair import evaluate_pair
from talkinghead.evaluation.systems import MouthStatistics, Scene, portrait_row, scene_of, video_of
from talkinghead.face.pose import head_landmarks
from talkinghead.foreign import read_arrays, read_json, refuse_damage
from talkinghead.media import ArraySound, VideoReader, read_speech, save_video
from talkinghead.media.files import write_beside
from talkinghead.motion.tracked import motion_of_track
from talkinghead.pipeline import TalkingHead
from talkinghead.tracking.portrait import first_frames
from talkinghead.tracking.track import make_track
from talkinghead.types import FaceTrack, FloatArray, Video

CRF = 10
"""x264's quality for cut clips, twice as fine as that of the systems' videos."""

_LONGER = 0.5  # s by which a clip may exceed what is used of it before it is cut


@dataclass(frozen=True)
class Prepared:
    """A tracked clip.

    Attributes:
        video: the file, cut to what is used of the clip.
        digest: of the file's content.
        fps: frames per second.
        landmarks: (T, 68, 3) in the head frame.
        rest: (68, 3) those of the frame that serves as portrait.
        failed: why the clip cannot be used, in one sentence; "" if it can.
    """

    video: Path
    digest: str = ""
    fps: float = 25.0
    landmarks: FloatArray | None = None
    rest: FloatArray | None = None
    failed: str = ""


@dataclass(frozen=True)
class Settings:
    """What all jobs of a call have in common.

    Attributes:
        method: its renderer draws, and its generator is evaluated.
        out: folder of results.
        measures: names, or None for all.
        sync_weights: see ``evaluate_pair``.
        inception_weights: see ``evaluate_pair``.
        renderer: name of another renderer; None: the method's own choice.
    """

    method: str
    out: Path
    measures: tuple[str, ...] | None = None
    sync_weights: Path | None = None
    inception_weights: Path | None = None
    renderer: str | None = None

    @property
    def cache(self) -> Path:
        """The folder for results kept between calls."""
        return self.out / "cache"


@dataclass(frozen=True)
class Task:
    """A clip to prepare, and the folder for kept results."""

    example: Example
    cache: Path


@dataclass(frozen=True)
class ScoringJob:
    """One system on one example.

    Attributes:
        example: the clip.
        video: its file, cut.
        system: a baseline's name, or the method's.
        settings: what all jobs have in common.
        donor: the clip that the system copies, and its file, or None.
        mouths: what the system learned, or None.
        key: under which the result is kept.
    """

    example: Example
    video: Path
    system: str
    settings: Settings
    donor: tuple[Example, Path] | None = None
    mouths: MouthStatistics | None = None
    key: str = ""

    @property
    def output(self) -> Path:
        """The video that is made."""
        return self.settings.out / "videos" / self.system / f"{self.example.name}.mp4"

    @property
    def record(self) -> Path:
        """The file of scores; features for measures over many videos lie beside it as ``.npz``."""
        return self.settings.cache / "scores" / f"{self.key}.json"


def prepare(task: Task) -> Prepared:
    """Cut a clip and track it; the result says if that failed."""
    try:
        video = _extract_clip(task.example, task.cache)
        track = _track(video, task.cache)
    except InputError as error:
        return Prepared(task.example.video, failed=str(error))
    landmarks = head_landmarks(track)
    return Prepared(video, file_digest(video), track.fps, landmarks, landmarks[portrait_row(task.example, track)])


def with_key(job: ScoringJob, video_digest: str, donor_digest: str) -> ScoringJob:
    """The job with the key of its result."""
    shared = job.settings
    parts = [job.system, shared.method, str(job.example.calmest), video_digest, donor_digest, package_digest()]
    parts += [str(shared.renderer), str(shared.measures)]
    parts += [file_digest(shared.sync_weights), file_digest(shared.inception_weights)]
    parts += _absent(shared.measures, shared.sync_weights, shared.inception_weights)
    if job.mouths is not None:
        parts += [repr(np.asarray(getattr(job.mouths, field.name)).tolist()) for field in fields(job.mouths)]
    return replace(job, key=hashlib.sha256(json.dumps(parts).encode()).hexdigest())


@lru_cache(maxsize=1)
def _absent(measures: tuple[str, ...] | None, sync_weights: Path | None, inception_weights: Path | None) -> list[str]:
    """Measures whose tools are missing: once they are installed, kept results no longer hold."""
    networks = load_networks(choose_measures(measures), sync_weights=sync_weights, inception_weights=inception_weights)
    return sorted(networks.missing)


def perform(job: ScoringJob) -> str:
    """Make the video, score it, keep both. Returns why that failed, in one sentence, or ""."""
    try:
        with announcements() as told:
            scores = _score(job)
        scores.notes.extend(told)
        _keep(job, scores)
    except InputError as error:
        return str(error)
    except Exception as error:  # a fault of ours must cost only this clip, and be reported
        return f"a fault of the program ({type(error).__name__}: {' '.join(str(error).split())})"
    return ""


def load_record(job: ScoringJob) -> Scores | None:
    """The scores of a job that was done before, or None; its video must be unchanged since.

    Damaged ones are announced.
    """
    features = job.record.with_suffix(".npz")
    if not (job.record.exists() and features.exists() and job.output.exists()):
        return None
    kind, remedy = "kept scores", "they are made again."
    try:
        record = read_json(job.record, kind=kind, remedy=remedy)
        with refuse_damage(job.record, kind=kind, remedy=remedy):
            if record.pop("video") != file_digest(job.output):
                return None
            scores = Scores(**record, features=read_arrays(features, kind=kind, remedy=remedy))
            if not all(
                isinstance(getattr(scores, name), dict) for name in ("values", "reference", "curves", "missing")
            ):
                raise ValueError("they are of another form")
            return scores
    except InputError as error:
        announce(str(error))
        return None


def _extract_clip(example: Example, cache: Path) -> Path:
    """The file with what is used of a clip: the clip's own, or a copy of its beginning."""
    reader = VideoReader(example.video)
    if example.seconds is None or reader.duration <= example.seconds + _LONGER:
        return example.video
    path = cache / "clips" / f"{example.name}-{file_digest(example.video)[:12]}-{example.seconds:g}s.mp4"
    digest = path.with_suffix(".sha256")
    if path.exists() and (not digest.exists() or digest.read_bytes() != file_digest(path).encode()):
        announce(f"{path} is damaged and is made again.")
        path.unlink()
    if not path.exists():
        wanted = round(example.seconds * reader.fps)
        count = sum(len(chunk) for chunk in first_frames(reader.chunks(), wanted))
        speech = read_speech(example.video)
        samples = speech.samples[: round(example.seconds * speech.sample_rate)]
        speech = replace(speech, samples=samples, sound=ArraySound(samples[None], speech.sample_rate))
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = {"cut from": example.video.name}
        frames = first_frames(reader.chunks(), count)
        save_video(Video(frames, speech, reader.fps, count, facts), path, visible_mark=False, overwrite=True, crf=CRF)
        with write_beside(digest, overwrite=True) as part:
            part.write_bytes(file_digest(path).encode())
    return path


def _track(video: Path, cache: Path) -> FaceTrack:
    reader = VideoReader(video)
    landmarks, found = mesh_of(reader, cache=cache / "mesh")
    if not found.any():
        raise InputError(f"no face was found in any frame of {video}: leave the clip out.")
    return make_track(landmarks, found, reader.fps)


@lru_cache(maxsize=1)
def _head(method: str, renderer: str | None) -> TalkingHead:
    return TalkingHead.from_pretrained(method, renderer=renderer)


@lru_cache(maxsize=2)
def _scene(example: Example, video: Path, cache: Path) -> Scene:
    return scene_of(example, video, _track(video, cache))


def _score(job: ScoringJob) -> Scores:
    shared, donor = job.settings, None
    scene = _scene(job.example, job.video, shared.cache)
    if job.donor is not None:
        example, video = job.donor
        track = _track(video, shared.cache)
        donor = motion_of_track(track, portrait_row(example, track))
    made = video_of(job.system, scene, _head(shared.method, shared.renderer), mouths=job.mouths, donor=donor)
    job.output.parent.mkdir(parents=True, exist_ok=True)
    save_video(made, job.output, visible_mark=False, overwrite=True)
    return evaluate_pair(
        job.output,
        job.video,
        measures=shared.measures,
        sync_weights=shared.sync_weights,
        inception_weights=shared.inception_weights,
        cache=shared.cache / "mesh",
    )


def _keep(job: ScoringJob, scores: Scores) -> None:
    job.record.parent.mkdir(parents=True, exist_ok=True)
    with write_beside(job.record.with_suffix(".npz"), overwrite=True) as part, part.open("wb") as file:
        np.savez(file, **scores.features)  # type: ignore[arg-type,unused-ignore]
    record: dict[str, Any] = {
        name: getattr(scores, name) for name in ("values", "reference", "curves", "missing", "notes")
    }
    record["video"] = file_digest(job.output)
    with write_beside(job.record, overwrite=True) as part:
        part.write_text(json.dumps(record) + "\n", encoding="utf-8")


class _Listener(logging.Handler):
    """Collects announcements."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(record.getMessage())


@contextmanager
def announcements() -> Iterator[list[str]]:
    """Collect announcements instead of showing them."""
    logger, listener = logging.getLogger("talkinghead"), _Listener()
    before, propagates = logger.handlers[:], logger.propagate
    logger.handlers, logger.propagate = [listener], False
    try:
        yield listener.told
    finally:
        logger.handlers, logger.propagate = before, propagates
