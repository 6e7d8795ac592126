"""The encoder's upper blocks."""

import numpy as np
import pytest
import torch

from talkinghead.speech.encoder import CONFIGS, WINDOW, SpeechEncoder, encode_speech, load_encoder
from talkinghead.speech.upper import UpperEncoder, WholeEncoder, load_whole_encoder


@pytest.fixture(scope="module")
def tiny():
    """Small networks with random weights."""
    torch.manual_seed(0)
    return WholeEncoder(SpeechEncoder(CONFIGS["tiny"]), UpperEncoder(CONFIGS["tiny"])).eval()


def test_upper_blocks_read_what_the_lower_ones_make(tiny):
    mel = torch.rand(2, 60, 80)
    with torch.inference_mode():
        low = tiny.lower.encode(mel)
        upper = tiny.upper.norm(tiny.upper.blocks(low))
        torch.testing.assert_close(tiny(mel), torch.cat([low, upper], dim=-1))
        tiny.upper.centre.fill_(1.0)
        tiny.upper.spread.fill_(2.0)
        torch.testing.assert_close(tiny(mel), torch.cat([low, (upper - 1.0) / 2.0], dim=-1))
        tiny.upper.centre.zero_()
        tiny.upper.spread.fill_(1.0)


def test_features_are_the_same_whatever_the_stretch(tiny):
    sound = np.random.default_rng(0).normal(0, 0.1, 9 * 16_000).astype(np.float32)
    whole = encode_speech(sound, gain=1.0, network=tiny)
    assert whole.shape == (450, 32)
    part = encode_speech(sound, gain=1.0, first=180, count=50, network=tiny)
    np.testing.assert_allclose(part, whole[180:230], atol=1e-5)


def test_what_ships_is_of_the_published_size_and_centred():
    whole = load_whole_encoder()
    block = 4 * 384 * 384 + 4 * 384 + 2 * 4 * 384 * 384 + 5 * 384 + 4 * 384
    assert sum(p.numel() for p in whole.upper.parameters()) == 2 * block + 2 * 384
    assert whole.lower is load_encoder()
    assert whole.upper.centre.shape == (WINDOW, 384)
    assert (whole.upper.spread > 0).all()
