"""MakeItTalk (Zhou et al. 2020): speech drives landmarks, landmarks drive the picture."""

from __future__ import annotations

from pathlib import Path

from talkinghead.errors import InputError
from talkinghead.methods.base import Method, Paper
from talkinghead.methods.makeittalk.config import (
    CONFIGS,
    VARIANTS,
    ContentConfig,
    MakeItTalkConfig,
    TranslationConfig,
)
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.features import load_codes
from talkinghead.methods.makeittalk.motion import MakeItTalkMotion
from talkinghead.methods.makeittalk.speaker_aware import SpeakerAwareAnimation
from talkinghead.methods.makeittalk.stages import STAGES
from talkinghead.methods.makeittalk.translation import TranslationNetwork
from talkinghead.methods.makeittalk.translation_renderer import TranslationRenderer
from talkinghead.rendering.interior import InteriorFiller, MouthInterior, load_filler
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.training.stage import defer
from talkinghead.weights import Weights, load_network


def build(config: MakeItTalkConfig) -> tuple[MakeItTalkMotion, WarpRenderer]:
    """Generator and renderer with random weights."""
    renderer = WarpRenderer(InteriorFiller(MouthInterior(config.mouth_width)), FlatFiller())
    branch = SpeakerAwareAnimation(config.content, config.speaker)
    content = None if config.speaker.alone else SpeechContentAnimation(config.content)
    return MakeItTalkMotion(content, branch=branch), renderer


def load_generator(weights: Weights) -> MakeItTalkMotion:
    """The generator with trained weights.

    Raises:
        InputError: weights are missing (those of the voice conversion, which a network may need, do not ship), or the
            two branches were trained on different features.
    """
    branch = load_network(
        lambda config: SpeakerAwareAnimation(config.content, config.speaker),
        MakeItTalkConfig,
        weights.file("speaker_aware"),
    )
    hears, content = branch.content, None
    if not branch.config.alone:
        content = load_network(SpeechContentAnimation, ContentConfig, weights.file("content"))
        if not f"{content.config.features}+".startswith(f"{hears.features}+"):
            raise InputError(
                f"the content branch reads {content.config.features} and the speaker-aware branch {hears.features}: "
                "train both with configurations whose features begin with the same."
            )
    return MakeItTalkMotion(
        content, features=load_codes(weights) if hears.features == "autovc" else None, branch=branch
    )


def load_warp(weights: Weights) -> WarpRenderer:
    """The warping renderer, with the mouth interior that ships for all methods."""
    return WarpRenderer(load_filler(), FlatFiller())


def load_translation(weights: Weights) -> TranslationRenderer:
    """The image-to-image translation renderer with trained weights, with the mouth interior of the warping one."""
    network = load_network(TranslationNetwork, TranslationConfig, weights.file("translation"))
    return TranslationRenderer(network, load_filler() if network.config.filled else None)


METHOD = Method(
    name="makeittalk",
    paper=Paper(
        title="MakeItTalk: Speaker-Aware Talking-Head Animation",
        authors="Zhou, Han, Shechtman, Echevarria, Kalogerakis, Li",
        venue="ACM Transactions on Graphics 39(6)",
        year=2020,
        url="https://doi.org/10.1145/3414685.3417774",
    ),
    summary="one picture, photo or drawing, and any voice: lips move by what is said, the head by who says it",
    configs=CONFIGS,
    variants=VARIANTS,
    weights=Path(__file__).with_name("weights"),
    build=build,
    generator=load_generator,
    renderers={"warp": load_warp, "translation": load_translation},
    stages=STAGES,
    prepare=defer("talkinghead.methods.makeittalk.train_content:prepare_recording"),
)
