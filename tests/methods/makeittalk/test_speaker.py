"""The speaker-aware branch against section 3.2 of Zhou et al. 2020, what it learns by, and speech of any length."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from plans import plan
from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.errors import InputError
from talkinghead.face.landmarks import JAW, LEFT_EYE, LIPS, MESH_OF_68, canonical_face
from talkinghead.face.pose import matrix_from_rotation
from talkinghead.methods.makeittalk import train_speaker as train_speaker_module
from talkinghead.methods.makeittalk.config import CONFIGS
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.head_style import displacements, rigid_and_expression, smooth_noise
from talkinghead.methods.makeittalk.recordings import Performance, pose_landmarks
from talkinghead.methods.makeittalk.speaker_aware import AttentionDiscriminator, SpeakerAwareAnimation
from talkinghead.methods.makeittalk.speaker_losses import (
    SpeakerTraining,
    brow_readout,
    motion_statistics,
    rigid_readout,
    speaker_example,
    speaker_losses,
)
from talkinghead.methods.makeittalk.train_speaker import SpeakerBatches, mean_voice, score
from talkinghead.training.adversarial import backward, sides_of
from talkinghead.types import FloatArray
from talkinghead.weights import load_weights, save_weights

TINY = CONFIGS["tiny"]
REST = canonical_face()[0][MESH_OF_68]


def branch_of(name: str, seed: int = 0) -> SpeakerAwareAnimation:
    torch.manual_seed(seed)
    return SpeakerAwareAnimation(CONFIGS[name].content, CONFIGS[name].speaker).eval()


def count(network: nn.Module) -> int:
    return sum(value.numel() for value in network.parameters())


def inputs(name: str, frames: int, batch: int = 2) -> dict[str, Tensor]:
    config, generator = CONFIGS[name], torch.Generator().manual_seed(1)
    return {
        "features": torch.rand(batch, frames, config.content.num_features, generator=generator),
        "speaker": torch.rand(batch, 256, generator=generator),
        "static": torch.randn(batch, 68, 3, generator=generator),
        "noise": torch.randn(batch, frames, config.speaker.noise_size, generator=generator),
        "valid": torch.ones(batch, frames, dtype=torch.bool),
    }


def test_the_papers_size_has_the_papers_number_of_parameters() -> None:
    # Section 4.4: 1.9 M for the content module, 3.8 M for the speaker-aware one. The one reading near it is that the
    # second module is both branches, for its landmarks are p + displacement (equation 7): 1.90 M + 1.84 M. The branch
    # with the discriminator has 2.06 M, or 3.54 M if the discriminator had an LSTM of its own.
    config = CONFIGS["paper"]
    branch = branch_of("paper")
    assert count(branch) == 1_844_972
    both = count(branch) + count(SpeechContentAnimation(config.content))
    assert both / 1e6 == pytest.approx(3.8, abs=0.06)


def test_the_papers_configuration() -> None:
    config = CONFIGS["paper"].speaker
    assert (config.lstm_layers, config.lstm_size, config.restart) == (3, 256, True)
    assert config.embedding_size == 128  # "reducing its dimensionality from 256 to 128"
    assert (config.layers, config.heads, config.model_size, config.window) == (2, 2, 32, 256)  # appendix A, section 3.2
    assert config.mlp_sizes == (512, 256)
    assert config.discriminator_sizes == (512, 256)
    assert (config.noise_size, config.mouth_share) == (0, 1.0)
    for layer in branch_of("paper").attention.layers:
        assert layer.linear1.weight.shape == (32, 32)  # a feed-forward layer of the size of its input


@pytest.mark.parametrize("name", CONFIGS)
def test_shapes(name: str) -> None:
    config, given = CONFIGS[name], inputs(name, 20)
    branch = branch_of(name)
    states = branch.listen(given["features"], given["valid"])
    assert states.shape == (2, 20, config.speaker.lstm_size)
    assert branch(**given).shape == (2, 20, 68, 3)
    discriminator = AttentionDiscriminator(config.speaker)
    assert discriminator(torch.randn(2, 20, 68, 3), states, given["speaker"], given["valid"]).shape == (2, 20)


@pytest.mark.parametrize("restart", [True, False])
def test_a_frame_hears_as_far_ahead_as_the_window_reaches(restart: bool) -> None:
    torch.manual_seed(0)
    branch = SpeakerAwareAnimation(TINY.content, replace(TINY.speaker, restart=restart)).eval()
    given = inputs("tiny", 40, 1)
    before = branch.listen(given["features"], given["valid"])[0]
    given["features"][0, 30] += 1.0
    changed = (branch.listen(given["features"], given["valid"])[0] - before).abs().amax(dim=1) > 1e-7
    # The window begins 9 frames before the frame that it is for and has 18: 8 lie ahead.
    assert changed.nonzero()[0].item() == 22
    assert changed[22:30].all()
    if restart:
        assert not changed[40:].any()


def test_padding_does_not_leak() -> None:
    branch, given = branch_of("tiny"), inputs("tiny", 30)
    given["valid"][1, 20:] = False
    with torch.no_grad():
        padded = branch(**given)[1, :20]
        alone = branch(**{n: v[1:, :20] if v.dim() == 3 and n != "static" else v[1:] for n, v in given.items()
                          if n != "valid"}, valid=given["valid"][1:, :20])[0]  # fmt: skip
        given["features"][1, 20:] += 5.0
        given["noise"][1, 20:] -= 3.0
        other = branch(**given)[1, :20]
    torch.testing.assert_close(padded, other, atol=1e-6, rtol=0)
    torch.testing.assert_close(padded, alone, atol=1e-5, rtol=0)


def test_the_speaker_and_the_noise_make_a_difference() -> None:
    branch, given = branch_of("tiny"), inputs("tiny", 30)
    with torch.no_grad():
        first = branch(**given)
        assert (branch(**(given | {"speaker": given["speaker"].flip(0)})) - first).abs().max() > 1e-4
        assert (branch(**(given | {"noise": -given["noise"]})) - first).abs().max() > 1e-4


def test_the_mean_voice_is_kept_with_the_weights(tmp_path: Path) -> None:
    first, second = branch_of("tiny"), branch_of("tiny", 1)
    first.mean_speaker.copy_(torch.linspace(0, 1, 256))
    save_weights(first, tmp_path / "branch.safetensors", card={})
    load_weights(second, tmp_path / "branch.safetensors")
    torch.testing.assert_close(second.mean_speaker, torch.linspace(0, 1, 256), atol=1e-3, rtol=0)


def test_a_known_motion_comes_back() -> None:
    rotation = np.array([[0.0, 0.0, 0.0], [0.1, -0.2, 0.05], [-0.3, 0.25, 0.4]])
    translation = np.array([[0.0, 0.0, 0.0], [0.05, -0.02, 0.01], [0.2, 0.1, -0.1]])
    expression = np.zeros((3, 68, 3))
    expression[1, 17:27, 1] = -0.05  # brows up
    expression[2, LIPS, 1] = 0.1
    moved = (REST + expression) @ np.swapaxes(matrix_from_rotation(rotation), 1, 2) + translation[:, None]
    found = rigid_and_expression(moved, REST)
    for value, wanted in zip(found, (rotation, translation, expression), strict=True):
        np.testing.assert_allclose(value, wanted, atol=1e-9)


def test_landmarks_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"need landmarks \(T, 68, 3\) and \(68, 3\)"):
        rigid_and_expression(REST, REST)


def test_the_readout_is_the_motion_to_the_first_order() -> None:
    pose = np.array([[0.01, -0.02, 0.015, 0.03, -0.04, 0.02], [-0.02, 0.0, 0.01, 0.0, 0.1, 0.0]])
    moved = pose_landmarks(np.repeat(REST[None], 2, axis=0), pose[:, :3], pose[:, 3:])
    static = torch.from_numpy(REST).float()[None]
    found = rigid_readout(torch.from_numpy(moved).float()[None] - static[:, None], static)
    np.testing.assert_allclose(found[0], pose, atol=4e-4)  # products of two angles are beyond it


def test_brows_are_read_beside_the_head() -> None:
    pose = np.array([[0.01, -0.02, 0.015, 0.03, -0.04, 0.02]] * 2)
    landmarks = np.repeat(REST[None], 2, axis=0)
    landmarks[1, 17:22, 1] -= 0.06
    moved = torch.from_numpy(pose_landmarks(landmarks, pose[:, :3], pose[:, 3:])).float()[None]
    static = torch.from_numpy(REST).float()[None]
    displacement = moved - static[:, None]
    brows = brow_readout(displacement, static, rigid_readout(displacement, static))
    np.testing.assert_allclose(brows[0], [[0.0, 0.0], [-0.06, 0.0]], atol=4e-4)


def test_statistics_of_a_sine() -> None:
    # A yaw of 0.02 + 0.05 sin(2 pi t): mean squares 0.05^2 / 2 + 0.02^2 and 0.05^2 / 2; between moments a time apart,
    # 0.05^2 (1 - cos(2 pi apart)).
    time = np.arange(313) / 62.5
    path = np.zeros((313, 3))
    path[:, 1] = 0.02 + 0.05 * np.sin(2 * np.pi * time)
    static = torch.from_numpy(REST).float()[None]
    moved = torch.from_numpy(pose_landmarks(np.repeat(REST[None], 313, axis=0), path, 0 * path)).float()[None]
    whole = torch.ones(1, 313, dtype=torch.bool)
    found = motion_statistics(moved - static[:, None], static, whole, rate=62.5)
    assert found.shape == (1, 5, 8)
    apart = np.array([3, 10, 31]) / 62.5
    wanted = [
        np.sqrt(0.05**2 / 2 + 0.02**2),
        0.05 / np.sqrt(2),
        *(0.05 * np.sqrt(1 - np.cos(2 * np.pi * apart))),
    ]
    np.testing.assert_allclose(found[0, :, 1].exp(), wanted, rtol=0.03)
    assert found[0, :, [0, 2, 3, 6, 7]].exp().max() < 0.005  # next to nothing moves elsewhere
    part = whole.clone()
    part[0, 188:] = False  # three periods show the same, whatever comes after
    moved[0, 188:] += 1.0
    again = motion_statistics(moved - static[:, None], static, part, rate=62.5)
    torch.testing.assert_close(again[0, :, 1], found[0, :, 1], atol=0.02, rtol=0)


@pytest.mark.parametrize("name", ["tiny", "small"])
def test_every_parameter_learns(name: str) -> None:
    torch.manual_seed(0)
    network = SpeakerTraining(CONFIGS[name])
    named = speaker_losses(network, speaker_example(CONFIGS[name], 0), CONFIGS[name])
    assert set(named) == {
        "landmark_loss", "laplacian_loss", "adversarial_loss", "discriminator_loss", "statistics_loss",
    }  # fmt: skip
    backward(named, sides_of(network))
    for parameter_name, value in network.named_parameters():
        assert value.grad is not None, parameter_name
        assert value.grad.abs().max() > 0, parameter_name


def test_without_noise_there_is_equation_12_and_nothing_else() -> None:
    config = replace(TINY, speaker=replace(TINY.speaker, noise_size=0))
    torch.manual_seed(0)
    network, batch = SpeakerTraining(config), speaker_example(config, 0)
    batch["target"] = batch["content"]
    for value in network.branch.mlp[-1].parameters():
        nn.init.zeros_(value)
    named = speaker_losses(network, batch, config)
    assert set(named) == {"landmark_loss", "laplacian_loss", "adversarial_loss", "discriminator_loss"}
    assert named["landmark_loss"] == named["laplacian_loss"] == 0
    states = network.branch.listen(batch["features"], batch["valid"])
    shown = (batch["content"] - batch["static"][:, None]) * 0
    realism = network.discriminator(shown, states, batch["speaker"], batch["valid"])[batch["valid"]]
    # mu_s = 0.001 (equation 12); real and made look the same here, so equation 11 is of one judgement.
    torch.testing.assert_close(named["adversarial_loss"], 0.001 * (realism - 1).square().mean())
    torch.testing.assert_close(named["discriminator_loss"], (realism.square() + (realism - 1).square()).mean())


def test_landmarks_that_do_not_count_teach_nothing() -> None:
    torch.manual_seed(0)
    network, batch = SpeakerTraining(TINY), speaker_example(TINY, 0)
    batch["counted"][:, np.r_[JAW, LIPS]] = 0
    before = speaker_losses(network, batch, TINY)
    batch["target"] = batch["target"].clone()
    batch["target"][:, :, np.r_[JAW, LIPS]] += 1.0
    batch["target"][1, batch["valid"].shape[1] // 2 :] -= 1.0  # nor do frames that are not there
    for name, value in speaker_losses(network, batch, TINY).items():
        torch.testing.assert_close(value, before[name])


def test_noise_is_smooth_seeded_and_of_unit_variance() -> None:
    noise = smooth_noise(40_000, 8, 62.5, np.random.default_rng(0))
    assert noise.shape == (40_000, 8)
    np.testing.assert_allclose(noise.std(axis=0), 1.0, atol=0.1)
    np.testing.assert_allclose(np.corrcoef(noise.T) - np.eye(8), 0.0, atol=0.2)
    for seconds, (low, high) in {0.1: (0.8, 1.0), 3.0: (-0.2, 0.2)}.items():
        lag = round(seconds * 62.5)
        correlation = (noise[lag:] * noise[:-lag]).mean(axis=0)
        assert low < correlation.min()
        assert correlation.max() < high
    again = smooth_noise(100, 8, 62.5, np.random.default_rng(0))
    np.testing.assert_array_equal(noise[:100], again)
    assert smooth_noise(10, 0, 62.5, np.random.default_rng(0)).shape == (10, 0)


def made(frames: int, *, seed: int | None = 0) -> FloatArray:
    """Displacements of the tiny branch for random speech, all pieces together."""
    rng = np.random.default_rng(1)
    features = rng.uniform(size=(500, 39)).astype(np.float32)[:frames]
    noise = np.zeros((500, 2), np.float32) if seed is None else smooth_noise(500, 2, 62.5, np.random.default_rng(seed))
    speaker = np.full(256, 1 / 16, np.float32)
    return np.concatenate(list(displacements(branch_of("tiny"), features, REST, speaker, noise[:frames])))


@pytest.mark.parametrize("frames", [1, 7, 16, 17, 31, 32, 33, 47, 48, 49, 100, 500])
def test_there_are_as_many_rows_as_speech_frames(frames: int) -> None:
    assert made(frames).shape == (frames, 68, 3)


def test_a_window_alone_is_what_the_network_makes() -> None:
    branch = branch_of("tiny")
    features = np.random.default_rng(1).uniform(size=(500, 39)).astype(np.float32)[:32]
    noise = smooth_noise(500, 2, 62.5, np.random.default_rng(0))[:32]
    with torch.no_grad():
        wanted = branch(
            torch.from_numpy(features)[None],
            torch.full((1, 256), 1 / 16),
            torch.from_numpy(REST).float()[None],
            torch.from_numpy(noise)[None],
            torch.ones(1, 32, dtype=torch.bool),
        )[0]
    np.testing.assert_allclose(made(32), wanted, atol=1e-5)


def test_windows_fade_into_each_other_without_a_seam() -> None:
    # Random speech jitters; a branch that does not listen shows how the windows join: in noise that goes on.
    branch = branch_of("tiny")
    speaker, features = np.full(256, 1 / 16, np.float32), np.zeros((500, 39), np.float32)
    noise = smooth_noise(500, 2, 62.5, np.random.default_rng(0))
    path = np.concatenate(list(displacements(branch, features, REST, speaker, noise)))
    steps = np.abs(np.diff(path[:, 30], axis=0)).max(axis=1)
    seams = np.arange(16, 480, 16)
    assert steps[seams - 1].max() < 1.5 * np.percentile(steps, 99)
    assert steps.max() > 0


def test_more_speech_does_not_change_what_was_made_before() -> None:
    np.testing.assert_allclose(made(500)[:300], made(400)[:300], atol=1e-6)


def test_memory_does_not_grow_with_the_speech() -> None:
    pieces = displacements(
        branch_of("tiny"), np.zeros((500, 39), np.float32), REST, np.ones(256, np.float32), np.zeros((500, 2))
    )
    assert max(len(piece) for piece in pieces) <= 16


def performance(speaker: str, *, frames: int = 120, seed: int = 0, versions: int = 2) -> Performance:
    """A head that nods where the first feature says so."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(size=(versions, frames, 39)).astype(np.float32)
    nod = np.sin(np.arange(frames) / 10).astype(np.float32)
    features[:, :, 0] = nod
    rotation = np.zeros((frames, 3), np.float32)
    rotation[:, 0] = 0.1 * nod
    landmarks = np.repeat(REST[None], frames, axis=0).astype(np.float32)
    landmarks[:, LIPS, 1] += 0.02 * nod[:, None]
    voice = rng.uniform(size=256).astype(np.float32)
    voice /= np.linalg.norm(voice)
    contacts = np.zeros(frames, np.int64)
    moved = (landmarks, rotation, 0.5 * rotation)
    return Performance(speaker, f"{speaker}-{seed}", features, contacts, voice, TINY.content.rate, REST, *moved)


def content_of(people: list[Performance]) -> list[FloatArray]:
    return [np.repeat(REST[None], len(person), axis=0).astype(np.float32) for person in people]


PEOPLE = [performance(MAIN_SPEAKER, seed=n) for n in range(3)] + [performance("other", frames=20, seed=9, versions=1)]


def test_batches_are_functions_of_the_step() -> None:
    batches = SpeakerBatches(PEOPLE, content_of(PEOPLE), TINY, size=6)
    first, again, other = batches(5), batches(5), batches(6)
    for name, value in first.items():
        assert torch.equal(value, again[name])
    assert not torch.equal(first["features"], other["features"])
    example = speaker_example(TINY, 0)
    assert {name: value.dtype for name, value in first.items()} == {n: v.dtype for n, v in example.items()}
    assert {name: value.shape[1:] for name, value in first.items()} == {n: v.shape[1:] for n, v in example.items()}


def test_speakers_come_equally_often_and_only_one_teaches_lips() -> None:
    batches = SpeakerBatches(PEOPLE, content_of(PEOPLE), TINY, size=64)
    batch = batches(0)
    known = batch["counted"][:, LIPS].amin(dim=1) == 1
    assert 0.3 < known.float().mean() < 0.7
    assert (batch["counted"][~known][:, np.r_[JAW, LIPS]] == 0).all()
    assert (batch["counted"][:, 17:48] == 1).all()
    # The other's recording is shorter than a window.
    assert (batch["valid"][~known].sum(dim=1) == 20).all()
    assert (batch["valid"][known].sum(dim=1) == TINY.speaker.window).all()


def test_the_target_is_the_face_in_the_pose_of_its_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_speaker_module, "augment_faces", lambda rest, _: (rest, torch.ones(len(rest), 1, 3)))
    batch = SpeakerBatches(PEOPLE[:1], content_of(PEOPLE[:1]), TINY, size=4)(0)
    for row in range(4):
        rotation, translation, expression = rigid_and_expression(batch["target"][row].double().numpy(), REST)
        nod = batch["features"][row, :, 0].numpy()
        np.testing.assert_allclose(rotation[:, 0], 0.1 * nod, atol=1e-5)
        np.testing.assert_allclose(translation[:, 0], 0.05 * nod, atol=1e-5)
        np.testing.assert_allclose(expression[:, 60, 1], 0.02 * nod, atol=1e-5)
    np.testing.assert_allclose(batch["static"], np.repeat(REST[None], 4, axis=0), atol=1e-6)


def test_varied_faces_move_in_their_own_proportions() -> None:
    batch = SpeakerBatches(PEOPLE[:1], content_of(PEOPLE[:1]), TINY, size=32)(0)
    widths = (batch["static"][:, 45] - batch["static"][:, 36]).norm(dim=1)
    assert widths.std() > 0.02
    _, _, expression = rigid_and_expression(batch["target"][0].double().numpy(), batch["static"][0].double().numpy())
    assert np.abs(expression[:, LEFT_EYE]).max() < 1e-5


def test_the_mean_voice_weighs_speakers_alike() -> None:
    mean = mean_voice(PEOPLE)
    own = np.mean([person.embedding for person in PEOPLE[:3]], axis=0)
    assert np.linalg.norm(mean) == pytest.approx(1.0, abs=1e-5)
    assert mean @ (own / np.linalg.norm(own)) == pytest.approx(mean @ PEOPLE[3].embedding, abs=1e-4)


def test_what_is_watched() -> None:
    torch.manual_seed(0)
    scores = score(SpeakerTraining(TINY).eval(), PEOPLE, content_of(PEOPLE))
    assert set(scores) == {
        "s1 D-Rot", "s1 still", "s1 liveliness", "s1 spread", "s1 D-LL, 0", "s1 D-A, 0", "s1 D-LL, 1", "s1 D-A, 1",
        "others D-Rot", "others still", "others liveliness", "others spread",
    }  # fmt: skip
    nod = np.abs(0.1 * np.sin(np.arange(120) / 10)).mean()
    assert scores["s1 still"] == pytest.approx(np.degrees(nod) / 3, abs=1e-3)
    assert scores["s1 D-LL, 0"] < scores["s1 D-LL, 1"] + 1


def test_a_few_steps_bring_the_head_nearer() -> None:
    torch.manual_seed(0)
    network = SpeakerTraining(TINY)
    batch = SpeakerBatches(PEOPLE, content_of(PEOPLE), TINY, size=8)(0)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    seen = []
    for _ in range(30):
        named = speaker_losses(network, batch, TINY)
        optimizer.zero_grad()
        backward(named, sides_of(network))
        optimizer.step()
        seen.append(float(named["landmark_loss"].detach()))
    assert seen[-1] < 0.6 * seen[0]


def test_training_needs_a_content_branch(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no content\.safetensors, .* train the content first"):
        plan("makeittalk", "speaker", tmp_path)


def test_a_whole_training_in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_weights(SpeechContentAnimation(TINY.content), tmp_path / "content.safetensors", card={"config": TINY.content})
    monkeypatch.setattr(train_speaker_module, "read_performances", lambda *_, **__: PEOPLE)
    train_speaker_module.train_speaker(plan("makeittalk", "speaker", tmp_path, steps=2))
    branch = branch_of("tiny", 5)
    load_weights(branch, tmp_path / "speaker_aware.safetensors")
    np.testing.assert_allclose(branch.mean_speaker, mean_voice(PEOPLE), atol=1e-3)
    assert "D-Rot" in (tmp_path / "speaker_aware.json").read_text()
