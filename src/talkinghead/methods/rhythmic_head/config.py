"""Sizes of Rhythmic Head Motion."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from talkinghead.methods.rhythmic_head.motion_config import (
    MOTION_CONFIGS,
    MOTION_VARIANTS,
    ExpressionConfig,
    HeadConfig,
)


@dataclass(frozen=True)
class CompositionConfig:
    """The hybrid embedding and the non-linear composition (sections 4.2 and 4.3).

    Attributes:
        size: side of the network's picture in px.
        stem: px of the picture per place of the finest layer.
        channels: of the layers of the composition, the finest first; each is half as fine as the one before.
        kernel: px of the convolutions that make the scale and bias maps of the fixed SPADE blocks.
        thumbnail: side of the references and landmark images that the embedding sees, in px.
        embedding: channels of its features, at a quarter of that side.
        rank: landmark features by which the fusion looks at the image features (the softmax of equation 7).
        dynamic: channels of the features of the target's landmarks.
        flow_channels: of FlowNet.
        flow_reach: px by which FlowNet can move a picture.
        discriminator_channels: of each of the two discriminators.
        adversarial, matching, perceptual, flow: weights of the terms of equation 8.
        structure: weight of 1 - SSIM, which the paper does not have.
        residual: whether the network blends and corrects the pictures that it is given; False: it makes all pixels, as
            published.
        projected: whether it sees the projected mesh; False: the ablation without the 3D-aware module.
        embedded: whether it sees the references; False: the ablation without the hybrid embedding.
        warped: whether FlowNet moves the pictures; False: the ablation without warping.
        corrected: whether colours of its own are added to the blend; False: image matting alone, an ablation.
    """

    size: int = 256
    stem: int = 2
    channels: tuple[int, ...] = (64, 128, 256, 512)
    kernel: int = 3
    thumbnail: int = 128
    embedding: int = 256
    rank: int = 256
    dynamic: int = 64
    flow_channels: int = 64
    flow_reach: float = 32.0
    discriminator_channels: tuple[int, ...] = (64, 128, 256, 512)
    adversarial: float = 1.0
    matching: float = 10.0
    perceptual: float = 10.0
    flow: float = 10.0
    structure: float = 0.0
    residual: bool = False
    projected: bool = True
    embedded: bool = True
    warped: bool = True
    corrected: bool = True


@dataclass(frozen=True)
class UnprojectionConfig:
    """The unprojection network (section 4.1).

    Attributes:
        size: side of the picture of a face in px.
        channels: of the convolutions, each of which halves the side.
        hidden: numbers between the picture's features and the face.
        identities: modes of the face model that it tells.
    """

    size: int = 256
    channels: tuple[int, ...] = (32, 64, 128, 256, 256, 256)
    hidden: int = 512
    identities: int = 40


@dataclass(frozen=True)
class RhythmicConfig:
    """Sizes of all networks.

    Attributes:
        expression: of the facial expression learner.
        head: of the head motion learner.
        composition: of the renderer.
        unprojection: of the network that can take the tracker's place in the 3D-aware module.
    """

    expression: ExpressionConfig = field(default_factory=ExpressionConfig)
    head: HeadConfig = field(default_factory=HeadConfig)
    composition: CompositionConfig = field(default_factory=CompositionConfig)
    unprojection: UnprojectionConfig = field(default_factory=UnprojectionConfig)


_SMALL = CompositionConfig(
    stem=4,
    channels=(40, 64, 96),
    kernel=1,
    thumbnail=64,
    embedding=48,
    rank=32,
    dynamic=16,
    flow_channels=24,
    flow_reach=3.0,
    discriminator_channels=(16, 32, 64),
    adversarial=0.1,
    matching=1.0,
    flow=1.0,
    structure=4.0,
    residual=True,
    warped=False,  # mesh and rig have moved the pictures: a second interpolation costs more than its flows gain
)
_SMALL_UNPROJECTION = UnprojectionConfig(size=128, channels=(16, 32, 64, 96, 96), hidden=128, identities=20)

CONFIGS = {
    # Sections 4.2 to 4.4 and 5: K = 1, 8, 32; two discriminators; all weights 10. Widths are in the supplement, which
    # is not at hand: these are our reading after Wang et al. 2019 (few-shot vid2vid), which the paper builds on.
    "paper": RhythmicConfig(*MOTION_CONFIGS["paper"]),
    "small": RhythmicConfig(*MOTION_CONFIGS["small"], _SMALL, _SMALL_UNPROJECTION),
    "tiny": RhythmicConfig(
        *MOTION_CONFIGS["tiny"],
        CompositionConfig(
            size=32,
            stem=4,
            channels=(4, 4),
            kernel=1,
            thumbnail=16,
            embedding=4,
            rank=4,
            dynamic=4,
            flow_channels=4,
            flow_reach=2.0,
            discriminator_channels=(4, 4),
            structure=1.0,
            residual=True,
        ),
        UnprojectionConfig(size=32, channels=(4, 4, 4), hidden=8, identities=4),
    ),
}

# The ablations of figure 10; "small" does without warping itself.
_ABLATIONS = {
    "small-without-projection": replace(_SMALL, projected=False),
    "small-without-embedding": replace(_SMALL, embedded=False),
    "small-with-warping": replace(_SMALL, warped=True),
    "small-matting": replace(_SMALL, corrected=False),
    "small-all-pixels": replace(_SMALL, residual=False),
}

VARIANTS = {
    **{
        name: RhythmicConfig(*MOTION_CONFIGS["small"], sizes, _SMALL_UNPROJECTION) for name, sizes in _ABLATIONS.items()
    },
    **{name: RhythmicConfig(*sizes, _SMALL, _SMALL_UNPROJECTION) for name, sizes in MOTION_VARIANTS.items()},
}
