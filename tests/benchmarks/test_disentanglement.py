"""Linear probes of what a speech frame holds."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.disentanglement import CentredLogMel, means, phone_rows, probe, recall, section

from talkinghead.types import Speech


def test_a_probe_reads_what_is_linear_and_no_more() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(0, 1, (900, 6))
    labels = rows[:, :3].argmax(axis=1)
    answers = probe((rows[:600], labels[:600]), rows[600:])
    assert np.mean(answers == labels[600:]) > 0.9
    chance = rng.permutation(labels)
    assert np.mean(probe((rows[:600], chance[:600]), rows[600:]) == chance[600:]) < 0.45
    squares = (rows[:, 0] ** 2 > 0.45).astype(np.int64)
    assert np.mean(probe((rows[:600], squares[:600]), rows[600:]) == squares[600:]) < 0.62


def test_a_balanced_probe_does_not_forget_the_rare() -> None:
    rng = np.random.default_rng(0)
    labels = (np.arange(1000) % 20 == 0).astype(np.int64)
    rows = rng.normal(0, 1, (1000, 2)) + labels[:, None]
    plain, balanced = (probe((rows, labels), rows, balanced=value) for value in (False, True))
    assert recall(balanced, labels) > recall(plain, labels) + 0.1


def test_recall_means_over_classes() -> None:
    assert recall(np.array([0, 0, 0, 1, 0]), np.array([0, 0, 0, 1, 1])) == pytest.approx(0.75)


def test_means_over_a_second() -> None:
    rows = np.arange(124.0)[:, None]
    np.testing.assert_allclose(means(rows)[:, 0], [30.5, 61.5, 92.5])
    np.testing.assert_allclose(means(rows[:10]), [[4.5]])


def test_centred_mels_do_not_know_how_loud_a_recording_is() -> None:
    noise = Speech(np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32), 16_000)
    loud, quiet = (CentredLogMel()(noise, 62.5, gain=gain) for gain in (1.0, 0.5))
    assert loud.shape == (63, CentredLogMel.size)
    assert loud.std() > 0.01
    np.testing.assert_allclose(loud, quiet, atol=1e-4)


def test_phones_at_the_frames_of_the_features() -> None:
    labels = np.arange(10, dtype=np.uint8)
    assert phone_rows(labels, 8).tolist() == [0, 2, 3, 5, 6, 8, 9, 9]


def test_the_section_has_a_row_for_each_question() -> None:
    text = section({"who": {"log-mel": 0.5, "chance": 0.25}, "what": {"log-mel": 1.0, "chance": 0.1}})
    assert "| read | log-mel | chance |" in text
    assert text.endswith("| who | 50.0 % | 25.0 % |\n| what | 100.0 % | 10.0 % |\n")
