"""The face model fitted to tracks that it has made itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.gaze import look_weights
from talkinghead.face.model import load_face_model
from talkinghead.face.pose import camera_from_head, fit_similarity
from talkinghead.tracking.fit import fit_face, place_face
from talkinghead.types import FaceTrack, FloatArray

MODEL = load_face_model()


def weights(rows: int, **values: float) -> FloatArray:
    table = np.zeros((rows, 51))
    for name, value in values.items():
        table[:, EXPRESSION_NAMES.index(name)] = value
    return table


def track_of(identity: FloatArray, expression: FloatArray, *, noise: float = 0.0, turned: float = 0.3) -> FaceTrack:
    """A track of a face of the model, turned this way and that, 120 px between its eye corners."""
    random, rows = np.random.default_rng(0), len(expression)
    rotation = random.uniform(-turned, turned, (rows, 3))
    translation = random.uniform(200, 220, (rows, 3)) * (1, 1, 0)
    scale = np.full(rows, 120.0)
    mesh = MODEL.mesh(identity, expression) + noise * random.standard_normal((rows, 478, 3))
    landmarks = camera_from_head(mesh, rotation, translation, scale)
    return FaceTrack(landmarks, rotation, translation, scale, np.zeros(rows), np.ones(rows, bool), 25.0)


def a_person(seed: int = 3) -> FloatArray:
    return 0.5 * np.random.default_rng(seed).standard_normal(MODEL.num_identities)


def distance(one: FloatArray, other: FloatArray) -> float:
    """Mean distance of two people's neutral faces; size and place are not told apart from the camera's."""
    source, target = MODEL.neutral(one)[:468], MODEL.neutral(other)[:468]
    matrix, translation, scale = fit_similarity(source, target[None])
    return float(np.linalg.norm(scale[0] * source @ matrix[0].T + translation[0] - target, axis=-1).mean())


def talking(rows: int) -> FloatArray:
    """Weights that come and go, a few at a time."""
    random = np.random.default_rng(1)
    table = np.zeros((rows, 51))
    for name in ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "mouthFunnel", "browInnerUp", "browDownLeft"):
        table[:, EXPRESSION_NAMES.index(name)] = random.uniform(0, 0.8, rows) * (random.uniform(0, 1, rows) < 0.5)
    for side in ("Left", "Right"):
        table[::7, EXPRESSION_NAMES.index(f"eyeBlink{side}")] = 0.9
    return table


def test_known_weights_are_recovered() -> None:
    truth = talking(80)
    identity, fitted = fit_face(track_of(a_person(), truth, noise=0.002))
    assert fitted.expression is not None
    assert identity.shape == (MODEL.num_identities,)
    assert distance(identity, a_person()) < 0.006
    assert distance(identity, a_person()) < 0.4 * distance(np.zeros(1), a_person())
    assert np.abs(fitted.expression - truth).mean() < 0.02
    for name in ("jawOpen", "mouthSmileLeft", "browInnerUp", "eyeBlinkLeft"):
        column = EXPRESSION_NAMES.index(name)
        assert np.corrcoef(fitted.expression[:, column], truth[:, column])[0, 1] > 0.97, name


def test_a_neutral_face_has_no_expression() -> None:
    identity, fitted = fit_face(track_of(a_person(), np.zeros((5, 51))))
    assert fitted.expression is not None
    assert fitted.expression.max() < 0.15
    assert distance(identity, a_person()) < 0.006


def test_left_and_right_are_the_persons() -> None:
    _, fitted = fit_face(track_of(np.zeros(1), weights(9, eyeBlinkLeft=0.9) * (np.arange(9) == 4)[:, None]))
    assert fitted.expression is not None
    assert fitted.expression[4, EXPRESSION_NAMES.index("eyeBlinkLeft")] > 0.75
    assert fitted.expression[4, EXPRESSION_NAMES.index("eyeBlinkRight")] < 0.1


def test_the_placed_face_lies_on_the_tracked_one() -> None:
    identity, fitted = fit_face(track := track_of(a_person(), talking(20)))
    placed = place_face(fitted, identity)
    assert placed.shape == track.landmarks.shape
    assert np.linalg.norm(placed - track.landmarks, axis=-1)[:, :468].mean() < 0.01 * 120
    with pytest.raises(ValueError, match="no expression"):
        place_face(track, identity)


def test_gaze_is_read_and_kept_in_the_weights() -> None:
    gaze = np.array([[0.2, 0.0], [-0.2, 0.1], [0.0, -0.15], [0.0, 0.0]])
    _, fitted = fit_face(track_of(np.zeros(1), look_weights(gaze), turned=0.1))
    assert fitted.gaze is not None
    assert fitted.expression is not None
    np.testing.assert_allclose(fitted.gaze, gaze, atol=0.06)
    looks = [k for k, name in enumerate(EXPRESSION_NAMES) if name.startswith("eyeLook")]
    np.testing.assert_array_equal(fitted.expression[:, looks], look_weights(fitted.gaze)[:, looks])


def test_gaze_goes_on_through_a_blink() -> None:
    rows = 9
    expression = look_weights(np.tile([0.2, 0.0], (rows, 1)))
    expression[4, [EXPRESSION_NAMES.index(f"eyeBlink{side}") for side in ("Left", "Right")]] = 1.0
    track = track_of(np.zeros(1), expression, turned=0.0)
    landmarks = track.landmarks.copy()
    landmarks[4, 468:, :2] += 20.0  # nobody sees where the iris is
    _, fitted = fit_face(replace(track, landmarks=landmarks))
    assert fitted.gaze is not None
    np.testing.assert_allclose(fitted.gaze[4], fitted.gaze[3], atol=0.01)


def test_a_few_bad_frames_do_not_tell_who_it_is() -> None:
    good = track_of(a_person(), talking(40))
    landmarks = good.landmarks.copy()
    landmarks[:4] += np.random.default_rng(5).normal(0, 8, (4, 478, 3))
    clean, dirty = fit_face(good)[0], fit_face(replace(good, landmarks=landmarks))[0]
    assert distance(clean, dirty) < 0.005


def test_rows_without_a_face_do_not_tell_who_it_is() -> None:
    good = track_of(a_person(), talking(30))
    landmarks, found = good.landmarks.copy(), good.found.copy()
    landmarks[:15] = landmarks[:15, :, [1, 0, 2]]
    found[:15] = False
    identity, _ = fit_face(replace(good, landmarks=landmarks, found=found))
    np.testing.assert_allclose(identity, fit_face(good[15:])[0], atol=1e-6)


def test_a_known_person_needs_no_search() -> None:
    track = track_of(a_person(), talking(6))
    identity, fitted = fit_face(track, identity=a_person())
    np.testing.assert_array_equal(identity, a_person())
    assert fitted.expression is not None
    assert np.abs(fitted.expression - talking(6)).mean() < 0.02


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    track = track_of(a_person(), talking(20))
    whole = fit_face(track)[1].expression
    monkeypatch.setattr("talkinghead.tracking.fit._PIECE", 7)
    np.testing.assert_allclose(fit_face(track)[1].expression, whole, atol=1e-3)


def test_a_single_frame() -> None:
    identity, fitted = fit_face(track_of(a_person(), weights(1, jawOpen=0.5)))
    assert np.isfinite(identity).all()
    assert fitted.expression is not None
    assert fitted.expression.shape == (1, 51)
    assert fitted.expression[0, EXPRESSION_NAMES.index("jawOpen")] > 0.3
