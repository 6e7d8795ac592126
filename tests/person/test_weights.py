"""Weights adapted to a person: made, found, and refused where they are another network's."""

from __future__ import annotations

import dataclasses
import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from evaluation.videos import moving_face, speech_of, write
from talkinghead.errors import InputError
from talkinghead.media import files
from talkinghead.methods import get_method
from talkinghead.methods.base import Method
from talkinghead.person import PersonPlan, adapt, adapt_person, open_person
from talkinghead.pipeline import TalkingHead
from talkinghead.training.stage import Stage, Training

NAME = "attentional_landmarks"
CONSENT = "The drawn face has nobody to ask."


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second and a half of the drawn face, with sound."""
    return write(tmp_path_factory.mktemp("videos") / "drawn.mp4", moving_face(38), speech=speech_of(38))


@pytest.fixture(scope="module")
def made(video: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the person in the video, to be copied."""
    folder = tmp_path_factory.mktemp("people") / "anna"
    adapt_person(PersonPlan((video,), consent=CONSENT), folder)
    return folder


@pytest.fixture
def anna(made: Path) -> Path:
    """A copy beside the original, so that the video lies where the record says."""
    copy = made.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(made, copy)
    return copy


def shipped(stem: str) -> Path:
    return get_method(NAME).find_weights().file(stem)


def pretend_to_train(monkeypatch: pytest.MonkeyPatch, *names: str, **changes: Any) -> list[Training]:
    """Let stages of the method learn nothing: their weights are those that ship.

    Args:
        monkeypatch: to put the method in place.
        names: the stages; others do not learn from persons.
        changes: of the method.

    Returns:
        The trainings that were asked for, as they come.
    """
    runs: list[Training] = []

    def train(training: Training) -> None:
        runs.append(training)
        training.out.mkdir(parents=True, exist_ok=True)
        for file in (shipped(training.out.name).with_suffix(suffix) for suffix in (".safetensors", ".json")):
            shutil.copy(file, training.out)
        training.progress("train", 1, 2)

    method = get_method(NAME)
    stages: dict[str, Stage] = {
        name: dataclasses.replace(stage, train=train, scope=("corpus", "person") if name in names else ("corpus",))
        for name, stage in method.stages.items()
    }
    changed: Method = dataclasses.replace(method, stages=stages, **changes)
    monkeypatch.setattr(adapt, "get_method", lambda name: changed)
    return runs


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Training]:
    """The trainings that the method was asked for, of landmarks alone; it learns nothing."""
    return pretend_to_train(monkeypatch, "landmarks")


def test_a_method_is_adapted_once(anna: Path, video: Path, trained: list[Training]) -> None:
    told: list[tuple[str, int, int]] = []
    plan = PersonPlan((video,), methods=(NAME,), steps=7)
    person = adapt_person(plan, anna, progress=lambda *state: told.append(state))
    (run,) = trained
    assert run.options.steps == 7
    assert run.start == shipped("landmarks")
    assert {recording.split for recording in run.corpus.recordings()} == {"train", "val"}
    assert (f"{NAME} landmarks", 1, 2) in told
    assert [path.name for path in sorted((anna / "weights" / NAME).iterdir())] == [
        "landmarks.json",
        "landmarks.safetensors",
    ]
    card = json.loads(shipped("landmarks").with_suffix(".json").read_text(encoding="utf-8"))
    assert person.scores(NAME) == {"landmarks": card["scores"]}
    assert open_person(anna).scores(NAME) == person.scores(NAME)
    adapt_person(plan, anna)
    assert len(trained) == 1
    (anna / "weights" / NAME / "landmarks.safetensors").unlink()
    adapt_person(plan, anna)
    assert len(trained) == 2


def test_adapted_weights_go_before_those_that_ship(anna: Path, video: Path, trained: list[Training]) -> None:
    adapt_person(PersonPlan((video,), methods=(NAME,)), anna)
    person = open_person(anna)
    found = get_method(NAME).find_weights(first=person.find_weights(get_method(NAME)))
    assert found.file("landmarks") == anna / "weights" / NAME / "landmarks.safetensors"
    assert found.file("renderer") == shipped("renderer")


def test_a_person_is_drawn_by_their_own_renderer_where_there_is_one(tmp_path: Path) -> None:
    method, own = get_method(NAME), tmp_path / "renderer.safetensors"
    assert method.default_renderers((tmp_path,)) == method.default_renderers() == ("warp", "warp")
    own.touch()
    assert method.default_renderers((tmp_path,)) == ("attention", "warp")


def test_a_method_that_was_not_adapted_is_told(anna: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "talkinghead"):
        head = TalkingHead.from_pretrained(NAME, person=anna)
    assert f"has no weights of {NAME}, those for anybody are used" in caplog.text
    assert "has no weights of makeittalk" not in caplog.text  # whose renderer it uses
    assert head.read_portrait(anna).reference is None
    caplog.clear()
    method = get_method(NAME)
    with caplog.at_level(logging.WARNING, "talkinghead"):
        found = open_person(anna).find_weights(dataclasses.replace(method, stages={}))
    assert (found, caplog.text) == ((), "")  # it has nothing that could be adapted


def test_without_sound_only_the_renderer_is_adapted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    silent = write(tmp_path / "silent.mp4", moving_face(38))
    plan = PersonPlan((silent,), methods=(NAME,), consent=CONSENT)
    runs = pretend_to_train(monkeypatch, "landmarks")
    with pytest.raises(InputError, match=r"landmarks cannot be adapted to videos without sound: give videos in which"):
        adapt_person(plan, tmp_path / "anna")
    assert runs == []
    runs = pretend_to_train(monkeypatch, "landmarks", "renderer")
    person = adapt_person(plan, tmp_path / "anna")
    assert list(person.scores(NAME)) == ["renderer"]
    assert "landmarks cannot be adapted to videos without sound" in caplog.text
    (run,) = runs
    assert {recording.silent for recording in run.corpus.recordings()} == {True}
    assert run.corpus.recordings(in_step=True) == ()


def test_a_reference_shorter_than_a_method_needs(anna: Path, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = PersonPlan((video,), methods=(NAME,))
    runs = pretend_to_train(monkeypatch, "landmarks", needs="video", least_s=60.0)
    with pytest.raises(InputError, match=r"needs a reference video of at least 60 s and there are only 1\.5 s: give"):
        adapt_person(plan, anna)
    assert runs == []
    runs = pretend_to_train(monkeypatch, "landmarks", needs="video", least_s=1.0)
    adapt_person(plan, anna)
    assert len(runs) == 1


def test_weights_of_another_network_are_refused(anna: Path) -> None:
    folder = anna / "weights" / NAME
    folder.mkdir(parents=True)
    shutil.copy(shipped("renderer"), folder / "landmarks.safetensors")
    shutil.copy(shipped("landmarks").with_suffix(".json"), folder / "landmarks.json")
    with pytest.raises(InputError, match=r"landmarks\.safetensors: made for another network"):
        TalkingHead.from_pretrained(NAME, person=anna)


def test_a_style_moves_another_face(anna: Path) -> None:
    folder = anna / "weights" / NAME
    folder.mkdir(parents=True)
    _, picture = get_method(NAME).person_renderer or ("", "")
    for suffix in (".safetensors", ".json"):
        shutil.copy(shipped(picture).with_suffix(suffix), folder)
    with pytest.raises(InputError, match=f"no motion of {NAME} to take a style from: make it with talkinghead adapt"):
        TalkingHead.from_pretrained(NAME, style=anna)
    (folder / f"{picture}.safetensors").write_bytes(b"")  # a style draws nothing
    for suffix in (".safetensors", ".json"):
        shutil.copy(shipped("landmarks").with_suffix(suffix), folder)
    assert TalkingHead.from_pretrained(NAME, style=anna, renderer=picture_renderer()).method == NAME
    shutil.copy(shipped(picture), folder / "landmarks.safetensors")
    with pytest.raises(InputError, match=r"landmarks\.safetensors: made for another network"):
        TalkingHead.from_pretrained(NAME, style=anna)


def picture_renderer() -> str:
    """The renderer of the method that has networks of its own."""
    name, _ = get_method(NAME).person_renderer or ("", "")
    return name


def test_a_folder_that_cannot_be_written_is_told(anna: Path, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(files, "create_part", refuse)
    with pytest.raises(InputError, match="cannot be written to"):
        adapt_person(PersonPlan((video,)), anna)
    assert open_person(anna).portrait().picture.shape == (192, 192, 3)  # reading needs no permission
