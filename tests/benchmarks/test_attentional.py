"""Attentional Landmarks: what is held against what, and the tables."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from benchmarks.attentional import (
    CROP_PX,
    DRIVEN,
    GENERIC,
    KNOWN,
    LEFT_OUT,
    PERSON,
    STILL,
    Sample,
    load_pair,
    measure,
    scores,
    section,
    summarise,
)

from benchmarks import attentional_ablations
from talkinghead.errors import InputError
from talkinghead.methods.attentional_landmarks.config import CONFIGS, VARIANTS
from talkinghead.methods.attentional_landmarks.stl import SpeechToLandmarks
from talkinghead.rendering.crop import Crop
from talkinghead.tracking import track_faces
from talkinghead.types import Portrait, Speech
from talkinghead.weights import save_weights


def test_the_real_clip_is_like_itself_and_a_still_one_is_not(drawn_portrait: Portrait) -> None:
    image = drawn_portrait.frames.images[0]
    moved = np.stack([image, np.roll(image, 3, axis=1), np.roll(image, 6, axis=1)])
    frames = drawn_portrait.frames
    track = track_faces(iter([type(frames)(moved, 25.0)]))
    crop = Crop.of(drawn_portrait.track.landmarks[0], frames.size, size=CROP_PX)
    sample = Sample(drawn_portrait, Speech(np.zeros(1920, np.float32), 16_000), moved, track, crop)
    own = scores(moved, sample)
    assert own == {"LMD": pytest.approx(0, abs=1e-6), "SSIM": pytest.approx(1), "PSNR": own["PSNR"]}
    still = scores(np.stack([image] * 3), sample)
    assert still["SSIM"] < 0.95
    assert still["PSNR"] < own["PSNR"]


def test_variants_that_are_not_trained_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert attentional_ablations.load_trained(tmp_path, "landmarks", "small-joint") is None
    assert "rows with the landmarks of 'small-joint' are left out" in caplog.text
    network = SpeechToLandmarks(VARIANTS["small-joint"].landmarks)
    save_weights(network, tmp_path / "attentional" / "landmarks-small-joint" / "landmarks.safetensors", card={})
    assert isinstance(attentional_ablations.load_trained(tmp_path, "landmarks", "small-joint"), SpeechToLandmarks)


def test_a_person_is_needed_and_comes_before_what_ships(tmp_path: Path) -> None:
    person = tmp_path / "weights" / "attentional_landmarks"
    with pytest.raises(InputError, match="no weights of Attentional Landmarks for s1 are there"):
        measure(tmp_path, tmp_path, person, tmp_path / "grid.png")
    own = SpeechToLandmarks(CONFIGS["tiny"].landmarks)
    save_weights(own, person / "landmarks.safetensors", card={"config": asdict(own.config)})
    generator, _ = load_pair(person)
    assert generator.liveliness == 0.0
    assert generator.network.config == own.config
    assert load_pair()[0].network.config == CONFIGS["small"].landmarks


def test_the_tables() -> None:
    def row(lmd: float, ssim: float) -> dict[str, list[float]]:
        return {"LMD": [lmd] * 3, "SSIM": [ssim] * 3, "PSNR": [30.0] * 3}

    known = {PERSON: row(2.0, 0.8), GENERIC: row(1.0, 0.9), STILL: row(0.9, 0.7)}
    left_out = {GENERIC: row(1.5, 0.8), DRIVEN: row(1.2, 0.9), STILL: row(2.5, 0.8)}
    grid = {"makeittalk | warp": row(1.25, 0.85)}
    speed = {"attentional_landmarks": 26.4, "makeittalk": 100.0}
    text = section(summarise({KNOWN: known, LEFT_OUT: left_out, "grid": grid, "speed": speed}))
    assert "| *published: the proposed* | 1.01 | 0.91 | 29.73 |" in text
    assert f"| {PERSON} | 2.00 (2.00 to 2.00) * | 0.800 (0.800 to 0.800) * | 30.00 (30.00 to 30.00) |" in text
    assert f"| {STILL} | 0.90 (0.90 to 0.90) ! | 0.700 (0.700 to 0.700) * |" in text
    assert f"| {GENERIC} | 1.00 (1.00 to 1.00) | 0.900" in text
    assert f"| {GENERIC} | 1.50 (1.50 to 1.50) | 0.800" in text
    assert "| makeittalk | warp | 1.25 (1.25 to 1.25) |" in text
    assert "attentional_landmarks 26 frames per second and makeittalk 100 frames per second." in text


def test_the_table_of_ablations() -> None:
    def row(lmd: float) -> dict[str, list[float]]:
        return {"LMD": [lmd] * 3, "SSIM": [0.9] * 3, "PSNR": [30.0] * 3}

    names = [*attentional_ablations.ABLATIONS, attentional_ablations.DRIVEN_PLAIN, DRIVEN]
    rows = {name: row(2.0) for name in names} | {attentional_ablations.FULL: row(1.0), STILL: row(0.9)}
    text = attentional_ablations.section(attentional_ablations.summarise(rows))
    assert (
        "| baseline | 2.00 (2.00 to 2.00) * | 0.900 (0.900 to 0.900) | 30.00 (30.00 to 30.00) | 1.82 / 0.77 /" in text
    )
    assert "| full | 1.00 (1.00 to 1.00) | 0.900" in text
    assert f"| {STILL} | 0.90 (0.90 to 0.90) ! |" in text
    assert set(attentional_ablations.PUBLISHED) == set(names)


def test_ablations_that_were_not_trained_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="train them"):
        attentional_ablations.measure(tmp_path, tmp_path, tmp_path)
