"""Changes to a motion."""

from dataclasses import replace

import numpy as np
import pytest

from talkinghead.face.expressions import EXPRESSION_NAMES
from talkinghead.face.landmarks import BROWS, JAW, LIPS
from talkinghead.face.rest import closed_mouth, lip_gap
from talkinghead.media import spool
from talkinghead.motion import editing
from talkinghead.motion.editing import (
    add_blink,
    delay_face,
    edit_landmarks,
    freeze_head,
    move_head,
    retarget,
    retime,
    rotate_head,
    scale_expression,
    scale_head,
    scale_lips,
    smooth_head,
    with_blink,
    with_gaze,
)

MOUTH = np.r_[JAW, LIPS]
FACE = [column for column, name in enumerate(EXPRESSION_NAMES) if not name.startswith(("eyeLook", "eyeBlink"))]
"""Weights that neither lids nor gaze decide."""


@pytest.mark.parametrize("amount", [0.0, 0.5, 1.0, -1.0])
def test_scale_head(motion, amount):
    scaled = scale_head(motion, amount)
    np.testing.assert_allclose(scaled.rotation, amount * motion.rotation)
    np.testing.assert_allclose(scaled.translation, amount * motion.translation)
    assert scaled.landmarks is motion.landmarks
    with pytest.raises(ValueError, match="finite"):
        scale_head(motion, float("nan"))


def test_edits_of_the_head_change_its_size(motion):
    nearer = replace(motion, scale=np.linspace(1.0, 1.21, 12))
    np.testing.assert_allclose(scale_head(nearer, 0.5).scale, np.sqrt(nearer.scale))
    assert scale_head(nearer, 0.0).scale.tolist() == [1.0] * 12
    assert freeze_head(nearer, 11).scale.tolist() == [nearer.scale[11]] * 12
    np.testing.assert_allclose(smooth_head(nearer, 1.0).scale, nearer.scale, atol=1e-3)
    np.testing.assert_allclose(retime(nearer, 2 * motion.fps, 23).scale[::2], nearer.scale)
    assert scale_head(motion, 0.5).scale is None


def test_with_blink(motion):
    blink = np.linspace(0, 1, 12)
    assert with_blink(motion, blink).blink is blink
    assert with_blink(motion, blink).rotation is motion.rotation
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        with_blink(motion, 1.1 * blink)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        with_blink(motion, np.full(12, np.nan))
    with pytest.raises(ValueError, match="shape"):
        with_blink(motion, blink[:5])


def test_retime_to_the_same_is_the_same(motion):
    assert retime(motion, motion.fps, len(motion)) is motion


def test_retime_twice_as_fine(motion):
    finer = retime(motion, 2 * motion.fps, 30)
    assert (finer.fps, len(finer)) == (2 * motion.fps, 30)
    for name in ("landmarks", "rotation", "translation", "expression", "gaze"):
        columns = FACE if name == "expression" else slice(None)
        coarse, fine = getattr(motion, name)[:, columns], getattr(finer, name)[:, columns]
        assert fine.dtype == coarse.dtype
        np.testing.assert_allclose(fine[:24:2], coarse, atol=1e-6)
        np.testing.assert_allclose(fine[1], (coarse[0] + coarse[1]) / 2, atol=1e-6)
        np.testing.assert_array_equal(fine[24:], np.repeat(coarse[-1:], 6, axis=0))
    np.testing.assert_allclose(finer.blink[:24:2], motion.blink, atol=1e-6)
    assert finer.rest is motion.rest


def test_retime_without_expression_and_shorter(motion):
    shorter = retime(replace(motion, expression=None, gaze=None), 10.0, 1)
    assert shorter.expression is None
    assert shorter.gaze is None
    np.testing.assert_array_equal(shorter.rotation, motion.rotation[:1])


def test_retime_needs_frames(motion):
    with pytest.raises(ValueError, match="at least 1"):
        retime(motion, 25.0, 0)
    with pytest.raises(ValueError, match="at least one row"):
        retime(motion[:0], 25.0, 5)


def test_retarget_keeps_what_moves(motion):
    other = np.random.default_rng(1).standard_normal((68, 3))
    result = retarget(motion, other)
    np.testing.assert_array_equal(result.rest, other)
    moved = result.landmarks - closed_mouth(other)
    np.testing.assert_allclose(moved, motion.landmarks - closed_mouth(motion.rest), atol=1e-6)
    assert result.rotation is motion.rotation
    assert retarget(motion, motion.rest) is motion


@pytest.mark.parametrize("piece", [7, 4096])
def test_edit_landmarks_piece_by_piece(motion, monkeypatch, piece):
    monkeypatch.setattr(editing, "_PIECE", piece)
    shift = np.arange(12.0)[:, None, None]
    edited = edit_landmarks(motion, lambda landmarks, rows: landmarks + shift[rows])
    np.testing.assert_allclose(edited.landmarks, motion.landmarks + shift, atol=1e-6)
    assert edited.rotation is motion.rotation


def test_long_landmarks_go_to_a_file(motion, monkeypatch):
    monkeypatch.setattr(spool.spool_rows, "__kwdefaults__", {"in_memory": 10})
    kept = motion.landmarks.copy()
    edited = scale_expression(motion, 0.5)
    assert isinstance(edited.landmarks, np.memmap)
    np.testing.assert_array_equal(motion.landmarks, kept)
    np.testing.assert_array_equal(scale_expression(edited, 1.5).landmarks[:, MOUTH], kept[:, MOUTH])


@pytest.mark.parametrize("amount", [0.0, 0.5, 1.2, 2.0])
def test_scale_lips_scales_the_opening(speaking, amount):
    scaled = scale_lips(speaking, amount)
    closed = closed_mouth(speaking.rest)
    rest_gap = lip_gap(closed)
    np.testing.assert_allclose(
        lip_gap(scaled.landmarks) - rest_gap,
        np.maximum(amount * (lip_gap(speaking.landmarks) - rest_gap), -rest_gap),
        atol=1e-5,
    )
    jaw = amount * (speaking.landmarks[:, JAW] - closed[JAW])
    np.testing.assert_allclose(scaled.landmarks[:, JAW] - closed[JAW], jaw, atol=1e-6)
    others = np.setdiff1d(np.arange(68), MOUTH)
    np.testing.assert_array_equal(scaled.landmarks[:, others], speaking.landmarks[:, others])
    assert scaled.rotation is speaking.rotation


def test_scale_lips_to_zero_closes_an_open_portrait(speaking):
    open_rest = speaking.landmarks[13].astype(np.float64)
    assert lip_gap(open_rest) > 0.1
    scaled = scale_lips(replace(speaking, rest=open_rest), 0.0)
    assert lip_gap(scaled.landmarks).max() < 0.01


def test_scaled_lips_never_cross(speaking):
    pressed = edit_landmarks(
        speaking, lambda landmarks, _: landmarks - 0.05 * (np.arange(68) > 64)[:, None] * [0, 1, 0]
    )
    scaled = scale_lips(pressed, 3.0)
    gaps = scaled.landmarks[:, [67, 66, 65], 1] - scaled.landmarks[:, [61, 62, 63], 1]
    assert gaps.min() > -1e-6


def test_scale_expression_scales_what_is_above_the_mouth(speaking):
    scaled = scale_expression(speaking, 0.5)
    moved = speaking.landmarks - speaking.rest
    np.testing.assert_allclose((scaled.landmarks - speaking.rest)[:, BROWS], 0.5 * moved[:, BROWS], atol=1e-6)
    np.testing.assert_array_equal(scaled.landmarks[:, MOUTH], speaking.landmarks[:, MOUTH])


@pytest.mark.parametrize("scale", [scale_lips, scale_expression])
def test_scales_of_one_change_nothing_and_bad_ones_are_refused(speaking, scale):
    assert scale(speaking, 1.0) is speaking
    for amount in (-0.1, np.nan, np.inf):
        with pytest.raises(ValueError, match="from 0 up"):
            scale(speaking, amount)


def test_rotate_and_move_head_add(motion):
    turned = rotate_head(motion, pitch=0.1, yaw=-0.2, roll=0.3)
    np.testing.assert_allclose(turned.rotation - motion.rotation, np.tile([0.1, -0.2, 0.3], (12, 1)))
    moved = move_head(motion, x=0.5, y=-1.0)
    np.testing.assert_allclose(moved.translation - motion.translation, np.tile([0.5, -1.0, 0.0], (12, 1)))
    assert turned.translation is motion.translation
    assert moved.rotation is motion.rotation


def test_freeze_head(motion):
    frozen = freeze_head(motion, 5)
    np.testing.assert_array_equal(frozen.rotation, np.tile(motion.rotation[5], (12, 1)))
    np.testing.assert_array_equal(frozen.translation, np.tile(motion.translation[5], (12, 1)))
    with pytest.raises(ValueError, match="frame is 12 of 12"):
        freeze_head(motion, 12)


def test_smooth_head_halves_at_its_period(speaking):
    time = np.arange(500) / 25
    wave = np.sin(2 * np.pi * time / 0.5)[:, None] * np.ones(3)
    long = replace(speaking, landmarks=np.zeros((500, 68, 3)), rotation=wave, translation=2 * wave, blink=np.zeros(500))
    smoothed = smooth_head(long, 0.5)
    middle = slice(100, 400)
    assert np.abs(smoothed.rotation[middle]).max() == pytest.approx(0.5, abs=0.02)
    assert np.abs(smoothed.translation[middle]).max() == pytest.approx(1.0, abs=0.04)
    assert np.abs(smooth_head(long, 2.0).rotation[middle]).max() < 0.01
    for seconds in (0.0, -1.0, np.inf):
        with pytest.raises(ValueError, match="positive"):
            smooth_head(long, seconds)


@pytest.mark.parametrize("fps", [10.0, 25.0, 60.0])
def test_add_blink_is_shut_at_its_time_and_leaves_the_rest(speaking, fps):
    still = replace(speaking, fps=fps, blink=np.zeros(50))
    blinked = add_blink(still, 25 / fps).blink
    assert blinked[25] == pytest.approx(1.0)
    open_again = np.abs(np.arange(50) - 25) / fps > 0.4
    assert not blinked[open_again].any()
    others = replace(still, blink=np.full(50, 0.3))
    np.testing.assert_allclose(add_blink(others, 25 / fps).blink, np.maximum(0.3, blinked))


def test_delay_face_shifts_landmarks_and_expression_alone(motion):
    motion = replace(motion, fps=10.0)
    late, early = delay_face(motion, 0.2), delay_face(motion, -0.2)
    for name, columns in (("landmarks", slice(None)), ("expression", FACE)):
        given = getattr(motion, name)[:, columns]
        later, sooner = getattr(late, name)[:, columns], getattr(early, name)[:, columns]
        np.testing.assert_allclose(later[2:], given[:-2], atol=1e-6)
        np.testing.assert_allclose(later[:2], given[[0, 0]], atol=1e-6)
        np.testing.assert_allclose(sooner[:-2], given[2:], atol=1e-6)
        np.testing.assert_allclose(sooner[-2:], given[[-1, -1]], atol=1e-6)
    assert late.rotation is motion.rotation
    assert late.blink is motion.blink
    assert late.gaze is motion.gaze
    np.testing.assert_allclose(late.expression[:, EXPRESSION_NAMES.index("eyeBlinkLeft")], motion.blink, atol=1e-6)
    half = delay_face(motion, 0.05).landmarks
    np.testing.assert_allclose(half[1:], (motion.landmarks[1:] + motion.landmarks[:-1]) / 2, atol=1e-6)
    with pytest.raises(ValueError, match="finite"):
        delay_face(motion, np.nan)


def test_with_gaze_and_with_blink_keep_the_weights_of_the_eyes_in_step(motion):
    gaze = np.tile([0.061, -0.044], (12, 1))
    looking = with_gaze(motion, gaze)
    assert looking.gaze is gaze
    column = EXPRESSION_NAMES.index
    np.testing.assert_allclose(looking.expression[:, column("eyeLookInLeft")], 0.1, atol=1e-6)
    np.testing.assert_allclose(looking.expression[:, column("eyeLookOutRight")], 0.1, atol=1e-6)
    np.testing.assert_allclose(looking.expression[:, column("eyeLookUpLeft")], 0.1, atol=1e-6)
    assert not looking.expression[:, column("eyeLookDownLeft")].any()
    ahead = with_gaze(looking, None)
    assert ahead.gaze is None
    assert not ahead.expression[:, column("eyeLookInLeft")].any()
    winked = with_blink(motion, np.linspace(0, 1, 12))
    np.testing.assert_allclose(winked.expression[:, column("eyeBlinkRight")], np.linspace(0, 1, 12), atol=1e-6)
    others = [name for name in EXPRESSION_NAMES if not name.startswith("eye")]
    places = [column(name) for name in others]
    np.testing.assert_array_equal(winked.expression[:, places], motion.expression[:, places])
    assert with_gaze(replace(motion, expression=None), gaze).expression is None
