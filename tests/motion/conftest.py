"""A motion to save and to edit."""

from __future__ import annotations

import numpy as np
import pytest

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
    )
