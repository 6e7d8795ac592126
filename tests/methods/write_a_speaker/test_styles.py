"""The style of each speaker is taken off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from talkinghead.data.recording import MAIN_SPEAKER
from talkinghead.methods.write_a_speaker.recordings import FRAMES, SpokenStretch
from talkinghead.methods.write_a_speaker.styles import HEAD_SPREAD, main_spread, normalise_heads, normalise_styles
from talkinghead.speech.arpabet import PHONES


def stretch(speaker: str, scale: float = 1.0) -> SpokenStretch:
    rng = np.random.default_rng(0)
    weights, pose = scale * 0.3 * rng.random((FRAMES, 51)), scale * rng.normal(size=(FRAMES, 6))
    return SpokenStretch(np.zeros((1, FRAMES, len(PHONES))), None, weights, pose, speaker)


def test_everybody_is_brought_to_the_main_speaker() -> None:
    main, other, wild = stretch(MAIN_SPEAKER), stretch("b", 0.8), stretch("c", 0.1)
    wanted = main_spread([main, other])
    np.testing.assert_allclose(wanted, main.weights.std(axis=0))
    own, normalised, part = normalise_styles([main, other, wild], wanted)
    np.testing.assert_allclose(own, main.weights)
    np.testing.assert_allclose(normalised, main.weights)
    np.testing.assert_allclose(part, 0.2 * main.weights)  # ten times is the tracker's fault


def test_those_who_are_scored_alone_are_brought_there_too() -> None:
    main, other = stretch(MAIN_SPEAKER), stretch("b", 0.8)
    [alone] = normalise_styles([other], main_spread([main]))
    np.testing.assert_allclose(alone, main.weights)


def test_what_does_not_move_has_no_style() -> None:
    still = replace(stretch("b"), weights=np.zeros((FRAMES, 51)))
    [alone] = normalise_styles([still], main_spread([stretch(MAIN_SPEAKER)]))
    assert (alone == 0).all()


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_all_heads_move_as_far(scale: float) -> None:
    captured = replace(stretch("captured"), pose=None)
    poses = normalise_heads([stretch("a", scale), captured])
    assert len(poses) == 1
    np.testing.assert_allclose(poses[0].std(axis=0), HEAD_SPREAD, rtol=1e-9)
