"""The facial expression learner."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from talkinghead.methods.rhythmic_head.expression import NUMBERS, ExpressionLearner
from talkinghead.methods.rhythmic_head.expression_losses import expression_losses
from talkinghead.methods.rhythmic_head.features import STRIDE, columns_of, join_features, num_features, speech_features
from talkinghead.methods.rhythmic_head.listening import drop_parts
from talkinghead.methods.rhythmic_head.motion_config import MOTION_CONFIGS, MOTION_VARIANTS, ExpressionConfig
from talkinghead.methods.rhythmic_head.noise import LEVELS_DB, mix_noise, noisy_versions
from talkinghead.types import Speech

TINY = MOTION_CONFIGS["tiny"][0]


@pytest.mark.parametrize("config", [MOTION_CONFIGS["paper"][0], MOTION_VARIANTS["small-sound"][0]])
def test_the_published_front_end_hears_seven_frames_of_samples(config: ExpressionConfig) -> None:
    network = ExpressionLearner(config).eval()
    assert config.window == 7
    assert STRIDE * network.frames.row_size == 640  # 0.04 s at 16 kHz
    sound = torch.randn(1, STRIDE * 9, 320)
    identity = torch.randn(1, 68, 3)
    assert network(sound, identity).shape == (1, 3, 68, 3)
    other = sound.clone()
    other[:, : STRIDE * 1] = 0.0  # before the window of the second frame
    changed = (network(other, identity) - network(sound, identity)).abs().amax(dim=(0, 2, 3))
    assert changed[0] > 1e-6
    torch.testing.assert_close(changed[1:], torch.zeros(2), rtol=0, atol=1e-6)


def test_an_even_window_is_refused() -> None:
    with pytest.raises(ValueError, match="odd"):
        ExpressionLearner(ExpressionConfig(window=6))


def test_components_hold_what_they_were_made_of() -> None:
    rng = np.random.default_rng(0)
    directions = np.linalg.qr(rng.standard_normal((NUMBERS, TINY.components)))[0].T
    weights = rng.standard_normal((500, TINY.components)) * np.linspace(0.3, 0.05, TINY.components)
    faces = (0.02 + weights @ directions).reshape(-1, 68, 3)
    network = ExpressionLearner(TINY)
    assert network.adopt_basis(faces) == pytest.approx(1.0)
    components = network.project(torch.from_numpy(faces).float())
    assert components.std(dim=0).numpy() == pytest.approx(1.0, abs=0.01)
    np.testing.assert_allclose(network.restore(components).numpy(), faces, atol=1e-5)
    with pytest.raises(ValueError, match="as many frames"):
        network.adopt_basis(faces[:3])


def test_losses_are_zero_for_the_real_face_and_blind_beyond_the_end() -> None:
    network = ExpressionLearner(TINY).eval()
    speech = torch.randn(1, STRIDE * (4 + 2 * network.reach), network.frames.row_size)
    identity = torch.randn(1, 68, 3)
    target = network(speech, identity).detach()
    target[:, 3] += torch.randn(68, 3)
    batch = {"speech": speech, "identity": identity, "target": target, "valid": torch.tensor([[1.0, 1.0, 1.0, 0.0]])}
    with torch.no_grad():
        assert all(float(value) < 1e-9 for value in expression_losses(network, batch, None).values())
    batch["valid"][:, 3] = 1.0
    with torch.no_grad():
        assert all(float(value) > 1e-3 for value in expression_losses(network, batch, None).values())


def test_noise_lies_as_far_below_speech_as_published() -> None:
    assert LEVELS_DB == (6, 9, 12, 15, 18, 21, 24, 27, 30)
    rng = np.random.default_rng(0)
    speech, noise = (rng.standard_normal(8000).astype(np.float32) * factor for factor in (0.1, 3.0))
    for level in LEVELS_DB:
        added = mix_noise(speech, noise, level) - speech
        assert 10 * np.log10(np.mean(speech**2) / np.mean(added**2)) == pytest.approx(level, abs=0.05)


def test_versions_begin_with_the_unchanged_and_are_the_same_again() -> None:
    speech = Speech(np.random.default_rng(0).standard_normal(8000).astype(np.float32), 16_000)
    first, *others = (list(noisy_versions(speech, 3, seed="name"))[k] for k in range(3))
    np.testing.assert_array_equal(first.samples, speech.samples)
    again = list(noisy_versions(speech, 3, seed="name"))[1:]
    for one, other in zip(others, again, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)
        level = 10 * np.log10(np.mean(speech.samples**2) / np.mean((one.samples - speech.samples) ** 2))
        assert min(abs(level - known) for known in LEVELS_DB) < 0.05


def test_features_lie_where_their_names_say() -> None:
    joined = join_features("phones+bands", "bands")
    assert joined == "phones+bands"
    assert num_features(joined) == 47
    assert columns_of("phones+bands", "bands") == list(range(39, 47))
    speech = Speech(np.arange(16_000, dtype=np.float32), 16_000)
    rows = speech_features(speech, "sound", gain=1.0)
    assert rows.shape == (50, 320)
    np.testing.assert_array_equal(rows[1], np.arange(160, 480))  # about 0.02 s


def test_some_hear_without_phones() -> None:
    rows = torch.ones(200, 2, 47)
    heard = drop_parts(rows, "phones+bands", "phones", 0.3, torch.Generator().manual_seed(0))
    assert (heard[:, :, 39:] == 1).all()
    share = float((heard[:, 0, 0] == 0).float().mean())
    assert 0.2 < share < 0.4
    assert ((heard[:, :, :39] == 0).all(dim=(1, 2)) | (heard[:, :, :39] == 1).all(dim=(1, 2))).all()
