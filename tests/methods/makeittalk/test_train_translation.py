"""Training of the translation network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from drawn import drawn_face
from plans import plan
from talkinghead.data.corpus import Recording
from talkinghead.data.face_pairs import GROUPS, MARGIN, STORED, FacePictures, save_pictures, validation_pairs
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.media import read_image
from talkinghead.methods.makeittalk.config import CONFIGS
from talkinghead.methods.makeittalk.train_translation import scores, train_translation
from talkinghead.methods.makeittalk.translation import TranslationNetwork
from talkinghead.rendering.crop import Crop
from talkinghead.weights import load_weights


def write_packs(out: Path) -> None:
    images = np.stack([drawn_face(STORED, at=at).image for at in (0.48, 0.5, 0.53)])
    shape = canonical_face()[0][MESH_OF_68, :2] * 0.27 * STORED
    points = np.stack([shape + np.array([at, 0.405]) * STORED for at in (0.48, 0.5, 0.53)])
    for group in GROUPS:
        people = [Recording(f"{group} {name}", name, Path("x"), "drawn") for name in ("one", "two")]
        save_pictures([(person, images, points) for person in people], out / "heads" / f"{group}.npz")


def test_a_run_leaves_weights_card_and_sheet(tmp_path: Path) -> None:
    write_packs(tmp_path)
    train_translation(plan("makeittalk", "translation", tmp_path / "no corpus needed", tmp_path, steps=2, batch=2))
    network = TranslationNetwork(CONFIGS["tiny"].translation)
    load_weights(network, tmp_path / "translation.safetensors")
    card = json.loads((tmp_path / "translation.json").read_text())
    assert card["config"]["channels"] == list(CONFIGS["tiny"].translation.channels)
    assert {"known ssim", "strangers psnr", "strangers psnr of lips"} <= set(card["scores"])
    assert set(card["scores"]["the portrait as it is"]) == {"known", "strangers"}
    sheet = read_image(tmp_path / "sheet.png")
    assert sheet.shape[1] == 2 * 4 * CONFIGS["tiny"].translation.size
    assert [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == [2]


def test_weights_of_vgg_that_are_not_there_are_named(tmp_path: Path) -> None:
    write_packs(tmp_path)
    with pytest.raises(InputError, match=r"vgg19\.pth"):
        train_translation(plan("makeittalk", "translation", tmp_path, tmp_path, steps=1, vgg=tmp_path / "vgg19.pth"))


def test_scores_in_closed_form() -> None:
    rng = np.random.default_rng(0)
    wanted = rng.integers(0, 200, (2, 64, 64, 3)).astype(np.uint8)
    batch = {"picture": torch.from_numpy(wanted), "target": torch.full((2, 68, 2), 32.0)}
    found = scores(wanted + np.uint8(10), batch)
    assert found["l1"] == pytest.approx(10)
    assert found["psnr"] == found["psnr of lips"] == pytest.approx(20 * np.log10(25.5))
    spoiled = wanted.copy()
    spoiled[:, 30:34, 30:34] = 255
    assert scores(spoiled, batch)["psnr of lips"] < scores(spoiled, batch)["psnr"]
    assert scores(wanted, batch)["ssim"] == pytest.approx(1)


def test_judged_pairs_start_from_the_calmest_and_take_clips_in_turn() -> None:
    clips = np.array([0, 0, 0, 1, 1, 2])
    empty = np.zeros(0, np.uint8)
    pictures = FacePictures(
        empty,
        np.zeros(7, np.int64),
        np.zeros((6, 68, 2), np.float32),
        np.zeros((6, 1, 1), np.uint8),
        clips,
        np.array(["a", "b", "c"]),
        np.array(["x"] * 3),
    )
    pairs = validation_pairs(pictures, 4)
    assert pairs[:2] == [(0, 1), (3, 4)]
    assert pairs[2] == (0, 2)
    assert all(clips[source] == clips[target] and source != target for source, target in pairs)


def test_the_wide_square_is_the_networks_with_a_margin() -> None:
    landmarks = canonical_face()[0][MESH_OF_68, :2] * 60 + (180, 130)
    inner = Crop.of(landmarks, (360, 288))
    wide = inner.widen(MARGIN, STORED)
    assert wide.size == STORED
    edge = (STORED - STORED / MARGIN) / 2
    np.testing.assert_allclose(wide.points(landmarks) - edge, inner.points(landmarks), atol=1e-6)
