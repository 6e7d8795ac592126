"""The shell of generators, around a method that is made up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drawn import speech_like
from talkinghead.face.landmarks import LEFT_EYE, LIPS, RIGHT_EYE
from talkinghead.face.rest import closed_mouth
from talkinghead.motion import generator
from talkinghead.motion.generator import Movement, Talk, generate_motion, prepare_talk
from talkinghead.motion.idle import idle_blinks, idle_head
from talkinghead.types import FloatArray, Interval, Portrait, Speech, num_frames


class Loud:
    """The mouth opens as far as the speech is loud; notes what it is given."""

    def __init__(self, fps: float = 20.0, stride: int = 2, **movement: object) -> None:
        self.fps, self.stride, self._movement = fps, stride, movement
        self.pieces: list[tuple[int, float]] = []
        self.features = np.zeros((0, 1), np.float32)

    def compute_features(self, speech: Speech, *, gain: float) -> FloatArray:
        """Loudness of each speech frame."""
        self.pieces.append((len(speech.samples), gain))
        hop = round(16_000 / (self.fps * self.stride))
        count = -(-len(speech.samples) // hop)
        return (
            np.pad(gain * np.abs(speech.samples), (0, hop * count - len(speech.samples)))
            .reshape(count, hop)
            .mean(1)[:, None]
        )

    def animate(self, talk: Talk, features: FloatArray) -> Movement:
        """Lips that part, eyes that go astray."""
        self.features = features
        opened = np.zeros((68, 3))
        opened[LIPS, 1], opened[LEFT_EYE, 0] = 1.0, 1.0
        loud = features.reshape(len(talk), self.stride).mean(axis=1)
        fields = {"settled": talk.rest, **self._movement}
        return Movement(lambda rows: talk.rest + loud[rows, None, None] * opened, **fields)  # type: ignore[arg-type]


def speech(seconds: float = 4.0, rate: int = 16_000, **known: tuple[Interval, ...]) -> Speech:
    return Speech(speech_like(seconds, rate, quiet=(1.5, 3.0)), rate, **known)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.51, 2.0])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_as_many_rows_as_the_speech_is_long(calm: Portrait, seconds: float, rate: int) -> None:
    animator = Loud(fps=25.0, stride=4)
    motion = generate_motion(animator, Speech(speech_like(2.0, rate)[: round(seconds * rate)], rate), calm)
    assert motion.fps == 25.0
    assert len(motion) == num_frames(seconds, 25.0)
    assert animator.features.shape == (4 * len(motion), 1)
    assert animator.features.dtype == np.float32


def test_lids_are_the_portraits_and_the_mouth_rests_in_silence(calm: Portrait) -> None:
    settled = closed_mouth(calm.landmarks) + 0.01
    motion = generate_motion(Loud(settled=settled), speech(), calm)
    for eye in (LEFT_EYE, RIGHT_EYE):
        np.testing.assert_allclose(motion.landmarks[:, eye], np.repeat(motion.rest[None, eye], 80, axis=0), atol=1e-6)
    np.testing.assert_allclose(motion.landmarks[45, LIPS], settled[LIPS], atol=1e-6)
    assert np.abs(motion.landmarks[20, LIPS] - settled[LIPS]).max() > 0.01
    np.testing.assert_array_equal(motion.rest, calm.landmarks)


def test_a_method_may_move_lids_and_let_the_rest_change(calm: Portrait) -> None:
    rest = closed_mouth(calm.landmarks)

    def settle(rows: slice) -> FloatArray:
        return rest + 0.001 * np.arange(rows.start, rows.stop)[:, None, None]

    motion = generate_motion(Loud(settled=settle, lids=True), speech(), calm)
    np.testing.assert_allclose(motion.landmarks[45, LIPS], rest[LIPS] + 0.045, atol=1e-6)
    assert np.abs(motion.landmarks[:, LEFT_EYE] - motion.rest[LEFT_EYE]).max() > 0.01
    np.testing.assert_allclose(motion.landmarks[:, RIGHT_EYE], np.repeat(rest[None, RIGHT_EYE], 80, axis=0), atol=1e-6)


def test_lips_of_an_unknown_voice_reach_further_from_where_they_rest(calm: Portrait) -> None:
    near, far = (generate_motion(Loud(**fields), speech(), calm) for fields in ({}, {"reach": (1.0, 1.5, 1.0)}))
    rest = closed_mouth(calm.landmarks)[LIPS]
    np.testing.assert_allclose(
        far.landmarks[:, LIPS, 1] - rest[:, 1], 1.5 * (near.landmarks[:, LIPS, 1] - rest[:, 1]), atol=1e-6
    )
    np.testing.assert_allclose(far.landmarks[:, LIPS, 0], near.landmarks[:, LIPS, 0], atol=1e-6)
    np.testing.assert_allclose(far.landmarks[45, LIPS], rest, atol=1e-6)


def test_what_the_method_lacks_is_idle(calm: Portrait) -> None:
    plain = generate_motion(Loud(), speech(), calm, seed=3)
    talk = prepare_talk(speech(), calm, fps=20.0, seed=3)
    rotation, translation = idle_head(80, 20.0, seed=3, activity=talk.activity)
    np.testing.assert_array_equal(plain.rotation, rotation)
    np.testing.assert_array_equal(plain.blink, idle_blinks(80, 20.0, seed=3, activity=talk.activity))
    head = (np.full((80, 3), 0.1), np.full((80, 3), 0.2))
    own = generate_motion(Loud(head=head, idle=0.0, blink=np.ones(80)), speech(), calm, seed=3)
    np.testing.assert_array_equal(own.rotation, head[0])
    np.testing.assert_array_equal(own.translation, head[1])
    np.testing.assert_array_equal(own.blink, 1.0)
    both = generate_motion(Loud(head=head), speech(), calm, seed=3)
    np.testing.assert_array_equal(both.translation, 0.2 + translation)


def test_blocks_make_no_difference_and_see_beyond_their_edges(calm: Portrait, monkeypatch: pytest.MonkeyPatch) -> None:
    long, whole, parts = Speech(speech_like(9.0, quiet=(4.0, 4.7)), 16_000), Loud(), Loud()
    wanted = generate_motion(whole, long, calm)
    monkeypatch.setattr(generator, "BLOCK_S", 2.5)
    made = generate_motion(parts, long, calm)
    np.testing.assert_allclose(parts.features, whole.features, atol=1e-6)
    np.testing.assert_allclose(made.landmarks, wanted.landmarks, atol=1e-4)
    assert [samples for samples, _ in parts.pieces] == [72_000, 104_000, 96_000, 56_000]
    assert len({gain for _, gain in parts.pieces}) == 1
    blocks = list(prepare_talk(long, calm, fps=20.0).blocks())
    rows = np.concatenate([np.arange(seen.start, seen.stop)[own] for seen, own in blocks])
    np.testing.assert_array_equal(rows, np.arange(180))


def test_music_moves_nothing(calm: Portrait, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(generator, "is_speech", lambda *_: False)
    motion = generate_motion(Loud(), speech(), calm)
    assert "nobody speaks in the sound, it is taken for music: the mouth will rest." in caplog.text
    np.testing.assert_allclose(motion.landmarks[:, LIPS], closed_mouth(calm.landmarks)[None, LIPS].repeat(80, 0))
    caplog.clear()
    known = replace(speech(), phones=(Interval("M", 0.0, 4.0),))
    assert np.ptp(generate_motion(Loud(), known, calm).landmarks[:, LIPS], axis=0).max() > 0.01
    assert not caplog.text


@pytest.mark.parametrize(("speaks", "asked"), [("first", [1]), ("later", [1, 3]), ("never", [1, 3])])
def test_what_is_heard_first_tells_whether_somebody_speaks(
    calm: Portrait, monkeypatch: pytest.MonkeyPatch, speaks: str, asked: list[int]
) -> None:
    """All of it is asked about if the beginning is no speech, as a song before a talk is not."""
    heard: list[int] = []

    def is_speech(samples: FloatArray, activity: FloatArray, fps: float) -> bool:
        assert len(activity) == pytest.approx(len(samples) / 16_000 * fps, abs=1)
        heard.append(round(len(samples) / 16_000))
        return speaks == "first" or (speaks == "later" and heard[-1] > 2)

    monkeypatch.setattr(generator, "_TOLD_S", 0.9)
    monkeypatch.setattr(generator, "voice_activity", lambda samples, fps: np.ones(round(len(samples) / 16_000 * fps)))
    monkeypatch.setattr(generator, "is_speech", is_speech)
    talk = prepare_talk(speech(3.0), calm, fps=25.0)
    assert heard == asked
    assert talk.activity.any() == (speaks != "never")
