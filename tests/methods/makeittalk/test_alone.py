"""The speaker-aware branch without a content branch: the variants of section 5.4 of Zhou et al. 2020."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from drawn import speech_like
from plans import plan
from talkinghead.face.landmarks import JAW, LIPS, MESH_OF_68, NOSE, canonical_face
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import closed_mouth
from talkinghead.methods.makeittalk import build
from talkinghead.methods.makeittalk import train_speaker as train_speaker_module
from talkinghead.methods.makeittalk.config import CONFIGS, VARIANTS
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.motion import MakeItTalkMotion
from talkinghead.methods.makeittalk.recordings import Performance
from talkinghead.methods.makeittalk.speaker_aware import SpeakerAwareAnimation
from talkinghead.methods.makeittalk.train_speaker import SpeakerBatches, content_landmarks
from talkinghead.types import Portrait, Speech, num_frames
from talkinghead.weights import load_weights, save_weights

TINY = CONFIGS["tiny"]
ALONE = replace(TINY, speaker=replace(TINY.speaker, mouth_share=1.0, alone=True))
REST = canonical_face()[0][MESH_OF_68]


def performance(size: int, seed: int) -> Performance:
    """A mouth that opens where the first feature says so."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(size=(1, 64, size)).astype(np.float32)
    landmarks = np.repeat(REST[None], 64, axis=0).astype(np.float32)
    landmarks[:, 65:68, 1] += 0.2 * features[0, :, :1]
    voice = np.full(256, 1 / 16, np.float32)
    sways = 0.01 * np.sin(np.arange(64, dtype=np.float32) / 10)[:, None].repeat(3, axis=1)
    contacts = np.zeros(64, np.int64)
    return Performance("GRID-s1", f"{seed}", features, contacts, voice, 62.5, REST, landmarks, sways, 0 * sways)


def talk() -> Speech:
    return Speech(np.asarray(speech_like(2.0), np.float32), 16_000)


@pytest.mark.parametrize("name", ["small-alone", "small-no-separation"])
def test_only_the_content_branch_is_missing(name: str) -> None:
    small, variant = VARIANTS["small-phones"], VARIANTS[name]
    assert replace(variant.speaker, alone=False, mouth_share=small.speaker.mouth_share) == small.speaker
    assert variant.speaker.alone
    assert variant.speaker.mouth_share == 1.0
    generator, _ = build(variant)
    assert generator.network is None
    assert generator.config == variant.content
    assert (variant.content.window, variant.content.lead) == (small.content.window, small.content.lead)


def test_log_mel_features() -> None:
    assert VARIANTS["small-alone"].content == VARIANTS["small-phones"].content
    bare = VARIANTS["small-no-separation"].content
    assert (bare.features, bare.num_features) == ("log-mel", 80)


def test_the_branch_alone_moves_lips_and_head(calm: Portrait) -> None:
    torch.manual_seed(0)
    generator = build(ALONE)[0]
    motion = generator.generate(talk(), calm)
    assert len(motion) == num_frames(2.0, 62.5)
    rest = head_landmarks(calm.track)[0]
    assert np.abs(motion.landmarks[:, np.r_[JAW, LIPS]] - closed_mouth(rest)[np.r_[JAW, LIPS]]).max() > 1e-3
    np.testing.assert_allclose(motion.landmarks[:, NOSE], np.repeat(rest[None, NOSE], len(motion), axis=0), atol=1e-9)
    assert np.abs(motion.rotation).max() > 1e-4


def test_its_own_lips_have_no_limit(calm: Portrait) -> None:
    branch, content = SpeakerAwareAnimation(TINY.content, ALONE.speaker), SpeechContentAnimation(TINY.content)
    with torch.no_grad():
        # Nothing that the random weights say is left.
        for value in (*branch.mlp[-1].parameters(), *content.mlp[-1].parameters()):
            value.zero_()
        branch.mlp[-1].bias.view(68, 3)[65:68, 1] = 0.3
    alone = MakeItTalkMotion(None, branch=branch).generate(talk(), calm)
    beside = MakeItTalkMotion(content, branch=branch).generate(talk(), calm)
    lower = closed_mouth(head_landmarks(calm.track)[0])[66, 1]
    assert alone.landmarks[:, 66, 1].max() - lower == pytest.approx(0.3, abs=1e-6)
    assert 0.05 < beside.landmarks[:, 66, 1].max() - lower < 0.09


def test_one_branch_there_must_be() -> None:
    with pytest.raises(ValueError, match="a content branch or a speaker-aware one"):
        MakeItTalkMotion(None)


def test_it_is_taught_the_whole_way_from_rest() -> None:
    people = [performance(39, seed) for seed in range(2)]
    content = content_landmarks(None, people)
    assert [rows.shape for rows in content] == [(64, 68, 3)] * 2
    batch = SpeakerBatches(people, content, ALONE, size=4)(0)
    for row in range(4):
        np.testing.assert_allclose(batch["content"][row], np.repeat(batch["static"][row][None], 32, axis=0), atol=1e-6)
    opening = (batch["target"] - batch["content"])[:, :, 66, 1].numpy()
    assert opening.max() > 0.1
    assert (batch["counted"] == 1).all()


def test_log_mel_is_augmented_as_of_other_voices() -> None:
    bare = replace(ALONE, content=replace(TINY.content, features="log-mel", num_features=80))
    for config, least in ((bare, 10), (ALONE, 0)):
        people = [performance(config.content.num_features, 0)]
        features = SpeakerBatches(people, content_landmarks(None, people), config, size=16)(0)["features"].numpy()
        known = np.lib.stride_tricks.sliding_window_view(people[0].features[0], 32, axis=0).transpose(0, 2, 1)
        away = [np.abs(known - row).mean(axis=(1, 2)).min() for row in features]
        assert least <= sum(value > 0.01 for value in away) <= 1.6 * least


def test_a_whole_training_in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [performance(39, seed) for seed in range(2)]
    monkeypatch.setattr(train_speaker_module, "read_performances", lambda *_, **__: people)
    save_weights(
        SpeechContentAnimation(ALONE.content), tmp_path / "content.safetensors", card={}
    )  # asked for, not used
    training = plan("makeittalk", "speaker", tmp_path, steps=2)
    train_speaker_module.train_speaker(replace(training, config=ALONE))
    load_weights(SpeakerAwareAnimation(ALONE.content, ALONE.speaker), tmp_path / "speaker_aware.safetensors")
