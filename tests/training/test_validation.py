"""Scores of generated pictures in closed form, and the sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from talkinghead.media import read_image
from talkinghead.rendering.levels import as_colours
from talkinghead.training.validation import PictureValidation, score_pictures


def batch(count: int = 7) -> dict[str, Tensor]:
    """Pictures between 0 and 200, the landmarks in their middle."""
    rng = np.random.default_rng(0)
    source, target = (torch.from_numpy(rng.integers(0, 200, (count, 64, 64, 3)).astype(np.uint8)) for _ in range(2))
    return {"source": source, "target": target, "target_landmarks": torch.full((count, 68, 2), 32.0)}


def test_scores_in_closed_form() -> None:
    given = batch(2)
    wanted = given["target"].numpy()
    found = score_pictures(wanted + np.uint8(10), given)
    assert found["PSNR_dB"] == found["lips_PSNR_dB"] == pytest.approx(20 * np.log10(25.5), abs=1e-3)
    spoiled = wanted.copy()
    spoiled[:, 30:34, 30:34] = 255
    assert score_pictures(spoiled, given)["lips_PSNR_dB"] < score_pictures(spoiled, given)["PSNR_dB"]
    assert score_pictures(wanted, given)["SSIM"] == pytest.approx(1)


class Copier(nn.Module):
    """Makes the target of it."""

    def __init__(self) -> None:
        super().__init__()
        self.anything = nn.Parameter(torch.zeros(1))

    def forward(self, part: dict[str, Tensor]) -> Tensor:
        assert len(part["target"]) <= 8
        return as_colours(part["target"])


def test_groups_are_scored_and_shown(tmp_path: Path) -> None:
    groups = {"val": batch(), "unseen": batch(17)}
    validation = PictureValidation(groups, lambda network, part: network(part), tmp_path, shown=("source", "target"))
    scores = validation(Copier())
    assert set(scores) == {f"{group} {key}" for group in groups for key in ("PSNR_dB", "SSIM", "lips_PSNR_dB")}
    assert scores["val SSIM"] == scores["unseen SSIM"] == 1.0
    assert validation.unchanged["val"] == score_pictures(groups["val"]["source"].numpy(), groups["val"])
    sheet = read_image(tmp_path / "sheet.png")
    assert sheet.shape == (2 * 5 * 64, 4 * 64, 3)  # two groups of five; source, target, what is made, target
    np.testing.assert_array_equal(sheet[:64, 64:128], sheet[:64, 128:192])
