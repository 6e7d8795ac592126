"""The voice conversion in front: sizes, bottleneck, losses, batches, and codes of long speech in pieces."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from drawn import speech_like
from talkinghead.data.voice_packs import VoicePack
from talkinghead.errors import InputError
from talkinghead.methods.makeittalk import features as features_module
from talkinghead.methods.makeittalk.config import CONFIGS, ContentConfig, VoiceConfig
from talkinghead.methods.makeittalk.features import ContentCodes, load_codes, speech_features
from talkinghead.methods.makeittalk.train_voice import VoiceBatches, encode_pack, score, speaker_probe
from talkinghead.methods.makeittalk.voice import VOICE_RATE, Conversion, VoiceConversion, mean_of_speech
from talkinghead.methods.makeittalk.voice_losses import voice_example, voice_losses
from talkinghead.motion.generator import BLOCK_S, MARGIN_S
from talkinghead.speech.phonetic import crop_speech
from talkinghead.types import Speech
from talkinghead.weights import Weights, save_weights

PAPER, SMALL, TINY = (CONFIGS[name].voice for name in ("paper", "small", "tiny"))
SMALL_CODES = ContentConfig("autovc", num_features=32)


def network(config: VoiceConfig = TINY, seed: int = 0) -> VoiceConversion:
    torch.manual_seed(seed)
    return VoiceConversion(config)


@pytest.fixture(scope="module")
def codes() -> ContentCodes:
    """Of a network of the shipped size with random weights."""
    return ContentCodes(network(SMALL))


def told(config: VoiceConfig) -> VoiceConfig:
    """The same sizes as published: nothing of what is added."""
    return replace(config, told=True, centred=False, augmentation=0.0)


def pack(voices: str, lengths: tuple[int, ...], seed: int = 0) -> VoicePack:
    """Utterances of voices with names of one letter; each is known by its embedding, and so is its voice."""
    rng = np.random.default_rng(seed)
    embeddings = np.zeros((len(voices), 256), np.float32)
    embeddings[:, 0] = np.arange(len(voices)) + 1
    embeddings[:, 1] = [ord(voice) for voice in voices]
    return VoicePack(
        rng.random((sum(lengths), 80)).astype(np.float16),
        np.cumsum([0, *lengths]),
        embeddings,
        np.array(list(voices)),
        np.array(["here"] * len(voices)),
    )


def test_the_papers_layers_have_the_published_sizes() -> None:
    shapes = {name: tuple(value.shape) for name, value in network(PAPER).named_parameters()}
    for k, size_in in ((0, 80 + 256), (3, 512), (6, 512)):
        assert shapes[f"encoder_convolutions.{k}.weight"] == (512, size_in, 5)
    for k, size_in in ((0, 64 + 256), (3, 512), (6, 512)):
        assert shapes[f"decoder_convolutions.{k}.weight"] == (512, size_in, 5)
    for layer, size_in in ((0, 512), (1, 64)):
        for direction in ("", "_reverse"):
            assert shapes[f"encoder_lstm.weight_ih_l{layer}{direction}"] == (4 * 32, size_in)
            assert shapes[f"encoder_lstm.weight_hh_l{layer}{direction}"] == (4 * 32, 32)
    for layer, size_in in ((0, 512), (1, 1024), (2, 1024)):
        assert shapes[f"decoder_lstm.weight_ih_l{layer}"] == (4 * 1024, size_in)
    assert shapes["to_mels.weight"] == (80, 1024)
    sizes = (80, 512, 512, 512, 512, 80)
    for k in range(5):
        assert shapes[f"postnet.{3 * k}.weight"] == (sizes[k + 1], sizes[k], 5)
    assert not any(".l2" in name or "postnet.15" in name or "_l3" in name for name in shapes)


def test_the_papers_network_has_as_many_parameters_as_its_sizes_say() -> None:
    def convolutions(*sizes: int) -> int:
        return sum(5 * one * other + 2 * other for one, other in pairwise(sizes))

    def lstm(size_in: int, size: int) -> int:
        return 4 * size * (size_in + size + 2)

    encoder = convolutions(336, 512, 512, 512) + 2 * lstm(512, 32) + 2 * lstm(64, 32)
    decoder = convolutions(320, 512, 512, 512) + lstm(512, 1024) + 2 * lstm(1024, 1024) + 1025 * 80
    postnet = convolutions(80, 512, 512, 512, 512) + 5 * 512 * 80 + 80
    assert sum(value.numel() for value in network(PAPER).parameters()) == encoder + decoder + postnet


def test_what_ships_is_small_and_its_codes_fit_the_pieces_of_long_speech() -> None:
    assert sum(value.numel() for value in network(SMALL).parameters()) < 3e6
    for seconds in (BLOCK_S, MARGIN_S):
        assert seconds * VOICE_RATE % SMALL.downsampling == 0
    numbers = {config: 2 * config.code_size * VOICE_RATE / config.downsampling for config in (PAPER, SMALL)}
    assert numbers == {PAPER: 125.0, SMALL: 400.0}


@pytest.mark.parametrize("config", [PAPER, SMALL, TINY], ids=["paper", "small", "tiny"])
def test_shapes(config: VoiceConfig) -> None:
    count = 2 * config.downsampling
    batch = torch.rand(2, count, 80), torch.rand(2, 256), torch.rand(2, 256)
    with torch.inference_mode():
        made = network(config).eval()(*batch)
        content = network(config).eval().encode(batch[0][:, :-3], batch[1])
    assert made.codes.shape == made.codes_again.shape == (2, 2, 2 * config.code_size)
    assert made.initial.shape == made.converted.shape == (2, count, 80)
    assert content.shape == (2, count - 3, 2 * config.code_size)


def test_a_code_holds_the_states_at_the_ends_of_its_stretch() -> None:
    net = network(replace(TINY, downsampling=4)).eval()
    mels, speaker = torch.rand(1, 12, 80), torch.rand(1, 256)
    seen: list[Tensor] = []
    net.encoder_lstm.register_forward_hook(lambda module, given, made: seen.append(made[0]))
    codes = net.codes(mels, speaker)
    torch.testing.assert_close(codes[:, :, :2], seen[0][:, [3, 7, 11], :2])
    torch.testing.assert_close(codes[:, :, 2:], seen[0][:, [0, 4, 8], 2:])
    torch.testing.assert_close(net.encode(mels, speaker), codes.repeat_interleave(4, dim=1))


def test_frames_that_make_no_whole_stretch() -> None:
    net, speaker = network().eval(), torch.rand(1, 256)
    with pytest.raises(ValueError, match="multiple of 5, got 12"):
        net.codes(torch.rand(1, 12, 80), speaker)
    assert net.encode(torch.rand(1, 0, 80), speaker).shape == (1, 0, 4)
    mels = torch.rand(1, 12, 80)
    silence = torch.cat([mels, torch.zeros(1, 3, 80)], dim=1)
    in_silence = net.encode(silence, speaker, mean=mean_of_speech(mels))
    torch.testing.assert_close(net.encode(mels, speaker), in_silence[:, :12])


def test_only_the_published_encoder_is_told_the_speaker() -> None:
    mels, one, other = torch.rand(1, 10, 80), torch.rand(1, 256), torch.rand(1, 256)
    net, published = network().eval(), network(told(TINY)).eval()
    assert torch.equal(net.encode(mels, one), net.encode(mels, other))
    assert not torch.allclose(published.encode(mels, one), published.encode(mels, other))


def test_what_is_centred_knows_no_average_spectrum() -> None:
    mels, timbre, speaker = 0.5 + 0.4 * torch.rand(1, 20, 80), 0.1 * torch.rand(1, 1, 80), torch.zeros(1, 256)
    net, published = network().eval(), network(told(TINY)).eval()
    torch.testing.assert_close(net.encode(mels + timbre, speaker), net.encode(mels, speaker), atol=1e-5, rtol=0)
    apart = published.encode(mels + timbre, speaker) - published.encode(mels, speaker)
    assert apart.abs().max() > 1e-4


def test_the_spoken_mean_leaves_silence_out() -> None:
    spoken = torch.tensor([[0.6, 0.8], [0.8, 0.6]])
    mels = torch.cat([torch.zeros(5, 2), spoken, torch.full((3, 2), 0.1)])[None]
    torch.testing.assert_close(mean_of_speech(mels), torch.tensor([[0.7, 0.7]]))
    torch.testing.assert_close(mean_of_speech(torch.full((2, 4, 3), 0.3)), torch.full((2, 3), 0.3))
    assert torch.equal(mean_of_speech(torch.zeros(1, 0, 3)), torch.zeros(1, 3))


def test_the_decoder_hears_of_the_target() -> None:
    net = network().eval()
    mels, one, other = torch.rand(1, 10, 80), torch.rand(1, 256), torch.rand(1, 256)
    assert torch.equal(net(mels, one, one).codes, net(mels, one, other).codes)
    assert not torch.allclose(net(mels, one, one).converted, net(mels, one, other).converted)


class Fixed(nn.Module):
    """Returns its input mels, each with a small error."""

    def forward(self, mels: Tensor, speaker: Tensor, target: Tensor) -> Conversion:
        """Off by 0.1 and 0.2; the code by -0.5."""
        codes = torch.ones(len(mels), 2, 4)
        return Conversion(codes, mels + 0.1, mels + 0.2, codes - 0.5)


def test_losses_in_closed_form() -> None:
    example = voice_example(CONFIGS["tiny"], 0)
    losses = voice_losses(Fixed(), example | {"input_mels": example["mels"]}, CONFIGS["tiny"])
    assert {name: round(float(value), 5) for name, value in losses.items()} == {
        "reconstruction_loss": 0.04,
        "initial_reconstruction_loss": 0.01,
        "content_loss": round(0.5 * (2 * 4) / (15 * 80), 5),  # the norm, per number of the mels
    }
    augmented = voice_losses(Fixed(), example | {"input_mels": example["mels"] + 0.3}, CONFIGS["tiny"])
    assert float(augmented["reconstruction_loss"]) == pytest.approx(0.5**2)  # what is wanted is the voice itself


def test_every_parameter_of_what_ships_gets_a_gradient() -> None:
    net = network(SMALL)
    torch.stack(list(voice_losses(net, voice_example(CONFIGS["small"], 0), CONFIGS["small"]).values())).sum().backward()
    for name, value in net.named_parameters():
        assert value.grad is not None, name
        assert value.grad.abs().max() > 0, name


def test_batches_pair_utterances_of_one_voice() -> None:
    batches = VoiceBatches([(pack("aabbb", (200, 90, 150, 130, 131)), 0.5), (pack("c", (40,)), 0.5)], TINY, size=24)
    batch, again, other = batches(3), batches(3), batches(4)
    assert batch["mels"].shape == (24, 130, 80)
    assert all(torch.equal(batch[name], again[name]) for name in batch)
    assert not torch.equal(batch["mels"], other["mels"])
    known = batch["speaker"][:, 0] > 0
    assert known.sum() > 16
    torch.testing.assert_close(batch["speaker"][known, 1], batch["target"][known, 1])
    alone = batch["target"][:, 1] == ord("c")
    assert 4 < int(alone.sum()) < 20
    assert (batch["speaker"][known & ~alone, 0] != batch["target"][known & ~alone, 0]).all()
    sounding_frames = (batch["mels"][alone].abs().sum(dim=2) > 0).sum(dim=1)
    assert (sounding_frames == 40).all()  # a short one lies in silence, whole
    voices = torch.cat([batches(step)["target"][:, 1] for step in range(40)])
    shares = [float((voices == ord(letter)).float().mean()) for letter in "abc"]
    assert shares == pytest.approx([0.25, 0.25, 0.5], abs=0.06)


def test_batches_augment_the_input_and_nothing_else() -> None:
    source = [(pack("aabb", (200, 190, 150, 130)), 1.0)]
    batch, again, plain = (VoiceBatches(source, config, size=24)(2) for config in (TINY, TINY, PAPER))
    assert torch.equal(batch["input_mels"], again["input_mels"])
    assert (batch["input_mels"] - batch["mels"]).abs().mean(dim=(1, 2)).min() > 0.005
    assert torch.equal(plain["input_mels"], plain["mels"])


def test_the_speaker_probe_finds_what_is_there_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    voices = np.array([letter for letter in "abcdefgh" for _ in range(6)])
    told = [np.full((5, 12), ord(voice) % 3) + rng.normal(0, 1, (5, 12)).astype(np.float32) for voice in voices]
    names = [np.eye(8, dtype=np.float32)["abcdefgh".index(voice)][None].repeat(5, axis=0) for voice in voices]
    nothing = [rng.normal(0, 1, (5, 12)).astype(np.float32) for _ in voices]
    assert speaker_probe(names, voices) == 1.0
    assert speaker_probe(nothing, voices) < 0.4
    assert speaker_probe(nothing, voices) < speaker_probe(told, voices) < 1.0


def test_scores_of_held_out_voices() -> None:
    held_out, net = pack("aabb", (140, 90, 150, 131)), network().eval()
    assert [rows.shape for rows in encode_pack(net, held_out)] == [(140, 4), (90, 4), (150, 4), (131, 4)]
    scores = score(net, held_out)
    assert 0 < scores["mel L1"] < 2
    assert 0 <= scores["speaker from the code"] <= 1


def test_codes_do_not_depend_on_the_cut(codes: ContentCodes) -> None:
    speech = Speech(speech_like(12.0), 16_000)
    whole = codes(speech, VOICE_RATE, gain=1.0)
    assert whole.shape == (750, 32)
    spread = whole[200:550].std(axis=0).mean()
    for first, last in ((125, 625), (127, 641), (0, 600)):
        piece = codes(crop_speech(speech, first / VOICE_RATE, last / VOICE_RATE), VOICE_RATE, gain=1.0)
        assert piece.shape == (last - first, 32)
        middle = slice(125 if first else 0, 375)
        apart = np.abs(piece[middle] - whole[first:last][middle])
        assert apart.max() < 1e-3 * spread, (first, last)


def test_a_piece_is_encoded_with_the_voice_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    codes = ContentCodes(network(told(TINY)))

    def embedding(
        samples: np.ndarray[tuple[int], np.dtype[np.float32]],
    ) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        asked.append(len(samples))
        return np.full(256, 0.1, np.float32)

    monkeypatch.setattr(features_module, "speaker_embedding", embedding)
    speech, another = Speech(speech_like(3.0), 16_000), Speech(speech_like(2.0), 16_000)
    for piece in (crop_speech(speech, 0, 1), crop_speech(speech, 1, 3), speech, another):
        codes(piece, VOICE_RATE)
    assert asked == [48_000, 32_000]


@pytest.mark.parametrize("samples", [np.zeros(16_000, np.float32), np.zeros(0, np.float32), speech_like(0.1)])
def test_codes_where_hardly_anything_is_said(
    codes: ContentCodes, samples: np.ndarray[tuple[int], np.dtype[np.float32]]
) -> None:
    made = codes(Speech(samples, 16_000), VOICE_RATE)
    assert made.shape == (-(-len(samples) // 256), 32)
    assert np.isfinite(made).all()


def test_codes_at_other_rates(codes: ContentCodes) -> None:
    speech = Speech(speech_like(2.0), 16_000)
    at_25, at_own = codes(speech, 25.0), codes(speech, VOICE_RATE)
    assert at_25.shape == (50, 32)
    np.testing.assert_allclose(at_25[10:40].mean(axis=0), at_own[25:100].mean(axis=0), atol=0.1 * at_own.std())


def test_codes_are_those_of_the_weights_that_were_trained(codes: ContentCodes, tmp_path: Path) -> None:
    speech = Speech(speech_like(1.0), 16_000)
    with pytest.raises(InputError, match=r"no weights 'voice'.*train them with talkinghead train makeittalk voice"):
        load_codes(Weights((tmp_path,)))
    save_weights(network(TINY), tmp_path / "voice.safetensors", card={"config": TINY})
    assert load_codes(Weights((tmp_path,))).size == 4
    np.testing.assert_array_equal(speech_features(speech, SMALL_CODES, features=codes), codes(speech, VOICE_RATE))
    with pytest.raises(InputError, match="reads 39"):
        speech_features(speech, ContentConfig("autovc", num_features=39), features=codes)
    with pytest.raises(InputError, match="do not ship: train them with talkinghead train makeittalk voice"):
        speech_features(speech, SMALL_CODES)
