"""Pieces of one recording are told by their sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drawn import speech_like, write_wav
from talkinghead.evaluation.corpus import Example, examples
from talkinghead.evaluation.overlap import likeness, same_recording

_RATE = 4000


def clip(path: Path) -> Example:
    """A clip of that file."""
    return Example(path.stem, "anna", path, "all")


def test_a_sound_is_like_itself_wherever_it_lies() -> None:
    sound = np.random.default_rng(0).normal(0, 1, 5 * _RATE)
    assert likeness(sound, sound) == pytest.approx(1.0)
    assert likeness(sound, -0.1 * sound) == pytest.approx(1.0)
    for piece in (sound[1000:12_000], sound[:9000], sound[-9000:]):
        assert likeness(sound, piece) == pytest.approx(1.0)
        assert likeness(piece, sound) == pytest.approx(1.0)
    # Overlapping by two of four seconds.
    assert likeness(sound[: 4 * _RATE], sound[2 * _RATE :]) == pytest.approx(1.0, abs=0.05)


def test_different_sounds_are_not_alike() -> None:
    random = np.random.default_rng(0)
    assert likeness(*random.normal(0, 1, (2, 5 * _RATE))) < 0.1
    assert likeness(np.zeros(5 * _RATE), random.normal(0, 1, 5 * _RATE)) == 0.0


def test_too_little_in_common_tells_nothing() -> None:
    sound = np.random.default_rng(0).normal(0, 1, 5 * _RATE)
    assert likeness(sound, sound[: _RATE // 2]) == 0.0
    assert likeness(sound[: 3 * _RATE], sound[2 * _RATE :]) < 0.2
    assert likeness(sound, np.zeros(0)) == 0.0


def test_pieces_of_one_file(tmp_path: Path) -> None:
    speech = speech_like(6.0)
    noisy = speech[16_000:64_000] + np.random.default_rng(0).normal(0, 0.02, 48_000).astype(np.float32)
    first, piece, other = (
        clip(write_wav(tmp_path / f"{name}.wav", samples))
        for name, samples in {"first": speech[:80_000], "piece": noisy, "other": speech_like(5.0, seed=1)}.items()
    )
    assert same_recording(first, piece)
    assert not same_recording(first, other)
    assert not same_recording(first, clip(tmp_path / "missing.mp4"))


@pytest.mark.corpus
def test_real_clips_that_overlap(corpus: Path) -> None:
    clips = {entry.name: entry for entry in examples(corpus / "clips", "all")}
    assert same_recording(clips["styletalk__Obama_clip1"], clips["EDTalk__Obama_20s"])
    assert not same_recording(clips["vid2speech__grid_s4_bbwgza"], clips["vid2speech__grid_s4_prwj8a"])
