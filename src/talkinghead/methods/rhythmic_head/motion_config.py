"""Sizes of the two networks that listen: the facial expression learner and the head motion learner."""

from __future__ import annotations

from dataclasses import dataclass

POSE_SIZE = 6
"""Numbers of a head's pose: rotation (rad) and translation (eye distances)."""

TAU = 64
"""Frames of reference motion (section 5)."""


@dataclass(frozen=True)
class ExpressionConfig:
    """The facial expression learner: sound about a frame, and a face at rest -> principal components.

    Attributes:
        features: of the sound, joined by "+": "sound" (samples), or "phones" (posteriors of the 39 phones without
            silence), "encoder" (of a large recogniser, ``speech.encoder``), "bands" (log-mel energies of eight bands).
        window: frames of sound about a frame, itself in the middle.
        frame_size: of what is made of a frame's sound.
        channels: of each convolution over the window.
        identity_size: of the encoded face at rest.
        decoder_sizes: hidden sizes of the decoder.
        components: principal components of the expression.
        dropout: share of features left out in training.
    """

    features: str = "sound"
    window: int = 7
    frame_size: int = 256
    channels: int = 256
    identity_size: int = 128
    decoder_sizes: tuple[int, ...] = (256,)
    components: int = 20
    dropout: float = 0.0


@dataclass(frozen=True)
class HeadConfig:
    """The head motion learner: reference motion and sound -> the weights of a perceptron, which moves the head.

    Attributes:
        features: of the sound, as in ``ExpressionConfig``.
        frame_size: of what is made of a frame's sound.
        channels: of the temporal convolutions over the driving sound, which are residual.
        dilations: of these convolutions, in frames.
        reference_channels: of the encoder of the reference, each of which halves the number of frames.
        reference_size: of the reference feature vector.
        hidden: units of the perceptron whose weights the reference gives.
        noise: paths of chance in each octave of ``chance.OCTAVES_HZ`` beside the sound; 0: the motion is the expected
            one.
    """

    features: str = "sound"
    frame_size: int = 128
    channels: int = 128
    dilations: tuple[int, ...] = (1, 2, 4, 8)
    reference_channels: tuple[int, ...] = (128, 256, 256)
    reference_size: int = 256
    hidden: int = 64
    noise: int = 0


MOTION_CONFIGS: dict[str, tuple[ExpressionConfig, HeadConfig]] = {
    # Sections 3.2, 3.3 and 5: 7 frames of 0.04 s, tau = 64. No layer's size is stated, nor the number of components.
    "paper": (ExpressionConfig(), HeadConfig()),
    "small": (
        ExpressionConfig(
            features="phones+encoder+bands",
            frame_size=192,
            channels=192,
            identity_size=64,
            decoder_sizes=(256,),
            dropout=0.1,
        ),
        # With 2 minutes of moving heads to learn from, what a network adds is small; chance has the larger part.
        HeadConfig(
            features="bands",
            frame_size=24,
            channels=24,
            dilations=(1, 2, 4),
            reference_channels=(48, 64, 64),
            reference_size=48,
            hidden=16,
            noise=6,
        ),
    ),
    "tiny": (
        ExpressionConfig(
            features="phones+bands",
            frame_size=8,
            channels=8,
            identity_size=4,
            decoder_sizes=(8,),
            components=6,
        ),
        HeadConfig(
            features="bands",
            frame_size=4,
            channels=8,
            dilations=(1,),
            reference_channels=(8, 8),
            reference_size=8,
            hidden=8,
            noise=1,
        ),
    ),
}

MOTION_VARIANTS: dict[str, tuple[ExpressionConfig, HeadConfig]] = {
    # Section 3.2's own front end, raw sound, in a network of the size that ships.
    "small-sound": (
        ExpressionConfig(frame_size=192, channels=192, identity_size=64, decoder_sizes=(256,), dropout=0.1),
        MOTION_CONFIGS["small"][1],
    ),
}
