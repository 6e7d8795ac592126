"""The head motion learner and the reference motion that it continues."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from drawn import speech_like
from talkinghead.methods.rhythmic_head import motion
from talkinghead.methods.rhythmic_head.chance import OCTAVES_HZ, draw_paths
from talkinghead.methods.rhythmic_head.features import FPS, STRIDE
from talkinghead.methods.rhythmic_head.head import HeadMotionLearner, set_out
from talkinghead.methods.rhythmic_head.head_losses import energy_score
from talkinghead.methods.rhythmic_head.motion import build_motion, load_motion, move_head
from talkinghead.methods.rhythmic_head.motion_config import MOTION_CONFIGS, TAU
from talkinghead.methods.rhythmic_head.reference_motion import ReferenceMotion, find_reference_motion, last_stretch
from talkinghead.methods.rhythmic_head.train_head import draw_manner
from talkinghead.types import FloatArray, Frames, Portrait, Reference, Speech
from talkinghead.weights import Weights


def network(size: str = "tiny") -> HeadMotionLearner:
    torch.manual_seed(0)
    return HeadMotionLearner(MOTION_CONFIGS[size][1]).eval()


def reference(size: int, *, width: float = 0.1, rate: float = 0.7) -> ReferenceMotion:
    """A head that sways, three seconds of it, and silence."""
    times = np.arange(TAU) / FPS
    pose = width * np.sin(2 * np.pi * rate * times[:, None] + np.arange(6))
    return ReferenceMotion(pose, np.zeros((STRIDE * TAU, size), np.float32))


def test_tau_and_the_size_of_a_pose_are_the_published_ones() -> None:
    assert TAU == 64
    learner = network("paper")
    style = learner.style(torch.randn(2, TAU, 6), torch.randn(2, STRIDE * TAU, 320))
    reach = learner.reach
    noise = torch.zeros(2, 10 + 2 * reach, 0)
    encoded = learner.encode(torch.randn(2, STRIDE * (10 + 2 * reach), 320), noise)
    assert learner.perceive(encoded, style).shape == (2, 10, 6)


def test_the_motion_goes_on_without_a_jump() -> None:
    learner = network()
    known = reference(learner.frames.row_size)
    path = move_head(learner, np.zeros((200, learner.frames.row_size)), known, seed=3)
    assert path.shape == (100, 6)
    steps = np.abs(np.diff(np.concatenate([known.pose, path]), axis=0))
    assert steps[TAU - 1].max() < 1.5 * np.percentile(steps[: TAU - 1], 99)
    assert np.abs(steps[TAU] - steps[TAU - 1]).max() < 0.01


def test_a_picture_alone_sets_out_from_its_own_pose() -> None:
    learner = network()
    path = move_head(learner, np.zeros((100, learner.frames.row_size)), None, seed=0)
    np.testing.assert_array_equal(path[0], 0.0)
    assert np.abs(path).max() > 0.0


def test_people_who_move_farther_are_made_to_move_farther() -> None:
    learner = network()
    quiet = np.zeros((500, learner.frames.row_size))
    spreads = [
        move_head(learner, quiet, reference(learner.frames.row_size, width=width), seed=0).std(axis=0)
        for width in (0.03, 0.12)
    ]
    assert (spreads[1] > 2.0 * spreads[0]).all()


def test_half_an_hour_stays_in_the_person_s_range() -> None:
    learner = load_small()
    known = reference(learner.frames.row_size, width=0.08)
    rng = np.random.default_rng(0)
    path = move_head(learner, rng.uniform(0, 1, (2 * 45_000, learner.frames.row_size)), known, seed=0)
    minutes = path.reshape(30, -1, 6)
    assert np.abs(path).max() < 6 * 0.08
    assert np.abs(minutes.mean(axis=1) - path.mean(axis=0)).max() < 0.08
    assert (minutes.std(axis=1) < 2 * path.std(axis=0)).all()
    assert (minutes.std(axis=1) > path.std(axis=0) / 2).all()


def load_small() -> HeadMotionLearner:
    """The network that ships."""
    return load_motion(Weights((Path(motion.__file__).with_name("weights"),))).head


def test_a_path_joins_pose_and_velocity() -> None:
    path = torch.randn(1, 200, 6)
    start, velocity = torch.randn(1, 6), 0.1 * torch.randn(1, 6)
    joined = set_out(path, start, velocity)
    torch.testing.assert_close(joined[:, 0], start)
    torch.testing.assert_close(joined[:, -1], path[:, -1], atol=1e-3, rtol=0)
    smooth = set_out(torch.zeros(1, 50, 6), start, velocity)
    torch.testing.assert_close(smooth[:, 1] - smooth[:, 0], velocity, atol=0.1, rtol=0)


def test_chance_has_the_spectrum_of_its_bands_and_begins_alike() -> None:
    paths = draw_paths(np.random.default_rng(0), 8000, 3)
    assert paths.shape == (8000, 3 * len(OCTAVES_HZ))
    assert paths.std(axis=0) == pytest.approx(1.0, abs=0.2)
    power = np.abs(np.fft.rfft(paths, axis=0)) ** 2
    frequency = np.fft.rfftfreq(8000, 1 / FPS)
    for number, (low, high) in enumerate(OCTAVES_HZ):
        inside = (frequency > 0.6 * low) & (frequency < 1.7 * high)
        assert (power[inside][:, 3 * number : 3 * number + 3].sum() / power[:, 3 * number : 3 * number + 3].sum()) > 0.8
    np.testing.assert_array_equal(draw_paths(np.random.default_rng(0), 100, 3), paths[:100])


def test_the_score_prefers_the_right_spread() -> None:
    generator = torch.Generator().manual_seed(0)
    real = torch.randn(4000, 4, generator=generator)
    scores = [
        float(energy_score(spread * torch.randn(4000, 3, 4, generator=generator), real).mean())
        for spread in (0.0, 0.5, 1.0, 2.0)
    ]
    assert int(np.argmin(scores)) == 2


def test_another_manner_keeps_angles_apart() -> None:
    matrices = np.stack([draw_manner(np.random.default_rng(seed)) for seed in range(50)])
    assert (np.abs(np.linalg.det(matrices)) > 1e-3).all()
    assert (matrices[:, 1, 1] < 0).any()
    assert (matrices[:, 0, 0] > 0).all()


def test_the_last_stretch_without_a_break() -> None:
    found = np.ones(100, bool)
    assert last_stretch(found, (), 64) == slice(35, 100)
    found[90] = False
    assert last_stretch(found, (), 64) == slice(25, 90)
    assert last_stretch(found, (50,), 64) == slice(0, 50)  # the longest of 50, 40 and 9
    assert last_stretch(np.zeros(5, bool), (), 64) == slice(0, 0)


class _Pictures:
    """A video that is never looked at."""

    joins = ()

    def __init__(self, count: int, fps: float) -> None:
        self.num_frames, self.fps, self.size = count, fps, (8, 8)


def filmed(calm: Portrait, count: int, fps: float, *, width: float = 0.1) -> Portrait:
    """A portrait with a video in which the head sways."""
    times = np.arange(count) / fps
    rows = np.zeros(count, int)
    track = replace(
        calm.track,
        fps=fps,
        **{name: getattr(calm.track, name)[rows] for name in ("landmarks", "translation", "scale", "blink", "found")},
        rotation=calm.pose.rotation + width * np.sin(2 * np.pi * 0.7 * times[:, None] + np.arange(3)),
        expression=None,
        gaze=None,
    )
    speech = Speech(speech_like(count / fps), 16_000)
    still = Frames(calm.frames.images[calm.best : calm.best + 1], calm.frames.fps)
    alone = replace(calm, frames=still, track=calm.track[calm.best : calm.best + 1], best=0)
    return replace(alone, reference=Reference(_Pictures(count, fps), track, speech))  # type: ignore[arg-type]


@pytest.mark.parametrize("fps", [12.5, 25.0, 29.97, 60.0])
def test_references_of_any_rate_tell_the_same(calm: Portrait, fps: float) -> None:
    portrait = filmed(calm, round(6 * fps), fps)
    found = find_reference_motion(portrait, "bands")
    assert found is not None
    assert found.pose.shape == (TAU, 6)
    assert found.speech.shape == (STRIDE * TAU, 8)
    assert found.speech.max() > 0.1
    expected = 0.1 * np.sin(2 * np.pi * 0.7 * (round(6 * fps) - 1 - np.arange(TAU)[::-1] / FPS * fps) / fps)
    assert np.corrcoef(found.pose[:, 0], expected)[0, 1] > 0.99


def test_a_video_too_short_or_still_is_as_good_as_a_picture(calm: Portrait, caplog: pytest.LogCaptureFixture) -> None:
    def motion_of(portrait: Portrait) -> tuple[FloatArray | None, str]:
        caplog.clear()
        found = find_reference_motion(portrait, "bands")
        return (None if found is None else found.pose), caplog.text

    moved, said = motion_of(filmed(calm, 40, 25.0))
    assert moved is not None
    assert "only 1.6 s" in said
    for portrait, why in (
        (filmed(calm, 1, 25.0), "one picture"),
        (filmed(calm, 20, 25.0), "less than 1 s"),
        (filmed(calm, 100, 25.0, width=0.0), "does not move"),
    ):
        moved, said = motion_of(portrait)
        assert moved is None
        assert why in said


def test_a_video_goes_on_where_it_ends(calm: Portrait) -> None:
    generator = build_motion(*MOTION_CONFIGS["tiny"])
    portrait = filmed(calm, 100, 25.0)
    made = generator.generate(Speech(speech_like(1.0), 16_000), portrait)
    known = find_reference_motion(portrait, "bands")
    assert known is not None
    assert np.abs(made.rotation[0] - known.pose[-1, :3]).max() < 0.02
    assert np.abs(made.landmarks[0] - made.landmarks[1]).max() < 0.05
