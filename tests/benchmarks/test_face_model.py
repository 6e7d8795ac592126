"""The benchmark of the face model: distances in closed form, one clip a speaker, the page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import face_model, report
from talkinghead.data.recording import Recording
from talkinghead.face.landmarks import INNER_LIP_CONTOUR
from talkinghead.face.model import load_face_model
from talkinghead.types import FaceTrack


def test_distances_are_medians_in_eye_distances() -> None:
    offsets = np.zeros((2, 468, 3))
    offsets[..., 0], offsets[..., 2] = 0.03, 0.04
    offsets[:, INNER_LIP_CONTOUR] = (0.0, 0.1, 0.0)
    found = face_model._summary([offsets, offsets])
    assert found["people"] == 2
    assert found["median"] == pytest.approx(0.05)
    assert found["inner lips"] == pytest.approx(0.1)
    assert found["in the picture"] == pytest.approx(0.03)


def test_means_leave_the_eyelids_out() -> None:
    distance = np.full((3, 68), 0.01)
    distance[:, 36:48] = 5.0
    assert face_model._means(distance) == pytest.approx({"all": 0.01, "lips": 0.01, "inner": 0.01})


def test_one_clip_of_each_speaker_the_first() -> None:
    recordings = [Recording(name, name[0], Path(name), "made up") for name in ("a1", "b1", "a2", "c1", "b2")]
    assert [recording.name for recording in face_model._one_a_speaker(recordings)] == ["a1", "b1", "c1"]


def test_the_mean_face_is_told_from_itself() -> None:
    mesh = np.repeat(100.0 * load_face_model().mean[None], 3, axis=0)
    zeros = np.zeros((3, 3))
    track = FaceTrack(mesh, zeros, zeros, np.full(3, 100.0), np.zeros(3), np.ones(3, bool), 25.0)
    for mean in (True, False):
        assert np.abs(face_model._at_rest(track, mean=mean)).max() < 1e-6


def test_the_kept_result_meets_what_was_asked() -> None:
    record = json.loads((report.RESULTS / "face_model.json").read_text(encoding="utf-8"))["result"]
    for faces in ("clips", "portraits"):
        assert record["distances"][faces]["median"] < 0.02
        assert record["distances"][faces]["inner lips"] < 0.015
    for noise in record["noise"].values():
        assert record["round trip"]["all"] < noise["all"]
        assert record["round trip"]["lips"] < noise["lips"]
    assert record["speed"]["fit"] > 50 * 25
    assert "| clips (30) |" in face_model.table(record)
