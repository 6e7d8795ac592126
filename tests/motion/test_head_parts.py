"""Skin, mouth, teeth and eyes as surfaces."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.landmarks import LEFT_EYE, LIPS, MESH_OF_68, canonical_face
from talkinghead.motion.head_parts import Part, eyeball, face_outwards, portrait_face
from talkinghead.types import FloatArray

REST = canonical_face()[0][MESH_OF_68]


def edges_run_both_ways(part: Part) -> bool:
    """Whether neighbouring triangles are turned alike: each edge is run along at most once in either direction."""
    runs = [(int(a), int(b)) for corners in part.triangles for a, b in zip(corners, np.roll(corners, -1))]
    return len(runs) == len(set(runs))


def test_all_parts_are_turned_outwards() -> None:
    face, eye = portrait_face(REST), eyeball()
    for part in (face.skin, face.teeth, face.cavity, eye):
        assert edges_run_both_ways(part)
        np.testing.assert_allclose(np.linalg.norm(part.normals(), axis=1), 1)
    assert (face.skin.normals()[[4, 9, 152], 2] < -0.2).all()  # nose, forehead and chin towards the viewer
    assert ((eye.normals() * eye.points).sum(axis=1) > 0.9 * np.linalg.norm(eye.points, axis=1)).all()
    front = face.teeth.points[:, 2] < face.teeth.points[:, 2].min() + 0.05
    assert (face.teeth.normals()[front, 2] < 0).all()
    assert face.cavity.normals()[-1, 2] < -0.7  # its back, seen through the lips


def test_the_portraits_own_face() -> None:
    other = REST * [1.1, 0.9, 1.0]
    wide, mean = portrait_face(other), portrait_face(REST)
    np.testing.assert_allclose((wide.skin.points - mean.skin.points)[MESH_OF_68][LEFT_EYE], (other - REST)[LEFT_EYE])
    lips = (other - REST)[LIPS].mean(axis=0)
    np.testing.assert_allclose((wide.teeth.points - mean.teeth.points).mean(axis=0), lips, atol=0.01)
    assert wide.eyes[0, 0] < mean.eyes[0, 0] < 0 < mean.eyes[1, 0]


def test_eyes_lie_behind_the_lids() -> None:
    face, radius = portrait_face(REST), np.linalg.norm(eyeball().points, axis=1).max()
    for targets in (np.zeros(51), np.eye(51)[0] + np.eye(51)[7]):
        skin = face.skin.points + np.tensordot(targets, face.skin.targets, axes=1)
        for centre in face.eyes:
            assert np.linalg.norm(skin - centre, axis=1).min() > radius


def test_the_cavity_opens_with_the_lips() -> None:
    face = portrait_face(REST)
    assert face.cavity.targets.shape == (51, 41, 3)
    jaw_open = 17
    assert face.cavity.targets[jaw_open, :20, 1].max() > 0.2


@pytest.mark.parametrize("seed", [0, 1])
def test_mixed_up_triangles_are_turned(seed: int) -> None:
    random = np.random.default_rng(seed)
    part = eyeball()
    mixed = part.triangles.copy()
    for number in np.flatnonzero(random.uniform(size=len(mixed)) < 0.5):
        mixed[number] = mixed[number, ::-1]
    turned = Part(part.points, face_outwards(part.points, mixed[random.permutation(len(mixed))], np.zeros(3)))
    assert edges_run_both_ways(turned)
    outwards: FloatArray = (turned.normals() * turned.points).sum(axis=1)
    assert (outwards > 0).all()
