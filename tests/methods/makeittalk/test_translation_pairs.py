"""Batches of pairs of pictures of one person."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from talkinghead.data.face_pairs import MARGIN, MATTE, STORED, FacePictures
from talkinghead.methods.makeittalk.translation_pairs import PairBatches
from talkinghead.types import FloatArray, ImageArray

# A dot of its own colour on some landmarks, far enough apart to be told from each other.
_DOTS = {36: (255, 0, 0), 45: (0, 255, 0), 8: (0, 0, 255)}
_PLACES = {36: (130.0, 140.0), 45: (195.0, 138.0), 8: (160.0, 215.0)}


def dotted() -> tuple[ImageArray, FloatArray]:
    image = np.full((STORED, STORED, 3), 128, np.uint8)
    points = np.full((68, 2), 160.0)
    for index, colour in _DOTS.items():
        points[index] = _PLACES[index]
        cv2.circle(image, tuple(int(c) for c in _PLACES[index]), 5, colour, -1, cv2.LINE_AA)
    return image, points


def pack(speakers: list[str], each: int = 3) -> FacePictures:
    image, points = dotted()
    encoded = cv2.imencode(".png", image[..., ::-1])[1].ravel()
    count = each * len(speakers)
    return FacePictures(
        np.concatenate([encoded] * count),
        np.arange(count + 1, dtype=np.int64) * len(encoded),
        np.repeat(points[None], count, axis=0).astype(np.float32),
        np.full((count, MATTE, MATTE), 255, np.uint8),
        np.repeat(np.arange(len(speakers)), each),
        np.array([f"clip {k}" for k in range(len(speakers))]),
        np.array(speakers),
    )


def place_of(colour: tuple[int, int, int], picture: Tensor) -> FloatArray:
    """The middle of what has most of a colour's channel and little of the others."""
    channel = int(np.argmax(colour))
    image = picture.numpy().astype(float)
    excess = np.clip(image[..., channel] - np.delete(image, channel, axis=-1).max(axis=-1) - 40, 0, None)
    rows, columns = np.mgrid[: len(image), : len(image)]
    return np.array([(excess * columns).sum(), (excess * rows).sum()]) / excess.sum()


def test_landmarks_go_where_the_picture_goes() -> None:
    batches = PairBatches(pack(["a", "b"]), size=128, batch=8)
    for step in range(4):
        batch = batches(step)
        for k in range(8):
            places = {index: batch["target"][k, index].numpy() for index in _DOTS}
            # Mirrored pictures swap left and right: then the other eye's landmark lies on the dot.
            mirrored = np.linalg.norm(place_of(_DOTS[36], batch["picture"][k]) - places[45]) < 4
            for index, colour in _DOTS.items():
                there = {36: 45, 45: 36, 8: 8}[index] if mirrored else index
                np.testing.assert_allclose(place_of(colour, batch["picture"][k]), places[there], atol=1.5)
                np.testing.assert_allclose(
                    place_of(colour, batch["portrait"][k]), batch["source"][k, there].numpy(), atol=1.5
                )


def test_a_step_has_its_batch() -> None:
    first, again, other = (PairBatches(pack(["a", "b"]), size=64, batch=4)(step) for step in (3, 3, 4))
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert not torch.equal(first["portrait"], other["portrait"])
    shapes = {name: tuple(value.shape) for name, value in first.items()}
    assert shapes == {
        **dict.fromkeys(("portrait", "picture", "sketch", "source_sketch"), (4, 64, 64, 3)),
        **dict.fromkeys(("source", "target"), (4, 68, 2)),
    }
    assert first["source"].dtype == torch.float32
    assert first["sketch"].dtype == torch.uint8


def test_pairs_that_are_asked_for_are_not_varied() -> None:
    batch = PairBatches(pack(["a"]), size=256, batch=1).pairs([(0, 1), (1, 2)])
    image, points = dotted()
    edge = round((STORED - STORED / MARGIN) / 2)
    np.testing.assert_array_equal(batch["portrait"][0].numpy(), image[edge:-edge, edge:-edge])
    np.testing.assert_allclose(batch["source"][1].numpy(), points - edge, atol=1e-4)


def test_mirrored_landmarks_keep_left_on_the_left() -> None:
    batches = PairBatches(pack(["a", "b"]), size=128, batch=8)
    for name in ("source", "target"):
        points = torch.cat([batches(step)[name] for step in range(3)])
        assert (points[:, 36, 0] < points[:, 45, 0]).all()


def test_the_person_with_most_clips_takes_two_fifths() -> None:
    speakers = ["much"] * 6 + ["few", "fewer"]
    pictures = pack(speakers)
    for k, index in enumerate(pictures.clips):
        pictures.landmarks[k, 20] = (index, 0)
    drawn = PairBatches(pictures, size=32, batch=100)
    seen = [drawn._draw_pair(np.random.default_rng(seed)) for seed in range(400)]
    people = [speakers[pictures.clips[source]] for source, _ in seen]
    assert all(speakers[pictures.clips[target]] == person for (_, target), person in zip(seen, people))
    assert people.count("much") / 400 == pytest.approx(0.4, abs=0.08)
    assert people.count("few") / 400 == pytest.approx(0.3, abs=0.08)
    across = [pictures.clips[a] != pictures.clips[b] for (a, b), person in zip(seen, people) if person == "much"]
    assert np.mean(across) == pytest.approx(0.3 * 5 / 6, abs=0.12)
    assert all(source != target for source, target in seen)


def test_a_pack_without_pairs_is_refused() -> None:
    with pytest.raises(ValueError, match="two pictures"):
        PairBatches(pack(["a"], each=1), size=64, batch=1)
