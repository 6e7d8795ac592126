"""MakeItTalk (Zhou et al. 2020): what is said drives landmarks, landmarks drive the picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from talkinghead.errors import InputError
from talkinghead.methods.base import Method, Paper, Stage
from talkinghead.methods.makeittalk.config import CONFIGS, MakeItTalkConfig
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.losses import (
    MouthTraining,
    content_example,
    content_losses,
    mouth_example,
    mouth_losses,
)
from talkinghead.methods.makeittalk.motion import MakeItTalkMotion
from talkinghead.rendering.interior import InteriorFiller, MouthInterior
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.weights import load_weights

_WEIGHTS = Path(__file__).with_name("weights")


def _assemble(content: SpeechContentAnimation, interior: MouthInterior) -> tuple[MakeItTalkMotion, WarpRenderer]:
    return MakeItTalkMotion(content), WarpRenderer(InteriorFiller(interior), FlatFiller())


def build(config: MakeItTalkConfig) -> tuple[MakeItTalkMotion, WarpRenderer]:
    """Generator and renderer with random weights."""
    return _assemble(SpeechContentAnimation(config.content), MouthInterior(config.mouth_width))


def load(config_name: str) -> tuple[MakeItTalkMotion, WarpRenderer]:
    """Generator and renderer with the weights that ship.

    Raises:
        InputError: none ship for this configuration.
    """
    if config_name != "small":
        raise InputError(
            f"makeittalk ships weights for 'small', not for {config_name!r}: train them, or choose 'small'."
        )
    config = CONFIGS[config_name]
    content, interior = SpeechContentAnimation(config.content), MouthInterior(config.mouth_width)
    load_weights(content, _WEIGHTS / "content.safetensors")
    load_weights(interior, _WEIGHTS / "mouth.safetensors")
    return _assemble(content, interior)


def _train_content(corpus: Path, out: Path, config_name: str, options: Mapping[str, Any]) -> None:
    from talkinghead.methods.makeittalk.train_content import train_content

    train_content(corpus, out, config_name, options)


def _train_mouth(corpus: Path, out: Path, config_name: str, options: Mapping[str, Any]) -> None:
    from talkinghead.methods.makeittalk.train_mouth import train_mouth

    train_mouth(corpus, out, config_name, options)


METHOD = Method(
    name="makeittalk",
    paper=Paper(
        title="MakeItTalk: Speaker-Aware Talking-Head Animation",
        authors="Zhou, Han, Shechtman, Echevarria, Kalogerakis, Li",
        venue="ACM Transactions on Graphics 39(6)",
        year=2020,
        url="https://doi.org/10.1145/3414685.3417774",
    ),
    summary="one picture, photo or drawing, and any voice; so far the speech content branch and the warping renderer",
    configs=CONFIGS,
    build=build,
    load=load,
    stages={
        "content": Stage(
            what="speech windows -> landmark displacements (section 3.1), on GRID s1",
            network=lambda config: SpeechContentAnimation(config.content),
            losses=content_losses,
            example=content_example,
            train=_train_content,
        ),
        "mouth": Stage(
            what="shape of the lips -> inside of the mouth, on the open clips",
            network=lambda config: MouthTraining(config.mouth_width, people=2),
            losses=mouth_losses,
            example=mouth_example,
            train=_train_mouth,
        ),
    },
)
