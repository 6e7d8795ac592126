"""Batches of pairs of pictures of one person."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from talkinghead.data.face_pairs import MARGIN, MATTE, STORED, FacePictures, validation_pairs
from talkinghead.data.pairs import PairAugmentation, PairBatches, pair_example
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
        np.arange(count) / 25,
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
            places = {index: batch["target_landmarks"][k, index].numpy() for index in _DOTS}
            # Mirrored pictures swap left and right: then the other eye's landmark lies on the dot.
            mirrored = np.linalg.norm(place_of(_DOTS[36], batch["target"][k]) - places[45]) < 4
            for index, colour in _DOTS.items():
                there = {36: 45, 45: 36, 8: 8}[index] if mirrored else index
                np.testing.assert_allclose(place_of(colour, batch["target"][k]), places[there], atol=1.5)
                np.testing.assert_allclose(
                    place_of(colour, batch["source"][k]), batch["source_landmarks"][k, there].numpy(), atol=1.5
                )


def test_a_step_has_its_batch() -> None:
    first, again, other = (PairBatches(pack(["a", "b"]), size=64, batch=4)(step) for step in (3, 3, 4))
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert not torch.equal(first["source"], other["source"])
    shapes = {name: tuple(value.shape) for name, value in first.items()}
    assert shapes == {
        **dict.fromkeys(("source", "target"), (4, 64, 64, 3)),
        **dict.fromkeys(("source_landmarks", "target_landmarks"), (4, 68, 2)),
        "number": (4,),
    }
    assert first["source_landmarks"].dtype == torch.float32
    assert first["target"].dtype == torch.uint8


def test_pairs_that_are_asked_for_are_not_altered() -> None:
    batch = PairBatches(pack(["a"]), size=256, batch=1).pairs([(0, 1), (1, 2)])
    image, points = dotted()
    edge = round((STORED - STORED / MARGIN) / 2)
    np.testing.assert_array_equal(batch["source"][0].numpy(), image[edge:-edge, edge:-edge])
    np.testing.assert_allclose(batch["source_landmarks"][1].numpy(), points - edge, atol=1e-4)


def test_mirrored_landmarks_keep_left_on_the_left() -> None:
    batches = PairBatches(pack(["a", "b"]), size=128, batch=8)
    for name in ("source_landmarks", "target_landmarks"):
        points = torch.cat([batches(step)[name] for step in range(3)])
        assert (points[:, 36, 0] < points[:, 45, 0]).all()


def test_the_person_with_most_clips_takes_two_fifths() -> None:
    speakers = ["much"] * 6 + ["few", "fewer"]
    pictures = pack(speakers)
    for k, index in enumerate(pictures.clips):
        pictures.landmarks[k, 20] = (index, 0)
    drawn = PairBatches(pictures, size=32, batch=100)
    seen = [drawn.draw(np.random.default_rng(seed)) for seed in range(400)]
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


def test_shares_are_as_asked_for() -> None:
    pictures = pack(["much"] * 4 + ["few"])
    only = PairBatches(pictures, size=32, augmentation=PairAugmentation(main=1.0, other_clip=0.0))
    seen = [only.draw(np.random.default_rng(seed)) for seed in range(100)]
    assert all(pictures.clips[source] == pictures.clips[target] < 4 for source, target in seen)


def test_one_person_makes_pairs_too() -> None:
    batches = PairBatches(pack(["alone"] * 2), size=32, batch=4)
    assert len(batches(0)["source"]) == 4


QUIET = PairAugmentation(zoom=0.0, turn=0.0, shift=0.0, apart=0.0, light=0.0, grey=0.0, background=0.0)


def test_without_augmentation_pictures_are_as_cut_or_mirrored() -> None:
    batches = PairBatches(pack(["a"]), size=128, batch=8, augmentation=QUIET)
    plain = batches.pairs([(0, 1)])["source"][0]
    drawn = batches(0)["source"]
    mirrored = [torch.equal(picture, plain.flip(1)) for picture in drawn]
    assert all(flipped or torch.equal(picture, plain) for flipped, picture in zip(mirrored, drawn))
    assert 0 < sum(mirrored) < 8


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_another_light_falls_on_both_pictures_of_a_pair(share: float) -> None:
    batch = PairBatches(pack(["a"]), size=64, batch=6, augmentation=replace(QUIET, light=share))(1)
    middle = batch["source"][:, 2, 2].float()
    torch.testing.assert_close(middle, batch["target"][:, 2, 2].float(), atol=2, rtol=0)
    assert (float(middle.std(dim=0).max()) > 5) == bool(share)


def test_grey_pictures_have_no_colours() -> None:
    batch = PairBatches(pack(["a"]), size=64, batch=4, augmentation=replace(QUIET, grey=1.0))(1)
    assert (batch["source"].amax(dim=3) == batch["source"].amin(dim=3)).all()


def test_what_a_network_needs_besides_is_added() -> None:
    batches = PairBatches(pack(["a"]), size=32, complete=lambda batch: {**batch, "twice": 2 * batch["number"]})
    batch = batches.pairs([(0, 2), (1, 0)])
    assert batch["twice"].tolist() == [4, 0]
    assert "twice" in batches(0)


def test_an_example_is_a_batch() -> None:
    example, batch = pair_example(32, torch.Generator().manual_seed(0)), PairBatches(pack(["a"]), size=32, batch=2)(0)
    assert {name: (value.shape, value.dtype) for name, value in example.items()} == {
        name: (value.shape, value.dtype) for name, value in batch.items() if name != "number"
    }


def test_pairs_to_validate_by_start_from_the_calmest_and_take_clips_in_turn() -> None:
    pictures = pack(["a", "a", "b"], each=4)
    pairs = validation_pairs(pictures, 6)
    assert [source for source, _ in pairs] == [0, 4, 8, 0, 4, 8]
    assert all(source != target and pictures.clips[source] == pictures.clips[target] for source, target in pairs)
    assert {source for source, _ in validation_pairs(pictures, 6, speaker="b")} == {8}
