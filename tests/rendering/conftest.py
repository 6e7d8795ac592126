"""Motions made for a portrait, and pictures of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from talkinghead.face.landmarks import JAW
from talkinghead.face.rest import closed_mouth
from talkinghead.methods.base import Renderer
from talkinghead.types import FloatArray, ImageArray, Motion, Portrait

Still = Callable[..., Motion]


def _own(portrait: Portrait) -> FloatArray:
    return portrait.landmarks


@pytest.fixture
def portrait(request: pytest.FixtureRequest) -> Portrait:
    """One of the portraits, by name."""
    found: Portrait = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def still() -> Still:
    """A motion of a portrait that stays as pictured, but for what is given."""

    def make(portrait: Portrait, count: int = 1, **changes: Any) -> Motion:
        rest = _own(portrait)
        fields: dict[str, Any] = {
            "fps": 25.0,
            "landmarks": np.repeat(rest[None], count, axis=0),
            "rotation": np.zeros((count, 3)),
            "translation": np.zeros((count, 3)),
            "blink": np.zeros(count),
            "rest": rest,
        }
        return Motion(**{**fields, **changes})

    return make


@pytest.fixture
def opening() -> Callable[[Portrait, FloatArray], FloatArray]:
    """(T, 68, 3) landmarks of a portrait whose closed mouth opens by (T,) eye distances: lower lip and chin go down."""

    def make(portrait: Portrait, amounts: FloatArray) -> FloatArray:
        down = np.zeros(68)
        down[[56, 57, 58, 65, 66, 67]] = 1.0
        down[[55, 59]] = 0.6
        down[JAW] = np.exp(-0.5 * ((np.arange(17) - 8) / 3.0) ** 2)
        landmarks = np.repeat(closed_mouth(_own(portrait))[None], len(amounts), axis=0)
        landmarks[..., 1] += amounts[:, None] * down
        return landmarks

    return make


@pytest.fixture
def pictures() -> Callable[[Renderer, Motion, Portrait], ImageArray]:
    """All frames of a motion, (T, H, W, 3)."""

    def render(renderer: Renderer, motion: Motion, portrait: Portrait) -> ImageArray:
        return np.concatenate([chunk.images for chunk in renderer.render(motion, portrait)])

    return render
