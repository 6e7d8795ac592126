"""Weights adapted to a person: made, found, and refused where they are another network's."""

from __future__ import annotations

import dataclasses
import json
import logging
import shutil
from pathlib import Path

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


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Training]:
    """The method learns nothing: its weights are those that ship; the trainings that it was asked for."""
    runs: list[Training] = []

    def train(training: Training) -> None:
        runs.append(training)
        training.out.mkdir(parents=True, exist_ok=True)
        for suffix in (".safetensors", ".json"):
            shutil.copy(shipped("landmarks").with_suffix(suffix), training.out / f"landmarks{suffix}")
        training.progress("train", 1, 2)

    method = get_method(NAME)
    stage = dataclasses.replace(method.stages["landmarks"], train=train, scope=("corpus", "person"))
    other: Stage = dataclasses.replace(method.stages["renderer"], scope=("corpus",))
    changed: Method = dataclasses.replace(method, stages={"landmarks": stage, "renderer": other})
    monkeypatch.setattr(adapt, "get_method", lambda name: changed)
    return runs


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


def test_a_method_that_was_not_adapted_is_told(anna: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "talkinghead"):
        head = TalkingHead.from_pretrained(NAME, person=anna)
    assert f"has no weights of {NAME}, those for anybody are used" in caplog.text
    assert head.read_portrait(anna).reference is None
    caplog.clear()
    with caplog.at_level(logging.WARNING, "talkinghead"):
        TalkingHead.from_pretrained("makeittalk", person=anna)
    assert caplog.text == ""  # it has nothing that could be adapted


def test_weights_of_another_network_are_refused(anna: Path) -> None:
    folder = anna / "weights" / NAME
    folder.mkdir(parents=True)
    shutil.copy(shipped("renderer"), folder / "landmarks.safetensors")
    shutil.copy(shipped("landmarks").with_suffix(".json"), folder / "landmarks.json")
    with pytest.raises(InputError, match=r"landmarks\.safetensors: made for another network"):
        TalkingHead.from_pretrained(NAME, person=anna)


def test_a_folder_that_cannot_be_written_is_told(anna: Path, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(files, "_create", refuse)
    with pytest.raises(InputError, match="cannot be written to"):
        adapt_person(PersonPlan((video,)), anna)
    assert open_person(anna).portrait().picture.shape == (192, 192, 3)  # reading needs no permission
