"""FACIAL (Zhang et al. 2021): expression, head pose and blink learned together."""

from __future__ import annotations

from pathlib import Path

from talkinghead.methods.base import Method, Paper
from talkinghead.methods.facial.config import CONFIGS, VARIANTS, AttributesConfig, FacialConfig
from talkinghead.methods.facial.gan import FacialGenerator
from talkinghead.methods.facial.motion import FacialMotion
from talkinghead.methods.facial.stages import STAGES
from talkinghead.rendering.interior import InteriorFiller, MouthInterior
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.weights import Weights, load_network


def build(config: FacialConfig) -> tuple[FacialMotion, WarpRenderer]:
    """Generator with random weights; the picture is warped."""
    return FacialMotion(FacialGenerator(config.attributes)), WarpRenderer(InteriorFiller(MouthInterior()), FlatFiller())


def load_generator(weights: Weights) -> FacialMotion:
    """The generator with trained weights."""
    return FacialMotion(load_network(FacialGenerator, AttributesConfig, weights.file("attributes")))


METHOD = Method(
    name="facial",
    paper=Paper(
        title="FACIAL: Synthesizing Dynamic Talking Face with Implicit Attribute Learning",
        authors="Zhang, Zhao, Huang, Zeng, Ni, Budagavi, Guo",
        venue="ICCV",
        year=2021,
        url="https://arxiv.org/abs/2108.07938",
    ),
    summary="a voice moves lips, head and blinks together, as one network has learned them from each other",
    configs=CONFIGS,
    variants=VARIANTS,
    weights=Path(__file__).with_name("weights"),
    build=build,
    generator=load_generator,
    stages=STAGES,
)
