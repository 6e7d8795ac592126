"""The style of each speaker is taken off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.methods.write_a_speaker.recordings import FRAMES, SpokenStretch
from talkinghead.methods.write_a_speaker.styles import HEAD_SPREAD, main_style, normalise_heads, normalise_styles
from talkinghead.speech.arpabet import PHONES


def stretch(speaker: str, scale: float = 1.0) -> SpokenStretch:
    rng = np.random.default_rng(0)
    weights, pose = 0.2 + scale * 0.3 * (rng.random((FRAMES, 51)) - 0.5), scale * rng.normal(size=(FRAMES, 6))
    return SpokenStretch(np.zeros((1, FRAMES, len(PHONES))), None, weights, pose, speaker)


def test_everybody_is_brought_to_the_main_speaker() -> None:
    main, other, wild = stretch(MAIN_SPEAKER), stretch("b", 0.8), stretch("c", 0.1)
    other = replace(other, weights=other.weights + 0.1)  # lips that rest somewhat open
    wanted = main_style([main, other])
    np.testing.assert_allclose(wanted.spread, main.weights.std(axis=0))
    own, normalised, part = normalise_styles([main, other, wild], wanted)
    np.testing.assert_allclose(own, main.weights)
    np.testing.assert_allclose(normalised, main.weights)
    away = main.weights - wanted.mean
    np.testing.assert_allclose(part, wanted.mean + 0.2 * away)  # ten times is the tracker's fault


def test_those_who_are_scored_alone_are_brought_there_too() -> None:
    main, other = stretch(MAIN_SPEAKER), stretch("b", 0.8)
    [alone] = normalise_styles([other], main_style([main]))
    np.testing.assert_allclose(alone, main.weights)


def test_what_does_not_move_stays_still_where_the_main_speaker_is() -> None:
    still, wanted = replace(stretch("b"), weights=np.zeros((FRAMES, 51))), main_style([stretch(MAIN_SPEAKER)])
    [alone] = normalise_styles([still], wanted)
    np.testing.assert_allclose(alone, np.repeat(wanted.mean[None], FRAMES, axis=0))


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_all_heads_move_as_far(scale: float) -> None:
    captured = replace(stretch("captured"), pose=None)
    poses = normalise_heads([stretch("a", scale), captured])
    assert len(poses) == 1
    np.testing.assert_allclose(poses[0].std(axis=0), HEAD_SPREAD, rtol=1e-9)
