"""FACIAL-GAN: sizes, what each part sees, losses of known attributes, windows that continue."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from talkinghead.errors import InputError
from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import LIPS
from talkinghead.face.rest import UPPER_INNER, closed_mouth, lip_gap
from talkinghead.methods.facial import METHOD
from talkinghead.methods.facial.config import CONFIGS, VARIANTS, AttributesConfig
from talkinghead.methods.facial.gan import AFTER, BEFORE, FacialGenerator, LocalGenerator, attributes_adversaries
from talkinghead.methods.facial.losses import (
    attributes_example,
    attributes_losses,
    lips_loss,
    position_and_motion_loss,
)
from talkinghead.methods.facial.motion import FacialMotion
from talkinghead.motion.expressions import landmarks_from_expression
from talkinghead.motion.generator import Talk
from talkinghead.types import Portrait, Speech

TINY = CONFIGS["tiny"].attributes


def generator(config: AttributesConfig = TINY, seed: int = 0) -> FacialGenerator:
    torch.manual_seed(seed)
    return FacialGenerator(config).eval()


def speech_frames(count: int, config: AttributesConfig = TINY, seed: int = 0) -> Tensor:
    return torch.rand(1, BEFORE + count + AFTER, config.num_features, generator=torch.Generator().manual_seed(seed))


def test_the_sizes_of_the_paper() -> None:
    sizes = CONFIGS["paper"].attributes
    assert (sizes.window, sizes.num_features, sizes.num_attributes) == (128, 29, 64 + 6 + 1)
    assert BEFORE + 1 + AFTER == 16
    made = generator(sizes)(speech_frames(128, sizes), torch.zeros(1, 71))
    assert made.shape == (1, 128, 71)


@pytest.mark.parametrize("count", [1, 31, 32, 50])
def test_a_row_for_each_frame(count: int) -> None:
    assert generator()(speech_frames(count), torch.zeros(1, 58)).shape == (1, count, 58)


def test_the_local_feature_sees_sixteen_frames() -> None:
    torch.manual_seed(0)
    local, speech = LocalGenerator(TINY), speech_frames(40)
    before = local(speech)
    changed = speech.clone()
    changed[0, BEFORE + 20] += 1.0  # frame 20: seen by the frames from 20 - 7 to 20 + 8
    moved = (local(changed) - before).abs().sum(dim=2)[0] > 0
    assert torch.nonzero(moved).flatten().tolist() == list(range(20 - AFTER, 20 + BEFORE + 1))


def test_the_state_reaches_every_frame_only_through_the_temporal_generator() -> None:
    speech, state = speech_frames(32), torch.ones(1, 58)
    whole, without = generator(), generator(replace(TINY, temporal=False))
    assert ((whole(speech, state) - whole(speech, 0 * state)).abs().amax(dim=2) > 0).all()
    assert torch.equal(without(speech, state), without(speech, 0 * state))


def test_learned_apart_neither_knows_of_the_other() -> None:
    apart, speech = generator(replace(TINY, joint=False)), speech_frames(32)
    state = torch.zeros(1, 58)
    blinking = state.clone()
    blinking[0, -1] = 1.0
    difference = (apart(speech, blinking) - apart(speech, state)).abs().amax(dim=(0, 1))
    assert difference[:51].max() == 0.0
    assert difference[51:].min() > 0.0


def test_the_units_are_those_of_the_data() -> None:
    network = generator()
    attributes = torch.randn(4000, 58, generator=torch.Generator().manual_seed(0))
    attributes[:, :51] *= 0.2
    attributes[:, 51:54] *= torch.tensor([0.3, 0.1, 0.1])
    attributes[:, -1] = 0.5
    network.adopt_scale(attributes)
    assert network.spread[:51] == pytest.approx(0.2 * np.ones(51), rel=0.02)
    assert network.spread[51:54] == pytest.approx(np.sqrt(0.11 / 3) * np.ones(3), rel=0.03)
    assert network.spread[-1] == pytest.approx(1e-3)
    torch.testing.assert_close(network.restore(network.standardise(attributes)), attributes)


def test_loss_of_a_constant_distance_and_of_a_drift() -> None:
    real, valid = torch.zeros(1, 5, 2), torch.ones(1, 5)
    assert position_and_motion_loss(real + 0.5, real, valid) == pytest.approx(0.25)
    drift = torch.arange(5.0)[None, :, None].expand(1, 5, 2)
    assert position_and_motion_loss(drift, real, valid) == pytest.approx(6.0 + 10.0)  # (0 + 1 + 4 + 9 + 16) / 5, 10 x 1


def test_frames_beyond_the_clip_do_not_count() -> None:
    real, valid = torch.zeros(1, 6, 3), torch.tensor([[1.0, 1.0, 1.0, 0.0, 0.0, 0.0]])
    made = real.clone()
    made[:, 3:] = 100.0
    assert position_and_motion_loss(made, real, valid) == 0.0


def test_the_loss_of_lips_is_of_their_landmarks(calm: Portrait) -> None:
    real, valid = torch.zeros(1, 4, 51), torch.ones(1, 4)
    jaw, lid = EXPRESSION_NAMES.index("jawOpen"), EXPRESSION_NAMES.index("eyeBlinkLeft")
    made = real.clone()
    made[..., jaw] = 0.5
    weights = made[0].double().numpy()
    moved = landmarks_from_expression(weights, calm.landmarks) - closed_mouth(calm.landmarks)
    expected = np.square(moved[:, LIPS]).mean()
    assert expected > 1e-3
    assert lips_loss(made, real, valid).item() == pytest.approx(expected, rel=1e-4)
    made[..., lid] = 1.0
    assert lips_loss(made, real, valid).item() == pytest.approx(expected, rel=1e-4)


def test_the_loss_of_lips_is_of_what_the_network_makes_in_its_own_units() -> None:
    config = CONFIGS["tiny"]
    pair, batch = attributes_adversaries(config.attributes), attributes_example(config, 0)
    batch["noise"].zero_()
    pair.generator.adopt_scale(3 * batch["attributes"].flatten(0, 1))
    assert "lips_loss" not in attributes_losses(pair, batch, config)
    state = pair.generator.standardise(batch["attributes"])[:, 0]
    shown = pair.generator.restore(pair(batch["speech"], state))[..., :51]
    expected = 2.0 * lips_loss(shown, batch["attributes"][..., :51], batch["valid"])
    losses = attributes_losses(pair, batch, config, lips=2.0)
    assert losses["lips_loss"].item() == pytest.approx(expected.item(), rel=1e-4)


def test_the_printed_weights() -> None:
    config = CONFIGS["tiny"]
    pair, batch = attributes_adversaries(config.attributes), attributes_example(config, 0)
    batch |= {"noise": torch.zeros_like(batch["noise"]), "attributes": torch.zeros_like(batch["attributes"])}
    pair.generator.parts[0].out.weight.data.zero_()
    pair.generator.parts[0].out.bias.data.fill_(1.0)
    losses = attributes_losses(pair, batch, config)
    named = {name: losses[f"{name}_loss"].item() for name in ("expression", "pose", "eye", "state")}
    assert named == pytest.approx({"expression": 2.0, "pose": 1.0, "eye": 5.0, "state": 10.0})


def test_windows_have_no_seam() -> None:
    """Of random weights, whose windows do not agree, no step is larger at a border than within a window."""
    motion = FacialMotion(generator())
    features = np.random.default_rng(0).random((300, TINY.num_features)).astype(np.float32)
    pieces = list(motion.windows(features))
    made = np.concatenate(pieces)
    assert made.shape == (300, 58)
    steps = np.linalg.norm(np.diff(made, axis=0), axis=1)
    borders = np.cumsum([len(piece) for piece in pieces])[:-1] - 1
    assert steps[borders].max() <= np.delete(steps, borders).max()


def test_a_window_begins_with_its_state() -> None:
    """A network that returns its state holds it, from the first frame to the last of many windows."""
    network = generator()

    class Holding(FacialGenerator):
        def forward(self, speech: Tensor, state: Tensor) -> Tensor:
            return state[:, None].expand(-1, speech.shape[1] - BEFORE - AFTER, -1).clone()

    network.__class__ = Holding
    state = np.linspace(0.0, 1.0, 58).astype(np.float32)
    made = np.concatenate(list(FacialMotion(network).windows(np.zeros((200, 39), np.float32), state=state)))
    np.testing.assert_allclose(made, np.repeat(state[None], 200, axis=0), atol=1e-6)


@pytest.mark.parametrize(("persons", "factor"), [(False, 1.2), (True, 1.3)])
def test_mouths_open_further_and_from_where_lips_meet(calm: Portrait, persons: bool, factor: float) -> None:
    """An open jaw on a picture whose lips have passed each other, which is the tracker's noise."""
    network = generator()
    if persons:
        network.adopt_usual([np.zeros((2, 51))])
    jaw = torch.zeros(58)
    jaw[EXPRESSION_NAMES.index("jawOpen")] = 0.5

    class Opening(FacialGenerator):
        def forward(self, speech: Tensor, state: Tensor) -> Tensor:
            return self.standardise(jaw).expand(1, speech.shape[1] - BEFORE - AFTER, -1).clone()

    network.__class__ = Opening
    pictured = closed_mouth(calm.landmarks)
    pictured[UPPER_INNER, 1] += lip_gap(pictured) + 0.01
    talk = Talk(Speech(np.zeros(16_000, np.float32), 16_000), 30.0, np.ones(30), pictured, pictured, 0)
    movement = FacialMotion(network).animate(talk, np.zeros((30, TINY.num_features), np.float32))
    opened = landmarks_from_expression(factor * jaw[None, :51].double().numpy(), pictured) - pictured
    assert lip_gap(movement.landmarks(slice(0, 3))) == pytest.approx(lip_gap(opened).repeat(3), abs=1e-6)


def test_an_expression_of_another_face_model_is_refused(calm: Portrait) -> None:
    head, _ = METHOD.build(CONFIGS["paper"])
    with pytest.raises(InputError, match="64 numbers"):
        head.generate(Speech(np.zeros(16_000, np.float32), 16_000), calm)


def test_the_ablations_are_trained_without_what_they_lack() -> None:
    def build(name: str) -> FacialGenerator:
        return attributes_adversaries(VARIANTS[name].attributes).generator

    assert build("small-without-temporal").parts[0].temporal is None
    assert build("small-without-local").parts[0].local is None
    assert len(build("small-apart").parts) == 2
    assert attributes_adversaries(VARIANTS["small-without-gan"].attributes).discriminator is None
