"""What tracks tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.videos import speech_of
from talkinghead.evaluation import motions
from talkinghead.evaluation.clock import Pair, on_common_clock
from talkinghead.evaluation.evidence import Evidence
from talkinghead.evaluation.measures import MEASURES, Scores
from talkinghead.evaluation.motions import enter_motions, silent_frames
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.face.pose import camera_from_head
from talkinghead.face.rest import lip_gap
from talkinghead.tracking.track import make_track
from talkinghead.types import BoolArray, FloatArray, Interval, Speech

COUNT, SCALE = 100, 80.0
ARTICULATION = ("closures", "closures-control", "contacts")  # what is said decides whether they have a value
LOWER_LIP = MESH_OF_68[[65, 66, 67]]


class Named:
    """In place of a reader."""

    path, size = Path("video.mp4"), (256, 256)


def talking(
    opening: FloatArray, *, nod: float = 0.0, found: BoolArray | None = None, speech: Speech | None = None
) -> Evidence:
    """The mean face whose lower lip is ``opening`` (T,) eye distances lower and which nods by ``nod`` rad."""
    shape = np.repeat(canonical_face()[0][None], len(opening), axis=0)
    shape[:, LOWER_LIP, 1] += opening[:, None]
    rotation = np.zeros((len(opening), 3))
    rotation[:, 0] = nod * np.sin(2 * np.pi * np.arange(len(opening)) / 25)
    place = np.full((len(opening), 3), 128.0)
    landmarks = camera_from_head(shape, rotation, place, np.full(len(opening), SCALE))
    found = np.ones(len(opening), bool) if found is None else found
    track = make_track(landmarks, found, 25.0, smooth=False)
    reader: Any = Named()
    return Evidence(reader, track, speech, "" if speech else "video.mp4 has no sound: give one that has.")


def openings(count: int = COUNT) -> FloatArray:
    """(count,) a mouth that opens and closes irregularly, in eye distances."""
    time = np.arange(count) / 25
    return np.asarray(0.08 + 0.05 * np.sin(2 * np.pi * 2.1 * time) + 0.03 * np.sin(2 * np.pi * 3.7 * time + 1))


def scores_of(pair: Pair, *names: str) -> Scores:
    """What is entered of the measures, of all without names."""
    scores = Scores()
    enter_motions(scores, pair, names or tuple(MEASURES))
    return scores


def test_a_track_against_itself() -> None:
    one = talking(openings(), nod=0.1, speech=speech_of(COUNT, quiet=(1, 2)))
    scores = scores_of(on_common_clock(one, one))
    distances = ("d-ll", "d-vl", "d-a", "lmd", "lmd-128", "lip-lmd-3d", "mouth-mse", "d-l", "d-v", "d-rot", "d-pos")
    for name in (*distances, "lag", "head-spectrum"):
        assert scores.values[name] == pytest.approx(0, abs=1e-9), name
    for name in ("aperture-correlation", "upper-face-ssim", "found"):
        assert scores.values[name] == pytest.approx(1), name
    assert scores.reference["head-range"] == scores.values["head-range"] > 5
    missing = {name: why for name, why in scores.missing.items() if name not in ARTICULATION}
    assert missing == {
        "blink-duration": "no blink was found.",
        "inter-blink-interval": scores.missing["inter-blink-interval"],
    }
    assert all("was heard" in scores.missing[name] for name in scores.missing if name in ARTICULATION)


def test_a_mouth_that_is_open_wider() -> None:
    scores = scores_of(on_common_clock(talking(openings() + 0.1), talking(openings())))
    # 3 of the 37 points of jaw and lips are 0.1 eye distances too low; of the 20 lip points by 0.1 each.
    width = float(np.linalg.norm(np.diff(canonical_face()[0][MESH_OF_68[[48, 54]], :2], axis=0)))
    assert scores.values["d-ll"] == pytest.approx(3 / 37 * 0.1 / width, rel=1e-6)
    assert scores.values["d-vl"] == pytest.approx(0, abs=1e-9)
    assert scores.values["lip-lmd-3d"] == pytest.approx(3 / 20 * 0.1, rel=1e-6)
    assert scores.values["mouth-mse"] == pytest.approx(3 / 60 * 0.1**2, rel=1e-6)
    assert scores.values["aperture-correlation"] == pytest.approx(1)
    assert scores.values["d-rot"] == pytest.approx(0, abs=1e-6)
    difference = np.array(scores.curves["aperture"]) - scores.curves["reference aperture"]
    np.testing.assert_allclose(difference, 0.1, atol=1e-6)
    assert scores.fps == 25


def test_a_late_mouth_lags_and_a_nodding_head_is_told_from_lips() -> None:
    late = talking(openings(COUNT + 3)[:COUNT])
    real = talking(openings(COUNT + 3)[3:], nod=0.1)
    scores = scores_of(on_common_clock(late, real))
    assert scores.values["lag"] == 3
    assert scores.values["d-rot"] == pytest.approx(np.degrees(0.1) * 2 / np.pi / 3, rel=0.01)
    assert scores.values["head-range"] < 0.1 < scores.reference["head-range"]


def test_frames_without_a_face_do_not_count_nor_do_steps_over_them() -> None:
    found = np.ones(COUNT, bool)
    found[40:60] = False
    wrong = openings()
    wrong[40:60] += 0.5
    wrong[60:] += 0.1  # a step that only the gap hides
    scores = scores_of(on_common_clock(talking(wrong, found=found), talking(openings())))
    assert scores.values["found"] == pytest.approx(0.8)
    assert scores.values["d-vl"] == pytest.approx(0, abs=1e-9)
    width = float(np.linalg.norm(np.diff(canonical_face()[0][MESH_OF_68[[48, 54]], :2], axis=0)))
    assert scores.values["d-ll"] == pytest.approx(0.5 * 3 / 37 * 0.1 / width, rel=0.02)


def test_one_frame_is_too_short_for_what_looks_at_movement() -> None:
    one = talking(openings(1))
    scores = scores_of(on_common_clock(one, one))
    for name in ("d-vl", "d-v", "lag", "aperture-correlation", "head-range", "head-spectrum", "blinks-per-second"):
        assert name in scores.missing
        assert name not in scores.values
    assert "it needs 2 frames in a row" in scores.missing["d-vl"]
    assert scores.values["d-ll"] == pytest.approx(0, abs=1e-9)


def test_a_mouth_that_never_opens_has_no_area_to_compare_with() -> None:
    shut = talking(np.zeros(10))
    shut.track.landmarks[:, MESH_OF_68[60:]] = shut.track.landmarks[:, MESH_OF_68[60:61]]
    assert scores_of(on_common_clock(shut, shut), "d-a").missing == {"d-a": "the real mouth never opens."}


def test_motion_in_silence_looks_where_nobody_speaks() -> None:
    speech = speech_of(COUNT, quiet=(2, 4))
    still = openings()
    still[50:] = 0
    calm = scores_of(on_common_clock(talking(still, speech=speech), None), "silence-motion")
    lively = scores_of(on_common_clock(talking(openings(), speech=speech), None), "silence-motion")
    assert calm.values["silence-motion"] < 0.1 < lively.values["silence-motion"]
    mute = scores_of(on_common_clock(talking(still), None), "silence-motion")
    assert mute.missing == {"silence-motion": "video.mp4 has no sound: give one that has."}


def test_lips_close_where_the_sounds_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sounds = [("SIL", 0.4), ("B", 0.2), ("AA", 0.6), ("D", 0.2), ("AA", 0.4), ("D", 0.2), ("F", 0.2), ("SIL", 1.8)]
    times = np.cumsum([0.0, *(length for _, length in sounds)])
    phones = tuple(Interval(label, start, end) for (label, _), start, end in zip(sounds, times, times[1:]))
    monkeypatch.setattr(motions, "recognise", lambda speech: phones)
    wide = np.full(COUNT, 0.15)
    shut = wide.copy()
    shut[3:15] = -lip_gap(canonical_face()[0][MESH_OF_68])
    speech = speech_of(COUNT)
    closes = scores_of(on_common_clock(talking(shut, speech=speech), talking(wide, speech=speech)), *ARTICULATION)
    assert closes.values == {"closures": 1.0, "closures-control": 0.0, "contacts": 0.0}
    assert closes.reference["closures"] == 0.0
    mute = scores_of(on_common_clock(talking(shut), None), *ARTICULATION)
    assert mute.missing == dict.fromkeys(ARTICULATION, "video.mp4 has no sound: give one that has.")
    monkeypatch.setattr(motions, "recognise", lambda speech: phones[:1])
    nothing = scores_of(on_common_clock(talking(shut, speech=speech), None), *ARTICULATION)
    assert nothing.missing["closures"] == "no p, b or m was heard."
    assert set(nothing.missing) == set(ARTICULATION)


def test_silent_frames() -> None:
    silent = silent_frames(speech_of(50, quiet=(0.8, 1.6)), 75, 25.0)
    assert silent[24:38].all()
    assert not silent[:18].any()
    assert silent[52:].all()  # the sound has ended
    assert silent_frames(Speech(np.zeros(0, np.float32), 16_000), 4, 25.0).all()


def test_without_a_reference_only_what_needs_none_is_entered() -> None:
    scores = scores_of(on_common_clock(talking(openings()), None))
    assert set(scores.values) | set(scores.missing) == {
        name for name in (*scores.values, *scores.missing) if not MEASURES[name].needs_reference
    }
    assert not scores.reference
    assert set(scores.curves) == {"aperture", "pitch", "yaw", "roll", "blink"}
