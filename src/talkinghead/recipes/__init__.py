"""Trainings of networks that all methods share, in the same form as the stages of a method."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from talkinghead.training.stage import HeldOutOptions, Stage, TrainingOptions, defer


@dataclass(frozen=True)
class Recipe:
    """The training of one shared network.

    Attributes:
        name: on the command line, and of its weights' file.
        stage: the training.
        sizes: ``package.module:name`` of the mapping of its configurations.
        variants: others; none.
        weights: the folder of weights that it starts from; none.
    """

    name: str
    stage: Stage
    sizes: str
    variants: Mapping[str, Any] = field(default_factory=dict)
    weights: Path | None = None

    @property
    def stages(self) -> Mapping[str, Stage]:
        """The only stage, which has the recipe's name."""
        return {self.name: self.stage}

    @property
    def configs(self) -> Mapping[str, Any]:
        """Sizes by name."""
        module, name = self.sizes.split(":")
        found: Mapping[str, Any] = getattr(importlib.import_module(module), name)
        return found


RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "phones",
            Stage(
                what="encoder and log-mel -> the 39 phones and silence: the recogniser whose features methods use",
                network=defer("talkinghead.speech.phones:PhoneRecogniser"),
                losses=defer("talkinghead.recipes.phones:phone_losses"),
                example=defer("talkinghead.recipes.phones:phone_example"),
                train=defer("talkinghead.recipes.phones:train_phones"),
                options=HeldOutOptions(steps=1600, batch=32, learning_rate=1.2e-3, validate_every=200),
            ),
            "talkinghead.speech.phones:CONFIGS",
        ),
        Recipe(
            "student",
            Stage(
                what="log-mel -> what the encoder hears and phones, with little sound ahead, for live speech",
                network=defer("talkinghead.speech.student:SpeechStudent"),
                losses=defer("talkinghead.recipes.student:student_losses"),
                example=defer("talkinghead.recipes.student:student_example"),
                train=defer("talkinghead.recipes.student:train_student"),
                options=HeldOutOptions(steps=1000, batch=8, learning_rate=1e-4, validate_every=200),
            ),
            "talkinghead.speech.student:CONFIGS",
        ),
        Recipe(
            "syncnet",
            Stage(
                what="mouths and log-mel -> whether they are in sync: the network with which evaluation measures it",
                network=defer("talkinghead.metrics.syncnet:SyncNet"),
                losses=defer("talkinghead.recipes.syncnet:sync_losses"),
                example=defer("talkinghead.recipes.syncnet:sync_example"),
                train=defer("talkinghead.recipes.syncnet:train_syncnet"),
                options=TrainingOptions(steps=3000, batch=10, learning_rate=1.5e-3, validate_every=250),
            ),
            "talkinghead.metrics.syncnet:CONFIGS",
        ),
        Recipe(
            "mouth",
            Stage(
                what="shape of the lips -> inside of the mouth, as renderers paint it behind open lips",
                network=defer("talkinghead.recipes.mouth:mouth_adversaries"),
                losses=defer("talkinghead.recipes.mouth:mouth_losses"),
                example=defer("talkinghead.recipes.mouth:mouth_example"),
                train=defer("talkinghead.recipes.mouth:train_mouth"),
                options=TrainingOptions(steps=4000),
            ),
            "talkinghead.recipes.mouth:CONFIGS",
        ),
    )
}
"""By name."""
