"""The released SyncNet: sizes of its layers, inputs and outputs, and files that are not its weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from drawn import DrawnFace, drawn_face, speech_like
from talkinghead.errors import InputError
from talkinghead.metrics import released_syncnet
from talkinghead.metrics.released_syncnet import (
    SIDE,
    ReleasedSyncNet,
    face_places,
    load_released_syncnet,
    speech_cepstra,
)
from talkinghead.types import Portrait, Speech


@pytest.fixture(scope="module")
def network() -> ReleasedSyncNet:
    torch.manual_seed(0)
    return ReleasedSyncNet().eval()


@pytest.fixture
def weights(network: ReleasedSyncNet) -> dict[str, torch.Tensor]:
    return {name: value.half() if value.is_floating_point() else value for name, value in network.state_dict().items()}


@pytest.fixture(scope="module")
def drawn() -> DrawnFace:
    return drawn_face(256)


def test_sizes_of_the_layers(network: ReleasedSyncNet) -> None:
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    audio = [shapes[f"netcnnaud.{k}.weight"] for k in (0, 4, 8, 11, 14, 18)]
    assert [shape[0] for shape in audio] == [64, 192, 384, 256, 256, 512]
    lips = [shapes[f"netcnnlip.{k}.weight"] for k in (0, 4, 8, 11, 14, 18)]
    assert [shape[0] for shape in lips] == [96, 256, 256, 256, 256, 512]
    assert (lips[0], lips[-1]) == ((96, 3, 5, 7, 7), (512, 256, 1, 6, 6))
    for head in ("netfcaud", "netfclip"):
        assert (shapes[f"{head}.0.weight"], shapes[f"{head}.3.weight"]) == ((512, 512), (1024, 512))


def test_windows_become_1024_numbers(network: ReleasedSyncNet) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (6, SIDE, SIDE, 3)).astype(np.uint8)
    video = network.embed_video(crops)
    assert video.shape == (2, 1024)
    np.testing.assert_allclose(network.embed_video(crops[1:])[0], video[1], rtol=1e-4, atol=1e-5)
    assert np.abs(network.embed_video(crops[..., ::-1]) - video).max() > 1e-4  # colours are told apart
    assert network.embed_video(crops[:4]).shape == (0, 1024)


def test_every_window_of_sound_is_heard(network: ReleasedSyncNet, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = speech_like(1.0)
    audio = network.embed_audio(Speech(samples, 16_000), 25)
    assert audio.shape == (21, 1024)
    later = network.embed_audio(Speech(samples[4 * 640 :], 16_000), 15)  # four frames of video later
    np.testing.assert_allclose(later[1:], audio[5:15], atol=1e-4)  # but for the first sample's pre-emphasis
    monkeypatch.setattr(released_syncnet, "_PIECE", 4)
    np.testing.assert_allclose(network.embed_audio(Speech(samples, 16_000), 25), audio, atol=1e-5)
    assert network.embed_audio(Speech(samples[:1000], 16_000), 25).shape == (21, 1024)


def test_cepstra_of_silence_and_their_number() -> None:
    cepstra = speech_cepstra(np.zeros(16_000, np.float32))
    assert cepstra.shape == (1 + 98, 13)  # (16000 - 400) / 160 = 97.5
    np.testing.assert_allclose(cepstra[:, 0], np.log(np.finfo(np.float64).eps))
    np.testing.assert_allclose(cepstra[:, 1:], 0.0, atol=1e-9)  # all bands are alike
    assert speech_cepstra(np.zeros(100, np.float32)).shape == (1, 13)
    assert speech_cepstra(np.zeros(400, np.float32)).shape == (1, 13)
    assert speech_cepstra(np.zeros(401, np.float32)).shape == (2, 13)


def test_cepstra_of_a_click_in_closed_form() -> None:
    samples = np.zeros(400, np.float32)
    samples[200] = 0.5
    power = np.abs(2**14 * (1 - 0.97 * np.exp(-2j * np.pi * np.arange(257) / 512))) ** 2 / 512
    (row,) = speech_cepstra(samples)
    assert row[0] == pytest.approx(np.log(power.sum()))
    edges_hz = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 28) / 2595) - 1)
    edges = [int(513 * hertz / 16_000) for hertz in edges_hz]
    bands = []
    for low, middle, high in zip(edges, edges[1:], edges[2:]):
        rising = sum(power[k] * (k - low) / (middle - low) for k in range(low, middle))
        bands.append(np.log(rising + sum(power[k] * (high - k) / (high - middle) for k in range(middle, high))))
    for n in (1, 5, 12):
        cosines = np.cos(np.pi * n * (2 * np.arange(26) + 1) / 52)
        expected = np.sqrt(2 / 26) * (np.array(bands) @ cosines) * (1 + 11 * np.sin(np.pi * n / 22))
        assert row[n] == pytest.approx(expected)


def test_louder_speech_changes_the_energy_alone() -> None:
    samples = speech_like(0.5) * np.float32(0.2) + np.float32(1e-3)
    soft, loud = speech_cepstra(samples), speech_cepstra(2 * samples)
    np.testing.assert_allclose(loud[:, 0] - soft[:, 0], 2 * np.log(2), rtol=1e-6)
    np.testing.assert_allclose(loud[:, 1:], soft[:, 1:], atol=1e-6)


def test_the_whole_face_is_shown(drawn: DrawnFace, drawn_portrait: Portrait) -> None:
    mesh = np.repeat(drawn_portrait.track.landmarks, 3, axis=0)
    places = face_places(mesh)
    crop_from_image = np.linalg.inv(np.vstack([places[1], [0, 0, 1]]))
    x, y = (crop_from_image @ [*drawn.mouth, 1])[:2]
    assert abs(x - SIDE / 2) < 4
    assert 0.5 * SIDE < y < 0.7 * SIDE
    box = np.ptp(mesh[0, :, :2], axis=0).max()
    assert places[1, 0, 0] * SIDE == pytest.approx(1.4 * box, rel=0.1)


def test_a_jump_of_the_box_is_smoothed_away(drawn_portrait: Portrait) -> None:
    mesh = np.repeat(drawn_portrait.track.landmarks, 30, axis=0)
    shaken = mesh.copy()
    shaken[15] += 20
    np.testing.assert_allclose(face_places(shaken), face_places(mesh))
    assert face_places(mesh[:1]).shape == (1, 2, 3)


def test_beyond_the_picture_it_is_grey(network: ReleasedSyncNet) -> None:
    images = np.full((1, 50, 50, 3), 250, np.uint8)
    crops = network.crop(images, np.array([[[1.0, 0.0, -100.0], [0.0, 1.0, -100.0]]]))
    assert (crops[0, :90] == 110).all()
    assert (crops[0, 105:140, 105:140] == 250).all()


def test_refuses_what_does_not_fit(network: ReleasedSyncNet) -> None:
    with pytest.raises(ValueError, match=r"need landmarks \(T, 478, 3\)"):
        network.places(np.zeros((3, 68, 3)))
    with pytest.raises(ValueError, match="1 images but 2 places"):
        network.crop(np.zeros((1, 8, 8, 3), np.uint8), np.zeros((2, 2, 3)))


def test_weights_of_that_layout_load(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path = tmp_path / "syncnet_v2.model"
    old = {name: value for name, value in weights.items() if not name.endswith("num_batches_tracked")}
    for kept in (weights, old):
        torch.save(kept, path)
        loaded = load_released_syncnet(path)
        assert not loaded.training
        for name, value in loaded.state_dict().items():
            assert torch.equal(value, weights[name].to(value.dtype))


def test_other_files_are_named_with_what_differs(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path = tmp_path / "other.model"
    with pytest.raises(InputError, match=r"other\.model: no such file"):
        load_released_syncnet(path)
    path.write_bytes(b"not weights at all")
    with pytest.raises(InputError, match=r"other\.model is damaged or not a file of weights"):
        load_released_syncnet(path)
    torch.save(torch.zeros(3), path)
    with pytest.raises(InputError, match="holds no table of weights"):
        load_released_syncnet(path)
    few = {name: value for name, value in weights.items() if name.startswith("netfc")}
    torch.save(few, path)
    with pytest.raises(InputError, match=r"not the released SyncNet, it differs in netcnnaud\.0\.bias"):
        load_released_syncnet(path)
    torch.save({**weights, "netfclip.3.weight": torch.zeros(256, 512)}, path)
    with pytest.raises(InputError, match=r"it differs in netfclip\.3\.weight;"):
        load_released_syncnet(path)
