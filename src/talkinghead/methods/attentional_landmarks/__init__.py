"""Attentional Landmarks (Wang et al. 2020): lips and head apart, and an attention GAN."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from talkinghead.methods.attentional_landmarks.config import (
    CONFIGS,
    VARIANTS,
    AttentionalConfig,
    LandmarksConfig,
    VideoConfig,
)
from talkinghead.methods.attentional_landmarks.ltv import LandmarksToVideo
from talkinghead.methods.attentional_landmarks.ltv_losses import VideoTraining, video_example, video_losses
from talkinghead.methods.attentional_landmarks.motion import AttentionalMotion
from talkinghead.methods.attentional_landmarks.renderer import AttentionalRenderer
from talkinghead.methods.attentional_landmarks.stl import SpeechToLandmarks
from talkinghead.methods.attentional_landmarks.stl_losses import landmarks_example, landmarks_losses
from talkinghead.methods.base import Method, Paper, Stage
from talkinghead.rendering.interior import InteriorFiller, MouthInterior, shipped_filler
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
    """The renderer with trained weights; the inside of mouths is what ships for all methods."""
    network = load_network(LandmarksToVideo, VideoConfig, weights.file("renderer"))
    return AttentionalRenderer(network, shipped_filler() if network.config.filled else None)


def _train_landmarks(corpus: Path, out: Path, config_name: str, options: Mapping[str, Any]) -> None:
    from talkinghead.methods.attentional_landmarks.train_stl import train_landmarks

    train_landmarks(corpus, out, config_name, options)


def _train_renderer(corpus: Path, out: Path, config_name: str, options: Mapping[str, Any]) -> None:
    from talkinghead.methods.attentional_landmarks.train_ltv import train_video

    train_video(corpus, out, config_name, options)


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
    renderer_for={"photo": "attention", "drawing": "warp"},
    stages={
        "landmarks": Stage(
            what="speech -> landmarks of lips and head, apart (section 3.1), on GRID s1 and the open clips",
            network=lambda config: SpeechToLandmarks(config.landmarks),
            losses=landmarks_losses,
            example=landmarks_example,
            train=_train_landmarks,
        ),
        "renderer": Stage(
            what="landmarks and a picture -> a picture (section 3.2), on GRID s1 and the open clips",
            network=VideoTraining,
            losses=video_losses,
            example=video_example,
            train=_train_renderer,
            starts=True,
        ),
    },
)
