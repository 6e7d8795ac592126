"""The layer that tells whether a mouth is seen: how it is fitted, and that what ships is what its card says."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from talkinghead.data import mouth_visibility
from talkinghead.data.mouth_visibility import _Face, _vary, fit
from talkinghead.tracking.find import find_faces
from talkinghead.tracking.networks import weights_of
from talkinghead.tracking.visibility import NAME, MouthVisibility, MouthVisibilityConfig, read_lip_features
from talkinghead.types import BoolArray, FloatArray, ImageArray
from talkinghead.weights import load_network


def read(network: MouthVisibility, features: FloatArray) -> FloatArray:
    """(N,) log odds."""
    with torch.no_grad():
        return np.asarray(network(torch.from_numpy(features).float()).numpy())


@pytest.fixture
def examples() -> tuple[FloatArray, BoolArray]:
    """Features (200, 6), of which the second one tells, of another mean and spread than the others."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 6)) * (1, 40, 1, 0.1, 1, 1) + (0, 300, 0, 5, 0, 0)
    return features, features[:, 1] > 310


def test_what_tells_is_learned_whatever_its_scale(examples: tuple[FloatArray, BoolArray]) -> None:
    features, seen = examples
    network = fit(features, seen, np.ones(len(seen)))
    assert network.config == MouthVisibilityConfig(features=6)
    assert ((read(network, features) > 0) == seen).mean() > 0.9
    influence = np.abs(network.read.weight.detach().numpy()[0]) * features.std(axis=0)
    assert influence.argmax() == 1
    assert influence[1] > 4 * np.delete(influence, 1).max()


def test_a_feature_that_never_changes_does_no_harm(examples: tuple[FloatArray, BoolArray]) -> None:
    features, seen = examples
    network = fit(np.column_stack([features, np.full(len(seen), 7.0)]), seen, np.ones(len(seen)))
    assert ((read(network, np.column_stack([features, np.full(len(seen), 7.0)])) > 0) == seen).mean() > 0.9


def test_rows_count_by_their_weight(examples: tuple[FloatArray, BoolArray]) -> None:
    features, seen = examples
    contrary = np.concatenate([features, features]), np.concatenate([seen, ~seen])
    heavy = np.repeat([1.0, 0.01], len(seen))
    assert ((read(fit(*contrary, heavy), features) > 0) == seen).mean() > 0.9
    assert ((read(fit(*contrary, heavy[::-1].copy()), features) > 0) == seen).mean() < 0.1
    # Only what weights are to each other matters.
    np.testing.assert_allclose(
        read(fit(*contrary, heavy), features), read(fit(*contrary, 1000 * heavy), features), atol=1e-3
    )


def test_changed_copies_of_a_face_show_mouths_and_hide_them(
    astronaut: ImageArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = astronaut[:256, 96:352].copy()
    (mesh,) = find_faces(photo)
    monkeypatch.setattr(mouth_visibility, "_EACH", 10)
    features, seen, speakers = _vary([_Face("anna", photo, mesh)] * 2, np.random.default_rng(0))
    assert features.shape == (len(seen), MouthVisibilityConfig.features)
    assert len(speakers) == len(seen) <= 20
    assert set(speakers) == {"anna"}
    assert 3 < seen.sum() < len(seen) - 3
    shipped = load_network(MouthVisibility, MouthVisibilityConfig, weights_of(NAME)).eval()
    assert ((read(shipped, features) > 0) == seen).mean() > 0.8


def test_the_shipped_weights_have_a_card_and_fit_the_mesh(astronaut: ImageArray) -> None:
    card = json.loads(weights_of(NAME).with_suffix(".json").read_text(encoding="utf-8"))
    network = load_network(MouthVisibility, MouthVisibilityConfig, weights_of(NAME))
    assert card["parameters"] == sum(p.numel() for p in network.parameters()) == network.config.features + 1
    assert card["command"] == "python -m talkinghead.data.mouth_visibility CORPUS"
    assert card["data"]
    assert card["data_licence"]
    assert card["scores"]["right in training"] > 0.95
    photo = astronaut[:256, 96:352].copy()
    features = read_lip_features([photo], find_faces(photo), network.config.layer)
    assert features.shape == (1, network.config.features)
    assert read(network.eval(), features)[0] > 0
