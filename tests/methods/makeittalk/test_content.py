"""The speech content branch against section 3.1 of Zhou et al. 2020."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn

from talkinghead.methods import get_method
from talkinghead.methods.makeittalk.config import CONFIGS, VARIANTS, ContentConfig
from talkinghead.methods.makeittalk.content import SpeechContentAnimation, windows_of
from talkinghead.weights import read_config


def count(network: nn.Module) -> int:
    return sum(value.numel() for value in network.parameters())


def test_the_papers_size_has_the_papers_number_of_parameters() -> None:
    # Section 4.4: "The speech content animation module contains 1.9M parameters".
    assert 1_850_000 <= count(SpeechContentAnimation(CONFIGS["paper"].content)) < 1_950_000


def test_the_papers_configuration() -> None:
    config = CONFIGS["paper"].content
    # Section 3.1: three LSTM layers of 256, an MLP of 512, 256 and 204, a window of 18 frames from the frame on.
    assert (config.lstm_layers, config.lstm_size) == (3, 256)
    assert config.mlp_sizes == (512, 256)
    assert (config.window, config.lead) == (18, 0)
    assert config.rate == 62.5  # section 4.4
    assert config.window / config.rate == pytest.approx(0.3, abs=0.015)  # "a window size of 0.3s"


@pytest.mark.parametrize("name", ["paper", "small", "small-phones"])
def test_layers_have_the_papers_sizes(name: str) -> None:
    config = (CONFIGS | VARIANTS)[name].content
    network = SpeechContentAnimation(config)
    assert isinstance(network.lstm, nn.LSTM)
    size_in = config.projection or config.num_features
    assert (network.lstm.input_size, network.lstm.hidden_size, network.lstm.num_layers) == (size_in, 256, 3)
    assert not network.lstm.bidirectional
    linear = [layer for layer in network.mlp if isinstance(layer, nn.Linear)]
    # The MLP reads the LSTM's last state and the static landmarks: 256 + 68 x 3.
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(460, 512), (512, 256), (256, 204)]


@pytest.mark.parametrize("name", CONFIGS)
def test_shapes(name: str) -> None:
    config = CONFIGS[name].content
    network = SpeechContentAnimation(config)
    landmarks = network(torch.rand(5, config.window, config.num_features), torch.randn(5, 68, 3))
    assert landmarks.shape == (5, 68, 3)
    assert landmarks.dtype == torch.float32


def test_the_output_is_the_static_face_plus_a_displacement() -> None:
    # Equation 3: with a last layer that gives nothing, nothing moves; its bias moves all alike.
    network = SpeechContentAnimation(CONFIGS["tiny"].content)
    last = network.mlp[-1]
    assert isinstance(last, nn.Linear)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    windows, static = torch.rand(4, 18, 39), torch.randn(4, 68, 3)
    assert torch.equal(network(windows, static), static)
    with torch.no_grad():
        last.bias.copy_(torch.arange(204.0))
    expected = static + torch.arange(204.0).view(68, 3)
    torch.testing.assert_close(network(windows, static), expected)


def test_what_is_said_and_who_says_it_both_count() -> None:
    torch.manual_seed(0)
    network = SpeechContentAnimation(CONFIGS["tiny"].content).eval()
    windows, static = torch.rand(2, 18, 39), torch.randn(2, 68, 3)
    displacement = network(windows, static) - static
    assert not torch.allclose(network(windows.flip(0), static) - static, displacement, atol=1e-4)
    assert not torch.allclose(network(windows, static.flip(0)) - static.flip(0), displacement, atol=1e-4)


@pytest.mark.parametrize("lead", [0, 4, 9, 17])
def test_the_window_of_a_frame(lead: int) -> None:
    config = ContentConfig(num_features=3, lead=lead)
    features = torch.arange(1.0, 41.0)[:, None] * torch.tensor([1.0, 10.0, 100.0])
    windows = windows_of(features, config)
    assert windows.shape == (40, 18, 3)
    for t in (0, 5, 20, 39):
        for place in range(18):
            frame = t - lead + place
            expected = features[frame] if 0 <= frame < 40 else torch.zeros(3)
            assert torch.equal(windows[t, place], expected), (t, place)


def test_windows_are_views_and_not_copies() -> None:
    features = torch.zeros(10_000, 39)
    windows = windows_of(features, CONFIGS["small"].content)
    assert windows.untyped_storage().nbytes() < 1.1 * features.untyped_storage().nbytes()


@pytest.mark.parametrize("frames", [1, 5])
def test_short_sounds_have_windows_too(frames: int) -> None:
    windows = windows_of(torch.ones(frames, 39), CONFIGS["small"].content)
    assert windows.shape == (frames, 18, 39)
    assert (windows.sum(dim=(1, 2)) == frames * 39).all()


def test_configurations_differ_as_they_say() -> None:
    paper, small, tiny = (CONFIGS[name].content for name in ("paper", "small", "tiny"))
    # What ships reads phones and an encoder, with half of the window before the frame; the layers are the paper's.
    heard = {"features": "log-mel", "num_features": 161, "projection": 0}
    assert dataclasses.replace(small, **heard, lead=0) == paper
    assert dataclasses.replace(small, **heard) == dataclasses.replace(VARIANTS["small-phones"].content, **heard)
    assert count(SpeechContentAnimation(tiny)) < 0.02 * count(SpeechContentAnimation(small))


def test_the_causal_branch_is_the_same_and_hears_the_student() -> None:
    folder = get_method("makeittalk").weights
    assert folder is not None
    small, causal = (place / "content.safetensors" for place in (folder, folder / "causal"))
    assert causal.read_bytes() == small.read_bytes()
    sizes, causal_sizes = (read_config(path.with_suffix(".json"), ContentConfig) for path in (small, causal))
    assert causal_sizes == dataclasses.replace(sizes, causal=True)
