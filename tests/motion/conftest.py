"""A motion to save and to edit."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.motion.controls import shape_field
from talkinghead.types import Motion


@pytest.fixture
def motion() -> Motion:
    random = np.random.default_rng(0)
    return Motion(
        fps=29.97,
        landmarks=random.standard_normal((12, 68, 3)).astype(np.float32),
        rotation=random.standard_normal((12, 3)),
        translation=random.standard_normal((12, 3)),
        blink=random.uniform(size=12),
        rest=random.standard_normal((68, 3)),
        expression=random.uniform(size=(12, 51)).astype(np.float32),
        gaze=0.2 * random.standard_normal((12, 2)),
    )


@pytest.fixture
def speaking() -> Motion:
    """Two seconds at 25 frames per second of the mean face, whose mouth, brows and head go up and down; one blink."""
    time = np.arange(50) / 25
    rest = canonical_face()[0][MESH_OF_68]
    opening, lift = 0.06 * (1 - np.cos(6 * time)), 0.3 * np.sin(4 * time)
    moved = opening[:, None, None] * shape_field("open") + lift[:, None, None] * shape_field("brows")
    rotation = 0.1 * np.sin(np.outer(time, [3.0, 2.0, 5.0]))
    blink = np.where((time > 0.4) & (time < 0.6), 1.0, 0.0)
    return Motion(25.0, (rest + moved).astype(np.float32), rotation, 0.2 * rotation, blink, rest)
