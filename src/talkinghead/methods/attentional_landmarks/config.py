"""Sizes of Attentional Landmarks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class LandmarksConfig:
    """The speech-to-landmarks network (STL).

    Attributes:
        features: what a speech frame is: "mfcc", or "phones" (posteriors of the 39 phones; silence is none of them).
        num_features: size of a speech frame.
        channels: of the four convolutions over time.
        speech_size: what a moment of speech is encoded to.
        template_size: what the template's landmarks are encoded to.
        gru_size: hidden size of the recurrent layer.
        split: lips and head in branches of their own; False is the ablation without: one branch for all landmarks.
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
        channels: of the U-Net, from half the size on, halving at each.
        landmark_channels: of the landmark encoder, at the same sizes.
        background_channels: of the background's own branch, at half the size.
        discriminator_channels: of the discriminator's trunks.
        adversarial: weight of the generator's adversarial terms beside the squared error of colours in [-1, 1].
        focus: how much more eyes and lips count in that error.
        structure: weight of the structural dissimilarity beside that error.
        attention: gates the picture's features by the landmarks; False is the ablation without.
        copying: besides a picture, the network makes a displacement field and a mask that mix in the portrait's own
            pixels, moved.
        guided: that field is what the network adds to the landmarks' own displacement.
        source: the landmark encoder also sees where the portrait's own landmarks lie.
        filled: the inside of the mouth is painted by a network that knows mouths alone (``rendering.interior``), and
            lids are closed by the portrait's own skin: for unseen people this network draws mouths as a soft blot and
            barely closes the eyes.
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
    """All of the method.

    Attributes:
        landmarks: speech to landmarks.
        video: landmarks to video.
        people: who is learnt from: "s1" of GRID alone, or "all" of the open recordings.
    """

    landmarks: LandmarksConfig = field(default_factory=LandmarksConfig)
    video: VideoConfig = field(default_factory=VideoConfig)
    people: str = "all"


_SMALL = AttentionalConfig(
    LandmarksConfig(channels=(64, 64, 128, 128), gru_size=256),
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
# Of one person alone it learns where everything goes, and better than by what the landmarks tell.
_UNGUIDED = replace(_SMALL.video, guided=False, filled=False)
_S1 = replace(_SMALL, video=_UNGUIDED, people="s1")
# Those of the ablations learn by equation 10 alone.
_ALONE = replace(_S1, video=replace(_UNGUIDED, structure=0.0))

CONFIGS = {
    # Section 3.1: codes of 512 and 256, outputs of 42 and 100; section 4.1: crops of 300 px, here 320 (README). What
    # the paper leaves open are the convolutions, the size of the recurrent layer, and all of the second network.
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

# Configurations that are no sizes; each is trained from random weights.
VARIANTS = {
    # Phones instead of the sound, for voices unlike those of the training.
    "small-phones": replace(_SMALL, landmarks=replace(_SMALL.landmarks, features="phones", num_features=39)),
    # GRID s1 alone.
    "small-s1": _S1,
    # The ablations of table 2.
    "small-full": _ALONE,
    "small-joint": replace(_ALONE, landmarks=replace(_ALONE.landmarks, split=False)),
    "small-plain": replace(_ALONE, video=replace(_ALONE.video, attention=False)),
}
