"""From what was asked for to a run of a stage."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from talkinghead.data.corpus import Corpus
from talkinghead.data.recording import Recording
from talkinghead.errors import InputError
from talkinghead.store import Store
from talkinghead.training.fit import Schedule
from talkinghead.training.plan import plan_training
from talkinghead.training.stage import Stage, Training, TrainingOptions, defer
from talkinghead.weights import save_weights

EVERYBODY = Corpus((), folder=Path("shared"))
ANNA = Corpus((Recording("a", "anna", Path("a.mp4"), "own"),))


@dataclass(frozen=True)
class Options(TrainingOptions):
    """One more than usual."""

    table: Path | None = field(default=None, metadata={"help": "A table."})


def stage(**changes: Any) -> Stage:
    given: dict[str, Any] = {"what": "nothing -> nothing", "options": Options(steps=7), **changes}
    return Stage(network=nn.Identity, losses=print, example=print, train=print, **given)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Owner:
    """A method of two stages."""

    name: str = "method"
    stages: dict[str, Stage] = field(default_factory=lambda: {"first": stage(), "second": stage(needs=("first",))})
    configs: dict[str, Any] = field(default_factory=lambda: {"small": 1, "tiny": 2})
    variants: dict[str, Any] = field(default_factory=lambda: {"small-other": 3})
    weights: Path | None = None


def plan(name: str = "first", *, owner: Owner | None = None, **changes: Any) -> Training:
    return plan_training(owner or Owner(), name, **{"corpus": EVERYBODY, "out": Path("out"), **changes})


def test_defaults() -> None:
    training = plan()
    assert (training.config, training.options, training.start, training.needs) == (1, Options(steps=7), None, {})
    assert training.store == Store(Path("out/store"))
    assert training.folder == Path("shared")


def test_sizes_and_variants_are_found() -> None:
    assert [plan(config=name).config for name in ("tiny", "small-other")] == [2, 3]


def test_the_command_tells_what_is_not_usual() -> None:
    usual = "talkinghead train method first --corpus CORPUS --out OUT --config small --steps 7"
    assert plan().command == usual
    options = Options(steps=9, batch=4, table=Path("folder/a table.csv"))
    assert plan(options=options).command == usual.replace("7", "9") + " --batch 4 --table 'a table.csv'"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "fist"}, "method has no training stage 'fist': did you mean first"),
        ({"name": "xyz"}, "method has no training stage 'xyz': choose one of first, second"),
        ({"config": "tyny"}, "method has no size 'tyny': did you mean tiny"),
        ({"start": Path("x")}, "the first of method is trained from random weights: leave out --start"),
        ({"corpus": ANNA}, "the first of method learns from many people: give the shared recordings"),
        ({"name": "second"}, r"out: holds no first\.safetensors, .* train the first first"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        plan(changes.pop("name", "first"), **changes)


def test_what_is_needed_is_found_in_the_output_folder_before_that_of_the_method(tmp_path: Path) -> None:
    shipped, out = tmp_path / "weights", tmp_path / "out"
    owner = Owner(weights=shipped)
    save_weights(nn.Linear(1, 1), shipped / "first.safetensors", card={})
    assert plan("second", owner=owner, out=out).needs == {"first": shipped / "first.safetensors"}
    with pytest.raises(InputError, match="holds no first"):  # none ship of other sizes
        plan("second", owner=owner, out=out, config="tiny")
    save_weights(nn.Linear(1, 1), out / "first.safetensors", card={})
    assert plan("second", owner=owner, out=out).needs == {"first": out / "first.safetensors"}


def test_one_person_has_options_of_its_own() -> None:
    personal = stage(scope=("corpus", "person"), personal=Options(steps=3))
    owner = Owner(stages={"first": personal})
    assert plan(owner=owner).options.steps == 7
    training = plan(owner=owner, corpus=ANNA)
    assert training.options.steps == 3
    with pytest.raises(InputError, match="needs the shared recordings"):
        assert training.folder


def test_what_is_deferred_is_imported_when_it_is_called() -> None:
    later = defer("talkinghead.no_such_module:function")
    with pytest.raises(ModuleNotFoundError):
        later(1)
    assert defer("math:sqrt")(4.0) == 2.0
    assert defer("math:sqrt", part="real")(complex(9, 5)) == 3.0


def losses(network: nn.Module, batch: Any) -> dict[str, Tensor]:
    return {"square_loss": network(batch["inputs"]).square().mean()}


def test_a_run_is_fitted_and_saved(tmp_path: Path) -> None:
    training = replace(plan(), out=tmp_path, options=Options(steps=4, validate_every=2))
    network = nn.Linear(2, 1)
    given: dict[str, Any] = {
        "losses": losses,
        "batch": lambda step: {"inputs": torch.ones(1, 2)},
        "validate": lambda net: {"error": float(net.weight.detach().abs().sum())},
    }
    scores = training.fit(network, **given, schedule=Schedule(1e-2), part="first", share=0.5)
    assert set(scores) == {"error"}
    assert [json.loads(line)["step"] for line in (tmp_path / "first" / "log.jsonl").read_text().splitlines()] == [2]
    again = replace(training, start=tmp_path / "any")
    assert again.fit(network, **given, part="second")["before"] == scores
    training.save(network, "network", {"config": 1, "scores": scores})
    card = json.loads((tmp_path / "network.json").read_text())
    assert (card["command"], card["scores"], card["parameters"]) == (training.command, scores, 3)
