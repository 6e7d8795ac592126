"""SyncNet: its crops, its audio features, its windows, and that it learns which pairs belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from drawn import DrawnFace, drawn_face, speech_like
from talkinghead.errors import InputError
from talkinghead.metrics import syncnet
from talkinghead.metrics.syncnet import (
    CONFIGS,
    HEIGHT,
    WIDTH,
    SyncNet,
    crop_mouths,
    load_syncnet,
    mouth_places,
    sync_features,
)
from talkinghead.types import FloatArray, Portrait, Speech

WHITE, RED = (255, 255, 255), (255, 0, 0)


@pytest.fixture(scope="module")
def network() -> SyncNet:
    torch.manual_seed(0)
    return SyncNet(CONFIGS["tiny"]).eval()


@pytest.fixture(scope="module")
def drawn() -> DrawnFace:
    return drawn_face(256)


def turned(landmarks: FloatArray, angle: float, size: float, shift: tuple[float, float]) -> FloatArray:
    """Landmarks (T, 478, 3) turned in the picture about (128, 128), sized and moved."""
    cosine, sine = size * np.cos(angle), size * np.sin(angle)
    flat = (landmarks[..., :2] - 128) @ np.array([[cosine, sine], [-sine, cosine]]) + 128 + np.array(shift)
    return np.concatenate([flat, size * landmarks[..., 2:]], axis=-1)


def test_the_mouth_lies_in_the_middle_and_the_chin_within(drawn: DrawnFace, drawn_portrait: Portrait) -> None:
    mesh = drawn_portrait.track.landmarks
    (place,) = mouth_places(mesh)
    crop_from_image = np.linalg.inv(np.vstack([place, [0, 0, 1]]))
    x, y = (crop_from_image @ [*drawn.mouth, 1])[:2]
    assert abs(x - (WIDTH - 1) / 2) < 3
    assert abs(y - (HEIGHT - 1) / 2) < 8
    nose_tip, chin = (crop_from_image @ [*mesh[0, point, :2], 1] for point in (1, 152))
    assert -3 < nose_tip[1] < 12
    assert 36 < chin[1] < HEIGHT + 2


def test_the_crop_turns_grows_and_moves_with_the_head(drawn_portrait: Portrait) -> None:
    mesh = drawn_portrait.track.landmarks
    before, after = mouth_places(mesh)[0], mouth_places(turned(mesh, 0.3, 1.5, (10, -4)))[0]
    corners = np.array([[0, 0, 1], [63, 0, 1], [0, 47, 1]])
    expected = turned(np.pad(corners @ before.T, ((0, 0), (0, 1)))[None], 0.3, 1.5, (10, -4))[0, :, :2]
    np.testing.assert_allclose(corners @ after.T, expected, atol=0.2)


def test_the_mouth_does_not_move_the_crop(drawn_portrait: Portrait) -> None:
    mesh = np.repeat(drawn_portrait.track.landmarks, 8, axis=0)
    opened = mesh.copy()
    lower = [14, 17, 84, 87, 91, 146, 152, 178, 181, 314, 317, 321, 324, 375, 402, 405]
    opened[:, lower, 1] += np.linspace(0, 30, 8)[:, None]
    np.testing.assert_array_equal(mouth_places(mesh), mouth_places(opened))


def test_the_tremor_of_the_tracker_is_smoothed(drawn_portrait: Portrait) -> None:
    mesh = np.repeat(drawn_portrait.track.landmarks, 40, axis=0)
    shaken = mesh + np.random.default_rng(0).normal(scale=1.0, size=(40, 1, 1))
    assert mouth_places(shaken)[:, :, 2].std(axis=0).max() < 0.5


def test_crops_show_what_is_there() -> None:
    image = np.zeros((2, 60, 80, 3), np.uint8)
    image[0], image[1, :, 40:] = RED, WHITE
    place = np.array([[1.0, 0.0, 8.0], [0.0, 1.0, 6.0]])
    crops = crop_mouths(image, np.stack([place, place]))
    assert crops.shape == (2, HEIGHT, WIDTH)
    assert crops.dtype == np.uint8
    assert (crops[0] == 76).all()  # grey of pure red
    assert (crops[1, :, :32] == 0).all()
    assert (crops[1, :, 32:] == 255).all()


def test_beyond_the_picture_its_edge_goes_on() -> None:
    image = np.full((1, 20, 20, 3), 90, np.uint8)
    assert (crop_mouths(image, np.array([[[3.0, 0.0, -40.0], [0.0, 3.0, -30.0]]])) == 90).all()


def test_fine_stripes_do_not_alias() -> None:
    image = np.zeros((1, 400, 400, 3), np.uint8)
    image[:, :, ::2] = 255
    crop = crop_mouths(image, np.array([[[5.0, 0.0, 30.0], [0.0, 5.0, 30.0]]]))
    assert 120 <= crop.min() <= crop.max() <= 135


def test_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match=r"need landmarks \(T, 478, 3\)"):
        mouth_places(np.zeros((3, 68, 3)))
    with pytest.raises(ValueError, match="2 images but 3 places"):
        crop_mouths(np.zeros((2, 8, 8, 3), np.uint8), np.zeros((3, 2, 3)))


def test_what_it_hears_has_one_loudness_and_the_video_s_length() -> None:
    samples = speech_like(2.0)
    mel = sync_features(samples, 30)
    assert mel.shape == (120, 40)
    np.testing.assert_allclose(sync_features(samples * 0.1, 30), mel, atol=2e-3)
    longer = sync_features(samples, 60)
    np.testing.assert_array_equal(longer[:120], mel)
    assert (longer[201:] == 0).all()
    click = np.zeros(16_000, np.float32)
    click[8_000] = 1.0  # at 0.5 s: mel frame 50
    assert sync_features(click, 25).sum(axis=1).argmax() == 50


def test_each_output_depends_on_its_window_alone(network: SyncNet) -> None:
    rng = np.random.default_rng(0)
    crops, mel = torch.rand(1, 12, HEIGHT, WIDTH), torch.rand(1, 48, 16)
    video, audio = network(crops, mel)
    assert video.shape == audio.shape == (1, 8, 16)
    assert torch.allclose(video.norm(dim=-1), torch.ones(1, 8))
    assert torch.allclose(audio.norm(dim=-1), torch.ones(1, 8))
    for frame in (0, 5, 11):
        other, sound = crops.clone(), mel.clone()
        other[:, frame] = torch.from_numpy(rng.random((HEIGHT, WIDTH), np.float32))
        sound[:, 4 * frame : 4 * frame + 4] = 0.0
        touched = [t for t in range(8) if t <= frame <= t + 4]
        for before, after in ((video, network(other, mel)[0]), (audio, network(crops, sound)[1])):
            changed = (before - after).abs().amax(dim=(0, 2)) > 1e-6
            assert changed.nonzero().flatten().tolist() == touched


def test_brightness_and_contrast_do_not_matter_much(network: SyncNet) -> None:
    crops = torch.rand(1, 9, HEIGHT, WIDTH)
    network(crops, torch.rand(1, 36, 16))
    before, after = (network(c, torch.rand(1, 36, 16))[0] for c in (crops, 0.2 + 0.7 * crops))
    assert (before * after).sum(dim=-1).min() > 0.99


def test_embeddings_in_pieces_are_those_of_the_whole(network: SyncNet, monkeypatch: pytest.MonkeyPatch) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (33, HEIGHT, WIDTH)).astype(np.uint8)
    speech = Speech(speech_like(1.32), 16_000)
    whole = network.embed_video(crops), network.embed_audio(speech, 33)
    assert whole[0].shape == whole[1].shape == (29, 16)
    monkeypatch.setattr(syncnet, "_PIECE", 7)
    np.testing.assert_allclose(network.embed_video(crops), whole[0], atol=1e-5)
    np.testing.assert_allclose(network.embed_audio(speech, 33), whole[1], atol=1e-5)


def test_other_rates_and_short_clips(network: SyncNet) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (20, HEIGHT, WIDTH)).astype(np.uint8)
    np.testing.assert_allclose(
        network.embed_video(crops.repeat(2, axis=0), 50.0), network.embed_video(crops), atol=1e-5
    )
    assert network.embed_video(crops[:5]).shape == (1, 16)
    assert network.embed_video(crops[:4]).shape == (0, 16)
    assert network.embed_audio(Speech(speech_like(0.2), 16_000), 4).shape == (0, 16)
    assert network.embed_audio(Speech(speech_like(0.2), 22_050), 30).shape == (26, 16)


def test_embedding_leaves_training_as_it_was(network: SyncNet) -> None:
    network.train()
    network.embed_audio(Speech(speech_like(0.4), 16_000), 10)
    assert network.training
    network.eval()


def test_sizes() -> None:
    small = SyncNet(CONFIGS["small"])
    count = sum(value.numel() for value in small.parameters())
    assert count < 3_000_000
    assert 2 * count < 16 * 2**20  # bytes of the file, in half precision


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncnet, "WEIGHTS", tmp_path / "syncnet.safetensors")
    load_syncnet.cache_clear()
    with pytest.raises(InputError, match=r"syncnet\.safetensors: no such weights"):
        load_syncnet()
    load_syncnet.cache_clear()
