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
from talkinghead.methods.makeittalk.speaker_aware import SpeakerAwareAnimation
from talkinghead.methods.makeittalk.speaker_losses import SpeakerTraining, speaker_example, speaker_losses
from talkinghead.methods.makeittalk.translation import TranslationNetwork
from talkinghead.methods.makeittalk.translation_losses import (
    TranslationTraining,
    translation_example,
    translation_losses,
)
from talkinghead.methods.makeittalk.translation_renderer import TranslationRenderer
from talkinghead.methods.makeittalk.voice import VoiceConversion
from talkinghead.methods.makeittalk.voice_losses import voice_example, voice_losses
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


def _train_content(corpus: Path, out: Path, config_name: str, options: Mapping[str, Any]) -> None:
    from talkinghead.methods.makeittalk.train_content import train_content

    train_content(corpus, out, config_name, options)


def _train_mouth(corpus: Path, out: Path, config_name: str, options: Mapping[str, Any]) -> None:
    from talkinghead.methods.makeittalk.train_mouth import train_mouth

    train_mouth(corpus, out, config_name, options)


def _train_speaker(corpus: Path, out: Path, config_name: str, options: Mapping[str, Any]) -> None:
    from talkinghead.methods.makeittalk.train_speaker import train_speaker

    train_speaker(corpus, out, config_name, options)


def _train_translation(corpus: Path, out: Path, config_name: str, options: Mapping[str, Any]) -> None:
    from talkinghead.methods.makeittalk.train_translation import train_translation

    train_translation(corpus, out, config_name, options)


def _train_voice(corpus: Path, out: Path, config_name: str, options: Mapping[str, Any]) -> None:
    from talkinghead.methods.makeittalk.train_voice import train_voice

    train_voice(corpus, out, config_name, options)


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
    stages={
        "voice": Stage(
            what="speech -> what is said apart from who says it, by voice conversion (section 3.1), on many voices",
            network=lambda config: VoiceConversion(config.voice),
            losses=voice_losses,
            example=voice_example,
            train=_train_voice,
        ),
        "content": Stage(
            what="speech windows -> landmark displacements (section 3.1), on GRID s1",
            network=lambda config: SpeechContentAnimation(config.content),
            losses=content_losses,
            example=content_example,
            train=_train_content,
        ),
        "speaker": Stage(
            what="speech and voice -> head motion and expression (section 3.2), on the open recordings",
            network=SpeakerTraining,
            losses=speaker_losses,
            example=speaker_example,
            train=_train_speaker,
        ),
        "mouth": Stage(
            what="shape of the lips -> inside of the mouth, on the open clips",
            network=lambda config: MouthTraining(config.mouth_width, people=2),
            losses=mouth_losses,
            example=mouth_example,
            train=_train_mouth,
        ),
        "translation": Stage(
            what="portrait and drawn landmarks -> picture (section 3.3, natural images), on the open clips",
            network=lambda config: TranslationTraining(config.translation),
            losses=translation_losses,
            example=translation_example,
            train=_train_translation,
        ),
    },
)
