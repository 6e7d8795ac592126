"""Lips as somebody mostly has them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor

from talkinghead.face.landmarks import LIPS, MESH_OF_68
from talkinghead.methods.facial.config import CONFIGS
from talkinghead.methods.facial.gan import AFTER, BEFORE, FacialGenerator
from talkinghead.methods.facial.motion import FacialMotion
from talkinghead.methods.facial.mouths import shift_lips, usual_lips
from talkinghead.motion.generator import Talk
from talkinghead.types import FaceTrack, FloatArray, Portrait, Speech

TINY = CONFIGS["tiny"].attributes


def track_of(portrait: Portrait, *, wider: float = 0.0) -> FaceTrack:
    """Four frames of a portrait, with a mouth that is wider by a share of it, and one in which nobody is found."""
    mesh = np.repeat(np.asarray(portrait.mesh, np.float64)[None], 5, axis=0)
    lips = mesh[:, MESH_OF_68[LIPS]]
    mesh[:, MESH_OF_68[LIPS], 0] += wider * (lips - lips.mean(axis=1, keepdims=True))[..., 0]
    mesh[4] += 40.0 * np.random.default_rng(0).standard_normal(mesh[4].shape)
    one = portrait.track
    rows = {name: np.repeat(getattr(one, name), 5, axis=0) for name in ("rotation", "translation", "scale", "blink")}
    return replace(one, landmarks=mesh, found=np.array([True] * 4 + [False]), expression=None, gaze=None, **rows)


def about_their_middle(landmarks: FloatArray) -> FloatArray:
    return np.asarray(landmarks[LIPS] - landmarks[LIPS].mean(axis=0))


def test_lips_are_those_of_the_frames_in_which_they_are_found(calm: Portrait) -> None:
    own = about_their_middle(calm.landmarks)
    np.testing.assert_allclose(usual_lips(track_of(calm)), own, atol=1e-6)
    assert np.ptp(usual_lips(track_of(calm, wider=0.2))[:, 0]) == pytest.approx(1.2 * np.ptp(own[:, 0]), rel=0.02)


def test_nothing_but_the_shape_of_the_lips_is_shifted(calm: Portrait) -> None:
    shift = shift_lips(track_of(calm, wider=0.2), calm.landmarks)
    assert not np.delete(shift, np.r_[LIPS], axis=0).any()
    np.testing.assert_allclose(shift[LIPS].mean(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(
        about_their_middle(calm.landmarks + shift), usual_lips(track_of(calm, wider=0.2)), atol=1e-9
    )


@pytest.mark.parametrize("adapted", [True, False])
def test_lips_of_a_person_have_their_usual_shape_in_the_mean(calm: Portrait, adapted: bool) -> None:
    """A network that always makes the same expression, of a person whose mouth is wider than in the picture."""
    network = FacialGenerator(TINY)
    expression = np.random.default_rng(0).random((20, 51)) * 0.01

    class Still(FacialGenerator):
        def forward(self, speech: Tensor, state: Tensor) -> Tensor:
            made = torch.zeros(58)
            made[:51] = torch.from_numpy(expression.mean(axis=0))
            return self.standardise(made).expand(1, speech.shape[1] - BEFORE - AFTER, -1).clone()

    network.__class__ = Still
    if adapted:
        network.adopt_usual([expression])
    speech, track = Speech(np.zeros(16_000, np.float32), 16_000), track_of(calm, wider=0.2)
    reference = cast("Any", SimpleNamespace(track=track))
    talk = Talk(speech, 30.0, np.ones(30), calm.landmarks, calm.landmarks, 0, reference)
    features = np.zeros((30, TINY.num_features), np.float32)
    made = FacialMotion(network).animate(talk, features).landmarks(slice(0, 3))
    without = FacialMotion(network).animate(replace(talk, reference=None), features).landmarks(slice(0, 3))
    if adapted:
        np.testing.assert_allclose(about_their_middle(made[0]), usual_lips(track), atol=0.02)
        assert np.abs(made - without)[:, LIPS].max() > 0.02
    else:
        np.testing.assert_array_equal(made, without)
