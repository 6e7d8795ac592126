"""Mouths that are covered all the time: what stands before them does not move, and what belongs to them does."""

from __future__ import annotations

import numpy as np
import pytest

from talkinghead.face.landmarks import OUTER_LIP_CONTOUR
from talkinghead.tracking.cover import MouthCover
from talkinghead.tracking.follow import SeenFace
from talkinghead.tracking.shots import ShotFrame

FPS, COUNT, SIDE = 10.0, 40, 120


def look_at(odds: float, *, lips_move: bool, head_moves: bool = True, stays_below: int = SIDE) -> MouthCover:
    """What is noted of a face whose picture is noise that moves or stands still, in a mouth with these odds."""
    rng = np.random.default_rng(0)
    mesh = np.zeros((478, 3))
    mesh[:, :2] = rng.uniform(20, 100, (478, 2)) * (1, 0.5)
    mesh[OUTER_LIP_CONTOUR, :2] = np.stack([np.linspace(40, 80, 20), 90 + 8 * np.sin(np.arange(20))], axis=1)
    cover = MouthCover(FPS)
    ground = rng.integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8)
    for number in range(COUNT):
        image = ground.copy()
        for moves, rows in ((head_moves, slice(0, 75)), (lips_move, slice(75, SIDE))):
            image[rows] = np.roll(ground[rows], 3 * number if moves else 0, axis=1)
        image[stays_below:] = ground[stays_below:]
        cover([ShotFrame(number, image, image[:9, :16], number == 0)], [SeenFace(mesh, odds)])
    return cover


@pytest.mark.parametrize(
    ("odds", "lips_move", "head_moves", "covered"),
    [(-2.0, False, True, True), (-2.0, True, True, False), (4.0, False, True, False), (-2.0, False, False, False)],
)
def test_a_doubtful_mouth_is_covered_if_it_stands_still_while_the_face_moves(
    odds: float, lips_move: bool, head_moves: bool, covered: bool
) -> None:
    found = look_at(odds, lips_move=lips_move, head_moves=head_moves).is_covered(COUNT)
    assert (found == covered).all()


@pytest.mark.parametrize(("odds", "covered"), [(2.0, True), (4.0, False)])
def test_a_mouth_is_covered_if_a_part_of_it_stands_still_and_it_is_hard_to_see(odds: float, covered: bool) -> None:
    assert not look_at(odds, lips_move=True).is_covered(COUNT).any()
    assert (look_at(odds, lips_move=True, stays_below=90).is_covered(COUNT) == covered).all()


def test_faces_at_the_edge_of_the_picture_are_looked_at() -> None:
    mesh = np.random.default_rng(0).uniform(-90, 20, (478, 3))
    cover = MouthCover(FPS)
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    for number in range(8):
        cover([ShotFrame(number, image, image[:9, :16], False)], [SeenFace(mesh + number * 30, 5.0)])
    assert len(cover.looks) == 3
    assert not cover.is_covered(8).any()
