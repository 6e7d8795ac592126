"""Attentional Landmarks (Wang et al. 2020): lips and head apart, and an attention GAN."""

from __future__ import annotations

from pathlib import Path

from talkinghead.methods.attentional_landmarks.config import (
    CONFIGS,
    VARIANTS,
    AttentionalConfig,
    LandmarksConfig,
    VideoConfig,
)
from talkinghead.methods.attentional_landmarks.ltv import LandmarksToVideo
from talkinghead.methods.attentional_landmarks.motion import AttentionalMotion
from talkinghead.methods.attentional_landmarks.renderer import AttentionalRenderer
from talkinghead.methods.attentional_landmarks.stages import STAGES
from talkinghead.methods.attentional_landmarks.stl import SpeechToLandmarks
from talkinghead.methods.base import Method, Paper
from talkinghead.rendering.interior import InteriorFiller, MouthInterior, load_filler
from talkinghead.training.stage import defer
from talkinghead.weights import Weights, load_network


def build(config: AttentionalConfig) -> tuple[AttentionalMotion, AttentionalRenderer]:
    """Generator and renderer with random weights."""
    filler = InteriorFiller(MouthInterior()) if config.video.filled else None
    renderer = AttentionalRenderer(LandmarksToVideo(config.video), filler)
    return AttentionalMotion(SpeechToLandmarks(config.landmarks)), renderer


def load_generator(weights: Weights) -> AttentionalMotion:
    """The generator with trained weights."""
    return AttentionalMotion(load_network(SpeechToLandmarks, LandmarksConfig, weights.file("landmarks")))


def load_renderer(weights: Weights) -> AttentionalRenderer:
    """The renderer with trained weights, and the mouth interior that ships for all methods."""
    network = load_network(LandmarksToVideo, VideoConfig, weights.file("renderer"))
    return AttentionalRenderer(network, load_filler() if network.config.filled else None)


METHOD = Method(
    name="attentional_landmarks",
    paper=Paper(
        title="Speech Driven Talking Head Generation via Attentional Landmarks Based Representation",
        authors="Wang, Wang, Sun, Liu, Liang, Li",
        venue="Interspeech",
        year=2020,
        url="https://doi.org/10.21437/Interspeech.2020-2304",
    ),
    summary="one photo and a voice; lips and head are learnt apart, landmarks gate what the network sees of the photo",
    configs=CONFIGS,
    variants=VARIANTS,
    weights=Path(__file__).with_name("weights"),
    build=build,
    generator=load_generator,
    renderers={"attention": load_renderer},
    person_renderer=("attention", "renderer"),
    stages=STAGES,
    prepare=defer("talkinghead.methods.attentional_landmarks.train_stl:prepare_recording"),
)
