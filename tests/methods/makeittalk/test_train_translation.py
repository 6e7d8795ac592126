"""Training of the translation network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from drawn import drawn_face
from plans import plan
from talkinghead.data.corpus import Corpus
from talkinghead.data.face_pairs import STORED, FacePictures, pack_pictures
from talkinghead.data.pairs import pair_example
from talkinghead.data.recording import Recording
from talkinghead.data.tracks import Take
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.media import read_image
from talkinghead.methods.makeittalk import train_translation as module
from talkinghead.methods.makeittalk.config import CONFIGS
from talkinghead.methods.makeittalk.train_translation import add_sketches, train_translation
from talkinghead.methods.makeittalk.translation import TranslationNetwork
from talkinghead.rendering.sketch import sketches
from talkinghead.tracking.track import make_track
from talkinghead.weights import load_weights

TABLE = tuple(
    Recording(f"{split} {name}", name, Path("x"), "drawn", licence="ours", split=split)
    for split in ("train", "val", "unseen")
    for name in ("one", "two")
)
CORPUS = Corpus(TABLE, folder=Path("drawn"))


def pack(recordings: tuple[Recording, ...], store: object) -> FacePictures:
    """Three drawn faces of each."""
    images = np.stack([drawn_face(STORED, at=at).image for at in (0.48, 0.5, 0.53)])
    shape = canonical_face()[0][MESH_OF_68, :2] * 0.27 * STORED
    points = np.stack([shape + np.array([at, 0.405]) * STORED for at in (0.48, 0.5, 0.53)])
    track = make_track(np.repeat(canonical_face()[0][None] * 60 + 100, 3, axis=0), np.ones(3, bool), 25.0)
    return pack_pictures((Take(recording, track), np.arange(3), images, points) for recording in recordings)


def test_a_run_leaves_weights_card_and_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "prepare_pictures", pack)
    train_translation(plan("makeittalk", "translation", tmp_path, corpus=CORPUS, steps=2, batch=2))
    network = TranslationNetwork(CONFIGS["tiny"].translation)
    load_weights(network, tmp_path / "translation.safetensors")
    card = json.loads((tmp_path / "translation.json").read_text())
    assert card["config"]["channels"] == list(CONFIGS["tiny"].translation.channels)
    assert (card["data"], card["data_licence"]) == ("recordings of one (1), two (1)", "ours")
    assert {"val SSIM", "unseen PSNR_dB", "unseen lips_PSNR_dB"} <= set(card["scores"])
    assert set(card["scores"]["the portrait as it is"]) == {"val", "unseen"}
    sheet = read_image(tmp_path / "sheet.png")
    assert sheet.shape[1] == 4 * CONFIGS["tiny"].translation.size
    assert [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == [2]


def test_weights_of_vgg_that_are_not_there_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "prepare_pictures", pack)
    vgg = tmp_path / "vgg19.pth"
    with pytest.raises(InputError, match=r"vgg19\.pth"):
        train_translation(plan("makeittalk", "translation", tmp_path, corpus=CORPUS, steps=1, vgg=vgg))


def test_sketches_are_of_the_landmarks() -> None:
    batch = pair_example(64, torch.Generator().manual_seed(0))
    drawn = add_sketches(batch)
    for name, landmarks in (("sketch", "target_landmarks"), ("source_sketch", "source_landmarks")):
        np.testing.assert_array_equal(drawn[name].numpy(), sketches(batch[landmarks].numpy(), size=64))
