"""A job with some values given anew."""

from __future__ import annotations

import logging

import pytest

from talkinghead.errors import InputError
from talkinghead.production import Job, override_job

SAID = Job("a.png", "a.mp4", text="Hi.", voice="de", rate=2.0, seed=3)
RECORDED = Job("a.png", "a.mp4", speech="a.wav", transcript="Hi.", language="en", which_face=2, kind="photo")


def test_what_is_given_replaces_and_the_rest_stays(caplog: pytest.LogCaptureFixture) -> None:
    assert override_job(SAID, {"seed": 4, "text": "Ho."}) == Job(
        "a.png", "a.mp4", text="Ho.", voice="de", rate=2.0, seed=4
    )
    assert override_job(SAID, {}) == SAID
    assert not caplog.records


def test_a_recording_takes_the_place_of_a_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "talkinghead"):
        assert override_job(SAID, {"speech": "b.wav"}, name="job.json") == Job("a.png", "a.mp4", speech="b.wav", seed=3)
    (note,) = [record.getMessage() for record in caplog.records]
    assert note == "job.json: text, voice, rate left out, because speech is given anew."


def test_another_recording_has_other_words() -> None:
    assert override_job(RECORDED, {"speech": "b.wav"}).transcript is None
    assert override_job(RECORDED, {"speech": "b.wav", "transcript": "Ho."}).transcript == "Ho."
    aligned = override_job(RECORDED, {"alignment": "a.json"})
    assert (aligned.transcript, aligned.alignment, aligned.speech) == (None, "a.json", "a.wav")


def test_another_picture_has_its_face_elsewhere() -> None:
    other = override_job(RECORDED, {"face": "b.png"})
    assert (other.face, other.which_face, other.kind, other.speech) == ("b.png", None, "auto", "a.wav")
    placed = override_job(RECORDED, {"landmarks": "a.json"})
    assert (placed.which_face, placed.landmarks) == (None, "a.json")


def test_a_voice_and_a_language_take_turns() -> None:
    assert override_job(SAID, {"language": "fr"}).voice is None
    assert override_job(SAID, {"voice": "+f3", "language": "fr"}).voice == "+f3"


def test_values_of_the_wrong_type() -> None:
    with pytest.raises(InputError, match='"seed" must be'):
        override_job(SAID, {"seed": "4"})
    with pytest.raises(InputError, match='"sed" is unknown'):
        override_job(SAID, {"sed": 4})
