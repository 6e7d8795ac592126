"""Rhythmic Head Motion (Chen et al. 2020): few-shot head motion and a 3D-aware renderer."""

from __future__ import annotations

from pathlib import Path

from talkinghead.methods.base import Method, Paper
from talkinghead.methods.rhythmic_head.composition import CompositionNetwork
from talkinghead.methods.rhythmic_head.config import CONFIGS, VARIANTS, CompositionConfig, RhythmicConfig
from talkinghead.methods.rhythmic_head.motion import RhythmicMotion, build_motion, load_motion
from talkinghead.methods.rhythmic_head.renderer import CompositionRenderer
from talkinghead.methods.rhythmic_head.stages import STAGES
from talkinghead.rendering.interior import InteriorFiller, MouthInterior, load_filler
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.training.stage import defer
from talkinghead.weights import Weights, load_network


def build(config: RhythmicConfig) -> tuple[RhythmicMotion, CompositionRenderer]:
    """Generator and renderer with random weights."""
    warp = WarpRenderer(InteriorFiller(MouthInterior()), FlatFiller())
    network = CompositionNetwork(config.composition)
    return build_motion(config.expression, config.head), CompositionRenderer(network, warp)


def load_renderer(weights: Weights) -> CompositionRenderer:
    """The renderer with trained weights."""
    network = load_network(CompositionNetwork, CompositionConfig, weights.file("composition"))
    return CompositionRenderer(network, WarpRenderer(load_filler(), FlatFiller()))


METHOD = Method(
    name="rhythmic_head",
    paper=Paper(
        title="Talking-head Generation with Rhythmic Head Motion",
        authors="Chen, Cui, Liu, Li, Kou, Xu, Xu",
        venue="ECCV",
        year=2020,
        url="https://arxiv.org/abs/2007.08547",
    ),
    summary="three seconds of a person teach how their head moves; frames are composed of what the video shows",
    configs=CONFIGS,
    variants=VARIANTS,
    weights=Path(__file__).with_name("weights"),
    build=build,
    generator=load_motion,
    renderers={"composition": load_renderer},
    renderer_for={"photo": "composition", "drawing": "warp"},
    stages=STAGES,
    prepare=defer("talkinghead.methods.rhythmic_head.recordings:prepare_recording"),
    uses_reference=True,
)
