"""``talkinghead train``: stages of methods, recipes, and the options of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cli.command import Run
from talkinghead.methods import get_method
from talkinghead.methods.makeittalk.config import CONFIGS
from talkinghead.recipes import RECIPES
from talkinghead.store import Store
from talkinghead.training.stage import Training, TrainingOptions

Refused = Callable[..., str]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus without recordings."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "splits.json").write_text('{"train": []}')
    return folder


class Trainer:
    """Stands for a stage's training and remembers what it was asked."""

    def __init__(self, stop: bool = False) -> None:
        self.asked: list[Training] = []
        self._stop = stop

    def __call__(self, training: Training) -> None:
        self.asked.append(training)
        if self._stop:
            raise KeyboardInterrupt


def stand_in(monkeypatch: pytest.MonkeyPatch, trainer: Trainer, *, starts: bool = False) -> None:
    """Let every stage of makeittalk be trained by ``trainer``."""
    method = get_method("makeittalk")
    stages = {name: replace(stage, train=trainer, starts=starts) for name, stage in method.stages.items()}
    monkeypatch.setattr("talkinghead.methods.makeittalk.METHOD", replace(method, stages=stages))


def test_train_runs_the_stage(run: Run, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer, out = Trainer(), tmp_path / "new"
    stand_in(monkeypatch, trainer)
    stage = ("train", "makeittalk", "content")
    outcome = run(*stage, "--corpus", corpus, "--out", out, "--config", "tiny", "--steps", 3, "--batch", 2)
    assert (outcome.code, outcome.stdout) == (0, f"{out}\n")
    run(*stage, "--corpus", corpus, "--out", out)
    small, usual = trainer.asked
    assert (small.corpus.folder, small.out, small.config) == (corpus, out, CONFIGS["tiny"])
    assert small.store == Store(out / "store")
    usual_options = get_method("makeittalk").stages["content"].options
    assert small.options == replace(usual_options, steps=3, batch=2)
    assert small.command == (
        "talkinghead train makeittalk content --corpus CORPUS --out OUT --config tiny --steps 3 --batch 2"
    )
    assert (usual.config, usual.options, usual.start) == (CONFIGS["small"], usual_options, None)


def test_options_of_a_stage_are_shown(run: Run) -> None:
    shown = run("train", "makeittalk", "translation", "--help").stdout
    assert all(option in shown for option in ("--vgg", "--batch", "--validate-every", "--learning-rate", "8000"))
    assert "--vgg" not in run("train", "makeittalk", "content", "--help").stdout
    assert "1600" in run("train", "phones", "--help").stdout
    assert "METHOD STAGE --help" in " ".join(run("train", "--help").stdout.split())


def test_a_file_is_an_option_of_the_translation(
    run: Run, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, vgg = Trainer(), tmp_path / "vgg19.pth"
    vgg.touch()
    stand_in(monkeypatch, trainer)
    run("train", "makeittalk", "translation", "--corpus", corpus, "--out", tmp_path, "--vgg", vgg)
    assert trainer.asked[0].options.vgg == vgg
    assert trainer.asked[0].command.endswith("--steps 8000 --vgg vgg19.pth")


def test_train_begins_with_given_weights(
    run: Run, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, start = Trainer(), tmp_path / "first.safetensors"
    start.touch()
    stand_in(monkeypatch, trainer, starts=True)
    outcome = run("train", "makeittalk", "content", "--corpus", corpus, "--out", tmp_path, "--start", start)
    assert (outcome.code, trainer.asked[0].start) == (0, start)


def test_what_a_stage_needs_is_found(run: Run, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer()
    stand_in(monkeypatch, trainer)
    speaker = ("train", "makeittalk", "speaker", "--corpus", corpus, "--out", tmp_path)
    run(*speaker)
    assert trainer.asked[-1].needs["content"].parent.name == "weights"  # those that ship
    (tmp_path / "content.safetensors").touch()
    run(*speaker)
    assert trainer.asked[-1].needs == {"content": tmp_path / "content.safetensors"}


def test_train_refuses_weights_it_cannot_begin_with(refused: Refused, corpus: Path, tmp_path: Path) -> None:
    start, folders = tmp_path / "first.safetensors", ("--corpus", corpus, "--out", tmp_path)
    missing = ("train", "attentional_landmarks", "renderer", *folders, "--start", start)
    refused(*missing, names="first.safetensors", remedy="give the pretrained weights")
    start.touch()
    refused("train", "makeittalk", "speaker", *folders, "--start", start, names="speaker", remedy="leave out --start")
    refused("train", "phones", *folders, "--start", start, names="phones", remedy="leave out --start")


def test_train_stopped_says_how_to_go_on(
    run: Run, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, Trainer(stop=True))
    outcome = run("train", "makeittalk", "content", "--corpus", corpus, "--out", tmp_path)
    assert outcome.code == 130
    assert outcome.stderr == f"talkinghead: stopped; the same command resumes from the last checkpoint in {tmp_path}\n"


@pytest.mark.parametrize(
    ("changed", "names", "remedy"),
    [
        ({"METHOD": "makeitalk"}, "'makeitalk'", "did you mean makeittalk"),
        ({"METHOD": "magic"}, "'magic'", "phones"),
        ({"STAGE": "speeker"}, "'speeker'", "did you mean speaker"),
        ({"STAGE": "dreams"}, "'dreams'", "content"),
        ({"--config": "huge"}, "'huge'", "small"),
        ({"--steps": "0"}, "--steps 0", "whole number above 0"),
        ({"--learning-rate": "-1"}, "--learning-rate -1", "number above 0"),
        ({"--steps": "many"}, "--steps", "--help"),
        ({"--bach": "3"}, "--bach", "--batch"),
        ({"--vgg": "no.pth", "STAGE": "translation"}, "no.pth", "no such file"),
        ({"--corpus": "no such folder"}, "no such folder", "give the one with the recordings"),
    ],
)
def test_train_refuses(
    refused: Refused, corpus: Path, out: Path, changed: dict[str, str], names: str, remedy: str
) -> None:
    given = {"METHOD": "makeittalk", "STAGE": "content", "--corpus": str(corpus), "--config": "tiny", **changed}
    options = [part for name, value in given.items() if name.startswith("--") for part in (name, value)]
    refused("train", given["METHOD"], given["STAGE"], "--out", out, *options, names=names, remedy=remedy)


def test_a_method_is_trained_in_stages(refused: Refused, corpus: Path, tmp_path: Path) -> None:
    refused("train", "makeittalk", "--corpus", corpus, "--out", tmp_path, names="makeittalk", remedy="content")


@pytest.mark.parametrize("name", RECIPES)
def test_a_shared_network_is_trained(
    name: str, run: Run, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer, out, recipe = Trainer(), tmp_path / "new", RECIPES[name]
    monkeypatch.setitem(RECIPES, name, replace(recipe, stage=replace(recipe.stage, train=trainer)))
    outcome = run("train", name, "--corpus", corpus, "--out", out, "--config", "tiny", "--steps", 3)
    assert (outcome.code, outcome.stdout) == (0, f"{out}\n")
    (asked,) = trainer.asked
    assert asked.config == recipe.configs["tiny"]
    assert isinstance(asked.options, TrainingOptions)
    assert asked.command == f"talkinghead train {name} --corpus CORPUS --out OUT --config tiny --steps 3"


@pytest.mark.parametrize("name", RECIPES)
def test_a_shared_network_has_sizes_and_no_stages(name: str, refused: Refused, corpus: Path, tmp_path: Path) -> None:
    folders = ("--corpus", corpus, "--out", tmp_path)
    refused("train", name, "content", *folders, names="'content'", remedy="leave out")
    refused("train", name, *folders, "--config", "huge", names="'huge'", remedy="choose one of small, tiny")


def test_a_folder_that_is_no_corpus_is_named(refused: Refused, tmp_path: Path) -> None:
    said = refused(
        "train", "syncnet", "--corpus", tmp_path, "--out", tmp_path, names=tmp_path, remedy="name the folder"
    )
    assert "grid_s1" in said


def test_trainings_can_share_a_store(run: Run, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer()
    stand_in(monkeypatch, trainer)
    run("train", "makeittalk", "content", "--corpus", corpus, "--out", tmp_path, "--store", tmp_path / "shared")
    assert trainer.asked[0].store == Store(tmp_path / "shared")
