"""Sizes of FACIAL."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from talkinghead.types import NUM_EXPRESSIONS

POSE_SIZE, BLINK_SIZE = 6, 1
"""Numbers of a frame's head pose (rotation, translation), and of its blink."""


@dataclass(frozen=True)
class AttributesConfig:
    """FACIAL-GAN: speech -> expression, head pose and blink of each frame.

    Attributes:
        features: of a speech frame: "characters" (log probabilities of a large recogniser's letters, from a file), or
            "phones" (posteriors of the 39 phones without silence), "encoder" (of a large recogniser,
            ``speech.encoder``), joined by "+".
        num_features: size of a speech frame.
        expression_size: numbers of a frame's expression.
        window: frames that the temporal generator sees at once (T).
        temporal_channels: of its encoder, whose layers halve the number of frames.
        temporal_size: of a frame's temporal feature z.
        local_channels: of the four convolutions of the local generator.
        local_size: of a frame's local feature c.
        discriminator_channels: of the discriminator's layers.
        adversarial: weight of the generator's adversarial term (omega 6).
        temporal: whether there is a temporal generator; False: an ablation.
        local: whether there is a local generator; False: an ablation.
        joint: whether one network makes all attributes; False: the ablation in which one makes the expression and
            another, which knows nothing of it, pose and blink.
        heads: whether it bears how far somebody's head moves (``heads``), as networks of persons do.
        usual: whether it bears somebody's mean expression, as networks of persons do.
        lids: whether it bears how far somebody's lids are down in the mean, as networks of persons do.
    """

    features: str = "characters"
    num_features: int = 29
    expression_size: int = 64
    window: int = 128
    temporal_channels: tuple[int, ...] = (128, 256, 512, 512)
    temporal_size: int = 128
    local_channels: tuple[int, int, int, int] = (128, 128, 256, 256)
    local_size: int = 128
    discriminator_channels: tuple[int, ...] = (128, 256, 512)
    adversarial: float = 0.1
    temporal: bool = True
    local: bool = True
    joint: bool = True
    heads: bool = False
    usual: bool = False
    lids: bool = False

    @property
    def num_attributes(self) -> int:
        """Numbers of a frame: expression, pose, blink."""
        return self.expression_size + POSE_SIZE + BLINK_SIZE


@dataclass(frozen=True)
class RenderToVideoConfig:
    """Rendering-to-video: rendered faces with eye attention maps -> a person's frame.

    Attributes:
        size: side of the network's picture in px, a multiple of 2 to the number of ``channels``.
        before, after: rendered frames that it sees before and after the one it makes (the window 2 N_w in all).
        channels: of its U-Net, at half the size, a quarter, and so on.
        discriminator_channels: of each of its three discriminators.
        adversarial, matching, perceptual, pixel: weights of the terms of equation 10.
        residual: whether it also sees the person's own picture, warped by the same motion, and makes what differs from
            it; False: it makes all pixels, as published.
        attention: whether it sees the eye attention map; False: an ablation.
    """

    size: int = 512
    before: int = 5
    after: int = 4
    channels: tuple[int, ...] = (64, 128, 256, 512, 512)
    discriminator_channels: tuple[int, ...] = (64, 128, 256, 512)
    adversarial: float = 1.0
    matching: float = 2.0
    perceptual: float = 10.0
    pixel: float = 50.0
    residual: bool = False
    attention: bool = True

    @property
    def window(self) -> int:
        """Rendered frames that it sees."""
        return self.before + 1 + self.after


@dataclass(frozen=True)
class FacialConfig:
    """Sizes of all networks.

    Attributes:
        attributes: of FACIAL-GAN.
        video: of rendering-to-video.
    """

    attributes: AttributesConfig = field(default_factory=AttributesConfig)
    video: RenderToVideoConfig = field(default_factory=RenderToVideoConfig)


_SMALL = AttributesConfig(
    features="phones+encoder",
    num_features=39 + 384,
    expression_size=NUM_EXPRESSIONS,
    temporal_channels=(64, 96, 128, 128),
    temporal_size=64,
    local_channels=(64, 64, 96, 96),
    local_size=96,
    discriminator_channels=(48, 96, 128),
)

_SMALL_VIDEO = RenderToVideoConfig(
    size=256,
    before=2,
    after=1,
    channels=(24, 48, 96, 128),
    discriminator_channels=(16, 32, 64),
    residual=True,
)
_TINY_VIDEO = RenderToVideoConfig(
    size=32, before=1, after=0, channels=(4, 4), discriminator_channels=(4, 4), residual=True
)

CONFIGS = {
    # Sections 3.2, 4 and 5.1: T = 128, 16 speech frames about each frame, 29 numbers in and 64 + 6 + 1 out. The layers
    # are in the supplement, which we do not have.
    "paper": FacialConfig(),
    "small": FacialConfig(_SMALL, _SMALL_VIDEO),
    "tiny": FacialConfig(
        AttributesConfig(
            features="phones",
            num_features=39,
            expression_size=NUM_EXPRESSIONS,
            window=32,
            temporal_channels=(8, 8),
            temporal_size=8,
            local_channels=(8, 8, 8, 8),
            local_size=8,
            discriminator_channels=(8, 8),
        ),
        _TINY_VIDEO,
    ),
}

# The ablations of section 5.3, and of the paper's claim that attributes help each other.
VARIANTS = {
    "small-apart": FacialConfig(replace(_SMALL, joint=False), _SMALL_VIDEO),
    "small-without-temporal": FacialConfig(replace(_SMALL, temporal=False), _SMALL_VIDEO),
    "small-without-local": FacialConfig(replace(_SMALL, local=False), _SMALL_VIDEO),
    "small-without-gan": FacialConfig(replace(_SMALL, adversarial=0.0), _SMALL_VIDEO),
    "small-without-attention": FacialConfig(_SMALL, replace(_SMALL_VIDEO, attention=False)),
    "small-all-pixels": FacialConfig(_SMALL, replace(_SMALL_VIDEO, residual=False)),
    "small-rendering-alone": FacialConfig(_SMALL, replace(_SMALL_VIDEO, residual=False, attention=False)),
}
