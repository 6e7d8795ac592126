"""What every method owes the house, whatever its paper. There is no list of exceptions."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from drawn import speech_like
from talkinghead import methods
from talkinghead.errors import InputError
from talkinghead.methods import get_method, get_renderer, method_names, renderer_names
from talkinghead.methods.base import Method, MotionGenerator, PerKind, Renderer
from talkinghead.motion.editing import retime
from talkinghead.pipeline import TalkingHead
from talkinghead.recipes import RECIPES
from talkinghead.training.adversarial import backward, sides_of
from talkinghead.training.fit import fit
from talkinghead.training.stage import Stage
from talkinghead.types import FloatArray, Frames, Motion, Portrait, Speech, num_frames
from talkinghead.weights import load_weights, save_weights

OWNERS = {**{name: get_method(name) for name in method_names()}, **RECIPES}
STAGES = [(name, stage) for name, owner in OWNERS.items() for stage in owner.stages]


@pytest.fixture(params=method_names())
def method(request: pytest.FixtureRequest) -> Method:
    """Each method in turn."""
    return get_method(request.param)


@pytest.fixture(params=STAGES, ids=lambda pair: "-".join(pair))
def stage(request: pytest.FixtureRequest) -> tuple[Stage, Any]:
    """Each training of each method, and each recipe, in turn, with the tiny configuration."""
    name, stage_name = request.param
    return OWNERS[name].stages[stage_name], OWNERS[name].configs["tiny"]


def tiny(method: Method, seed: int = 0) -> tuple[MotionGenerator, Renderer]:
    torch.manual_seed(seed)
    return method.build(method.configs["tiny"])


def speech(seconds: float) -> Speech:
    return Speech(speech_like(seconds), 16_000)


def fresh(stage: tuple[Stage, Any], seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return stage[0].network(stage[1])


def losses_of(stage: tuple[Stage, Any], network: nn.Module, seed: int = 0) -> dict[str, Tensor]:
    return stage[0].losses(network, stage[0].example(stage[1], seed), stage[1])


def still(portrait: Portrait, count: int) -> Motion:
    own = portrait.landmarks
    nothing = np.zeros((count, 3))
    return Motion(25.0, np.repeat(own[None], count, axis=0), nothing, nothing, np.zeros(count), own)


def arrays_of(motion: Motion) -> list[FloatArray]:
    expression = [] if motion.expression is None else [motion.expression]
    return [motion.landmarks, motion.rotation, motion.translation, motion.blink, motion.rest, *expression]


def trainable(network: nn.Module) -> dict[str, nn.Parameter]:
    return {name: value for name, value in network.named_parameters() if value.requires_grad}


def test_there_are_methods() -> None:
    assert "makeittalk" in method_names()
    assert list(method_names()) == sorted(method_names())


def test_a_method_introduces_itself(method: Method) -> None:
    folder = Path(methods.__path__[0]) / method.name
    assert folder.is_dir()
    assert {"paper", "small", "tiny"} <= set(method.configs)
    assert method.stages
    assert method.summary
    assert "\n" not in method.summary
    assert method.paper.title
    assert method.paper.authors
    assert method.paper.year > 1990
    assert method.paper.url.startswith("https://")
    assert all(stage.what and "\n" not in stage.what for stage in method.stages.values())


@pytest.mark.parametrize("seconds", [0.02, 0.5, 3.3])
def test_as_many_frames_as_the_speech_is_long(method: Method, calm: Portrait, seconds: float) -> None:
    generator, _ = tiny(method)
    motion = generator.generate(speech(seconds), calm)
    assert len(motion) == num_frames(seconds, motion.fps)
    for fps, expected in ((25.0, {0.02: 1, 0.5: 12, 3.3: 82}), (30.0, {0.02: 1, 0.5: 15, 3.3: 99})):
        retimed = retime(motion, fps, num_frames(seconds, fps))
        assert len(retimed) == expected[seconds]
        assert retimed.fps == fps
    for array in arrays_of(motion):
        assert np.isfinite(array).all()
    assert motion.blink.min() >= 0.0
    assert motion.blink.max() <= 1.0


def test_a_motion_is_for_the_portrait_it_was_made_for(method: Method, calm: Portrait) -> None:
    motion = tiny(method)[0].generate(speech(0.5), calm)
    assert np.linalg.norm(motion.rest[45] - motion.rest[36]) == pytest.approx(1.0, abs=0.05)
    np.testing.assert_allclose((motion.rest[45] + motion.rest[36]) / 2, 0.0, atol=0.05)


def test_same_seed_same_motion(method: Method, calm: Portrait) -> None:
    first, second = (tiny(method)[0].generate(speech(1.0), calm, seed=7) for _ in range(2))
    for one, other in zip(arrays_of(first), arrays_of(second), strict=True):
        np.testing.assert_array_equal(one, other)


def test_chance_outside_makes_no_difference(method: Method, calm: Portrait) -> None:
    generator, _ = tiny(method)
    first = generator.generate(speech(1.0), calm, seed=7)
    torch.manual_seed(99)
    np.random.seed(99)
    second = generator.generate(speech(1.0), calm, seed=7)
    for one, other in zip(arrays_of(first), arrays_of(second), strict=True):
        np.testing.assert_array_equal(one, other)


def test_chunked_rendering_is_rendering_all_at_once(method: Method, calm: Portrait) -> None:
    generator, renderer = tiny(method)
    motion = retime(generator.generate(speech(1.2), calm), 25.0, 30)

    def rendered(part: Motion) -> np.ndarray[Any, Any]:
        chunks: list[Frames] = list(renderer.render(part, calm))
        assert {chunk.size for chunk in chunks} == {calm.frames.size}
        assert {chunk.fps for chunk in chunks} == {25.0}
        return np.concatenate([chunk.images for chunk in chunks])

    whole = rendered(motion)
    assert len(whole) == 30
    parts = np.concatenate([rendered(motion[:13]), rendered(motion[13:])])
    np.testing.assert_array_equal(parts, whole)


def test_rendering_comes_in_chunks(method: Method, calm: Portrait) -> None:
    generator, renderer = tiny(method)
    motion = retime(generator.generate(speech(6.0), calm), 25.0, 150)
    first = next(renderer.render(motion, calm))
    assert 1 <= len(first) <= 75


def test_saved_weights_load_to_equal_outputs(stage: tuple[Stage, Any], tmp_path: Path) -> None:
    network, other = fresh(stage).eval(), fresh(stage, seed=1).eval()
    path = tmp_path / "weights.safetensors"
    save_weights(network, path, card={})
    load_weights(network, path)  # weights are kept in half precision: both as they are on disk
    wanted = losses_of(stage, network)
    assert any(not torch.equal(value, wanted[name]) for name, value in losses_of(stage, other).items())
    load_weights(other, path)
    for name, value in losses_of(stage, other).items():
        torch.testing.assert_close(value, wanted[name], rtol=0, atol=0)


def test_losses_have_names_and_are_numbers(stage: tuple[Stage, Any]) -> None:
    losses = losses_of(stage, fresh(stage))
    assert losses
    for name, value in losses.items():
        assert name.endswith("_loss")
        assert value.shape == ()
        assert torch.isfinite(value)


def test_examples_are_the_same_for_the_same_seed(stage: tuple[Stage, Any]) -> None:
    first, second, third = (stage[0].example(stage[1], seed) for seed in (0, 0, 1))
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert any(not torch.equal(value, third[name]) for name, value in first.items())


def test_every_trainable_parameter_gets_a_gradient(stage: tuple[Stage, Any]) -> None:
    network = fresh(stage)
    backward(losses_of(stage, network), sides_of(network))
    assert trainable(network)
    for name, value in trainable(network).items():
        assert value.grad is not None, name
        assert torch.isfinite(value.grad).all(), name
        assert value.grad.abs().max() > 0, name


def test_two_training_steps_run(stage: tuple[Stage, Any], tmp_path: Path) -> None:
    described, config = stage
    network = fresh(stage)
    before = {name: value.detach().clone() for name, value in trainable(network).items()}
    fit(
        network,
        partial(described.losses, config=config),
        lambda step: described.example(config, step),
        out=tmp_path,
        steps=2,
        validate=lambda network: {},
    )
    for name, value in trainable(network).items():
        assert not torch.equal(value, before[name]), name
        assert torch.isfinite(value).all(), name
    line = json.loads((tmp_path / "log.jsonl").read_text())
    assert set(line) >= {f"{side}_gradient" for side in sides_of(network)}


def test_a_configuration_without_weights_is_refused(method: Method) -> None:
    assert "small" in method.sizes()
    with pytest.raises(InputError, match="tiny"):
        method.find_weights("tiny")


def test_a_size_ships_what_differs_from_small(method: Method, tmp_path: Path) -> None:
    for folder, stems in ((tmp_path, ("own", "shared")), (tmp_path / "tiny", ("own",))):
        folder.mkdir(exist_ok=True)
        for stem in stems:
            (folder / f"{stem}.safetensors").touch()
    weights = replace(method, weights=tmp_path).find_weights("tiny")
    assert weights.file("own") == tmp_path / "tiny" / "own.safetensors"
    assert weights.file("shared") == tmp_path / "shared.safetensors"


def test_every_method_has_a_renderer_its_own_or_another_s(method: Method) -> None:
    assert set(method.renderer_for) == {"photo", "drawing"}
    assert set(method.renderer_for.values()) <= set(renderer_names())
    assert all(name == name.lower().strip() for name in method.renderers)


def test_names_of_renderers_are_unique() -> None:
    assert len(set(renderer_names())) == len(renderer_names())
    assert "warp" in renderer_names()


def test_the_own_choice_is_the_renderer_that_is_named(method: Method, drawn_portrait: Portrait) -> None:
    head = TalkingHead.from_pretrained(method.name)
    for kind, name in method.renderer_for.items():
        chosen = head.renderer_for(replace(drawn_portrait, drawing=kind == "drawing"))
        assert type(chosen) is type(get_renderer(name))


@pytest.mark.parametrize("name", renderer_names())
@pytest.mark.parametrize("drawing", [False, True])
def test_every_renderer_draws_any_portrait(name: str, drawing: bool, drawn_portrait: Portrait) -> None:
    portrait = replace(drawn_portrait, drawing=drawing)
    motion = still(portrait, 2)
    chunks = list(get_renderer(name).render(motion, portrait))
    assert all(chunk.fps == motion.fps for chunk in chunks)
    images = np.concatenate([chunk.images for chunk in chunks])
    assert images.shape == (2, *portrait.frames.images.shape[1:])
    assert np.abs(images.astype(int) - portrait.frames.images[0]).mean() < 20


def test_an_unknown_renderer_is_named_with_the_known() -> None:
    with pytest.raises(InputError, match=r"no renderer 'wrap': did you mean warp, or another of .*warp"):
        get_renderer("wrap")
    with pytest.raises(InputError, match=r"no renderer 'zzz': choose one of .*warp"):
        get_renderer("zzz")


def test_one_renderer_per_kind_made_when_needed(drawn_portrait: Portrait) -> None:
    made: list[str] = []

    class Plain:
        def __init__(self, name: str) -> None:
            made.append(name)

        def render(self, motion: Motion, portrait: Portrait) -> Iterator[Frames]:
            yield portrait.frames

    chosen = PerKind(lambda: Plain("photo"), lambda: Plain("drawing"))
    photo, drawing = (replace(drawn_portrait, drawing=drawn) for drawn in (False, True))
    assert made == []
    assert [len(chunk) for chunk in chosen.render(still(photo, 1), photo)] == [1]
    assert made == ["photo"]
    assert chosen.of(photo) is chosen.of(photo)
    assert chosen.of(drawing) is not chosen.of(photo)
    assert made == ["photo", "drawing"]


def test_an_unknown_method_is_named_with_the_known() -> None:
    with pytest.raises(InputError, match=r"no method 'sadtalker': choose one of .*makeittalk"):
        get_method("sadtalker")


SIXTH = '''"""A sixth paper."""

from talkinghead.methods.base import Method, Paper

METHOD = Method(
    name="zeroth_order",
    paper=Paper("No Motion At All", "Nobody", "Nowhere", 2022, "https://example.org"),
    summary="holds still",
    configs={},
    build=lambda config: None,
    generator=lambda weights: None,
)
'''


def test_a_sixth_method_is_one_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = method_names()
    folder = tmp_path / "zeroth_order"
    folder.mkdir()
    (folder / "__init__.py").write_text(SIXTH)
    (tmp_path / "no_package").mkdir()
    (tmp_path / "module.py").write_text("")
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "talkinghead.methods.zeroth_order", raising=False)
    assert method_names() == tuple(sorted((*before, "zeroth_order")))
    assert get_method("zeroth_order").summary == "holds still"
    del sys.modules["talkinghead.methods.zeroth_order"]
