"""Reference videos -> a person: prepared once for all methods, to which each requested method is then adapted."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from talkinghead.data.corpus import Corpus
from talkinghead.data.tables import list_videos
from talkinghead.errors import InputError, announce
from talkinghead.media import VideoReader
from talkinghead.methods import get_method
from talkinghead.methods.base import Method
from talkinghead.parts import replace_whole
from talkinghead.person.folder import PREPARED, Person
from talkinghead.person.portrait import save_portrait
from talkinghead.person.record import (
    FILE,
    PersonRecord,
    Scores,
    SourceVideo,
    find_videos,
    has_record,
    read_record,
    write_record,
)
from talkinghead.person.reference import list_recordings, make_reference
from talkinghead.person.weaknesses import describe_late, find_weaknesses, measure_sound_late
from talkinghead.store import Store, file_digest
from talkinghead.tracking.portrait import portrait_from_reference
from talkinghead.training.plan import plan_training
from talkinghead.training.stage import Stage
from talkinghead.types import Progress, no_progress
from talkinghead.version import __version__

_STORE = "store"
_LATEST_S = 1.0


@dataclass(frozen=True)
class PersonPlan:
    """How to make a person.

    Attributes:
        videos: files, or folders whose videos are all used.
        methods: names of the methods to adapt to the person.
        minutes: use at most this much of the videos; None: all.
        face: which face of several, 1 being the leftmost; None: the largest.
        name: of the person; None: that of the folder.
        consent: how the person agreed; None: as recorded in the folder.
        steps: training steps of each stage; None: the stage's own.
        sound_late: seconds by which the sound is late against the picture, or "auto": as measured; None: as recorded
            in the folder, or not at all.
    """

    videos: tuple[Path, ...]
    methods: tuple[str, ...] = ()
    minutes: float | None = None
    face: int | None = None
    name: str | None = None
    consent: str | None = None
    steps: int | None = None
    sound_late: float | Literal["auto"] | None = None

    def __post_init__(self) -> None:
        """Raises ``InputError`` for values out of range."""
        if self.minutes is not None and not 0 < self.minutes < float("inf"):
            raise InputError(f"--minutes {self.minutes:g} is out of range: choose a number above 0.")
        if self.face is not None and self.face < 1:
            raise InputError(f"--face {self.face} is out of range: choose 1 for the leftmost face, 2 for the next.")
        if self.steps is not None and self.steps < 1:
            raise InputError(f"--steps {self.steps} is out of range: choose a whole number from 1 up.")
        if isinstance(self.sound_late, float) and not abs(self.sound_late) <= _LATEST_S:
            raise InputError(
                f"--sound-late {self.sound_late:g} is out of range: choose seconds from -{_LATEST_S:g} to "
                f"{_LATEST_S:g}, or auto."
            )
        if self.consent is not None and not self.consent.strip():
            raise InputError("--consent is empty: write how the person agreed, such as 'Anna agreed by e-mail'.")


def has_consent(folder: Path) -> bool:
    """Whether a folder is a person with recorded consent."""
    return has_record(folder)


def adapt_person(plan: PersonPlan, folder: Path, *, progress: Progress = no_progress) -> Person:
    """Make a person, or resume making one: finished work is not repeated.

    Args:
        plan: the videos, methods and options.
        folder: of the person, new or existing.
        progress: hook; stages "track", "speech", and "METHOD STAGE" for each training.

    Raises:
        InputError: the videos show no face, are not those of the person in the folder, or no consent is given; or the
            folder cannot be written; or a method is unknown, has no stage for a person, or needs longer videos, or
            videos with sound.
    """
    stages = {name: _person_stages(get_method(name)) for name in plan.methods}
    record = _continued(plan, folder) if has_record(folder) else _new(plan, folder)
    store = Store(folder / _STORE)
    if not _is_prepared(record, folder):
        _prepare(record, folder, store, progress, sound=plan.sound_late is None)
        record = replace(record, prepared={name: file_digest(folder / name) for name in PREPARED})
        write_record(record, folder)
    person = Person(folder, record)
    if plan.sound_late is not None:
        record = replace(record, sound_late=_settle_sound(plan.sound_late, person))
        write_record(record, folder)
    for name, of_method in stages.items():
        _check_needs(get_method(name), person)
        for stage_name, stage in _leave_out_for_silence(name, of_method, person).items():
            if _is_adapted(record, folder, name, stage_name):
                continue
            record = _adapt(plan, record, folder, get_method(name), (stage_name, stage), progress)
    return Person(folder, record)


def _person_stages(method: Method) -> dict[str, Stage]:
    stages = {name: stage for name, stage in method.stages.items() if "person" in stage.scope}
    if not stages:
        raise InputError(
            f"{method.name} has nothing that is adapted to a person: leave out --method {method.name}, "
            "it animates the person's picture as it is."
        )
    return stages


def _check_needs(method: Method, person: Person) -> None:
    """Raise ``InputError`` where the videos are not what the method needs, before anything is trained."""
    if method.needs != "picture":
        method.check(person.portrait(reference=True))


def _leave_out_for_silence(name: str, stages: Mapping[str, Stage], person: Person) -> Mapping[str, Stage]:
    """The stages that can learn from the person's videos: where these have no sound, those that need speech cannot."""
    deaf = {key: stage for key, stage in stages.items() if not stage.needs_speech}
    if len(deaf) == len(stages) or person.reference().speech is not None:
        return stages
    left_out = " and ".join(key for key in stages if key not in deaf)
    reason = f"{name}'s {left_out} cannot be adapted to videos without sound"
    if not deaf:
        raise InputError(f"{person.folder}: {reason}: give videos in which the person speaks.")
    announce(f"{person.folder}: {reason} and stays as it is for anybody: give videos in which the person speaks.")
    return deaf


def _new(plan: PersonPlan, folder: Path) -> PersonRecord:
    if plan.consent is None:
        raise InputError(
            f"{folder}: nothing is said about the person's consent: add --consent with a line on how they agreed."
        )
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file: choose a folder for the person.")
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder} holds other files and no {FILE}: choose a new folder for the person.")
    videos = _source_videos(plan, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be made ({error.strerror}): choose another folder.") from error
    record = PersonRecord(
        plan.name or folder.resolve().name, plan.consent, videos, plan.minutes, plan.face, __version__
    )
    write_record(record, folder)
    return record


def _continued(plan: PersonPlan, folder: Path) -> PersonRecord:
    """The record of the folder with additions from the plan, which must not contradict it."""
    record = read_record(folder)
    videos = _source_videos(plan, folder)
    known = {video.file: video.digest for video in record.videos}
    changed = [video.file for video in videos if known.get(video.file, video.digest) != video.digest]
    if changed:
        raise InputError(
            f"{folder / changed[0]} has changed since {folder} was made from it: give the video as it was, or make a "
            "new person."
        )
    if {video.digest for video in videos} != set(known.values()):
        raise InputError(f"{folder} was made from other videos: name those, or choose a new folder.")
    for option, value, kept in (("--minutes", plan.minutes, record.minutes), ("--face", plan.face, record.face)):
        if value is not None and value != kept:
            raise InputError(f"{folder} was made with another {option}: leave it out, or choose a new folder.")
    updated = replace(
        record, name=plan.name or record.name, consent=plan.consent or record.consent, program=__version__
    )
    write_record(updated, folder)  # also shows at once whether the folder can be written to
    return updated


def _source_videos(plan: PersonPlan, folder: Path) -> tuple[SourceVideo, ...]:
    videos = list_videos(plan.videos)
    if not videos:
        raise InputError("there is no video of the person: give one, or a folder of clips.")
    return tuple(
        SourceVideo(
            os.path.relpath(video.absolute(), folder.absolute()), file_digest(video), VideoReader(video).duration
        )
        for video in videos
    )


def _is_prepared(record: PersonRecord, folder: Path) -> bool:
    return bool(record.prepared) and all(
        (folder / name).is_file() and file_digest(folder / name) == digest for name, digest in record.prepared.items()
    )


def _is_adapted(record: PersonRecord, folder: Path, method: str, stage: str) -> bool:
    return stage in record.adapted.get(method, {}) and (folder / "weights" / method / f"{stage}.safetensors").is_file()


def _adapt(
    plan: PersonPlan,
    record: PersonRecord,
    folder: Path,
    method: Method,
    named_stage: tuple[str, Stage],
    progress: Progress,
) -> PersonRecord:
    """Train a stage for the person, and move its weights and scores to their place."""
    name, stage = named_stage
    corpus, store = person_corpus(record, folder), Store(folder / _STORE)
    options = stage.usual_options(corpus)
    training = plan_training(
        method,
        name,
        corpus=corpus,
        out=folder / _STORE / "training" / method.name / name,
        store=store,
        options=options if plan.steps is None else dataclasses.replace(options, steps=plan.steps),
        start=method.find_weights().file(name) if stage.starts else None,
    )
    stage.train(replace(training, progress=_named(progress, f"{method.name} {name}")))
    work = training.out
    target = folder / "weights" / method.name
    target.mkdir(parents=True, exist_ok=True)
    for suffix in (".json", ".safetensors"):  # the weights last, because they mark the stage as adapted
        with replace_whole(target / f"{name}{suffix}") as part:
            shutil.copyfile(work / f"{name}{suffix}", part)
    scores = _scores(target / f"{name}.json")
    adapted = {**record.adapted, method.name: {**record.adapted.get(method.name, {}), name: scores}}
    record = replace(record, adapted=adapted)
    write_record(record, folder)
    return record


def person_corpus(record: PersonRecord, folder: Path) -> Corpus:
    """The recordings of a person, with their splits.

    Raises:
        InputError: a video is missing, or has changed.
    """
    return Corpus.of_recordings(
        list_recordings(find_videos(record, folder), folder, speaker=record.name, late=record.sound_late)
    )


def _settle_sound(wanted: float | Literal["auto"], person: Person) -> float:
    """Seconds by which trainings take the sound for late."""
    late = measure_sound_late(person.reference()) if wanted == "auto" else wanted
    what = f"{describe_late(late)} against the picture, which trainings take off" if late else "in step"
    announce(f"{person.name}: the sound is {what}.")
    return late


def _prepare(record: PersonRecord, folder: Path, store: Store, progress: Progress, *, sound: bool) -> None:
    """Make the reference and the portrait, and announce what is weak in them; ``sound``: in its timing, too."""
    videos = find_videos(record, folder)
    seconds = None if record.minutes is None else 60 * record.minutes
    reference = make_reference(videos, folder, store, face=record.face, seconds=seconds, progress=progress)
    save_portrait(portrait_from_reference(reference), folder)
    for weakness in find_weaknesses(reference, sound=sound):
        announce(f"{record.name}: {weakness}")


def _scores(card: Path) -> Scores:
    content = json.loads(card.read_text(encoding="utf-8"))
    scores = content.get("scores", {})
    return scores if isinstance(scores, Mapping) else {}


def _named(progress: Progress, name: str) -> Callable[[str, int, int], None]:
    return lambda stage, done, total: progress(name, done, total)
