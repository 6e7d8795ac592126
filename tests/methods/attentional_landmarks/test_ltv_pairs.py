"""Pairs of pictures with the speech about the second."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
import torch

from talkinghead.data.face_pairs import MATTE, STORED, FacePictures, validation_pairs
from talkinghead.methods.attentional_landmarks.ltv_pairs import VideoBatches, _light, as_images, as_pictures
from talkinghead.methods.attentional_landmarks.people import in_step

CLIPS = (("a", "GRID-s1", 3), ("b", "GRID-s1", 4), ("c", "GRID-s2", 3), ("EDTalk__Obama_20s", "Obama", 5))


@pytest.fixture(scope="module")
def pictures() -> FacePictures:
    """Dots where the landmarks are."""
    rng = np.random.default_rng(0)
    jpeg, landmarks, clips = [], [], []
    for number, (_, _, count) in enumerate(CLIPS):
        for _ in range(count):
            points = rng.uniform(80, 240, (68, 2)).astype(np.float32)
            points[30] = rng.uniform(130, 190, 2)
            image = np.zeros((STORED, STORED, 3), np.uint8)
            cv2.circle(image, (points[30] * 16).round().astype(int).tolist(), 6 * 16, (255, 255, 255), -1, shift=4)
            jpeg.append(cv2.imencode(".jpg", image)[1].ravel())
            landmarks.append(points)
            clips.append(number)
    return FacePictures(
        np.concatenate(jpeg),
        np.cumsum([0, *map(len, jpeg)], dtype=np.int64),
        np.stack(landmarks),
        np.zeros((len(jpeg), MATTE, MATTE), np.uint8),
        np.array(clips),
        np.array([name for name, _, _ in CLIPS]),
        np.array([speaker for _, speaker, _ in CLIPS]),
    )


def batches(pictures: FacePictures, whom: str = "all") -> VideoBatches:
    speech = np.arange(len(pictures), dtype=np.float32)[:, None, None] * np.ones((1, 30, 13), np.float32)
    return VideoBatches(pictures, speech, size=128, batch=6, whom=whom)


def test_the_same_step_has_the_same_batch(pictures: FacePictures) -> None:
    first, second, other = batches(pictures)(3), batches(pictures)(3), batches(pictures)(4)
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert not torch.equal(first["target"], other["target"])
    assert first["source"].shape == first["target"].shape == (6, 3, 128, 128)
    assert first["own"].shape == first["landmarks"].shape == (6, 68, 2)


def test_landmarks_lie_where_the_picture_shows_them(pictures: FacePictures) -> None:
    batch = batches(pictures)(0)
    for kind, points in (("source", "own"), ("target", "landmarks")):
        for picture, places in zip(batch[kind], batch[points], strict=True):
            bright = (picture.mean(dim=0) + 1).clamp_min(0.2) - 0.2
            row = (bright * torch.arange(128.0)[:, None]).sum() / bright.sum()
            column = (bright * torch.arange(128.0)).sum() / bright.sum()
            nose = places[30]
            torch.testing.assert_close(torch.stack([column, row]), nose, atol=0.3, rtol=0)


def test_a_pair_is_of_one_person_and_of_two_pictures(pictures: FacePictures) -> None:
    speaker_of = pictures.speakers[pictures.clips]
    made, rng, seen = batches(pictures), np.random.default_rng(0), set()
    for _ in range(300):
        source, target = made._pair(rng)
        assert source != target
        assert speaker_of[source] == speaker_of[target]
        seen.add(str(speaker_of[source]))
    assert seen == {"GRID-s1", "GRID-s2", "Obama"}


def test_one_person_alone(pictures: FacePictures) -> None:
    made, rng = batches(pictures, "s1"), np.random.default_rng(0)
    speaker_of = pictures.speakers[pictures.clips]
    assert {str(speaker_of[made._pair(rng)[0]]) for _ in range(100)} == {"GRID-s1"}


def test_speech_is_the_targets(pictures: FacePictures) -> None:
    batch = batches(pictures).pairs([(0, 2), (10, 12)])
    assert batch["speech"][:, 0, 0].tolist() == [2.0, 12.0]
    assert batch["in_step"].tolist() == [1.0, 0.0]
    assert in_step("a")
    assert not in_step("EDTalk__Obama_20s")


def test_a_mirror_swaps_left_and_right(pictures: FacePictures) -> None:
    made = batches(pictures)
    plain = made.pairs([(0, 1)])
    mirrored = made.pairs([(0, 1)], mirrored=np.array([True]))
    torch.testing.assert_close(mirrored["target"], plain["target"].flip(3))
    torch.testing.assert_close(
        mirrored["landmarks"][0, 36], torch.tensor([127.0, 0]) + plain["landmarks"][0, 45] * torch.tensor([-1.0, 1])
    )


def test_another_light_falls_on_both_pictures_of_a_pair(pictures: FacePictures) -> None:
    made = batches(pictures)
    dark = np.repeat((np.arange(256) // 2).astype(np.uint8)[:, None], 3, axis=1)
    plain, lit = made.pairs([(0, 1), (3, 4)]), made.pairs([(0, 1), (3, 4)], lights=[dark, None])
    for kind in ("source", "target"):
        first, wanted = as_images(lit[kind][:1]), as_images(plain[kind][:1]) // 2
        assert (first == wanted).all()
        torch.testing.assert_close(lit[kind][1], plain[kind][1])


def test_a_light_of_one_colour_leaves_none(pictures: FacePictures) -> None:
    red = pictures.picture(0).copy()
    red[..., 1:] = 0
    jpeg = cv2.imencode(".jpg", red[..., ::-1])[1].ravel()
    coloured = dataclasses.replace(
        pictures, jpeg=np.concatenate([jpeg, pictures.jpeg]), starts=np.r_[0, pictures.starts + len(jpeg)]
    )
    same = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    tinted = same.copy()
    tinted[:, 1] //= 2
    for light, grey in ((same, True), (tinted, False)):
        seen = as_images(batches(coloured).pairs([(0, 0)], lights=[light])["source"])
        assert (np.ptp(seen, axis=3).max() == 0) is np.bool_(grey)


def test_lights_are_drawn_where_all_are_learnt_from(pictures: FacePictures) -> None:
    rng = np.random.default_rng(0)
    drawn = [_light(rng) for _ in range(400)]
    lights = [light for light in drawn if light is not None]
    assert 150 < len(lights) < 250
    assert 8 < sum(np.ptp(light, axis=1).max() == 0 for light in lights) < 40
    assert all(light.shape == (256, 3) and (np.diff(light.astype(int), axis=0) >= 0).all() for light in lights)
    darkest = {}
    for whom in ("all", "s1"):
        made = batches(pictures, whom)
        darkest[whom] = min(float(made(step)["target"].amax(dim=(1, 2, 3)).min()) for step in range(8))
    assert darkest["s1"] > 0.98 > darkest["all"]


def test_pairs_to_judge_by(pictures: FacePictures) -> None:
    pairs = validation_pairs(pictures, 6)
    assert len(pairs) == 6
    assert [source for source, _ in pairs[:4]] == [0, 3, 7, 10]
    assert all(source != target and pictures.clips[source] == pictures.clips[target] for source, target in pairs)
    assert {source for source, _ in validation_pairs(pictures, 6, speaker="GRID-s1")} == {0, 3}


def test_images_survive_the_way_there_and_back() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)
    pictures = as_pictures(images)
    assert pictures.shape == (2, 3, 8, 8)
    assert (float(pictures.min()), float(pictures.max())) >= (-1.0, 0.9)
    np.testing.assert_array_equal(as_images(pictures), images)
