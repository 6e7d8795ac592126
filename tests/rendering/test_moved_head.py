"""The portrait's own head, moved as a network moves it, with the network's changes over it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from talkinghead.rendering.moved_head import Drawing, MovedHead, pad_batches
from talkinghead.types import FloatArray, ImageArray

SIZE, SIDE, BATCH = 64, 96, 2
OWN = np.array([[20.0 + k % 9 * 3, 20.0 + k // 9 * 3] for k in range(68)])
PICTURE = np.random.default_rng(0).integers(60, 190, (SIDE, SIDE, 3), np.uint8)


class Network:
    """Paints everything purple; a landmark that moves by a px down makes the picture ``redder`` and moves the field."""

    def __init__(self, *, redder: float = 0.0, away: float | None = None) -> None:
        self.redder, self.away = redder, away

    def __call__(self, landmarks: FloatArray) -> Drawing:
        moved = torch.from_numpy(landmarks[:, 0, 1] - OWN[0, 1]).float()[:, None, None, None]
        picture = torch.tensor([0.3, -0.5, 0.4])[:, None, None].expand(len(landmarks), 3, SIZE, SIZE).clone()
        picture[:, :1] += self.redder * moved
        if self.away is None:
            return Drawing(picture)
        # Also without motion its field is not zero: that is the network's error.
        return Drawing(picture, 1.5 + self.away * moved.expand(-1, 2, SIZE // 4, SIZE // 4))


def moved_head(network: Network, *, coloured: bool = False) -> MovedHead:
    return MovedHead(network, OWN, PICTURE, size=SIZE, batch=BATCH, coloured=coloured)


def rows(*down: float) -> FloatArray:
    return OWN + np.array(down)[:, None, None] * np.array([0.0, 1.0])


@pytest.mark.parametrize("away", [None, 1.0])
def test_without_motion_it_is_the_portrait_whatever_the_network_paints(away: float | None) -> None:
    made = moved_head(Network(away=away))(rows(0.0, 0.0, 0.0))
    np.testing.assert_array_equal(made, np.repeat(PICTURE[None], 3, axis=0))


def test_pixels_move_as_the_field_says_at_the_portraits_resolution() -> None:
    made = moved_head(Network(away=2.0))(rows(1.0))[0]  # 2 px of 64 are 3 of 96
    np.testing.assert_array_equal(made[:-3, :-3], PICTURE[3:, 3:])


def test_without_a_field_pixels_move_as_the_landmarks_do() -> None:
    made = moved_head(Network())(rows(2.0))[0]  # 2 px of 64 are 3 of 96
    x, y = (OWN[30] * SIDE / SIZE).round().astype(int)
    face = np.s_[y - 6 : y + 6, x - 6 : x + 6]
    wanted = PICTURE[y - 9 : y + 3, x - 6 : x + 6].astype(int)
    assert np.abs(made[face].astype(int) - wanted).mean() < 10 < np.abs(PICTURE[face].astype(int) - wanted).mean()


def chroma(image: ImageArray) -> FloatArray:
    return np.asarray(image.astype(np.float64) - image @ np.array([0.299, 0.587, 0.114])[:, None])


def test_what_the_network_changes_counts_near_the_landmarks() -> None:
    made = moved_head(Network(redder=0.2, away=0.0), coloured=True)(rows(1.0))[0].astype(int)
    x, y = (OWN[30] * SIDE / SIZE).round().astype(int)
    change = made - PICTURE
    np.testing.assert_allclose(change[y, x], [0.2 * 127.5, 0, 0], atol=1)
    assert (change[-12:, -12:] == 0).all()


def test_changes_without_colours_keep_those_of_the_portrait() -> None:
    made = moved_head(Network(redder=0.2, away=0.0))(rows(1.0))[0]
    np.testing.assert_allclose(chroma(made), chroma(PICTURE), atol=1)
    x, y = (OWN[30] * SIDE / SIZE).round().astype(int)
    np.testing.assert_allclose(made[y, x].astype(int) - PICTURE[y, x], 0.299 * 0.2 * 127.5, atol=1)


def test_batches_are_filled_up_with_the_last_row() -> None:
    found = [batch[:, 0].tolist() for batch in pad_batches(np.arange(5.0)[:, None], 3)]
    assert found == [[0, 1, 2], [3, 4, 4]]
