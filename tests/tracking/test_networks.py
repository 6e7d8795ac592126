"""The tracker's networks on processors and GPUs."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from talkinghead.tracking import networks
from talkinghead.tracking.networks import NETWORKS, divide_work, load, run_network


@pytest.mark.parametrize("name", NETWORKS)
def test_all_parts_of_a_network_are_on_its_device(name: str) -> None:
    """On the device "meta" nothing is computed, but tensors of another device are refused as on a GPU."""
    elsewhere = copy.deepcopy(load(name)).to("meta")
    side = elsewhere.config.size
    made = elsewhere(torch.zeros(2, 3, side, side, device="meta"))
    assert all(part.device.type == "meta" and len(part) == 2 for part in made)
    part = elsewhere.part(elsewhere.config.outputs[:1])
    assert {value.device.type for value in part.state_dict().values()} == {"meta"}


def test_a_gpu_is_fed_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert divide_work(100, torch.device("cuda")) == (1, [slice(0, 64), slice(64, 100)])
    assert divide_work(20, torch.device("cpu")) == (2, [slice(0, 10), slice(10, 20)])


def test_the_division_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    side = networks.side_of("face_mesh")
    images = np.random.default_rng(0).integers(0, 256, (5, side, side, 3), np.uint8)
    usual = run_network(load("face_mesh"), 5, lambda rows: images[rows])
    monkeypatch.setattr(networks, "divide_work", lambda *_: (1, [slice(0, 2), slice(2, 5)]))
    for ours, theirs in zip(run_network(load("face_mesh"), 5, lambda rows: images[rows]), usual):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)
