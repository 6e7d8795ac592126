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

    @property
    def num_attributes(self) -> int:
        """Numbers of a frame: expression, pose, blink."""
        return self.expression_size + POSE_SIZE + BLINK_SIZE


@dataclass(frozen=True)
class FacialConfig:
    """Sizes of all networks.

    Attributes:
        attributes: of FACIAL-GAN.
    """

    attributes: AttributesConfig = field(default_factory=AttributesConfig)


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

CONFIGS = {
    # Sections 3.2, 4 and 5.1: T = 128, 16 speech frames about each frame, 29 numbers in and 64 + 6 + 1 out. The layers
    # are in the supplement, which we do not have.
    "paper": FacialConfig(),
    "small": FacialConfig(_SMALL),
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
        )
    ),
}

# The ablations of section 5.3, and of the paper's claim that attributes help each other.
VARIANTS = {
    "small-apart": FacialConfig(replace(_SMALL, joint=False)),
    "small-without-temporal": FacialConfig(replace(_SMALL, temporal=False)),
    "small-without-local": FacialConfig(replace(_SMALL, local=False)),
    "small-without-gan": FacialConfig(replace(_SMALL, adversarial=0.0)),
}
