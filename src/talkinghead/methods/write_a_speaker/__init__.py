"""Write-a-Speaker (Li et al. 2021): mouth from phones, upper face and head from words and emotion."""

from __future__ import annotations

from pathlib import Path

from talkinghead.methods.base import Method, Paper
from talkinghead.methods.write_a_speaker.config import (
    CONFIGS,
    VARIANTS,
    MouthConfig,
    SpeakerIndependentConfig,
    WordsConfig,
)
from talkinghead.methods.write_a_speaker.motion import WriteASpeakerMotion
from talkinghead.methods.write_a_speaker.networks import MouthGenerator, WordsGenerator
from talkinghead.methods.write_a_speaker.stages import STAGES
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.weights import Weights, load_network


def build(config: SpeakerIndependentConfig) -> tuple[WriteASpeakerMotion, WarpRenderer]:
    """Generator with random weights, and the warping renderer."""
    generator = WriteASpeakerMotion(
        MouthGenerator(config.mouth), WordsGenerator(config.upper_face), WordsGenerator(config.head)
    )
    return generator, WarpRenderer(FlatFiller(), FlatFiller())


def load_generator(weights: Weights) -> WriteASpeakerMotion:
    """The generator with trained weights."""
    return WriteASpeakerMotion(
        load_network(MouthGenerator, MouthConfig, weights.file("mouth_animation")),
        load_network(WordsGenerator, WordsConfig, weights.file("upper_face")),
        load_network(WordsGenerator, WordsConfig, weights.file("head_pose")),
    )


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
    stages=STAGES,
    emotional=True,
)
