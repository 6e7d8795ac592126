"""The loop that fits a network, on a regression small enough to run in no time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from talkinghead.errors import InputError
from talkinghead.training.adversarial import Adversaries, Verdict, adversarial_losses
from talkinghead.training.fit import Schedule, fit

TRUTH = torch.tensor([[1.0, -2.0, 0.5]])


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))


def batch(step: int) -> dict[str, Tensor]:
    inputs = torch.randn(16, 3, generator=torch.Generator().manual_seed(step))
    return {"inputs": inputs, "targets": inputs @ TRUTH.T}


def losses(model: nn.Module, data: Mapping[str, Tensor]) -> dict[str, Tensor]:
    error = model(data["inputs"]).float() - data["targets"]
    return {"square_loss": error.square().mean(), "absolute_loss": 0.1 * error.abs().mean()}


def held_out(model: nn.Module) -> dict[str, float]:
    with torch.no_grad():
        return {"error": float(losses(model, batch(10_000))["square_loss"])}


def run(out: Path, *, steps: int = 60, every: int = 20, **changes: Any) -> tuple[nn.Module, Mapping[str, float]]:
    model = changes.pop("model", None) or network()
    arguments: dict[str, Any] = {"losses": losses, "batch": batch, "validate": held_out, **changes}
    known = {"schedule": Schedule(learning_rate=0.03), **arguments}
    named = {name: known.pop(name) for name in ("losses", "batch")}
    scores = fit(model, named["losses"], named["batch"], out=out, steps=steps, validate_every=every, **known)
    return model, scores


def interrupted_at(step: int) -> Callable[[int], dict[str, Tensor]]:
    """Batches that end with a pulled plug."""

    def pulled(asked: int) -> dict[str, Tensor]:
        if asked == step:
            raise KeyboardInterrupt
        return batch(asked)

    return pulled


def log_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def test_it_learns(tmp_path: Path) -> None:
    untrained = held_out(network())["error"]
    model, scores = run(tmp_path, steps=200, every=100)
    assert scores["error"] < 0.1 * untrained
    assert scores == held_out(model)
    assert not model.training


def test_the_log_tells_scores_and_losses(tmp_path: Path) -> None:
    _, scores = run(tmp_path, steps=50, every=20)
    lines = log_of(tmp_path)
    assert [line["step"] for line in lines] == [20, 40, 50]
    assert lines[-1]["error"] == scores["error"]
    assert {"step", "seconds", "error", "square_loss", "absolute_loss", "generator_gradient"} == set(lines[0])


@pytest.mark.parametrize("stop", [20, 33, 59])
def test_an_interrupted_run_goes_on_as_if_nothing_had_been(tmp_path: Path, stop: int) -> None:
    whole, scores = run(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", batch=interrupted_at(stop))
    other = network()
    with torch.no_grad():
        other[0].weight.zero_()  # type: ignore[union-attr, operator]
    resumed, resumed_scores = run(tmp_path / "parts", model=other)
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value, rtol=0, atol=0)
    assert resumed_scores == scores
    assert [line["step"] for line in log_of(tmp_path / "parts")] == [20, 40, 60]


def test_a_resumed_run_sees_only_what_it_has_not_seen(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, batch=interrupted_at(45))
    asked: list[int] = []

    def noting(step: int) -> dict[str, Tensor]:
        asked.append(step)
        return batch(step)

    run(tmp_path, batch=noting)
    assert asked == list(range(40, 60))


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    model, scores = run(tmp_path)
    again, scores_again = run(tmp_path, batch=interrupted_at(0))
    assert scores_again == scores
    for name, value in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)


def test_a_run_of_another_length_is_refused(tmp_path: Path) -> None:
    run(tmp_path, steps=20)
    with pytest.raises(InputError, match="begun for 20 steps, not 30"):
        run(tmp_path, steps=30)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10, 20, 40, 41])
def test_any_number_of_steps_will_do(tmp_path: Path, steps: int) -> None:
    before = network().state_dict()
    model, _ = run(tmp_path, steps=steps)
    assert log_of(tmp_path)[-1]["step"] == steps
    assert any(not torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_losses_that_are_no_number_stop_the_run(tmp_path: Path) -> None:
    def broken(model: nn.Module, data: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"loss": model(data["inputs"]).sum() * float("nan")}

    with pytest.raises(RuntimeError, match="non-finite"):
        run(tmp_path, losses=broken)
    assert not (tmp_path / "checkpoint.pt").exists()


def test_validation_sees_a_network_at_rest_and_training_one_at_work(tmp_path: Path) -> None:
    modes: list[tuple[str, bool]] = []

    def noting_losses(model: nn.Module, data: Mapping[str, Tensor]) -> dict[str, Tensor]:
        modes.append(("train", model.training))
        return losses(model, data)

    def noting_validate(model: nn.Module) -> dict[str, float]:
        modes.append(("validate", model.training))
        return held_out(model)

    run(tmp_path, steps=4, every=2, losses=noting_losses, validate=noting_validate)
    assert modes == [("train", True)] * 2 + [("validate", False)] + [("train", True)] * 2 + [("validate", False)]


@pytest.mark.parametrize("fast", [False, True])
def test_half_precision_where_the_machine_has_it(fast: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("talkinghead.training.fit.has_bfloat16", lambda device: fast)
    seen: set[torch.dtype] = set()

    class Watched(nn.Linear):
        def forward(self, rows: Tensor) -> Tensor:
            made = super().forward(rows)
            seen.add(made.dtype)
            return made

    # Lightning hands a network's results on in float32, whatever they were worked out in.
    run(tmp_path, steps=1, every=1, model=nn.Sequential(Watched(3, 1)))
    assert (torch.bfloat16 in seen) is fast


def adversaries() -> Adversaries[nn.Module, nn.Module]:
    torch.manual_seed(0)
    return Adversaries(network(), nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1)))


def adversarial(model: nn.Module, data: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A regression whose outcomes a discriminator tells from the truth."""
    made = model(data["inputs"]).float()
    verdicts = ([Verdict(model.discriminator(rows))] for rows in (made, data["targets"]))  # type: ignore[operator, union-attr]
    return {"square_loss": (made - data["targets"]).square().mean(), **adversarial_losses(*verdicts)}


def nothing(model: nn.Module) -> dict[str, float]:
    return {}


def changes(one: nn.Module, other: nn.Module) -> dict[str, bool]:
    """Whether each side differs."""
    return {
        side: any(
            not torch.equal(a, b)
            for a, b in zip(getattr(one, side).parameters(), getattr(other, side).parameters(), strict=True)
        )
        for side in ("generator", "discriminator")
    }


def test_both_sides_learn_and_their_gradients_are_logged(tmp_path: Path) -> None:
    model, _ = run(tmp_path, model=adversaries(), losses=adversarial, validate=nothing)
    assert changes(model, adversaries()) == {"generator": True, "discriminator": True}
    assert {"generator_gradient", "discriminator_gradient", "discriminator_loss"} < set(log_of(tmp_path)[0])


@pytest.mark.parametrize("still", ["generator", "discriminator"])
def test_each_side_has_its_own_clip_and_rate(tmp_path: Path, still: str) -> None:
    # Adam takes no step whose gradient is clipped to nothing.
    clips = {"generator": 1.0, "discriminator": 1.0, still: 1e-30}
    schedules = {name: Schedule(learning_rate=0.03, weight_decay=0.0, clip=clip) for name, clip in clips.items()}
    model, _ = run(
        tmp_path,
        steps=3,
        model=adversaries(),
        losses=adversarial,
        validate=nothing,
        schedule=schedules["generator"],
        discriminator_schedule=schedules["discriminator"],
    )
    assert changes(model, adversaries()) == {"generator": True, "discriminator": True, still: False}


def test_one_sides_clip_leaves_the_others_steps_alone(tmp_path: Path) -> None:
    def generator_after(name: str, factor: float) -> nn.Module:
        def scaled(model: nn.Module, data: Mapping[str, Tensor]) -> dict[str, Tensor]:
            return {key: value * (factor if "disc" in key else 1) for key, value in adversarial(model, data).items()}

        model, _ = run(tmp_path / name, steps=1, model=adversaries(), losses=scaled, validate=nothing)
        return model.generator  # type: ignore[return-value]

    plain, beside_a_steep_one = generator_after("plain", 1.0), generator_after("steep", 1e4)
    for own, other in zip(plain.parameters(), beside_a_steep_one.parameters(), strict=True):
        assert torch.equal(own, other)


def test_an_interrupted_run_of_both_sides_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    given = {"losses": adversarial, "validate": nothing}
    whole, _ = run(tmp_path / "whole", model=adversaries(), **given)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", model=adversaries(), **given, batch=interrupted_at(33))
    resumed, _ = run(tmp_path / "parts", model=adversaries(), **given)
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value, rtol=0, atol=0)


def test_a_checkpoint_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_text("not a checkpoint")
    with pytest.raises(InputError, match=r"checkpoint\.pt is damaged or not a checkpoint \(\w+\): delete it"):
        run(tmp_path)
    torch.save({"network": network().state_dict(), "step": 20}, tmp_path / "checkpoint.pt")
    with pytest.raises(InputError, match=r"checkpoint\.pt: a checkpoint of another kind or version; delete it"):
        run(tmp_path)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    run(tmp_path)
    with pytest.raises(InputError, match="a checkpoint of another network"):
        run(tmp_path, model=nn.Linear(3, 1))
    with pytest.raises(InputError, match="a checkpoint of another network"):
        run(tmp_path, model=adversaries(), losses=adversarial, validate=nothing)


class Harmful:
    """What would be run where a checkpoint is unpickled without care."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path("harmed").touch, ())


def test_a_checkpoint_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"kind": Harmful()}, tmp_path / "checkpoint.pt")
    with pytest.raises(InputError, match="not a checkpoint"):
        run(tmp_path)
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize(("shape", "expected"), [("constant", [1.0] * 10), ("decay", [1.0] * 6 + [0.8, 0.6, 0.4, 0.2])])
def test_shapes_of_the_learning_rate(tmp_path: Path, shape: str, expected: list[float]) -> None:
    rates: list[float] = []
    step = torch.optim.Adam.step

    def noting(self: torch.optim.Adam, closure: None = None) -> None:
        rates.append(self.param_groups[0]["lr"])
        step(self, closure)

    schedule = Schedule(learning_rate=1.0, shape=shape)  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.Adam, "step", noting)
        run(tmp_path, steps=10, schedule=schedule)
    assert rates == pytest.approx(expected)


def scripted(*errors: float) -> Callable[[nn.Module], dict[str, float]]:
    """Validations with known outcomes."""
    left = list(errors)
    return lambda model: {"error": left.pop(0)}


def test_the_best_validation_counts(tmp_path: Path) -> None:
    seen: list[dict[str, Tensor]] = []
    outcomes = scripted(3.0, 2.0, 1.0, 2.5)

    def noting(model: nn.Module) -> dict[str, float]:
        seen.append({name: value.clone() for name, value in model.state_dict().items()})
        return outcomes(model)

    model, scores = run(tmp_path, validate=noting, merit=lambda found: -found["error"])
    assert scores == {"error": 1.0}
    assert all(torch.equal(value, seen[2][name]) for name, value in model.state_dict().items())
    again, scores_again = run(tmp_path, validate=scripted(), merit=lambda found: -found["error"])
    assert scores_again == scores
    assert all(torch.equal(value, seen[2][name]) for name, value in again.state_dict().items())


def test_training_that_betters_nothing_leaves_the_network_as_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model, scores = run(tmp_path, validate=scripted(1.0, 2.0, 2.0, 2.0), merit=lambda found: -found["error"])
    assert scores == {"error": 1.0}
    assert all(torch.equal(value, network().state_dict()[name]) for name, value in model.state_dict().items())
    assert "not improved" in caplog.text


def test_the_best_survives_an_interruption(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, validate=scripted(3.0, 1.0), merit=lambda found: -found["error"], batch=interrupted_at(30))
    _, scores = run(tmp_path, validate=scripted(2.0, 2.5), merit=lambda found: -found["error"])
    assert scores == {"error": 1.0}
