"""What the content branch reads."""

from __future__ import annotations

import numpy as np
import pytest

from drawn import speech_like
from talkinghead.errors import InputError
from talkinghead.methods.makeittalk.config import CONFIGS, VARIANTS, ContentConfig
from talkinghead.methods.makeittalk.features import speech_features
from talkinghead.speech.arpabet import PHONES
from talkinghead.speech.phonetic import EncoderFeatures, LogMel
from talkinghead.types import Interval, Speech

PHONES_ALONE = ContentConfig("phones", num_features=39)
WITH_BANDS = ContentConfig("phones+bands", num_features=47)


def test_bands_come_behind_the_phones() -> None:
    speech = Speech(speech_like(1.0), 16_000, phones=(Interval("M", 0.2, 0.6),))
    both = speech_features(speech, WITH_BANDS)
    np.testing.assert_array_equal(both[:, :39], speech_features(speech, PHONES_ALONE))
    np.testing.assert_array_equal(both[:, 39:], LogMel(8)(speech, 62.5))
    assert both[25].argmax() == PHONES.index("M")
    assert both[25, 39:].max() > 0


def test_silence_is_zeros() -> None:
    silence = Speech(np.zeros(16_000, np.float32), 16_000, phones=(Interval("sil", 0.0, 1.0),))
    np.testing.assert_array_equal(speech_features(silence, WITH_BANDS), 0.0)


def test_the_encoder_is_a_front_end() -> None:
    speech = Speech(speech_like(1.0), 16_000)
    content = CONFIGS["small"].content
    rows = speech_features(speech, content)
    assert rows.shape == (63, content.num_features)
    np.testing.assert_array_equal(rows[:, :47], speech_features(speech, VARIANTS["small-phones"].content))
    np.testing.assert_array_equal(rows[:, 47:], EncoderFeatures()(speech, 62.5))


def test_features_of_another_size_are_an_error() -> None:
    with pytest.raises(InputError, match="reads 39"):
        speech_features(Speech(speech_like(0.5), 16_000), PHONES_ALONE, features=LogMel(80))
