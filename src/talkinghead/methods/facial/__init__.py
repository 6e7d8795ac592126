"""FACIAL (Zhang et al. 2021): expression, head pose and blink learned together."""

from __future__ import annotations

from pathlib import Path

from talkinghead.methods.base import Method, Paper
from talkinghead.methods.facial.config import CONFIGS, VARIANTS, AttributesConfig, FacialConfig, RenderToVideoConfig
from talkinghead.methods.facial.gan import FacialGenerator
from talkinghead.methods.facial.motion import FacialMotion
from talkinghead.methods.facial.renderer import RenderToVideoRenderer
from talkinghead.methods.facial.stages import STAGES
from talkinghead.methods.facial.video import RenderToVideo
from talkinghead.rendering.interior import InteriorFiller, MouthInterior, load_filler
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.training.stage import defer
from talkinghead.weights import Weights, load_network


def build(config: FacialConfig) -> tuple[FacialMotion, RenderToVideoRenderer]:
    """Generator and renderer with random weights."""
    warp = WarpRenderer(InteriorFiller(MouthInterior()), FlatFiller())
    return FacialMotion(FacialGenerator(config.attributes)), RenderToVideoRenderer(RenderToVideo(config.video), warp)


def load_generator(weights: Weights) -> FacialMotion:
    """The generator with trained weights."""
    return FacialMotion(load_network(FacialGenerator, AttributesConfig, weights.file("attributes")))


def load_renderer(weights: Weights) -> RenderToVideoRenderer:
    """The renderer: of a person, if their weights are there; else one that has learned nobody."""
    there = weights.find("video")
    network = (
        RenderToVideo(CONFIGS["small"].video)
        if there is None
        else load_network(RenderToVideo, RenderToVideoConfig, there)
    )
    return RenderToVideoRenderer(network, WarpRenderer(load_filler(), FlatFiller()))


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
    renderers={"render-to-video": load_renderer},
    uses_reference="if there",
    person_renderer=("render-to-video", "video"),
    stages=STAGES,
    prepare=defer("talkinghead.methods.facial.train:prepare_recording"),
)
