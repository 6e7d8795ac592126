"""Sizes of Write-a-Speaker's speaker-independent stage."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class MouthConfig:
    """The mouth animation generator and its discriminator (figure 4, equations 1 to 3).

    Attributes:
        embedding_size: of a phone in the lookup table.
        channels: of the stacked residual convolutions.
        layers: how many.
        recurrent: whether a bidirectional LSTM takes their place, as in the works that the paper compares with.
        discriminator_channels: of the discriminator, each of which halves the number of frames.
        adversarial: weight of the generator's adversarial term; 0: no discriminator.
        l1_weight: weight of the L1 term, lambda_mou.
    """

    embedding_size: int = 128
    channels: int = 256
    layers: int = 8
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
        channels: of the encoder, at each number of frames, which the next one halves; the decoder mirrors them.
        layers: residual convolutions between encoder and decoder.
        discriminator_channels: of the discriminator, each of which halves the number of frames.
        adversarial: weight of the generator's adversarial term; 0: no discriminator.
        ssim_weight: weight of the SSIM-Seq term, lambda_upp.
    """

    outputs: int = 23
    words: int = 1859
    embedding_size: int = 128
    emotions: bool = True
    channels: tuple[int, ...] = (128, 128, 256, 256)
    layers: int = 3
    discriminator_channels: tuple[int, ...] = (64, 128, 256)
    adversarial: float = 1.0
    ssim_weight: float = 100.0


@dataclass(frozen=True)
class SpeakerIndependentConfig:
    """Sizes of the three generators that run side by side.

    Attributes:
        mouth: phones to the 28 weights of jaw, mouth and cheek puff.
        upper_face: words and emotion to the 23 other weights.
        head: words to the head's pose.
    """

    mouth: MouthConfig = field(default_factory=MouthConfig)
    upper_face: WordsConfig = field(default_factory=WordsConfig)
    head: WordsConfig = field(default_factory=lambda: WordsConfig(outputs=6, emotions=False))


_SMALL_WORDS = WordsConfig(embedding_size=32, channels=(48, 48, 64, 96), layers=2, discriminator_channels=(32, 48, 64))
_SMALL = SpeakerIndependentConfig(
    MouthConfig(embedding_size=64, channels=96, layers=5, discriminator_channels=(48, 64, 96)),
    _SMALL_WORDS,
    replace(_SMALL_WORDS, outputs=6, emotions=False),
)
_TINY_WORDS = WordsConfig(words=8, embedding_size=4, channels=(4, 4), layers=1, discriminator_channels=(4, 4))

CONFIGS = {
    # Appendix, "Network Structure and Training": lookup tables of 41 x 128, 1859 x 128 and 4 x 128, lambda_mou = 50,
    # lambda_upp = 100. The paper states neither the number nor the width of any other layer.
    "paper": SpeakerIndependentConfig(),
    "small": _SMALL,
    "tiny": SpeakerIndependentConfig(
        MouthConfig(embedding_size=4, channels=4, layers=2, discriminator_channels=(4, 4)),
        _TINY_WORDS,
        replace(_TINY_WORDS, outputs=6, emotions=False),
    ),
}

# The rows of table 1 that are this method with something left out or replaced.
VARIANTS = {
    "small-no-gan": replace(
        _SMALL,
        mouth=replace(_SMALL.mouth, adversarial=0.0),
        upper_face=replace(_SMALL.upper_face, adversarial=0.0),
        head=replace(_SMALL.head, adversarial=0.0),
    ),
    "small-lstm": replace(_SMALL, mouth=replace(_SMALL.mouth, recurrent=True)),
}
