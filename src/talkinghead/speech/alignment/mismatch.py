"""Where a transcript does not match the speech."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from talkinghead.speech.alignment.sphinx import PlacedPhone
from talkinghead.speech.arpabet import SILENCE

# Chosen on GRID s1, train split, and on LJSpeech, each with right and wrong texts. Nats per frame: the likelihood of a
# phone over that of the likeliest sound.
_WINDOW = 60  # frames
_WORST = -9.2  # mean over the window
_APART = 100  # frames; stretches closer together than this are merged
_FOREIGN = 3.0  # by which sounds of other languages fit worse; chosen on six languages of espeak-ng
_WORST_MEAN = -7.5  # mean over all spoken phones; right texts stay above -7.2, even with noise 5 dB below the speech


def broken_stretches(phones: Sequence[PlacedPhone], *, english: bool = True) -> list[tuple[int, int]]:
    """The stretches of frames, in order, in which the sound fits the phones badly.

    Where words are missing from the transcript, or too many are in it, the aligner must put phones onto sounds that are
    more likely others, for longer than any mispronunciation lasts.

    Args:
        phones: in order, without gaps.
        english: whether the speech is English.

    Returns:
        (first frame, the one after the last) of each; those less than a second apart are merged. The whole recording if
        the phones fit badly on average, as with music, whose pauses fit silence well.
    """
    allowance = 0.0 if english else _FOREIGN
    spoken = [phone.score for phone in phones if phone.label != SILENCE]
    if spoken and np.mean(spoken) < _WORST_MEAN - allowance:
        return [(phones[0].start, phones[-1].end)]
    lengths = [phone.end - phone.start for phone in phones]
    scores = np.repeat([phone.score for phone in phones], lengths)
    window = min(_WINDOW, len(scores))
    total = np.concatenate([[0.0], np.cumsum(scores)])
    bad = np.flatnonzero((total[window:] - total[:-window]) / max(1, window) < _WORST - allowance)
    stretches: list[tuple[int, int]] = []
    for start in bad.tolist():
        if stretches and start <= stretches[-1][1] + _APART:
            stretches[-1] = (stretches[-1][0], start + window)
        else:
            stretches.append((start, start + window))
    return stretches
