"""The speech-to-landmarks network against section 3.1 of Wang et al. 2020."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from talkinghead.methods.attentional_landmarks.config import CONFIGS, VARIANTS
from talkinghead.methods.attentional_landmarks.stl import AFTER, BEFORE, LandmarkBranch, SpeechToLandmarks


def rows(frames: int) -> int:
    return BEFORE + 4 * (frames - 1) + 1 + AFTER


@pytest.mark.parametrize("name", ["paper", "small"])
def test_layers_have_the_papers_sizes(name: str) -> None:
    network = SpeechToLandmarks((CONFIGS | VARIANTS)[name].landmarks)
    lips, head = network.branches
    for branch, points in ((lips, 42), (head, 100)):
        assert isinstance(branch, LandmarkBranch)
        assert isinstance(branch.speech[-1], nn.Conv1d)
        assert branch.speech[-1].out_channels == 512
        assert (branch.template.in_features, branch.template.out_features) == (points, 256)
        assert branch.gru.input_size == 512 + 256
        assert branch.out.out_features == points
        kinds = [type(layer) for layer in branch.speech]
        assert kinds.count(nn.Conv1d) == 5
        assert kinds[1:4] == [nn.Conv1d, nn.BatchNorm1d, nn.ReLU]


@pytest.mark.parametrize("name", CONFIGS | VARIANTS)
@pytest.mark.parametrize("frames", [1, 7])
def test_shapes(name: str, frames: int) -> None:
    config = (CONFIGS | VARIANTS)[name].landmarks
    network = SpeechToLandmarks(config).eval()
    made, states = network(torch.rand(3, rows(frames), config.num_features), torch.randn(3, 68, 2))
    counts = (21, 50) if config.split else (68,)
    assert [part.shape for part in made] == [(3, frames, count, 2) for count in counts]
    assert [state.shape for state in states] == [(1, 3, config.gru_size)] * len(counts)


def test_a_speech_in_pieces_is_the_speech() -> None:
    torch.manual_seed(0)
    network = SpeechToLandmarks(CONFIGS["tiny"].landmarks).eval()
    speech, template = torch.rand(1, rows(20), 13), 80 * torch.randn(1, 68, 2)
    whole, _ = network(speech, template)
    first, states = network(speech[:, : rows(8)], template)
    second, _ = network(speech[:, 4 * 8 :], template, states)
    for part, one, other in zip(whole, first, second, strict=True):
        torch.testing.assert_close(torch.cat([one, other], dim=1), part, atol=1e-4, rtol=1e-5)
    cold, _ = network(speech[:, 4 * 8 :], template)
    assert not torch.allclose(cold[0], second[0], atol=1e-3)


def test_a_frame_hears_0_3_seconds_about_itself() -> None:
    torch.manual_seed(0)
    branch = LandmarkBranch(CONFIGS["small"].landmarks, 5).eval()
    speech = torch.rand(1, rows(11), CONFIGS["small"].landmarks.num_features, requires_grad=True)
    branch.speech(speech.mT)[0, :, 5].sum().backward()
    assert speech.grad is not None
    touched = speech.grad[0].abs().sum(dim=1).nonzero()[:, 0]
    assert (touched.min(), touched.max()) == (4 * 5, 4 * 5 + BEFORE + AFTER)
    assert BEFORE + 1 + AFTER == 30


def test_without_a_last_layer_the_template_stands_still() -> None:
    network = SpeechToLandmarks(CONFIGS["tiny"].landmarks).eval()
    for branch in network.branches:
        assert isinstance(branch, LandmarkBranch)
        nn.init.zeros_(branch.out.weight)
        nn.init.zeros_(branch.out.bias)
    template = torch.randn(2, 68, 2)
    made, _ = network(torch.rand(2, rows(3), 13), template)
    for number, part in enumerate(made):
        torch.testing.assert_close(part, network.part(template, number)[:, None].expand_as(part))


def test_branches_share_nothing() -> None:
    # "Two parallel CNN based sub-networks": what the lips learn leaves the head as it is.
    network = SpeechToLandmarks(CONFIGS["tiny"].landmarks)
    (lips, _), _ = network(torch.rand(2, rows(3), 13), torch.randn(2, 68, 2))
    lips.sum().backward()
    assert all(value.grad is None for value in network.branches[1].parameters())
    assert all(value.grad is not None for value in network.branches[0].parameters())
