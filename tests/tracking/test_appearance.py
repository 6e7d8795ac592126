"""Where one person is seen in a video: chosen among several, lost, covered, and told."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from drawn import drawn_face
from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.media import ArrayVideo
from talkinghead.tracking import appearance
from talkinghead.tracking.appearance import _Cover, _fade, find_appearance
from talkinghead.tracking.follow import SeenFace
from talkinghead.tracking.raw import RawTrack
from talkinghead.tracking.shots import ShotFrame
from talkinghead.types import FaceTrack, Frames, ImageArray, Portrait

FPS, COUNT = 10.0, 8


def raw_of(found: list[int], cuts: list[int]) -> RawTrack:
    """A track that sees a face where ``found`` is 1, with cuts where ``cuts`` is 1."""
    landmarks = np.zeros((len(found), 478, 3), np.float32)
    landmarks[np.array(found) == 0] = np.nan
    small = np.zeros((len(found), 9, 16, 3), np.uint8)
    return RawTrack(landmarks, small, np.zeros((len(found), 12, 12, 3), np.uint8), np.array(cuts, bool), 25.0)


def test_a_new_mouth_fades_where_the_face_is_lost_but_not_at_cuts() -> None:
    found = [1] * 20 + [0] * 10 + [1] * 20
    raw = raw_of(found, [0] * 50)
    nothing = np.zeros(50, bool)
    shown = _fade(raw, (0, 50), nothing)
    assert not shown[20:30].any()
    assert (shown[:14] == 1).all()  # from the video's first frame on
    assert 0 < shown[19] < shown[18] < shown[16] < 1
    assert (np.abs(np.diff(shown)) < 0.4).all()
    np.testing.assert_allclose(shown, shown[::-1])
    cut = raw_of([1] * 50, [0] * 25 + [1] + [0] * 24)
    assert (_fade(cut, (25, 50), nothing) == 1).all()
    assert (_fade(cut, (0, 25), nothing) == 1).all()
    assert _fade(raw_of([1] * 50, [0] * 50), (0, 30), nothing)[-1] < 0.1  # no cut: the face is lost after it


def test_a_frame_without_the_face_is_bridged() -> None:
    found = [1] * 20 + [0] + [1] * 20
    assert (_fade(raw_of(found, [0] * 41), (0, 41), np.zeros(41, bool)) == 1).all()


def test_a_covered_mouth_keeps_its_own() -> None:
    odds = dict.fromkeys(range(60), 5.0) | dict.fromkeys(range(20, 40), -8.0) | {50: -8.0}
    cover = _Cover(FPS)
    image = np.zeros((4, 4, 3), np.uint8)
    for start in range(0, 60, 20):
        frames = [ShotFrame(n, image, image, False) for n in range(start, start + 20)]
        cover(frames, [SeenFace(np.zeros((478, 3)), odds[frame.number]) for frame in frames])
    covered = cover.is_covered(60)
    assert covered[20:40].all()
    assert not covered[:20].any()
    assert not covered[40:].any()  # one frame alone may err
    shown = _fade(raw_of([1] * 60, [0] * 60), (0, 60), covered)
    assert not shown[20:40].any()
    assert shown[0] == shown[-1] == 1


@pytest.fixture(scope="module")
def two(astronaut: ImageArray) -> ImageArray:
    """(T, 160, 320, 3) the drawn face on the left, the astronaut on the right; then a cut to the drawn face alone."""
    left = drawn_face(160, grain=4).image
    right = cv2.warpAffine(astronaut, np.array([[1.0, 0, 80 - 224], [0, 1.0, 80 - 118]]), (160, 160))
    both = np.concatenate([left, right], axis=1)
    alone = np.concatenate([np.full_like(left, 90), left], axis=1)
    return np.concatenate([np.repeat(both[None], COUNT, axis=0), np.repeat(alone[None], COUNT, axis=0)])


def places(found: appearance.Appearance) -> list[float]:
    """Where the face is in each row, in px from the left."""
    return found.track.landmarks[:, :, 0].mean(axis=1).tolist()


def test_one_of_two_people_is_chosen_by_number_and_by_picture(
    two: ImageArray, astronaut: ImageArray, smiling: Portrait
) -> None:
    video = ArrayVideo(Frames(two, FPS))
    right = find_appearance(video, face=2)
    assert right.spans == ((0, COUNT),)
    assert min(places(right)) > 180
    assert find_appearance(video, who=(astronaut, smiling.mesh)).spans == right.spans
    left = find_appearance(video, face=1)  # who stands on the right after the cut
    assert left.spans == ((0, COUNT), (COUNT, 2 * COUNT))
    assert max(places(left)[:COUNT]) < 140
    assert min(places(left)[COUNT:]) > 180
    assert left.rows().tolist() == list(range(2 * COUNT))
    with pytest.raises(InputError, match=r"--face 3: .* choose 1 to 2"):
        find_appearance(video, face=3)


def talking(gaps: list[float], spans: tuple[tuple[int, int], ...]) -> appearance.Appearance:
    """A face that looks at the camera with lips that far apart."""
    count = len(gaps)
    landmarks = np.repeat(canonical_face()[0][None, MESH_OF_68], count, axis=0)
    landmarks[:, [65, 66, 67], 1] = landmarks[:, [63, 62, 61], 1] + np.array(gaps)[:, None]
    mesh, zeros = np.zeros((count, 478, 3)), np.zeros((count, 3))
    track = FaceTrack(mesh, zeros, zeros, np.ones(count), np.zeros(count), np.ones(count, bool), FPS)
    video = ArrayVideo(Frames(np.zeros((count, 16, 16, 3), np.uint8), FPS))
    return appearance.Appearance(video, spans, track, zeros, np.ones(count), landmarks, np.ones(count))


def test_closed_lips_come_from_another_shot_where_there_are_none() -> None:
    found = talking([0.1, 0.01, 0.12, 0.0, 0.2, 0.1, 0.3], ((0, 4), (4, 7)))
    assert [found.shut_row(rows) for rows in found.span_rows()] == [3, 3]
    assert [found.open_row(rows) for rows in found.span_rows()] == [2, 5]
    mumbling = talking([0.06, 0.05, 0.07, 0.04], ((0, 2), (2, 4)))
    assert [mumbling.shut_row(rows) for rows in mumbling.span_rows()] == [1, 3]
    assert talking([0.0, 0.02], ((0, 2),)).open_row(slice(0, 2)) is None


def test_a_hand_before_a_mouth_that_is_else_well_seen_covers_it() -> None:
    """Odds as measured: of a hand that passes, of a head that turns to profile and back, and of a moustache."""
    hand = [8.5, 8.8, 8.2, 7.3, 9.1, -3.0, -6.5, -1.3, 7.3, 7.1, 7.0, 6.4]
    turned = [4.0, 3.4, 4.3, 4.6, 1.5, 0.8, 0.7, 1.7, 3.9, 4.0]
    moustache = [-2.0] * 8
    for odds, covered in ((hand, {5, 6, 7}), (turned, set()), (moustache, set())):
        cover = _Cover(12.5, [2 * k for k in range(len(odds))], odds)
        seen = cover.is_covered(2 * len(odds))[::2]
        assert set(np.flatnonzero(seen).tolist()) == covered
