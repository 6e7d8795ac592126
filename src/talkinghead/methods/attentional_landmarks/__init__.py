"""Attentional Landmarks (Wang et al. 2020): lips and head apart, and an attention GAN."""

from __future__ import annotations

from pathlib import Path

from talkinghead import methods
from talkinghead.errors import InputError
from talkinghead.methods.attentional_landmarks.config import CONFIGS, AttentionalConfig
from talkinghead.methods.attentional_landmarks.ltv import LandmarksToVideo
from talkinghead.methods.attentional_landmarks.motion import AttentionalMotion
from talkinghead.methods.attentional_landmarks.renderer import AttentionalRenderer
from talkinghead.methods.attentional_landmarks.stages import STAGES
from talkinghead.methods.attentional_landmarks.stl import SpeechToLandmarks
from talkinghead.methods.base import Method, Paper, PerKind
from talkinghead.rendering.interior import InteriorFiller, MouthInterior, load_filler
from talkinghead.weights import load_weights

_WEIGHTS = Path(__file__).with_name("weights")
_SHIPPED = {"small": "", "small-s1": "-s1"}
"""What the files' names end in."""


def build(config: AttentionalConfig) -> tuple[AttentionalMotion, AttentionalRenderer]:
    """Generator and renderer with random weights."""
    filler = InteriorFiller(MouthInterior()) if config.filled else None
    renderer = AttentionalRenderer(LandmarksToVideo(config.video), filler)
    return AttentionalMotion(SpeechToLandmarks(config.landmarks)), renderer


def _file(stem: str, config_name: str) -> Path:
    if config_name not in _SHIPPED:
        raise InputError(
            f"attentional_landmarks ships weights for {' and '.join(_SHIPPED)}, not for {config_name!r}: "
            "train them, or choose 'small'."
        )
    return _WEIGHTS / f"{stem}{_SHIPPED[config_name]}.safetensors"


def _load_renderer(config_name: str) -> AttentionalRenderer:
    file = _file("renderer", config_name)
    config = CONFIGS[config_name]
    network = LandmarksToVideo(config.video)
    load_weights(network, file)
    return AttentionalRenderer(network, load_filler() if config.filled else None)


def load(config_name: str) -> tuple[AttentionalMotion, PerKind]:
    """Generator and renderer with the weights that ship; drawings are warped.

    Raises:
        InputError: none ship for this configuration.
    """
    file = _file("landmarks", config_name)
    network = SpeechToLandmarks(CONFIGS[config_name].landmarks)
    load_weights(network, file)
    renderer = PerKind(lambda: _load_renderer(config_name), lambda: methods.get_renderer(METHOD.renderer_for_drawings))
    return AttentionalMotion(network), renderer


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
    build=build,
    load=load,
    renderers={"attention": _load_renderer},
    renderer_for_photos="attention",
    stages=STAGES,
)
