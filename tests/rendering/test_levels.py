"""Levels of files and colours of networks."""

from __future__ import annotations

import torch

from talkinghead.rendering.levels import as_colours, as_levels


def test_levels_come_back_and_what_lies_beyond_is_cut_off() -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16, 1).expand(1, 16, 16, 3)
    colours = as_colours(levels)
    assert colours.shape == (1, 3, 16, 16)
    assert (float(colours.min()), float(colours.max())) == (-1.0, 1.0)
    assert torch.equal(as_levels(colours), levels)
    assert as_levels(torch.tensor([-2.0, 2.0]).view(1, 1, 1, 2)).flatten().tolist() == [0, 255]
