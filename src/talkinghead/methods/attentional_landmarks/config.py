"""Sizes of Attentional Landmarks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class LandmarksConfig:
    """The speech-to-landmarks network (STL).

    Attributes:
        features: of a speech frame: "mfcc", "phones" (posteriors of the 39 phones without silence), "encoder" (of a
            large recogniser, ``speech.encoder``), or "phones+encoder".
        num_features: size of a speech frame.
        channels: of the four convolutions over time.
        speech_size: of the code of a moment of speech.
        template_size: of the code of the template's landmarks.
        gru_size: hidden size of the recurrent layer.
        split: whether lips and head have separate branches; False: the ablation with one branch for all landmarks.
    """

    features: str = "mfcc"
    num_features: int = 13
    channels: tuple[int, int, int, int] = (64, 128, 256, 256)
    speech_size: int = 512
    template_size: int = 256
    gru_size: int = 512
    split: bool = True


@dataclass(frozen=True)
class VideoConfig:
    """The landmarks-to-video network (LTV) and its discriminator.

    Attributes:
        size: side of the network's picture in px, a multiple of 2 to the number of ``channels``.
        channels: of the U-Net, at half the size, a quarter, and so on.
        landmark_channels: of the landmark encoder, at the same sizes.
        background_channels: of the background branch, at half the size.
        discriminator_channels: of the discriminator's trunks.
        adversarial: weight of the generator's adversarial terms, relative to the squared error of colours in [-1, 1].
        focus: additional weight of eyes and lips in that error.
        structure: weight of the structural dissimilarity, relative to that error.
        attention: whether landmarks gate the picture's features; False: the ablation without attention.
        copying: whether the network also makes a displacement field and a mask that blend in displaced pixels of the
            portrait.
        guided: whether that field is added to the landmarks' own displacement.
        source: whether the landmark encoder also reads the portrait's own landmarks.
        filled: whether ``rendering.interior`` paints the inside of the mouth and the portrait's own skin closes the
            lids: for unseen people this network draws blurry mouths and barely closes the eyes.
    """

    size: int = 320
    channels: tuple[int, ...] = (64, 128, 256, 512, 512)
    landmark_channels: tuple[int, ...] = (32, 64, 128, 256, 256)
    background_channels: int = 32
    discriminator_channels: tuple[int, ...] = (64, 128, 256, 512)
    adversarial: float = 1.0
    focus: float = 0.0
    structure: float = 0.0
    attention: bool = True
    copying: bool = False
    guided: bool = False
    source: bool = False
    filled: bool = False


@dataclass(frozen=True)
class AttentionalConfig:
    """Sizes of both networks.

    Attributes:
        landmarks: speech to landmarks.
        video: landmarks to video.
        people: in the training data: "s1" of GRID alone, or "all" of the open recordings.
    """

    landmarks: LandmarksConfig = field(default_factory=LandmarksConfig)
    video: VideoConfig = field(default_factory=VideoConfig)
    people: str = "all"


LIP_SPEECH = LandmarksConfig()
"""What the discriminator of lip synchrony hears, in every configuration: MFCC, as published."""

_SMALL_MFCC = LandmarksConfig(channels=(64, 64, 128, 128), gru_size=256)
_SMALL = AttentionalConfig(
    # What a large recogniser's encoder hears, and phones, which know where lips meet.
    replace(_SMALL_MFCC, features="phones+encoder", num_features=39 + 384),
    VideoConfig(
        size=256,
        channels=(24, 48, 96, 160),
        landmark_channels=(16, 32, 48, 64),
        background_channels=8,
        discriminator_channels=(16, 32, 64, 96),
        adversarial=0.0005,
        focus=4.0,
        structure=0.1,
        copying=True,
        guided=True,
        source=True,
        filled=True,
    ),
)
# Trained on a single person, the network learns displacements that are better than the landmarks' own.
_UNGUIDED = replace(_SMALL.video, guided=False, filled=False)
_S1 = replace(_SMALL, landmarks=_SMALL_MFCC, video=_UNGUIDED, people="s1")
# Ablations are trained with equation 10 alone.
_ALONE = replace(_S1, video=replace(_UNGUIDED, structure=0.0))

CONFIGS = {
    # Section 3.1: codes of 512 and 256, outputs of 42 and 100; section 4.1: crops of 300 px, here 320 (README). The
    # paper does not state the convolutions, the size of the recurrent layer, or any size of the second network.
    "paper": AttentionalConfig(people="s1"),
    "small": _SMALL,
    "tiny": AttentionalConfig(
        LandmarksConfig(channels=(4, 4, 4, 4), speech_size=8, template_size=8, gru_size=8),
        replace(
            _SMALL.video,
            size=64,
            channels=(4, 4, 4, 4),
            landmark_channels=(4, 4, 4, 4),
            background_channels=4,
            discriminator_channels=(4, 4, 4, 4),
            adversarial=1.0,
        ),
    ),
}

# Configurations that are not sizes; each is trained from random weights.
VARIANTS = {
    # The sound itself, as published; or phones alone.
    "small-mfcc": replace(_SMALL, landmarks=_SMALL_MFCC),
    "small-phones": replace(_SMALL, landmarks=replace(_SMALL_MFCC, features="phones", num_features=39)),
    # GRID s1 alone.
    "small-s1": _S1,
    # The ablations of table 2.
    "small-full": _ALONE,
    "small-joint": replace(_ALONE, landmarks=replace(_ALONE.landmarks, split=False)),
    "small-plain": replace(_ALONE, video=replace(_ALONE.video, attention=False)),
}
