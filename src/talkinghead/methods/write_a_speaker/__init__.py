"""Write-a-Speaker (Li et al. 2021): mouth from phones, upper face and head from words and emotion."""

from __future__ import annotations

from pathlib import Path

from talkinghead.methods.base import Method, Paper
from talkinghead.methods.write_a_speaker.config import (
    CONFIGS,
    VARIANTS,
    MouthConfig,
    SpaceTimeConfig,
    StyleConfig,
    WordsConfig,
    WriteASpeakerConfig,
)
from talkinghead.methods.write_a_speaker.motion import WriteASpeakerMotion
from talkinghead.methods.write_a_speaker.networks import MouthGenerator, WordsGenerator
from talkinghead.methods.write_a_speaker.renderer import SpaceTimeRenderer
from talkinghead.methods.write_a_speaker.stages import STAGES
from talkinghead.methods.write_a_speaker.style import MouthStyle
from talkinghead.methods.write_a_speaker.video import SpaceTimeGenerator
from talkinghead.rendering.interior import InteriorFiller, MouthInterior, load_filler
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.training.stage import defer
from talkinghead.weights import Weights, load_network


def build(config: WriteASpeakerConfig) -> tuple[WriteASpeakerMotion, SpaceTimeRenderer]:
    """The generator with random weights, and a renderer that has learned nobody."""
    generator = WriteASpeakerMotion(
        MouthGenerator(config.mouth),
        WordsGenerator(config.upper_face),
        WordsGenerator(config.head),
        style=MouthStyle(config.style),
    )
    warp = WarpRenderer(InteriorFiller(MouthInterior()), FlatFiller())
    return generator, SpaceTimeRenderer(None, warp)


def load_generator(weights: Weights) -> WriteASpeakerMotion:
    """The generator with trained weights, in a person's style if it was learned."""
    style = weights.find("style")
    return WriteASpeakerMotion(
        load_network(MouthGenerator, MouthConfig, weights.file("mouth_animation")),
        load_network(WordsGenerator, WordsConfig, weights.file("upper_face")),
        load_network(WordsGenerator, WordsConfig, weights.file("head_pose")),
        style=None if style is None else load_network(MouthStyle, StyleConfig, style),
    )


def load_renderer(weights: Weights) -> SpaceTimeRenderer:
    """The renderer of a person, if their weights are there; else one that has learned nobody."""
    there = weights.find("video")
    network = None if there is None else load_network(SpaceTimeGenerator, SpaceTimeConfig, there)
    return SpaceTimeRenderer(network, WarpRenderer(load_filler(), FlatFiller()))


METHOD = Method(
    name="write_a_speaker",
    paper=Paper(
        title="Write-a-speaker: Text-based Emotional and Rhythmic Talking-head Generation",
        authors="Li, Wang, Zhang, Ding, Zheng, Yu, Fan",
        venue="AAAI",
        year=2021,
        url="https://arxiv.org/abs/2104.07995",
    ),
    summary="one photo and time-aligned text; the mouth from phones, brows and head from words and emotion",
    configs=CONFIGS,
    variants=VARIANTS,
    weights=Path(__file__).with_name("weights"),
    build=build,
    generator=load_generator,
    renderers={"space-time": load_renderer},
    person_renderer=("space-time", "video"),
    stages=STAGES,
    prepare=defer("talkinghead.methods.write_a_speaker.recordings:prepare_recording"),
    emotional=True,
)
