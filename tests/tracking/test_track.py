"""One face followed through a video, and what smoothing does to it."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from talkinghead.errors import InputError
from talkinghead.face.landmarks import MESH_OF_68, canonical_face
from talkinghead.face.pose import camera_from_head, head_mesh
from talkinghead.face.rest import lip_gap
from talkinghead.tracking.find import find_faces
from talkinghead.tracking.portrait import best_frame
from talkinghead.tracking.track import choose_face, make_track, read_mesh, track_faces
from talkinghead.types import BoolArray, FaceTrack, FloatArray, Frames, ImageArray

FPS = 25.0


def moving(astronaut: ImageArray, shifts: FloatArray, zooms: FloatArray | None = None) -> ImageArray:
    """(T, 192, 192, 3) the face about the middle of a frame, shifted (T, 2) px and zoomed (T,)."""
    pictures = []
    for shift, zoom in zip(shifts, np.ones(len(shifts)) if zooms is None else zooms, strict=True):
        affine = np.array([[zoom, 0, 96 + shift[0] - zoom * 224], [0, zoom, 96 + shift[1] - zoom * 118]])
        pictures.append(cv2.warpAffine(astronaut, affine, (192, 192), flags=cv2.INTER_LINEAR))
    return np.stack(pictures)


def sequence(count: int = 60, **motion: FloatArray) -> FloatArray:
    """(T, 478, 3) px of the mean face under a motion: rotation, translation, scale, or shape added to it."""
    shape, _ = canonical_face()
    return camera_from_head(
        shape + motion.get("shape", np.zeros((count, 478, 3))),
        motion.get("rotation", np.zeros((count, 3))),
        motion.get("translation", np.full((count, 3), 100.0)),
        motion.get("scale", np.full(count, 80.0)),
    )


def seen(count: int, gap: slice = slice(0, 0)) -> BoolArray:
    found = np.ones(count, bool)
    found[gap] = False
    return found


def faces(*boxes: tuple[float, float, float]) -> FloatArray:
    """(F, 478, 3): mean faces at (x, y) of a width."""
    shape, _ = canonical_face()
    width = np.ptp(shape[:, 0])
    return np.stack([shape * (size / width) + (x, y, 0) for x, y, size in boxes])


def delay(moved: npt.NDArray[np.floating], reference: npt.NDArray[np.floating]) -> float:
    """Rows by which one sine comes after another of the same period, from their slopes."""
    return -float(np.polyfit(np.gradient(reference), moved - reference, 1)[0])


class TestChoice:
    """Which of several faces."""

    def test_the_largest(self) -> None:
        three = faces((50, 50, 40), (150, 50, 90), (300, 50, 60))
        np.testing.assert_array_equal(choose_face(three, None), three[1])

    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_by_number_from_the_left(self, number: int) -> None:
        three = faces((50, 50, 40), (150, 50, 90), (300, 50, 60))
        np.testing.assert_array_equal(choose_face(three, number), three[number - 1])

    @pytest.mark.parametrize("number", [0, 4, -1])
    def test_a_wrong_number_is_named_with_the_remedy(self, number: int) -> None:
        three = faces((50, 50, 40), (150, 50, 90), (300, 50, 60))
        with pytest.raises(InputError, match=rf"--face {number}: .* 3 face\(s\); choose 1 to 3"):
            choose_face(three, number)


class TestVideo:
    """Pictures through the tracker."""

    def test_a_moving_face_is_followed(self, astronaut: ImageArray) -> None:
        time = np.arange(24) / FPS
        shifts = np.stack([18 * np.sin(2 * np.pi * 0.8 * time), 10 * np.cos(2 * np.pi * 0.8 * time)], axis=1)
        zooms = 1 + 0.15 * np.sin(2 * np.pi * 0.6 * time)
        track = track_faces([Frames(moving(astronaut, shifts, zooms), FPS)])
        assert len(track) == 24
        assert track.found.all()
        assert track.fps == FPS
        start = find_faces(moving(astronaut, np.zeros((1, 2)))[0])[0]
        offset = start[:, :2] - 96
        expected = 96 + shifts[:, None] + zooms[:, None, None] * offset
        assert np.abs(track.landmarks[..., :2] - expected).mean() < 1.0
        np.testing.assert_allclose(track.scale / track.scale.mean(), zooms / zooms.mean(), atol=0.02)

    def test_smoothing_does_not_lag(self, astronaut: ImageArray) -> None:
        time = np.arange(40) / FPS
        shifts = np.stack([20 * np.sin(2 * np.pi * 1.0 * time), np.zeros(40)], axis=1)
        track = track_faces([Frames(moving(astronaut, shifts), FPS)])
        x = track.translation[:, 0] - track.translation[:, 0].mean()
        reference = shifts[:, 0] - shifts[:, 0].mean()
        assert abs(delay(x[5:-5], reference[5:-5])) < 0.2  # frames
        assert np.std(x[5:-5]) / np.std(reference[5:-5]) > 0.93

    def test_short_gaps_are_bridged(self, astronaut: ImageArray) -> None:
        shifts = np.stack([np.linspace(-20, 20, 30), np.zeros(30)], axis=1)
        pictures = moving(astronaut, shifts)
        whole = track_faces([Frames(pictures, FPS)])
        pictures[12:20] = 0
        track = track_faces([Frames(pictures[:7], FPS), Frames(pictures[7:], FPS)])
        assert len(track) == 30
        assert track.found.all()
        assert np.isfinite(track.landmarks).all()
        assert np.abs(track.landmarks - whole.landmarks)[..., :2].mean(axis=(1, 2)).max() < 1.5

    def test_long_gaps_are_marked(self, astronaut: ImageArray) -> None:
        pictures = moving(astronaut, np.zeros((40, 2)))
        pictures[8:25] = 0
        track = track_faces([Frames(pictures, FPS)])
        assert not track.found[8:25].any()
        assert track.found[:8].all()
        assert track.found[30:].all()  # it looks every fifth frame
        assert np.isfinite(track.landmarks).all()
        assert np.abs(track.landmarks[16] - track.landmarks[4])[:, :2].max() < 2.0

    def test_frames_before_the_first_face_repeat_it(self, astronaut: ImageArray) -> None:
        pictures = moving(astronaut, np.zeros((16, 2)))
        pictures[:5] = 0
        landmarks, found, fps = read_mesh([Frames(pictures, FPS)])
        assert found.tolist() == [False] * 5 + [True] * 11
        assert np.isnan(landmarks[:5]).all()
        assert fps == FPS
        track = make_track(landmarks, found, fps, smooth=False)
        np.testing.assert_allclose(track.landmarks[:5], np.repeat(track.landmarks[5:6], 5, axis=0))
        assert track.found.tolist() == found.tolist()

    def test_no_face_at_all(self) -> None:
        with pytest.raises(InputError, match="no face was found in any frame"):
            track_faces([Frames(np.zeros((2, 60, 80, 3), np.uint8), FPS)])

    def test_of_two_faces_one_is_followed(self, astronaut: ImageArray) -> None:
        small = cv2.resize(moving(astronaut, np.zeros((1, 2)))[0], (128, 128), interpolation=cv2.INTER_AREA)
        picture = np.full((192, 330, 3), 128, np.uint8)
        picture[:, 138:] = moving(astronaut, np.zeros((1, 2)))[0]
        picture[32:160, 5:133] = small
        chunks = [Frames(np.repeat(picture[None], 3, axis=0), FPS)]
        places = [track_faces(chunks, face=face).translation[:, 0] for face in (None, 1, 2)]
        np.testing.assert_allclose(places[0], 138 + 96, atol=8)  # the largest
        np.testing.assert_allclose(places[1], 5 + 64, atol=8)
        np.testing.assert_allclose(places[2], 138 + 96, atol=8)
        with pytest.raises(InputError, match="--face 3"):
            track_faces(chunks, face=3)


class TestMakeTrack:
    """Raw landmarks to a track."""

    def test_the_pose_is_recovered(self) -> None:
        time = np.arange(60) / FPS
        rotation = np.radians(20) * np.stack([np.sin(k + 2 * time) for k in range(3)], axis=1)
        translation = np.stack([100 + 20 * time, 90 - 5 * time, 0 * time], axis=1)
        landmarks = sequence(rotation=rotation, translation=translation, scale=80 + 3 * time)
        track = make_track(landmarks, seen(60), FPS, smooth=False)
        np.testing.assert_allclose(track.rotation, rotation, atol=1e-6)
        np.testing.assert_allclose(track.translation, translation, atol=1e-5)
        np.testing.assert_allclose(track.scale, 80 + 3 * time, atol=1e-5)
        np.testing.assert_allclose(track.landmarks, landmarks)

    def test_parabolas_pass_unchanged(self) -> None:
        # A local parabola is what is fitted: neither lag nor loss for what changes like one, in pose and in shape.
        time = (np.arange(60) - 30) / FPS
        random = np.random.default_rng(0)
        shape = 0.05 * random.standard_normal((478, 3)) * (time**2)[:, None, None]
        translation = 100 + np.stack([30 * time**2, -20 * time, 10 * time], axis=1)
        raw = make_track(sequence(shape=shape, translation=translation), seen(60), FPS, smooth=False)
        # The pose's share of the shape's change is not exactly a parabola; a hundredth of a pixel is left of it.
        track = make_track(raw.landmarks, seen(60), FPS)
        assert np.abs(track.landmarks - raw.landmarks).max() < 0.05

    def test_a_sine_keeps_its_phase_and_nearly_all_of_its_height(self) -> None:
        time = np.arange(100) / FPS
        translation = np.stack([100 + 20 * np.sin(2 * np.pi * time), 0 * time, 0 * time], axis=1)
        track = make_track(sequence(100, translation=translation), seen(100), FPS)
        x, reference = track.translation[10:-10, 0] - 100, translation[10:-10, 0] - 100
        assert abs(delay(x, reference)) < 0.001  # frames
        assert np.std(x) / np.std(reference) == pytest.approx(0.985, abs=0.02)

    def test_jitter_is_taken(self) -> None:
        random = np.random.default_rng(1)
        still = sequence(100)
        track = make_track(still + 0.5 * random.standard_normal(still.shape), seen(100), FPS)
        assert np.std(track.landmarks[10:-10] - still[10:-10]) < 0.36
        kept = make_track(still + 0.5 * random.standard_normal(still.shape), seen(100), FPS, smooth=False)
        assert np.std(kept.landmarks - still) == pytest.approx(0.5, rel=0.05)

    def test_a_closure_of_the_lips_keeps_its_depth(self) -> None:
        # An open mouth that closes for 0.12 s, as in a "b".
        time = np.arange(50) / FPS
        opening = 0.12 * (1 - np.exp(-(((time - 1.0) / 0.07) ** 2)))
        shape = np.zeros((50, 478, 3))
        shape[:, MESH_OF_68[[65, 66, 67]], 1] = opening[:, None]
        track = make_track(sequence(50, shape=shape), seen(50), FPS)
        gap = lip_gap(head_mesh(track)[:, MESH_OF_68]) - lip_gap(canonical_face()[0][MESH_OF_68])
        assert gap.argmin() == 25
        assert gap[25] < 0.2 * gap[:15].mean()

    def test_angles_do_not_jump_where_they_wrap(self) -> None:
        roll = np.linspace(np.pi - 0.3, np.pi + 0.3, 60)
        rotation = np.stack([0 * roll, 0 * roll, roll], axis=1)
        landmarks = sequence(rotation=rotation)
        track = make_track(landmarks, seen(60), FPS)
        assert np.abs(track.landmarks - landmarks).max() < 0.01
        assert np.abs(np.diff(track.rotation[:, 2]) - 0.6 / 59).max() < 1e-3

    @pytest.mark.parametrize(("length", "bridged"), [(1, True), (12, True), (13, False), (20, False)])
    def test_half_a_second_is_the_longest_gap(self, length: int, bridged: bool) -> None:
        gap = slice(20, 20 + length)
        landmarks = sequence(translation=np.stack([np.arange(60.0), np.zeros(60), np.zeros(60)], axis=1))
        holed = landmarks.copy()
        holed[gap] = np.nan
        track = make_track(holed, seen(60, gap), FPS)
        assert track.found[gap].tolist() == [bridged] * length
        assert track.found[:20].all()
        assert track.found[gap.stop :].all()
        # Between its neighbours the motion is a line, and so is what is put there.
        np.testing.assert_allclose(track.landmarks, landmarks, atol=1e-6)

    def test_gaps_at_the_ends_hold_the_nearest_row(self) -> None:
        landmarks = sequence(translation=np.stack([np.arange(60.0), np.zeros(60), np.zeros(60)], axis=1))
        found = seen(60, slice(0, 4)) & seen(60, slice(57, 60))
        track = make_track(landmarks, found, FPS, smooth=False)
        np.testing.assert_allclose(track.translation[:6, 0], [4, 4, 4, 4, 4, 5], atol=1e-6)
        np.testing.assert_allclose(track.translation[-5:, 0], [55, 56, 56, 56, 56], atol=1e-6)
        assert track.found.tolist() == found.tolist()

    def test_one_row_is_enough(self) -> None:
        track = make_track(sequence(1), seen(1), FPS)
        np.testing.assert_allclose(track.landmarks, sequence(1))
        assert track.blink.tolist() == [0.0]
        alone = make_track(sequence(9), seen(9, slice(1, 9)), FPS)
        np.testing.assert_allclose(alone.landmarks, sequence(9), atol=1e-9)

    def test_none_is_not(self) -> None:
        with pytest.raises(ValueError, match="at least one frame with a face"):
            make_track(sequence(5), seen(5, slice(0, 5)), FPS)


def test_choosing_a_frame_of_a_long_track_takes_little_memory() -> None:
    count = 6000
    landmarks = np.repeat(sequence(1).astype(np.float32), count, axis=0)
    zeros, ones = np.zeros((count, 3)), np.ones(count)
    track = FaceTrack(landmarks, zeros, zeros + 100.0, 80.0 * ones, 0 * ones, ones > 0, FPS)
    tracemalloc.start()
    try:
        assert best_frame(track) == 0
        assert tracemalloc.get_traced_memory()[1] < landmarks.nbytes
    finally:
        tracemalloc.stop()
