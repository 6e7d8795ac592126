"""Persons made from videos of the drawn face."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.videos import moving_face, speech_of, write
from talkinghead.errors import InputError
from talkinghead.methods import get_method
from talkinghead.person import PersonPlan, adapt, adapt_person, open_person
from talkinghead.person.adapt import person_corpus
from talkinghead.person.record import FILE, read_record

CONSENT = "The drawn face has nobody to ask."


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of the drawn face, with sound."""
    return write(tmp_path_factory.mktemp("videos") / "drawn.mp4", moving_face(50), speech=speech_of(50))


@pytest.fixture(scope="module")
def made(video: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the person in the video."""
    folder = tmp_path_factory.mktemp("people") / "anna"
    adapt_person(PersonPlan((video,), consent=CONSENT, name="Anna"), folder)
    return folder


@pytest.fixture
def anna(made: Path, video: Path, tmp_path: Path) -> Path:
    """A copy of the folder, to be changed; the video lies beside it."""
    shutil.copy(video, tmp_path / "drawn.mp4")
    shutil.copytree(made, tmp_path / "anna")
    record = json.loads((tmp_path / "anna" / FILE).read_text(encoding="utf-8"))
    record["videos"][0]["file"] = "../drawn.mp4"
    (tmp_path / "anna" / FILE).write_text(json.dumps(record), encoding="utf-8")
    return tmp_path / "anna"


def test_a_person_has_a_portrait_and_a_reference(made: Path) -> None:
    person = open_person(made)
    assert person.name == "Anna"
    assert person.record.consent == CONSENT
    assert person.seconds == pytest.approx(2.0)
    portrait = person.portrait(reference=True)
    assert portrait.reference is not None
    assert len(portrait.reference) == 50
    assert portrait.reference.track.expression is not None
    assert portrait.reference.track.gaze is not None
    assert portrait.reference.speech is not None
    assert portrait.reference.speech.phones is not None
    best = int(np.abs(portrait.reference.track.landmarks - portrait.mesh).max(axis=(1, 2)).argmin())
    np.testing.assert_array_equal(portrait.picture, portrait.reference.video.frame(best))
    assert person.portrait().reference is None


def test_the_same_command_does_nothing_again(anna: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in anna.iterdir() if path.is_file() and path.name != FILE}
    stages: list[str] = []
    adapt_person(
        PersonPlan((anna.parent / "drawn.mp4",)), anna, progress=lambda stage, done, total: stages.append(stage)
    )
    after = {path.name: path.stat().st_mtime_ns for path in anna.iterdir() if path.is_file() and path.name != FILE}
    assert after == before
    assert stages == []
    assert read_record(anna).consent == CONSENT


def test_preparation_that_was_stopped_goes_on(video: Path, tmp_path: Path) -> None:
    plan = PersonPlan((video,), consent=CONSENT)

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "speech":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adapt_person(plan, tmp_path / "anna", progress=stop)
    with pytest.raises(InputError, match="is not finished: run the same talkinghead adapt command again"):
        open_person(tmp_path / "anna")
    adapt_person(plan, tmp_path / "anna")
    assert open_person(tmp_path / "anna").name == "anna"


def test_consent_is_asked_for_before_anything_is_made(video: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="add --consent"):
        adapt_person(PersonPlan((video,)), tmp_path / "anna")
    assert not (tmp_path / "anna").exists()
    with pytest.raises(InputError, match="--consent is empty"):
        PersonPlan((video,), consent=" ")


def test_a_method_must_be_known_before_anything_is_made(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="no method 'nobody'"):
        adapt_person(PersonPlan((video,), methods=("nobody",), consent=CONSENT), tmp_path / "anna")
    method = get_method("makeittalk")
    impersonal = {name: stage for name, stage in method.stages.items() if "person" not in stage.scope}
    monkeypatch.setattr(adapt, "get_method", lambda name: replace(method, stages=impersonal))
    with pytest.raises(InputError, match="has nothing that is adapted to a person"):
        adapt_person(PersonPlan((video,), methods=("makeittalk",), consent=CONSENT), tmp_path / "anna")
    assert not (tmp_path / "anna").exists()


def test_a_video_that_changed_is_told(anna: Path, caplog: pytest.LogCaptureFixture) -> None:
    with (anna.parent / "drawn.mp4").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(InputError, match="has changed since"):
        adapt_person(PersonPlan((anna.parent / "drawn.mp4",)), anna)
    person = open_person(anna)
    assert person.portrait().picture.shape == (192, 192, 3)  # the picture needs no video
    with pytest.raises(InputError, match="has changed since"):
        person.portrait(reference=True)
    assert person.portrait(reference="if there").reference is None
    assert "in the picture alone" in caplog.text
    (anna.parent / "drawn.mp4").unlink()
    with pytest.raises(InputError, match="is not there any more"):
        person.reference()


def test_another_video_makes_another_person(anna: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other.mp4", moving_face(30, amount=0.02), speech=speech_of(30))
    with pytest.raises(InputError, match="was made from other videos"):
        adapt_person(PersonPlan((other,)), anna)
    with pytest.raises(InputError, match="made with another --minutes"):
        adapt_person(PersonPlan((anna.parent / "drawn.mp4",), minutes=1), anna)


@pytest.mark.parametrize("name", ["portrait.png", "portrait.npz", "reference.npz"])
def test_files_that_changed_are_told_and_made_again(anna: Path, name: str) -> None:
    (anna / name).write_bytes((anna / name).read_bytes()[:-20])
    with pytest.raises(InputError, match="was changed since the person was made"):
        open_person(anna)
    (anna / name).unlink()
    with pytest.raises(InputError, match="is missing, though the person was made"):
        open_person(anna)
    adapt_person(PersonPlan((anna.parent / "drawn.mp4",)), anna)
    assert open_person(anna).name == "Anna"


def test_a_video_without_sound_is_a_person_without_speech(tmp_path: Path) -> None:
    silent = write(tmp_path / "silent.mp4", moving_face(30))
    person = adapt_person(PersonPlan((silent,), consent=CONSENT), tmp_path / "anna")
    assert person.reference().speech is None


def test_minutes_limit_what_is_used(video: Path, tmp_path: Path) -> None:
    person = adapt_person(PersonPlan((video,), minutes=1.2 / 60, consent=CONSENT), tmp_path / "anna")
    assert person.seconds == pytest.approx(1.2)
    assert len(person.reference()) == 30


def test_clips_of_a_folder_are_one_reference(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    for number in range(2):
        images = moving_face(30, amount=0.02 + 0.01 * number)
        write(tmp_path / "clips" / f"{number}.mp4", images, speech=speech_of(30))
    person = adapt_person(PersonPlan((tmp_path / "clips",), consent=CONSENT), tmp_path / "anna")
    assert len(person.reference()) == 60
    assert len(person.record.videos) == 2


def test_a_folder_with_other_things_is_left_alone(video: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.txt").write_text("mine")
    with pytest.raises(InputError, match=f"holds other files and no {FILE}"):
        adapt_person(PersonPlan((video,), consent=CONSENT), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.txt"]


def test_late_sound_is_taken_off(anna: Path) -> None:
    plan = PersonPlan((anna.with_name("drawn.mp4"),), sound_late=0.08)
    record = adapt_person(plan, anna).record
    assert record == read_record(anna)
    assert {recording.offset for recording in person_corpus(record, anna).recordings()} == {0.08}
    assert adapt_person(replace(plan, sound_late=None), anna).record.sound_late == 0.08
    content = json.loads((anna / FILE).read_text(encoding="utf-8"))
    del content["sound_late"]  # as older programs write it
    (anna / FILE).write_text(json.dumps(content), encoding="utf-8")
    assert read_record(anna).sound_late == 0.0
    with pytest.raises(InputError, match="--sound-late 3 is out of range"):
        PersonPlan((), sound_late=3.0)
