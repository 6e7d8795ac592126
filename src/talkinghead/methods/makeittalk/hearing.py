"""What the content branch hears of a speech."""

from __future__ import annotations

from dataclasses import replace

from talkinghead.errors import InputError
from talkinghead.methods.makeittalk.config import ContentConfig
from talkinghead.speech.features import SAMPLE_RATE, resample
from talkinghead.speech.phonetic import LogMel, PhonePosteriors, PhoneticFeatures
from talkinghead.types import FloatArray, Speech


def at_16_khz(speech: Speech) -> Speech:
    """The same speech at the rate of the networks."""
    samples = resample(speech.samples, speech.sample_rate)
    return replace(speech, samples=samples, sample_rate=SAMPLE_RATE)


def heard(
    speech: Speech, config: ContentConfig, *, gain: float | None = None, features: PhoneticFeatures | None = None
) -> FloatArray:
    """Speech frames (T, num_features); frame t is centred on t / rate s. Silence is zeros, but for other's features.

    Args:
        speech: at 16 kHz. Phones that it knows are taken as they are; else the recogniser listens.
        config: sizes.
        gain: what brings the recording to the usual loudness; None: found from this speech.
        features: others, for a network that was trained on them; None: those that ``config`` names.

    Raises:
        InputError: such features are not what the network was trained on.
    """
    if features is not None:
        if features.size != config.num_features:
            raise InputError(
                f"{features.name} has {features.size} numbers per frame, the content branch hears "
                f"{config.num_features}: train one on these features, or leave them out."
            )
        return features(speech, config.rate, gain=gain)
    if config.features == "phones":
        return PhonePosteriors()(speech, config.rate, gain=gain)[:, 1:]
    return LogMel(config.num_features)(speech, config.rate, gain=gain)
