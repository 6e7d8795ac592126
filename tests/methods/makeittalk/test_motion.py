"""Speech to motion: what the mouth does in silence, what eyes and head do, and that length does not matter."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from drawn import speech_like
from talkinghead.errors import InputError
from talkinghead.face.landmarks import BROWS, JAW, LEFT_EYE, LIPS, NOSE, RIGHT_EYE
from talkinghead.face.pose import head_landmarks
from talkinghead.face.rest import TOUCHING, closed_mouth, lip_gap
from talkinghead.media.spool import spool_rows
from talkinghead.methods.makeittalk import METHOD, build, load_generator
from talkinghead.methods.makeittalk import motion as motion_module
from talkinghead.methods.makeittalk.config import CONFIGS
from talkinghead.methods.makeittalk.content import SpeechContentAnimation
from talkinghead.methods.makeittalk.motion import MakeItTalkMotion
from talkinghead.methods.makeittalk.speaker_aware import SpeakerAwareAnimation
from talkinghead.motion import generator as shell
from talkinghead.types import FloatArray, Interval, Portrait, Speech, num_frames

RATE = 62.5


@pytest.fixture
def random_mouth() -> MakeItTalkMotion:
    """A tiny generator with random weights."""
    torch.manual_seed(0)
    return build(CONFIGS["tiny"])[0]


@pytest.fixture(scope="module")
def trained() -> MakeItTalkMotion:
    """The generator with the weights that ship."""
    return load_generator(METHOD.find_weights())


def own(portrait: Portrait) -> FloatArray:
    return head_landmarks(portrait.track)[0]


def speech(samples: FloatArray) -> Speech:
    return Speech(np.asarray(samples, np.float32), 16_000)


@pytest.mark.parametrize("portrait_name", ["calm", "smiling"])
@pytest.mark.parametrize("kind", ["nothing", "hum"])
def test_silence_gives_a_closed_mouth_that_does_not_tremble(
    trained: MakeItTalkMotion, portrait_name: str, kind: str, request: pytest.FixtureRequest
) -> None:
    portrait: Portrait = request.getfixturevalue(portrait_name)
    time = np.arange(32_000) / 16_000
    samples = np.zeros(32_000) if kind == "nothing" else 0.05 * np.sin(2 * np.pi * 50 * time)
    motion = trained.generate(speech(samples), portrait)
    assert len(motion) == 125
    closed = closed_mouth(own(portrait))
    for part in (JAW, LIPS):
        assert np.ptp(motion.landmarks[:, part], axis=0).max() < 1e-6
        assert np.abs(motion.landmarks[0, part, :2] - closed[part, :2]).max() < 0.04  # eye distances
    assert lip_gap(motion.landmarks).max() <= TOUCHING
    np.testing.assert_allclose(motion.rest, own(portrait))


def test_lids_stay_at_rest_and_blinks_are_apart(random_mouth: MakeItTalkMotion, calm: Portrait) -> None:
    motion = random_mouth.generate(speech(speech_like(6.0)), calm)
    for eye in (LEFT_EYE, RIGHT_EYE):
        np.testing.assert_allclose(
            motion.landmarks[:, eye], np.repeat(motion.rest[None, eye], len(motion), axis=0), atol=1e-6
        )
    assert motion.blink.max() == pytest.approx(1.0)
    assert (motion.blink == 0).mean() > 0.5


def test_the_head_leaves_from_the_portraits_pose(random_mouth: MakeItTalkMotion, calm: Portrait) -> None:
    motion = random_mouth.generate(speech(speech_like(4.0)), calm)
    assert not motion.rotation[0].any()
    assert not motion.translation[0].any()
    assert 0.001 < np.abs(motion.rotation).max() < np.radians(25)


def test_speech_moves_the_mouth(random_mouth: MakeItTalkMotion, calm: Portrait) -> None:
    motion = random_mouth.generate(speech(speech_like(2.0)), calm)
    assert np.ptp(motion.landmarks[:, LIPS], axis=0).max() > 0.001


def test_the_mouth_rests_in_a_pause(random_mouth: MakeItTalkMotion, calm: Portrait) -> None:
    motion = random_mouth.generate(speech(speech_like(4.0, quiet=(1.5, 3.0))), calm)
    pause = slice(round(2.25 * RATE), round(2.35 * RATE))
    assert np.ptp(motion.landmarks[pause][:, LIPS], axis=0).max() < 1e-6
    assert np.ptp(motion.landmarks[round(0.3 * RATE) : round(1.2 * RATE), LIPS], axis=0).max() > 1e-3


def test_seeds_decide_head_brows_and_lids_but_not_the_mouth(random_mouth: MakeItTalkMotion, calm: Portrait) -> None:
    first, second = (random_mouth.generate(speech(speech_like(4.0)), calm, seed=seed) for seed in (1, 2))
    for part in (JAW, LIPS, NOSE):
        np.testing.assert_array_equal(first.landmarks[:, part], second.landmarks[:, part])
    assert not np.allclose(first.landmarks[:, BROWS], second.landmarks[:, BROWS])
    assert not np.allclose(first.rotation, second.rotation)
    assert not np.allclose(first.blink, second.blink)


def test_without_liveliness_chance_moves_nothing_but_the_lids(random_mouth: MakeItTalkMotion, calm: Portrait) -> None:
    still = MakeItTalkMotion(random_mouth.network, branch=random_mouth.branch, liveliness=0.0)
    first, second = (still.generate(speech(speech_like(4.0)), calm, seed=seed) for seed in (1, 2))
    np.testing.assert_array_equal(first.landmarks, second.landmarks)
    np.testing.assert_array_equal(first.rotation, second.rotation)
    assert not np.allclose(first.blink, second.blink)


def test_another_voice_lends_its_style(random_mouth: MakeItTalkMotion, calm: Portrait) -> None:
    talk, voice = speech(speech_like(2.0)), np.zeros(256, np.float32)
    voice[7] = 1.0
    other = MakeItTalkMotion(random_mouth.network, branch=random_mouth.branch, speaker=voice)
    own, lent = (generator.generate(talk, calm) for generator in (random_mouth, other))
    assert np.abs(own.rotation - lent.rotation).max() > 1e-4
    np.testing.assert_array_equal(own.landmarks[:, LIPS], lent.landmarks[:, LIPS])


def test_a_voice_that_cannot_be_told_is_an_average_one(
    random_mouth: MakeItTalkMotion, calm: Portrait, caplog: pytest.LogCaptureFixture
) -> None:
    assert random_mouth.branch is not None
    silence = speech(np.zeros(16_000))
    motion = random_mouth.generate(silence, calm)
    assert "too little speech to tell whose voice it is" in caplog.text
    mean = MakeItTalkMotion(
        random_mouth.network, branch=random_mouth.branch, speaker=random_mouth.branch.mean_speaker.numpy()
    )
    np.testing.assert_array_equal(mean.generate(silence, calm).rotation, motion.rotation)


def test_the_head_lives_on_in_silence(random_mouth: MakeItTalkMotion, calm: Portrait) -> None:
    motion = random_mouth.generate(speech(speech_like(8.0, quiet=(2.0, 7.0))), calm)
    steps = np.abs(np.diff(motion.rotation[round(2.5 * RATE) : round(6.5 * RATE)], axis=0)).max(axis=1)
    assert (steps > 1e-7).mean() > 0.95


def test_without_the_branch_the_head_is_idle(random_mouth: MakeItTalkMotion, calm: Portrait) -> None:
    idle = MakeItTalkMotion(random_mouth.network)
    motion = idle.generate(speech(speech_like(4.0)), calm)
    assert not motion.rotation[0].any()
    assert 0.005 < np.abs(motion.rotation).max() < 0.2
    assert np.ptp(motion.landmarks[:, BROWS], axis=0).max() < 0.1


def test_the_mouth_takes_its_share(random_mouth: MakeItTalkMotion, calm: Portrait) -> None:
    torch.manual_seed(0)
    sharing = SpeakerAwareAnimation(CONFIGS["tiny"].content, replace(CONFIGS["tiny"].speaker, mouth_share=1.0))
    assert random_mouth.branch is not None
    sharing.load_state_dict(random_mouth.branch.state_dict())
    talk = speech(speech_like(2.0))
    without, shared = (
        MakeItTalkMotion(random_mouth.network, branch=branch).generate(talk, calm)
        for branch in (random_mouth.branch, sharing)
    )
    np.testing.assert_allclose(without.rotation, shared.rotation)
    assert np.abs(without.landmarks[:, LIPS] - shared.landmarks[:, LIPS]).max() > 1e-3
    np.testing.assert_array_equal(without.landmarks[:, BROWS], shared.landmarks[:, BROWS])


def test_the_recordings_level_does_not_matter(random_mouth: MakeItTalkMotion, calm: Portrait) -> None:
    samples = speech_like(2.0)
    first, second = (random_mouth.generate(speech(gain * samples), calm) for gain in (1.0, 0.2))
    assert np.abs(first.landmarks - second.landmarks).max() < 0.002


@pytest.mark.parametrize("sample_rate", [8000, 22_050, 48_000])
def test_any_sample_rate_will_do(random_mouth: MakeItTalkMotion, calm: Portrait, sample_rate: int) -> None:
    samples = speech_like(1.0, sample_rate)
    motion = random_mouth.generate(Speech(samples, sample_rate), calm)
    assert len(motion) == num_frames(1.0, RATE)


@pytest.mark.parametrize("samples", [0, 1, 100])
def test_hardly_any_sound_gives_one_frame(random_mouth: MakeItTalkMotion, calm: Portrait, samples: int) -> None:
    motion = random_mouth.generate(speech(np.zeros(samples)), calm)
    assert len(motion) == 1
    assert np.isfinite(motion.landmarks).all()


def test_blocks_make_no_difference(
    random_mouth: MakeItTalkMotion, calm: Portrait, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = speech(speech_like(12.0, quiet=(5.0, 5.6)))
    whole = random_mouth.generate(talk, calm)
    monkeypatch.setattr(shell, "BLOCK_S", 200 / RATE)
    parts = random_mouth.generate(talk, calm)
    # bfloat16 rounds sums of another order otherwise; a thousandth of an eye distance is a twentieth of a pixel.
    assert np.abs(whole.landmarks - parts.landmarks).max() < 1e-3
    assert np.abs(whole.rotation - parts.rotation).max() < 1e-3


def test_long_speech_lies_in_a_file(
    random_mouth: MakeItTalkMotion, calm: Portrait, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = speech(speech_like(4.0))
    wanted = random_mouth.generate(talk, calm)
    on_disk: list[bool] = []

    def spooled(pieces: Iterator[FloatArray], shape: tuple[int, ...]) -> FloatArray:
        rows = spool_rows(pieces, shape, in_memory=100)
        on_disk.append(isinstance(rows, np.memmap))
        return rows

    for module in (motion_module, shell):
        monkeypatch.setattr(module, "spool_rows", spooled)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        motion = random_mouth.generate(talk, calm)
    assert on_disk == [True, True, True]
    # Where in memory an array begins decides in which order it is summed.
    np.testing.assert_allclose(motion.landmarks, wanted.landmarks, atol=1e-3)
    np.testing.assert_allclose(motion.rotation, wanted.rotation, atol=1e-3)


def test_displacements_are_those_of_the_network(random_mouth: MakeItTalkMotion, calm: Portrait) -> None:
    features = np.random.default_rng(0).uniform(size=(40, 39)).astype(np.float32)
    rest = closed_mouth(own(calm))
    landmarks = random_mouth.landmarks(features, rest)
    assert landmarks.shape == (40, 68, 3)
    padded = np.pad(features, ((9, 8), (0, 0)))
    windows = torch.from_numpy(np.stack([padded[t : t + 18] for t in range(40)]))
    static = torch.from_numpy(rest.astype(np.float32)).expand(40, -1, -1)
    with torch.no_grad():
        expected = random_mouth.network(windows, static).numpy()
    np.testing.assert_allclose(landmarks, expected, atol=0.01)  # bfloat16


def test_phones_that_the_speech_knows_are_used_instead_of_its_sound(
    random_mouth: MakeItTalkMotion, calm: Portrait
) -> None:
    talk = speech(speech_like(2.0))
    knowing = replace(talk, phones=(Interval("M", 0.0, 1.0), Interval("AA", 1.0, 2.0)))
    otherwise = replace(talk, phones=(Interval("F", 0.0, 1.0), Interval("AA", 1.0, 2.0)))
    unknown, first, second = (random_mouth.generate(s, calm).landmarks[:, LIPS] for s in (talk, knowing, otherwise))
    assert np.abs(first - unknown).max() > 1e-3
    assert np.abs(first - second)[: round(0.5 * RATE)].max() > 1e-3
    # From 1.3 s on the windows hold AA alone, whatever came before.
    np.testing.assert_allclose(first[round(1.3 * RATE) :], second[round(1.3 * RATE) :], atol=1e-3)


class Loudness:
    """Somebody else's features: two numbers a frame."""

    name, size = "loudness", 2

    def __call__(self, speech: Speech, rate: float, *, gain: float | None = None) -> npt.NDArray[np.float32]:
        count = int(np.ceil(speech.duration * rate - 1e-9))
        samples = np.pad(speech.samples, (0, 256 * count))[: 256 * count].reshape(count, 256)
        return np.repeat(samples.std(axis=1)[:, None], 2, axis=1)


def test_other_features_plug_in(calm: Portrait) -> None:
    torch.manual_seed(0)
    config = replace(CONFIGS["tiny"].content, num_features=2)
    generator = MakeItTalkMotion(SpeechContentAnimation(config), features=Loudness())
    motion = generator.generate(speech(speech_like(2.0)), calm)
    assert np.ptp(motion.landmarks[:, LIPS], axis=0).max() > 1e-4


def test_other_features_than_those_learned_from(calm: Portrait) -> None:
    generator = MakeItTalkMotion(SpeechContentAnimation(CONFIGS["tiny"].content), features=Loudness())
    with pytest.raises(InputError, match="loudness has 2 numbers per frame, the content branch reads 39"):
        generator.generate(speech(speech_like(1.0)), calm)


def test_shipped_weights_open_the_mouth_to_speech(trained: MakeItTalkMotion, calm: Portrait) -> None:
    samples = speech_like(4.0, quiet=(1.5, 2.5))
    motion = trained.generate(speech(samples), calm)
    gap = lip_gap(motion.landmarks)
    assert gap.max() > 0.03
    assert gap.max() < 0.6
    assert gap[round(1.8 * RATE) : round(2.3 * RATE)].max() < 0.02
    # Brows and nose hardly move.
    for part in (BROWS, NOSE):
        assert np.abs(motion.landmarks[:, part] - motion.rest[part]).max() < 0.1


def test_the_sizes_whose_weights_ship_are_named() -> None:
    with pytest.raises(InputError, match="ships weights for 'small' and 'causal', not for 'paper'"):
        METHOD.find_weights("paper")
