"""Heads put back into portraits: what stays to the bit, what is filled in, where it joins."""

from __future__ import annotations

import logging
import time

import cv2
import numpy as np
import pytest

from talkinghead.media import VideoReader
from talkinghead.metrics.background import background_drift
from talkinghead.metrics.seam import seam_visibility
from talkinghead.rendering.crop import Crop
from talkinghead.rendering.paste_back import PasteBack
from talkinghead.tracking import portrait_from_image
from talkinghead.tracking.find import find_faces
from talkinghead.tracking.matte import person_mattes
from talkinghead.types import FloatArray, ImageArray, Portrait

SIZE = 64
CROP = Crop(32, 16, 128, SIZE)  # of a picture 192 x 160: the crop's lower edge lies in it, too
RED = (200, 20, 20)


def reds(images: ImageArray) -> FloatArray:
    """Mattes of what is red, as a segmentation would give them."""
    return np.asarray(((images[..., 0] > 120) & (images[..., 1] < 90)).astype(np.float32))


def background() -> ImageArray:
    """(160, 192, 3) blue-green with a slope and grain; nothing of it is red."""
    rows, columns = np.mgrid[:160, :192]
    grain = np.random.default_rng(0).integers(0, 12, (160, 192))
    return np.stack([rows // 4 + grain, 120 + columns // 4 + grain, 120 + rows // 3 + grain], -1).astype(np.uint8)


def person_at(x: float, image: ImageArray | None = None) -> ImageArray:
    """The picture with a red head at column x, no shoulders."""
    image = background() if image is None else image.copy()
    cv2.circle(image, (round(x), 75), 22, RED, -1)
    return image


@pytest.fixture
def pasted() -> PasteBack:
    """Ready with a red head at column 96."""
    image = person_at(96)
    return PasteBack(image, CROP, reds(image), mattes=reds)


def disc(x: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:160, :192]
    return np.hypot(columns - x, rows - 75) <= radius


def test_where_nobody_is_the_portrait_stays_to_the_bit(pasted: PasteBack) -> None:
    image = person_at(96)
    others = np.stack([CROP.extract(person_at(x, np.full_like(image, 128))) for x in (84, 96, 108)])
    frames = pasted(others)
    for x, frame in zip((84, 96, 108), frames):
        far = ~disc(96, 22 + 10) & ~disc(x, 22 + 10)
        np.testing.assert_array_equal(frame[far], image[far])


def test_where_the_person_was_the_background_is_filled_in(pasted: PasteBack) -> None:
    frame = pasted(CROP.extract(person_at(110))[None])[0].astype(int)
    left = disc(96, 20) & ~disc(110, 22 + 8)
    assert left.sum() > 100
    assert np.abs(frame[left] - background()[left]).mean() < 12
    assert not reds(frame[None])[0][left].any()
    now = disc(110, 19)
    assert np.abs(frame[now] - RED).mean() < 3


def test_the_portrait_s_own_patch_gives_the_portrait(pasted: PasteBack) -> None:
    image = person_at(96)
    frame = pasted(CROP.extract(image)[None])[0].astype(int)
    assert np.abs(frame - image).mean() < 1.0


def test_no_rim_of_another_background(pasted: PasteBack) -> None:
    brighter = np.clip(background().astype(int) + 30, 0, 255).astype(np.uint8)
    same, other = pasted(np.stack([CROP.extract(person_at(100)), CROP.extract(person_at(100, brighter))])).astype(int)
    assert np.abs(same - other)[disc(100, 30) & ~disc(100, 24)].mean() < 3


def test_goes_over_into_the_portrait_at_edges_in_the_picture_only() -> None:
    image, white = np.zeros((160, 192, 3), np.uint8), np.full((1, SIZE, SIZE, 3), 255, np.uint8)
    frame = PasteBack(image, CROP, None)(white)[0, ..., 0].astype(int)
    middle, column = frame[70, 32:160], frame[16:144, 96]
    assert max(middle[0], middle[-1], column[0], column[-1]) < 10
    assert frame[70, 96] == 255
    assert (np.diff(middle[:20]) >= 0).all()
    assert np.abs(np.diff(column)).max() < 80
    below, above = np.count_nonzero(column[64:] < 255), np.count_nonzero(column[:64] < 255)
    assert below > 1.5 * above
    corner = PasteBack(image, Crop(-8, -8, 100, SIZE), None)(white)[0, ..., 0]
    assert (corner[:60, :60] == 255).all()


def test_without_the_person_it_says_so(caplog: pytest.LogCaptureFixture) -> None:
    image = person_at(96)
    with caplog.at_level(logging.WARNING, "talkinghead"):
        PasteBack(image, CROP, reds(image[None])[0], mattes=reds)
        assert not caplog.messages
        PasteBack(image, CROP, None, mattes=reds)
        elsewhere = 1 - reds(image[None])[0]
        PasteBack(image, CROP, elsewhere, mattes=reds)
    assert len(caplog.messages) == 2
    assert all("cannot be told from the background" in message for message in caplog.messages)


def test_all_at_once_is_piece_by_piece(pasted: PasteBack) -> None:
    patches = np.stack([CROP.extract(person_at(x)) for x in (90, 96, 103)])
    np.testing.assert_array_equal(pasted(patches), np.concatenate([pasted(patches[:1]), pasted(patches[1:])]))
    assert pasted(patches[:0]).shape == (0, 160, 192, 3)


def test_other_shapes_are_refused(pasted: PasteBack) -> None:
    image = person_at(96)
    with pytest.raises(ValueError, match="patches"):
        pasted(np.zeros((2, 32, 32, 3), np.uint8))
    with pytest.raises(ValueError, match="mask"):
        PasteBack(image, CROP, np.zeros((3, 3), np.float32))
    with pytest.raises(ValueError, match="shows nothing"):
        PasteBack(image, Crop(500, 0, 64, SIZE), None)


def test_mattes_find_the_person_and_each_stands_for_itself(smiling: Portrait, astronaut: ImageArray) -> None:
    crop = Crop.of(smiling.track.landmarks[0], (512, 512))
    cut = crop.extract(astronaut)
    mattes = person_mattes(np.stack([cut, np.full_like(cut, 90), cut]))
    assert mattes.shape == (3, 256, 256)
    np.testing.assert_allclose(mattes[0], mattes[2], atol=1e-5)
    face = crop.points(smiling.track.landmarks[0])[:, :2].round().astype(int)
    assert (mattes[0][face[:, 1], face[:, 0]] > 0.5).mean() > 0.95
    assert mattes[0][5:20, 5:20].max() < 0.2
    assert person_mattes(np.zeros((0, 8, 8, 3), np.uint8)).shape == (0, 8, 8)


def test_faster_than_the_eye(smiling: Portrait, astronaut: ImageArray) -> None:
    crop = Crop.of(smiling.track.landmarks[0], (512, 512))
    paste = PasteBack(astronaut, crop, smiling.person)
    patches = np.repeat(crop.extract(astronaut)[None], 12, axis=0)
    paste(patches[:2])
    began = time.process_time()
    paste(patches)
    assert (time.process_time() - began) / len(patches) < 2 / 60, "CPU seconds: two cores, 60 frames per second"


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["grid_s1/video/bbaf2n.mp4", "clips/styletalk__Obama_clip1.mp4"])
def test_real_frames_on_the_first_one(name: str, corpus: object) -> None:
    images = next(VideoReader(f"{corpus}/{name}").chunks()).images[:20]
    portrait = portrait_from_image(images[0])
    crop = Crop.of(portrait.track.landmarks[0], portrait.frames.size)
    shown = images[[0, 6, 12, 19]]
    frames = PasteBack(images[0], crop, portrait.person)(np.stack([crop.extract(image) for image in shown]))
    assert portrait.person is not None
    masks = np.repeat(portrait.person[None] < 0.3, len(shown), axis=0)
    assert np.nanmax(background_drift(frames, masks, first=images[0])) < 0.05
    landmarks = np.stack([find_faces(image)[0] for image in shown])
    assert (seam_visibility(frames, landmarks) <= seam_visibility(shown, landmarks) + 1.5).all()
    assert np.abs(frames.astype(int) - shown).mean() < 3


def test_a_grey_portrait_stays_grey() -> None:
    """Networks have seen few grey faces, and make their lips red."""
    patches = np.repeat(CROP.extract(person_at(96))[None], 2, axis=0)
    for picture, grey in ((background(), False), (cv2.cvtColor(background(), cv2.COLOR_RGB2GRAY), True)):
        image = np.repeat(picture[..., None], 3, axis=2) if grey else picture
        frames = PasteBack(image, CROP, None)(patches)
        assert (np.ptp(frames, axis=3).max() == 0) is np.bool_(grey)
        assert np.abs(frames.astype(int) - image).max() > 50
