"""The training of the mouth interior: what it is fed, what it learns by, and a whole one in miniature."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from plans import plan
from talkinghead.face.landmarks import LIPS, MESH_OF_68, canonical_face
from talkinghead.face.pose import camera_from_head
from talkinghead.recipes import mouth
from talkinghead.recipes.mouth import (
    CONFIGS,
    MouthBatches,
    OpenMouths,
    mouth_adversaries,
    mouth_losses,
    open_mouth_crops,
    train_mouth,
)
from talkinghead.rendering.interior import MouthInterior
from talkinghead.rendering.mouth import PATCH_SIZE
from talkinghead.tracking.track import make_track
from talkinghead.types import FloatArray
from talkinghead.weights import load_weights

TINY = CONFIGS["tiny"]


def talking(count: int = 60, *, openness: FloatArray | None = None) -> FloatArray:
    """(T, 478, 3) px of the mean face; the lower lip goes up and down."""
    shape = np.repeat(canonical_face()[0][None], count, axis=0)
    path = 0.1 * (1 - np.cos(np.arange(count) / 3)) if openness is None else openness
    shape[:, MESH_OF_68[[56, 57, 58, 65, 66, 67]], 1] += path[:, None]
    still = np.zeros((count, 3))
    return camera_from_head(shape, still, still + 100.0, np.full(count, 60.0))


def mouths(count: int = 12) -> OpenMouths:
    """Crops of plain skin with a dark lens in it, of two speakers."""
    width, height = PATCH_SIZE
    x = np.linspace(-1, 1, 11)
    upper = np.stack([x, -(1 - x**2)], axis=1)
    lower = np.stack([x[9:0:-1], 1 - x[9:0:-1] ** 2], axis=1)
    lens = np.concatenate([upper, lower])
    inner, outer = (lens * half + (width / 2, height / 2) for half in ((16.0, 8.0), (20.0, 13.0)))
    crops = np.full((count, height, width, 3), (190, 140, 120), np.uint8)
    crops[:, 18:31, 20:45] = (60, 20, 20)
    contours = np.repeat(np.concatenate([inner, outer])[None], count, axis=0)
    return OpenMouths(crops, contours, ["FACEGOOD-zsmeif" if k % 3 else "GRID-s1" for k in range(count)])


def test_mouth_batches_have_colours_under_one_light() -> None:
    source = mouths()
    darker = OpenMouths((source.crops * 0.5).astype(np.uint8), source.contours, source.speakers)
    for given in (source, darker):
        batch = MouthBatches(given, size=32)(0)
        width, height = PATCH_SIZE
        assert batch["opening"].shape == (32, 1, height, width)
        assert batch["colours"].shape == (32, 3, height, width)
        assert set(batch["person"].tolist()) <= {0, 1}
        assert 0.0 <= float(batch["colours"].min()) <= float(batch["colours"].max()) <= 1.0
        inside = batch["colours"].permute(0, 2, 3, 1)[batch["opening"][:, 0] > 0.99]
        torch.testing.assert_close(inside.median(dim=0).values, torch.tensor([60, 20, 20]) / 255, atol=0.02, rtol=0)


def test_mouth_batches_are_functions_of_the_step() -> None:
    batches = MouthBatches(mouths(), size=32)
    first, again, other = batches(5), batches(5), batches(6)
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert not torch.equal(first["opening"], other["opening"])


def test_mouth_crops_cut_the_mouth_out() -> None:
    track = make_track(talking(4), np.ones(4, bool), 25.0, smooth=False)
    images = np.zeros((4, 220, 220, 3), np.uint8)
    lips = track.landmarks[0, MESH_OF_68[LIPS], :2]
    middle = lips.mean(axis=0).round().astype(int)
    images[:, middle[1] - 1 : middle[1] + 2, middle[0] - 1 : middle[0] + 2] = 255
    crops, contours = open_mouth_crops(images[:2], track, np.array([0, 2]))
    assert len(crops) == len(contours) == 2
    width, height = PATCH_SIZE
    assert crops[0].shape == (height, width, 3)
    rows, columns = np.nonzero(crops[0][..., 0] > 128)
    assert contours[0][:, 0].min() < columns.mean() < contours[0][:, 0].max()
    assert contours[0][:, 1].min() < rows.mean() < contours[0][:, 1].max()
    assert contours[0].shape == (40, 2)
    assert (contours[0] > 0).all()
    assert (contours[0] < (width, height)).all()


def test_a_whole_training_of_the_mouth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mouth, "read_open_mouths", lambda recordings, store: mouths())
    train_mouth(plan("mouth", None, tmp_path / "out", steps=2))
    card = json.loads((tmp_path / "out" / "mouth.json").read_text(encoding="utf-8"))
    assert {"config", "data", "data_licence", "command", "scores", "parameters", "commit"} <= set(card)
    network = MouthInterior(TINY.width)
    load_weights(network, tmp_path / "out" / "mouth.safetensors")
    assert card["parameters"] == sum(value.numel() for value in network.parameters())


class Painter(nn.Module):
    """A network that paints one colour whatever it is shown."""

    def __init__(self, level: float) -> None:
        super().__init__()
        self.level = level

    def forward(self, opening: Tensor, person: Tensor) -> Tensor:
        return torch.full((len(opening), 3, *opening.shape[2:]), self.level)


def mouth_training(level: float, says: float) -> nn.Module:
    """A painter, and a discriminator that says the same of all."""
    network = mouth_adversaries(TINY)
    network.generator = Painter(level)  # type: ignore[assignment]
    for value in network.discriminator.parameters():
        nn.init.zeros_(value)
    last = network.discriminator.last
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    nn.init.constant_(last.bias, says)
    return network


def mouth_batch(level: float) -> dict[str, Tensor]:
    """Two openings, a rectangle of 20 x 10 px each."""
    width, height = PATCH_SIZE
    opening = torch.zeros(2, 1, height, width)
    opening[:, :, 20:30, 20:40] = 1.0
    return {"opening": opening, "person": torch.tensor([0, 1]), "colours": torch.full((2, 3, height, width), level)}


def test_colour_loss_is_the_mean_difference_inside_the_opening() -> None:
    losses = mouth_losses(mouth_training(0.75, 0.0), mouth_batch(0.5), TINY)
    covered = 3 * 2 * 200
    assert losses["colour_loss"] == pytest.approx(0.25 * covered / (covered + 1))
    assert losses["gradient_loss"] == 0.0  # off by a constant


def test_what_lies_outside_the_opening_does_not_count() -> None:
    batch = mouth_batch(0.5)
    batch["colours"] = torch.where(batch["opening"] > 0, batch["colours"], torch.rand(2, 3, 48, 64))
    assert mouth_losses(mouth_training(0.5, 0.0), batch, TINY)["colour_loss"] == 0.0


def test_gradient_loss_of_a_step() -> None:
    batch = mouth_batch(0.5)
    batch["colours"][:, :, :, 30:] = 0.7  # an edge of 0.2 down the middle of the opening, ten rows high
    losses = mouth_losses(mouth_training(0.5, 0.0), batch, TINY)
    assert losses["gradient_loss"] == pytest.approx(2 * 3 * 10 * 0.2 / (3 * 400 + 1), rel=1e-4)


@pytest.mark.parametrize(("says", "fooled", "mistaken"), [(0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (0.5, 0.25, 0.5)])
def test_adversarial_losses_are_least_squares(says: float, fooled: float, mistaken: float) -> None:
    losses = mouth_losses(mouth_training(0.5, says), mouth_batch(0.5), TINY)
    assert set(losses) == {"colour_loss", "gradient_loss", "adversarial_loss", "discriminator_loss"}
    assert losses["discriminator_loss"].item() == pytest.approx(mistaken, rel=0.05)
    assert losses["adversarial_loss"].item() == pytest.approx(0.03 * fooled, rel=0.05)
