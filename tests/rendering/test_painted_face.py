"""The lower half of a drawn face in a frame: where it is laid, and in whose colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from talkinghead.face.landmarks import FACE_OVAL, OUTER_LIP_CONTOUR
from talkinghead.rendering.painted_face import (
    box_of_lower_face,
    cover_lower_face,
    cut_heads,
    draw_heads,
    match_colours,
)
from talkinghead.types import Frames, Motion, Portrait


def test_it_covers_the_mouth_and_ends_below_the_nose_and_within_the_face(calm: Portrait) -> None:
    mesh = np.asarray(calm.mesh, float)
    box = box_of_lower_face(mesh, calm.size)
    share, skin = cover_lower_face(mesh, box)
    assert share.shape == skin.shape == box[:1:-1]

    def at(points: np.ndarray, part: np.ndarray) -> np.ndarray:
        whole = np.zeros(calm.size[::-1])
        whole[box[1] :, box[0] :][: box[3], : box[2]] = part
        x, y = mesh[points, :2].round().astype(int).T
        return np.asarray(whole[y, x])

    assert at(OUTER_LIP_CONTOUR, share).min() > 0.95
    assert at(OUTER_LIP_CONTOUR, skin).max() < 0.2
    assert at(FACE_OVAL, share).max() < 0.1
    assert at(np.array([1, 33, 263]), share).max() < 0.05  # nose and eyes
    assert skin.max() > 0.9


def test_a_picture_takes_the_colours_that_a_frame_has_around_the_lips() -> None:
    generator = np.random.default_rng(0)
    grain = generator.integers(-8, 8, (120, 120, 1))
    drawn = (np.array([90, 80, 70]) + grain).astype(np.uint8)
    frame = np.broadcast_to(np.array([150, 120, 100], np.uint8), (120, 120, 3)).copy()
    frame[50:70, 50:70] = (255, 0, 0)  # another mouth
    skin = np.ones((120, 120))
    skin[40:80, 40:80] = 0
    matched = match_colours(drawn, frame, skin, 80.0)
    np.testing.assert_allclose(matched.astype(float) - grain, np.broadcast_to((150, 120, 100), frame.shape), atol=4)


def test_heads_are_drawn_in_their_place(calm: Portrait, still: Callable[..., Motion]) -> None:
    wide = replace(
        calm,
        frames=Frames(np.pad(calm.frames.images, ((0, 0), (0, 0), (300, 0), (0, 0)), mode="edge"), 25.0),
        track=replace(
            calm.track,
            landmarks=calm.track.landmarks + np.array([300.0, 0, 0]),
            translation=calm.track.translation + np.array([300.0, 0, 0]),
        ),
        person=None,
    )
    cut = cut_heads(wide)
    assert cut.size[0] < wide.size[0] - 200

    def render(motion: Motion, portrait: Portrait) -> Iterator[Frames]:
        assert not motion.translation.any()
        for start in range(0, len(motion), 2):
            yield Frames(np.repeat(portrait.picture[None], len(motion[start : start + 2]), axis=0), motion.fps)

    moved = still(calm, 3, translation=np.ones((3, 3)))
    heads = list(draw_heads(render, moved, wide))
    assert len(heads) == 3
    left, top = np.asarray(wide.mesh[0, :2] - heads[2].mesh[0])
    np.testing.assert_allclose(heads[2].mesh, wide.mesh[:468, :2] - (left, top), atol=0.5)
    own = wide.picture[round(top) :, round(left) :][: cut.size[1], : cut.size[0]]
    np.testing.assert_array_equal(heads[0].image, own)
