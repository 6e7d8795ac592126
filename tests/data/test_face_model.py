"""How the face model is made: from ICT-FaceKit, and what recordings teach it."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from talkinghead.data.face_learning import by_speaker, learn_expressions, learn_face_model
from talkinghead.data.face_model import make_face_model, open_recordings, read_ict, save_face_model
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take
from talkinghead.face import model as face_model
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import INNER_LIP_CONTOUR, MESH_OF_68
from talkinghead.face.model import FaceModel, load_face_model
from talkinghead.types import FaceTrack, FloatArray

MODEL = load_face_model()
NOTHING_LEARNED = replace(MODEL, identities=MODEL.identities[:60], teeth_identities=MODEL.teeth_identities[:60])


def take(speaker: str, model: FaceModel, expression: FloatArray, *, seed: int) -> Take:
    """A take in which a face of a model makes expressions, upright, 100 px between its eye corners."""
    rows = len(expression)
    identity = 0.3 * np.random.default_rng(seed).standard_normal(60)
    mesh = model.mesh(identity, expression)
    zeros = np.zeros((rows, 3))
    track = FaceTrack(100.0 * mesh, zeros, zeros, np.full(rows, 100.0), np.zeros(rows), np.ones(rows, bool), 25.0)
    return Take(Recording(speaker, speaker, Path(f"{speaker}.mp4"), "made up"), track)


def talking(rows: int, seed: int) -> FloatArray:
    """(rows, 51) weights of the mouth that come and go; in the first row the face rests."""
    random = np.random.default_rng(seed)
    weights = np.zeros((rows, 51))
    for name in ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "mouthPucker", "browInnerUp"):
        weights[1:, EXPRESSION_NAMES.index(name)] = random.uniform(0, 0.8, rows - 1) * random.integers(0, 2, rows - 1)
    return weights


def test_a_saved_model_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_face_model(MODEL, tmp_path / "model.npz")
    monkeypatch.setattr(face_model, "_MODEL", tmp_path / "model.npz")
    again = load_face_model.__wrapped__()
    for field in fields(FaceModel):
        np.testing.assert_allclose(getattr(again, field.name), getattr(MODEL, field.name), atol=1e-3)


def test_a_model_of_other_expressions_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with np.load(face_model._MODEL) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["expression_names"] = arrays["expression_names"][::-1]
    np.savez(tmp_path / "model.npz", **arrays)
    monkeypatch.setattr(face_model, "_MODEL", tmp_path / "model.npz")
    with pytest.raises(ValueError, match="other expressions"):
        load_face_model.__wrapped__()


def test_it_is_compact() -> None:
    assert face_model._MODEL.stat().st_size < 1_500_000


def test_the_mean_face_is_learned() -> None:
    """The tracker sees a few points of all faces elsewhere: the learned mean has them there."""
    bump = np.zeros((478, 3))
    bump[[4, 152, 9, 18]] = (0.0, 0.05, -0.05)
    true = replace(NOTHING_LEARNED, mean=MODEL.mean + bump)
    takes = [take(name, true, talking(12, seed), seed=seed) for seed, name in enumerate("abc")]
    learned = learn_face_model(NOTHING_LEARNED, by_speaker(takes))
    assert learned.num_identities > 60
    assert len(learned.teeth_identities) == learned.num_identities
    moved = learned.mean[[4, 152, 9, 18]] - MODEL.mean[[4, 152, 9, 18]]
    assert (moved[:, 1] > 0.02).all()
    assert (moved[:, 2] < -0.02).all()
    rest = np.delete(learned.mean - MODEL.mean, [4, 152, 9, 18], axis=0)
    assert np.linalg.norm(rest, axis=-1).mean() < 0.03


def test_expressions_are_learned_and_keep_their_size() -> None:
    """The tracker sees the nose move along with an open jaw: the learned jaw moves it."""
    jaw = EXPRESSION_NAMES.index("jawOpen")
    moves = MODEL.expressions.copy()
    moves[jaw, 4, 1] += 0.05
    true = replace(MODEL, expressions=moves)
    speakers = by_speaker([take(name, true, talking(60, seed), seed=seed) for seed, name in enumerate("ab")])
    learned = learn_expressions(MODEL.expressions, speakers)
    assert learned[jaw, 4, 1] - MODEL.expressions[jaw, 4, 1] == pytest.approx(0.05, abs=0.02)
    sizes = [
        (e[:, MESH_OF_68] * MODEL.expressions[:, MESH_OF_68]).sum(axis=(1, 2)) for e in (learned, MODEL.expressions)
    ]
    solved = [k for k, name in enumerate(EXPRESSION_NAMES) if not name.startswith("eye")]
    np.testing.assert_allclose(sizes[0][solved], sizes[1][solved], rtol=0.05)
    eyes = [k for k, name in enumerate(EXPRESSION_NAMES) if name.startswith("eye")]
    np.testing.assert_allclose(learned[eyes], MODEL.expressions[eyes], atol=0.01)


@pytest.mark.corpus
def test_lips_of_the_original_are_told_apart(corpus: Path) -> None:
    made = make_face_model(read_ict(corpus / "face_model"))
    upper, lower = INNER_LIP_CONTOUR[1:10], INNER_LIP_CONTOUR[:10:-1]
    jaw = made.expressions[EXPRESSION_NAMES.index("jawOpen")]
    assert np.abs(jaw[upper[2:7], 1]).max() < 0.05
    assert jaw[lower[2:7], 1].min() > 0.15
    assert made.num_identities == 60
    assert np.abs(made.mean[lower, 1] - made.mean[upper, 1]).max() < 0.02
    # Those of the model that ships are these, a little changed.
    shipped, original = (model.expressions[:, :468].reshape(51, -1) for model in (MODEL, made))
    alike = (shipped * original).sum(axis=1) / np.linalg.norm(shipped, axis=1) / np.linalg.norm(original, axis=1)
    assert alike.min() > 0.6
    assert np.median(alike) > 0.9
    np.testing.assert_allclose(MODEL.identities[:60], made.identities, atol=0.002)


@pytest.mark.corpus
def test_only_open_recordings_are_learned_from(corpus: Path) -> None:
    recordings = open_recordings(corpus)
    assert {recording.tier for recording in recordings} == {"open"}
    assert {recording.split for recording in recordings} == {"train"}
    assert len({recording.speaker for recording in recordings}) >= 12
