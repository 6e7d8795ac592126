"""Pictures of known motions, measured in pixels and by tracking them again."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from talkinghead.face.eyes import eye_opening
from talkinghead.face.landmarks import INNER_LIP_CONTOUR, LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import closed_mouth, lip_gap, lips_touch
from talkinghead.methods.base import Renderer
from talkinghead.pipeline import TalkingHead
from talkinghead.rendering.mouth import Fill, FlatFiller, MouthFrame, mouth_openings
from talkinghead.rendering.outline import coverage, smooth_outline
from talkinghead.rendering.rig import Rig, build_rig
from talkinghead.rendering.warp import WarpRenderer
from talkinghead.tracking import portrait_from_image
from talkinghead.types import FaceTrack, FloatArray, ImageArray, Motion, Portrait

Still = Callable[..., Motion]
Pictures = Callable[[Renderer, Motion, Portrait], ImageArray]
Opening = Callable[[Portrait, FloatArray], FloatArray]
PORTRAITS = ("calm", "drawn_portrait", "smiling")


@pytest.fixture(scope="module")
def shipped(talking_head: TalkingHead) -> Renderer:
    """The renderer with the weights that ship."""
    return talking_head.renderer


def tracked(image: ImageArray) -> FaceTrack:
    return portrait_from_image(image).track


def difference(image: ImageArray, other: ImageArray) -> FloatArray:
    """(..., H, W) largest difference of the colours."""
    return np.abs(image.astype(float) - other).max(axis=-1)


def box(points: FloatArray, margin: float) -> tuple[slice, slice]:
    low, high = points[:, :2].min(axis=0) - margin, points[:, :2].max(axis=0) + margin
    return slice(int(low[1]), int(high[1]) + 1), slice(int(low[0]), int(high[0]) + 1)


@pytest.mark.parametrize("portrait", ["calm", "drawn_portrait"], indirect=True)
def test_without_motion_it_is_the_portrait_to_the_pixel(
    portrait: Portrait, shipped: Renderer, still: Still, pictures: Pictures
) -> None:
    made = pictures(shipped, still(portrait, 3), portrait)
    np.testing.assert_array_equal(made, np.repeat(portrait.frames.images, 3, axis=0))


def test_a_smile_without_motion_differs_in_the_mouth_only(
    smiling: Portrait, shipped: Renderer, still: Still, pictures: Pictures
) -> None:
    off = difference(pictures(shipped, still(smiling), smiling)[0], smiling.frames.images[0])
    off[box(smiling.track.landmarks[0, INNER_LIP_CONTOUR], 3)] = 0
    assert off.max() == 0


def test_a_smile_is_closed_and_tracks_as_closed(
    smiling: Portrait, shipped: Renderer, still: Still, pictures: Pictures
) -> None:
    landmarks = closed_mouth(head_landmarks(smiling.track)[0])[None]
    (image,) = pictures(shipped, still(smiling, landmarks=landmarks), smiling)
    assert not lips_touch(head_landmarks(smiling.track)[0])
    assert float(lip_gap(head_landmarks(tracked(image))[0])) < 0.03
    # What was closed is a portrait like any other.
    closed = portrait_from_image(image)
    own = head_landmarks(closed.track)[0]
    motion = still(closed, landmarks=closed_mouth(own)[None])
    off = difference(pictures(shipped, motion, closed)[0], image)
    off[box(closed.track.landmarks[0, INNER_LIP_CONTOUR], 8)] = 0
    assert off.max() < 12
    assert off.mean() < 0.05


def test_a_smile_keeps_its_own_teeth(smiling: Portrait, shipped: Renderer, still: Still, pictures: Pictures) -> None:
    off = difference(pictures(shipped, still(smiling), smiling)[0], smiling.frames.images[0])
    x, y = smiling.track.landmarks[0, [13, 14], :2].mean(axis=0).round().astype(int)  # between the lips
    assert off[y - 1 : y + 2, x - 4 : x + 5].mean() < 12


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
def test_frames_have_the_portraits_size_and_the_motions_clock(
    portrait: Portrait, shipped: Renderer, still: Still
) -> None:
    chunks = list(shipped.render(still(portrait, 30, fps=12.5), portrait))
    assert sum(len(chunk) for chunk in chunks) == 30
    assert len(chunks) > 1  # memory does not grow with length
    assert {chunk.size for chunk in chunks} == {portrait.frames.size}
    assert {chunk.fps for chunk in chunks} == {12.5}


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
def test_border_rows_and_columns_never_change(
    portrait: Portrait, shipped: Renderer, still: Still, pictures: Pictures, opening: Opening
) -> None:
    random = np.random.default_rng(0)
    motion = still(
        portrait,
        12,
        landmarks=opening(portrait, random.uniform(0, 0.2, 12)),
        rotation=np.radians(random.uniform(-12, 12, (12, 3))),
        translation=random.uniform(-0.1, 0.1, (12, 3)),
        blink=random.uniform(size=12),
    )
    off = difference(pictures(shipped, motion, portrait), portrait.frames.images)
    assert off.max() > 50
    for border in (off[:, 0], off[:, -1], off[:, :, 0], off[:, :, -1]):
        assert border.max() == 0


def test_what_lies_off_the_rig_never_changes(
    smiling: Portrait, shipped: Renderer, still: Still, pictures: Pictures
) -> None:
    rig = build_rig(smiling)
    low, high = np.ceil(rig.source.min(axis=0)).astype(int), np.floor(rig.source.max(axis=0)).astype(int)
    assert low[0] > 0
    assert high[0] < 511
    assert high[1] < 511
    motion = still(smiling, 2, rotation=np.radians([[10.0, -10.0, 5.0], [-10.0, 10.0, -5.0]]))
    off = difference(pictures(shipped, motion, smiling), smiling.frames.images)
    assert off[:, low[1] + 2 : high[1] - 1, low[0] + 2 : high[0] - 1].max() > 50
    off[:, low[1] : high[1] + 1, low[0] : high[0] + 1] = 0
    assert off.max() == 0


def test_no_seam_shows_where_the_rig_ends(
    smiling: Portrait, shipped: Renderer, still: Still, pictures: Pictures
) -> None:
    rig = build_rig(smiling)
    low, high = np.ceil(rig.source.min(axis=0)).astype(int), np.floor(rig.source.max(axis=0)).astype(int)
    motion = still(smiling, 2, rotation=np.radians([[10.0, -10.0, 5.0], [-10.0, 10.0, -5.0]]))
    off = difference(pictures(shipped, motion, smiling), smiling.frames.images)
    for rim in (
        off[:, :, low[0] - 1 : low[0] + 2],
        off[:, :, high[0] - 1 : high[0] + 2],
        off[:, high[1] - 1 : high[1] + 2],
    ):
        assert rim.max() < 24
        assert rim.mean() < 1.0


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
def test_chunks_make_no_difference(
    portrait: Portrait, shipped: Renderer, still: Still, pictures: Pictures, opening: Opening
) -> None:
    random = np.random.default_rng(1)
    motion = still(
        portrait,
        30,
        landmarks=opening(portrait, random.uniform(0, 0.2, 30)),
        rotation=np.radians(random.uniform(-4, 4, (30, 3))),
        blink=random.uniform(size=30),
    )
    whole = pictures(shipped, motion, portrait)
    parts = [pictures(shipped, motion[rows], portrait) for rows in (slice(0, 7), slice(7, 8), slice(8, 30))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_turn_of_the_head_is_seen_as_one(
    portrait: Portrait, axis: int, shipped: Renderer, still: Still, pictures: Pictures
) -> None:
    rotation = np.zeros((2, 3))
    rotation[:, axis] = np.radians([8.0, -8.0])
    images = pictures(shipped, still(portrait, 2, rotation=rotation), portrait)
    for image, sign in zip(images, (1, -1), strict=True):
        turned = np.degrees(tracked(image).rotation[0] - portrait.track.rotation[0])
        assert 4.0 < sign * turned[axis] < 9.0
        assert np.abs(np.delete(turned, axis)).max() < 2.5


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
def test_a_shift_of_the_head_is_seen_as_one(
    portrait: Portrait, shipped: Renderer, still: Still, pictures: Pictures
) -> None:
    shifts = np.array([[0.1, 0.0, 0.0], [0.0, -0.1, 0.0]])
    images = pictures(shipped, still(portrait, 2, translation=shifts), portrait)
    scale = build_rig(portrait).scale
    for image, shift in zip(images, shifts, strict=True):
        moved = (tracked(image).translation[0] - portrait.track.translation[0])[:2] / scale
        np.testing.assert_allclose(moved, shift[:2], atol=0.02)


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
def test_a_blink_is_seen_as_one(portrait: Portrait, shipped: Renderer, still: Still, pictures: Pictures) -> None:
    images = pictures(shipped, still(portrait, 4, blink=np.array([0.0, 0.4, 0.7, 1.0])), portrait)
    openings = np.array([eye_opening(tracked(image).landmarks)[0].mean() for image in images])
    assert (np.diff(openings) < 0).all()
    assert openings[0] > 0.3
    assert openings[-1] < 0.14


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
def test_shut_lids_hide_the_iris(portrait: Portrait, shipped: Renderer, still: Still, pictures: Pictures) -> None:
    (shut,) = pictures(shipped, still(portrait, blink=np.ones(1)), portrait)
    image = portrait.frames.images[0]
    for iris, contour in ((468, LEFT_EYE_CONTOUR), (473, RIGHT_EYE_CONTOUR)):
        x, y = portrait.track.landmarks[0, iris, :2].round().astype(int)
        middle = np.s_[y - 1 : y + 2, x - 1 : x + 2]
        skin = image[box(portrait.track.landmarks[0, contour], 6)].max(axis=(0, 1)).astype(float)
        assert image[middle].mean() < 0.45 * skin.mean()  # the pupil
        assert shut[middle].mean() > 1.5 * image[middle].mean()  # the lid


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
def test_a_blink_leaves_the_mouth_and_the_background(
    portrait: Portrait, shipped: Renderer, still: Still, pictures: Pictures
) -> None:
    closed = np.repeat(closed_mouth(head_landmarks(portrait.track)[0])[None], 2, axis=0)
    images = pictures(shipped, still(portrait, 2, landmarks=closed, blink=np.array([0.0, 1.0])), portrait)
    off = difference(images[1], images[0])
    mesh = portrait.track.landmarks[0]
    assert off[int(mesh[1, 1]) :].max() < 40  # from the tip of the nose down
    assert off[int(mesh[1, 1]) :].mean() < 0.1
    rows, columns = box(mesh[:468], 3)
    off[rows, columns] = 0
    assert off.max() < 10
    assert off.mean() < 0.1


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
def test_half_closed_lids_slide_over_the_eye_and_do_not_squeeze_it(
    portrait: Portrait, shipped: Renderer, still: Still, pictures: Pictures
) -> None:
    motion = still(portrait, blink=np.full(1, 0.4))
    (image,) = pictures(shipped, motion, portrait)
    placed, _ = build_rig(portrait).place(motion)
    for contour in (LEFT_EYE_CONTOUR, RIGHT_EYE_CONTOUR):
        mask, at = coverage(smooth_outline(placed[0, contour, :2]), image.shape)
        window = np.s_[at[1] : at[1] + mask.shape[0], at[0] : at[0] + mask.shape[1]]
        inside = mask > 0.99
        assert inside.sum() > 10
        # What the lids leave open shows the eye where it was.
        assert difference(image[window], portrait.frames.images[0][window])[inside].max() < 6


class Green:
    """Fills mouths with green."""

    def prepare(self, image: ImageArray, rig: Rig, frame: MouthFrame) -> Fill:
        def paint(outlines: FloatArray) -> ImageArray:
            return np.full((len(outlines), 48, 64, 3), (0, 255, 0), np.uint8)

        return Fill(paint)


@pytest.mark.parametrize("portrait", ["calm", "drawn_portrait"], indirect=True)
def test_the_filler_fills_what_the_lips_leave_open_and_nothing_else(
    portrait: Portrait, still: Still, pictures: Pictures, opening: Opening
) -> None:
    amounts = np.array([0.0, 0.1, 0.2])
    turn = np.radians([[3.0, -5.0, 4.0]] * 3)
    motion = still(portrait, 3, landmarks=opening(portrait, amounts), rotation=turn)
    rig = build_rig(portrait)
    placed, _ = rig.place(motion)
    openings = mouth_openings(placed, rig)
    for image, contour in zip(pictures(WarpRenderer(Green(), Green()), motion, portrait), openings, strict=True):
        green = image[..., 1].astype(float) - image[..., 0] > 200
        mask, at = coverage(smooth_outline(contour), image.shape)
        expected = np.zeros(image.shape[:2])
        expected[at[1] : at[1] + mask.shape[0], at[0] : at[0] + mask.shape[1]] = mask
        eroded = cv2.erode((expected > 0.99).astype(np.uint8), np.ones((3, 3)))
        assert green[eroded > 0].all()
        assert not green[cv2.dilate((expected > 0.01).astype(np.uint8), np.ones((3, 3))) == 0].any()
    assert eroded.sum() > 100


@pytest.mark.parametrize("portrait", PORTRAITS, indirect=True)
def test_an_opening_mouth_is_seen_as_one(
    portrait: Portrait, shipped: Renderer, still: Still, pictures: Pictures, opening: Opening
) -> None:
    amounts = np.array([0.0, 0.06, 0.12, 0.18])
    landmarks = opening(portrait, amounts)
    images = pictures(shipped, still(portrait, 4, landmarks=landmarks), portrait)
    gaps = np.array([float(lip_gap(head_landmarks(tracked(image))[0])) for image in images])
    assert (np.diff(gaps) > 0.004).all()
    assert gaps[0] < 0.03
    assert gaps[-1] > 0.12
    np.testing.assert_allclose(gaps, lip_gap(landmarks), atol=0.05)


def mouth_and_skin(image: ImageArray, motion: Motion, portrait: Portrait) -> tuple[FloatArray, FloatArray]:
    """Mean colours (3,) well inside the opening, and of the cheeks."""
    placed, _ = build_rig(portrait).place(motion)
    contour = placed[0, INNER_LIP_CONTOUR, :2]
    x, y = contour.mean(axis=0).round().astype(int)
    half_width, half_height = (0.15 * np.ptp(contour, axis=0)).round().astype(int)
    inside = image[y - half_height : y + half_height + 1, x - half_width : x + half_width + 1]
    cheeks = placed[0, [205, 425], :2].round().astype(int)
    return inside.reshape(-1, 3).mean(axis=0), image[cheeks[:, 1], cheeks[:, 0]].astype(float).mean(axis=0)


@pytest.mark.parametrize("portrait", ["calm", "drawn_portrait"], indirect=True)
def test_the_inside_of_the_mouth_is_dark_and_reddish(
    portrait: Portrait, shipped: Renderer, still: Still, pictures: Pictures, opening: Opening
) -> None:
    motion = still(portrait, landmarks=opening(portrait, np.array([0.25])))
    (image,) = pictures(shipped, motion, portrait)
    inside, skin = mouth_and_skin(image, motion, portrait)
    assert inside.mean() < 0.75 * skin.mean()
    assert inside[0] > inside[1] + 5
    assert inside[0] > inside[2] + 5


def test_a_drawing_is_filled_with_flat_colours(
    drawn_portrait: Portrait, still: Still, pictures: Pictures, opening: Opening
) -> None:
    renderer = WarpRenderer(FlatFiller(), FlatFiller())
    motion = still(drawn_portrait, landmarks=opening(drawn_portrait, np.array([0.25])))
    (image,) = pictures(renderer, motion, drawn_portrait)
    placed, _ = build_rig(drawn_portrait).place(motion)
    contour = placed[0, INNER_LIP_CONTOUR, :2]
    x = int(contour[:, 0].mean().round())
    column = image[int(contour[:, 1].min()) + 4 : int(contour[:, 1].max()) - 3, x]
    # From top to bottom the cavity, then the tongue, and nothing between but their soft edge.
    steps = np.abs(np.diff(column.astype(int), axis=0)).max(axis=1)
    assert len(column) > 8
    assert (steps == 0).mean() > 0.5
    assert column[0].mean() < column[-1].mean()


def test_photos_and_drawings_have_their_own_fillers(
    calm: Portrait, drawn_portrait: Portrait, still: Still, pictures: Pictures
) -> None:
    asked: list[str] = []

    class Noting(FlatFiller):
        def __init__(self, name: str) -> None:
            self.name = name

        def prepare(self, *arguments: object) -> object:  # type: ignore[override]
            asked.append(self.name)
            return super().prepare(*arguments)  # type: ignore[arg-type]

    renderer = WarpRenderer(Noting("photo"), Noting("drawing"))
    for portrait in (calm, drawn_portrait):
        pictures(renderer, still(portrait), portrait)
    assert asked == ["photo", "drawing"]


def test_the_best_frame_is_the_one_that_moves(
    calm: Portrait, shipped: Renderer, still: Still, pictures: Pictures
) -> None:
    """Of a portrait of several frames."""
    frames = np.concatenate([np.zeros_like(calm.frames.images), calm.frames.images])
    track = calm.track
    both = FaceTrack(
        *(np.concatenate([array + 0, array]) for array in (track.landmarks, track.rotation, track.translation)),
        *(np.concatenate([array, array]) for array in (track.scale, track.blink, track.found)),
        track.fps,
    )
    portrait = Portrait(type(calm.frames)(frames, 25.0), both, best=1, person=calm.person)
    np.testing.assert_array_equal(pictures(shipped, still(portrait), portrait), calm.frames.images)


def test_other_framings_of_one_face_move_alike(
    calm: Portrait, shipped: Renderer, still: Still, pictures: Pictures
) -> None:
    """The same face in a picture cut closer: what moves in the face is the same."""
    cut = portrait_from_image(np.ascontiguousarray(calm.frames.images[0, 10:240, 20:240]))
    rotation = np.radians([[0.0, 6.0, 0.0]])
    images = [pictures(shipped, still(p, rotation=rotation), p)[0] for p in (calm, cut)]
    turns = [
        np.degrees(tracked(i).rotation[0, 1] - p.track.rotation[0, 1]) for i, p in zip(images, (calm, cut), strict=True)
    ]
    assert turns[0] == pytest.approx(turns[1], abs=1.5)
