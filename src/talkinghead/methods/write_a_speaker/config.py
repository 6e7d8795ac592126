"""Sizes of Write-a-Speaker."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class MouthConfig:
    """The mouth animation generator and its discriminator (figure 4, equations 1 to 3).

    Attributes:
        embedding_size: of a phone in the lookup table.
        channels: of the stacked residual convolutions.
        layers: how many.
        dilations: of the layers, in turn.
        dropout: share of the channels that are left out in training.
        recurrent: whether a bidirectional LSTM takes their place, as in the works that the paper compares with.
        discriminator_channels: of the discriminator, each of which halves the number of frames.
        adversarial: weight of the generator's adversarial term; 0: no discriminator.
        l1_weight: weight of the L1 term, lambda_mou.
    """

    embedding_size: int = 128
    channels: int = 256
    layers: int = 8
    dilations: tuple[int, ...] = (1,)
    dropout: float = 0.0
    recurrent: bool = False
    discriminator_channels: tuple[int, ...] = (64, 128, 256)
    adversarial: float = 1.0
    l1_weight: float = 50.0


@dataclass(frozen=True)
class WordsConfig:
    """The generator of the upper face, or of the head, and its discriminator (figure 5, equations 4 to 6).

    Attributes:
        outputs: parameters per frame: 23 of the upper face, or 6 of the head's pose.
        words: rows of the trainable lookup table: "silent", "unknown", and the most frequent words.
        embedding_size: of a word, and of an emotion.
        emotions: whether the network also reads the emotion.
        noise: random numbers that it also reads in each frame, for what the words leave open; its discriminator then
            sees the rhythm beside the parameters.
        channels: of the encoder, at each number of frames, which the next one halves; the decoder mirrors them.
        layers: residual convolutions between encoder and decoder.
        dropout: share of the channels that are left out in training.
        discriminator_channels: of the discriminator, each of which halves the number of frames.
        adversarial: weight of the generator's adversarial term; 0: no discriminator.
        ssim_weight: weight of the SSIM-Seq term, lambda_upp.
    """

    outputs: int = 23
    words: int = 1859
    embedding_size: int = 128
    emotions: bool = True
    noise: int = 0
    channels: tuple[int, ...] = (128, 128, 256, 256)
    layers: int = 3
    dropout: float = 0.0
    discriminator_channels: tuple[int, ...] = (64, 128, 256)
    adversarial: float = 1.0
    ssim_weight: float = 100.0


@dataclass(frozen=True)
class StyleConfig:
    """The mapping of generic mouth weights to a person's ("Style-Preserving Landmark Generator").

    Attributes:
        hidden: units between its two fully connected layers.
    """

    hidden: int = 128


@dataclass(frozen=True)
class SpaceTimeConfig:
    """The photo-realistic video generator and its three discriminators (figure 6, equations 7 to 11).

    Attributes:
        size: side of its square picture in px.
        window: landmark images of the space-time volume, the frame in the middle.
        shrink: sides of the picture per side of a landmark image: 1, 2 or 4.
        geometry: whether the images of the volume show where the face is; False: bare parameters, an ablation.
        dense: whether they show the whole mesh in place of landmarks, another one.
        channels: of its features, at a quarter of the size.
        shared: residual blocks that the face and the mask share; the colours have as many of their own.
        own: further residual blocks of the face.
        residual: whether it sees the person's own picture, warped by the same motion, and makes the difference from it.
        mask: whether a mask lies between face and colours; False: colours alone, an ablation.
        discriminator_channels: of each discriminator.
        scales: number of discriminators, each at half the resolution of the previous one.
        feature_matching: weight of their features' distances; the paper has none, pix2pixHD has.
        perceptual: weight alpha of the perceptual loss.
        pixel: weight beta of the L1 loss of the picture.
        face: weight gamma of the L1 loss of the face.
        adversarial: weight of the adversarial loss.
    """

    size: int = 512
    window: int = 15
    shrink: int = 1
    geometry: bool = True
    dense: bool = False
    channels: int = 256
    shared: int = 3
    own: int = 3
    residual: bool = False
    mask: bool = True
    discriminator_channels: tuple[int, ...] = (64, 128, 256, 512)
    scales: int = 3
    feature_matching: float = 0.0
    perceptual: float = 10.0
    pixel: float = 100.0
    face: float = 100.0
    adversarial: float = 1.0


@dataclass(frozen=True)
class WriteASpeakerConfig:
    """Sizes of the three generators that run side by side, and of what is a person's own.

    Attributes:
        mouth: phones to the 28 weights of jaw, mouth and cheek puff.
        upper_face: words and emotion to the 23 other weights.
        head: words to the head's pose.
        style: generic mouth weights to a person's.
        video: landmarks to a person's frames.
    """

    mouth: MouthConfig = field(default_factory=MouthConfig)
    upper_face: WordsConfig = field(default_factory=WordsConfig)
    head: WordsConfig = field(default_factory=lambda: WordsConfig(outputs=6, emotions=False))
    style: StyleConfig = field(default_factory=StyleConfig)
    video: SpaceTimeConfig = field(default_factory=SpaceTimeConfig)


_SMALL_WORDS = WordsConfig(embedding_size=32, channels=(48, 48, 64, 96), layers=2, discriminator_channels=(32, 48, 64))
_SMALL = WriteASpeakerConfig(
    MouthConfig(
        embedding_size=64, channels=96, dilations=(1, 2, 4, 8), dropout=0.2, discriminator_channels=(48, 64, 96)
    ),
    _SMALL_WORDS,
    # Words hardly tell where a head goes: a network that must hit the recorded path learns to stand still.
    replace(_SMALL_WORDS, outputs=6, emotions=False, noise=4, adversarial=1.0, ssim_weight=10.0),
    StyleConfig(hidden=48),
    SpaceTimeConfig(
        size=256, shrink=2, channels=32, shared=2, own=1, residual=True, discriminator_channels=(16, 32, 64)
    ),
)
_TINY_WORDS = WordsConfig(words=8, embedding_size=4, channels=(4, 4), layers=1, discriminator_channels=(4, 4))

CONFIGS = {
    # Appendix, "Network Structure and Training": lookup tables of 41 x 128, 1859 x 128 and 4 x 128, lambda_mou = 50,
    # lambda_upp = 100. The paper states neither the number nor the width of any other layer.
    "paper": WriteASpeakerConfig(),
    "small": _SMALL,
    "tiny": WriteASpeakerConfig(
        MouthConfig(embedding_size=4, channels=4, layers=2, discriminator_channels=(4, 4)),
        _TINY_WORDS,
        replace(_TINY_WORDS, outputs=6, emotions=False, noise=2),
        StyleConfig(hidden=4),
        SpaceTimeConfig(
            size=32, window=3, shrink=2, channels=8, shared=1, own=1, residual=True, discriminator_channels=(4, 4)
        ),
    ),
}

_PIX2PIX = replace(_SMALL.video, window=1, mask=False, face=0.0)

# The rows of tables 1 and 2 that are this method with something left out or replaced.
VARIANTS = {
    "small-no-gan": replace(
        _SMALL,
        mouth=replace(_SMALL.mouth, adversarial=0.0),
        upper_face=replace(_SMALL.upper_face, adversarial=0.0),
        head=replace(_SMALL.head, noise=0, adversarial=0.0),
    ),
    "small-lstm": replace(_SMALL, mouth=replace(_SMALL.mouth, recurrent=True)),
    "small-no-mask": replace(_SMALL, video=replace(_SMALL.video, mask=False)),
    "small-no-residual": replace(_SMALL, video=replace(_SMALL.video, residual=False)),
    # What the paper compares with: one landmark image instead of a volume, colours alone. Isola et al. 2017 have one
    # discriminator and L1, Wang et al. 2018 three, whose features are matched (weight 10) beside a perceptual loss.
    # They begin with the warped picture, too: from nothing, a few hundred steps bring nothing.
    "small-pix2pix": replace(_SMALL, video=replace(_PIX2PIX, scales=1, perceptual=0.0)),
    "small-pix2pixhd": replace(_SMALL, video=replace(_PIX2PIX, feature_matching=10.0, pixel=0.0)),
    # Figure 13: what the volume shows. Figure 14: loss terms left out.
    "small-no-landmarks": replace(_SMALL, video=replace(_SMALL.video, geometry=False)),
    "small-dense": replace(_SMALL, video=replace(_SMALL.video, dense=True)),
    "small-no-perceptual": replace(_SMALL, video=replace(_SMALL.video, perceptual=0.0)),
    "small-no-adversary": replace(_SMALL, video=replace(_SMALL.video, adversarial=0.0)),
    "small-no-face-loss": replace(_SMALL, video=replace(_SMALL.video, face=0.0)),
}
