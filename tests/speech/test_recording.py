"""Recordings with speech on one side."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from drawn import write_wav
from talkinghead.speech.features import resample
from talkinghead.speech.recording import read_recording
from talkinghead.speech.say import say

Samples = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def voice() -> Samples:
    """Some seconds of a synthetic voice at 16 kHz."""
    pytest.importorskip("espeakng_loader")
    spoken = say("Bob packed my bag before the boat came back. Maybe Peter will help me move the piano.")
    return 0.3 * resample(spoken.samples, spoken.sample_rate)


def music(count: int) -> Samples:
    """Chords of three harmonic tones, two a second, that fade."""
    time = np.arange(count) / 16_000
    beat = np.floor(2 * time).astype(int)
    roots = np.array([220.0, 174.6, 261.6, 196.0])[beat % 4]
    tones = sum(np.sin(2 * np.pi * roots * step * k * time) / k for step in (1, 1.25, 1.5) for k in (1, 2, 3))
    return np.asarray(0.15 * tones * np.exp(-3 * (2 * time - beat)), np.float32)


@pytest.mark.parametrize("side", [0, 1])
def test_the_side_with_speech(tmp_path: Path, voice: Samples, side: int, caplog: pytest.LogCaptureFixture) -> None:
    sides = [voice, 1.3 * music(len(voice))]
    stereo = np.stack(sides[::-1] if side else sides)
    path = write_wav(tmp_path / "interview.wav", stereo)
    with caplog.at_level(logging.WARNING, "talkinghead"):
        speech = read_recording(path)
    assert np.abs(speech.samples - voice).max() < 1e-3
    (told,) = caplog.messages
    name = ("left", "right")[side]
    assert f"interview.wav has speech on its {name} channel and something else on the other" in told
    assert speech.sound is not None
    assert speech.sound.channels == 2


@pytest.mark.parametrize("kind", ["both speak", "the same", "one is quiet"])
def test_other_stereo_stays_mixed(tmp_path: Path, voice: Samples, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    other = {"both speak": np.roll(voice, 24_000), "the same": 0.5 * voice, "one is quiet": 0.001 * music(len(voice))}[
        kind
    ]
    path = write_wav(tmp_path / "stereo.wav", np.stack([voice, other]))
    with caplog.at_level(logging.WARNING, "talkinghead"):
        speech = read_recording(path)
    assert np.abs(speech.samples - (voice + other) / 2).max() < 1e-3
    assert caplog.messages == []
