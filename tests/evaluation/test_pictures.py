"""What pictures tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from drawn import drawn_face
from evaluation.videos import moving_face, write
from talkinghead.evaluation.clock import Pair, View, on_common_clock
from talkinghead.evaluation.evidence import read_evidence
from talkinghead.evaluation.measures import MEASURES, Scores
from talkinghead.evaluation.pictures import (
    CHUNK,
    Collector,
    Flicker,
    FrameBatch,
    background_mask,
    face_square,
    picture_collectors,
    walk,
)
from talkinghead.metrics.flicker import flicker
from talkinghead.types import ImageArray, no_progress

COUNT = 2 * CHUNK + 5


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A video of the moving face against itself, a little longer than two batches."""
    images = moving_face(COUNT, size=128)
    seen = read_evidence(write(tmp_path_factory.mktemp("pictures") / "face.mp4", images))
    return on_common_clock(seen, seen)


class Shown:
    """Collects what it is shown."""

    def __init__(self) -> None:
        self.batches: list[FrameBatch] = []

    def add(self, batch: FrameBatch) -> None:
        """Look."""
        self.batches.append(batch)

    def finish(self, scores: Scores) -> None:
        """Nothing to say."""


def images_of(view: View) -> ImageArray:
    """All of its frames."""
    return np.concatenate(list(view.chunks()))


def test_a_walk_shows_all_frames_in_order_with_their_landmarks(pair: Pair) -> None:
    shown, told = Shown(), []
    walk(pair, [shown], lambda *step: told.append(step))
    assert [batch.first for batch in shown.batches] == [0, CHUNK, 2 * CHUNK]
    np.testing.assert_array_equal(np.concatenate([b.images for b in shown.batches]), images_of(pair.output))
    np.testing.assert_array_equal(np.concatenate([b.landmarks for b in shown.batches]), pair.output.track.landmarks)
    for batch in shown.batches:
        np.testing.assert_array_equal(batch.images, batch.reference)
    assert told[-1] == ("compare", COUNT, COUNT)


def test_a_fault_of_a_collector_is_not_lost(pair: Pair) -> None:
    class Broken(Shown):
        def add(self, batch: FrameBatch) -> None:
            raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        walk(pair, [Shown(), Broken()], no_progress)


def scores_of(pair: Pair, change: Any = None) -> Scores:
    """What all collectors find, of the output's frames changed by a function of (images, first)."""
    collectors = picture_collectors(pair, MEASURES)
    scores = Scores()
    shown = Shown()
    walk(pair, [shown], no_progress)
    for batch in shown.batches:
        images = batch.images if change is None else change(batch.images, batch.first)
        changed = FrameBatch(
            batch.first, images, batch.landmarks, batch.found, batch.reference, batch.reference_landmarks
        )
        for collector in collectors:
            collector.add(changed)
    for collector in collectors:
        collector.finish(scores)
    return scores


def test_a_video_against_itself(pair: Pair) -> None:
    scores = scores_of(pair)
    assert scores.values["ssim"] == pytest.approx(1)
    assert scores.values["ssim-face"] == pytest.approx(1)
    assert scores.values["psnr"] == pytest.approx(100)
    assert scores.values["psnr-face"] == pytest.approx(100)
    assert scores.values["cpbd"] > 0.3
    assert scores.missing.get("background-drift", "") == "" or "background" in scores.missing["background-drift"]


def test_blur_and_noise_are_seen(pair: Pair) -> None:
    whole = [scores_of(pair, lambda images, _, s=s: blurred(images, s)).values for s in (0.5, 1.0, 2.0)]
    for name in ("ssim", "ssim-face", "psnr", "psnr-face", "cpbd"):
        values = [value[name] for value in whole]
        assert values == sorted(values, reverse=True), name


def blurred(images: ImageArray, sigma: float) -> ImageArray:
    """Every image blurred by sigma px."""
    return np.stack([cv2.GaussianBlur(image, (0, 0), sigma) for image in images])


def test_what_changes_outside_the_face_is_seen_in_the_whole_picture_alone(pair: Pair) -> None:
    def corner(images: ImageArray, first: int) -> ImageArray:
        images = images.copy()
        images[:, :12, :12] = 255 - images[:, :12, :12]
        return images

    values = scores_of(pair, corner).values
    assert values["ssim-face"] == pytest.approx(1)
    assert values["psnr-face"] == pytest.approx(100)
    assert values["ssim"] < 0.999
    assert values["psnr"] < 40


def test_flicker_is_the_same_in_batches_as_at_once() -> None:
    images = np.random.default_rng(0).integers(0, 255, (9, 16, 16, 3), np.uint8)
    for size in (1, 2, 4, 9):
        looking, scores = Flicker(), Scores()
        for first in range(0, 9, size):
            part = images[first : first + size]
            looking.add(FrameBatch(first, part, np.zeros((len(part), 478, 3)), np.ones(len(part), bool), None, None))
        looking.finish(scores)
        assert scores.values["flicker"] == pytest.approx(float(flicker(images).mean()))


def test_two_frames_are_too_few_for_flicker() -> None:
    looking, scores = Flicker(), Scores()
    looking.add(FrameBatch(0, np.zeros((2, 16, 16, 3), np.uint8), np.zeros((2, 478, 3)), np.ones(2, bool), None, None))
    looking.finish(scores)
    assert "three frames" in scores.missing["flicker"]


def test_a_background_that_jumps_is_measured_and_a_face_that_moves_is_not(tmp_path: Path) -> None:
    texture = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (160, 160, 3), np.uint8), (0, 0), 1.5)
    faces = moving_face(8, size=128)
    person = np.abs(faces.astype(int) - drawn_face(128).image[2, 2]).max(axis=-1, keepdims=True) > 24
    seen = [
        np.where(mask, face, texture[4 : 4 + 128, 4 + 2 * (n > 3) :][:, :128])
        for n, (face, mask) in enumerate(zip(faces, person))
    ]
    pair = on_common_clock(read_evidence(write(tmp_path / "moving.mp4", np.stack(seen).astype(np.uint8))), None)
    collectors = picture_collectors(pair, ["background-drift"])
    walk(pair, collectors, no_progress)
    scores = Scores()
    collectors[0].finish(scores)
    assert scores.values["background-drift"] == pytest.approx(4 / 8 * 2, abs=0.15)


def test_the_background_mask_leaves_out_the_person_in_all_frames(calm: Any) -> None:
    image, landmarks = calm.frames.images[0], calm.track.landmarks
    moved = np.concatenate([landmarks, landmarks + np.array([30, 0, 0])])
    mask = background_mask(image, moved)
    assert mask.shape == image.shape[:2]
    assert mask[:40, :8].all()
    for points in moved:
        columns, rows = points[:, :2].round().astype(int).T
        assert not mask[rows, columns].any()
    assert not mask[-1, 110:150].any()


def test_the_face_s_square_holds_the_face(pair: Pair) -> None:
    rows, columns = face_square(pair.output)
    points = pair.output.track.landmarks[pair.output.track.found].mean(axis=0)
    assert rows.start <= points[:, 1].min()
    assert points[:, 1].max() <= rows.stop + 1
    assert columns.start <= points[:, 0].min()
    assert points[:, 0].max() <= columns.stop
    assert abs((rows.stop - rows.start) - (columns.stop - columns.start)) <= 1


def test_pictures_too_small_for_a_measure_are_told(tmp_path: Path) -> None:
    seen = read_evidence(write(tmp_path / "small.mp4", moving_face(4, size=56)))
    pair = on_common_clock(seen, seen)
    assert "smaller than 64 px" in scores_of(pair).missing["cpbd"]


def test_only_what_is_wanted_is_looked_for(pair: Pair) -> None:
    assert picture_collectors(pair, ["d-ll", "csim"]) == []
    found: list[Collector] = picture_collectors(pair, ["ssim", "flicker"])
    assert len(found) == 2
    alone = on_common_clock(pair.output.evidence, None)
    assert len(picture_collectors(alone, ["ssim", "flicker"])) == 1
