"""MakeItTalk (Zhou et al. 2020): what is said drives landmarks, landmarks drive the picture."""

from __future__ import annotations

from pathlib import Path

from talkinghead.errors import InputError
from talkinghead.methods.base import Method, Paper
from talkinghead.methods.makeittalk.config import CONFIGS, MakeItTalkConfig
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.motion import MakeItTalkMotion
from talkinghead.methods.makeittalk.speaker_aware import SpeakerAwareAnimation
from talkinghead.methods.makeittalk.stages import STAGES
from talkinghead.methods.makeittalk.translation import TranslationNetwork
from talkinghead.methods.makeittalk.translation_renderer import TranslationRenderer
from talkinghead.rendering.interior import InteriorFiller, MouthInterior, load_filler
from talkinghead.rendering.mouth import FlatFiller
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.weights import load_weights

_WEIGHTS = Path(__file__).with_name("weights")


def build(config: MakeItTalkConfig) -> tuple[MakeItTalkMotion, WarpRenderer]:
    """Generator and renderer with random weights."""
    renderer = WarpRenderer(InteriorFiller(MouthInterior(config.mouth_width)), FlatFiller())
    branch = SpeakerAwareAnimation(config.content, config.speaker)
    content = None if config.speaker.alone else SpeechContentAnimation(config.content)
    return MakeItTalkMotion(content, branch=branch), renderer


def _shipping_config(config_name: str) -> MakeItTalkConfig:
    if config_name != "small":
        raise InputError(
            f"makeittalk ships weights for 'small', not for {config_name!r}: train them, or choose 'small'."
        )
    return CONFIGS[config_name]


def _load_warp(config_name: str) -> WarpRenderer:
    _shipping_config(config_name)
    return WarpRenderer(load_filler(), FlatFiller())


def _load_translation(config_name: str) -> TranslationRenderer:
    network = TranslationNetwork(_shipping_config(config_name).translation)
    load_weights(network, _WEIGHTS / "translation.safetensors")
    return TranslationRenderer(network)


def load(config_name: str) -> tuple[MakeItTalkMotion, WarpRenderer]:
    """Generator and renderer with the weights that ship.

    Raises:
        InputError: none ship for this configuration.
    """
    config = _shipping_config(config_name)
    content, branch = SpeechContentAnimation(config.content), SpeakerAwareAnimation(config.content, config.speaker)
    load_weights(content, _WEIGHTS / "content.safetensors")
    load_weights(branch, _WEIGHTS / "speaker_aware.safetensors")
    return MakeItTalkMotion(content, branch=branch), _load_warp(config_name)


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
    build=build,
    load=load,
    renderers={
        "warp": _load_warp,
        "translation": _load_translation,
    },
    stages=STAGES,
)
