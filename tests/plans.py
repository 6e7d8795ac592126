"""Runs of trainings, as the command would plan them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from talkinghead.data.corpus import Corpus
from talkinghead.methods import get_method, method_names
from talkinghead.recipes import RECIPES
from talkinghead.training.plan import Trainable, plan_training
from talkinghead.training.stage import Training

NO_RECORDINGS = Corpus((), folder=Path("nowhere"))
"""The corpus of a training whose recordings are stood in for."""


def owner_of(name: str) -> Trainable:
    """The method or recipe of that name."""
    return get_method(name) if name in method_names() else RECIPES[name]


def plan(
    name: str,
    stage: str | None,
    out: Path,
    *,
    corpus: Corpus = NO_RECORDINGS,
    config: str = "tiny",
    start: Path | None = None,
    **options: Any,
) -> Training:
    """A run of a stage of a method, or of a recipe, with other options than the defaults."""
    owner = owner_of(name)
    told = replace(owner.stages[stage or name].usual_options(corpus), **{"batch": 4, **options})
    return plan_training(owner, stage or name, corpus=corpus, out=out, config=config, options=told, start=start)
